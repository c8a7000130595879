"""A receipt as the client gets it, structured and pure: every renderer draws this, and says nothing of its own.

It is made of the recorded fact and of the chain head after its row alone, so that a reprint years later is the same;
only who served is looked up by id, for a name must be able to be forgotten.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from contract.facts import (
    CardSlip,
    ReceiptText,
    ReturnRecorded,
    SaleLine,
    SaleRecorded,
    Seller,
    TaxScheme,
    Tender,
    TenderKind,
)
from contract.ids import PaymentId, ReceiptId, StoreId, TillId, UserId
from contract.receipt_code import short_head
from trade.price import asked
from trade.receipt_words import Words, amount, scaled, share, words_of

TEMPLATE: Final = 1
"""Of receipts made now. A new one is a new function of each renderer; the old ones stay."""
LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ"
"""Taxes by their letters, from the highest rate on."""


class ReceiptKind(StrEnum):
    SALE = "sale"
    RETURN = "return"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """`off`: what was taken off, each with its words, in minor units and below nothing."""

    text: str
    details: tuple[str, ...]
    price_minor: int
    off: tuple[tuple[str, int], ...]
    gross_minor: int
    letter: str


class TaxRow(msgspec.Struct, frozen=True, kw_only=True):
    letter: str
    name: str
    rate: str
    base_minor: int
    tax_minor: int


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """What was given, in the receipt's currency. `given_minor` is before change and after rounding; `about` tells of
    the card slip, the rate, the reference, line by line.
    """

    name: str
    given_minor: int
    change_minor: int
    rounding_minor: int
    about: tuple[str, ...]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """`copy` 0: the original. `code` is empty only where the row's chain head is not known."""

    template: int
    kind: ReceiptKind
    language: str
    receipt: ReceiptId
    number: str
    business_day: str
    at_us: int
    time_zone: str
    currency: str
    seller: Seller
    served_by: str
    lines: tuple[Line, ...]
    total_minor: int
    tax_minor: int
    taxes: tuple[TaxRow, ...]
    tenders: tuple[Paid, ...]
    notes: tuple[str, ...]
    foot: tuple[str, ...]
    code: str
    check_url: str
    gift: bool = False
    copy: int = 0
    copied_by: str = ""
    """Who made the copy, where it is not the store: copies are counted by each for itself."""
    moves_cash: bool = False
    """Cash went into the drawer or out of it: it has to open."""

    @property
    def words(self) -> Words:
        return words_of(self.language)

    @property
    def title(self) -> str:
        if self.gift:
            return self.words.gift_receipt
        return self.words.receipt if self.kind is ReceiptKind.SALE else self.words.return_receipt

    @property
    def copy_words(self) -> str:
        """`Copy 2`; empty on the original."""
        by = f" · {self.copied_by}" if self.copied_by else ""
        return f"{self.words.copy} {self.copy}{by}" if self.copy else ""

    @property
    def seller_lines(self) -> tuple[str, ...]:
        """Under the store's name: legal name, address, tax number, contact, as far as they are known."""
        seller = self.seller
        tax = f"{self.words.tax_number} {seller.tax_number}" if seller.tax_number else ""
        return tuple(text for text in (seller.legal_name, *seller.address, tax, seller.contact) if text)

    def money(self, minor: int) -> str:
        return amount(minor, self.currency, self.words)


def number_of(store: StoreId, fact: SaleRecorded | ReturnRecorded) -> str:
    """The receipt's name for people: store, till, gapless number."""
    return called(store, fact.till, fact.receipt_number)


def called(store: StoreId, till: TillId, number: int) -> str:
    """As it stands on the paper."""
    return f"{store}-{till}-{number:06d}"


def receipt_id(fact: SaleRecorded | ReturnRecorded) -> ReceiptId:
    if isinstance(fact, SaleRecorded):
        return ReceiptId(fact.sale)
    return ReceiptId(f"{fact.sale}:{fact.till}:{fact.receipt_number}")


def receipt_of(
    store: StoreId,
    fact: SaleRecorded | ReturnRecorded,
    *,
    at_us: int,
    by: UserId,
    head: bytes,
    people: Mapping[UserId, str],
    otherwise: ReceiptText,
) -> Receipt:
    """The receipt of a recorded fact: at_us and by are its entry's, head the chain head after its row.

    otherwise: what stands in for the text of facts of the first release, which kept none.
    """
    text = fact.receipt or otherwise
    words = words_of(text.language)
    lines = fact.lines if isinstance(fact, SaleRecorded) else fact.sold
    letters = _letters(lines)
    served = fact.associate if isinstance(fact, SaleRecorded) else by
    code = short_head(head) if head else ""
    return Receipt(
        template=text.template,
        kind=ReceiptKind.SALE if isinstance(fact, SaleRecorded) else ReceiptKind.RETURN,
        language=text.language,
        receipt=receipt_id(fact),
        number=number_of(store, fact),
        business_day=fact.business_day,
        at_us=at_us,
        time_zone=text.time_zone,
        currency=fact.currency,
        seller=text.seller,
        served_by=people.get(served, served),
        lines=tuple(_line(line, text, words, letters) for line in lines),
        total_minor=fact.total_minor,
        tax_minor=fact.tax_minor,
        taxes=_taxes(lines, text, words, letters),
        tenders=tuple(_paid(tender, fact.currency, text, words) for tender in fact.tenders),
        notes=(*_notes(fact, lines, words), *_points(text, words, fact.currency)),
        foot=tuple(part.strip() for part in text.foot.splitlines() if part.strip()),
        code=code,
        check_url=f"{text.check_url}?code={code}" if text.check_url and code else "",
        moves_cash=any(moves_cash(tender) for tender in fact.tenders),
    )


