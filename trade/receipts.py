"""The rules of receipts: what is put down when money moved, and how a receipt is handed over and counted."""

from collections.abc import Iterable
from typing import Final

import msgspec

from contract.facts import AnyFact, CardSlip, LineText, ReceiptGiven, ReceiptText, SaleLine, Seller, TaxName, Tender
from contract.feed import FinenessUnit, Metal, PieceCard, SettingsCard, StoreCard, TaxCard
from contract.ids import GiveId, PieceId, ReceiptId, SaleId, TillId
from trade.acts import GiveReceipt
from trade.payment import Payment
from trade.receipt import TEMPLATE
from trade.receipt_words import WORDS, Words, scaled, words_of
from trade.refusal import Refusal, Why

Answer = tuple[AnyFact, ...] | Refusal
COPIES_MAX: Final = 99
DETAIL_LENGTH_MAX: Final = 200


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt that was handed over before."""

    give: GiveId
    gift: bool
    copy: int


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt of this store, and what was handed over of it."""

    receipt: ReceiptId
    sale: SaleId
    till: TillId
    is_return: bool = False
    given: tuple[Given, ...] = ()


def give(handed: Handed | None, act: GiveReceipt) -> Answer:
    """The first is the original; the n-th after it copy n. Asked again under one name it is handed over once."""
    if handed is None:
        why = f"This store has no receipt {act.receipt}: look it up by its number, or ask the office"
        return Refusal(Why.NOT_FOUND, why)
    if any(each.give == act.give for each in handed.given):
        return ()
    if act.gift and handed.is_return:
        return Refusal(Why.WRONG_STATE, "A refund has no gift receipt: print the refund itself")
    before = sum(each.gift == act.gift for each in handed.given)
    if before > COPIES_MAX:
        return Refusal(Why.WRONG_STATE, f"There are {COPIES_MAX} copies of this receipt: show it on the screen instead")
    return (
        ReceiptGiven(
            give=act.give,
            receipt=act.receipt,
            sale=handed.sale,
            till=handed.till,
            form=act.form,
            gift=act.gift,
            copy=before,
        ),
    )


def text_of(
    lines: Iterable[SaleLine],
    tenders: Iterable[Tender],
    *,
    store: StoreCard,
    settings: SettingsCard,
    cards: dict[PieceId, PieceCard],
    taxes: Iterable[TaxCard],
    payments: Iterable[Payment],
) -> ReceiptText:
    """What a receipt says beside its fact, as the house says it at this moment."""
    language = settings.language if settings.language in WORDS else "en"
    words = words_of(language)
    named = [LineText(line=line.line, details=_details(line, cards, words)) for line in lines]
    codes = {tax.code for line in lines for tax in line.taxes}
    names = {part.code: part.name for card in taxes for part in card.parts if part.code in codes}
    paid = {tender.payment for tender in tenders if tender.payment}
    return ReceiptText(
        template=TEMPLATE,
        language=language,
        time_zone=store.time_zone,
        seller=seller_of(store, settings),
        lines=tuple(each for each in named if each.details),
        tax_names=tuple(TaxName(code=code, name=name) for code, name in sorted(names.items()) if name),
        slips=tuple(_slip(payment) for payment in payments if payment.payment in paid),
        foot=settings.receipt_foot,
        check_url=settings.check_url,
    )


def seller_of(store: StoreCard, settings: SettingsCard) -> Seller:
    return Seller(
        name=store.name or str(store.store),
        legal_name=settings.legal_name,
        address=tuple(line.strip() for line in (settings.address or store.city).splitlines() if line.strip()),
        tax_number=settings.tax_number,
        contact=settings.contact,
    )


def _details(line: SaleLine, cards: dict[PieceId, PieceCard], words: Words) -> tuple[str, ...]:
    last = (f"{words.until} {line.expires}",) if line.expires else ()
    return (*details(cards.get(line.piece or PieceId("")), words), *last)


def details(card: PieceCard | None, words: Words) -> tuple[str, ...]:
    """Metal and weight, stones, serial number, certificates: each a line, and only what is known."""
    if card is None:
        return ()
    metals = card.metals or ((Metal(metal=card.metal, fineness=card.fineness),) if card.metal else ())
    matter = [_metal(each) for each in metals]
    matter += [f"{scaled(card.weight_mg, 3, words)} g"] if card.weight_mg else []
    said = [" · ".join(matter), card.stones]
    said += [f"{words.serial} {card.serial}"] if card.serial else []
    said += list(card.certificates)
    return tuple(each[:DETAIL_LENGTH_MAX] for each in said if each)


def _metal(metal: Metal) -> str:
    name = metal.metal[:1].upper() + metal.metal[1:]
    if not metal.fineness:
        return name
    return f"{name} {metal.fineness} kt" if metal.unit is FinenessUnit.KARAT else f"{name} {metal.fineness}"


def _slip(payment: Payment) -> CardSlip:
    return CardSlip(
        payment=payment.payment,
        brand=payment.brand,
        last4=payment.last4,
        auth_code=payment.auth_code,
        reference=payment.reference,
        stored_offline=payment.stored_offline,
    )
