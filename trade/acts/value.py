"""Acts on money the house owes: gift cards, credit, deposits, and pieces taken in payment."""

from contract.facts import AskEnd, TenderKind, TradeIn
from contract.ids import AccountId, AskId, InquiryId, PersonId, SaleId, TillId
from trade.acts.act import Act


class SellGiftCard(Act, frozen=True, tag="giftcard.sell"):
    """Money onto the card of this account; `label` is what may be shown of its code."""

    sale: SaleId
    account: AccountId
    label: str
    amount_minor: int


class TakeDeposit(Act, frozen=True, tag="deposit.take"):
    """Money of the sale's client for something collected later."""

    sale: SaleId
    account: AccountId
    amount_minor: int
    what: str


class GiveDepositBack(Act, frozen=True, tag="deposit.give_back"):
    sale: SaleId
    account: AccountId


class AskValue(Act, frozen=True, tag="value.ask"):
    """Pay with a gift card, credit or deposit; 0: as much as is still to pay."""

    ask: AskId
    sale: SaleId
    kind: TenderKind
    account: AccountId
    amount_minor: int = 0
    client: PersonId = PersonId("")
    label: str = ""


class InquireValue(Act, frozen=True, tag="value.inquire"):
    """Ask the office what is left of an account. Nothing is set aside."""

    inquiry: InquiryId
    till: TillId
    kind: TenderKind
    account: AccountId
    client: PersonId = PersonId("")
    label: str = ""


class EndAsk(Act, frozen=True, tag="value.end_ask"):
    """Take it off again, or wait no longer for the office."""

    ask: AskId
    how: AskEnd


class TakeTradeIn(Act, frozen=True, tag="tradein.take"):
    """A client's piece in payment."""

    ask: AskId
    account: AccountId
    sale: SaleId
    trade_in: TradeIn
