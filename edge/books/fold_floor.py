"""The fold of the floor: presence, vision, readers, exits, alarms."""

from typing import Final

import msgspec

from contract.facts import (
    AlarmBudgetSet,
    AlarmClosed,
    AlarmRaised,
    CountAbandoned,
    CountApproved,
    CountExplained,
    CountFinished,
    CountMissed,
    CountProgress,
    CountRecounting,
    CountStarted,
    CountSubmitted,
    CoverageGap,
    ExitSeen,
    PiecePresence,
    ReaderChanged,
    ReaderHealth,
    RestockBegan,
    RestockEnded,
    ZonesCalibrated,
    ZoneVision,
)
from contract.facts.signals import InputChanged, OutputSet
from contract.ids import UserId
from edge.books import fold_counts as counts
from edge.books.db import Database
from edge.books.rows import Way, as_list

FloorFact = (
    PiecePresence
    | ZoneVision
    | ZonesCalibrated
    | ReaderHealth
    | ReaderChanged
    | CoverageGap
    | ExitSeen
    | AlarmRaised
    | AlarmClosed
    | AlarmBudgetSet
    | RestockBegan
    | RestockEnded
    | CountStarted
    | CountProgress
    | CountFinished
    | CountApproved
    | CountAbandoned
    | CountMissed
    | CountSubmitted
    | CountRecounting
    | CountExplained
    | InputChanged
    | OutputSet
)

GAPS_MAX: Final = 10_000
"""Gaps in coverage kept as rows, of all readers; older ones are in the journal and at the head office."""
READER_CHANGES_MAX: Final = 500
"""Changes of a reader's device or firmware, of each reader."""


def apply(db: Database, fact: FloorFact, at_us: int, by: UserId) -> None:
    """Changes the floor's rows as the fact says."""
    match fact:
        case PiecePresence():
            db.run_struct("presence_set", fact, since_us=at_us)
        case ZoneVision():
            db.run_struct("zone_set", fact, since_us=at_us)
        case ZonesCalibrated():
            lists = {
                name: msgspec.json.encode(getattr(fact, name)).decode() for name in ("zones", "antennas", "confusion")
            }
            db.run_struct("zones_calibrated", fact, **lists, by=by, at_us=at_us)
        case ReaderHealth():
            db.run_struct("reader_set", fact, since_us=at_us)
        case ReaderChanged():
            was = {f"was_{name}": told for name, told in msgspec.structs.asdict(fact.was).items()}
            db.run_struct("reader_change_add", fact.now, **was, reader=fact.reader, at_us=at_us)
            db.run("reader_change_bound", reader=fact.reader, keep=READER_CHANGES_MAX)
        case CoverageGap():
            db.run_struct("gap_add", fact)
            db.run("gap_bound", keep=GAPS_MAX)
        case ExitSeen():
            db.run_struct("exit_add", fact, at_us=at_us)
        case AlarmRaised():
            db.run_struct("alarm_add", fact, raised_us=at_us, pieces=as_list(fact.pieces))
        case AlarmClosed():
            db.run_struct("alarm_close", fact, closed_us=at_us)
        case AlarmBudgetSet():
            weights = msgspec.json.encode(fact.weights, order="sorted").decode()
            db.run("budget_set", alarms_per_month_max=fact.alarms_per_month_max, weights=weights, by=by, at_us=at_us)
        case RestockBegan():
            db.run_struct("restock_begin", fact, zones=as_list(fact.zones), by=by, began_us=at_us)
        case RestockEnded():
            db.run_struct("restock_end", fact, ended_us=at_us)
        case CountStarted() | CountProgress() | CountFinished() | CountApproved() | CountAbandoned():
            counts.apply(db, fact, at_us, by)
        case CountMissed() | CountSubmitted() | CountRecounting() | CountExplained():
            counts.apply(db, fact, at_us, by)
        case InputChanged():
            why = "found so" if fact.found else ""
            db.run_struct("signal_set", fact, way=Way.IN, is_on=fact.on, why=why, by=by, since_us=at_us)
        case OutputSet():
            db.run_struct("signal_set", fact, way=Way.OUT, is_on=fact.on, by=by, since_us=at_us)
