"""Sales, tenders, refunds and shifts."""

from enum import StrEnum

import msgspec

from contract.facts.fact import Fact
from contract.ids import ClaimId, LineId, PersonId, PieceId, SaleId, ShiftId, TillId, UserId


class LineKind(StrEnum):
    PIECE = "piece"
    GOODS = "goods"
    SERVICE = "service"


class SaleLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line. `gross_minor` is what the client pays for it, tax included, discount taken off."""

    line: LineId
    kind: LineKind
    description: str
    list_price_minor: int
    gross_minor: int
    tax_bp: int
    tax_minor: int
    piece: PieceId | None = None
    ce: int = 0
    claim: ClaimId | None = None
    quantity_milli: int = 1000
    discount_minor: int = 0
    feed_rev: int = 0


class TenderKind(StrEnum):
    CASH = "cash"
    CARD = "card"
    BANK_TRANSFER = "bank_transfer"


class Tender(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A payment. `amount_minor` counts towards the total; change is what cash gave back."""

    kind: TenderKind
    amount_minor: int
    change_minor: int = 0
    reference: str = ""


class SaleOpened(Fact, frozen=True, tag="sale.opened"):
    sale: SaleId
    till: TillId
    associate: UserId
    currency: str


class SaleLineAdded(Fact, frozen=True, tag="sale.line_added"):
    sale: SaleId
    line: SaleLine


class SaleLineRemoved(Fact, frozen=True, tag="sale.line_removed"):
    sale: SaleId
    line: LineId


class SaleParked(Fact, frozen=True, tag="sale.parked"):
    sale: SaleId


class SaleResumed(Fact, frozen=True, tag="sale.resumed"):
    sale: SaleId
    till: TillId


class SaleVoided(Fact, frozen=True, tag="sale.voided"):
    sale: SaleId
    reason: str


class SaleRecorded(Fact, frozen=True, tag="sale.recorded"):
    """The sale as it stands on the receipt; nothing in it changes later."""

    sale: SaleId
    till: TillId
    shift: ShiftId
    receipt_number: int
    business_day: str
    associate: UserId
    currency: str
    lines: tuple[SaleLine, ...]
    tenders: tuple[Tender, ...]
    total_minor: int
    tax_minor: int
    client: PersonId | None = None
    pad_verdict: str = ""
    feed_rev: int = 0


class ReturnRecorded(Fact, frozen=True, tag="return.recorded"):
    """Lines of an earlier sale came back, read on the pad; `returned` wins over `recorded`."""

    sale: SaleId
    lines: tuple[LineId, ...]
    pieces: tuple[PieceId, ...]
    till: TillId
    shift: ShiftId
    receipt_number: int
    business_day: str
    currency: str
    tenders: tuple[Tender, ...]
    total_minor: int
    tax_minor: int
    reason: str


class ShiftOpened(Fact, frozen=True, tag="shift.opened"):
    shift: ShiftId
    till: TillId
    business_day: str
    float_minor: int
    currency: str


class ShiftClosed(Fact, frozen=True, tag="shift.closed"):
    """The Z: gapless per till. The tokens of pieces sold in it pass to the cloud."""

    shift: ShiftId
    till: TillId
    z_number: int
    business_day: str
    currency: str
    sales: int
    returns: int
    gross_minor: int
    tax_minor: int
    cash_expected_minor: int
    cash_counted_minor: int
    sold_pieces: tuple[PieceId, ...] = ()


class CommandRefused(Fact, frozen=True, tag="command.refused"):
    """Refusals are entries too: what was asked, and why not, in words."""

    command: str
    code: str
    why: str
    piece: PieceId | None = None
