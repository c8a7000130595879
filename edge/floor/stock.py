"""What this store knows of each piece, by catalogue row: card, home zone, and whether it ought to be in its place.

Arrays are at least as long as the catalogue. `expected` is what presence and counts may ask for: a piece this store
holds, that is not sold, not on its way and not in somebody's hands with our consent (cart, tray, memo, repair …).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import ClaimKind
from contract.feed import PieceCard
from contract.ids import PieceId, ZoneId
from edge.books import replica
from edge.books.db import Database
from edge.books.rows import ShippedRow
from edge.floor.catalogue import Catalogue
from edge.floor.sightings import NEVER_US, Sighting, Sightings
from edge.floor.zonemap import NO_ZONE, ZoneMap
from trade.claim import Claim
from trade.custody import Token, TokenState
from trade.piece import is_envelope

NEVER_AGAIN_US: Final = 1 << 62
NO_TRAY: Final = -1
CLAIMS_SHOWN: Final = frozenset({ClaimKind.TRAY, ClaimKind.CART})
"""Claims of a piece that is out for a client, and ought to be sold or back in its place soon."""
CLAIMS_AWAY: Final = frozenset(set(ClaimKind) - {ClaimKind.LEASE, ClaimKind.LAYAWAY})
"""Claims under which a piece may leave its place. A leased piece stays where it is until it is shipped, and one that is
laid away lies in the store, if in another place: it is counted, and missed, like any other."""
SHIP_GRACE_US: Final = 1_800_000_000
"""A shipped piece lies at our door for a while; only after this is it a stranger that ought to be reported."""
RECEIVE_AGAIN_US: Final = 60_000_000
REPORT_AGAIN_US: Final = 600_000_000
AWAY_WORDS: Final = {
    ClaimKind.CART: "in a cart",
    ClaimKind.TRAY: "on a tray shown to a client",
    ClaimKind.MEMO: "out on memo",
    ClaimKind.REPAIR: "in repair",
    ClaimKind.TRANSFER: "under transfer",
}


@dataclass(frozen=True, slots=True)
class Status:
    """How the books see one piece: the state of its token here, and its live claim."""

    custody: TokenState
    claim: ClaimKind | None = None
    ref: str = ""

    @property
    def expected(self) -> bool:
        return self.custody is TokenState.HERE and self.claim not in CLAIMS_AWAY

    @property
    def away_because(self) -> str:
        """Why the piece need not be in its place; empty when it should be."""
        if self.expected:
            return ""
        match self.custody:
            case TokenState.SOLD:
                return "sold"
            case TokenState.INCOMING:
                return "on its way here"
            case TokenState.AWAY:
                return "not held by this store"
            case TokenState.HERE:
                return "" if self.claim is None else AWAY_WORDS.get(self.claim, "")


class Stock:
    """Owned by the house thread. `epc_refused` names pieces whose tag is bound to another piece already."""

    def __init__(self, zones: ZoneMap) -> None:
        self.zones = zones
        self.catalogue = Catalogue(references=zones.references)
        self.cards: dict[PieceId, PieceCard] = {}
        self.status: dict[PieceId, Status] = {}
        self.epc_refused: dict[PieceId, str] = {}
        self.home = np.empty(0, np.int32)
        """Where the books want it; `lies`: where it lies by our reads, the same until it moves."""
        self.lies = np.empty(0, np.int32)
        self.expected = np.empty(0, np.bool_)
        self.tray = np.empty(0, np.int32)
        self.sold = np.empty(0, np.bool_)
        self.shown = np.empty(0, np.bool_)
        """Out for a client: `CLAIMS_SHOWN`."""
        self.sightings = Sightings()
        self._strange = np.empty(0, np.bool_)
        self._meet_from_us = np.empty(0, np.int64)
        self._trays: dict[str, int] = {}

    def __len__(self) -> int:
        return self.catalogue.rows

    # --- from the books ---------------------------------------------------------------------------------------

    def load(self, db: Database) -> None:
        """Everything: cards of the feed, tokens, live claims."""
        self.learn(replica.pieces(db))
        claims = {claim.piece: claim for claim in db.rows("claims_live", Claim)}
        tokens = {token.piece: token.state for token in db.rows("tokens", Token)}
        for piece in {*self.status, *self.cards, *tokens}:
            claim = claims.get(piece)
            state = tokens.get(piece, TokenState.AWAY)
            self.stand(piece, Status(state, claim.kind if claim else None, claim.ref if claim else ""))
        self._meet_from_us[: len(self)] = NEVER_US

    def restand(self, db: Database, pieces: Iterable[PieceId]) -> None:
        """The books changed about these pieces."""
        for piece in pieces:
            token = db.one("token", Token, piece=piece)
            claim = db.one("claim_live", Claim, piece=piece)
            state = TokenState.AWAY if token is None else token.state
            self.stand(piece, Status(state, claim.kind if claim else None, claim.ref if claim else ""))

    def learn(self, cards: Iterable[PieceCard]) -> NDArray[np.int32]:
        """Take new or changed cards; gives the rows that are new or have another tag, whose history is void."""
        cards = list(cards)
        fresh = self._bind([(card.piece, card.epc) for card in cards if self._is_new(card)])
        for card in cards:
            row = self.catalogue.row_of(card.piece)
            assert row is not None, f"{card.piece} was bound a moment ago"
            self.cards[card.piece] = card
            home = self.zones.index.get(ZoneId(card.home_zone), NO_ZONE)
            if home != self.home[row]:
                self.home[row] = self.lies[row] = home
            self.tray[row] = self._trays.setdefault(card.tray, len(self._trays)) if card.tray else NO_TRAY
            self._judge(card.piece, row)
        return fresh

    def forget(self, piece: PieceId) -> int | None:
        """The feed took the card back; gives the row that is free now."""
        self.cards.pop(piece, None)
        row = self.catalogue.drop(piece)
        if row is not None:
            self.expected[row] = self._strange[row] = self.sold[row] = self.shown[row] = False
            self.home[row] = self.lies[row] = NO_ZONE
        return row

    def stand(self, piece: PieceId, status: Status) -> None:
        """How the books see the piece from now on."""
        changed = self.status.get(piece) != status
        self.status[piece] = status
        row = self.catalogue.row_of(piece)
        if row is not None:
            self._judge(piece, row)
            if changed:
                self._meet_from_us[row] = NEVER_US

    def is_clients(self, piece: PieceId) -> bool:
        """An envelope with a client's thing: the office knows nothing of it, and is asked nothing."""
        return is_envelope(self.cards.get(piece))

    def status_of(self, piece: PieceId) -> Status:
        return self.status.get(piece, Status(TokenState.AWAY))

    # --- from the readers -------------------------------------------------------------------------------------

    def last_seen(self, piece: PieceId) -> Sighting | None:
        """The last read of a piece since the box started; None when there was none."""
        row = self.catalogue.row_of(piece)
        return None if row is None else self.sightings.last(row)

    def scanned(self, piece: PieceId, zone: ZoneId, at_us: int) -> None:
        """A person's scanner saw it; nothing happens for a piece the feed has not told us of."""
        row = self.catalogue.row_of(piece)
        if row is not None:
            self.sightings.scanned(row, self.zones.index.get(zone, NO_ZONE), at_us)

    def seen_since(self, piece: PieceId, since_us: int) -> bool:
        """Whether any reader or scanner read the piece at or after this monotonic time."""
        last = self.last_seen(piece)
        return last is not None and last.at_us >= since_us

    def strange(self, rows: NDArray[np.int32], now_us: int) -> NDArray[np.bool_]:
        """Which of these rows this store does not hold and has not asked about lately, without asking the books."""
        strange: NDArray[np.bool_] = self._strange[rows] & (self._meet_from_us[rows] <= now_us)
        return strange

    def to_meet(self, db: Database, row: int, now_us: int, wall_us: int) -> PieceId | None:
        """A strange row that was read here: the piece, if it is to be received or reported now.

        A piece sold here stays the client's; a shipped one may wait for its van; a stranger is reported every ten
        minutes, for the answer to the first report may have been no.
        """
        piece = self.catalogue.pieces[row]
        if piece is None or not self._strange[row] or self._meet_from_us[row] > now_us:
            return None
        token = db.one("token", Token, piece=piece)
        if token is not None and token.held:
            self._meet_from_us[row] = now_us + RECEIVE_AGAIN_US
            return piece
        if token is not None and token.sale:
            self._meet_from_us[row] = NEVER_AGAIN_US
            return None
        self._meet_from_us[row] = now_us + REPORT_AGAIN_US
        shipped = db.one("shipped_piece", ShippedRow, piece=piece)
        return piece if shipped is None or shipped.at_us + SHIP_GRACE_US <= wall_us else None

    # --- inside -----------------------------------------------------------------------------------------------

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
        self.sightings.clear(rows)
        self._meet_from_us[rows] = NEVER_US
        self.home[rows] = self.lies[rows] = NO_ZONE
        return rows

    def _judge(self, piece: PieceId, row: int) -> None:
        status = self.status_of(piece)
        self.expected[row] = status.expected
        self.sold[row] = status.custody is TokenState.SOLD
        self.shown[row] = status.custody is TokenState.HERE and status.claim in CLAIMS_SHOWN
        away = status.custody in (TokenState.AWAY, TokenState.INCOMING)
        self._strange[row] = away and not self.is_clients(piece)

    def _make_room(self) -> None:
        short = self.catalogue.rows - len(self.home)
        if short <= 0:
            return
        more = max(short, len(self.home), 64)
        self.home = np.concatenate([self.home, np.full(more, NO_ZONE, np.int32)])
        self.lies = np.concatenate([self.lies, np.full(more, NO_ZONE, np.int32)])
        self.expected = np.concatenate([self.expected, np.zeros(more, np.bool_)])
        self.tray = np.concatenate([self.tray, np.full(more, NO_TRAY, np.int32)])
        self.sold = np.concatenate([self.sold, np.zeros(more, np.bool_)])
        self.shown = np.concatenate([self.shown, np.zeros(more, np.bool_)])
        self.sightings.grow(more)
        self._strange = np.concatenate([self._strange, np.zeros(more, np.bool_)])
        self._meet_from_us = np.concatenate([self._meet_from_us, np.full(more, NEVER_US, np.int64)])
