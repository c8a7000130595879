"""A reader on TCP: one client at a time, honest timing, and the ways a reader can fail."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any, Final

import structlog

from simulator.llrp.codec import FrameBuffer, ProtocolError
from simulator.llrp.device import Device
from simulator.llrp.events import Attempt

REBOOT_S: Final = 4.0
REBOOT_STEP_S: Final = 0.1
FLAP_US: Final = 6_000_000
UNSENT_BYTES_MAX: Final = 8 << 20
"""A client that does not read for so long is dropped (`clients_dropped_total`)."""
_log = structlog.get_logger()


class Fault(StrEnum):
    """How a reader may misbehave. `none` mends everything."""

    NONE = "none"
    BLACKHOLE = "blackhole"
    """Power cut: no byte, no FIN; new connections hear nothing either."""
    REBOOT = "reboot"
    """Connections reset, ROSpecs forgotten, back after `REBOOT_S`."""
    REFUSE = "refuse"
    """Connections are accepted and refused by ConnectionAttemptEvent."""
    FLAPPING = "flapping"
    """A bad switch: `FLAP_US` there, `FLAP_US` a black hole, unannounced."""
    ANTENNA_DEAD = "antenna_dead"
    """One antenna's cable broke; the reader notices."""
    CUT_WRITING = "cut_writing"
    """Power fails in the middle of the next write to a tag, after `words` words; back after `REBOOT_S`."""
    DEAF = "deaf"
    """LLRP goes on, reads stop."""
    JAMMED = "jammed"
    """Somebody jams the store: every reader of it goes deaf (set on one of them)."""


