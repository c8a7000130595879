"""A connection's table as Markdown, for the docs: a Mermaid diagram of its rows, and all of it as a table below."""

from collections.abc import Iterable
from enum import StrEnum

Cell = tuple[StrEnum, StrEnum]
"""(state, heard) on the left of a row, (next state, what to say) on its right. What to say is `nothing` for nothing."""


def drawn(title: str, module: str, rows: Iterable[tuple[Cell, Cell]], table: Iterable[tuple[Cell, Cell]]) -> str:
    """`module`: where the table stands. `rows`: what the diagram shows, where the whole table is too much for it."""
    lines = [
        f"# {title}",
        "",
        f"Generated from `{module}`; do not edit. A test compares the two.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> offline",
    ]
    for (state, heard), (then, say) in rows:
        lines.append(f"    {state} --> {then}: {heard}" + ("" if say == "nothing" else f" / {say}"))
    lines += ["```", "", "| state | heard | next | say |", "|---|---|---|---|"]
    lines += [f"| {state} | {heard} | {then} | {say} |" for (state, heard), (then, say) in table]
    return "\n".join(lines) + "\n"
