"""Doors, motion and buttons at the inputs of readers: levels and time in, facts out, once per change.

A level counts when it has stood for a while (a contact bounces); what changes too often is told seldom and counted;
what changed while its reader was away is told when it is found so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from contract.facts import (
    AnyFact,
)
from contract.facts.signals import InputChanged, InputKind
from contract.ids import ReaderId, ZoneId
from edge.books.rows import SignalRow, Way
from edge.config import Active, InputConfig, ReaderConfig
from edge.readers.health import Health

DEBOUNCE_US: Final = 50_000
"""A level that has stood so long is believed."""
CHANGES_PER_MINUTE_MAX: Final = 12
"""Of one input, told one by one; a door that flaps, or a broken wire, must not fill the journal."""
MINUTE_US: Final = 60_000_000

Port = tuple[ReaderId, int]


@dataclass(slots=True)
class _Input:
    config: InputConfig
    told: bool | None = None
    """What the books say; None: nothing yet."""
    stands: bool | None = None
    """What is believed."""
    level: bool | None = None
    since_us: int = 0
    gap: bool = True
    """Nobody saw it for a while: what is found next may have come about at any moment of it."""
    credit: float = CHANGES_PER_MINUTE_MAX
    credit_us: int = 0
    changes: int = 0
    """Believed since something was told last."""


class Inputs:
    """Every input of the store."""

    def __init__(self, readers: Iterable[ReaderConfig]) -> None:
        self.changes_held_total = 0
        """Changes not told one by one: `changes_per_minute_max`."""
        self._inputs: dict[Port, _Input] = {
            (reader.id, int(port)): _Input(config) for reader in readers for port, config in reader.inputs.items()
        }

    def load(self, rows: Iterable[SignalRow]) -> None:
        """Begin from what the books say."""
        for row in rows:
            one = self._inputs.get((row.reader, row.port))
            if one is not None and row.way is Way.IN:
                one.told = row.is_on

    def now(self) -> dict[Port, bool | None]:
        """How each stands; None while its reader does not tell."""
        return {port: None if one.gap else one.stands for port, one in self._inputs.items()}

    def stirring(self) -> tuple[ZoneId, ...]:
        """Zones where a door stands open or somebody moves, as far as readers tell."""
        kinds = (InputKind.DOOR, InputKind.MOTION)
        ones = [one for one in self._inputs.values() if one.config.kind in kinds and one.stands and not one.gap]
        return tuple(dict.fromkeys(one.config.zone for one in ones))

    def look(self, health: Mapping[ReaderId, Health], now_us: int) -> list[AnyFact]:
        """One tick: facts for what changed."""
        facts: list[AnyFact] = []
        for (reader, port), one in self._inputs.items():
            high = health[reader].inputs.get(port) if reader in health else None
            if high is None:
                one.gap, one.level = True, None
                continue
            self._believe(one, high == (one.config.active is Active.HIGH), now_us)
            if one.stands is not None and one.stands != one.told and _may_tell(one, now_us):
                facts.append(_changed(reader, port, one))
                self.changes_held_total += one.changes - 1
                one.told, one.changes = one.stands, 0
            if one.stands is not None and one.stands == one.level:
                one.gap = False
        return facts

    def _believe(self, one: _Input, on: bool, now_us: int) -> None:  # noqa: FBT001 — a level is a truth value
        if on != one.level:
            one.level, one.since_us = on, now_us
        if one.stands == on or now_us - one.since_us < DEBOUNCE_US:
            return
        one.changes += not (one.stands is None and on == one.told)  # found as the books say is no change
        one.stands = on


def _may_tell(one: _Input, now_us: int) -> bool:
    """A few changes at once are told; more of them wait until the minute has room again."""
    earned = (now_us - one.credit_us) * CHANGES_PER_MINUTE_MAX / MINUTE_US
    one.credit, one.credit_us = min(CHANGES_PER_MINUTE_MAX, one.credit + earned), now_us
    if one.credit < 1:
        return False
    one.credit -= 1
    return True


def _changed(reader: ReaderId, port: int, one: _Input) -> InputChanged:
    assert one.stands is not None, "what nobody believes is not told"
    config = one.config
    return InputChanged(
        reader=reader,
        port=port,
        name=config.name,
        kind=config.kind,
        zone=config.zone,
        on=one.stands,
        found=one.gap,
        untold=one.changes - 1,
    )
