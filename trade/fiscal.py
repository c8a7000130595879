"""Closings of a store's month or year: what its Zs make, what all ever made, chained to the closing before. Pure.

France, art. 286-I-3° bis CGI with BOI-TVA-DECLA-30-10-30: data that cannot be altered, secured, kept and archived, and
daily, monthly and yearly closings with cumulative and perpetual totals. The daily ones are the Zs (`trade.zchain`).
"""

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from contract.facts import ShiftClosed, TaxSum
from contract.ids import StoreId
from trade.zchain import z_digest

_encode: Final = msgspec.json.Encoder(order="deterministic").encode


class ClosingKind(StrEnum):
    MONTH = "month"
    YEAR = "year"


class CountedZ(msgspec.Struct, frozen=True, kw_only=True):
    """A Z, and what went back over the counter in its shift, as the receipts say: the Z tells only both together."""

    z: ShiftClosed
    returned_minor: int


class TaxTotal(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    rate_bp: int
    base_minor: int
    tax_minor: int


class TillSpan(msgspec.Struct, frozen=True, kw_only=True):
    """The Zs and receipts of a till in a closing, first and last; no receipt: both 0."""

    till: str
    z_numbers: tuple[int, int]
    receipts: tuple[int, int]


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """`gross_minor` is sales less returns; `turnover_minor` adds both up without their sign, so that it only grows."""

    sales: int = 0
    returns: int = 0
    gross_minor: int = 0
    tax_minor: int = 0
    turnover_minor: int = 0


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """One link of a store's chain, in the store's own currency: what else came in, its Zs say."""

    store: StoreId
    number: int
    """From 1, without a gap."""
    kind: ClosingKind
    period: str
    """`2026-11`, or `2026`."""
    currency: str
    zs: tuple[str, ...]
    """Digests of what it counts, in their order: of a year those of its months' closings."""
    tills: tuple[TillSpan, ...]
    taxes: tuple[TaxTotal, ...]
    totals: Totals
    ever: Totals
    """Of everything closed since the beginning, this one included."""
    late: tuple[str, ...] = ()
    """Digests of Zs of months that were closed before they came."""
    previous: str = ""
    """The digest of the closing before."""
    closed_us: int


def digest(closing: Closing) -> str:
    """SHA-256 over the closing as it is kept, in hex."""
    return hashlib.sha256(_encode(closing)).hexdigest()


def of_month(
    last: Closing | None, store: StoreId, period: str, currency: str, zs: Iterable[CountedZ], *, closed_us: int
) -> Closing:
    """Of the Zs of the store that no closing has counted, up to the end of `period`. Raises `ValueError`."""
    counted = sorted(zs, key=lambda each: (each.z.till, each.z.z_number))
    rows = [each.z for each in counted]
    if any(z.currency != currency for z in rows):
        raise ValueError(f"a Z of {store} is not in {currency}: a store's drawers hold its own currency")
    totals = Totals(
        sales=sum(z.sales for z in rows),
        returns=sum(z.returns for z in rows),
        gross_minor=sum(z.gross_minor for z in rows),
        tax_minor=sum(z.tax_minor for z in rows),
        turnover_minor=sum(each.z.gross_minor + 2 * each.returned_minor for each in counted),
    )
    return Closing(
        store=store, number=last.number + 1 if last else 1, kind=ClosingKind.MONTH, period=period, currency=currency,
        zs=tuple(z_digest(z) for z in rows), tills=_spans(rows), taxes=_taxes(tax for z in rows for tax in z.taxes),
        totals=totals, ever=_added(last.ever if last else Totals(), totals),
        late=tuple(z_digest(z) for z in rows if z.business_day[:7] < period),
        previous=digest(last) if last else "", closed_us=closed_us,
    )  # fmt: skip


def of_year(last: Closing, year: str, months: Iterable[Closing], *, closed_us: int) -> Closing:
    """Of the closings of its months; nothing is counted twice, so `ever` stays as the last month left it."""
    rows = sorted(months, key=lambda month: month.number)
    totals = Totals()
    for month in rows:
        totals = _added(totals, month.totals)
    taxes = [tax for month in rows for tax in month.taxes]
    return Closing(
        store=last.store, number=last.number + 1, kind=ClosingKind.YEAR, period=year, currency=last.currency,
        zs=tuple(digest(month) for month in rows), tills=_joined(rows),
        taxes=_taxes(taxes),
        totals=totals, ever=last.ever, previous=digest(last), closed_us=closed_us,
    )  # fmt: skip


def broken(chain: Iterable[Closing]) -> str:
    """Where a store's chain is not whole, in words; empty: it is."""
    last: Closing | None = None
    for each in chain:
        if each.number != (last.number + 1 if last else 1):
            return f"closing {each.number} of {each.store} follows {last.number if last else 'nothing'}: one is missing"
        if each.previous != (digest(last) if last else ""):
            return f"closing {each.number} of {each.store} does not follow the one before it: one of them was altered"
        counted = _added(last.ever if last else Totals(), each.totals) if each.kind is ClosingKind.MONTH else None
        if each.ever != (counted or (last.ever if last else Totals())):
            return f"closing {each.number} of {each.store} does not add up with the one before it"
        last = each
    return ""


def _added(one: Totals, other: Totals) -> Totals:
    return Totals(**{name: getattr(one, name) + getattr(other, name) for name in Totals.__struct_fields__})


def _taxes(taxes: Iterable[TaxSum | TaxTotal]) -> tuple[TaxTotal, ...]:
    sums: dict[tuple[str, int], list[int]] = {}
    for tax in taxes:
        kept = sums.setdefault((tax.code, tax.rate_bp), [0, 0])
        kept[0] += tax.base_minor
        kept[1] += tax.tax_minor
    return tuple(
        TaxTotal(code=code, rate_bp=rate, base_minor=base, tax_minor=tax)
        for (code, rate), (base, tax) in sorted(sums.items())
    )


def _spans(rows: list[ShiftClosed]) -> tuple[TillSpan, ...]:
    found = []
    for till in sorted({z.till for z in rows}):
        mine = [z for z in rows if z.till == till]
        receipts = [z.receipts for z in mine if z.receipts != (0, 0)]
        span = (min(first for first, _ in receipts), max(last for _, last in receipts)) if receipts else (0, 0)
        found.append(TillSpan(till=till, z_numbers=(mine[0].z_number, mine[-1].z_number), receipts=span))
    return tuple(found)


def _joined(rows: list[Closing]) -> tuple[TillSpan, ...]:
    found: dict[str, TillSpan] = {}
    for span in (span for month in rows for span in month.tills):
        was = found.get(span.till)
        if was is None:
            found[span.till] = span
            continue
        receipts = [each for each in (was.receipts, span.receipts) if each != (0, 0)]
        found[span.till] = TillSpan(
            till=span.till, z_numbers=(was.z_numbers[0], span.z_numbers[1]),
            receipts=(receipts[0][0], receipts[-1][1]) if receipts else (0, 0),
        )  # fmt: skip
    return tuple(found[till] for till in sorted(found))
