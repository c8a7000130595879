"""A code that a scanner typed, or a person, to the one piece it is of; else why not, and what to do, in words."""

from typing import Final

from contract.feed import PieceCard
from contract.ids import PieceId
from edge.api.shop import Shop
from edge.books import replica
from trade import scan
from trade.scan import ScanError, Scanned
from trade.seek import SeekError, key
from web.problems import ProblemError

NAMED_MAX: Final = 5
"""Pieces named where a code is of several."""


def pieces_of(shop: Shop, code: str) -> list[PieceCard]:
    """Every piece that a code may be of: tag first, then article and serial number, then names of the house.

    Raises a 422 problem for a code that cannot be read.
    """
    try:
        return _of(shop, scan.read(code))
    except ScanError as error:
        raise ProblemError(422, "code", "This code cannot be read", str(error)) from error


def _of(shop: Shop, scanned: Scanned) -> list[PieceCard]:
    for epc in scanned.epcs:
        card = replica.piece_by_epc(shop.db, epc)
        if card is not None:
            return [card]
    if scanned.gtin:
        found = {card.piece: card for name in scan.gtins(scanned.gtin) for card in replica.named(shop.db, name)}
        articles = [card for card in found.values() if key(card.barcode) in scan.gtins(scanned.gtin)]
        if scanned.serial:
            serial = key(scanned.serial)
            return [card for card in articles if serial in (key(card.serial), key(card.piece))]
        return articles or list(found.values())
    return replica.named(shop.db, scanned.name)


def the_piece(shop: Shop, code: str, *, pad: frozenset[PieceId] = frozenset()) -> PieceCard:
    """The one piece; of several of one article the one on the pad. Raises a 404 problem in words."""
    found = pieces_of(shop, code) or _found(shop, code)
    if len(found) > 1:
        laid = [card for card in found if card.piece in pad]
        found = laid if len(laid) == 1 else found
    if len(found) == 1:
        return found[0]
    said = scan.read(code).words
    if not found:
        raise ProblemError(404, "piece", f"No piece answers to {said}", "Type its whole number, or lay it on the pad.")
    names = ", ".join(f"{card.title} ({card.piece})" for card in found[:NAMED_MAX])
    more = f" and {len(found) - NAMED_MAX} more" if len(found) > NAMED_MAX else ""
    why = f"It may be {names}{more}. Lay the one that is meant on the pad, or type its own number."
    raise ProblemError(404, "piece", f"More than one piece answers to {said}", why)


def _found(shop: Shop, code: str) -> list[PieceCard]:
    """By words, for who types and does not scan."""
    try:
        return replica.search(shop.db, code.strip(), NAMED_MAX + 1) if code.strip() else []
    except SeekError as error:
        raise ProblemError(422, "query", "This cannot be looked for", str(error)) from error
