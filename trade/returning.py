"""The rules of giving back: what may come back of a sale, how its money goes, and when it waits for the office.

A return is bound to its sale line by line, and its pieces are read on the pad (pos.md §3.4). Money for a card at the
till's terminal is asked for only after the return stands in the books, and what the terminal says is what counts.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from contract.facts import (
    AnyFact,
    Disposition,
    PieceSighted,
    ReturnBegan,
    ReturnedLine,
    ReturnRecorded,
    SaleLine,
    Tender,
    TenderKind,
)
from contract.ids import PieceId, SaleId, UserId
from trade.acts import BeginReturn, ReturnPieces
from trade.cash import rounded
from trade.custody import TokenState
from trade.disposition import NO_SALE, disposed, of_each
from trade.payment import PaymentState
from trade.piece import Standing, twice_named
from trade.receipt_text import as_given_back, receipt_text
from trade.refund import left_by, part_of, too_much_by_card, whole
from trade.refusal import Refusal, Why
from trade.sale import Sale, SaleState
from trade.scene import NOWHERE, Scene
from trade.tender import tenders_pay
from trade.valuing import goes_onto, kept_of_refund, lasting_tenders

Answer = tuple[AnyFact, ...] | Refusal


class Draft(NamedTuple):
    """What a return would be. `override`: why a piece that no pad reads is taken back all the same."""

    sale: Sale
    parts: tuple[ReturnedLine, ...]
    override: str = ""

    @property
    def total_minor(self) -> int:
        return sum(part.gross_minor for part in self.parts)

    @property
    def tax_minor(self) -> int:
        return sum(part.tax_minor for part in self.parts)


def take_back(scene: Scene, act: ReturnPieces) -> Answer:
    """Money back while the token of the sold piece is here; otherwise the piece is held (custody.md §5)."""
    if act.returns and scene.return_known:
        return ()
    if scene.returning is not None:
        return Refusal(Why.WRONG_STATE, "This return has begun: finish it, or give it up")
    made = draft(scene, act)
    if not isinstance(made, Draft):
        return made
    return recorded(scene, act, made, act.tenders)


def draft(scene: Scene, act: ReturnPieces) -> Draft | Answer:
    """What would come back; facts when the piece is kept and the money waits for the office."""
    sale = scene.sale
    if not act.pieces and not act.lines:
        return Refusal(Why.EMPTY, "Lay the pieces that come back on the pad")
    again = twice_named(act.pieces, scene.pieces)
    if again is not None:
        return again
    standing = [scene.piece(each) for each in act.pieces]
    unseen = next((piece for piece in standing if not (piece.on_pad or piece.seen)), None)
    if unseen is not None and not act.override.strip():
        return _not_read(unseen)
    becomes = of_each(act.pieces, act.dispositions)
    if isinstance(becomes, Refusal):
        return becomes
    lines = _sold_lines(scene, act)
    if isinstance(lines, Refusal):
        return lines
    if sale is None or lines is None:
        if act.lines:
            return Refusal(Why.NO_SALE, "This store does not have this sale: only the store that sold gives back")
        held = [piece for piece in standing if piece.hold is None]
        return tuple(
            PieceSighted(piece=piece.piece, zone=scene.pad_zone if piece.on_pad else NOWHERE, return_of=act.sale)
            for piece in held
        )
    unread = [piece for piece in standing if not _read(scene, piece)]
    if unread and not act.override.strip():
        return _not_read(unread[0])
    if scene.shift is None:
        return Refusal(Why.NO_SHIFT, f"Open a shift on {act.till} first")
    if scene.shift.currency != sale.currency:
        return Refusal(Why.WRONG_CURRENCY, f"The drawer of {act.till} holds {scene.shift.currency}")
    parts = _parts(scene, sale, act, lines, becomes)
    return parts if isinstance(parts, Refusal) else Draft(sale, parts, act.override.strip() if unread else "")


def _not_read(piece: Standing) -> Refusal:
    why = f"Lay {piece.name} on the pad: a return is read, not believed. If no pad can read it, say why"
    return Refusal(Why.NOT_SEEN, why, piece.piece)


def _read(scene: Scene, piece: Standing) -> bool:
    """On this till's pad; where it has none, by any reader of the store."""
    return piece.on_pad or (piece.seen and scene.pad_zone == NOWHERE)


