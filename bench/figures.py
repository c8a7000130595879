"""What every bench gives: figures by flat names, unit last; and the bars they are held to."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Figures = dict[str, float | int]


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    value: float
    bar: float
    ok: bool


@dataclass(frozen=True, slots=True)
class Report:
    bench: str
    machine: dict[str, str | int]
    figures: Figures
    bars: list[Bar]
    short: bool = False
    """A smaller size than the figures of record: no bar is judged."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some work, and what is done before each run of it without being timed."""

    ready: Callable[[], object]
    work: Callable[[], object]


def best_s(pieces: Sequence[Piece], *, times: int) -> float:
    """Seconds for all pieces of work: for each the quickest of several runs, because others use the machine too.

    Every contender is measured in pieces of about the same length, or the longer one would meet more disturbance.
    """
    best = [float("inf")] * len(pieces)
    for _ in range(times):
        for i, piece in enumerate(pieces):
            piece.ready()
            began = time.perf_counter()
            piece.work()
            best[i] = min(best[i], time.perf_counter() - began)
    return sum(best)
