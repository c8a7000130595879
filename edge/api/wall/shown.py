"""What walls show just now, by number: of a floor that moves fifty times a second only what changed is sent.

A page says the number of what it shows. Where that is still known and only figures of zones are other than they were,
these zones are sent, each to its own place; else the whole plan is. Nothing is lost when a number is forgotten.
"""

from dataclasses import dataclass, replace

from edge.api import shapes
from edge.api.wall.shapes import TrailView, WallView
from edge.api.watch.shapes import DeliveryView


@dataclass(frozen=True, slots=True)
class Shown:
    """The plan as one person's page has it."""

    zones: tuple[shapes.ZoneView, ...]
    trails: tuple[TrailView, ...]
    deliveries: tuple[DeliveryView, ...]
    signals: tuple[shapes.SignalView, ...]
    month: tuple[int, int]

    def changed(self, before: object) -> tuple[shapes.ZoneView, ...] | None:
        """The zones whose figures are other than before; None: more than figures is."""
        if not isinstance(before, Shown) or _rest(self) != _rest(before):
            return None
        return tuple(zone for zone, old in zip(self.zones, before.zones, strict=True) if zone != old)


def shown(store: shapes.StoreView, wall: WallView, deliveries: tuple[DeliveryView, ...]) -> Shown:
    """What is drawn of the floor for this person."""
    month = (wall.month_total, wall.month_false)
    return Shown(store.zones, wall.trails, deliveries, store.signals, month)


def _rest(one: Shown) -> Shown:
    """Without the figures: of a zone, whether it is seen, and whether it has any."""
    bare = (
        replace(
            zone, present=0, missing=0, hard_to_read=0, not_read_yet=0, expected=min(zone.expected, 1), reference=""
        )
        for zone in one.zones
    )
    return replace(one, zones=tuple(bare))
