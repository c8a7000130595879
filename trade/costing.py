"""What a piece cost, and where the ledger carries it: inventory, on its way, sold, written off.

A piece's cost is carried in one place at a time. Whatever happens to it moves the cost from there to the next place;
a cost that was unknown, or wrong, is put right where it is carried when it arrives, be it years after the sale. The
tax of the margin scheme (2006/112/EC art. 313 ff.) depends on the cost, so it follows the same way.
"""

from collections.abc import Iterable

import msgspec

from contract.facts import SaleLine, TaxScheme
from contract.feed import Condition, Ownership
from contract.ids import LineId, PieceId, SaleId, StoreId
from contract.money import tax_within
from trade.accounts import Account
from trade.posting import Posting, balanced

GONE = (Condition.LOST, Condition.DESTROYED)
AT_REST = (Account.INVENTORY, Account.INVENTORY_SECOND_HAND)


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What the house knows of a piece's cost. `amount_minor` 0: nothing yet."""

    amount_minor: int = 0
    currency: str = ""
    ownership: Ownership = Ownership.OWNED
    second_hand: bool = False
    condition: Condition = Condition.OK

    @property
    def known(self) -> bool:
        return self.amount_minor > 0

    @property
    def counter(self) -> Account:
        """Whom the house owes it to."""
        return Account.GOODS_RECEIVED if self.ownership is Ownership.OWNED else Account.CONSIGNMENT_PAYABLE

    @property
    def rests_in(self) -> Account:
        """Where it is carried in a store."""
        if self.condition in GONE:
            return Account.WRITE_OFF
        return Account.INVENTORY_SECOND_HAND if self.second_hand else Account.INVENTORY


class Margin(msgspec.Struct, frozen=True, kw_only=True):
    """A sale under the margin scheme: the tax lies within what was earned over the cost."""

    gross_minor: int
    currency: str
    tax: str
    rate_bp: int

    def due(self, cost: Cost) -> int | None:
        """None while it cannot be known: no cost yet, or one in another currency. A loss is taxed nothing."""
        if not cost.known or cost.currency != self.currency:
            return None
        return tax_within(max(0, self.gross_minor - cost.amount_minor), self.rate_bp)


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """Where the ledger carries a piece's cost now, and how much; since a sale, the sale and its margin."""

    piece: PieceId
    store: StoreId
    account: Account
    amount_minor: int = 0
    currency: str = ""
    sale: SaleId = SaleId("")
    line: LineId = LineId("")
    margin: Margin | None = None
    margin_tax_minor: int = 0


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One store's legs of a cost that moved."""

    store: StoreId
    legs: tuple[Posting, ...]


def new(piece: PieceId, store: StoreId, cost: Cost) -> Carried:
    """A piece that the ledger has not heard of yet."""
    return Carried(piece=piece, store=store, account=cost.rests_in)


def sold(was: Carried, store: StoreId, sale: SaleId, line: SaleLine | None = None, currency: str = "") -> Carried:
    """The piece was sold at `store`; without a `line` on the web."""
    margin = None
    if line is not None and line.scheme is TaxScheme.MARGIN:
        tax = line.tax or str(line.tax_bp)
        margin = Margin(gross_minor=line.gross_minor, currency=currency, tax=tax, rate_bp=line.tax_bp)
    return Carried(
        piece=was.piece, store=store, account=Account.COST_OF_GOODS_SOLD, sale=sale,
        line=line.line if line else LineId(""), margin=margin,
    )  # fmt: skip


def rested(was: Carried, store: StoreId, cost: Cost) -> Carried:
    """It lies in `store`: come back, received, found."""
    return Carried(piece=was.piece, store=store, account=cost.rests_in)


def shipped(was: Carried, store: StoreId) -> Carried:
    """It is on its way; until it is read, its cost is with whoever sent it."""
    return Carried(piece=was.piece, store=store, account=Account.IN_TRANSIT)


def learned(was: Carried, cost: Cost) -> Carried:
    """The same place, with a cost, an owner or a condition that is known better now."""
    here = was.account in (*AT_REST, Account.WRITE_OFF)
    return msgspec.structs.replace(was, account=cost.rests_in) if here else was


def carry(was: Carried, to: Carried, cost: Cost) -> tuple[Carried, tuple[Move, ...]]:
    """Move the cost from where it is carried to where it goes, at what is known of it now.

    `to` tells the place, not the amount. Gives what is carried from now on, and the legs by store, each balanced.
    What is not the house's own costs nothing until it is sold: then the house owes it.
    """
    resting = to.account is not Account.COST_OF_GOODS_SOLD and cost.ownership is not Ownership.OWNED
    amount = 0 if resting or not cost.known else cost.amount_minor
    legs: dict[StoreId, list[Posting]] = {was.store: [], to.store: []}
    name = was.piece
    if was.amount_minor and (was.store, was.account) != (to.store, to.account):
        legs[was.store].append(_leg(was.account, -was.amount_minor, was.currency, name))
        legs[to.store].append(_leg(to.account, was.amount_minor, was.currency, name))
        if was.store != to.store:
            legs[was.store].append(_leg(Account.INTER_STORE, was.amount_minor, was.currency, to.store))
            legs[to.store].append(_leg(Account.INTER_STORE, -was.amount_minor, was.currency, was.store))
    for value, currency in ((-was.amount_minor, was.currency), (amount, cost.currency)):
        legs[to.store] += [_leg(to.account, value, currency, name), _leg(cost.counter, -value, currency)]
    due = to.margin.due(cost) if to.margin is not None else 0
    for margin, store, tax_minor in (
        (was.margin, was.store, -was.margin_tax_minor),
        (to.margin, to.store, due or 0),
    ):
        if margin is not None:
            legs[store] += [
                _leg(Account.SALES, tax_minor, margin.currency),
                _leg(Account.SALES_TAX_PAYABLE, -tax_minor, margin.currency, margin.tax),
            ]
    now = msgspec.structs.replace(
        to, amount_minor=amount, currency=cost.currency if amount else "", margin_tax_minor=due or 0
    )
    return now, tuple(_moves(legs, name))


def _moves(legs: dict[StoreId, list[Posting]], piece: PieceId) -> Iterable[Move]:
    for store, its in legs.items():
        whole = balanced((leg for leg in its if leg.amount_minor), f"cost of {piece} at {store}")
        if whole:
            yield Move(store=store, legs=whole)


def _leg(account: Account, amount_minor: int, currency: str, by: str = "") -> Posting:
    return Posting(account=account, amount_minor=amount_minor, currency=currency, by=by)
