"""What a receipt says beside the sale itself, kept in the sale's own entry, and every time one is handed over."""

from enum import StrEnum

import msgspec

from contract.facts.fact import Fact
from contract.ids import GiveId, LineId, PaymentId, ReceiptId, SaleId, TillId


class Seller(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who sold, as the law wants it on paper (2006/112/EC art. 226 and 238)."""

    name: str
    """The store's, as people call it."""
    legal_name: str = ""
    address: tuple[str, ...] = ()
    tax_number: str = ""
    contact: str = ""


class LineText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands under a line: serial number, metal, stones, certificates."""

    line: LineId
    details: tuple[str, ...]


class TaxName(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    name: str


class CardSlip(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a terminal told of a payment, as far as the client's slip must show it. Never a card number."""

    payment: PaymentId
    brand: str = ""
    last4: str = ""
    auth_code: str = ""
    reference: str = ""
    aid: str = ""
    """The chip's application (EMV), where the terminal tells it."""
    stored_offline: bool = False


class ReceiptText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the house would say otherwise tomorrow: with it and its fact a receipt is drawn alike for ever.

    Who served is named by id only, and looked up.
    """

    template: int
    """Which drawing: a later one never draws an earlier receipt."""
    language: str
    time_zone: str
    seller: Seller
    lines: tuple[LineText, ...] = ()
    tax_names: tuple[TaxName, ...] = ()
    slips: tuple[CardSlip, ...] = ()
    foot: str = ""
    points_minor: int = 0
    """What the sale earned its client, by the rules the store knew; `points_least`: a tier of theirs may earn more."""
    points_least: bool = False
    check_url: str = ""
    """The address of the page where a client checks the receipt, without its code; empty: the house has none."""


class ReceiptForm(StrEnum):
    """How a receipt was handed over."""

    PAPER = "paper"
    """By the till's receipt printer."""
    PAGE = "page"
    """Printed by the browser."""
    PDF = "pdf"
    MAIL = "mail"


class ReceiptGiven(Fact, frozen=True, tag="receipt.given"):
    """A receipt was handed over, or was about to be: the row stands before the printer hears of it.

    `copy` 0 is the original, and there is one; the n-th after it says so on its face. No address is kept.
    """

    give: GiveId
    receipt: ReceiptId
    sale: SaleId
    till: TillId
    form: ReceiptForm
    gift: bool = False
    """Without prices: counted by itself."""
    copy: int = 0
