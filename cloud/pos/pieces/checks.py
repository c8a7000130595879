"""What is wrong with records before they are kept, row by row and field by field, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud.pos.pieces.categories import Rules
from cloud.pos.pieces.history import Record
from cloud.tables import node, piece
from cloud.work import Work
from contract.ids import PieceId, StoreId
from trade.attributes import wrong_values
from trade.hallmarks import wrong_hallmark
from trade.record import CURRENCY, PRICE_MINOR_MAX
from trade.record import wrong as wrong_record

IMPORT_ROWS_MAX: Final = 20_000
BACKING_LENGTH_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one row of an import; rows count from 1."""

    row: int
    piece: str
    field: str
    why: str


class RecordError(Exception):
    """A record that cannot be true, field by field."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {why}" for field, why in errors))
        self.errors = list(errors)


def errors_of(
    work: Work, told: Sequence[Record], store: StoreId, known: Mapping[PieceId, Record], rules: Rules
) -> list[RowError]:
    """Everything that is wrong with these records, alone, together, and with what the office has."""
    errors: list[RowError] = []
    if len(told) > IMPORT_ROWS_MAX:
        why = f"{len(told)} rows; import at most {IMPORT_ROWS_MAX} at once"
        return [RowError(row=IMPORT_ROWS_MAX + 1, piece="", field="", why=why)]
    if work.tx.value(sa.select(node.c.store).where(node.c.store == store)) is None:
        errors.append(RowError(row=0, piece="", field="store", why=f"there is no store {store!r}; open it first"))
    wholes = _there(work, {each.card.set_of for each in told}) | {each.card.piece for each in told}
    taken = _bound(work, [each.card.epc for each in told if each.card.epc])
    pieces: dict[str, int] = {}
    epcs: dict[str, int] = {}
    for number, record in enumerate(told, 1):
        card = record.card
        wrong = [] if known.get(card.piece) == record else _wrong(record, rules)
        if card.piece in pieces:
            wrong.append(("piece", f"the same piece is in row {pieces[card.piece]}"))
        if card.epc and card.epc in epcs:
            wrong.append(("epc", f"the same tag is in row {epcs[card.epc]}"))
        if card.epc and taken.get(card.epc, card.piece) != card.piece:
            wrong.append(("epc", f"this tag is bound to piece {taken[card.epc]}"))
        if card.set_of and card.set_of not in wholes:
            wrong.append(("set_of", f"there is no piece {card.set_of} to be a part of"))
        errors += [RowError(row=number, piece=card.piece, field=field, why=why) for field, why in wrong]
        pieces.setdefault(card.piece, number)
        epcs.setdefault(card.epc, number)
    return errors


def _wrong(record: Record, rules: Rules) -> list[tuple[str, str]]:
    """Fields that cannot be right, with the mend."""
    card, backing = record.card, record.backing
    found = wrong_record(card)
    asked = rules.get(card.category, ())
    found += [("attributes", why) for why in wrong_values(card.attributes, asked, card.category)]
    found += [("attributes", why) for why in wrong_hallmark(card)]
    if not 0 <= backing.cost_minor <= PRICE_MINOR_MAX:
        found.append(("cost_minor", "a cost is not below nothing, and not above any piece's"))
    if backing.cost_minor and not CURRENCY.fullmatch(backing.cost_currency):
        found.append(("cost_currency", "three capital letters, e.g. EUR (ISO 4217)"))
    told = (("source", backing.source), ("provenance", backing.provenance))
    found += [(name, f"at most {BACKING_LENGTH_MAX} signs") for name, text in told if len(text) > BACKING_LENGTH_MAX]
    return found


def _bound(work: Work, epcs: Sequence[str]) -> dict[str, PieceId]:
    found: dict[str, PieceId] = {}
    for at in range(0, len(epcs), 500):
        query = sa.select(piece.c.epc, piece.c.piece).where(piece.c.epc.in_(epcs[at : at + 500]))
        found.update({row["epc"]: PieceId(row["piece"]) for row in work.tx.rows(query)})
    return found


def _there(work: Work, names: Iterable[PieceId]) -> set[PieceId]:
    found: set[PieceId] = set()
    asked = sorted(set(names) - {PieceId("")})
    for at in range(0, len(asked), 500):
        query = sa.select(piece.c.piece).where(piece.c.piece.in_(asked[at : at + 500]))
        found.update(PieceId(row["piece"]) for row in work.tx.rows(query))
    return found
