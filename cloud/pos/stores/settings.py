"""How a store sells: one card for each, kept in the feed, checked in words, noted with who and why."""

import re
from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import changes, feed
from cloud.db import Tx
from cloud.tables import store as store_table
from cloud.work import Work
from contract.feed import SettingsCard
from contract.ids import StoreId, UserId
from contract.money import BASIS_POINTS, plain
from trade.orders.terms import GRACE_DAYS_MAX
from trade.receipt_words import WORDS

KEY: Final = "settings"
CHECK_URL: Final = re.compile(r"https?://[A-Za-z0-9.:\-]+/[A-Za-z0-9._/\-]*")
TEXT_MAX: Final = 500
SHORT_TEXT_MAX: Final = 100
DAYS_MAX: Final = 3_650
VALUE_MONTHS_MAX: Final = 600
MONEY_MINOR_MAX: Final = 10**12
CASH_STEP_MINOR_MAX: Final = 10_000
DENOMINATIONS_MAX: Final = 30


class SettingsError(Exception):
    """A store cannot sell so; the message says what to change."""


@dataclass(frozen=True, slots=True)
class SettingsRow:
    """Amounts in minor units of the store's currency."""

    store: str
    currency: str
    tax_rounding: str
    cash_step_minor: int
    denominations: list[int]
    margin_scheme: bool
    refund_days: int
    refund_cash_minor_max: int
    cash_minor_max: int
    over_short_minor_max: int
    offline_card_minor_max: int
    offline_value_minor_max: int
    value_months: int
    order_deposit_bp: int
    order_fee_bp: int
    order_grace_days: int
    layaway_days: int
    receipt_foot: str
    legal_name: str
    tax_number: str
    address: str
    contact: str
    language: str
    check_url: str


def standing(tx: Tx, store: StoreId) -> SettingsCard:
    """As it is, or as the house does it where nothing was said."""
    return feed.card(tx, SettingsCard, KEY, store) or SettingsCard(store=store)


def row(tx: Tx, store: StoreId) -> SettingsRow | None:
    """None for a store that is not there."""
    currency = tx.value(sa.select(store_table.c.currency).where(store_table.c.store == store))
    if currency is None:
        return None
    card = standing(tx, store)
    told = {name: msgspec.to_builtins(getattr(card, name)) for name in card.__struct_fields__}
    return msgspec.convert({**told, "currency": currency}, SettingsRow)


def put_settings(work: Work, card: SettingsCard, *, by: UserId, why: str) -> None:
    """Raises `SettingsError`, `WhyError`, `LookupError` for a store that is not there."""
    currency = work.tx.value(sa.select(store_table.c.currency).where(store_table.c.store == card.store))
    if currency is None:
        raise LookupError(f"There is no store {card.store!r}.")
    _check(card)
    was, now = told(standing(work.tx, card.store), currency), told(card, currency)
    if changes.note(work, "store", card.store, by=by, why=why, was=was, now=now, store=card.store):
        work.tell(feed.News(KEY, card, card.store))


def told(card: SettingsCard, currency: str) -> dict[str, str]:
    """In words, for the history."""

    def money(minor: int) -> str:
        return f"{plain(minor, currency)} {currency}"

    return {
        "tax rounded": f"on each {card.tax_rounding}", "smallest coin": money(card.cash_step_minor),
        "notes and coins": ", ".join(plain(each, currency) for each in card.denominations),
        "margin scheme": "yes" if card.margin_scheme else "no", "days to give back": str(card.refund_days),
        "cash back without a word": money(card.refund_cash_minor_max) if card.refund_cash_minor_max else "as it came",
        "cash of one sale at most": money(card.cash_minor_max) if card.cash_minor_max else "any sum",
        "drawer may be off by": money(card.over_short_minor_max),
        "card without a line": money(card.offline_card_minor_max),
        "gift card without a line": money(card.offline_value_minor_max),
        "gift cards and credit last": f"{card.value_months} months" if card.value_months else "for ever",
        "deposit of an order": share(card.order_deposit_bp), "fee of an order that ends": share(card.order_fee_bp),
        "days of grace": str(card.order_grace_days), "days to pay a layaway": str(card.layaway_days),
        "legal name": card.legal_name, "tax number": card.tax_number, "address": card.address,
        "receipt ends with": card.receipt_foot, "contact": card.contact, "receipts in": card.language,
        "receipts are checked at": card.check_url,
    }  # fmt: skip


def share(share_bp: int) -> str:
    return f"{share_bp / 100:g} %"


def _check(card: SettingsCard) -> None:
    if not 1 <= card.cash_step_minor <= CASH_STEP_MINOR_MAX:
        raise SettingsError("The smallest coin is one minor unit at least, and no note.")
    if len(card.denominations) > DENOMINATIONS_MAX:
        raise SettingsError(f"A currency has at most {DENOMINATIONS_MAX} notes and coins.")
    if any(not 0 < each <= MONEY_MINOR_MAX for each in card.denominations):
        raise SettingsError("A note or coin is worth more than nothing.")
    if list(card.denominations) != sorted(set(card.denominations), reverse=True):
        raise SettingsError("Write notes and coins once each, the largest first.")
    odd = [each for each in card.denominations if each % card.cash_step_minor]
    if odd:
        raise SettingsError("A coin that the smallest coin does not divide cannot be given: change one of them.")
    if not 0 <= card.refund_days <= DAYS_MAX:
        raise SettingsError(f"Days to give back are 0 to {DAYS_MAX}.")
    if not 0 <= card.value_months <= VALUE_MONTHS_MAX:
        raise SettingsError(f"Gift cards and credit last at most {VALUE_MONTHS_MAX} months; 0: for ever.")
    if not (0 <= card.order_deposit_bp <= BASIS_POINTS and 0 <= card.order_fee_bp <= BASIS_POINTS):
        raise SettingsError("Deposit and fee of an order lie between nothing and 100 %.")
    if not 0 <= card.order_grace_days <= GRACE_DAYS_MAX:
        raise SettingsError(f"Days of grace are 0 to {GRACE_DAYS_MAX}.")
    if not 1 <= card.layaway_days <= DAYS_MAX:
        raise SettingsError(f"A layaway is paid within 1 to {DAYS_MAX} days.")
    for amount, what in (
        (card.over_short_minor_max, "What a drawer may be off by"), (card.refund_cash_minor_max, "Cash that goes back"),
        (card.offline_card_minor_max, "A card without a line"), (card.cash_minor_max, "Cash of one sale"),
        (card.offline_value_minor_max, "A gift card without a line"),
    ):  # fmt: skip
        if not 0 <= amount <= MONEY_MINOR_MAX:
            raise SettingsError(f"{what} is not below nothing, and not above any sale.")
    if card.language not in WORDS:
        raise SettingsError(f"Receipts are printed in {', '.join(WORDS)}: choose one of them.")
    if card.check_url and not CHECK_URL.fullmatch(card.check_url):
        raise SettingsError("Where receipts are checked is an address like https://office.example/receipt.")
    for text, most, what in (
        (card.legal_name, SHORT_TEXT_MAX, "A legal name"), (card.tax_number, SHORT_TEXT_MAX, "A tax number"),
        (card.address, TEXT_MAX, "An address"), (card.receipt_foot, TEXT_MAX, "The end of a receipt"),
        (card.contact, SHORT_TEXT_MAX, "A contact"), (card.check_url, SHORT_TEXT_MAX, "The address of a page"),
    ):  # fmt: skip
        if len(text) > most:
            raise SettingsError(f"{what} has at most {most} signs.")
