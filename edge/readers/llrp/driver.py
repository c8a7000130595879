"""The LLRP driver: a non-blocking socket read at the pace of a tick, a watchdog in seconds, reconnecting for ever."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from random import Random
from ssl import SSLEOFError, SSLError
from typing import Final
from urllib.parse import urlsplit

from edge.clock import Clock
from edge.readers.access import Access
from edge.readers.base import MisconfiguredError, ReadBatch, ReaderError
from edge.readers.health import Health
from edge.readers.llrp.connection import State
from edge.readers.llrp.dialogue import Dialogue
from edge.readers.tls import DistrustedError, Secured, Tls, Trust

PORTS: Final = {"llrp": 5084, "llrps": 5085}
TICK_S: Final = 0.02
"""One receive call per reader and tick: 1.9 % of a core where a wake-up per packet costs 15 %."""
BYTES_PER_TICK_MAX: Final = 1 << 20
"""A backlog is caught up in bites, so that one reader cannot hold the loop."""
CONNECT_WITHIN_S: Final = 1.5
HANDSHAKE_WITHIN_S: Final = 1.5
AGAIN_AFTER_S: Final = (0.1, 0.3)
FAILURES_COUNTED_MAX: Final = 3
TURNED_AWAY_AGAIN_AFTER_S: Final = (0.8, 1.2)
REFUSED_AGAIN_AFTER_S: Final = (8.0, 12.0)
"""Shortest and longest pause before the next attempt, drawn each time: a store's readers must not come back as one.
After a loss it is short, times the failures since it last read, at most three: at most 0.9 s, for ever, so that we are
back within 2 s of the reader's return. A refusal needs a person first."""
SEND_PENDING_MAX: Final = 1 << 16
USER_TIMEOUT_MS: Final = 3000
"""TCP_USER_TIMEOUT: unacknowledged bytes end the connection (Linux's own default waits a quarter of an hour)."""

