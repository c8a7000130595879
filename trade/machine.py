"""A state machine is a table one can print: (state, event) → state. What is not in it cannot happen."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class Machine(msgspec.Struct, Generic[S, E], frozen=True, kw_only=True):
    """`starts` are states a thing may begin in; `ends` are states it may rest in for ever."""

    name: str
    starts: frozenset[S]
    ends: frozenset[S]
    table: Mapping[tuple[S, E], S]

    def after(self, state: S, event: E) -> S | None:
        """The next state, or None when this cannot happen here."""
        return self.table.get((state, event))

    def states(self) -> set[S]:
        return set(self.starts) | set(self.ends) | {s for s, _ in self.table} | set(self.table.values())

    def reachable(self) -> set[S]:
        """Every state that some history leads to."""
        return _closure(set(self.starts), [(a, b) for (a, _), b in self.table.items()])

    def can_end(self) -> set[S]:
        """Every state from which some history leads to an end."""
        return _closure(set(self.ends), [(b, a) for (a, _), b in self.table.items()])

    def diagram(self) -> str:
        """Mermaid source, for docs/states.md."""
        lines = ["stateDiagram-v2"]
        lines += [f"    [*] --> {state}" for state in sorted(self.starts)]
        lines += [f"    {a} --> {b}: {event}" for (a, event), b in sorted(self.table.items())]
        lines += [f"    {state} --> [*]" for state in sorted(self.ends)]
        return "\n".join(lines)


def _closure(known: set[S], edges: list[tuple[S, S]]) -> set[S]:
    while True:
        more = {b for a, b in edges if a in known} - known
        if not more:
            return known
        known = known | more
