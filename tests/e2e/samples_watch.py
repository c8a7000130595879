"""Samples of the watch's page, and of a wall on a bad day, for the gallery."""

from dataclasses import replace

from contract.facts import AlarmKind
from edge.api.watch import shapes
from edge.config import ZoneConfig, ZoneKind
from edge.floor.alarms.words import TITLES

NOON_US = 1_794_830_400_000_000
FIGURES = (
    (AlarmKind.MISSING, 4.0, 0.55, 0.4, 16.8, 1),
    (AlarmKind.GROUP, 2.0, 0.27, None, 18.0, 0),
    (AlarmKind.JAM, 1.0, 0.02, 0.02, 12.0, 0),
    (AlarmKind.EXIT, 1.0, 0.33, 0.33, 0.0, 1),
)
WATCH = shapes.WatchView(
    alarms_per_month_max=1.0,
    detectors=tuple(shapes.DetectorView(kind, TITLES[kind], *rest) for kind, *rest in FIGURES),
    deliveries=(shapes.DeliveryView("d1", ("safe-1",), ("Safe 1",), NOON_US + 1_800_000_000, 3),),
    in_view=(shapes.InViewView("FL-000119", "Solitaire ring, 0.71 ct"),),
    in_view_total=14,
    is_open=None,
    out_of_case_minutes=30.0,
    siren_from_minor=2_000_000,
    currency="EUR",
)
CALM = replace(WATCH, deliveries=(), in_view=(), in_view_total=0, is_open=False)
PLACES = (
    ZoneConfig(id="safe-1", name="Safe 1", kind=ZoneKind.SAFE),
    ZoneConfig(id="case-1", name="Case 1, solitaires", kind=ZoneKind.CASE),
)


def pages(common, piece):
    del piece
    young = replace(common["store"], alarms_per_month=None)
    shown = {**common, "places": PLACES, "minutes_max": 240, "may_mute": True, "may_set": True}
    return {
        "watch": ("edge/watch.html", {**shown, "watch": WATCH}),
        "watch-calm": (
            "edge/watch.html",
            {**shown, "store": young, "watch": CALM, "may_mute": False, "may_set": False},
        ),
    }