class LlrpServer:
    """One reader listening on one port."""

    def __init__(self, device: Device, now_us: Callable[[], int], *, pace: float = 1.0) -> None:
        """`pace`: seconds of `now_us` that pass in one of the event loop."""
        self.device, self.now_us = device, now_us
        self._pace = pace
        self.fault = Fault.NONE
        self.clients_dropped_total = 0
        self._server: asyncio.Server | None = None
        self._client: asyncio.StreamWriter | None = None
        self._silenced: list[asyncio.StreamWriter] = []
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._address = ("127.0.0.1", 0)
        self._tls: ssl.SSLContext | None = None
        self._down_until_s = 0.0
        self._flap_from_us = 0

    @property
    def port(self) -> int:
        return self._address[1]

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Listen, with `tls` as a reader does on port 5085. Raises `OSError` when the port is taken."""
        self._tls = tls
        self._server = await asyncio.start_server(self._serve, host, port, ssl=tls)
        self._address = (host, int(self._server.sockets[0].getsockname()[1]))
        self._spawn(self._run())

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._unlisten()
        self._drop_all()

    async def set_fault(self, fault: Fault, antenna: int = 0, words: int = 1) -> None:
        """Begin a fault; `NONE` ends all. `antenna` is the port for `ANTENNA_DEAD` (0: every one)."""
        self.device.engine.cut_after = words if fault is Fault.CUT_WRITING else None
        ports = [antenna] if antenna else list(self.device.engine.antennas)
        if fault in {Fault.NONE, Fault.ANTENNA_DEAD}:
            for port in ports if fault is Fault.ANTENNA_DEAD else list(self.device.engine.dead):
                self._send(self.device.set_antenna(port, self.now_us(), dead=fault is Fault.ANTENNA_DEAD))
        self.device.set_deaf(deaf=fault is Fault.DEAF)
        if Fault.JAMMED in {fault, self.fault}:
            self.device.engine.radio.jammed = fault is Fault.JAMMED
        was_dark, self.fault = self._dark(), fault
        self._flap_from_us = self.now_us()
        if was_dark:
            # Whoever waited in the dark finds a reader that knows no connection: reset, as after a power cut.
            self.device.reboot(self.now_us())
            self._drop_all()
        if fault is Fault.REFUSE:
            self._drop_all()
        if fault is Fault.REBOOT:
            self.device.reboot(self.now_us())
            self._drop_all()
            await self._unlisten()
            self._spawn(self._come_back())
        self._wake.set()

    def set_input(self, port: int, *, high: bool) -> None:
        """What is wired to an input changes; a reader without power notices nothing. Raises `KeyError`."""
        if self._dark():
            self.device.inputs[port] = high
            return
        self._send(self.device.set_input(port, self.now_us(), high=high))
        self._wake.set()

    def _dark(self) -> bool:
        """True while the reader neither hears nor speaks."""
        if self.fault is Fault.FLAPPING:
            return (self.now_us() - self._flap_from_us) // FLAP_US % 2 == 0
        return self.fault is Fault.BLACKHOLE

    async def _come_back(self) -> None:
        await self._rebooted()
        self._server = await asyncio.start_server(self._serve, *self._address, ssl=self._tls)
        self.fault = Fault.NONE

    async def _rebooted(self) -> None:
        """Beside a clock with a pace by that clock, which may stand while the machine is busy."""
        if self._pace == 1.0:
            await asyncio.sleep(REBOOT_S)
            return
        back_us = self.now_us() + round(REBOOT_S * 1e6)
        while (left_us := back_us - self.now_us()) > 0:  # noqa: ASYNC110 - a clock sets no event
            await asyncio.sleep(min(left_us / 1e6 / self._pace, REBOOT_STEP_S))

    async def _power_back(self) -> None:
        await self._rebooted()
        await self.set_fault(Fault.NONE)

    async def _run(self) -> None:
        """Air time and keepalives: sleep until something is due."""
        while True:
            if not self._dark():
                self._send(self.device.advance(self.now_us()))
                if self.device.power_lost:
                    self.fault = Fault.BLACKHOLE
                    self._spawn(self._power_back())
                if self.device.client_gone:
                    self._drop_client("keepalives were not acknowledged")
            wait_us = max(1_000, self.device.due_us(self.now_us()) - self.now_us())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_us / 1e6 / self._pace):
                    await self._wake.wait()
            self._wake.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from its first byte to its last."""
        if self._dark():
            self._silenced.append(writer)
            return
        if self.fault is Fault.REFUSE or self._client is not None:
            await self._turn_away(writer)
            return
        self._client = writer
        frames = FrameBuffer()
        writer.write(self.device.connected(self.now_us()))
        try:
            while self._client is writer and (data := await reader.read(65_536)):
                if self._dark():
                    continue
                for received in frames.feed(data):
                    writer.write(self.device.hear(received, self.now_us()))
                self._wake.set()
                if self.device.closing:
                    await writer.drain()
                    break
        except ProtocolError as error:
            _log.warning("reader drops its client", reader=self.device.engine.key, why=str(error))
        except (ConnectionError, asyncio.CancelledError):
            _log.debug("client went away", reader=self.device.engine.key)
        finally:
            if self._client is writer:
                self._client = None
                self.device.disconnected()
            writer.close()

    async def _turn_away(self, writer: asyncio.StreamWriter) -> None:
        """A second client is told that there is one already, and the first is told of the attempt (§16.2.7.6.9)."""
        now_us = self.now_us()
        why = Attempt.FAILED if self.fault is Fault.REFUSE else Attempt.CLIENT_CONNECTION_EXISTS
        writer.write(self.device.refuse(now_us, why))
        if self._client is not None:
            self._send(self.device.refuse(now_us, Attempt.ANOTHER_ATTEMPTED))
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    def _send(self, said: bytes) -> None:
        if not said or self._client is None or self._dark():
            return
        self._client.write(said)
        if self._client.transport.get_write_buffer_size() > UNSENT_BYTES_MAX:
            self._drop_client("it does not read")

    def _drop_client(self, why: str) -> None:
        if self._client is not None:
            _log.info("reader drops its client", reader=self.device.engine.key, why=why)
            self.clients_dropped_total += 1
            _reset(self._client)
            self._client = None
        self.device.disconnected()

    def _drop_all(self) -> None:
        for writer in [*self._silenced, *([self._client] if self._client else [])]:
            _reset(writer)
        self._silenced.clear()
        self._client = None
        self.device.disconnected()

    async def _unlisten(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _reset(writer: asyncio.StreamWriter) -> None:
    """RST instead of FIN: what the peer of a rebooted box sees."""
    sock = writer.get_extra_info("socket")
    if sock is not None and not writer.transport.is_closing():
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
