"""Setting taxes, promotions and rates: checked in words, kept in the feed, noted with who and why."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa

from cloud import changes, feed
from cloud.pos.prices.currencies import CURRENCIES
from cloud.tables import piece, store
from cloud.work import Work
from contract.feed import EVERY_STORE, PromotionCard, PromotionKind, RateCard, TaxCard, TaxPart
from contract.ids import UserId
from contract.money import BASIS_POINTS, E9, plain

CODE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,29}")
PARTS_MAX: Final = 6
CHANGES_MAX: Final = 50
LIST_MAX: Final = 200
TEXT_MAX: Final = 100
RATE_E9_MAX: Final = 10**6 * E9
CLOCKS_APART_US: Final = 300_000_000
"""A rate may be quoted so far ahead of our clock."""


class PriceError(Exception):
    """This cannot be a tax, a promotion or a rate; the message says what to change."""


def put_tax(work: Work, card: TaxCard, *, by: UserId, why: str) -> None:
    """A new tax, or what it is from now on. Raises `PriceError`, `WhyError`."""
    _code(card.tax, "A tax")
    _name(card.name, "A tax")
    _parts(card.parts, "now")
    days = [change.from_day for change in card.changes]
    if len(days) > CHANGES_MAX:
        raise PriceError(f"A tax keeps at most {CHANGES_MAX} changes: leave out the oldest.")
    for change in card.changes:
        _day(change.from_day, "The day a rate begins")
        _parts(change.parts, f"from {change.from_day}")
    if days != sorted(set(days)):
        raise PriceError("Each change of a tax begins on a day of its own, the earliest first.")
    was = feed.card(work.tx, TaxCard, f"tax:{card.tax}")
    if changes.note(work, "tax", card.tax, by=by, why=why, was=told_tax(was), now=told_tax(card)):
        work.tell(feed.News(f"tax:{card.tax}", card))


def end_tax(work: Work, tax: str, *, by: UserId, why: str) -> None:
    """Raises `PriceError` while a piece in stock names it."""
    was = feed.card(work.tx, TaxCard, f"tax:{tax}")
    if was is None:
        raise PriceError(f"There is no tax {tax!r}.")
    named = int(work.tx.value(sa.select(sa.func.count()).where(piece.c.tax == tax)) or 0)
    if named == 1:
        raise PriceError("One piece names this tax: give it another first.")
    if named:
        raise PriceError(f"{named} pieces name this tax: give them another first.")
    changes.note(work, "tax", tax, by=by, why=why, was=told_tax(was), now={})
    work.tell(feed.News(f"tax:{tax}", None))


def put_promotion(work: Work, card: PromotionCard, scope: str, *, by: UserId, why: str) -> None:
    """At every store (`*`) or one. Raises `PriceError`, `WhyError`."""
    _check_promotion(card)
    _scope(work, scope)
    key = f"promotion:{card.promotion}"
    elsewhere = [at for (at, named) in feed.cards(work.tx, PromotionCard) if named == key and at != scope]
    if elsewhere:
        where = "every store" if elsewhere[0] == EVERY_STORE else elsewhere[0]
        raise PriceError(f"There is a promotion {card.promotion!r} for {where} already: choose another code.")
    was = feed.card(work.tx, PromotionCard, key, scope)
    if changes.note(
        work, "promotion", card.promotion, by=by, why=why, was=told_promotion(was), now=told_promotion(card),
        store=_of(scope),
    ):  # fmt: skip
        work.tell(feed.News(key, card, scope))


def end_promotion(work: Work, promotion: str, scope: str, *, by: UserId, why: str) -> None:
    was = feed.card(work.tx, PromotionCard, f"promotion:{promotion}", scope)
    if was is None:
        raise PriceError(f"There is no promotion {promotion!r} there.")
    changes.note(work, "promotion", promotion, by=by, why=why, was=told_promotion(was), now={}, store=_of(scope))
    work.tell(feed.News(f"promotion:{promotion}", None, scope))


def put_rate(work: Work, card: RateCard, *, by: UserId, why: str) -> None:
    """What foreign cash is taken at. Raises `PriceError`, `WhyError`."""
    for currency in (card.currency, card.into):
        check_currency(currency)
    if card.currency == card.into:
        raise PriceError("A rate leads from one currency into another.")
    if not 0 < card.rate_e9 <= RATE_E9_MAX:
        raise PriceError("A rate is above nothing, and below a million.")
    if not card.source.strip() or len(card.source) > TEXT_MAX:
        raise PriceError("Say where the rate comes from: a bank, a paper, a page.")
    if not 0 < card.quoted_us <= work.now_us + CLOCKS_APART_US:
        raise PriceError("A rate was quoted at a time that has been.")
    key = f"rate:{card.currency}:{card.into}"
    was = feed.card(work.tx, RateCard, key)
    if was is not None and was.quoted_us > card.quoted_us:
        raise PriceError("A newer rate is known already: quote the newest.")
    named = f"{card.currency} into {card.into}"
    if changes.note(work, "rate", named, by=by, why=why, was=told_rate(was), now=told_rate(card)):
        work.tell(feed.News(key, card))


def end_rate(work: Work, currency: str, into: str, *, by: UserId, why: str) -> None:
    """That currency is not taken any more."""
    was = feed.card(work.tx, RateCard, f"rate:{currency}:{into}")
    if was is None:
        raise PriceError(f"There is no rate of {currency} into {into}.")
    changes.note(work, "rate", f"{currency} into {into}", by=by, why=why, was=told_rate(was), now={})
    work.tell(feed.News(f"rate:{currency}:{into}", None))


def check_currency(currency: str) -> str:
    """Raises `PriceError`."""
    if currency not in CURRENCIES:
        raise PriceError(f"{currency!r} is no currency: write its three letters, like EUR.")
    return currency


def told_tax(card: TaxCard | None) -> dict[str, str]:
    if card is None:
        return {}
    later = {f"from {change.from_day}": told_parts(change.parts) for change in card.changes}
    return {
        "name": card.name, "in prices": "yes" if card.included else "no", "rates": told_parts(card.parts), **later
    }  # fmt: skip


def told_parts(parts: Iterable[TaxPart]) -> str:
    return ", ".join(f"{part.name} {part.rate_bp / 100:g} %" for part in parts)


def told_promotion(card: PromotionCard | None) -> dict[str, str]:
    if card is None:
        return {}
    total = f"{plain(card.total_minor_min, card.currency)} {card.currency}" if card.total_minor_min else ""
    lists = {
        "categories": card.categories, "collections": card.collections, "designers": card.designers, "skus": card.skus,
    }  # fmt: skip
    return {
        "name": card.name, "off": told_off(card), "days": f"{card.from_day or 'at once'} to {card.to_day or 'any day'}",
        "from a total of": total, "beside a discount": "yes" if card.with_discount else "no",
        **{name: ", ".join(each) for name, each in lists.items()},
    }  # fmt: skip


def told_off(card: PromotionCard) -> str:
    """`10 %`, `50.00 EUR`, `5 % of a set`."""
    off = f"{plain(card.off_minor, card.currency)} {card.currency}" if card.off_minor else f"{card.off_bp / 100:g} %"
    return f"{off} of a set" if card.how is PromotionKind.SET else off


def told_rate(card: RateCard | None) -> dict[str, str]:
    if card is None:
        return {}
    return {"rate": told_e9(card.rate_e9), "source": card.source, "quoted_us": str(card.quoted_us)}


def told_e9(rate_e9: int) -> str:
    """`1084500000` → `1.0845`."""
    return f"{rate_e9 // E9}.{rate_e9 % E9:09d}".rstrip("0").rstrip(".")


def _check_promotion(card: PromotionCard) -> None:
    _code(card.promotion, "A promotion")
    _name(card.name, "A promotion")
    days = [day for day in (card.from_day, card.to_day) if day]
    for day in days:
        _day(day, "A promotion")
    if days != sorted(days):
        raise PriceError("A promotion ends on the day it begins, or later.")
    if card.how is PromotionKind.PERCENT and not (0 < card.off_bp <= BASIS_POINTS and not card.off_minor):
        raise PriceError("A promotion in percent takes more than 0 and at most 100 % off.")
    if card.how is PromotionKind.AMOUNT and not (card.off_minor > 0 and not card.off_bp):
        raise PriceError("A promotion of an amount says how much comes off each line.")
    if card.how is PromotionKind.SET:
        if len(set(card.categories)) < 2:
            raise PriceError("A set has pieces of two categories at least: name them.")
        if (card.off_minor > 0) == (0 < card.off_bp <= BASIS_POINTS):
            raise PriceError("A set takes an amount or a percentage off, one of them.")
    if min(card.off_minor, card.off_bp, card.total_minor_min) < 0:
        raise PriceError("Nothing of a promotion is below nothing.")
    if card.off_minor or card.total_minor_min:
        check_currency(card.currency)
    for each in (card.categories, card.collections, card.designers, card.skus):
        if len(each) > LIST_MAX or any(not word or len(word) > TEXT_MAX for word in each):
            raise PriceError(f"A list of a promotion names at most {LIST_MAX} words, each of 1 to {TEXT_MAX} signs.")


def _parts(parts: tuple[TaxPart, ...], when: str) -> None:
    if not 1 <= len(parts) <= PARTS_MAX:
        raise PriceError(f"A tax has 1 to {PARTS_MAX} rates {when}; a rate of 0 is one.")
    for part in parts:
        _code(part.code, "A rate")
        _name(part.name, "A rate")
        if not 0 <= part.rate_bp <= BASIS_POINTS:
            raise PriceError(f"A rate is 0 to 100 %: {part.name} is not, {when}.")
    if len({part.code for part in parts}) < len(parts):
        raise PriceError(f"Two rates of a tax have one code {when}: receipts would mix them up.")


def _scope(work: Work, scope: str) -> None:
    if scope != EVERY_STORE and not work.tx.value(sa.select(store.c.store).where(store.c.store == scope)):
        raise PriceError(f"There is no store {scope!r}.")


def _of(scope: str) -> str:
    return "" if scope == EVERY_STORE else scope


def _code(code: str, what: str) -> None:
    if not CODE.fullmatch(code):
        raise PriceError(f"{what} has a code of 1 to 30 of a-z, 0-9, dot, dash and underscore.")


def _name(name: str, what: str) -> None:
    if not name.strip() or len(name) > TEXT_MAX:
        raise PriceError(f"{what} has a name of 1 to {TEXT_MAX} signs that people read.")


def _day(day: str, what: str) -> None:
    try:
        said = dt.date.fromisoformat(day).isoformat()
    except ValueError:
        said = ""
    if said != day:
        raise PriceError(f"{what}: {day!r} is no day; write it like 2027-01-01.")
