"""The life of a ROSpec as a table (LLRP 1.0.1 §10.2.1, figure 8), and one run of it over the antennas."""

from enum import IntEnum, StrEnum
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from simulator.llrp.spec import AiSpec, AiStop, Edge, Observation, RoSpec, StopTrigger
from simulator.radio import Seen

MS_US: Final = 1000


class State(IntEnum):
    """ROSpec CurrentState as it travels."""

    DISABLED = 0
    INACTIVE = 1
    ACTIVE = 2


class Word(StrEnum):
    """What can happen to a ROSpec. `TRIGGER` and `END` come from its own triggers."""

    ENABLE = "enable"
    DISABLE = "disable"
    START = "start"
    STOP = "stop"
    TRIGGER = "trigger"
    END = "end"


LIFE: Final[dict[tuple[State, Word], State]] = {
    (State.DISABLED, Word.ENABLE): State.INACTIVE,
    (State.DISABLED, Word.DISABLE): State.DISABLED,
    (State.INACTIVE, Word.ENABLE): State.INACTIVE,
    (State.INACTIVE, Word.DISABLE): State.DISABLED,
    (State.INACTIVE, Word.START): State.ACTIVE,
    (State.INACTIVE, Word.TRIGGER): State.ACTIVE,
    (State.ACTIVE, Word.ENABLE): State.ACTIVE,
    (State.ACTIVE, Word.DISABLE): State.DISABLED,
    (State.ACTIVE, Word.STOP): State.INACTIVE,
    (State.ACTIVE, Word.END): State.INACTIVE,
}
"""A pair that is not here is misuse and is answered with a status, e.g. start while disabled."""


class Ended(StrEnum):
    """What a finished dwell brought to its end."""

    NOTHING = "nothing"
    AISPEC = "aispec"
    ROSPEC = "rospec"


class Run:
    """One activation of a ROSpec: which AISpec and antenna is next, and when each has to end. Microseconds."""

    def __init__(self, spec: RoSpec, now_us: int, first_turn: int = 0) -> None:
        self.spec, self.started_us, self.first_turn = spec, now_us, first_turn
        self.clock_us = now_us
        self.ai_index = 0
        self._turn = 0
        self._observed: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._begin_ai(now_us)

    @property
    def ai(self) -> AiSpec:
        return self.spec.ai_specs[self.ai_index]

    @property
    def antenna(self) -> int:
        return self.ai.antennas[(self.first_turn + self._turn) % len(self.ai.antennas)]

    @property
    def next_turn(self) -> int:
        """Where a restart goes on: an AISpec that ends at its first tags must not always hear the first antenna."""
        return self.first_turn + self._turn

    def budget_us(self, dwell_us: int) -> int:
        """The longest the next dwell may last."""
        ends = [self.clock_us + dwell_us]
        if self.ai.stop in {AiStop.DURATION, AiStop.GPI} and (self.ai.duration_ms or self.ai.stop is AiStop.DURATION):
            ends.append(self.ai_started_us + self.ai.duration_ms * MS_US)
        if self.ai.stop is AiStop.OBSERVATION and self.ai.observe_timeout_ms:
            ends.append(self.ai_started_us + self.ai.observe_timeout_ms * MS_US)
        if self.spec.stop is not StopTrigger.NULL and self.spec.duration_ms:
            ends.append(self.started_us + self.spec.duration_ms * MS_US)
        return max(MS_US, min(ends) - self.clock_us)

    def dwelt(self, seen: Seen) -> Ended:
        """Account for a dwell that has just ended, and move on to the next antenna or AISpec."""
        self.clock_us += seen.spent_us
        self._turn += 1
        rows = seen.rows
        fresh = rows[~np.isin(rows, self._observed)]
        if len(fresh):
            self._observed = np.concatenate([self._observed, fresh])
            self._fresh_us = self.clock_us
        if self._rospec_over():
            return Ended.ROSPEC
        return self._next_ai() if self._ai_over() else Ended.NOTHING

    def heard(self, edge: Edge, now_us: int) -> Ended:
        """An input changed: what that brings to its end, in the middle of a dwell."""
        if self.spec.stop_on == edge:
            return Ended.ROSPEC
        if self.ai.stop_on != edge:
            return Ended.NOTHING
        self.clock_us = now_us
        return self._next_ai()

    def _next_ai(self) -> Ended:
        if self.ai_index + 1 == len(self.spec.ai_specs):
            return Ended.ROSPEC
        self.ai_index += 1
        self._begin_ai(self.clock_us)
        return Ended.AISPEC

    def _begin_ai(self, now_us: int) -> None:
        self.ai_started_us = self._fresh_us = now_us
        self._turn = 0
        self._observed = np.empty(0, dtype=np.int64)

    def _rospec_over(self) -> bool:
        """A duration has passed, or the time that a GPI stop trigger waits at most (0: for ever)."""
        if self.spec.stop is StopTrigger.NULL or (self.spec.stop is StopTrigger.GPI and not self.spec.duration_ms):
            return False
        return self._past(self.started_us, self.spec.duration_ms)

    def _ai_over(self) -> bool:
        ai = self.ai
        if ai.stop is AiStop.DURATION or (ai.stop is AiStop.GPI and ai.duration_ms):
            return self._past(self.ai_started_us, ai.duration_ms)
        if ai.stop is not AiStop.OBSERVATION:
            return False
        if ai.observe_timeout_ms and self._past(self.ai_started_us, ai.observe_timeout_ms):
            return True
        match ai.observe:
            case Observation.N_TAGS:
                return len(self._observed) >= ai.observe_tags
            case Observation.QUIET_FOR_T:
                return self._past(self._fresh_us, ai.observe_t_ms)
            case Observation.N_ATTEMPTS:
                return self._turn >= ai.observe_attempts * len(ai.antennas)

    def _past(self, since_us: int, ms: int) -> bool:
        return self.clock_us >= since_us + ms * MS_US


class Pending(msgspec.Struct, frozen=True):
    """A dwell under way: what it will have heard when it ends."""

    antenna: int
    ai_index: int
    inventory_id: int
    seen: Seen
    end_us: int
