"""Scheduled counts: which begins now, and which was missed and is not made up for in silence.

A count that is due begins within ten minutes, or is said to have been missed, and why: one of yesterday evening that
begins this morning would answer another question. No time of a schedule is used twice, whatever the clock does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from contract.facts import CountMissed
from edge.config import EdgeConfig
from edge.schedules import ScheduleConfig, due

LATE_MAX_US: Final = 600_000_000
"""After this a count is missed."""
AHEAD_MAX_US: Final = 86_400_000_000
"""A time used that lies so far ahead was used by a wrong clock; a schedule does not wait until it is right."""
JUMP_US: Final = 60_000_000
"""A wall clock that goes so much further than the monotonic one was set."""
OFF: Final = "this box was off or served nobody then"
SET: Final = "the clock of this box was set past it"


@dataclass(frozen=True, slots=True)
class Due:
    """A count that is to begin now."""

    schedule: ScheduleConfig
    due_us: int


class Schedules:
    """Owned by the house thread. Times are arguments: `wall_us` says what is due, `mono_us` how long we looked away."""

    def __init__(self, config: EdgeConfig) -> None:
        self._config = config
        self._time_zone = ZoneInfo(config.time_zone)
        self._upto_us: dict[str, int] = {}
        """By schedule: the last time that was used, or told as missed."""
        self._refused: dict[str, str] = {}
        self._looked: tuple[int, int] | None = None

    def load(self, last_us: Mapping[str, int], wall_us: int) -> None:
        """last_us: by schedule, the last time of which the books know. One that is new begins to count from now."""
        self._upto_us = {each.name: last_us.get(each.name, wall_us) for each in self._config.counts}
        self._refused.clear()
        self._looked = None

    def look(self, mono_us: int, wall_us: int) -> tuple[list[Due], list[CountMissed]]:
        """What is to begin now, and what did not begin and never will. Tell `began` or `refused` of each."""
        was_set = self._looked is not None and (wall_us - self._looked[1]) - (mono_us - self._looked[0]) > JUMP_US
        off = self._looked is None or mono_us - self._looked[0] > LATE_MAX_US
        self._looked = (mono_us, wall_us)
        now: list[Due] = []
        missed: list[CountMissed] = []
        for schedule in self._config.counts:
            if self._upto_us[schedule.name] - wall_us > AHEAD_MAX_US:
                self._upto_us[schedule.name] = wall_us
            times = due(schedule, self._config.hours, self._time_zone, self._upto_us[schedule.name], wall_us)
            if times and wall_us - times[-1] <= LATE_MAX_US:
                now.append(Due(schedule, times.pop()))
            if times:
                why = self._refused.pop(schedule.name, SET if was_set and not off else OFF)
                missed.append(
                    CountMissed(
                        schedule=schedule.name,
                        place=schedule.place,
                        due_us=times[-1],
                        why=why,
                        more=len(times) - 1,
                    )
                )
                self._upto_us[schedule.name] = times[-1]
        return now, missed

    def began(self, one: Due) -> None:
        self._upto_us[one.schedule.name] = one.due_us
        self._refused.pop(one.schedule.name, None)

    def refused(self, one: Due, why: str) -> None:
        """It cannot begin yet; it is tried again until it is too late, and this is then said to be why."""
        self._refused[one.schedule.name] = why
