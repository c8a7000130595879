"""What may be asked of the store: strict at the door, unknown fields refused, every text bounded.

Money is minor units of the store's currency. Ids that a client makes (sale, line, count, transfer) are optional: give
one to be able to repeat a request after a lost answer without doing it twice.
"""

import datetime as dt
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from edge.floor.signals import LOCK_FOR_S_MAX
from trade.commission import SHARES_PER_SALE_MAX

TEXT_MAX: Final = 500
LOCK_FOR_S: Final = 5
IDS_MAX: Final = 500
TENDERS_MAX: Final = 20
FOREIGN_MAX: Final = 20
COINS_MAX: Final = 40
MONEY_MAX: Final = 10**12
LINES_MAX: Final = 100
LINE_CHARS_MAX: Final = 500
"""Of what a sled typed: some twenty tags fit on such a line. A page that has more sends it in several batches."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
PLAIN: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""No control characters but tab and line ends: a journal row with a NUL in it is kept by no database."""
Text = Annotated[str, StringConstraints(max_length=TEXT_MAX, pattern=PLAIN)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX, pattern=PLAIN)]
Amount = Annotated[int, Field(ge=0, le=MONEY_MAX)]


def _is_a_day(text: str) -> str:
    dt.date.fromisoformat(text)
    return text


Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_is_a_day)]
Pin = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,12}$")]


class Body(BaseModel):
    """Base: no coercion, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class LoginBody(Body):
    user: Id
    pin: Pin


class OpenSaleBody(Body):
    till: Id
    sale: Id | None = None


class AddLineBody(Body):
    """A piece by its id, or by the EPC its tag says."""

    piece: Id | None = None
    epc: Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{4,124}$")] | None = None
    discount_minor: Amount = 0
    override: Text = ""
    """Why, when the piece does not lie on the pad."""


class AddOtherBody(Body):
    """A measured good (`quantity_milli` thousandths of its unit) or a service; the price includes tax."""

    kind: Literal["goods", "service"]
    description: Reason
    unit_minor: Amount
    tax_bp: Annotated[int, Field(ge=0, le=10_000)]
    quantity_milli: Annotated[int, Field(ge=1, le=10**9)] = 1000


class DiscountBody(Body):
    """Off one line, or off the whole cart without a line; nothing takes an earlier discount back."""

    line: Id | None = None
    discount_minor: Amount
    reason: Text = ""


class ExemptBody(Body):
    """Both empty: tax is due again. `document`: the number of a form or certificate, never a passport's."""

    reason: Text
    document: Annotated[str, StringConstraints(max_length=60, pattern=PLAIN)]


class ShareBody(Body):
    associate: Id
    share_bp: Annotated[int, Field(ge=1, le=10_000)]


class SharesBody(Body):
    shares: Annotated[list[ShareBody], Field(max_length=SHARES_PER_SALE_MAX)]


class ApprovalBody(Body):
    """`asked` stands in the refusal that needs it."""

    asked: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    user: Id
    pin: Pin


class ResumeBody(Body):
    till: Id


class ReasonBody(Body):
    reason: Reason


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class ForeignBody(Body):
    currency: Currency
    amount_minor: Annotated[int, Field(ge=1, le=MONEY_MAX)]


class TenderBody(Body):
    # Enums travel as their words; strict mode would otherwise ask for the Python object.
    kind: Literal["cash", "card", "bank_transfer", "gift_card", "store_credit", "deposit", "trade_in", "points"]
    amount_minor: Amount
    change_minor: Amount = 0
    reference: Text = ""
    payment: Id | None = None
    """The captured payment that a card tender is, where the till has a terminal."""
    account: Id | None = None
    """The gift card, credit, deposit or trade-in that was set aside."""
    name: Annotated[str, Field(max_length=64, pattern=PLAIN)] = ""
    """Of money that goes back, in place of `account`: the code of the gift card, or the client whose credit it is."""
    foreign: ForeignBody | None = None
    """Cash of another currency; `amount_minor` is what it counts for, at the rate the store has now."""


class RequestPaymentBody(Body):
    """So much by card, at the till's terminal. Give `payment` to be able to repeat the request."""

    amount_minor: Annotated[int, Field(ge=1, le=MONEY_MAX)]
    payment: Id | None = None


class RecordSaleBody(Body):
    tenders: Annotated[list[TenderBody], Field(max_length=TENDERS_MAX)]
    client: Reason | None = None
    override: Text = ""
    """Why, when pad and cart do not match; it is kept with the sale."""


Becomes = Literal["restocked", "quarantined", "repair", "damaged", "supplier"]


class LineBackBody(Body):
    """Of a line that is no piece so much comes back; or money alone goes off its price."""

    line: Id
    quantity_milli: Annotated[int, Field(ge=0, le=10**9)] = 0
    amount_minor: Amount = 0


class ReturnBody(Body):
    """By the same `returns`, asked again, it is one return. `dispositions`: of each piece, or one word for all."""

    sale: Id
    pieces: Annotated[list[Id], Field(max_length=IDS_MAX)]
    till: Id
    tenders: Annotated[list[TenderBody], Field(max_length=TENDERS_MAX)] = []
    reason: Reason
    returns: Id | None = None
    lines: Annotated[list[LineBackBody], Field(max_length=LINES_MAX)] = []
    dispositions: Annotated[list[Becomes], Field(max_length=IDS_MAX)] = []
    override: Text = ""
    """Why, when no pad reads a piece."""


