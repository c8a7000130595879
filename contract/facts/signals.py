"""What is wired to a reader's inputs and outputs, and the facts about it."""

from enum import StrEnum

from contract.facts.fact import Fact
from contract.ids import AlarmId, ReaderId, ZoneId


class InputKind(StrEnum):
    """What tells a reader of the shop by a wire to one of its inputs (GPI)."""

    DOOR = "door"
    MOTION = "motion"
    BUTTON = "button"


class OutputKind(StrEnum):
    """What a reader switches by one of its outputs (GPO)."""

    LAMP = "lamp"
    SIREN = "siren"
    LOCK = "lock"


class InputChanged(Fact, frozen=True, tag="input.changed"):
    """A door was opened, somebody moved, a button was pressed; or it ended."""

    reader: ReaderId
    port: int
    name: str
    kind: InputKind
    zone: ZoneId
    on: bool
    found: bool = False
    """It changed while nobody could see it: this is when it was found so."""
    untold: int = 0
    """Changes before this one that came too fast to be told one by one."""


class OutputSet(Fact, frozen=True, tag="output.set"):
    """What an output is to be from now on, and why. A reader that is away is driven to it when it is back."""

    reader: ReaderId
    port: int
    name: str
    kind: OutputKind
    zone: ZoneId
    on: bool
    why: str
    alarm: AlarmId | None = None
    for_s: int = 0
    """At most so long; 0 where something else ends it."""
