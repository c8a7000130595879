"""The rules of a sale, from the first piece on the pad to the receipt. Its way back is `returning`."""

from collections.abc import Callable
from typing import Final

import msgspec

from contract.facts import (
    AnyFact,
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    LineKind,
    SaleLine,
    SaleLineAdded,
    SaleLineRemoved,
    SaleOpened,
    SaleParked,
    SaleRecorded,
    SaleResumed,
    SaleVoided,
    Tender,
    TenderKind,
)
from contract.ids import ClaimId, LineId, PersonId, PieceId, SaleId, UserId
from contract.money import plain
from trade import commission, trays
from trade.acts import (
    AddOther,
    AddPiece,
    OpenSale,
    ParkSale,
    RecordSale,
    RemoveLine,
    ResumeSale,
    VoidSale,
)
from trade.cash import rounded
from trade.claim import release_all
from trade.custody import TokenState
from trade.ordering import collecting
from trade.piece import Standing, claimed, not_for_sale, unavailable, unread
from trade.price import cart, other_line, piece_line, price_in
from trade.receipt_text import receipt_text, with_points
from trade.refusal import Refusal, Why
from trade.sale import LINES_PER_SALE_MAX, SALE_MINOR_MAX, Sale, SaleState, must_be
from trade.scene import Scene
from trade.tender import cards_paid, tenders_pay, transfers_named, values_paid
from trade.valuing import give_up, given_back, kept_of_lines, lasting_lines, of_the_line, taken_in

NO_SALE: Final = SaleId("")
Answer = tuple[AnyFact, ...] | Refusal
NewId = Callable[[], str]


def open_sale(scene: Scene, act: OpenSale, by: UserId) -> Answer:
    """Asking twice for one sale is one sale."""
    if scene.sale is not None:
        return () if scene.sale.till == act.till else Refusal(Why.WRONG_STATE, f"Sale {act.sale} is at another till")
    if scene.shift is None:
        return Refusal(Why.NO_SHIFT, f"Open a shift on {act.till} first")
    if scene.shift.currency != act.currency:
        return Refusal(Why.WRONG_CURRENCY, f"The drawer of {act.till} holds {scene.shift.currency}")
    return (SaleOpened(sale=act.sale, till=act.till, associate=by, currency=act.currency),)


def add_piece(scene: Scene, act: AddPiece, new_id: NewId) -> Answer:
    """Claims the piece for this cart at today's price; that price stands."""
    refusal = must_be(scene.sale, act.sale, SaleState.OPEN)
    if refusal is not None:
        return refusal
    sale = scene.sale
    assert sale is not None
    piece = scene.piece(act.piece)
    if act.piece in sale.pieces():
        return ()
    off_tray = trays.taken(scene, piece, act.appointment)
    if isinstance(off_tray, Refusal):
        return off_tray
    if off_tray is not None:
        piece = msgspec.structs.replace(piece, claim=None)
    refusal = _can_be_claimed(piece, scene, act.override) or _price_wrong(piece, sale, act.discount_minor)
    if refusal is not None:
        return refusal
    token, card = piece.token, piece.card
    assert token is not None
    assert card is not None
    claim = ClaimId(new_id())
    price = price_in(card, sale.currency)
    assert price is not None
    line = piece_line(
        card,
        line=LineId(new_id()),
        claim=claim,
        ce=token.ce,
        price_minor=price,
        discount_minor=act.discount_minor,
        feed_rev=scene.feed_rev,
        offer=scene.offer,
    )
    full = _no_room(sale, line)
    if full is not None:
        return full
    return (
        *((off_tray,) if off_tray is not None else ()),
        ClaimHeld(claim=claim, piece=act.piece, ce=token.ce, kind=ClaimKind.CART, ref=act.sale),
        SaleLineAdded(sale=act.sale, line=line),
    )


def _can_be_claimed(piece: Standing, scene: Scene, override: str) -> Refusal | None:
    if piece.card is None:
        return Refusal(Why.UNKNOWN_PIECE, f"This store's list has no piece {piece.piece}", piece.piece)
    refusal = unavailable(piece, scene.guards) or not_for_sale(piece)
    if refusal is not None:
        return refusal
    if piece.on_pad or piece.seen:
        return None
    if override:
        return unread(piece)
    return Refusal(Why.NOT_SEEN, f"Lay {piece.name} on the pad", piece.piece)