class CardRefundBody(Body):
    """So much of a captured payment goes back to its card. Give `refund` to be able to repeat the request."""

    payment: Id
    amount_minor: Annotated[int, Field(ge=1, le=MONEY_MAX)]
    refund: Id | None = None


class FinishReturnBody(Body):
    tenders: Annotated[list[TenderBody], Field(max_length=TENDERS_MAX)] = []


class ExchangeBody(Body):
    """What comes back pays for the sale as far as it goes; `tenders` of one of them pay the rest."""

    sale: Id
    back: ReturnBody
    tenders: Annotated[list[TenderBody], Field(max_length=TENDERS_MAX)] = []
    override: Text = ""


class DispositionBody(Body):
    disposition: Becomes
    reason: Reason


class CoinsBody(Body):
    """So many coins or notes of one value."""

    value_minor: Annotated[int, Field(ge=1, le=MONEY_MAX)]
    number: Annotated[int, Field(ge=0, le=1_000_000)]


Counted = Annotated[list[CoinsBody], Field(max_length=COINS_MAX)]


class OpenShiftBody(Body):
    """`float_coins`: how the float was counted, if by coins and notes; they make `float_minor`."""

    till: Id
    float_minor: Amount
    float_coins: Counted = []
    shift: Id | None = None
    business_day: Day | None = None


class MoveCashBody(Body):
    """Cash put in (`in`), taken out (`out`), brought to the safe (`drop`), or the drawer opened (`no_sale`)."""

    till: Id
    kind: Literal["in", "out", "drop", "no_sale"]
    amount_minor: Amount = 0
    reason: Reason
    move: Id | None = None
    currency: Currency | None = None
    """Of foreign cash that goes to the safe; left out: the store's own."""


class BankCashBody(Body):
    """Cash of the safe goes to the bank; `reference` is the number of the bag or of the paying-in slip."""

    amount_minor: Annotated[int, Field(ge=1, le=MONEY_MAX)]
    reference: Reason
    currency: Currency | None = None
    business_day: Day | None = None
    move: Id | None = None


class ForeignCountBody(Body):
    currency: Currency
    amount_minor: Amount


class CloseShiftBody(Body):
    """The drawer is counted blind. `note`: why it holds more or less, where that is more than the store lets pass."""

    till: Id
    cash_counted_minor: Amount
    counted_coins: Counted = []
    note: Text = ""
    foreign: Annotated[list[ForeignCountBody], Field(max_length=FOREIGN_MAX)] = []
    """Cash of other currencies beside it, counted blind as well; a currency left out was not there."""


class StartCountBody(Body):
    place: Literal["safe", "shelf"]
    zones: Annotated[list[Id], Field(max_length=IDS_MAX)] = []
    count: Id | None = None
    blind: bool = False


class RecountBody(Body):
    """Zones of a finished count to count again."""

    zones: Annotated[list[Id], Field(min_length=1, max_length=IDS_MAX)]
    reason: Text = ""


class ExplainBody(Body):
    """A person answers for a piece that a finished count did not read."""

    piece: Id
    found: bool
    """It is here and was seen by hand; otherwise it is rightly elsewhere, and `reason` says where and why."""
    reason: Text = ""


class SubmitCountBody(Body):
    """What a person counted blind: one figure for each zone of the count."""

    quantities: dict[Id, Annotated[int, Field(ge=0, le=1_000_000)]]


class CloseAlarmBody(Body):
    outcome: Literal["found", "theft", "moved", "sold", "false_alarm", "other"]
    note: Text = ""


class ShipBody(Body):
    to: Id
    transfer: Id | None = None
    pieces: Annotated[list[Id], Field(min_length=1, max_length=IDS_MAX)]


class OpenLockBody(Body):
    """A lock opened by a person; who and why is kept."""

    why: Reason
    seconds: Annotated[int, Field(ge=1, le=LOCK_FOR_S_MAX)] = LOCK_FOR_S


class ScanBody(Body):
    """Pieces seen by a person's scanner: how an edge without readers sees."""

    pieces: Annotated[list[Id], Field(max_length=IDS_MAX)] = []
    epcs: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{4,124}$")]], Field(max_length=IDS_MAX)
    ] = []
    zone: Id | None = None
    damaged: bool = False


class LookBody(Body):
    """A person looked for a piece. Where it was found it lies alone on `pad`, so that its tags can be read."""

    piece: Id
    found: bool
    pad: Annotated[str, StringConstraints(max_length=64)] = ""


class BeginPassBody(Body):
    """`reader` may be left out where the store has one handheld only."""

    zone: Id
    reader: Id | None = None
    name: Id | None = None


class PassReadsBody(Body):
    """What a sled typed, text by text. `batch` is made by who sends: the same again counts once."""

    batch: Id
    lines: Annotated[
        list[Annotated[str, StringConstraints(max_length=LINE_CHARS_MAX)]], Field(min_length=1, max_length=LINES_MAX)
    ]


class WriteTagBody(Body):
    """A tag for this piece, on the pad of `zone`; the first pad when not given."""

    piece: Id
    zone: Id | None = None
    job: Id | None = None


class BreakLeaseBody(Body):
    piece: Id
    reason: Reason


class PrintLabelsBody(Body):
    """`printer`: its id; the store's first without one."""

    pieces: Annotated[list[Id], Field(min_length=1, max_length=IDS_MAX)]
    printer: Id | None = None
    name: Id | None = None
