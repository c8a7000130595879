"""The full record of a piece as the office keeps it: card, what stands behind, papers, parts, history."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.appraising import Appraisal
from cloud.db import Tx
from cloud.pos.pieces import appraisals
from cloud.pos.pieces.columns import COLUMNS, Backing
from cloud.pos.pieces.desk import records
from cloud.pos.pieces.history import Change, history
from cloud.pos.pieces.wording import gems_text
from cloud.tables import piece
from contract.feed import PieceCard
from contract.ids import PieceId
from trade.certificates import is_lab_grown


@dataclass(frozen=True, slots=True)
class Part:
    piece: str
    title: str


@dataclass(frozen=True, slots=True)
class FullRecord:
    """`backing` is None for who may not know the cost. `parts`: when it is a set; `whole`: when it is a part of one."""

    card: PieceCard
    backing: Backing | None
    changed_us: int
    parts: list[Part]
    whole: Part | None
    appraisals: list[Appraisal]
    changes: list[Change]


def full_record(tx: Tx, wanted: PieceId, *, with_cost: bool) -> FullRecord | None:
    found = records(tx, [wanted]).get(wanted)
    if found is None:
        return None
    changed_us = tx.value(sa.select(piece.c.changed_us).where(piece.c.piece == wanted))
    whole = _parts(tx, piece.c.piece == found.card.set_of) if found.card.set_of else []
    return FullRecord(
        card=found.card,
        backing=found.backing if with_cost else None,
        changed_us=changed_us,
        parts=_parts(tx, piece.c.set_of == wanted),
        whole=whole[0] if whole else None,
        appraisals=appraisals.listing(tx, wanted),
        changes=history(tx, wanted, with_cost=with_cost),
    )


def _parts(tx: Tx, those: sa.ColumnElement[bool]) -> list[Part]:
    found = tx.rows(sa.select(piece.c.piece, piece.c.title).where(those).order_by(piece.c.piece))
    return [Part(piece=row["piece"], title=row["title"]) for row in found]


@dataclass(frozen=True, slots=True)
class Gem:
    text: str
    lab_grown: bool


def gems_told(card: PieceCard) -> list[Gem]:
    """Each stone in words, and whether it has to be called laboratory-grown."""
    return [Gem(gems_text((gem,)), is_lab_grown(gem.certificate)) for gem in card.gems]


def labels() -> dict[str, str]:
    """What people call the fields that a change names."""
    return {column.header: column.label for column in COLUMNS}