def _parts(
    scene: Scene, sale: Sale, act: ReturnPieces, lines: tuple[SaleLine, ...], becomes: Mapping[PieceId, Disposition]
) -> tuple[ReturnedLine, ...] | Refusal:
    if sale.state is not SaleState.RECORDED:
        if sale.state is SaleState.VOIDED:
            return Refusal(Why.WRONG_STATE, "This cart was emptied: nothing of it was sold, so nothing comes back")
        return Refusal(Why.WRONG_STATE, "This sale is not recorded yet: only what was sold comes back")
    before = [*scene.back, *(whole(line) for line in sale.lines if _back_whole(scene, line))]
    parts: list[ReturnedLine] = []
    for line in lines:
        assert line.piece is not None
        part = part_of(line, [*before, *parts], quantity_milli=line.quantity_milli, disposition=becomes[line.piece])
        if isinstance(part, Refusal):
            return part
        parts.append(part)
    for wanted in act.lines:
        found = sale.line(wanted.line)
        if found is None:
            return Refusal(Why.NOT_IN_SALE, "This line is not of this sale: load the page again")
        if found.account:
            why = f"{found.description} is money kept for a client: a deposit is given back, a gift card is spent"
            return Refusal(Why.WRONG_STATE, why)
        if found.piece is not None and wanted.quantity_milli:
            why = f"{found.description} is a piece: lay it on the pad, it comes back by what is read"
            return Refusal(Why.WRONG_STATE, why, found.piece)
        part = part_of(found, [*before, *parts], quantity_milli=wanted.quantity_milli, amount_minor=wanted.amount_minor)
        if isinstance(part, Refusal):
            return part
        parts.append(part)
    if len({part.line for part in parts}) < len(parts):
        return Refusal(Why.WRONG_STATE, "A line is named twice: name each line once")
    return tuple(parts)


def _back_whole(scene: Scene, line: SaleLine) -> bool:
    """It came back before this release, or at another store: no parts tell of it."""
    return line.line in scene.returned and not any(part.line == line.line for part in scene.back)


def recorded(
    scene: Scene, act: ReturnPieces, made: Draft, tenders: tuple[Tender, ...], *, exchange: SaleId = NO_SALE
) -> Answer:
    """The receipt of a return, and how its pieces are from now on."""
    tenders = rounded(tenders, scene.cash.step_minor, back=True)
    refusal = _by_hand(scene, act.tenders) or _goes_back(scene, tenders, made)
    if refusal is not None:
        return refusal
    shift = scene.shift
    assert shift is not None
    tenders = lasting_tenders(scene, tenders)
    pieces = tuple(part.piece for part in made.parts if part.piece is not None)
    sold = as_given_back(made.sale.lines, made.parts)
    ways = {part.disposition for part in made.parts if part.piece is not None}
    fact = ReturnRecorded(
        sale=act.sale,
        lines=tuple(part.line for part in made.parts),
        pieces=pieces,
        till=act.till,
        shift=shift.shift,
        receipt_number=scene.receipt_next,
        business_day=shift.business_day,
        currency=made.sale.currency,
        tenders=tenders,
        total_minor=made.total_minor,
        tax_minor=made.tax_minor,
        reason=act.reason,
        disposition=next(iter(ways)) if len(ways) == 1 else "",
        exchange=exchange,
        returns=act.returns,
        parts=made.parts,
        override=made.override,
        approved_by=scene.returning.approved_by if scene.returning else UserId(""),
        sold=sold,
        receipt=receipt_text(scene, sold, tenders),
    )
    became = (_disposed(scene, part, act) for part in made.parts)
    kept = kept_of_refund(scene, tenders, made.sale.currency)
    return (fact, *(one for one in became if one is not None), *kept)


def _disposed(scene: Scene, part: ReturnedLine, act: ReturnPieces) -> AnyFact | None:
    if part.piece is None:
        return None
    piece = scene.piece(part.piece)
    ce = piece.token.ce if piece.token else 0
    return disposed(piece, part.disposition, ce=ce, reason=act.reason, sale=act.sale)


