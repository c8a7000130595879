"""What may be asked about clients' orders. Days are `2026-11-29`, money minor units of the store's currency."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from contract.facts import Instalment, OrderEvent, OrderTerms, QuoteLine
from contract.ids import LineId, PieceId
from edge.api.bodies import IDS_MAX, LINES_MAX, MONEY_MAX, Amount, Body, Day, Id, Reason, ShareBody, Text
from trade.commission import SHARES_PER_SALE_MAX
from trade.orders.terms import GRACE_DAYS_MAX, INSTALMENTS_MAX

Kind = Literal["layaway", "special", "repair", "engraving", "custom", "memo"]
Share = Annotated[int, Field(ge=0, le=10_000)]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class InstalmentBody(Body):
    due_day: Day
    amount_minor: Annotated[int, Field(ge=1, le=MONEY_MAX)]


class TermsBody(Body):
    """Below the house's own they need somebody else's word."""

    deposit_bp: Share = 0
    fee_bp: Share = 0
    grace_days: Annotated[int, Field(ge=0, le=GRACE_DAYS_MAX)] = 0
    instalments: Annotated[list[InstalmentBody], Field(max_length=INSTALMENTS_MAX, default_factory=list)]

    def terms(self) -> OrderTerms:
        return OrderTerms(
            deposit_bp=self.deposit_bp, fee_bp=self.fee_bp, grace_days=self.grace_days,
            instalments=tuple(Instalment(due_day=e.due_day, amount_minor=e.amount_minor) for e in self.instalments),
        )  # fmt: skip


class OpenOrderBody(Body):
    """`pieces` of the house, of a layaway or a memo. Without `terms` the house's hold."""

    kind: Kind
    client: Reason
    title: Reason
    promised_day: Day | None = None
    terms: TermsBody | None = None
    pieces: Annotated[list[Id], Field(max_length=IDS_MAX, default_factory=list)]
    shares: Annotated[list[ShareBody], Field(max_length=SHARES_PER_SALE_MAX, default_factory=list)]
    order: Id | None = None


class QuoteLineBody(Body):
    """`gross_minor` tax included; a line may name a piece of the order."""

    description: Reason
    gross_minor: Amount
    tax: Text = ""
    """The code of the tax; without one `tax_bp` holds."""
    tax_bp: Share = 0
    piece: Id | None = None
    line: Id | None = None

    def made(self, line: str, tax_bp: int) -> QuoteLine:
        piece = None if self.piece is None else PieceId(self.piece)
        return QuoteLine(
            line=LineId(line), description=self.description, gross_minor=self.gross_minor, tax_bp=tax_bp, tax=self.tax,
            piece=piece,
        )  # fmt: skip


class QuoteBody(Body):
    lines: Annotated[list[QuoteLineBody], Field(min_length=1, max_length=LINES_MAX)]
    valid_until: Day | None = None


class AnswerBody(Body):
    approved: bool
    how: Literal["counter", "telephone", "email"]
    """A page of the office says so by itself."""
    quote: Annotated[int, Field(ge=0, le=10_000)] = 0
    proof: Hash | None = None


class StepBody(Body):
    """`party`: whom it is ordered from or sent to. `signature`: SHA-256 of the paper the client signed."""

    event: Annotated[OrderEvent, Field(strict=False)]
    why: Text = ""
    party: Text = ""
    signature: Hash | None = None


class PromiseBody(Body):
    promised_day: Day | None = None
    terms: TermsBody | None = None
    why: Text = ""


class BindBody(Body):
    piece: Id
    line: Id | None = None


class PiecesBody(Body):
    pieces: Annotated[list[Id], Field(max_length=IDS_MAX)]


class EndBody(Body):
    """`credit`: what is left becomes the client's credit; else it waits to be given back at the register."""

    event: Literal["cancel", "forfeit"]
    why: Reason
    credit: bool = False
    fee_minor: Amount | None = None


class HandBody(Body):
    """`to`: the store that decides about it from now on."""

    to: Id
    why: Text = ""


class CollectBody(Body):
    """`pieces`: those a client keeps of a memo; none: all that are out."""

    order: Id
    pieces: Annotated[list[Id], Field(max_length=IDS_MAX, default_factory=list)]


class PayBody(Body):
    amount_minor: Annotated[int, Field(ge=1, le=MONEY_MAX)]
