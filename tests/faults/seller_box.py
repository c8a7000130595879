"""A store's box that sells by itself, so many pieces a second, and writes down each sale it was told is recorded.

Arguments: sales a second, who sells, the file of what was sold, then those of a box.
"""

import itertools
import sys
from pathlib import Path

from contract.facts import Tender, TenderKind
from edge import app
from edge.books import replica
from edge.books.rows import Mode
from edge.config import load_config
from edge.house import TICK_US
from edge.store import Store
from edge.till.desk import Done
from trade.acts import AddPiece, OpenSale, OpenShift, RecordSale
from trade.custody import Token, TokenState

TILL = "till-1"
WHY = "no pad here"
LOOKS_EACH_US = 1_000_000


class Seller:
    """Runs on the house thread, after each tick."""

    def __init__(self, per_s: float, user: str, told: Path) -> None:
        self._each_us, self._user, self._told = 1_000_000 / per_s, user, told.open("a")
        self._store, self._pieces, self._due_us = None, iter(()), 0.0

    def turn(self, store: Store, now_us: int) -> None:
        if store.mode is not Mode.ACTIVE:
            return
        if store is not self._store:
            self._begin(store, now_us)
        # a box that is late does not make up for it: it would not answer anybody meanwhile
        self._due_us = max(self._due_us, now_us - TICK_US)
        while self._due_us <= now_us:
            self._due_us += self._each_us
            piece = next(self._pieces, None)
            if piece is None:
                self._look(store, now_us)  # its cards may come after its token
                return
            self._sell(store, piece)

    def _begin(self, store: Store, now_us: int) -> None:
        self._store, self._due_us, self._looked_us = store, float(now_us), 0
        self._look(store, now_us)
        self._ids = itertools.count(1)
        day = {"business_day": "2026-11-29", "float_minor": 0, "currency": store.config.currency}
        store.act(OpenShift(shift=f"shift-{now_us}", till=TILL, **day), self._user)

    def _look(self, store: Store, now_us: int) -> None:
        """What there is to sell."""
        if now_us - self._looked_us < LOOKS_EACH_US:
            return
        self._looked_us, db = now_us, store.books.db
        here = [token.piece for token in db.rows("tokens", Token) if token.state is TokenState.HERE]
        self._pieces = iter([piece for piece in here if replica.piece(db, piece) is not None])

    def _sell(self, store: Store, piece: str) -> None:
        sale = f"sale-{piece}"
        card = replica.piece(store.books.db, piece)
        store.act(OpenSale(sale=sale, till=TILL, currency=store.config.currency), self._user)
        store.scan((piece,), store.config.zones[0].id, self._user, damaged=False)
        store.act(AddPiece(sale=sale, piece=piece, override=WHY), self._user)
        tenders = (Tender(kind=TenderKind.CASH, amount_minor=card.price_minor),)
        done = store.act(RecordSale(sale=sale, tenders=tenders, override=WHY), self._user)
        if isinstance(done, Done) and done.entries:
            self._told.write(f"{sale} {card.price_minor}\n")
            self._told.flush()


if __name__ == "__main__":
    seller, tick = Seller(float(sys.argv[1]), sys.argv[2], Path(sys.argv[3])), Store.tick

    def ticking(store: Store, now_us: int, *, writing: bool) -> None:
        tick(store, now_us, writing=writing)
        if writing:
            seller.turn(store, now_us)

    Store.tick = ticking
    sys.exit(app.run(load_config(Path(sys.argv[-1]))))
