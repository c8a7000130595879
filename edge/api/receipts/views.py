"""Receipts as pages and routes show them."""

from dataclasses import dataclass

from contract.ids import ReceiptId, TillId
from edge.api.giving import receipt_here
from edge.api.shop import Shop
from edge.books.rows import ReceiptRow
from edge.receipts import finding
from edge.receipts.counter import JobState


@dataclass(frozen=True, slots=True)
class GivenView:
    """A receipt that was handed over. `state` and `words`: what the printer made of it, as long as that is known."""

    give: str
    form: str
    gift: bool
    copy: int
    by: str
    at_us: int
    state: str
    words: str
    paper_low: bool


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A receipt by its number and code, and what was handed over of it."""

    receipt: str
    number: str
    code: str
    kind: str
    business_day: str
    currency: str
    total_minor: int
    tax_minor: int
    given: tuple[GivenView, ...]


@dataclass(frozen=True, slots=True)
class FoundView:
    """A receipt in a list."""

    receipt: str
    sale: str
    till: str
    number: int
    is_return: bool
    business_day: str
    currency: str
    total_minor: int
    at_us: int


def receipt(shop: Shop, name: ReceiptId) -> ReceiptView:
    found = receipt_here(shop, name)
    return ReceiptView(
        receipt=found.receipt,
        number=found.number,
        code=found.code,
        kind=str(found.kind),
        business_day=found.business_day,
        currency=found.currency,
        total_minor=found.total_minor,
        tax_minor=found.tax_minor,
        given=given(shop, name),
    )


def given(shop: Shop, name: ReceiptId) -> tuple[GivenView, ...]:
    """Oldest first."""
    jobs = {job.give: job for job in shop.receipts.of(name)}
    return tuple(
        GivenView(
            give=row.give,
            form=str(row.form),
            gift=row.gift,
            copy=row.copy,
            by=row.by,
            at_us=row.at_us,
            state="" if (job := jobs.get(row.give)) is None else str(job.state),
            words="" if job is None else job.words,
            paper_low=job is not None and job.paper_low,
        )
        for row in finding.givens(shop.db, name)
    )


def found(shop: Shop, typed: str) -> list[FoundView]:
    """By number or code; the newest where nothing is typed."""
    rows = finding.search(shop.db, typed) if typed.strip() else finding.newest(shop.db)
    return [_row(row) for row in rows]


def _row(row: ReceiptRow) -> FoundView:
    return FoundView(
        receipt=row.receipt,
        sale=row.sale,
        till=row.till,
        number=row.number,
        is_return=row.is_return,
        business_day=row.business_day,
        currency=row.currency,
        total_minor=row.total_minor,
        at_us=row.at_us,
    )


def copies_next(shown: tuple[GivenView, ...], *, gift: bool) -> int:
    """What the next one will be: 0 the original."""
    return sum(each.gift == gift for each in shown)


def printing(shop: Shop, till: TillId) -> bool:
    return till in shop.receipts.printers


def busy(shown: tuple[GivenView, ...]) -> bool:
    return any(each.state in (JobState.WAITING, JobState.PRINTING) for each in shown)
