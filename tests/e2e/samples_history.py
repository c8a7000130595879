"""Samples of the history's pages for the gallery."""

from dataclasses import asdict, replace

from contract.facts import AlarmKind
from edge.api.history import shapes
from edge.api.shapes import AlarmView, PieceStoryView, StayView

NOON_US = 1_794_830_400_000_000
DAY = tuple(9 <= hour < 19 for hour in range(24))
LOUD, MUTE = tuple(230.0 if day else 14.0 for day in DAY), tuple(0.0 if day else None for day in DAY)
ANTENNAS = (
    shapes.AntennaView("case-reader-1", 1, 212.4, LOUD),
    shapes.AntennaView("case-reader-1", 2, 0.0, MUTE),
)
LONGEST = (
    shapes.LongestView("FL-000119", "Solitaire ring, 0.71 ct", 718.2),
    shapes.LongestView("FL-000900", "", 402.0),
)
ZONE = shapes.ZoneHistoryView(
    zone="case-1",
    zone_name="Case 1, solitaires",
    days=30,
    from_us=NOON_US - 30 * 86_400_000_000,
    to_us=NOON_US,
    piece_hours=48_110.0,
    hours=tuple(shapes.HourView(hour, 158.0 if day else 12.5) for hour, day in enumerate(DAY)),
    trays=(shapes.TrayView("case-1/02", 5760.0), shapes.TrayView("", 310.4)),
    longest=LONGEST,
    antennas=ANTENNAS,
    counted=1204,
    counted_here=1188,
    elsewhere=(shapes.ElsewhereView("case-2", "Case 2, bands", 14), shapes.ElsewhereView("safe-1", "Safe 1", 2)),
    why="",
)
EMPTY = replace(
    ZONE, piece_hours=0.0, hours=tuple(shapes.HourView(hour, 0.0) for hour in range(24)), trays=(), longest=()
)
YOUNG = replace(ZONE, hours=(), trays=(), longest=(), antennas=(), elsewhere=(), counted=0, why="the disk is full")


SECONDS = tuple(range(-180, 60))
READS = shapes.AlarmReadsView(
    alarm="alarm-1",
    at_s=SECONDS,
    own=tuple(0 if at > -31 else 2 + at % 3 for at in SECONDS),
    others=tuple(0.9 + at % 7 / 100 for at in SECONDS),
    neighbours=7,
    why="",
)
UNKEPT = replace(READS, at_s=(), own=(), others=(), neighbours=0, why="no capture is kept for this alarm")
MAP = shapes.ReadMapView(
    7,
    tuple(
        shapes.ZoneRateView(zone, name, rate, tuple(None if rate is None or not 8 <= hour < 20 else rate * (0.6 + hour % 5 / 12) for hour in range(24)))
        for zone, name, rate in (
            ("case-1", "Case 1, solitaires", 46.2), ("case-2", "Case 2", 44.0), ("shelf-1", "Shelf by the window, watches", 12.4),
            ("safe-1", "Safe 1", 0.0), ("safe-2", "Safe 2", None),
        )
    ),
    "",
)  # fmt: skip
STAYS = (
    StayView("pad-1", "Till pad", NOON_US - 3_000_000_000, NOON_US, 2950, "pad-reader", 2),
    StayView("case-1", "Case 1, solitaires", NOON_US - 30_000_000_000, NOON_US - 27_000_000_000, 2950, "case-reader-1"),
    StayView("safe-1", "Safe 1", NOON_US - 90_000_000_000, NOON_US - 87_000_000_000, 1, "scanner"),
)


def pages(common, piece):
    shown = {**common, "spans": (1, 7, 30, 365), "days": 30}
    seen = {
        "last_seen_us": NOON_US,
        "last_seen_zone": "pad-1",
        "last_seen_by": "pad-reader",
        "last_seen_antenna": 2,
        "p": 0.93,
        "known_rounds": 12,
        "visibility": 0.98,
        "silent_rounds": 7,
        "reads_due": 6.4,
        "unsure": True,
    }
    story = PieceStoryView(**asdict(piece), **seen, stays=STAYS, history_why="")
    untold = replace(story, stays=(), last_seen_us=None, last_seen_by="", history_why="the disk is full")
    alarm = AlarmView(
        alarm="alarm-1", kind=AlarmKind.MISSING, pieces=(piece,), zone="case-1", zone_name="Case 1, solitaires",
        sentence="Silent for 31 s: read in none of 31 rounds, where 29 reads were due (it is read in 94% of rounds, its zone at 99% of normal); 9 of 9 neighbours are read; so much silence is harmless here about once in 4 years.", why="", evidence_nats=27.4,
        rounds=31, value_minor=1_240_000, currency="EUR", raised_us=NOON_US, open=True, outcome="", note="",
    )  # fmt: skip
    return {
        "alarm-why": ("edge/alarm_why.html", {**shown, "may_close": True, "alarm": alarm, "reads": READS}),
        "alarm-why-unkept": ("edge/alarm_why.html", {**shown, "may_close": True, "alarm": alarm, "reads": UNKEPT}),
        "piece": ("edge/piece.html", {**shown, "piece": story}),
        "piece-untold": ("edge/piece.html", {**shown, "piece": untold}),
        "zone-reads": ("edge/zone_reads.html", {**shown, "reads": MAP}),
        "zone-reads-young": (
            "edge/zone_reads.html",
            {**shown, "reads": replace(MAP, zones=(), why="the disk is full")},
        ),
        "zone-history": ("edge/zone_history.html", {**shown, "history": ZONE}),
        "zone-history-empty": ("edge/zone_history.html", {**shown, "history": EMPTY}),
        "zone-history-young": ("edge/zone_history.html", {**shown, "history": YOUNG}),
    }
