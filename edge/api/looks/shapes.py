"""What the store asks people to look for, and what they answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WantedView:
    """A piece to look for: where the books have it, and why a hand should hold it."""

    piece: str
    title: str
    sku: str
    category: str
    tray: str
    zone: str
    zone_name: str
    why: str


@dataclass(frozen=True, slots=True)
class PadTagsView:
    """A pad where a piece may be laid to say what it carries. `tags`: EPCs on it now, hex."""

    zone: str
    name: str
    reading: bool
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DueBackView:
    """A piece of somebody else's, and its last day in the house. `overdue`: that is over."""

    piece: str
    title: str
    sku: str
    category: str
    tray: str
    day: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class LooksView:
    """`wanted`: most telling first. `books`: what is wrong with the books and not closed yet, one sentence each.
    `due_back`: pieces of others that go back to their owners by now or within days, the longest overdue first.
    """

    wanted: tuple[WantedView, ...]
    pads: tuple[PadTagsView, ...]
    books: tuple[str, ...]
    due_back: tuple[DueBackView, ...] = ()
