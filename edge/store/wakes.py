"""Whom a store wakes when something changed: pages by name, the uplink, the drivers of outputs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PAGE_OF: Final = {
    "sale": "sales",
    "return": "sales",
    "card_refund": "sales",
    "exchange": "sales",
    "shift": "sales",
    "count": "counts",
    "alarm": "alarms",
    "tag": "tags",
    "output": "readers",
    "device": "people",
    "piece": "looks",
    "payment": "sales",
    "receipt": "receipts",
    "value": "sales",
    "giftcard": "sales",
    "deposit": "sales",
    "tradein": "sales",
}


@dataclass(frozen=True, slots=True)
class Wakes:
    """What the store tells the loop. Called on the house thread: hand over with `call_soon_threadsafe`."""

    tell: Callable[[str], None]
    """A page name changed: pad, floor, alarms, counts, passes, receipts, sales, tags, readers, uplink, store."""
    uplink: Callable[[], None]
    """Rows wait to be sent."""
    payments: Callable[[], None] = lambda: None
    """A terminal is to be asked, or told to stop."""
    outputs: Callable[[], None] = lambda: None
    """Lamps, sirens or locks are to be otherwise: `pipeline.signals.wanted`."""


SILENT: Final = Wakes(tell=lambda _: None, uplink=lambda: None)
"""Until the loop runs, nobody listens."""


def page_of(why: str) -> str:
    """Which page an entry's `why` (an act's or command's name) concerns."""
    return PAGE_OF.get(why.partition(".")[0], "store")
