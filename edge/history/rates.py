"""What antennas read, and what counts said of belief: small sums kept on the house thread until they are written."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.facts import AnyFact, CountFinished, Verdict
from contract.ids import ReaderId, ZoneId
from edge.floor.rounds import Heard, Round
from edge.floor.stock import Stock
from edge.floor.zonemap import NO_ZONE

HOUR_US: Final = 3_600_000_000
NOT_THERE: Final = frozenset({Verdict.MISSING, Verdict.CHECK_BY_HAND, Verdict.EXPLAINED})
"""Verdicts that say of no place that the piece lies there."""


class Rate(NamedTuple):
    """One antenna in one zone during one hour (UTC hours since 1970): tag reports, and the rounds it witnessed."""

    hour: int
    reader: str
    antenna: int
    zone: str
    reads: int
    rounds: int


class Counted(NamedTuple):
    """Pieces that were believed in one zone and found in another (or the same), by a count or by a hand."""

    at_us: int
    believed: str
    counted: str
    source: str
    pieces: int


class Reads(NamedTuple):
    """What one reader read in a while; columns of n, in the order of reading."""

    reader: ReaderId
    row: NDArray[np.int32]
    zone: NDArray[np.int32]
    antenna: NDArray[np.uint16]
    seen_count: NDArray[np.uint16]


def together(heard: list[Heard]) -> list[Reads]:
    """Batches of a while, reader by reader; of readers that read something."""
    by_reader: dict[ReaderId, list[Heard]] = {}
    for one in heard:
        if len(one.row):
            by_reader.setdefault(one.reader, []).append(one)
    return [
        Reads(
            reader,
            np.concatenate([one.row for one in batches]),
            np.concatenate([one.zone for one in batches]),
            np.concatenate([one.antenna for one in batches]),
            np.concatenate([one.seen_count for one in batches]),
        )
        for reader, batches in by_reader.items()
    ]


class Rates:
    """Reads and rounds by reader and antenna of the running hour."""

    def __init__(self, stock: Stock) -> None:
        self._zones = stock.zones
        self._reads: dict[tuple[int, ReaderId, int, int], int] = {}
        self._rounds: dict[tuple[int, ReaderId, int], int] = {}

    def read(self, one: Reads, wall_us: int) -> None:
        """Reads of a fixed reader."""
        hour, sums = wall_us // HOUR_US, np.bincount(one.antenna, weights=one.seen_count)
        for antenna in np.flatnonzero(sums).tolist():
            key = (hour, one.reader, antenna, self._zones.zone_at(one.reader, antenna))
            self._reads[key] = self._reads.get(key, 0) + int(sums[antenna])

    def witnessed(self, rounds: list[Round], wall_us: int) -> None:
        """Rounds that were witnessed."""
        hour = wall_us // HOUR_US
        for each in rounds:
            for zone in each.zones.tolist():
                self._rounds[hour, each.reader, zone] = self._rounds.get((hour, each.reader, zone), 0) + 1

    def take(self) -> list[Rate]:
        """Everything since the last time; it begins anew. Rows of one hour are to be summed."""
        ports = dict.fromkeys(self._rounds, 0)
        out = []
        for (hour, reader, antenna, zone), reads in self._reads.items():
            rounds = self._rounds.get((hour, reader, zone), 0)
            ports.pop((hour, reader, zone), None)
            out.append(Rate(hour, reader, antenna, self._zones.zones[zone].id, reads, rounds))
        # An antenna that read nothing for a while was there nevertheless, and that is what one wants to see.
        out += [
            Rate(hour, reader, 0, self._zones.zones[zone].id, 0, self._rounds[hour, reader, zone])
            for hour, reader, zone in ports
        ]
        self._reads.clear()
        self._rounds.clear()
        return out


def counted_by(
    facts: tuple[AnyFact, ...], stock: Stock, zones: dict[str, tuple[ZoneId, ...]], at_us: int
) -> list[Counted]:
    """What finished counts say: where the house believed each piece, and where the count found it.

    `zones`: of each finished count. A piece that was simply found lay in its home; it may have been believed elsewhere.
    """
    pairs: dict[tuple[str, str], int] = {}

    def pair(believed: int, counted: str) -> None:
        if believed != NO_ZONE:
            key = (str(stock.zones.zones[believed].id), counted)
            pairs[key] = pairs.get(key, 0) + 1

    for fact in facts:
        if not isinstance(fact, CountFinished):
            continue
        said = {verdict.piece: verdict for verdict in fact.verdicts}
        inside = [stock.zones.index[zone] for zone in zones.get(fact.count, ()) if zone in stock.zones.index]
        size = len(stock)
        rows = np.flatnonzero(stock.expected[:size] & np.isin(stock.home[:size], inside))
        for row in rows.tolist():
            piece = stock.catalogue.pieces[row]
            if piece is not None and piece not in said:
                pair(int(stock.lies[row]), str(stock.zones.zones[int(stock.home[row])].id))
        for piece, verdict in said.items():
            at = stock.catalogue.row_of(piece)
            if at is not None and verdict.verdict not in NOT_THERE:
                pair(int(stock.lies[at]), str(verdict.zone))
    return [Counted(at_us, *key, "count", pieces) for key, pieces in sorted(pairs.items())]


def swept_by(rows: NDArray[np.int32], zones: NDArray[np.int32], stock: Stock, at_us: int) -> list[Counted]:
    """What a person's hand says: found in the zone that was swept or scanned, believed where it lay until then."""
    believed = stock.lies[rows]
    keep = (believed != NO_ZONE) & (zones != NO_ZONE)
    pairs, times = np.unique(np.stack([believed[keep], zones[keep]]), axis=1, return_counts=True)
    names = stock.zones.zones
    return [
        Counted(at_us, str(names[a].id), str(names[b].id), "hand", times_)
        for (a, b), times_ in zip(pairs.T.tolist(), times.tolist(), strict=True)
    ]
