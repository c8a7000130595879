"""Appraisals of a piece: what somebody said it is worth, to whom it matters, and on which day."""

import sqlalchemy as sa

from cloud import appraising
from cloud.appraising import WRITTEN, Appraisal
from cloud.db import Tx
from cloud.pos.pieces.checks import RecordError
from cloud.tables import appraisal, piece
from cloud.work import Work
from contract.ids import PieceId, UserId


def listing(tx: Tx, wanted: PieceId) -> list[Appraisal]:
    """Newest day first."""
    query = sa.select(appraisal).where(appraisal.c.piece == wanted)
    found = tx.rows(query.order_by(appraisal.c.day.desc(), appraisal.c.at_us.desc()))
    told = appraising.events(tx, [row["appraisal"] for row in found])
    return [appraising.made(row, told[row["appraisal"]]) for row in found]


def one(tx: Tx, name: str) -> tuple[PieceId, Appraisal] | None:
    row = tx.row(sa.select(appraisal).where(appraisal.c.appraisal == name))
    return None if row is None else (PieceId(row["piece"]), appraising.made(row, appraising.events(tx, [name])[name]))


def appraise(work: Work, wanted: PieceId, told: Appraisal, *, new_id: str, by: UserId) -> None:
    """One is added, none is ever changed: a mistake is mended by a newer one. Raises `LookupError`, `RecordError`."""
    if work.tx.value(sa.select(piece.c.piece).where(piece.c.piece == wanted)) is None:
        raise LookupError(f"there is no piece {wanted}")
    if wrong := appraising.wrong(told):
        raise RecordError(wrong)
    row = {name: getattr(told, name) for name in WRITTEN}
    work.tx.add(appraisal, {**row, "appraisal": new_id, "piece": wanted, "by": by, "at_us": work.now_us})
