"""What every bench gives: figures by flat names, unit last; and the bars they are held to."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

Figures = dict[str, float | int]
T = TypeVar("T")


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

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def best_s(work: Callable[[], T], *, times: int) -> tuple[float, T]:
    """The quickest of several runs: the least disturbed one on a noisy machine. Returns its seconds, and the result."""
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - began)
    return best, result
