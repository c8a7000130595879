"""The way of a piece before its alarm, out of its stays: first zone to last, as it was read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from contract.ids import ZoneId
from edge.history.stays import Stay

WINDOW_US: Final = 600 * 1_000_000
"""How far back a way is drawn."""
YOUNG_US: Final = 600 * 1_000_000
"""An alarm as young may still see its piece read somewhere; afterwards its way stands."""
AGAIN_US: Final = 2_000_000
STEPS_MAX: Final = 6
ROUNDS_LEAST: Final = 3
"""A zone that read a piece less often overheard it from next door, unless it was the last to, or the alarm is of it."""
KEPT_MAX: Final = 200

Way = tuple[tuple[ZoneId, int], ...]
"""Zones in the order of the way, each with when it was last read there before it was read in the next."""


def way(stays: Sequence[Stay], raised_us: int, zone: str = "") -> Way:
    """At most `STEPS_MAX` zones, the newest ones. `zone`: of the alarm, which said that it was read there."""
    since_us = raised_us - WINDOW_US
    recent = [stay for stay in stays if stay.to_us >= since_us]
    newest = max((stay.to_us for stay in recent), default=0)
    heard = [stay for stay in recent if stay.rounds >= ROUNDS_LEAST or stay.to_us == newest or stay.zone == zone]
    moments = sorted(
        moment for stay in heard for moment in ((max(stay.from_us, since_us), stay.zone), (stay.to_us, stay.zone))
    )
    steps: list[tuple[ZoneId, int]] = []
    for at_us, place in moments:
        if steps and steps[-1][0] == place:
            steps[-1] = (place, at_us)
        else:
            steps.append((place, at_us))
    return tuple(steps[-STEPS_MAX:])


@dataclass(slots=True)
class Ways:
    """Ways that were found lately, by alarm: a wall that is drawn ten times a second asks the house seldom."""

    _kept: dict[str, tuple[int, bool, Way]] = field(default_factory=dict)
    """When it was found (monotonic), whether it stands for good, and what it is."""

    def known(self, alarm: str, now_us: int) -> Way | None:
        """None: it has to be asked for."""
        at_us, stands, found = self._kept.get(alarm, (0, False, None))
        return found if found is not None and (stands or now_us - at_us < AGAIN_US) else None

    def keep(self, alarm: str, found: Way, now_us: int, *, stands: bool) -> Way:
        """What was known stays where now nothing is found: stays go to the disk, and are not asked for there."""
        _, _, before = self._kept.pop(alarm, (0, False, ()))
        self._kept[alarm] = (now_us, stands, found or before)
        while len(self._kept) > KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        return found or before
