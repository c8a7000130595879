"""Pieces and scrap bought over the counter from the public."""

from contract.facts.fact import Fact
from contract.facts.sales import Tender
from contract.facts.value import TradeIn
from contract.ids import PersonId, PurchaseId, ShiftId, TillId, UserId


class PurchaseRecorded(Fact, frozen=True, tag="purchase.recorded"):
    """The house owns these things from now on, and `client` got the tenders, each above nothing.

    Cash leaves the drawer by a `CashMoved` beside it.
    """

    purchase: PurchaseId
    number: int
    """Gapless per till, of a series of its own."""
    till: TillId
    shift: ShiftId
    business_day: str
    client: PersonId
    currency: str
    items: tuple[TradeIn, ...]
    tenders: tuple[Tender, ...]
    total_minor: int
    approved_by: UserId = UserId("")
