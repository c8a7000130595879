"""Bringing pieces into the house: cards into the feed, and the first custody to a store. All rows or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import feed
from cloud.custody import Custody, Token
from cloud.tables import node, piece
from cloud.work import Work
from contract.commands import CustodyState, GrantCustody
from contract.feed import PieceCard
from contract.ids import PieceId, StoreId
from trade.custody import OfficeState

IMPORT_ROWS_MAX: Final = 20_000
KEPT: Final = tuple(name for name in PieceCard.__struct_fields__ if name in piece.c)
"""Fields of a card that the office has columns for,"""
NOT_KEPT: Final = {
    field.name: field.default for field in msgspec.structs.fields(PieceCard) if field.name not in piece.c
}
"""and those of a newer contract that it has none for yet: a card that says something there is refused, not cut."""
FIRST_STATE: Final = {
    CustodyState.HERE: OfficeState.HERE,
    CustodyState.INCOMING: OfficeState.INCOMING,
}


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one row of an import; rows count from 1."""

    row: int
    piece: str
    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do (`dry_run`). With errors nothing was changed."""

    new: int
    changed: int
    same: int
    errors: list[RowError]
    dry_run: bool


def bring_in(
    work: Work,
    cards: Sequence[PieceCard],
    store: StoreId,
    *,
    state: CustodyState = CustodyState.INCOMING,
    dry_run: bool = False,
) -> Imported:
    """Import cards; pieces that are new are granted to `store`.

    `incoming` pieces become sellable when a reader (or a scan) sees them there. `here` is the importer's word that
    they lie there already; it is meant for the opening stock of a store without readers.
    """
    known = _known(work, [card.piece for card in cards])
    cards = [_tagged(card, known.get(card.piece)) for card in cards]
    errors = _errors(work, cards, store, state)
    new = [card for card in cards if card.piece not in known]
    changed = [card for card in cards if card.piece in known and known[card.piece] != card]
    counted = Imported(
        new=len(new),
        changed=len(changed),
        same=len(cards) - len(new) - len(changed),
        errors=errors,
        dry_run=dry_run,
    )
    if errors or dry_run:
        return counted
    work.tx.put(piece, *(_row(card, store, work.now_us) for card in (*new, *changed)), keep=("home_store",))
    work.tell(*(feed.News(f"piece:{card.piece}", card) for card in (*new, *changed)))
    tokens = Custody(work)
    tokens.load(card.piece for card in new)
    given = [
        tokens.set(Token(piece=card.piece, holder=store, ce=tokens.next_ce(card.piece), state=FIRST_STATE[state]))
        for card in new
    ]
    tokens.flush()
    work.command(store, *(GrantCustody(piece=token.piece, ce=token.ce, state=token.told) for token in given))
    return counted


def _tagged(card: PieceCard, known: PieceCard | None) -> PieceCard:
    """A list without the tag does not take it off the piece; one with another tag is one binding more."""
    if known is None:
        return card
    if not card.epc:
        return msgspec.structs.replace(card, epc=known.epc, tid=known.tid, binding=known.binding)
    if card.epc != known.epc:
        return msgspec.structs.replace(card, binding=known.binding + 1)
    return msgspec.structs.replace(card, tid=card.tid or known.tid, binding=known.binding)


def _known(work: Work, pieces: Sequence[PieceId]) -> dict[PieceId, PieceCard]:
    found: dict[PieceId, PieceCard] = {}
    for at in range(0, len(pieces), 500):
        query = sa.select(piece).where(piece.c.piece.in_(pieces[at : at + 500]))
        found.update({row["piece"]: card_of(row) for row in work.tx.rows(query)})
    return found


def card_of(row: sa.RowMapping) -> PieceCard:
    """The card as every store gets it."""
    return PieceCard(**{name: row[name] for name in KEPT})


def _row(card: PieceCard, store: StoreId, now_us: int) -> dict[str, object]:
    kept = {name: getattr(card, name) for name in KEPT}
    return {**kept, "home_store": store, "words": words(card), "changed_us": now_us}


def words(card: PieceCard) -> str:
    """What search looks at."""
    told = (card.sku, card.title, card.category, card.metal, card.stones, card.designer, card.collection, card.epc)
    return " ".join(" ".join(told).lower().split())


def _errors(work: Work, cards: Sequence[PieceCard], store: StoreId, state: CustodyState) -> list[RowError]:
    errors: list[RowError] = []
    if len(cards) > IMPORT_ROWS_MAX:
        why = f"{len(cards)} rows; import at most {IMPORT_ROWS_MAX} at once"
        return [RowError(row=IMPORT_ROWS_MAX + 1, piece="", field="", why=why)]
    if work.tx.value(sa.select(node.c.store).where(node.c.store == store)) is None:
        errors.append(RowError(row=0, piece="", field="store", why=f"there is no store {store!r}; open it first"))
    if state not in FIRST_STATE:
        errors.append(RowError(row=0, piece="", field="state", why="a piece comes in as incoming or here"))
    taken = _bound(work, [card.epc for card in cards if card.epc])
    pieces: dict[str, int] = {}
    epcs: dict[str, int] = {}
    for number, card in enumerate(cards, 1):
        for field, why in _wrong(card):
            errors.append(RowError(row=number, piece=card.piece, field=field, why=why))
        if card.piece in pieces:
            why = f"the same piece is in row {pieces[card.piece]}"
            errors.append(RowError(row=number, piece=card.piece, field="piece", why=why))
        if card.epc and card.epc in epcs:
            why = f"the same tag is in row {epcs[card.epc]}"
            errors.append(RowError(row=number, piece=card.piece, field="epc", why=why))
        if card.epc and taken.get(card.epc, card.piece) != card.piece:
            why = f"this tag is bound to piece {taken[card.epc]}"
            errors.append(RowError(row=number, piece=card.piece, field="epc", why=why))
        pieces.setdefault(card.piece, number)
        epcs.setdefault(card.epc, number)
    return errors


def _wrong(card: PieceCard) -> list[tuple[str, str]]:
    """Fields that cannot be right, with the mend."""
    found: list[tuple[str, str]] = []
    if not card.piece or len(card.piece) > 64:
        found.append(("piece", "a piece has an id of 1 to 64 characters"))
    if not card.title:
        found.append(("title", "say what it is"))
    if len(card.currency) != 3 or not card.currency.isupper():
        found.append(("currency", "three capital letters, e.g. EUR (ISO 4217)"))
    if card.price_minor < 0:
        found.append(("price_minor", "a price is not below nothing"))
    if not 0 <= card.tax_bp <= 10_000:
        found.append(("tax_bp", "basis points, 0 to 10000: 2000 is 20 %"))
    if card.weight_mg < 0:
        found.append(("weight_mg", "a weight is not below nothing"))
    for name, default in NOT_KEPT.items():
        if getattr(card, name) != default:
            found.append((name, "this office cannot keep it yet; leave it out"))
    if card.epc and not _is_hex(card.epc):
        found.append(("epc", "upper-case hex, a whole number of 16-bit words, e.g. 24 characters for 96 bits"))
    return found


def _is_hex(epc: str) -> bool:
    return len(epc) % 4 == 0 and len(epc) <= 124 and all(letter in "0123456789ABCDEF" for letter in epc)


def _bound(work: Work, epcs: Sequence[str]) -> dict[str, PieceId]:
    found: dict[str, PieceId] = {}
    for at in range(0, len(epcs), 500):
        query = sa.select(piece.c.epc, piece.c.piece).where(piece.c.epc.in_(epcs[at : at + 500]))
        found.update({row["epc"]: PieceId(row["piece"]) for row in work.tx.rows(query)})
    return found
