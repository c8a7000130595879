"""The fold of counts: one row each, their verdicts as they stand, every look as it ended, and what was missed."""

import msgspec

from contract.facts import (
    CountAbandoned,
    CountApproved,
    CountExplained,
    CountFinished,
    CountMissed,
    CountProgress,
    CountRecounting,
    CountStarted,
    CountSubmitted,
    CountVerdict,
)
from contract.ids import HOUSE, CountId, UserId
from edge.books.db import Database
from edge.books.rows import CountRow, as_list, counters_of, totals_of
from trade.stocktake import found_of, with_total

CountFact = (
    CountStarted
    | CountProgress
    | CountFinished
    | CountApproved
    | CountAbandoned
    | CountMissed
    | CountSubmitted
    | CountRecounting
    | CountExplained
)


def apply(db: Database, fact: CountFact, at_us: int, by: UserId) -> None:
    """Changes the rows of counts as the fact says."""
    match fact:
        case CountStarted():
            people = as_list(() if by == HOUSE else (by,))
            db.run_struct("count_start", fact, started_us=at_us, zones=as_list(fact.zones), counted_by=people)
            db.run("count_request_take", count=fact.count)
        case CountProgress():
            db.run_struct("count_progress", fact)
        case CountFinished():
            tags, totals = _json(fact.tags), _json(fact.totals)
            db.run_struct("count_finish", fact, round=fact.rounds, ended_us=at_us, tags=tags, totals=totals)
            judged, zones = _json(fact.verdicts), as_list(fact.zones)
            db.run_struct("count_look_add", fact, zones=zones, verdicts=judged, ended_us=at_us)
            _verdicts(db, fact.count, fact.verdicts)
        case CountSubmitted():
            counted, people = _json(fact.quantities), _with(db, fact.count, by)
            db.run("count_submit", count=fact.count, quantities=counted, counted_by=people)
        case CountRecounting():
            db.run("count_recount", count=fact.count, zones=as_list(fact.zones), counted_by=_with(db, fact.count, by))
        case CountExplained():
            _explained(db, fact, by)
        case CountApproved():
            db.run_struct("count_approve", fact, at_us=at_us, approved_by=by)
            _verdicts(db, fact.count, fact.verdicts)
        case CountAbandoned():
            db.run("count_abandon", count=fact.count, why=fact.reason, ended_us=at_us)
        case CountMissed():
            db.run_struct("count_missed_add", fact, at_us=at_us)


def _explained(db: Database, fact: CountExplained, by: UserId) -> None:
    row = db.one("count", CountRow, count=fact.count)
    totals = with_total(() if row is None else totals_of(row), fact.total)
    db.run(
        "count_explain",
        count=fact.count,
        p_complete=fact.p_complete,
        totals=_json(totals),
        counted_by=_with(db, fact.count, by),
        **found_of(totals),
    )
    db.run_struct("verdict_set", fact.verdict, count=fact.count)


def _with(db: Database, count: CountId, by: UserId) -> str:
    """The people who took part in a count, and this one."""
    row = db.one("count", CountRow, count=count)
    known = () if row is None else counters_of(row)
    return as_list(known if by == HOUSE or by in known else (*known, by))


def _verdicts(db: Database, count: CountId, verdicts: tuple[CountVerdict, ...]) -> None:
    """All that is said of the count from now on; an earlier look is kept in `count_look`."""
    db.run("verdicts_clear", count=count)
    for verdict in verdicts:
        db.run_struct("verdict_set", verdict, count=count)


def _json(rows: object) -> str:
    return msgspec.json.encode(rows, order="deterministic").decode()
