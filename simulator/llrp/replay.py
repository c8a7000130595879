"""Readers that say what was prepared for them, at any rate: for floods and benches, where radio would be in the way.

Control is that of every simulated reader (`Device`); only tag reports are prepared columns, stamped when they leave.
"""

import asyncio
import time
from typing import Final, Protocol

import numpy as np

from contract.ids import ReaderId, StoreId, ZoneId
from simulator.gen2 import pc_of
from simulator.llrp.device import Device
from simulator.llrp.reports import Bytes, Heard, encode, frame
from simulator.llrp.server import LlrpServer
from simulator.llrp.spec import Content
from simulator.radio import Radio
from simulator.store import Antenna, Layout, Reader, Zone, ZoneKind
from simulator.tags import EPC_BYTES, Tags
from simulator.world import World

TICK_S: Final = 0.02
TAGS_PER_MESSAGE: Final = 25
ANTENNAS: Final = 4
UNSENT_BYTES_MAX: Final = 1 << 20
"""A client that is slower than the reads waits for them in its own time; they are held back, not lost."""
CONTENT: Final = Content(
    ro_spec_id=False, spec_index=False, inventory_spec_id=False, channel=False, access_spec_id=False
)
"""EPC-96, antenna, peak RSSI, both UTC stamps and the seen count: what readers send as they come."""


class Epcs(Protocol):
    """Which tags are read next."""

    def take(self, count: int) -> Bytes:
        """uint8 (count, 12)."""
        ...


class Cycle:
    """The same tags again and again, as on a shelf."""

    def __init__(self, epcs: Bytes) -> None:
        self._epcs, self._at = epcs, 0

    def take(self, count: int) -> Bytes:
        rows = (self._at + np.arange(count)) % len(self._epcs)
        self._at += count
        return self._epcs[rows]


class Flood:
    """Every read is a tag nobody has heard before: `number` keeps several readers apart."""

    def __init__(self, number: int) -> None:
        self._next = number << 40

    def take(self, count: int) -> Bytes:
        epcs = np.zeros((count, EPC_BYTES), np.uint8)
        epcs[:, 0] = 0xE2
        serials = (self._next + np.arange(count, dtype=np.int64)).astype(">i8")
        epcs[:, 4:] = serials.view(np.uint8).reshape(count, 8)
        self._next += count
        return epcs


class _Printed(Tags):
    """Columns of tags without a world."""

    def __init__(self, epc: Bytes) -> None:
        self.epc = self.tid = epc
        self.pc = self.crc = np.full(len(epc), pc_of(bytes(EPC_BYTES)), np.uint16)


class Replay(LlrpServer):
    """One reader. While a ROSpec of its client runs it says `reads_per_s` reads, `reads_max` at most."""

    def __init__(self, name: str, epcs: Epcs, reads_per_s: int, reads_max: int, *, seed: int = 1) -> None:
        super().__init__(_device(name, seed), lambda: time.time_ns() // 1000)
        self.reads_sent = 0
        self._epcs, self._rate, self._max = epcs, reads_per_s, reads_max

    async def start_reading(self, host: str, port: int) -> None:
        """Listen. Raises `OSError` when the port is taken."""
        await self.start(host, port)
        self._spawn(self._say_reads())

    async def _say_reads(self) -> None:
        owed, last_s = 0.0, time.monotonic()
        while self.reads_sent < self._max:
            await asyncio.sleep(TICK_S)
            now_s = time.monotonic()
            owed, last_s = owed + (now_s - last_s) * self._rate, now_s
            if self._client is None or self.device.engine.run is None:
                owed = 0.0
            elif self._client.transport.get_write_buffer_size() < UNSENT_BYTES_MAX:
                whole = min(int(owed), self._max - self.reads_sent)
                whole -= whole % TAGS_PER_MESSAGE if self.reads_sent + whole < self._max else 0
                owed -= whole
                self._send(self._made(whole))
                self.reads_sent += whole

    def _made(self, count: int) -> bytes:
        rows, now_us = np.arange(count), self.now_us()
        at = self.reads_sent + rows
        reads = Heard(
            rows=rows,
            antenna=(1 + at % ANTENNAS).astype(np.uint16),
            channel=np.ones(count, np.uint16),
            rssi_cdbm=(-4000 - at % 30 * 100).astype(np.int16),
            count=np.ones(count, np.uint16),
            first_us=np.full(count, now_us),
            last_us=np.full(count, now_us),
            phase=np.zeros(count, np.uint16),
        )
        made = encode(CONTENT, (1, 1, 1), _Printed(self._epcs.take(count)), reads)
        whole = count // TAGS_PER_MESSAGE * TAGS_PER_MESSAGE
        ids = self.device.ids
        said = frame(made[:whole], TAGS_PER_MESSAGE, ids.take(whole // TAGS_PER_MESSAGE)) if whole else b""
        return said + (frame(made[whole:], count - whole, ids.take(1)) if count > whole else b"")


def _device(name: str, seed: int) -> Device:
    """An R420 before an empty shelf."""
    zone = Zone(id=ZoneId("shelf"), name="Shelf", kind=ZoneKind.SHELF, x=0, y=0, width=1, height=1)
    antennas = tuple(Antenna(port=port, zone=zone.id) for port in range(1, ANTENNAS + 1))
    reader = Reader(id=ReaderId(name), model="impinj-r420", role="replay", antennas=antennas)
    layout = Layout(
        store=StoreId("replay"),
        name="Replay",
        city="",
        currency="EUR",
        tax_bp=0,
        pieces=0,
        zones=(zone,),
        readers=(reader,),
    )
    world = World([(layout, ())])
    return Device(reader, name, Radio(world, layout.store, seed, 0), Tags(world), np.random.default_rng(seed))
