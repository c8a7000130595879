"""What this store knows of each piece, by catalogue row: card, home zone, and whether it ought to be in its place.

Arrays have the catalogue's length. `expected` is what presence and counts may ask for: a piece this store holds, that
is not sold, not on its way and not in somebody's hands with our consent (cart, layaway, tray, memo, repair, transfer).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.commands import CustodyState
from contract.facts import ClaimKind
from contract.feed import PieceCard
from contract.ids import PieceId, ZoneId
from edge.catalogue import Catalogue
from edge.rounds import NO_ZONE, ZoneMap

NEVER_US: Final = -(1 << 62)
NO_TRAY: Final = -1
CLAIMS_AWAY: Final = frozenset(set(ClaimKind) - {ClaimKind.LEASE})
"""Claims under which a piece may leave its place. A leased piece stays where it is until it is shipped."""


@dataclass(frozen=True, slots=True)
class Status:
    """How the books see one piece: custody state (None: this store does not hold it) and its live claim."""

    custody: CustodyState | None
    claim: ClaimKind | None = None
    ref: str = ""

    @property
    def expected(self) -> bool:
        return self.custody is CustodyState.HERE and self.claim not in CLAIMS_AWAY

    @property
    def away_because(self) -> str:
        """Why the piece need not be in its place; empty when it should be."""
        if self.expected:
            return ""
        if self.custody is CustodyState.SOLD:
            return "sold"
        if self.custody is CustodyState.INCOMING:
            return "on its way here"
        if self.custody is None:
            return "not held by this store"
        words = {
            ClaimKind.CART: "in a cart",
            ClaimKind.LAYAWAY: "laid away",
            ClaimKind.TRAY: "on a tray shown to a client",
            ClaimKind.MEMO: "out on memo",
            ClaimKind.REPAIR: "in repair",
            ClaimKind.TRANSFER: "under transfer",
        }
        return words.get(self.claim, "") if self.claim is not None else ""


class Stock:
    """Owned by the house thread. `epc_refused` names pieces whose tag is bound to another piece already."""

    def __init__(self, zones: ZoneMap) -> None:
        self.zones = zones
        self.catalogue = Catalogue()
        self.cards: dict[PieceId, PieceCard] = {}
        self.status: dict[PieceId, Status] = {}
        self.epc_refused: dict[PieceId, str] = {}
        self.home = np.empty(0, np.int16)
        self.expected = np.empty(0, np.bool_)
        self.tray = np.empty(0, np.int32)
        self.last_seen_us = np.empty(0, np.int64)
        self.last_zone = np.empty(0, np.int16)
        self._trays: dict[str, int] = {}

    def __len__(self) -> int:
        return self.catalogue.rows

    def learn(self, cards: Iterable[PieceCard]) -> NDArray[np.int32]:
        """Take new or changed cards; gives the rows that are new or have another tag, whose history is void."""
        cards = list(cards)
        fresh = self._bind([(card.piece, card.epc) for card in cards if self._is_new(card)])
        for card in cards:
            row = self.catalogue.row_of(card.piece)
            assert row is not None, f"{card.piece} was bound a moment ago"
            self.cards[card.piece] = card
            self.home[row] = self.zones.index.get(ZoneId(card.home_zone), NO_ZONE)
            self.tray[row] = self._trays.setdefault(card.tray, len(self._trays)) if card.tray else NO_TRAY
            self._expect(card.piece, row)
        return fresh

    def _is_new(self, card: PieceCard) -> bool:
        row = self.catalogue.row_of(card.piece)
        return row is None or self.catalogue.epc_of(row) != card.epc.upper()

    def _bind(self, bindings: list[tuple[PieceId, str]]) -> NDArray[np.int32]:
        try:
            rows = self.catalogue.put(bindings)
        except ValueError as error:
            if len(bindings) == 1:
                # One wrong tag must not keep the store from knowing the piece: it is known untagged, and shown.
                piece = bindings[0][0]
                self.epc_refused[piece] = str(error)
                return self._bind([(piece, "")])
            half = len(bindings) // 2
            return np.concatenate([self._bind(bindings[:half]), self._bind(bindings[half:])])
        for piece, epc in bindings:
            if epc:
                self.epc_refused.pop(piece, None)
        self._make_room()
        self.last_seen_us[rows], self.last_zone[rows] = NEVER_US, NO_ZONE
        return rows

    def forget(self, piece: PieceId) -> int | None:
        """The feed took the card back; gives the row that is free now."""
        self.cards.pop(piece, None)
        row = self.catalogue.drop(piece)
        if row is not None:
            self.expected[row] = False
            self.home[row] = NO_ZONE
        return row

    def stand(self, piece: PieceId, status: Status) -> None:
        """The books changed about a piece."""
        self.status[piece] = status
        row = self.catalogue.row_of(piece)
        if row is not None:
            self._expect(piece, row)

    def status_of(self, piece: PieceId) -> Status:
        return self.status.get(piece, Status(None))

    def saw(self, rows: NDArray[np.int32], zone: NDArray[np.int16], at_us: int) -> None:
        """Reads, wherever they came from."""
        self.last_seen_us[rows] = at_us
        self.last_zone[rows] = zone

    def seen_since(self, piece: PieceId, since_us: int) -> bool:
        """Whether any reader or scanner read the piece at or after this monotonic time."""
        row = self.catalogue.row_of(piece)
        return row is not None and bool(self.last_seen_us[row] >= since_us)

    def _expect(self, piece: PieceId, row: int) -> None:
        self.expected[row] = self.status_of(piece).expected

    def _make_room(self) -> None:
        short = self.catalogue.rows - len(self.home)
        if short <= 0:
            return
        more = max(short, len(self.home), 64)
        self.home = np.concatenate([self.home, np.full(more, NO_ZONE, np.int16)])
        self.expected = np.concatenate([self.expected, np.zeros(more, np.bool_)])
        self.tray = np.concatenate([self.tray, np.full(more, NO_TRAY, np.int32)])
        self.last_seen_us = np.concatenate([self.last_seen_us, np.full(more, NEVER_US, np.int64)])
        self.last_zone = np.concatenate([self.last_zone, np.full(more, NO_ZONE, np.int16)])
