"""One unit of work: an open transaction with the few things every decision needs beside it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from cloud import downlog, feed
from cloud.db import Tx
from cloud.tables import case_file, life, parked_key, sale
from contract.commands import AnyCommand
from contract.facts import Stream
from contract.ids import AccountId, Epoch, PaymentId, PieceId, SaleId, StoreId, UserId
from trade.costing import Carried, Cost
from trade.guards import Guards

NO_PIECE: Final = PieceId("")
SQL_NAMES_MAX: Final = 500
"""Of one question; SQLite takes no more than some thousand values in a statement."""
_LIFE: Final = sa.select(life)
QUARANTINED: Final = "sale quarantined"
"""The kind of a case that ends only with its sale."""


def _newest_case() -> sa.Select[Any]:
    """Of those that are called `first`, `first#2` … : each by its key."""
    name = sa.cast(sa.bindparam("first"), sa.Text)
    chain = sa.select(name.label("case_id"), sa.literal(1).label("n")).cte("chain", recursive=True)
    more = sa.select(name + "#" + sa.cast(chain.c.n + 1, sa.Text), chain.c.n + 1)
    chain = chain.union_all(more.join(case_file, case_file.c.case_id == chain.c.case_id))
    found = sa.select(case_file.c.case_id, case_file.c.closed_us, chain.c.n)
    return found.join(chain, chain.c.case_id == case_file.c.case_id).order_by(chain.c.n.desc()).limit(1)


_NEWEST_CASE: Final = _newest_case()
GOES_ON_US: Final = 86_400_000_000
"""So long a person's word about something that goes on is good for."""


class UnknownStoreError(Exception):
    """A box speaks for a store the office does not have; open the store first."""


class UnappliableError(Exception):
    """A row that is well formed but cannot be true for us: it is parked, and a person is told why."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Where a fact came from. `late` rows belong to a fork or an orphan: true, but out of their order. `again`: the row
    was applied as late, and is now in its place.
    """

    store: StoreId
    epoch: Epoch
    stream: Stream
    seq: int
    at_us: int
    by: UserId
    why: str = ""
    late: bool = False
    again: bool = False


