"""Where pieces lie once more, slow and plain: by the strongest antenna, one piece after the other (inference §3.2).

Of the house's own it takes constants and nothing that reckons: which tick looks at which rows is one of them. Readers
never fail here, but the first window may be too short for a zone to be vouched for.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.floor.whereabouts import ROUNDS_MIN, WINDOW_US
from edge.reconcile.zones import strongest

UNREAD_DBM = strongest.UNREAD_CDBM / 100
ROUNDS_KNOWN_MAX = 100.0


@dataclass(slots=True)
class _Where:
    """One piece: its level at each zone as it is known, and how likely it lies in each."""

    posterior: list[float]
    known: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Zone → mean level in dBm, and of how many rounds."""
    strange: int = 0

    @property
    def zone(self) -> int:
        return max(range(len(self.posterior)), key=self.posterior.__getitem__)


class PlainPlaces:
    """`hear` rounds, `close` at each tick: rows whose place has changed, with their zone."""

    def __init__(self, homes: Iterable[int], zones: int) -> None:
        self._zones = zones
        self._where: dict[int, _Where] = {}
        self._home = dict(enumerate(homes))
        self._window: dict[int, dict[int, list[float]]] = {}
        self._rounds = [0] * zones
        self._began_us = 0
        self._told: list[tuple[int, int]] = []
        self._slice = 0
        self._slice_rows = strongest.rows_per_slice(len(self._home), zones)

    def hear(self, zones: Iterable[int], levels: Iterable[tuple[int, int, float]]) -> None:
        """A round: the zones that were watched; (row, zone, strongest dBm) of what was read."""
        for zone in zones:
            self._rounds[zone] += 1
        for row, zone, level in levels:
            self._window.setdefault(row, {}).setdefault(zone, []).append(level)

    def close(self, now_us: int) -> list[tuple[int, int]]:
        self._slice += 1
        if now_us - self._began_us >= WINDOW_US:
            self._slice, self._told = 0, self._look_at_all(now_us)
        due = [(row, zone) for row, zone in self._told if row // self._slice_rows == self._slice]
        self._told = [each for each in self._told if each not in due] if due else self._told
        return due

    def _look_at_all(self, now_us: int) -> list[tuple[int, int]]:
        self._began_us = now_us
        seen = {zone for zone, rounds in enumerate(self._rounds) if rounds >= ROUNDS_MIN}
        self._rounds = [0] * self._zones
        window, self._window = self._window, {}
        moved = []
        for row, levels in sorted(window.items()):
            zone = self._look(row, {zone: told for zone, told in levels.items() if zone in seen}, seen)
            if zone is not None:
                moved.append((row, zone))
        return moved

    def _of(self, row: int) -> _Where:
        if row not in self._where:
            posterior = [strongest.STICKY / self._zones] * self._zones
            posterior[self._home[row]] += 1 - strongest.STICKY
            self._where[row] = _Where(posterior)
        return self._where[row]

    def _look(self, row: int, levels: dict[int, list[float]], seen: set[int]) -> int | None:
        """One piece's window; its zone when it has moved."""
        one = self._of(row)
        if not levels or one.zone not in seen:
            return None
        heard = {zone: (sum(told) / len(told), float(len(told))) for zone, told in levels.items()}
        known = {zone: told for zone, told in one.known.items() if zone in seen}
        if not known or _change(heard, known) <= strongest.MOVED_NATS:
            one.strange = 0
            _learn(one, heard)
            return None
        best = max(level for level, _ in one.known.values())
        if any(
            rounds >= strongest.FULL_WEIGHT_ROUNDS and level >= best - strongest.NEW_PLACE_DB
            for level, rounds in heard.values()
        ):
            one.strange += 1
        else:
            one.strange = max(0, one.strange - 1)
        return self._relocate(one, heard) if one.strange >= strongest.MOVED_WINDOWS else None

    def _relocate(self, one: _Where, heard: dict[int, tuple[float, float]]) -> int | None:
        before, most = one.zone, max(rounds for _, rounds in heard.values())
        logits = []
        for zone in range(self._zones):
            level, rounds = heard.get(zone, (UNREAD_DBM, 0.0))
            logits.append(level / strongest.DB_PER_NAT + math.log((rounds + 0.5) / (most - rounds + 0.5)))
        top = max(logits)
        posterior = [
            (strongest.STICKY * old + (1 - strongest.STICKY) / self._zones) * math.exp(logit - top)
            for old, logit in zip(one.posterior, logits, strict=True)
        ]
        total = sum(posterior)
        one.posterior = [each / total for each in posterior]
        one.known, one.strange = dict(heard), 0
        return one.zone if one.zone != before else None


def _change(heard: dict[int, tuple[float, float]], known: dict[int, tuple[float, float]]) -> float:
    """Nats of change; an antenna that stopped or began to read it counts as a change of level."""
    nats = 0.0
    for zone in heard.keys() | known.keys():
        level, rounds = heard.get(zone, (UNREAD_DBM, 0.0))
        old, of = known.get(zone, (UNREAD_DBM, 0.0))
        weight = min(max(rounds, of), strongest.FULL_WEIGHT_ROUNDS) / strongest.FULL_WEIGHT_ROUNDS
        nats += weight * (level - old) ** 2 / (2 * strongest.NOISE_DB**2) - 1
    return nats


def _learn(one: _Where, heard: dict[int, tuple[float, float]]) -> None:
    for zone, (level, rounds) in heard.items():
        old, of = one.known.get(zone, (0.0, 0.0))
        one.known[zone] = (of * old + rounds * level) / (of + rounds), min(of + rounds, ROUNDS_KNOWN_MAX)
