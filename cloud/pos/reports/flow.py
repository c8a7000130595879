"""What was sold and what came back, net of tax, by one thing at a time: a question is one pass over the lines.

A sale counts on its business day and only where the ledger posted it; what came back counts on the day it came back,
at the store that took it. Gift cards and deposits are money owed and no sale. Costs are the ledger's own legs, so that
a cost learnt late counts when it was learnt. Currencies are never added up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.ledger import OF_ITS_POSTING, Kind
from cloud.pos.reports.span import Grain, Span, as_day, start_of
from cloud.tables import ledger_line, piece, posting, refund, refund_line, sale, sale_line, stock_value, web_order
from cloud.tables.clienteling import client_segment
from trade.accounts import LINE_ACCOUNT, Account

REVENUE: Final = tuple(kind for kind, account in LINE_ACCOUNT.items() if account is Account.SALES)


class By(StrEnum):
    """What a report is divided by; `reports/templates/sales.html` has their words."""

    TIME = "time"
    STORE = "store"
    CATEGORY = "category"
    METAL = "metal"
    ASSOCIATE = "associate"
    TIER = "tier"


@dataclass(frozen=True, slots=True)
class Flow:
    """Of one key and currency. All amounts are positive, in minor units: `back` is what was given back."""

    key: str
    currency: str
    sales: int = 0
    pieces: int = 0
    gross_minor: int = 0
    tax_minor: int = 0
    off_minor: int = 0
    back_minor: int = 0
    back_tax_minor: int = 0
    cost_minor: int = 0

    @property
    def net_minor(self) -> int:
        """Less tax and what came back."""
        return self.gross_minor - self.tax_minor - self.back_minor + self.back_tax_minor

    @property
    def margin_minor(self) -> int:
        return self.net_minor - self.cost_minor

    @property
    def margin(self) -> float | None:
        """As a part of net sales; None where nothing is left of them."""
        return self.margin_minor / self.net_minor if self.net_minor > 0 else None

    @property
    def average_minor(self) -> int:
        """Of a sale, with its tax."""
        return self.gross_minor // self.sales if self.sales else 0

    @property
    def discount(self) -> float:
        """As a part of list prices."""
        listed = self.gross_minor + self.off_minor
        return self.off_minor / listed if listed > 0 else 0.0


SUMS: Final = tuple(each.name for each in fields(Flow) if each.name not in ("key", "currency"))


def flows(tx: Tx, span: Span, by: By, *, stores: Sequence[str]) -> list[Flow]:
    """By key and currency, at these stores. By time the key is a day: fold them with `by_step`."""
    lines = _lines(span, stores).subquery("lines")
    sums = [
        sa.func.count(sa.distinct(lines.c.counted)).label("sales"),
        *(sa.func.sum(lines.c[name]).label(name) for name in SUMS if name not in ("sales", "cost_minor")),
    ]
    key = _key(by, lines.c)
    query = _joined(by, lines, sa.select(key.label("key"), lines.c.currency, *sums)).group_by(key, lines.c.currency)
    found = {
        (str(row["key"] or ""), row["currency"]): {name: int(row[name] or 0) for name in SUMS if name != "cost_minor"}
        for row in tx.rows(query)
    }
    for told, currency, cost in _costs(tx, span, by, stores):
        found.setdefault((told, currency), {})["cost_minor"] = cost
    return [Flow(key=told, currency=currency, **sums) for (told, currency), sums in found.items()]


def together(rows: Iterable[Flow]) -> dict[str, Flow]:
    """One of each currency. A sale that stands in two rows counts twice: add up by time or by store."""
    return {each.currency: each for each in _folded(rows, lambda _: "")}


def by_step(rows: Iterable[Flow], grain: Grain) -> list[Flow]:
    """Days folded into the columns they belong to."""
    return _folded(rows, lambda day: start_of(as_day(day), grain).isoformat())


def _folded(rows: Iterable[Flow], key_of: Any) -> list[Flow]:
    sums: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        kept = sums.setdefault((key_of(row.key), row.currency), [0] * len(SUMS))
        for at, name in enumerate(SUMS):
            kept[at] += getattr(row, name)
    return [Flow(key, currency, **dict(zip(SUMS, each, strict=True))) for (key, currency), each in sorted(sums.items())]


# --- the lines ------------------------------------------------------------------------------------------------


def _lines(span: Span, stores: Sequence[str]) -> "sa.CompoundSelect[Any]":
    """All lines of the span in one shape: sold at a till, sold on the web, come back."""
    return sa.union_all(_sold(span, stores), _sold_online(span, stores), _back(span, stores))


def _within(day: "sa.ColumnElement[str]", span: Span) -> "sa.ColumnElement[bool]":
    return day.between(span.first.isoformat(), span.last_text)


def _shape(**given: Any) -> list[Any]:
    """The columns of every part, in one order; what is not given is nought."""
    names = (
        "store", "day", "currency", "associate", "client", "piece", "counted", "pieces", "gross_minor", "tax_minor",
        "off_minor", "back_minor", "back_tax_minor",
    )  # fmt: skip
    text = ("associate", "client", "piece")
    nothing = {name: sa.literal("") if name in text else sa.literal(0) for name in names} | {"counted": sa.null()}
    return [sa.type_coerce(given.get(name, nothing[name]), _type(name)).label(name) for name in names]


def _type(name: str) -> Any:
    return sa.BigInteger() if name.endswith("_minor") or name == "pieces" else sa.Text()


def _sold(span: Span, stores: Sequence[str]) -> "sa.Select[Any]":
    line, mine = sale_line.c, sa.and_(sale_line.c.store == sale.c.store, sale_line.c.sale == sale.c.sale)
    margin = sa.and_(
        stock_value.c.piece == line.piece, stock_value.c.sale == line.sale, stock_value.c.line == line.line
    )  # fmt: skip
    posted = sa.exists().where(
        posting.c.store == sale.c.store, posting.c.kind == Kind.SALE, posting.c.ref == sale.c.sale
    )
    shape = _shape(
        store=sale.c.store, day=sale.c.business_day, currency=sale.c.currency, associate=sale.c.associate,
        client=sale.c.client, piece=line.piece, counted=sale.c.sale, pieces=sa.case((line.piece != "", 1), else_=0),
        gross_minor=line.gross_minor, off_minor=line.discount_minor + line.promotion_minor,
        tax_minor=line.tax_minor + sa.func.coalesce(stock_value.c.margin_tax_minor, 0),
    )  # fmt: skip
    return (
        sa.select(*shape)
        .select_from(sale.join(sale_line, mine).outerjoin(stock_value, margin))
        .where(_within(sale.c.business_day, span), sale.c.store.in_(stores), line.kind.in_(REVENUE), posted)
    )


def _sold_online(span: Span, stores: Sequence[str]) -> "sa.Select[Any]":
    shape = _shape(
        store=posting.c.store, day=posting.c.business_day, currency=web_order.c.currency, piece=web_order.c.piece,
        counted=web_order.c.order_id, pieces=sa.literal(1), gross_minor=web_order.c.amount_minor,
        tax_minor=web_order.c.tax_minor,
    )  # fmt: skip
    return (
        sa.select(*shape)
        .select_from(posting.join(web_order, web_order.c.order_id == posting.c.ref))
        .where(posting.c.kind == Kind.ORDER, _within(posting.c.business_day, span), posting.c.store.in_(stores))
    )


def _back(span: Span, stores: Sequence[str]) -> "sa.Select[Any]":
    part = refund_line.c
    its = sa.and_(part.store == refund.c.store, part.epoch == refund.c.epoch, part.seq == refund.c.seq)
    of = sa.and_(sale_line.c.store == sale.c.store, sale_line.c.sale == sale.c.sale, sale_line.c.line == part.line)
    shape = _shape(
        store=refund.c.store, day=refund.c.business_day, currency=refund.c.currency, associate=sale.c.associate,
        client=sale.c.client, piece=sale_line.c.piece, back_minor=part.gross_minor, back_tax_minor=part.tax_minor,
    )  # fmt: skip
    return (
        sa.select(*shape)
        .select_from(refund.join(refund_line, its).join(sale, sale.c.sale == refund.c.sale).join(sale_line, of))
        .where(_within(refund.c.business_day, span), refund.c.store.in_(stores), sale_line.c.kind.in_(REVENUE))
    )


# --- what they are divided by -----------------------------------------------------------------------------------


def _key(by: By, lines: Any) -> Any:
    match by:
        case By.TIME:
            return sa.type_coerce(lines.day, sa.Text())
        case By.STORE:
            return sa.type_coerce(lines.store, sa.Text())
        case By.ASSOCIATE:
            return sa.type_coerce(lines.associate, sa.Text())
        case By.CATEGORY:
            return piece.c.category
        case By.METAL:
            return piece.c.metal
        case By.TIER:
            return client_segment.c.tier


def _joined(by: By, lines: Any, query: Any) -> Any:
    """Beside each line its piece or its client's tier, where the key asks for it."""
    if by in (By.CATEGORY, By.METAL):
        return query.select_from(lines.outerjoin(piece, piece.c.piece == lines.c.piece))
    if by is By.TIER:
        return query.select_from(lines.outerjoin(client_segment, client_segment.c.person == lines.c.client))
    return query.select_from(lines)