def as_gift(receipt: Receipt) -> Receipt:
    """The same receipt and code, with nothing on it that tells a price."""
    bare = (msgspec.structs.replace(line, price_minor=0, off=(), gross_minor=0, letter="") for line in receipt.lines)
    return msgspec.structs.replace(
        receipt, gift=True, lines=tuple(bare), total_minor=0, tax_minor=0, taxes=(), tenders=(), notes=(),
        moves_cash=False,
    )  # fmt: skip


def moves_cash(tender: Tender) -> bool:
    """Whether the drawer has to open for it."""
    cash = tender.kind is TenderKind.CASH
    return cash and bool(tender.amount_minor or tender.change_minor or tender.rounding_minor)


def quantity(line: SaleLine, words: Words) -> str:
    """`2.5 ct`; empty for one piece."""
    if line.quantity_milli == 1000 and not line.unit:
        return ""
    return f"{scaled(line.quantity_milli, 3, words)} {line.unit or '×'}"


def _line(line: SaleLine, text: ReceiptText, words: Words, letters: Mapping[tuple[str, int], str]) -> Line:
    details = next((each.details for each in text.lines if each.line == line.line), ())
    many = quantity(line, words)
    off = [(line.promotion or words.promotion, -line.promotion_minor)] if line.promotion_minor else []
    off += [(words.discount, -line.discount_minor)] if line.discount_minor else []
    return Line(
        text=line.description,
        details=((many, *details) if many else details),
        price_minor=asked(line),
        off=tuple(off),
        gross_minor=line.gross_minor,
        letter="".join(dict.fromkeys(letters[tax] for tax, *_ in _of_line(line))),
    )


Tax = tuple[tuple[str, int], int, int]
"""Code and rate in basis points, base and tax in minor units."""


def _of_line(line: SaleLine) -> list[Tax]:
    if line.taxes:
        return [((tax.code, tax.rate_bp), tax.base_minor, tax.tax_minor) for tax in line.taxes]
    if line.tax_bp and line.scheme is TaxScheme.STANDARD:  # a line of the first release: one tax, in the price
        return [(("", line.tax_bp), line.gross_minor - line.tax_minor, line.tax_minor)]
    return []


def _letters(lines: Sequence[SaleLine]) -> dict[tuple[str, int], str]:
    known = {tax for line in lines for tax, *_ in _of_line(line)}
    ordered = sorted(known, key=lambda tax: (-tax[1], tax[0]))
    return {tax: LETTERS[min(at, len(LETTERS) - 1)] for at, tax in enumerate(ordered)}


def _taxes(
    lines: Sequence[SaleLine], text: ReceiptText, words: Words, letters: Mapping[tuple[str, int], str]
) -> tuple[TaxRow, ...]:
    names = {each.code: each.name for each in text.tax_names}
    rows = []
    for (code, rate_bp), letter in letters.items():
        parts = [part for line in lines for part in _of_line(line) if part[0] == (code, rate_bp)]
        rows.append(
            TaxRow(
                letter=letter,
                name=names.get(code) or words.tax,
                rate=share(rate_bp, words),
                base_minor=sum(base for _, base, _ in parts),
                tax_minor=sum(tax for *_, tax in parts),
            )
        )
    return tuple(rows)


def _paid(tender: Tender, currency: str, text: ReceiptText, words: Words) -> Paid:
    slip = _slip(tender.payment, text.slips)
    about: list[str] = []
    if tender.conversion is not None:
        foreign = tender.conversion
        rate = scaled(foreign.rate_e9, 9, words)
        about.append(f"{foreign.currency} {amount(foreign.amount_minor, foreign.currency, words)}")
        about.append(f"{words.rate} 1 {foreign.currency} = {rate} {currency} ({foreign.source})")
    if slip is not None:
        card = f"{slip.brand or words.card} •••• {slip.last4}" if slip.last4 else slip.brand
        about += [card] if card else []
        about += [f"{words.approval} {slip.auth_code}"] if slip.auth_code else []
        about += [f"AID {slip.aid}"] if slip.aid else []
        about += [slip.reference] if slip.reference else []
        about += [words.stored] if slip.stored_offline else []
    elif tender.reference and tender.kind is not TenderKind.EXCHANGE:  # that names a sale by its id, for machines
        about.append(tender.reference)
    return Paid(
        name=words.tenders[tender.kind],
        given_minor=tender.amount_minor + tender.rounding_minor + tender.change_minor,
        change_minor=tender.change_minor,
        rounding_minor=tender.rounding_minor,
        about=tuple(about),
    )


def _slip(payment: PaymentId, slips: Iterable[CardSlip]) -> CardSlip | None:
    return next((slip for slip in slips if payment and slip.payment == payment), None)


def _notes(fact: SaleRecorded | ReturnRecorded, lines: Sequence[SaleLine], words: Words) -> tuple[str, ...]:
    """What the law wants said where no tax is shown."""
    schemes = {line.scheme for line in lines}
    notes = [words.margin] if TaxScheme.MARGIN in schemes else []
    if TaxScheme.EXEMPT in schemes:
        why = fact.exemption if isinstance(fact, SaleRecorded) else ""
        notes.append(f"{words.exempt}: {why}" if why else words.exempt)
    return tuple([*notes, words.outside] if TaxScheme.OUTSIDE in schemes else notes)


def _points(text: ReceiptText, words: Words, currency: str) -> tuple[str, ...]:
    if not text.points_minor:
        return ()
    said = words.points_least if text.points_least else words.points
    return (said % f"{amount(text.points_minor, currency, words)} {currency}",)
