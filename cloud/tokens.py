"""The office's rows about who holds each piece, and what speaks for and against a sale of it; no decisions here.

A fact counts only under the custody epoch its store held (`ce_check`); every move is a new epoch (`ce_mint`).
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from cloud.tables import custody, custody_history, node, recall, returned_piece, sold_piece, web_order
from cloud.work import Heard, Work
from contract.commands import CustodyState
from contract.ids import PieceId, SaleId, StoreId, TransferId, generation
from trade.custody import OfficeState
from trade.lease import OrderState

CLOUD = StoreId("")
"""The holder of a token that no store has."""
NO_SALE, NO_TRANSFER = SaleId(""), TransferId("")
TOLD = {OfficeState.HERE: CustodyState.HERE, OfficeState.INCOMING: CustodyState.INCOMING}

_PIECES: Final[sa.BindParameter[PieceId]] = sa.bindparam("pieces", expanding=True)
_TOKENS: Final = sa.select(custody).where(custody.c.piece.in_(_PIECES)).order_by(custody.c.piece).with_for_update()
_RETURNED: Final = sa.select(returned_piece).where(returned_piece.c.piece.in_(_PIECES))
_SOLD: Final = sa.select(sold_piece).where(sold_piece.c.piece.in_(_PIECES))
_PAID: Final = (
    sa.select(web_order.c.piece, web_order.c.order_id)
    .where(web_order.c.state == OrderState.PAID, web_order.c.piece.in_(_PIECES))
    .order_by(web_order.c.order_id)
)


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """The office's row about one piece. `holder` is a store, or `CLOUD`."""

    piece: PieceId
    holder: StoreId
    ce: int
    state: OfficeState
    sale: SaleId = NO_SALE
    transfer: TransferId = NO_TRANSFER
    source: StoreId = CLOUD

    @property
    def told(self) -> CustodyState:
        """How a store is told of it."""
        return TOLD.get(self.state, CustodyState.SOLD)


class Sold(NamedTuple):
    """By whom a piece was sold; the store is empty for a web order."""

    store: StoreId
    sale: SaleId


