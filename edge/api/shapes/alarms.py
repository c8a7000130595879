"""Alarms, with the pieces they name."""

from dataclasses import dataclass

from contract.facts import AlarmKind, Severity
from edge.api.shapes.pieces import PieceView


@dataclass(frozen=True, slots=True)
class AlarmView:
    alarm: str
    kind: AlarmKind
    pieces: tuple[PieceView, ...]
    """The most valuable first, and not always all of them;"""
    zone: str
    zone_name: str
    sentence: str
    evidence_nats: float
    rounds: int
    value_minor: int
    currency: str
    raised_us: int
    open: bool
    outcome: str
    note: str
    why: str = ""
    """The sentence without its pieces and zone, for where those stand already."""
    severity: Severity = Severity.ALARM
    title: str = ""
    """What seems to have happened, in a few words;"""
    advice: str = ""
    """and what to do about it."""
    pieces_total: int = 0
    """so many are named by it."""
    kept: bool = False
    """A blind count is under way there: its pieces and figures are kept from who asks."""
