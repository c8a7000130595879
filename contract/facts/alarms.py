"""Alarms with their evidence, and passages of the exit."""

from enum import StrEnum

from contract.facts.fact import Fact
from contract.ids import AlarmId, PieceId, ZoneId


class AlarmKind(StrEnum):
    MISSING = "missing"
    GROUP = "group"
    EXIT = "exit"


class AlarmRaised(Fact, frozen=True, tag="alarm.raised"):
    """An alarm carries its evidence: nats, rounds, and one sentence with numbers that says why."""

    alarm: AlarmId
    kind: AlarmKind
    pieces: tuple[PieceId, ...]
    zone: ZoneId
    sentence: str
    evidence_nats: float = 0.0
    rounds: int = 0
    value_minor: int = 0
    currency: str = ""


class AlarmClosed(Fact, frozen=True, tag="alarm.closed"):
    """Trade: a person says what it was."""

    alarm: AlarmId
    outcome: str
    note: str = ""


class ExitSeen(Fact, frozen=True, tag="exit.seen"):
    """A piece went through the gate; peaceful when it is sold, on memo or under transfer."""

    piece: PieceId
    zone: ZoneId
    peaceful: bool
    why: str
