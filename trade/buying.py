"""Buying from the public over the counter: pieces to sell again, and scrap at its metal's worth. Pure."""

from collections.abc import Iterable
from typing import Final

import msgspec

from contract.facts import AnyFact, CashKind, CashMoved, PurchaseRecorded, Spot, Tender, TenderKind, TradeIn
from contract.feed import MetalPriceCard, SettingsCard
from contract.ids import PersonId
from contract.money import plain
from trade import labels
from trade.acts import BuyPieces
from trade.melt import offer_minor, worth_minor
from trade.periods import days_after, is_day
from trade.refusal import Refusal, Why
from trade.sale import SALE_MINOR_MAX
from trade.scene import Scene
from trade.value import credit_account
from trade.valuing import goes_onto, kept_of_refund, lasting_tenders

ITEMS_MAX: Final = 50
"""Of one purchase: more is a lot, and comes in as a list at the office."""
PAID_AS: Final = frozenset({TenderKind.CASH, TenderKind.BANK_TRANSFER, TenderKind.STORE_CREDIT})
Answer = tuple[AnyFact, ...] | Refusal


def buy(scene: Scene, act: BuyPieces) -> Answer:
    """Asked twice it is bought once."""
    if scene.purchase is not None:
        return _again(scene.purchase, act)
    shift = scene.shift
    if shift is None:
        return Refusal(Why.NO_SHIFT, f"Open a shift on {act.till} first")
    if not 0 < len(act.items) <= ITEMS_MAX:
        return Refusal(Why.EMPTY, f"Name what is bought: 1 to {ITEMS_MAX} things, each by itself")
    if len({each.piece for each in act.items}) < len(act.items):
        return Refusal(Why.WRONG_STATE, "Two things have one number: give each its own")
    for item in act.items:
        refusal = wrong(item, act.client, shift.currency, scene.metal_prices)
        refusal = refusal or labels.taken(scene, item)
        if refusal is not None:
            return refusal
    total = sum(each.value_minor for each in act.items)
    refusal = _paid_wrong(scene, act.tenders, total, shift.currency, act.client)
    if refusal is not None:
        return refusal
    if scene.move_known:
        return Refusal(Why.WRONG_STATE, f"Cash was moved as {act.move} before: give this purchase another id")
    held = hold_until(scene.settings, max(shift.business_day, scene.calendar_day))
    tenders = lasting_tenders(scene, act.tenders)
    recorded = PurchaseRecorded(
        purchase=act.purchase, number=scene.purchase_next, till=act.till, shift=shift.shift,
        business_day=shift.business_day, client=act.client, currency=shift.currency,
        items=tuple(msgspec.structs.replace(each, hold_until=held) for each in act.items), tenders=tenders,
        total_minor=total,
    )  # fmt: skip
    cash = sum(each.amount_minor for each in tenders if each.kind is TenderKind.CASH)
    moved = CashMoved(
        move=act.move, shift=shift.shift, till=act.till, kind=CashKind.OUT, amount_minor=cash,
        currency=shift.currency, reason=f"purchase {scene.purchase_next}",
    )  # fmt: skip
    return (recorded, *((moved,) if cash else ()), *kept_of_refund(scene, tenders, shift.currency))


def _again(known: PurchaseRecorded, act: BuyPieces) -> Answer:
    """Money is not handed out twice, nor to somebody else, because two purchases had one id."""
    told, asked = (
        (client, [each.title for each in items], [(each.kind, each.amount_minor) for each in tenders])
        for client, items, tenders in ((known.client, known.items, known.tenders), (act.client, act.items, act.tenders))
    )
    if told == asked:
        return ()
    why = f"Under this id purchase {known.number} is recorded, which is another: begin a new one"
    return Refusal(Why.WRONG_STATE, why)