def _price_wrong(piece: Standing, sale: Sale, discount_minor: int) -> Refusal | None:
    card = piece.card
    assert card is not None
    price = price_in(card, sale.currency)
    if price is None:
        why = f"{piece.name} is priced in {card.currency}, the sale in {sale.currency}: ask the office for a price"
        return Refusal(Why.WRONG_CURRENCY, why, piece.piece)
    if not 0 <= discount_minor <= price:
        return Refusal(Why.WRONG_PRICE, "A discount lies between nothing and the price", piece.piece)
    return None


def add_other(scene: Scene, act: AddOther, new_id: NewId) -> Answer:
    """A measured good or a service: no piece, no claim."""
    refusal = must_be(scene.sale, act.sale, SaleState.OPEN)
    if refusal is not None:
        return refusal
    if act.kind is LineKind.PIECE:
        return Refusal(Why.WRONG_STATE, "A piece is added by its tag, not by hand")
    if act.kind not in (LineKind.GOODS, LineKind.SERVICE):
        return Refusal(Why.WRONG_STATE, f"A {act.kind.replace('_', ' ')} is sold by its own name, not by hand")
    if act.unit_minor < 0 or act.quantity_milli <= 0 or not 0 <= act.tax_bp <= 10_000:
        return Refusal(Why.WRONG_PRICE, "Quantity must be above nothing, price and tax not below it")
    line = other_line(
        act.kind,
        act.description,
        line=LineId(new_id()),
        unit_minor=act.unit_minor,
        quantity_milli=act.quantity_milli,
        tax_bp=act.tax_bp,
        feed_rev=scene.feed_rev,
        offer=scene.offer,
    )
    assert scene.sale is not None
    return _no_room(scene.sale, line) or (SaleLineAdded(sale=act.sale, line=line),)


def _no_room(sale: Sale, line: SaleLine) -> Refusal | None:
    if len(sale.lines) >= LINES_PER_SALE_MAX:
        return Refusal(Why.WRONG_STATE, f"A sale has at most {LINES_PER_SALE_MAX} lines; record this one and go on")
    if sale.total_minor + line.gross_minor > SALE_MINOR_MAX:
        return Refusal(Why.WRONG_PRICE, f"A sale comes to at most {plain(SALE_MINOR_MAX, sale.currency)}")
    return None


def remove_line(scene: Scene, act: RemoveLine) -> Answer:
    refusal = must_be(scene.sale, act.sale, SaleState.OPEN)
    if refusal is not None:
        return refusal
    assert scene.sale is not None
    line = scene.sale.line(act.line)
    if line is None:
        return Refusal(Why.NOT_IN_SALE, f"Sale {act.sale} has no line {act.line}")
    together = collecting.with_it(scene, line)
    claims = {each.claim for each in together if each.claim}
    freed = tuple(claim for claim in scene.sale_claims if claim.claim in claims)
    behind = give_up((*of_the_line(scene, line), *collecting.behind(scene, line)))
    return (*(SaleLineRemoved(sale=act.sale, line=each.line) for each in together), *behind, *release_all(freed))


def park(scene: Scene, act: ParkSale) -> Answer:
    return must_be(scene.sale, act.sale, SaleState.OPEN) or (SaleParked(sale=act.sale),)


def resume(scene: Scene, act: ResumeSale) -> Answer:
    refusal = must_be(scene.sale, act.sale, SaleState.PARKED)
    if refusal is None and scene.shift is None:
        refusal = Refusal(Why.NO_SHIFT, f"Open a shift on {act.till} first")
    return refusal or (SaleResumed(sale=act.sale, till=act.till),)


def void(scene: Scene, act: VoidSale) -> Answer:
    refusal = must_be(scene.sale, act.sale, SaleState.OPEN, SaleState.PARKED)
    gone = (*give_up(scene.asks), *release_all(scene.sale_claims))
    return refusal or (SaleVoided(sale=act.sale, reason=act.reason), *gone)


