"""The pipeline once more, slow and plain: bytes → reads → rounds → presence → facts, one read after the other.

It is here to be obviously right, so that `bench.pipeline` can say that the quick one says the same. Framing, tag
reports, look-up, rounds and what is said of a piece are written anew, without columns. The arithmetic of presence and
zones is the house's own (`presence.step`, `Places`): it is judged in benches of its own; here it is given rounds that
were made in another way. Readers never fail here, so that every round is a witnessed one.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from contract.facts import PresenceState
from contract.ids import ReaderId
from edge.config import EdgeConfig
from edge.floor.rounds import ROUND_US, Round
from edge.floor.whereabouts import Places
from edge.floor.zonemap import ZoneMap
from edge.reconcile.presence.evidence import Evidence
from edge.reconcile.presence.shapes import Placement, Rules
from edge.reconcile.presence.shapes import Round as Evidenced
from edge.reconcile.presence.step import step

REPORT, EPC_96, ANTENNA, PEAK_RSSI, FIRST_SEEN, SEEN_COUNT = 240, 13, 1, 6, 2, 8
RO_ACCESS_REPORT = 61
VALUE_BYTES = {EPC_96: 12, ANTENNA: 2, PEAK_RSSI: 1, FIRST_SEEN: 8, SEEN_COUNT: 2}


class Said(NamedTuple):
    """What became known of a piece at a tick."""

    now_us: int
    piece: str
    state: PresenceState
    zone: str


class Read(NamedTuple):
    epc: str
    antenna: int
    rssi_dbm: int
    seen_count: int


@dataclass
class _Second:
    """A reader's round: (zone, row) → reads and best RSSI in cdBm."""

    began_us: int
    heard: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)


def reads_of(data: bytes) -> Iterable[Read]:
    """Every tag report of whole messages, by LLRP 1.1 §17."""
    at = 0
    while at < len(data):
        word, length = struct.unpack_from("!HI", data, at)
        if word & 0x3FF == RO_ACCESS_REPORT:
            inside = at + 10
            while inside < at + length:
                kind, size = struct.unpack_from("!HH", data, inside)
                assert kind == REPORT, "these readers send nothing else"
                yield _read(data[inside + 4 : inside + size])
                inside += size
        at += length


def _read(values: bytes) -> Read:
    told, at = {}, 0
    while at < len(values):
        kind = values[at] & 0x7F
        told[kind] = values[at + 1 : at + 1 + VALUE_BYTES[kind]]
        at += 1 + VALUE_BYTES[kind]
    rssi = int.from_bytes(told[PEAK_RSSI], signed=True)
    return Read(told[EPC_96].hex().upper(), int.from_bytes(told[ANTENNA]), rssi, int.from_bytes(told[SEEN_COUNT]))


class Reference:
    """One store. `cards`: EPC → (row, piece), rows counted from 0 without gaps; `home`: the zone of each row."""

    def __init__(self, config: EdgeConfig, cards: dict[str, tuple[int, str]], home: list[int], rules: Rules) -> None:
        self.said: list[Said] = []
        self.strange_reads = 0
        self._cards = cards
        self._piece = dict(cards.values())
        self._rules = rules
        self._zone_names = [zone.id for zone in config.zones]
        number = {zone.id: at for at, zone in enumerate(config.zones)}
        self._antennas = {
            reader.id: {int(port): number[zone] for port, zone in reader.antennas.items()} for reader in config.readers
        }
        self._lies = np.array(home, np.int32)
        self._evidence = Evidence(len(config.zones))
        self._places = Places(ZoneMap(config), tuple(self._antennas))
        self._places.settle(np.arange(len(home), dtype=np.int32), self._lies)
        self._shown: dict[int, PresenceState] = {}
        self._open: dict[ReaderId, _Second] = {}
        self._waiting: dict[ReaderId, list[Read]] = {reader: [] for reader in self._antennas}

    def received(self, reader: ReaderId, data: bytes) -> None:
        """Bytes of one reader, whole messages."""
        self._waiting[reader] += reads_of(data)

    def tick(self, now_us: int) -> None:
        """What was received belongs to the open rounds; those that are a second old are judged."""
        for reader, reads in self._waiting.items():
            if reader in self._open:
                for read in reads:
                    self._hear(reader, read)
            reads.clear()
        for reader in self._antennas:
            second = self._open.get(reader)
            if second is None:
                self._open[reader] = _Second(now_us)
            elif now_us - second.began_us >= ROUND_US:
                self._open[reader] = _Second(now_us)
                self._judge(reader, second, now_us)
        for row, zone, _ in self._places.close(now_us, self._lies, np.full(len(self._lies), -1, np.int32)):
            self._move(row, zone, now_us)

    def _hear(self, reader: ReaderId, read: Read) -> None:
        card = self._cards.get(read.epc)
        if card is None:
            self.strange_reads += 1
            return
        heard, key = self._open[reader].heard, (self._antennas[reader][read.antenna], card[0])
        reads, best = heard.get(key, (0, -32768))
        heard[key] = (reads + read.seen_count, max(best, 100 * read.rssi_dbm))

    def _judge(self, reader: ReaderId, second: _Second, now_us: int) -> None:
        keys = sorted(second.heard)
        zones = np.array([zone for zone, _ in keys], np.int32)
        rows = np.array([row for _, row in keys], np.int32)
        own = sorted(set(self._antennas[reader].values()))
        witnessed = np.zeros(len(self._zone_names), np.bool_)
        witnessed[own] = True
        count = len(self._lies)
        placement = Placement(
            home=self._lies, tray=np.full(count, -1, np.int32), expected=np.ones(count, np.bool_),
            vouches=np.ones(len(self._zone_names), np.bool_),
        )  # fmt: skip
        changes = step(self._evidence, placement, Evidenced(now_us, witnessed, rows, zones), self._rules)
        for row in changes.present.tolist():
            self._say(row, PresenceState.PRESENT, now_us)
        for row in changes.hard.tolist():
            self._say(row, PresenceState.HARD_TO_READ, now_us)
        for accusation in changes.accused:
            for row in accusation.rows:
                self._say(row, PresenceState.MISSING, now_us)
        one = Round(
            reader=reader, zones=np.array(own, np.int32), began_us=second.began_us,
            dt_s=(now_us - second.began_us) / 1e6, row=rows, zone=zones,
            reads=np.array([second.heard[key][0] for key in keys], np.int32),
            rssi_cdbm=np.array([second.heard[key][1] for key in keys], np.int16),
        )  # fmt: skip
        for row, zone, _ in self._places.hear(one, self._lies):
            self._move(row, zone, now_us)

    def _say(self, row: int, state: PresenceState, now_us: int) -> None:
        if self._shown.get(row) is not state:
            self._shown[row] = state
            self.said.append(Said(now_us, self._piece[row], state, self._zone_names[self._lies[row]]))

    def _move(self, row: int, zone: int, now_us: int) -> None:
        self._lies[row] = zone
        if row in self._shown:
            self.said.append(Said(now_us, self._piece[row], self._shown[row], self._zone_names[zone]))
