"""Acts of buying from the public."""

from contract.facts import Tender, TradeIn
from contract.ids import CashMoveId, PersonId, PurchaseId, TillId
from trade.acts.act import Act


class BuyPieces(Act, frozen=True, tag="purchase.record"):
    """Buy these things of a client, for these tenders (each above nothing). `move` names the cash that leaves."""

    purchase: PurchaseId
    till: TillId
    client: PersonId
    items: tuple[TradeIn, ...]
    tenders: tuple[Tender, ...]
    move: CashMoveId