class Tokens:
    """The tokens one unit of work touches. Rows are locked when read; changes are written by `flush`."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._known: dict[PieceId, Token | None] = {}
        self._changed: set[PieceId] = set()
        self._weighed: set[PieceId] = set()
        self._returned: set[tuple[SaleId, PieceId]] = set()
        self._paid: dict[PieceId, list[SaleId]] = {}
        self._sold: dict[PieceId, Sold] = {}
        self._epochs: dict[StoreId, str] = {}
        self._history: dict[tuple[PieceId, int], tuple[StoreId, bool]] = {}

    # --- reading ------------------------------------------------------------------------------------------

    def load(self, pieces: Iterable[PieceId]) -> None:
        """Read many tokens in one question, always in the same order, so that two workers cannot lock each other."""
        missing = sorted(set(pieces) - self._known.keys())
        for at in range(0, len(missing), 500):
            chunk = missing[at : at + 500]
            self._known.update(dict.fromkeys(chunk))
            for row in self.work.tx.rows(_TOKENS, {"pieces": chunk}):
                self._known[row["piece"]] = _token(row)

    def read_anew(self, piece: PieceId) -> None:
        """Somebody else wrote its token in this unit of work: what is known of it here is old."""
        assert piece not in self._changed, "flush it first"
        self._known.pop(piece, None)
        self._weighed.discard(piece)

    def _weigh(self, piece: PieceId) -> None:
        """What speaks for and against a sale of the pieces we know: returns, paid orders, the index of sold pieces."""
        if piece in self._weighed:
            return
        asked = sorted((self._known.keys() | {piece}) - self._weighed)
        self._weighed.update(asked)
        tx = self.work.tx
        for at in range(0, len(asked), 500):
            chunk = asked[at : at + 500]
            for row in tx.rows(_RETURNED, {"pieces": chunk}):
                self._returned.add((row["sale"], row["piece"]))
            for row in tx.rows(_PAID, {"pieces": chunk}):
                self._paid.setdefault(row["piece"], []).append(row["order_id"])
            for row in tx.rows(_SOLD, {"pieces": chunk}):
                self._sold[row["piece"]] = Sold(StoreId(row["store"]), SaleId(row["sale"]))

    def get(self, piece: PieceId) -> Token | None:
        if piece not in self._known:
            self.load((piece,))
        return self._known[piece]

    def current(self, store: StoreId, piece: PieceId, ce: int) -> bool:
        """This store holds the token under this very epoch."""
        token = self.get(piece)
        if not self.work.guards.ce_check:
            return token is not None
        return token is not None and token.holder == store and token.ce == ce

    def served_under(self, epochs: Mapping[StoreId, str]) -> None:
        """The present log of these stores, so that nobody asks for it one by one."""
        self._epochs.update(epochs)

    def present(self, heard: Heard) -> bool:
        """This row is of the store's present log: what it says without a custody epoch is about the present tokens."""
        if heard.store not in self._epochs:
            epoch = self.work.tx.value(sa.select(node.c.epoch).where(node.c.store == heard.store))
            self._epochs[heard.store] = epoch or ""
        return not heard.late and heard.epoch == self._epochs[heard.store]

    def legitimate(self, store: StoreId, piece: PieceId, ce: int) -> bool:
        """This store held the token under that epoch and nobody took it by force."""
        if self.current(store, piece, ce):
            return True
        return self._held(piece, ce) == (store, False)

    def _held(self, piece: PieceId, ce: int) -> tuple[StoreId, bool] | None:
        if (piece, ce) in self._history:
            return self._history[piece, ce]
        where = (custody_history.c.piece == piece, custody_history.c.ce == ce)
        row = self.work.tx.row(sa.select(custody_history.c.holder, custody_history.c.forced).where(*where))
        return None if row is None else (StoreId(row["holder"]), bool(row["forced"]))

    def of(self, store: StoreId) -> list[Token]:
        """Every token a store holds, as the books have it (after `flush`)."""
        self.flush()
        query = sa.select(custody).where(custody.c.holder == store).order_by(custody.c.piece).with_for_update()
        tokens = [_token(row) for row in self.work.tx.rows(query)]
        self._known.update({token.piece: token for token in tokens})
        return tokens

    # --- changing -----------------------------------------------------------------------------------------

    def set(self, token: Token, *, forced: bool = False) -> Token:
        """Write a token. `forced` marks the epoch before it as taken away: what its store records now is a case."""
        before = self.get(token.piece)
        if forced and before is not None:
            self._history[token.piece, before.ce] = (before.holder, True)
        token = self._as_owned(token)
        guarded = forced and self.work.guards.possession_after_fence
        if token.holder == CLOUD and guarded and token.state in (OfficeState.HERE, OfficeState.INCOMING):
            token = msgspec.structs.replace(token, state=OfficeState.FROZEN)
        if before is None or before.ce != token.ce:
            self._history[token.piece, token.ce] = (token.holder, False)
        self._known[token.piece] = token
        self._changed.add(token.piece)
        return token

    def _as_owned(self, token: Token) -> Token:
        """A return that was heard first, and a paid order, win over the state column."""
        if token.state is OfficeState.SOLD and self.work.guards.return_wins and self.came_back(token.sale, token.piece):
            state = OfficeState.FROZEN if token.holder == CLOUD else OfficeState.HERE
            token = msgspec.structs.replace(token, state=state, sale=NO_SALE)
        before = self.get(token.piece)
        same = before is not None and (before.ce, before.state) == (token.ce, token.state)
        if token.state is not OfficeState.SOLD and not same:
            order = self.paid_order(token.piece)
            if order is not None:
                return msgspec.structs.replace(token, state=OfficeState.SOLD, sale=order)
        return token

    def came_back(self, sale: SaleId, piece: PieceId) -> bool:
        """A return of this piece was heard, perhaps before its sale."""
        self._weigh(piece)
        return (sale, piece) in self._returned

    def bring_back(self, sale: SaleId, piece: PieceId, store: StoreId) -> None:
        """Remember a return: it wins over everything that says sold in that sale."""
        if self.came_back(sale, piece):
            return
        self._returned.add((sale, piece))
        row = {"sale": sale, "piece": piece, "store": store, "at_us": self.work.now_us}
        self.work.tx.add(returned_piece, row)
        if self._sold.get(piece, Sold(CLOUD, NO_SALE)).sale == sale:
            del self._sold[piece]
            self.work.tx.settle()
            self.work.tx.run(sa.delete(sold_piece).where(sold_piece.c.piece == piece, sold_piece.c.sale == sale))

    def sell(self, piece: PieceId, store: StoreId, sale: SaleId, line: str) -> Sold | None:
        """Enter a sale into the index of sold pieces, or give the sale that stands there already.

        The index only detects. The token's row lock keeps two workers from entering the same piece at once.
        """
        self._weigh(piece)
        if piece in self._sold:
            return self._sold[piece]
        self._enter(piece, store, sale, line)
        return None

    def oust(self, piece: PieceId, store: StoreId, sale: SaleId, line: str) -> None:
        """The true sale of a piece takes the place of one that had no right to it."""
        self._enter(piece, store, sale, line)

    def _enter(self, piece: PieceId, store: StoreId, sale: SaleId, line: str) -> None:
        self._sold[piece] = Sold(store, sale)
        self.work.tx.put_soon(sold_piece, {"piece": piece, "store": store, "sale": sale, "line": line})

    def paid_order(self, piece: PieceId) -> SaleId | None:
        """A paid order that was not returned owns its piece, whatever the state column says."""
        if not self.work.guards.paid_owns:
            return None
        self._weigh(piece)
        return next((order for order in self._paid.get(piece, ()) if (order, piece) not in self._returned), None)

    def next_ce(self, piece: PieceId) -> int:
        """Never reused, and above everything a lost life of the cloud may have given."""
        token = self.get(piece)
        n = token.ce + 1 if token else 1
        return max(n, generation(self.work.cloud_epoch, 1)) if self.work.guards.ce_mint else n

    def adopt(self, store: StoreId, piece: PieceId, ce: int) -> None:
        """A fact under an epoch above ours: believed if an earlier life of the cloud, which we lost, can have given it.

        Every epoch of this life is in our books, so one above them was given by nobody: a person is told.
        """
        token = self.get(piece)
        if not self.work.guards.ce_adopt or ce <= (token.ce if token else 0):
            return
        if not self.of_a_lost_life(ce):
            sentence = f"{store} decides about piece {piece} under custody epoch {ce}, which this office never gave"
            self.work.open_case("unknown custody", sentence, store=store, piece=piece, ref=str(ce), goes_on=True)
            return
        self._forget(recall, piece)
        if self._serves_this_life(store):
            # It was told every token it has, and this was none: the fact is of a box before it. Nobody has the token.
            sold = token is not None and token.state is OfficeState.SOLD
            gone = Token(piece=piece, holder=CLOUD, ce=ce, state=OfficeState.FROZEN, source=store)
            self.set(msgspec.structs.replace(gone, state=token.state, sale=token.sale) if token and sold else gone)
            return
        self.set(Token(piece=piece, holder=store, ce=ce, state=OfficeState.HERE))

    def _serves_this_life(self, store: StoreId) -> bool:
        """The store's box has a term of this life of the cloud."""
        term = self.work.tx.value(sa.select(node.c.term).where(node.c.store == store))
        return term is not None and not self.of_a_lost_life(term)

    def of_a_lost_life(self, minted: int) -> bool:
        """A life of the cloud before this one minted this custody epoch, or term."""
        return minted < generation(self.work.cloud_epoch, 0)

    def change(self, token: Token, state: OfficeState, *, sale: SaleId = NO_SALE) -> Token:
        """Another state under the same epoch."""
        return self.set(msgspec.structs.replace(token, state=state, sale=sale))

    def to_cloud(self, token: Token, state: OfficeState, *, forced: bool = False) -> Token:
        """The store gave the token up (or lost it by force: then under a new epoch)."""
        ce = self.next_ce(token.piece) if forced else token.ce
        sale = token.sale if state is OfficeState.SOLD else NO_SALE
        moved = msgspec.structs.replace(token, holder=CLOUD, ce=ce, state=state, sale=sale, source=token.holder)
        return self.set(moved, forced=forced)

    def flush(self) -> None:
        """Write what changed, each row once."""
        if self._changed:
            rows = [msgspec.structs.asdict(token) for piece in sorted(self._changed) if (token := self._known[piece])]
            self.work.tx.put(custody, *rows)
            self._changed.clear()
        if self._history:
            rows = [
                {"piece": piece, "ce": ce, "holder": holder, "forced": int(forced), "since_us": self.work.now_us}
                for (piece, ce), (holder, forced) in sorted(self._history.items())
            ]
            self.work.tx.put(custody_history, *rows, keep=("since_us",))
            self._history.clear()

    def _forget(self, table: sa.Table, piece: PieceId) -> None:
        self.work.tx.run(sa.delete(table).where(table.c.piece == piece))


def _token(row: sa.RowMapping) -> Token:
    return Token(
        piece=row["piece"], holder=row["holder"], ce=row["ce"], state=OfficeState(row["state"]), sale=row["sale"],
        transfer=row["transfer"], source=row["source"],
    )  # fmt: skip
