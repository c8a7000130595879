"""What metals are worth, as the house says it: checked in words, kept in the feed, noted with who and why."""

from typing import Final

from cloud import changes, feed
from cloud.db import Tx
from cloud.listing import when
from cloud.work import Work
from contract.feed import MetalPriceCard
from contract.ids import UserId
from contract.money import BASIS_POINTS, plain
from trade.melt import METALS

SOURCE_MAX: Final = 100
PER_KG_MINOR_MAX: Final = 10**12
CLOCKS_APART_US: Final = 300_000_000
"""A price may be quoted so far ahead of our clock."""
NOTED: Final = "metal price"


class MetalError(Exception):
    """This cannot be a price; the message says what to change."""


def prices(tx: Tx) -> list[MetalPriceCard]:
    return list(feed.cards(tx, MetalPriceCard).values())


def put(work: Work, card: MetalPriceCard, *, by: UserId, why: str) -> None:
    """Raises `MetalError`, `WhyError`."""
    if card.metal not in METALS:
        raise MetalError(f"{card.metal!r} is not quoted: one of {', '.join(METALS)}.")
    if len(card.currency) != 3 or not card.currency.isupper():
        raise MetalError("A currency has three capital letters, like EUR.")
    if not 0 < card.minor_per_kg <= PER_KG_MINOR_MAX:
        raise MetalError("A kilogram of fine metal is worth more than nothing, and less than any.")
    if not 0 < card.payout_bp <= BASIS_POINTS:
        raise MetalError("The house offers more than nothing of it, and not more than all.")
    if not card.source.strip() or len(card.source) > SOURCE_MAX:
        raise MetalError("Say where the price comes from: a fixing, a refiner, a page.")
    if not 0 < card.quoted_us <= work.now_us + CLOCKS_APART_US:
        raise MetalError("A price was quoted at a time that has been.")
    key = _key(card.metal, card.currency)
    was = feed.card(work.tx, MetalPriceCard, key)
    if was is not None and was.quoted_us > card.quoted_us:
        raise MetalError("A newer price is known already: quote the newest.")
    named = f"{card.metal} in {card.currency}"
    if changes.note(work, NOTED, named, by=by, why=why, was=told(was), now=told(card)):
        work.tell(feed.News(key, card))


def end(work: Work, metal: str, currency: str, *, by: UserId, why: str) -> None:
    """It is not bought by its metal any more. Raises `MetalError`, `WhyError`."""
    was = feed.card(work.tx, MetalPriceCard, _key(metal, currency))
    if was is None:
        raise MetalError(f"There is no price of {metal} in {currency}.")
    changes.note(work, NOTED, f"{metal} in {currency}", by=by, why=why, was=told(was), now={})
    work.tell(feed.News(_key(metal, currency), None))


def told(card: MetalPriceCard | None) -> dict[str, str]:
    if card is None:
        return {}
    return {
        "a kilogram": f"{plain(card.minor_per_kg, card.currency)} {card.currency}",
        "offered": f"{card.payout_bp / 100:g} %", "source": card.source, "quoted": when(card.quoted_us) or "",
    }  # fmt: skip


def _key(metal: str, currency: str) -> str:
    return f"metal_price:{metal}:{currency}"