def record(scene: Scene, act: RecordSale, *, value_minor: int = 0, value_of: SaleId = NO_SALE) -> Answer:
    """One transaction: claims converted, custody sold, gapless receipt number. Asked again, it is done already.

    value_minor: what came back of sale `value_of` in the same act; it pays as far as it goes.
    """
    sale = scene.sale
    if sale is not None and sale.state is SaleState.RECORDED:
        return ()
    refusal = must_be(sale, act.sale, SaleState.OPEN, SaleState.TENDERING)
    if refusal is not None:
        return refusal
    assert sale is not None
    if scene.shift is None:
        return Refusal(Why.NO_SHIFT, f"Open a shift on {sale.till} first")
    if not sale.lines:
        return Refusal(Why.EMPTY, "There is nothing in this sale")
    lines = sale.lines if sale.state is SaleState.TENDERING else cart(sale.lines, scene.offer)
    total = sum(line.gross_minor for line in lines)
    tenders = rounded(act.tenders, scene.cash.step_minor)
    refusal = cards_paid(tenders, scene.payments, scene.terminal) or transfers_named(tenders)
    refusal = refusal or values_paid(tenders, given_back(lines), scene.asks, act.client or "")
    exchanged = min(value_minor, max(total, 0))
    refusal = refusal or tenders_pay(tenders, total - exchanged, sale.currency, scene.cash)
    if refusal is None and not act.client and any(line.kind is LineKind.DEPOSIT for line in lines):
        refusal = Refusal(Why.EMPTY, "A deposit is a client's: say whose")
    worth = (Tender(kind=TenderKind.EXCHANGE, amount_minor=exchanged, reference=value_of),) if exchanged else ()
    verdict = _pad_verdict(scene, sale, act.override)
    for line in lines:
        if refusal is None and line.piece is not None:
            refusal = _claim_lost(scene, line, line.piece)
    if refusal is not None:
        return refusal
    if isinstance(verdict, Refusal):
        return verdict
    converted = tuple(
        ClaimEnded(claim=c.claim, piece=c.piece, ce=c.ce, how=ClaimEnd.CONVERTED) for c in scene.sale_claims
    )
    lines = lasting_lines(scene, lines)
    ordered = collecting.at_recording(scene, act.sale, lines, act.client or PersonId(""))
    if isinstance(ordered, Refusal):
        return ordered
    recorded = SaleRecorded(
        sale=act.sale,
        till=sale.till,
        shift=scene.shift.shift,
        receipt_number=scene.receipt_next,
        business_day=scene.shift.business_day,
        associate=sale.associate,
        currency=sale.currency,
        lines=lines,
        tenders=(*worth, *tenders),
        total_minor=total,
        tax_minor=sum(line.tax_minor for line in lines),
        client=act.client,
        pad_verdict=verdict,
        exemption=sale.exemption,
        shares=commission.of_sale(scene, sale, lines),
        feed_rev=scene.feed_rev,
        gift=act.gift,
        receipt=receipt_text(scene, lines, act.tenders),
    )
    recorded = with_points(scene, recorded)
    kept = kept_of_lines(scene, lines, sale.currency, act.client or PersonId(""))
    from_orders = collecting.converted(scene, lines)
    return (*converted, *from_orders, recorded, *kept, *taken_in(scene, tenders), *ordered)


def _claim_lost(scene: Scene, line: SaleLine, piece_id: PieceId) -> Refusal | None:
    """A line sells only what its own live claim holds, under the custody epoch of that claim."""
    if not scene.guards.claim_unique:
        return None
    piece = scene.piece(piece_id)
    claim, token = piece.claim, piece.token
    if token is None or token.state is not TokenState.HERE:
        return unavailable(piece)
    if token.ce != line.ce:
        return Refusal(
            Why.NOT_OURS, f"{piece.name} was handed over anew meanwhile: take it off and add it again", piece_id
        )
    if piece.hold is not None:
        return unavailable(piece)
    if claim is None:
        return Refusal(Why.NOT_IN_SALE, f"{piece.name} is no longer kept for this sale: take it off and add it again")
    return None if claim.claim == line.claim else claimed(piece, claim)


def _pad_verdict(scene: Scene, sale: Sale, override: str) -> str | Refusal:
    """`matched` when the pad holds just the pieces of the cart; else a reason, or a refusal that names them."""
    cart = frozenset(sale.pieces())
    away = collecting.of_memos(scene, sale.lines)
    missing = sorted(scene.piece(piece).name for piece in cart - scene.pad - away)
    extra = sorted(scene.piece(piece).name for piece in scene.pad - cart)
    if not missing and not extra:
        return "matched"
    if override.strip():
        return f"override: {override.strip()}"
    why = f"Pad and sale differ; not on the pad: {', '.join(missing)}"
    if not missing:
        why = f"Pad and sale differ; on the pad but not in the sale: {', '.join(extra)}"
    elif extra:
        lacks, more = ", ".join(missing), ", ".join(extra)
        why = f"Pad and sale differ; not on the pad: {lacks}; on the pad but not in the sale: {more}"
    return Refusal(Why.PAD_MISMATCH, why)
