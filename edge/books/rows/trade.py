"""Sales, tenders, and what was shipped."""

import msgspec

from contract.facts import Conversion, TenderKind
from contract.ids import AccountId, Epoch, PaymentId, PieceId, SaleId, ShiftId, StoreId, TillId, TransferId, UserId
from trade.sale import SaleState


class SaleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A sale without its lines. `trade_seq` is its entry in the log `epoch`; sent when `trade_seq ≤ upto`."""

    sale: SaleId
    till: TillId
    associate: UserId
    currency: str
    state: SaleState
    opened_us: int
    shift: ShiftId
    receipt_number: int
    business_day: str
    total_minor: int
    tax_minor: int
    client: str
    pad_verdict: str
    recorded_us: int
    trade_seq: int
    exemption: str
    epoch: Epoch


class TenderRow(msgspec.Struct, frozen=True, kw_only=True):
    kind: TenderKind
    amount_minor: int
    change_minor: int
    reference: str
    payment: PaymentId
    rounding_minor: int
    account: AccountId
    conversion: str
    """What was taken in another currency, as JSON; `null`: nothing."""

    @property
    def foreign(self) -> Conversion | None:
        return msgspec.json.decode(self.conversion, type=Conversion | None)


class ShippedRow(msgspec.Struct, frozen=True, kw_only=True):
    transfer: TransferId
    piece: PieceId
    to_store: StoreId
    at_us: int
