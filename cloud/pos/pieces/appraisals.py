"""Appraisals of a piece: what somebody said it is worth, to whom it matters, and on which day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.pos.pieces.checks import RecordError
from cloud.tables import appraisal, appraisal_event, piece
from cloud.work import Work
from contract.ids import PieceId, UserId
from trade.appraisal import APPRAISAL, AppraisalEvent, AppraisalState
from trade.attributes import is_day
from trade.record import CURRENCY, PRICE_MINOR_MAX

NOTE_LENGTH_MAX: Final = 1000
NAME_LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Appraisal:
    """`purpose`: insurance, estate, trade-in …; `day` is when it was valued, `at_us` when it was written here.

    `sha256`: of the PDF it was signed as; `to`: the one that took its place.
    """

    value_minor: int
    currency: str
    purpose: str
    appraiser: str
    day: str
    note: str = ""
    by: str = ""
    at_us: int = 0
    appraisal: str = ""
    state: AppraisalState = AppraisalState.DRAFT
    sha256: str = ""
    to: str = ""


WRITTEN: Final = ("value_minor", "currency", "purpose", "appraiser", "day", "note", "by", "at_us", "appraisal")


def listing(tx: Tx, wanted: PieceId) -> list[Appraisal]:
    """Newest day first."""
    query = sa.select(appraisal).where(appraisal.c.piece == wanted)
    found = tx.rows(query.order_by(appraisal.c.day.desc(), appraisal.c.at_us.desc()))
    return [_of(row, events(tx, row["appraisal"])) for row in found]


def one(tx: Tx, name: str) -> tuple[PieceId, Appraisal] | None:
    row = tx.row(sa.select(appraisal).where(appraisal.c.appraisal == name))
    return None if row is None else (PieceId(row["piece"]), _of(row, events(tx, name)))


def events(tx: Tx, name: str) -> Sequence[sa.RowMapping]:
    """What became of it, in the order it was said."""
    return tx.rows(sa.select(appraisal_event).where(appraisal_event.c.appraisal == name).order_by(appraisal_event.c.n))


def _of(row: sa.RowMapping, told: Sequence[sa.RowMapping]) -> Appraisal:
    state, sha256, to = AppraisalState.DRAFT, "", ""
    for each in told:
        event = AppraisalEvent(each["event"])
        state = APPRAISAL.after(state, event) or state
        sha256 = each["sha256"] or sha256
        to = each["to"] if event is AppraisalEvent.SUPERSEDE else to
    return Appraisal(**{name: row[name] for name in WRITTEN}, state=state, sha256=sha256, to=to)


def appraise(work: Work, wanted: PieceId, told: Appraisal, *, new_id: str, by: UserId) -> None:
    """One is added, none is ever changed: a mistake is mended by a newer one. Raises `LookupError`, `RecordError`."""
    if work.tx.value(sa.select(piece.c.piece).where(piece.c.piece == wanted)) is None:
        raise LookupError(f"there is no piece {wanted}")
    wrong = []
    if not 0 < told.value_minor <= PRICE_MINOR_MAX:
        wrong.append(("value", "what is it worth?"))
    if not CURRENCY.fullmatch(told.currency):
        wrong.append(("currency", "three capital letters, e.g. EUR (ISO 4217)"))
    if not is_day(told.day):
        wrong.append(("day", "a day as 2026-11-29"))
    for name, text in (("purpose", told.purpose), ("appraiser", told.appraiser)):
        if not text.strip() or len(text) > NAME_LENGTH_MAX:
            wrong.append((name, f"1 to {NAME_LENGTH_MAX} signs"))
    if len(told.note) > NOTE_LENGTH_MAX:
        wrong.append(("note", f"at most {NOTE_LENGTH_MAX} signs"))
    if wrong:
        raise RecordError(wrong)
    row = {name: getattr(told, name) for name in WRITTEN}
    work.tx.add(appraisal, {**row, "appraisal": new_id, "piece": wanted, "by": by, "at_us": work.now_us})
