"""Shelves full of pieces, as the bytes that their readers send: some move, some are taken away, some tags are strange.

Everything repeats by seed. A tag report is EPC-96, antenna, RSSI, first seen and seen count, 25 of them a message.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.streams import EPOCH_US
from contract.feed import FeedPage, FeedRow, PieceCard
from contract.ids import PieceId, ReaderId, StoreId, TillId, ZoneId
from edge.config import EdgeConfig, ReaderConfig, ZoneConfig, ZoneKind
from edge.reconcile.presence.shapes import CUSTOMARY
from edge.store import Store
from trade.custody import Token, TokenState

READERS: Final = 16
FEED_PAGE: Final = 5_000
PIECES_PER_ZONE: Final = 50
MOVING_PER_MINUTE: Final = 0.01
STRANGE_READS: Final = 0.05
STRANGERS: Final = 1000
TAGS_PER_MESSAGE: Final = 25
HEADER_BYTES: Final = 10
TEMPLATE: Final = bytes.fromhex(
    "00f00022"
    "8d" + "00" * 12 + "81" + "0000"
    "86" + "00" + "82" + "00" * 8 + "88" + "0001"
)  # fmt: skip
"""One TagReportData (LLRP 1.1 §17.2.7.3): EPC-96, antenna, peak RSSI, first seen UTC, seen count."""
EPC, ANTENNA, RSSI, FIRST_SEEN = slice(5, 17), slice(18, 20), 21, slice(23, 31)

Octets = NDArray[np.uint8]


class Shelves:
    """`zone` int32[n]: where each piece lies now, -1 = taken away. Zones are numbered through, reader by reader."""

    def __init__(self, pieces: int, seed: int, readers: int = READERS, zones_each: int = 0) -> None:
        """`zones_each` of a reader; 0: as many as its pieces need."""
        self.rng, self.readers = np.random.default_rng(seed), readers
        self.zones_each = zones_each or max(1, round(pieces / PIECES_PER_ZONE / readers))
        self.zones = self.zones_each * readers
        self.home = (np.arange(pieces) % self.zones).astype(np.int32)
        self.zone = self.home.copy()
        self.epc = self._epcs(0xE2, pieces)
        self.strange = self._epcs(0x30, STRANGERS)
        self._owed = 0.0
        self._lying: list[NDArray[np.intp]] = []
        self._sort()

    def cards(self) -> Iterator[PieceCard]:
        for row, epc in enumerate(self.epc):
            yield PieceCard(
                piece=piece(row), sku="R", title="Ring", category="ring", metal="gold", fineness=750, weight_mg=3200,
                stones="", price_minor=120_000, currency="EUR", tax_bp=2000, epc=epc.tobytes().hex().upper(),
                home_zone=zone_id(int(self.home[row])),
            )  # fmt: skip

    def second(self) -> None:
        """A second passes: as many pieces as are due are laid somewhere else."""
        self._owed += len(self.zone) * MOVING_PER_MINUTE / 60
        count = int(self._owed)
        self._owed -= count
        there = np.flatnonzero(self.zone >= 0)
        self.zone[self.rng.choice(there, count, replace=False)] = self.rng.integers(0, self.zones, count)
        self._sort()

    def take_away(self, count: int) -> None:
        """So many pieces vanish."""
        self.zone[self.rng.choice(np.flatnonzero(self.zone >= 0), count, replace=False)] = -1
        self._sort()

    def bring_back(self) -> None:
        """They lie where they lay at first."""
        gone = self.zone < 0
        self.zone[gone] = self.home[gone]
        self._sort()

    def said(self, reader: int, reads: int) -> bytes:
        """Whole messages with so many reads, of pieces and strangers that lie before this reader, at random."""
        rng, lying = self.rng, self._lying[reader]
        rows = lying[rng.integers(0, len(lying), reads)]
        epcs, zone = self.epc[rows], self.zone[rows]
        strange = np.flatnonzero(rng.random(reads) < STRANGE_READS)
        tags = rng.integers(0, STRANGERS // self.readers, len(strange)) * self.readers + reader
        epcs[strange] = self.strange[tags]
        zone[strange] = reader * self.zones_each + tags % self.zones_each
        return self.report(epcs, 1 + zone % self.zones_each)

    def report(self, epcs: Octets, antennas: NDArray[np.int32]) -> bytes:
        """Whole messages with a read of each of these tags, uint8[n, 12], strong."""
        reads = len(epcs)
        reports = np.tile(np.frombuffer(TEMPLATE, np.uint8), (reads, 1))
        reports[:, EPC] = epcs
        reports[:, ANTENNA] = _big(antennas, ">u2")
        reports[:, RSSI] = self.rng.integers(-60, -35, reads).astype(np.int8).view(np.uint8)
        reports[:, FIRST_SEEN] = _big(EPOCH_US + np.arange(reads), ">u8")
        return b"".join(_message(reports[low : low + TAGS_PER_MESSAGE]) for low in range(0, reads, TAGS_PER_MESSAGE))

    def _epcs(self, first: int, count: int) -> Octets:
        epcs = self.rng.integers(0, 256, (count, 12), np.uint8)
        epcs[:, 0] = first
        epcs[:, 8:] = _big(np.arange(count), ">u4")
        return epcs

    def _sort(self) -> None:
        by_reader = self.zone // self.zones_each
        self._lying = [np.flatnonzero(by_reader == reader) for reader in range(self.readers)]


def piece(row: int) -> PieceId:
    return PieceId(f"p{row}")


def zone_id(zone: int) -> ZoneId:
    return ZoneId(f"z{zone}")


def reader_id(reader: int) -> ReaderId:
    return ReaderId(f"r{reader}")


def config_of(
    shelves: Shelves, folder: Path, *, ports: Sequence[int] = (), alarm_nats: float = CUSTOMARY.alarm_nats
) -> EdgeConfig:
    """A store of these shelves; `ports` of its readers on loopback, where there are any."""
    each = shelves.zones_each
    return EdgeConfig(
        store=StoreId("bench"), name="Bench", currency="EUR", data_dir=folder, tills=(TillId("till-1"),),
        alarm_nats=alarm_nats, http_port=0,
        zones=tuple(
            ZoneConfig(id=zone_id(zone), name=f"Shelf {zone}", kind=ZoneKind.SHELF) for zone in range(shelves.zones)
        ),
        readers=tuple(
            ReaderConfig(
                id=reader_id(reader), url=f"llrp://127.0.0.1:{ports[reader] if ports else 1}", profile="impinj-r420",
                antennas={str(1 + at): zone_id(reader * each + at) for at in range(each)},
            )
            for reader in range(shelves.readers)
        ),
    )  # fmt: skip


def fill(store: Store, shelves: Shelves) -> None:
    """The feed of the head office, and a token for each piece."""
    cards = list(shelves.cards())
    with store.books.transaction() as tx:
        for card in cards:
            tx.db.run_struct("token_set", Token(piece=card.piece, ce=1, state=TokenState.HERE))
    rows = tuple(FeedRow(rev=1 + at, scope="*", key=f"piece:{card.piece}", body=card) for at, card in enumerate(cards))
    for low in range(0, len(rows), FEED_PAGE):
        store.take_feed(FeedPage(rows=rows[low : low + FEED_PAGE], upto=min(low + FEED_PAGE, len(rows)), more=False))
    store.reload()


def _big(values: NDArray[np.integer], form: str) -> Octets:
    return np.ascontiguousarray(values).astype(form).view(np.uint8).reshape(len(values), -1)


def _message(reports: Octets) -> bytes:
    length = HEADER_BYTES + reports.size
    return (1 << 10 | 61).to_bytes(2) + length.to_bytes(4) + bytes(4) + reports.tobytes()