@dataclass(slots=True)
class Work:
    """`now_us` is for rows and people, never for deciding; `secret` makes seals; `quarantined` sales are not posted."""

    tx: Tx
    guards: Guards
    now_us: int
    cloud_epoch: int
    recovering: bool
    secret: bytes = field(repr=False)
    quarantined: set[SaleId] = field(default_factory=set)
    carried: dict[PieceId, Carried] = field(default_factory=dict)
    """Costs of pieces as this unit of work leaves them (`costs`)."""
    uncarried: set[PieceId] = field(default_factory=set)
    """Pieces that the ledger carried nowhere when it was asked."""
    costs: dict[PieceId, Cost] = field(default_factory=dict)
    """What pieces cost, as far as it was asked; whoever changes a record forgets it (`costs.forget`)."""
    closed_upto: dict[StoreId, str] = field(default_factory=dict)
    """Last closed month of the stores that were posted for (`ledger`)."""
    kept: set[tuple[StoreId, PaymentId]] = field(default_factory=set)
    """Payments whose terminals kept the money, posted by this unit of work (`settlements`)."""
    came_in: dict[tuple[Heard, AccountId], int] = field(default_factory=dict)
    """Money an entry brought onto an account and its store has not kept yet; 0: it was told before (`value`)."""
    decided: set[StoreId] = field(default_factory=set)
    """Stores for which this unit of work decided something."""
    loyalty: Any = None
    """The house's rules of points, once somebody asked (`points`)."""
    nothing_parked: bool | None = None
    """Whether no row waits to be understood; None: nobody has asked yet."""
    _asked_sales: set[tuple[StoreId, SaleId]] = field(default_factory=set)
    _sales: set[tuple[StoreId, SaleId]] = field(default_factory=set)
    _commands: dict[StoreId, list[AnyCommand]] = field(default_factory=dict)

    def command(self, store: StoreId, *commands: AnyCommand) -> None:
        """Decide something for a store; numbered and written by `settle`."""
        self._commands.setdefault(store, []).extend(commands)

    def settle(self) -> None:
        """Number the decisions of this unit of work, stores always in one order: nobody waits in a circle."""
        commands, self._commands = self._commands, {}
        for store in sorted(commands):
            if commands[store]:
                self.decided.add(store)
                downlog.append(self.tx, store, commands[store], cloud_epoch=self.cloud_epoch, now_us=self.now_us)

    def tell(self, *news: feed.News) -> int:
        """Put rows into the feed."""
        return feed.put(self.tx, news)

    def open_case(
        self, kind: str, sentence: str, *, store: StoreId, piece: PieceId = NO_PIECE, ref: str = "",
        goes_on: bool = False, again: bool = False,
    ) -> bool:  # fmt: skip
        """Something a person must look at; the same thing is one case while that is open, however often it is heard.

        When it happens again after somebody closed it, it is a new case that names the old one. What is said again as
        long as it lasts (`goes_on`) has happened again when it is still said a day later; what an entry says once more
        in its place (`again`, `Heard.again`) has not.
        """
        first = ":".join(part for part in (kind, store, ref, piece) if part)
        row = {
            "kind": kind, "store": store, "piece": piece, "ref": ref, "sentence": sentence, "opened_us": self.now_us,
        }  # fmt: skip
        if self.tx.add_new(case_file, {**row, "case_id": first}):
            return True
        newest = self.tx.row(_NEWEST_CASE, {"first": first})
        assert newest is not None, "a row of this name was in the way"
        closed_us = newest["closed_us"]
        if closed_us is None or again or (goes_on and self.now_us < closed_us + GOES_ON_US):
            return False
        return self.tx.add_new(case_file, {**row, "case_id": f"{first}#{newest['n'] + 1}", "before": newest["case_id"]})

    def expect_sales(self, sales: Collection[tuple[StoreId, SaleId]]) -> None:
        """These sales will be asked for: one question tells which the books have."""
        new = set(sales) - self._asked_sales
        self._asked_sales |= new
        self._sales |= sales_known(self.tx, new)

    def is_new_sale(self, store: StoreId, sale: SaleId) -> bool:
        """True once for each sale; whoever asks writes it."""
        self.expect_sales({(store, sale)})
        known = (store, sale) in self._sales
        self._sales.add((store, sale))
        return not known

    def is_parked(self, piece: PieceId) -> bool:
        """A row of this piece waits to be understood, so nobody may be given the piece."""
        key = sa.select(parked_key.c.n).where(parked_key.c.key == f"piece:{piece}").limit(1)
        return self.guards.park_freeze and self.tx.value(key) is not None


def sales_known(tx: Tx, wanted: Collection[tuple[StoreId, SaleId]]) -> set[tuple[StoreId, SaleId]]:
    """Those of these sales that stand in the books."""
    names, stores = sorted({name for _, name in wanted}), sorted({store for store, _ in wanted})
    found: set[tuple[StoreId, SaleId]] = set()
    for at in range(0, len(names), SQL_NAMES_MAX):
        some = (sale.c.store.in_(stores), sale.c.sale.in_(names[at : at + SQL_NAMES_MAX]))
        found.update((row["store"], row["sale"]) for row in tx.rows(sa.select(sale.c.store, sale.c.sale).where(*some)))
    return found


def begin(tx: Tx, guards: Guards, now_us: int) -> Work:
    """The unit of work of a transaction that was just opened."""
    row = tx.row(_LIFE)
    assert row is not None, "the office has no life row: run its migrations (`vitrine cloud` does) before using it"
    recovering, secret = bool(row["recovering"]), bytes(row["secret"])
    work = Work(
        tx=tx, guards=guards, now_us=now_us, cloud_epoch=row["cloud_epoch"], recovering=recovering, secret=secret
    )
    tx.before_commit.append(work.settle)
    return work
