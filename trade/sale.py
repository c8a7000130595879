"""A sale: lines, tenders, and the table of its life."""

from enum import StrEnum
from typing import Final

import msgspec

from contract.facts import (
    SaleDiscounted,
    SaleExempted,
    SaleLine,
    SaleLineAdded,
    SaleLineRemoved,
    SaleOpened,
    SaleParked,
    SaleRecorded,
    SaleResumed,
    SaleShared,
    SaleVoided,
    Share,
    TenderingBegan,
    TenderingEnded,
)
from contract.ids import LineId, PieceId, SaleId, TillId, UserId
from trade.machine import Machine
from trade.refusal import Refusal, Why

LINES_PER_SALE_MAX: Final = 100
SALE_MINOR_MAX: Final = 20 * 10**12
"""As many tenders as a sale may have, each the largest the door takes. A larger total is a slip of the keys: nothing
could pay it, and no database would keep the sum of a few."""


class SaleState(StrEnum):
    """At the store until `recorded`; afterwards in the office, where a detected conflict is a case, never dropped."""

    OPEN = "open"
    PARKED = "parked"
    TENDERING = "tendering"
    """A payment at a terminal is live: the lines stand as they were when it was asked for."""
    RECORDED = "recorded"
    VOIDED = "voided"
    POSTED = "posted"
    QUARANTINED = "quarantined"
    RESOLVED = "resolved"


class SaleEvent(StrEnum):
    PARK = "park"
    RESUME = "resume"
    TENDER = "payment asked for"
    REOPEN = "no payment live"
    RECORD = "record"
    VOID = "void"
    POST = "post"
    CONFLICT = "conflict found"
    RESOLVE = "case closed"


SALE: Final = Machine[SaleState, SaleEvent](
    name="sale",
    starts=frozenset({SaleState.OPEN}),
    ends=frozenset({SaleState.VOIDED, SaleState.POSTED, SaleState.RESOLVED}),
    table={
        (SaleState.OPEN, SaleEvent.PARK): SaleState.PARKED,
        (SaleState.PARKED, SaleEvent.RESUME): SaleState.OPEN,
        (SaleState.OPEN, SaleEvent.TENDER): SaleState.TENDERING,
        (SaleState.TENDERING, SaleEvent.REOPEN): SaleState.OPEN,
        (SaleState.TENDERING, SaleEvent.RECORD): SaleState.RECORDED,
        (SaleState.OPEN, SaleEvent.RECORD): SaleState.RECORDED,
        (SaleState.OPEN, SaleEvent.VOID): SaleState.VOIDED,
        (SaleState.PARKED, SaleEvent.VOID): SaleState.VOIDED,
        (SaleState.RECORDED, SaleEvent.POST): SaleState.POSTED,
        (SaleState.RECORDED, SaleEvent.CONFLICT): SaleState.QUARANTINED,
        (SaleState.QUARANTINED, SaleEvent.RESOLVE): SaleState.RESOLVED,
    },
)


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """A sale as it stands in the store's books."""

    sale: SaleId
    till: TillId
    associate: UserId
    currency: str
    state: SaleState = SaleState.OPEN
    opened_us: int = 0
    lines: tuple[SaleLine, ...] = ()
    exemption: str = ""
    """Why no tax is due, and the document that says so; empty: it is."""
    business_day: str = ""
    """Of the shift it was recorded in."""
    shares: tuple[Share, ...] = ()
    """Who sells it together; empty: the associate alone."""

    @property
    def total_minor(self) -> int:
        return sum(line.gross_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        return sum(line.tax_minor for line in self.lines)

    def line(self, line: LineId) -> SaleLine | None:
        return next((each for each in self.lines if each.line == line), None)

    def pieces(self) -> tuple[PieceId, ...]:
        return tuple(line.piece for line in self.lines if line.piece is not None)


InCart = SaleLineAdded | SaleLineRemoved | SaleDiscounted | SaleExempted | TenderingBegan | TenderingEnded
SaleChange = InCart | SaleShared | SaleParked | SaleResumed | SaleVoided
SaleFact = SaleOpened | SaleChange | SaleRecorded


def apply(sale: Sale | None, fact: SaleFact, at_us: int) -> Sale:
    """The sale after a fact. A fact about a sale never opened here makes it, from what the fact tells."""
    match fact:
        case SaleOpened():
            return Sale(
                sale=fact.sale, till=fact.till, associate=fact.associate, currency=fact.currency, opened_us=at_us
            )
        case SaleRecorded():
            return Sale(
                sale=fact.sale,
                till=fact.till,
                associate=fact.associate,
                currency=fact.currency,
                state=SaleState.RECORDED,
                opened_us=sale.opened_us if sale else at_us,
                lines=fact.lines,
                exemption=fact.exemption,
                business_day=fact.business_day,
                shares=fact.shares,
            )
        case _:
            known = sale or Sale(sale=fact.sale, till=TillId(""), associate=UserId(""), currency="", opened_us=at_us)
            return _changed(known, fact)


def _changed(sale: Sale, fact: SaleChange) -> Sale:
    match fact:
        case SaleLineAdded():
            return msgspec.structs.replace(sale, lines=(*sale.lines, fact.line))
        case SaleLineRemoved():
            return msgspec.structs.replace(sale, lines=tuple(each for each in sale.lines if each.line != fact.line))
        case SaleDiscounted():
            return _with_lines(sale, fact.lines)
        case SaleExempted():
            return msgspec.structs.replace(_with_lines(sale, fact.lines), exemption=fact.exemption)
        case SaleShared():
            return msgspec.structs.replace(sale, shares=fact.shares)
        case SaleParked():
            return _moved(sale, SaleEvent.PARK)
        case SaleResumed():
            return msgspec.structs.replace(_moved(sale, SaleEvent.RESUME), till=fact.till)
        case SaleVoided():
            return _moved(sale, SaleEvent.VOID)
        case TenderingBegan():
            return msgspec.structs.replace(_moved(sale, SaleEvent.TENDER), lines=fact.lines)
        case TenderingEnded():
            return _moved(sale, SaleEvent.REOPEN)


def _with_lines(sale: Sale, lines: tuple[SaleLine, ...]) -> Sale:
    """These lines in the place of those of their name."""
    named = {line.line: line for line in lines}
    return msgspec.structs.replace(sale, lines=tuple(named.get(line.line, line) for line in sale.lines))


def _moved(sale: Sale, event: SaleEvent) -> Sale:
    state = SALE.after(sale.state, event)
    return sale if state is None else msgspec.structs.replace(sale, state=state)


def must_be(sale: Sale | None, sale_id: SaleId, *states: SaleState) -> Refusal | None:
    """Why the sale cannot be worked on now."""
    if sale is None:
        return Refusal(Why.NO_SALE, f"There is no sale {sale_id} at this store")
    if sale.state in states:
        return None
    match sale.state:
        case SaleState.TENDERING:
            why = "A payment of this cart is under way: record the sale, or give the payment up first"
            return Refusal(Why.PAYMENT_LIVE, why)
        case SaleState.VOIDED:
            why = "This cart was emptied: begin a new one"
        case SaleState.PARKED:
            why = "This cart is parked: take it up again first, or begin a new one"
        case SaleState.OPEN:
            why = "This cart is open already"
        case _:
            why = "This cart is paid and recorded: begin a new one"
    return Refusal(Why.WRONG_STATE, why)
