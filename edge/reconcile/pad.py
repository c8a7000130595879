"""The pad at the till: which pieces lie on it, when that has settled, and whether it is the cart.

Takes   `hear`: reads of the pad's antenna (rows, peak RSSI); `tick`: the time, the cart's rows (None: no cart open) and
        whether the reader works.
Gives   `PadView`. The states are `TABLE`; the arithmetic decides only which event happened.

A neighbour's tray is read too, but weaker: a piece must come above the RSSI gate twice to be on the pad. The verdict
waits for three times the usual gap between reads, so that a slow reader settles later and a fast one at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

RSSI_ABSENT_CDBM: Final = -32768
PIECES_MAX: Final = 256
"""More than this near the pad is not a sale: further pieces are not followed, and the pad cannot match."""


class State(StrEnum):
    IDLE = "idle"
    READING = "reading"
    SETTLED = "settled"
    MATCHED = "matched"
    MISMATCH = "mismatch"


class Event(StrEnum):
    NOTHING = "nothing on the pad"
    BLIND = "the reader is silent"
    CHANGED = "a piece came or went"
    WAIT = "not yet long enough"
    STEADY = "unchanged for long enough"
    NO_CART = "no cart to compare with"
    EQUAL = "pad equals cart"
    DIFFERENT = "pad differs from cart"


def _table() -> dict[tuple[State, Event], State]:
    table = {(state, event): State.IDLE for state in State for event in (Event.NOTHING, Event.BLIND)}
    table |= {(state, Event.CHANGED): State.READING for state in State}
    table |= {(State.READING, Event.WAIT): State.READING, (State.READING, Event.STEADY): State.SETTLED}
    for state in (State.SETTLED, State.MATCHED, State.MISMATCH):
        table |= {
            (state, Event.NO_CART): State.SETTLED,
            (state, Event.EQUAL): State.MATCHED,
            (state, Event.DIFFERENT): State.MISMATCH,
        }
    return table


TABLE: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(_table())
"""(state, event) → state. An event that has no row cannot happen in that state."""


@dataclass(frozen=True, slots=True)
class PadRules:
    """RSSI in hundredths of dBm: what comes from a tray beside the pad is some 14 dB weaker, and depends on the site.

    `*_gaps`: multiples of the usual time between two reads of a piece on this pad.
    """

    on_cdbm: int = -6900
    off_cdbm: int = -7400
    reads_min: int = 2
    settle_gaps: float = 3.0
    settle_s_min: float = 0.35
    settle_s_max: float = 3.0
    gone_gaps: float = 6.0
    gone_s_min: float = 1.0


CUSTOMARY: Final = PadRules()


@dataclass(frozen=True, slots=True)
class PadView:
    """What lies there now. `missing`: in the cart and not on the pad; `extra`: the other way round."""

    state: State = State.IDLE
    rows: frozenset[int] = frozenset()
    since_us: int = 0
    missing: frozenset[int] = frozenset()
    extra: frozenset[int] = frozenset()

    @property
    def settled(self) -> bool:
        return self.state in {State.SETTLED, State.MATCHED, State.MISMATCH}


@dataclass(slots=True)
class _Tag:
    last_us: int
    strong: int = 0
    on: bool = False


@dataclass(slots=True)
class Pad:
    """One pad. No clock: times are the caller's monotonic µs."""

    rules: PadRules = CUSTOMARY
    view: PadView = PadView()
    overflow_total: int = 0
    """Reads of pieces not followed because `PIECES_MAX` others are near."""
    _tags: dict[int, _Tag] = field(default_factory=dict)
    _gap_s: float = 0.2
    _changed_us: int = 0

    def hear(self, now_us: int, rows: NDArray[np.int32], rssi_cdbm: NDArray[np.int16]) -> None:
        """Reads of this pad since the last call; a row may repeat."""
        for row, rssi in zip(rows.tolist(), rssi_cdbm.tolist(), strict=True):
            tag = self._tags.get(row)
            if tag is None:
                if len(self._tags) >= PIECES_MAX:
                    self.overflow_total += 1
                    continue
                tag = self._tags[row] = _Tag(now_us)
            elif now_us > tag.last_us and tag.on:
                self._gap_s += 0.05 * (min((now_us - tag.last_us) / 1e6, 2.0) - self._gap_s)
            if rssi == RSSI_ABSENT_CDBM or rssi >= (self.rules.off_cdbm if tag.on else self.rules.on_cdbm):
                tag.strong += 1
                tag.last_us = now_us
                if not tag.on and tag.strong >= self.rules.reads_min:
                    tag.on = True
                    self._changed_us = now_us

    def tick(self, now_us: int, cart: frozenset[int] | None, *, reading: bool = True) -> PadView:
        """The view at this moment. `reading`: the pad's reader works; a blind pad matches nothing."""
        self._let_go(now_us, reading=reading)
        on = frozenset(row for row, tag in self._tags.items() if tag.on)
        event = self._event(now_us, on, cart, reading=reading)
        state = TABLE[self.view.state, event]
        if state is State.SETTLED and self.view.state is State.READING:
            state = TABLE[state, self._compare(on, cart)]
        missing = frozenset() if cart is None else cart - on
        extra = frozenset() if cart is None else on - cart
        since_us = self.view.since_us if state is self.view.state else now_us
        self.view = PadView(state, on, since_us, missing, extra)
        return self.view

    def _event(self, now_us: int, on: frozenset[int], cart: frozenset[int] | None, *, reading: bool) -> Event:
        if not reading:
            return Event.BLIND
        if not on:
            return Event.NOTHING
        if on != self.view.rows or self.view.state is State.IDLE:
            return Event.CHANGED
        if self.view.state is State.READING:
            rules = self.rules
            settle_s = min(max(rules.settle_gaps * self._gap_s, rules.settle_s_min), rules.settle_s_max)
            return Event.STEADY if now_us - self._changed_us >= settle_s * 1e6 else Event.WAIT
        return self._compare(on, cart)

    def _compare(self, on: frozenset[int], cart: frozenset[int] | None) -> Event:
        if cart is None:
            return Event.NO_CART
        return Event.EQUAL if cart == on and len(self._tags) < PIECES_MAX else Event.DIFFERENT

    def _let_go(self, now_us: int, *, reading: bool) -> None:
        gone_us = max(self.rules.gone_gaps * self._gap_s, self.rules.gone_s_min) * 1e6
        for row, tag in list(self._tags.items()):
            if not reading or now_us - tag.last_us >= gone_us:
                del self._tags[row]
                if tag.on:
                    self._changed_us = now_us
