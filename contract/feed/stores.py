"""Stores, and how each one does things."""

from enum import StrEnum

from contract.feed.body import FeedBody
from contract.ids import StoreId


class StoreCard(FeedBody, frozen=True, tag="store"):
    store: StoreId
    name: str
    currency: str
    city: str = ""
    time_zone: str = "UTC"
    number: int = 0
    """Of no other store of the house, from 1: part of every serial number this store writes into a tag."""
    takes_orders: bool = True
    """Its box can take over a client's order from another store; False: it is of a version that cannot."""


class TaxRounding(StrEnum):
    """Where the one rounding of a tax lies: on each line, or on the sum of each rate over the receipt."""

    LINE = "line"
    RECEIPT = "receipt"


class SettingsCard(FeedBody, frozen=True, tag="settings"):
    """How a store sells. One for each store; what is not said is as the house does it."""

    store: StoreId
    tax_rounding: TaxRounding = TaxRounding.LINE
    cash_step_minor: int = 1
    """The smallest coin: 5 where one and two cents are not given. Cash alone is rounded."""
    denominations: tuple[int, ...] = ()
    """Values of notes and coins of the currency, largest first, in minor units."""
    margin_scheme: bool = False
    refund_days: int = 30
    refund_cash_minor_max: int = 0
    """Above it somebody approves cash that goes back, though it came in cash; 0: as much as came."""
    cash_minor_max: int = 0
    """More cash than this is not taken for one sale, foreign cash at its worth; 0: any sum."""
    buy_hold_days: int = 0
    """Business days' dates so many days on, what was bought of the public lies untouched; 0: none."""
    buy_cash_minor_max: int = 0
    """Of one purchase, so much may be paid in cash; 0: none of it."""
    over_short_minor_max: int = 500
    """Above it a note says why."""
    offline_card_minor_max: int = 0
    """A terminal may store so much for later while it has no line, per sale; 0: nothing."""
    offline_value_minor_max: int = 0
    """Of each gift card or credit that comes in here, so much may be spent here while the office is away."""
    order_deposit_bp: int = 3_000
    """Of an order's quote, before a piece is ordered or work begins; layaway asks it with the first instalment."""
    order_fee_bp: int = 1_000
    """Of what was paid, when an order is cancelled or forfeited."""
    order_grace_days: int = 14
    """After an instalment was due, until its layaway may be forfeited."""
    layaway_days: int = 180
    """To pay all of it."""
    value_months: int = 0
    """Gift cards and credit may be spent for so many months after money came in; 0: for ever."""
    receipt_foot: str = ""
    legal_name: str = ""
    tax_number: str = ""
    address: str = ""
    """Of the seller, as it stands on receipts; lines by line ends."""
    contact: str = ""
    """A telephone number, a mailbox or a web address of the store: never a person's."""
    language: str = "en"
    """Of its receipts: `en`, `fr`, `de`, `it` or `es`; another is printed in English."""
    check_url: str = ""
    """Where clients check receipts: the office's own page, `https://…/receipt`. Empty: receipts name no page."""
