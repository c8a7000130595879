"""What walls show just now, by number: of a floor that moves fifty times a second only what changed is sent.

A page says the number of what it shows. Where that is still known, the parts that are other than they were are sent,
each to its own place; else the whole plan is. Nothing is lost when a number is forgotten.
"""

from dataclasses import dataclass
from typing import NamedTuple

from contract.facts import Vision
from edge.api import shapes
from edge.api.wall.shapes import FloorView, TrailView
from edge.api.watch.shapes import DeliveryView


class Changes(NamedTuple):
    """The parts that are to be drawn anew."""

    zones: tuple[shapes.ZoneView, ...]
    notes: bool
    """What cannot be seen, deliveries, doors and lamps;"""
    trails: bool
    month: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The plan as one person's page has it."""

    zones: tuple[shapes.ZoneView, ...]
    trails: tuple[TrailView, ...]
    deliveries: tuple[DeliveryView, ...]
    signals: tuple[shapes.SignalView, ...]
    month: tuple[int, int]

    def changes(self, before: object) -> Changes | None:
        """Since what the page shows; None: that is not known."""
        if not isinstance(before, Shown):
            return None
        zones = tuple(zone for zone, old in zip(self.zones, before.zones, strict=True) if zone != old)
        told, told_before = (self.deliveries, self.signals), (before.deliveries, before.signals)
        notes = told != told_before or _blind(self.zones) != _blind(before.zones)
        return Changes(zones, notes, self.trails != before.trails, self.month != before.month)


def shown(store: shapes.StoreView, floor: FloorView, deliveries: tuple[DeliveryView, ...]) -> Shown:
    """What is drawn of the floor for this person."""
    month = (floor.month_total, floor.month_false)
    return Shown(store.zones, floor.trails, deliveries, store.signals, month)


def _blind(zones: tuple[shapes.ZoneView, ...]) -> list[tuple[str, str]]:
    return [(zone.zone, zone.why) for zone in zones if zone.vision is Vision.BLIND]
