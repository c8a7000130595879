"""Thirty days: what was lost, how right counts and readers were, how long pieces were out, and who made exceptions."""

from dataclasses import dataclass
from typing import Final

import msgspec

from contract.ids import PieceId, UserId
from edge.api.history import views as history_views
from edge.api.shop import DAY_US, Shop
from edge.books import replica
from edge.config import ZoneKind
from edge.history.questions import By, Dwell, Span
from edge.history.rates import Counted

DAYS: Final = 30
PEOPLE_MAX: Final = 100
PIECES_MAX: Final = 500
OUT: Final = (ZoneKind.PAD, ZoneKind.BENCH)
"""Places where a piece is out of its case."""


class Sum(msgspec.Struct, frozen=True):
    number: int
    minor: int


class OfPerson(msgspec.Struct, frozen=True):
    user: UserId
    number: int
    minor: int


class Sales(msgspec.Struct, frozen=True):
    user: UserId
    sales: int
    voided: int
    overridden: int


class CountedSum(msgspec.Struct, frozen=True):
    counts: int
    found: int
    expected: int


class Missing(msgspec.Struct, frozen=True):
    piece: PieceId


class Number(msgspec.Struct, frozen=True):
    number: int


@dataclass(frozen=True, slots=True)
class ExceptionsView:
    """Of one person: sales, and what was unusual in them."""

    user: str
    name: str
    sales: int
    voided: int
    overridden: int
    discounts: int
    discount_minor: int
    returned: int
    returned_minor: int


@dataclass(frozen=True, slots=True)
class OutView:
    """Hours that pieces lay in a place out of their case."""

    zone_name: str
    piece_hours: float


@dataclass(frozen=True, slots=True)
class LossesView:
    """`why` says why history may not tell all."""

    days: int
    thefts: int
    thefts_minor: int
    missing: int
    missing_valued: int
    """and those of them, missed last, whose worth is told."""
    missing_minor: int
    counts: int
    """Approved ones; they expected and found:"""
    expected: int
    found: int
    believed: int
    """Pieces that a count or a hand found anywhere,"""
    believed_right: int
    """and those of them that lay where they were believed."""
    out: tuple[OutView, ...]
    exceptions: tuple[ExceptionsView, ...]
    why: str


async def losses(shop: Shop) -> LossesView:
    """Everything is summed by the books and the history: what it costs does not grow with what is shown."""
    to_us = shop.clock.wall_us()
    since_us, db = to_us - DAYS * DAY_US, shop.db
    missing = db.rows("missing_in_counts", Missing, since_us=since_us, limit=PIECES_MAX)
    number = db.one("missing_number", Number, since_us=since_us)
    assert number is not None, "a sum is always a row"
    cards = [replica.piece(db, each.piece) for each in missing]
    nothing: tuple[list[Dwell], list[Counted]] = ([], [])
    span = Span(since_us, to_us)
    (dwell, counted), why = await history_views.ask(
        shop, lambda history: (history.dwell(span, By.ZONE), history.accuracy(span)), nothing
    )
    outside = {zone.id: zone.name for zone in shop.config.zones if zone.kind in OUT}
    thefts = db.one("thefts_since", Sum, since_us=since_us)
    counts = db.one("counted_since", CountedSum, since_us=since_us)
    assert thefts is not None, "a sum is always a row"
    assert counts is not None, "a sum is always a row"
    return LossesView(
        days=DAYS,
        thefts=thefts.number,
        thefts_minor=thefts.minor,
        missing=number.number,
        missing_valued=len(missing),
        missing_minor=sum(card.price_minor for card in cards if card is not None),
        counts=counts.counts,
        expected=counts.expected,
        found=counts.found,
        believed=sum(one.pieces for one in counted),
        believed_right=sum(one.pieces for one in counted if one.believed == one.counted),
        out=tuple(OutView(outside[one.zone], one.seconds / 3600) for one in dwell if one.zone in outside),
        exceptions=_exceptions(shop, since_us),
        why=why,
    )


def _exceptions(shop: Shop, since_us: int) -> tuple[ExceptionsView, ...]:
    """By name: it is a table to be read, not a list of the accused."""
    asked = {"since_us": since_us, "limit": PEOPLE_MAX}
    discounts = {one.user: one for one in shop.db.rows("discounts_of_people", OfPerson, **asked)}
    returns = {one.user: one for one in shop.db.rows("returns_of_people", OfPerson, **asked)}
    shown = []
    for one in shop.db.rows("exceptions_of_people", Sales, **asked):
        person = replica.staff(shop.db, one.user)
        none = OfPerson(one.user, 0, 0)
        off, back = discounts.get(one.user, none), returns.get(one.user, none)
        shown.append(
            ExceptionsView(
                user=one.user,
                name=person.name if person else str(one.user),
                sales=one.sales,
                voided=one.voided,
                overridden=one.overridden,
                discounts=off.number,
                discount_minor=off.minor,
                returned=back.number,
                returned_minor=back.minor,
            )
        )
    return tuple(sorted(shown, key=lambda each: each.name))
