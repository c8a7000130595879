"""What people call the thing an account is kept by: a gift card, a client's credit, an order, a sale, a payment."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

import sqlalchemy as sa

from cloud import called
from cloud.db import Tx
from cloud.ledger import OF_ITS_POSTING
from cloud.pos.ledger.queries import heading
from cloud.tables import client_order, ledger_line, posting, purchase, sale, terminal_payment, value_account
from trade import receipt
from trade.accounts import CHART, Kept


class Called(NamedTuple):
    """`name` as it is read, and the page it leads to, empty where there is none."""

    name: str
    href: str = ""


Names = Callable[[str, str], Called]
"""By account and what it is kept by."""


def naming(tx: Tx, legs: Iterable[tuple[str, str]], *, clients: called.Named) -> Names:
    """Names for (account, by) of one page. What nobody knows any more is called what the ledger calls it."""
    by_kind: dict[str, set[str]] = {}
    for account, by in legs:
        if by:
            by_kind.setdefault(str(heading(account).kept), set()).add(by)
    found: dict[tuple[str, str], Called] = {}
    for kind, named in _KINDS.items():
        wanted = by_kind.get(kind, set())
        for look in named:
            if missing := sorted(each for each in wanted if (kind, each) not in found):
                found |= {(kind, by): what for by, what in look(tx, missing, clients).items()}
    return lambda account, by: found.get((str(heading(account).kept), by), Called(by))


def _people(tx: Tx, _wanted: list[str], _clients: called.Named) -> Mapping[str, Called]:
    return {user: Called(name, f"/commissions/{user}") for user, name in called.people(tx).items()}


def _stores(tx: Tx, _wanted: list[str], _clients: called.Named) -> Mapping[str, Called]:
    return {store: Called(name) for store, name in called.stores(tx).items()}


def _owed(tx: Tx, wanted: list[str], clients: called.Named) -> Mapping[str, Called]:
    rows = tx.rows(sa.select(value_account).where(value_account.c.account.in_(wanted)))
    known = clients({row["client"] for row in rows if row["client"]})
    return {row["account"]: Called(_owed_name(row, known), f"/owed/{row['account']}") for row in rows}


def _owed_name(row: sa.RowMapping, known: Mapping[str, str]) -> str:
    parts = [f"{called.OWED[row['kind']]} {row['label']}".rstrip(), known.get(row["client"], "")]
    return ", ".join(part for part in parts if part)


def _orders(tx: Tx, wanted: list[str], clients: called.Named) -> Mapping[str, Called]:
    of = client_order.c
    rows = tx.rows(sa.select(of.order_id, of.number, of.client).where(of.order_id.in_(wanted)))
    known = clients({row["client"] for row in rows if row["client"]})
    return {
        row["order_id"]: Called(_with(row["number"], known.get(row["client"], "")), f"/client-orders/{row['order_id']}")
        for row in rows
    }


def _purchases(tx: Tx, wanted: list[str], _clients: called.Named) -> Mapping[str, Called]:
    of = purchase.c
    rows = tx.rows(sa.select(of.store, of.purchase, of.till, of.number).where(of.purchase.in_(wanted)))
    return {
        row["purchase"]: Called(f"{row['till']}-{row['number']:06}", f"/purchases/{row['store']}/{row['purchase']}")
        for row in rows
    }


def _sales(tx: Tx, wanted: list[str], _clients: called.Named) -> Mapping[str, Called]:
    """A transfer is named by its sale and its place in it."""
    sales = {each: each.partition("/")[0] for each in wanted}
    known = receipts(tx, sorted(set(sales.values())))
    return {each: known[name] for each, name in sales.items() if name in known}


def _first_sales(tx: Tx, wanted: list[str], _clients: called.Named) -> Mapping[str, Called]:
    """What has no number of its own, such as a trade-in, by a sale it was part of."""
    those = (ledger_line.c.account.in_(_BY_REFERENCE), ledger_line.c.by.in_(wanted), posting.c.sale != "")
    query = sa.select(ledger_line.c.by, sa.func.min(posting.c.sale).label("sale")).join(posting, OF_ITS_POSTING)
    sales = {row["by"]: row["sale"] for row in tx.rows(query.where(*those).group_by(ledger_line.c.by))}
    known = receipts(tx, sorted(set(sales.values())))
    return {by: known[name] for by, name in sales.items() if name in known}


def receipts(tx: Tx, sales: list[str]) -> Mapping[str, Called]:
    """Numbers of their receipts by sale."""
    of = sale.c
    rows = tx.rows(sa.select(of.store, of.sale, of.till, of.receipt_number).where(of.sale.in_(sales)))
    return {
        row["sale"]: Called(
            receipt.called(row["store"], row["till"], row["receipt_number"]), f"/sales/{row['store']}/{row['sale']}"
        )
        for row in rows
    }


def _payments(tx: Tx, wanted: list[str], _clients: called.Named) -> Mapping[str, Called]:
    of = terminal_payment.c
    query = sa.select(of.payment, of.brand, of.last4, of.terminal).where(of.payment.in_(wanted))
    return {
        row["payment"]: Called(_with(f"{row['brand']} …{row['last4']}" if row["last4"] else "", row["terminal"]))
        for row in tx.rows(query)
    }


def _with(name: str, more: str) -> str:
    return ", ".join(part for part in (name, more) if part)


_BY_REFERENCE: Final = tuple(account for account, one in CHART.items() if one.kept is Kept.REFERENCE)
_Look = Callable[[Tx, list[str], called.Named], Mapping[str, Called]]
_KINDS: Final[dict[str, tuple[_Look, ...]]] = {
    Kept.ASSOCIATE: (_people,),
    Kept.STORE: (_stores,),
    Kept.GIFT_CARD: (_owed,),
    Kept.CLIENT: (_owed,),
    Kept.REFERENCE: (_owed, _orders, _purchases, _sales, _first_sales),
    Kept.PAYMENT: (_payments,),
}