TCP_OPTIONS: Final = {"TCP_KEEPIDLE": 1, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": USER_TIMEOUT_MS}
"""Set where the system has them."""


Link = socket.socket | Secured


class LlrpReader:
    """One reader over LLRP/TCP. `run` ends only by cancellation; whatever the reader does is told by `health`."""

    def __init__(
        self, url: str, dialogue: Dialogue, chance: Random, *, trust: Trust | None = None, tick_s: float = TICK_S
    ) -> None:
        """`url`: llrp://host[:port] or llrps://host[:port]. Raises `MisconfiguredError` if it is not that."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise MisconfiguredError(f"{url!r} is not of the form llrp://host:port, or llrps://host:port with TLS")
        self.id = dialogue.health.reader
        self.health: Health = dialogue.health
        self._address = (parts.hostname, parts.port or PORTS[parts.scheme])
        self._tls = Tls(trust or Trust(), parts.hostname) if parts.scheme == "llrps" else None
        self._dialogue = dialogue
        self._chance = chance
        self._tick_s = tick_s
        self._tried_us = 0
        self._failures = 0

    async def run(self, deliver: Callable[[ReadBatch], None], clock: Clock) -> None:
        """Read for ever. `deliver` gets every batch on the loop's thread and must not block."""
        self.health.last_heard_us = self.health.last_heard_us or clock.mono_us()
        while True:
            self._tried_us = clock.mono_us()
            link = await self._connect(clock)
            if link is not None:
                with contextlib.closing(link):
                    await self._converse(link, deliver, clock)
            await self._pause(clock)

    async def access(self, access: Access) -> bytes:
        """Do something to one tag; reads go on meanwhile. Answers with the bytes read, none for a write or a lock.

        Raises `TagError`, `UnreachableError` (a write may have been done: read the tag), `MisconfiguredError`.
        """
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def done(told: bytes | ReaderError) -> None:
            if answer.cancelled():
                return
            if isinstance(told, ReaderError):
                answer.set_exception(told)
            else:
                answer.set_result(told)

        asked = self._dialogue.accesses.ask(access, done)
        try:
            return await answer
        finally:
            self._dialogue.accesses.give_up(asked)

    @property
    def looks(self) -> tuple[str, ...]:
        """What each of its ways to look is; the first is as always."""
        return self._dialogue.looks.named

    def vary(self, number: int) -> None:
        """Read so until told otherwise, from the next tick on; from any thread. Raises `ValueError`."""
        self._dialogue.looks.vary(number)

    async def set_output(self, port: int, *, on: bool) -> None:
        """What an output is to be, now and after every reconnect; one that is not configured is nobody's."""
        self._dialogue.gpio.want(port, on=on)

    async def _connect(self, clock: Clock) -> Link | None:
        link: Link
        link = sock = socket.socket(socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET, socket.SOCK_STREAM)
        try:
            _prepare(sock)
            loop = asyncio.get_running_loop()
            attempt = asyncio.create_task(loop.sock_connect(sock, self._address))
            try:
                await self._wait(attempt, clock)
            finally:
                attempt.cancel()
                await asyncio.gather(attempt, return_exceptions=True)
            if self._tls is not None:
                link = secured = self._tls.wrap(sock)
                await self._shake_hands(self._tls, secured, clock)
        except OSError as error:
            link.close()
            self._dialogue.lose(clock.mono_us(), f"cannot connect to {self._address[0]}: {_words(error)}")
            return None
        except DistrustedError as error:
            link.close()
            self._dialogue.distrust(clock.mono_us(), str(error))
            return None
        except asyncio.CancelledError:
            link.close()
            raise
        self._dialogue.connect(clock.mono_us())
        return link

    async def _shake_hands(self, tls: Tls, link: Secured, clock: Clock) -> None:
        """The TLS handshake, a step a tick. Raises `OSError` when it fails or lasts, and `DistrustedError`."""
        for _ in range(round(HANDSHAKE_WITHIN_S / self._tick_s)):
            try:
                if tls.handshake(link):
                    return
            except SSLEOFError as error:
                raise ConnectionResetError("it hung up during the TLS handshake") from error
            except SSLError as error:
                raise OSError(f"no TLS there ({_words(error)}); is that the reader's TLS port?") from error
            await asyncio.sleep(self._tick_s)
            self._dialogue.tick(clock.mono_us())
        raise OSError(f"TLS was not ready within {HANDSHAKE_WITHIN_S} s")

    async def _wait(self, attempt: asyncio.Task[None], clock: Clock) -> None:
        """Wait for a connection attempt; the watchdog's clock goes on. Raises `OSError` when it fails or lasts."""
        for _ in range(round(CONNECT_WITHIN_S / self._tick_s)):
            await asyncio.wait((attempt,), timeout=self._tick_s)
            self._dialogue.tick(clock.mono_us())
            if attempt.done():
                return await attempt
        raise OSError(f"no answer within {CONNECT_WITHIN_S} s")

    async def _converse(self, link: Link, deliver: Callable[[ReadBatch], None], clock: Clock) -> None:
        """Until the table hangs up or TCP ends."""
        dialogue = self._dialogue
        unsent = b""
        while not dialogue.hung_up:
            try:
                self._receive(link, deliver, clock)
                dialogue.tick(clock.mono_us())
                unsent = _send(link, unsent + dialogue.take())
                await asyncio.sleep(self._tick_s)
            except OSError as error:
                dialogue.lose(clock.mono_us(), f"connection lost: {_words(error)}")
                return
            except asyncio.CancelledError:
                with contextlib.suppress(OSError):
                    _send(link, unsent + dialogue.gpio.rest())
                raise

    def _receive(self, link: Link, deliver: Callable[[ReadBatch], None], clock: Clock) -> None:
        """What the tick brought. Raises `OSError` when the connection ended."""
        taken = 0
        while taken < BYTES_PER_TICK_MAX and not self._dialogue.hung_up and not self._dialogue.behind:
            with self._dialogue.room() as room:
                size = len(room)
                try:
                    count = link.recv_into(room)
                except BlockingIOError:
                    return
            if count == 0:
                raise ConnectionResetError("the reader closed the connection")
            batch = self._dialogue.received(count, clock.mono_us())
            if batch is not None:
                deliver(batch)
            if count < size and self._tls is None:  # a record of TLS ends where it likes
                return
            taken += count

    async def _pause(self, clock: Clock) -> None:
        bounds = {State.REFUSED: REFUSED_AGAIN_AFTER_S, State.TURNED_AWAY: TURNED_AWAY_AGAIN_AFTER_S}
        low, high = bounds.get(self._dialogue.state, AGAIN_AFTER_S)
        self._failures = 0 if self.health.alive_since_us > self._tried_us else self._failures + 1
        left_s = self._chance.uniform(low, high)
        if self._dialogue.state is State.OFFLINE:
            left_s *= max(1, min(self._failures, FAILURES_COUNTED_MAX))
        until_us = clock.mono_us() + round(left_s * 1e6)
        while (left_us := until_us - clock.mono_us()) > 0:
            await asyncio.sleep(min(left_us / 1e6, self._tick_s * 5))
            self._dialogue.tick(clock.mono_us())


def _prepare(sock: socket.socket) -> None:
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in TCP_OPTIONS.items():
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _send(link: Link, data: bytes) -> bytes:
    """Send what the socket takes; returns the rest. Raises `OSError`."""
    if not data:
        return b""
    try:
        sent = link.send(data)
    except BlockingIOError:
        sent = 0
    if len(data) - sent > SEND_PENDING_MAX:
        raise ConnectionResetError("the reader does not take what we send")
    return data[sent:]


def _words(error: OSError) -> str:
    """The system's words; asyncio puts its own in place of them. TLS has numbers of its own, which are no errno."""
    if isinstance(error, SSLError):
        return error.reason.lower().replace("_", " ") if error.reason else str(error)
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or str(error)
