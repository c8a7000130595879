"""Presence of pieces and how well a zone can be seen."""

from enum import StrEnum

from contract.facts.fact import Fact
from contract.ids import PieceId, ZoneId


class PresenceState(StrEnum):
    UNKNOWN = "unknown"
    PRESENT = "present"
    MISSING = "missing"
    HARD_TO_READ = "hard_to_read"


class PiecePresence(Fact, frozen=True, tag="presence.changed"):
    piece: PieceId
    state: PresenceState
    zone: ZoneId
    why: str = ""
    p_zone: float | None = None
    """How sure the zone is, where reads have said it."""


class Vision(StrEnum):
    """Whether a zone can be judged at all; `blind` is never theft."""

    SEEING = "seeing"
    BLIND = "blind"


class ZoneVision(Fact, frozen=True, tag="zone.vision"):
    zone: ZoneId
    vision: Vision
    why: str
    name: str = ""
    """As the store calls it."""
