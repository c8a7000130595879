"""Alarms, deliveries, and the budget of false alarms."""

from enum import StrEnum

import msgspec

from contract.facts import AlarmKind, Severity
from contract.ids import AlarmId, PieceId, UserId, ZoneId


class AlarmState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class AlarmRow(msgspec.Struct, frozen=True, kw_only=True):
    """`pieces` is a JSON list; `pieces_of` reads it."""

    alarm: AlarmId
    kind: AlarmKind
    pieces: str
    zone: ZoneId
    sentence: str
    evidence_nats: float
    rounds: int
    value_minor: int
    currency: str
    state: AlarmState
    raised_us: int
    closed_us: int
    outcome: str
    note: str
    severity: Severity = Severity.ALARM


class RestockRow(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that is, or was, being put away. `zones` is a JSON list; empty: everywhere."""

    restock: str
    zones: str
    by: UserId
    began_us: int
    until_us: int
    ended_us: int
    muted: int
    why: str


class BudgetRow(msgspec.Struct, frozen=True, kw_only=True):
    """The budget of false alarms as a manager set it last. `weights` is JSON, by kind."""

    alarms_per_month_max: float
    weights: str
    by: UserId
    at_us: int


_pieces = msgspec.json.Decoder(tuple[PieceId, ...]).decode


def pieces_of(alarm: AlarmRow) -> tuple[PieceId, ...]:
    return _pieces(alarm.pieces)
