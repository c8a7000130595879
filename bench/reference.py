"""The pipeline once more, slow and plain: bytes → reads → rounds → presence → facts, one read after the other.

It is here to be obviously right, so that `bench.pipeline` can say that the quick one says the same. Everything is
written anew, without columns: framing, tag reports, look-up, rounds, presence (`reference_presence`), places
(`reference_places`) and what is said of a piece. Readers never fail here, so that every round is a witnessed one.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.reference_places import PlainPlaces
from bench.reference_presence import PlainPresence
from contract.facts import PresenceState
from contract.ids import ReaderId
from edge.config import EdgeConfig
from edge.floor.rounds import BEAT_US, ROUND_US
from edge.reconcile.presence.shapes import Rules

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
        self._zone_names = [zone.id for zone in config.zones]
        number = {zone.id: at for at, zone in enumerate(config.zones)}
        self._antennas = {
            reader.id: {int(port): number[zone] for port, zone in reader.antennas.items()} for reader in config.readers
        }
        self._presence = PlainPresence(home, len(config.zones), rules)
        self._places = PlainPlaces(home, len(config.zones))
        self._shown: dict[int, PresenceState] = {}
        self._open: dict[ReaderId, _Second] = {}
        self._over: list[tuple[ReaderId, _Second]] = []
        self._beat = -1
        self._waiting: dict[ReaderId, list[Read]] = {reader: [] for reader in self._antennas}

    def received(self, reader: ReaderId, data: bytes) -> None:
        """Bytes of one reader, whole messages."""
        self._waiting[reader] += reads_of(data)

    def tick(self, now_us: int) -> None:
        """What was received belongs to the open rounds; those that are a second old are judged at the next beat."""
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
                self._over.append((reader, second))
        beat, self._beat = self._beat, now_us // BEAT_US
        if self._over and self._beat != beat:
            self._judge(now_us)
        for row, zone in self._places.close(now_us):
            self._move(row, zone, now_us)

    def _hear(self, reader: ReaderId, read: Read) -> None:
        card = self._cards.get(read.epc)
        if card is None:
            self.strange_reads += 1
            return
        heard, key = self._open[reader].heard, (self._antennas[reader][read.antenna], card[0])
        reads, best = heard.get(key, (0, -32768))
        heard[key] = (reads + read.seen_count, max(best, 100 * read.rssi_dbm))

    def _judge(self, now_us: int) -> None:
        """All seconds that are over since the last beat; a beat is shorter, so no reader is there twice."""
        over, self._over = self._over, []
        own = [sorted(set(self._antennas[reader].values())) for reader, _ in over]
        keys = [sorted(second.heard) for _, second in over]
        for row, state in self._presence.weigh(now_us, sorted(set().union(*own)), sorted(set().union(*keys))):
            self._say(row, state, now_us)
        for zones, read, (_, second) in zip(own, keys, over, strict=True):
            self._places.hear(zones, ((row, zone, second.heard[zone, row][1] / 100) for zone, row in read))

    def _say(self, row: int, state: PresenceState, now_us: int) -> None:
        if self._shown.get(row) is not state:
            self._shown[row] = state
            self.said.append(Said(now_us, self._piece[row], state, self._zone_names[self._presence.pieces[row].zone]))

    def _move(self, row: int, zone: int, now_us: int) -> None:
        if self._presence.pieces[row].zone == zone:
            return
        self._presence.move(row, zone)
        if row in self._shown:
            self.said.append(Said(now_us, self._piece[row], self._shown[row], self._zone_names[zone]))
