"""What the wall says: one sentence with the numbers that made us say it, for the person who has to act on it."""

from typing import Final

from contract.feed import PieceCard

NAMES_SHOWN_MAX: Final = 3


def called(card: PieceCard | None, piece: str) -> str:
    """A piece as people call it."""
    return piece if card is None else f"{card.title} ({card.sku})"


def several(names: list[str]) -> str:
    """`a, b, c and 4 more`."""
    more = len(names) - NAMES_SHOWN_MAX
    return ", ".join(names[:NAMES_SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")


def accused(names: str, zone: str, why: str) -> str:
    """`Ring (R-1), Case 1: Not read in 31 rounds …`, which stands alone in a list of the office."""
    return f"{names}, {zone}: {why}"


def beside_its_title(sentence: str, names: str, zone: str) -> str:
    """An alarm's sentence for where its pieces and its zone stand already: without them."""
    rest = sentence.removeprefix(names).removeprefix(f", {zone}: ").strip()
    return rest[:1].upper() + rest[1:]


def left_unsold(name: str, gate: str, why: str) -> str:
    return f"{name} passed {gate} and has not been sold: {why}."


def ago(seconds: float) -> str:
    """`40 s ago`, `7 min ago`, `3 h ago`."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"