def _costs(tx: Tx, span: Span, by: By, stores: Sequence[str]) -> list[tuple[str, str, int]]:
    """Key, currency and cost of goods sold, as the ledger has it; its legs are kept by piece."""
    tables: Any = ledger_line.join(posting, OF_ITS_POSTING)
    if by in (By.CATEGORY, By.METAL):
        tables = tables.outerjoin(piece, piece.c.piece == ledger_line.c.by)
    if by in (By.ASSOCIATE, By.TIER):
        tables = tables.outerjoin(sale, sa.and_(sale.c.sale == posting.c.sale, posting.c.sale != ""))
    if by is By.TIER:
        tables = tables.outerjoin(client_segment, client_segment.c.person == sale.c.client)
    keys = {
        By.TIME: posting.c.business_day, By.STORE: posting.c.store, By.CATEGORY: piece.c.category,
        By.METAL: piece.c.metal, By.ASSOCIATE: sale.c.associate, By.TIER: client_segment.c.tier,
    }  # fmt: skip
    key, total = keys[by], sa.func.sum(ledger_line.c.amount_minor).label("total")
    query = sa.select(key.label("key"), ledger_line.c.currency, total).select_from(tables)
    query = query.where(
        ledger_line.c.account == Account.COST_OF_GOODS_SOLD, _within(posting.c.business_day, span),
        posting.c.store.in_(stores),
    )  # fmt: skip
    rows = tx.rows(query.group_by(key, ledger_line.c.currency))
    return [(str(row["key"] or ""), row["currency"], int(row["total"])) for row in rows]