def wrong(item: TradeIn, client: str, currency: str, prices: Iterable[MetalPriceCard]) -> Refusal | None:
    """Why a thing cannot be bought so: its past, its owner, its price."""
    missing = [
        words
        for words, said in (
            ("what it is", item.title),
            ("whose it was", item.client),
            ("where they had it from", item.provenance),
            ("how they proved who they are", item.proof),
        )
        if not said.strip()
    ]
    if missing:
        return Refusal(Why.EMPTY, f"Say {', '.join(missing)}: a piece without a past is not bought")
    if item.client != client:
        return Refusal(Why.WRONG_STATE, f"{item.title} is another client's: buy it of them")
    if item.currency != currency:
        return Refusal(Why.WRONG_CURRENCY, f"This drawer holds {currency}")
    if not 0 < item.value_minor <= SALE_MINOR_MAX:
        return Refusal(Why.WRONG_PRICE, f"Say what is paid for {item.title}, above nothing")
    return _metal_wrong(item, prices)


def _metal_wrong(item: TradeIn, prices: Iterable[MetalPriceCard]) -> Refusal | None:
    if item.scrap and not (item.metal and item.fineness and item.weight_mg and item.spot):
        return Refusal(Why.EMPTY, f"{item.title} is bought for its metal: weigh it, and say metal and fineness")
    if item.spot is None:
        return None
    card = next((each for each in prices if each.metal == item.metal and each.currency == item.spot.currency), None)
    if card is None:
        return Refusal(Why.WRONG_PRICE, f"The office gave no price for {item.metal or 'this metal'}: ask for it")
    if item.spot != spot_of(card) or item.payout_bp != card.payout_bp:
        return Refusal(Why.WRONG_PRICE, f"The price of {item.metal} changed meanwhile: look at the offer again")
    worth = worth_minor(item.weight_mg, item.fineness, item.spot)
    if item.scrap and item.value_minor > worth:
        most = f"{plain(worth, item.currency)} {item.currency}"
        return Refusal(Why.WRONG_PRICE, f"The metal of {item.title} is worth {most}: scrap is not bought for more")
    return None


def spot_of(card: MetalPriceCard) -> Spot:
    return Spot(minor_per_kg=card.minor_per_kg, currency=card.currency, source=card.source, quoted_us=card.quoted_us)


def above_offer(item: TradeIn) -> int:
    """What scrap costs above the house's own offer; 0: nothing, or it is no scrap."""
    if not item.scrap or item.spot is None:
        return 0
    return max(0, item.value_minor - offer_minor(item.weight_mg, item.fineness, item.spot, item.payout_bp))


def hold_until(settings: SettingsCard, day: str) -> str:
    """The last day on which nothing is done with what was bought on this day; empty: none is asked."""
    if settings.buy_hold_days <= 0:
        return ""
    last = days_after(day, settings.buy_hold_days)
    return last if is_day(last) else day


def _paid_wrong(scene: Scene, tenders: tuple[Tender, ...], total: int, currency: str, client: str) -> Refusal | None:
    for tender in tenders:
        name = tender.kind.replace("_", " ")
        if tender.kind not in PAID_AS:
            why = f"What is bought is paid in cash, by bank transfer or as credit, not by {name}"
            return Refusal(Why.WRONG_TENDERS, why)
        if tender.amount_minor <= 0 or tender.change_minor or tender.conversion or tender.rounding_minor:
            return Refusal(
                Why.WRONG_TENDERS, f"Say how much the client gets by {name}, above nothing and in {currency}"
            )
        if tender.kind is TenderKind.BANK_TRANSFER and not tender.reference.strip():
            return Refusal(Why.WRONG_TENDERS, "Type the reference the bank transfer will carry")
        if tender.kind is TenderKind.STORE_CREDIT and tender.account != credit_account(PersonId(client)):
            return Refusal(Why.WRONG_TENDERS, "Credit goes to the client who sells")
    paid = sum(tender.amount_minor for tender in tenders)
    if paid != total:
        return Refusal(
            Why.WRONG_TENDERS, f"The payments do not make the total: {plain(total - paid, currency)} {currency} to go"
        )
    cash = sum(each.amount_minor for each in tenders if each.kind is TenderKind.CASH)
    if cash > scene.settings.buy_cash_minor_max:
        most = f"{plain(scene.settings.buy_cash_minor_max, currency)} {currency}"
        return Refusal(Why.WRONG_TENDERS, f"This store pays at most {most} in cash for what it buys: pay another way")
    return goes_onto(scene, tenders, currency)