def _goes_back(scene: Scene, tenders: tuple[Tender, ...], made: Draft) -> Refusal | None:
    paid = tuple(each for each in tenders if each.kind is not TenderKind.EXCHANGE)
    value = sum(each.amount_minor for each in tenders if each.kind is TenderKind.EXCHANGE)
    rest = made.total_minor - value
    currency = made.sale.currency
    return (
        tenders_pay(paid, rest, currency, scene.cash, back=True)
        or too_much_by_card(tenders, scene.paid, scene.went, currency)
        or goes_onto(scene, tenders, currency)
    )


def _by_hand(scene: Scene, tenders: tuple[Tender, ...]) -> Refusal | None:
    """A card that paid at a terminal gets its money there, not by a slip that somebody types."""
    left = left_by(scene.paid, scene.went)
    ours = {each.payment for each in scene.payments if each.state is PaymentState.CAPTURED}
    for tender in tenders:
        if tender.kind is not TenderKind.CARD:
            continue
        if scene.terminal and any(amount > 0 and way.payment in ours for way, amount in left.items()):
            return Refusal(Why.WRONG_TENDERS, "Ask the terminal: the money goes back to the card that paid")
        if not tender.reference.strip():
            return Refusal(Why.WRONG_TENDERS, "Type the reference of the terminal's slip beside the card's amount")
    return None


def _sold_lines(scene: Scene, act: ReturnPieces) -> tuple[SaleLine, ...] | Refusal | None:
    """The sale's lines of these pieces; None when the money must wait for the office."""
    found: list[SaleLine] = []
    for each in act.pieces:
        piece = scene.piece(each)
        token = piece.token
        line = next((one for one in scene.sale.lines if one.piece == each), None) if scene.sale else None
        if line is not None and line.line in scene.returned:
            return Refusal(Why.RETURNED, f"{piece.name} came back already: a piece is paid back once", each)
        if token is None or not token.held:
            return None
        if token.state is TokenState.SOLD and token.sale != act.sale:
            return _sold_otherwise(piece)
        if token.state is TokenState.INCOMING:
            return None
        if token.state is TokenState.HERE:
            # the books do not know it as sold: the client may be right and the row lost, so it is kept, and only the
            # office can say that this sale was and is open (custody.md §3)
            hold = piece.hold
            if hold is None or hold.sale != act.sale or (not hold.confirmed and scene.guards.hold_confirm):
                return None
        if line is None:
            return None
        found.append(line)
    return tuple(found)


def _sold_otherwise(piece: Standing) -> Refusal:
    why = f"{piece.name} was sold in another sale: find its receipt to give it back"
    if piece.sold_by:
        why = f"{piece.name} was sold by another receipt, {piece.sold_by}: open that one to give it back"
    return Refusal(Why.ALREADY_SOLD, why, piece.piece)


def begin(scene: Scene, act: BeginReturn) -> Answer:
    """The return stands in the books; now its terminal may be asked."""
    if scene.returning is not None or scene.return_known:
        return ()
    if not act.returns:
        return Refusal(Why.EMPTY, "Give the return an id, so that it can be asked for twice and be one")
    if act.back.tenders:
        return Refusal(Why.WRONG_TENDERS, "How the money goes is said when the return is finished")
    if not scene.terminal:
        return Refusal(Why.NO_TERMINAL, f"{act.back.till} has no terminal connected: type the reference of its slip")
    made = draft(scene, act.back)
    if not isinstance(made, Draft):
        return made
    return (
        ReturnBegan(
            returns=act.returns,
            sale=act.back.sale,
            till=act.back.till,
            currency=made.sale.currency,
            parts=made.parts,
            total_minor=made.total_minor,
            tax_minor=made.tax_minor,
            reason=act.back.reason,
            override=made.override,
        ),
    )


def with_pad_without(scene: Scene, pieces: tuple[PieceId, ...]) -> Scene:
    """What lies on the pad beside the pieces that come back."""
    return msgspec.structs.replace(scene, pad=scene.pad - frozenset(pieces))
