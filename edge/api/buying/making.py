"""Things on offer as the act wants them: the metal's price of this moment beside each that is bought by it."""

import msgspec

from contract.facts import Tender, TenderKind, TradeIn
from contract.feed import MetalPriceCard
from contract.ids import AccountId, CashMoveId, PersonId, PieceId, PurchaseId, TillId
from edge.api.shop import Shop
from trade import acts
from trade.buying import spot_of
from trade.melt import offer_minor
from trade.value import credit_account


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """What a client lays on the counter. `value_minor` 0: what the house offers for its metal."""

    title: str
    provenance: str
    proof: str
    category: str = ""
    metal: str = ""
    fineness: int = 0
    weight_mg: int = 0
    scrap: bool = False
    value_minor: int = 0
    weighed_by: str = ""
    piece: str = ""


def offered(thing: Thing, card: MetalPriceCard | None) -> int:
    """What is paid: as somebody said, or the house's offer for the metal; 0: neither is known."""
    if thing.value_minor or card is None or not thing.scrap:
        return thing.value_minor
    return offer_minor(thing.weight_mg, thing.fineness, spot_of(card), card.payout_bp)


def item(shop: Shop, thing: Thing, client: PersonId, prices: list[MetalPriceCard]) -> TradeIn:
    card = next((each for each in prices if each.metal == thing.metal), None)
    by_metal = card is not None and thing.scrap
    return TradeIn(
        piece=PieceId(thing.piece or f"buy-{shop.new_id()}"), title=thing.title.strip(),
        category=thing.category.strip(), client=client, value_minor=offered(thing, card),
        currency=shop.config.currency, provenance=thing.provenance.strip(), proof=thing.proof.strip(),
        metal=thing.metal, fineness=thing.fineness, weight_mg=thing.weight_mg, scrap=thing.scrap,
        spot=spot_of(card) if card is not None and by_metal else None,
        payout_bp=card.payout_bp if card is not None and by_metal else 0, weighed_by=thing.weighed_by,
    )  # fmt: skip


def tender(kind: TenderKind, amount_minor: int, client: PersonId, reference: str) -> Tender:
    """All of it one way."""
    account = credit_account(client) if kind is TenderKind.STORE_CREDIT else AccountId("")
    return Tender(kind=kind, amount_minor=amount_minor, reference=reference, account=account)


def act(
    purchase: PurchaseId, till: TillId, client: PersonId, items: tuple[TradeIn, ...], tenders: tuple[Tender, ...]
) -> acts.BuyPieces:
    """A repeat under the same name is a repeat; the cash that leaves is named after it."""
    return acts.BuyPieces(
        purchase=purchase, till=till, client=client, items=items, tenders=tenders, move=CashMoveId(f"{purchase}-cash")
    )
