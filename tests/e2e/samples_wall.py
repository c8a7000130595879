"""The wall in the gallery: two alarms, calm, a pad that is blind, far too many alarms; the last hours; all alarms."""

from dataclasses import replace

from contract.facts import AlarmKind, Severity, Vision
from edge.api import shapes
from edge.api.losses import views as loss_views
from edge.api.plans.geometry import laid_out
from edge.api.wall import shapes as wall_shapes
from edge.config import ZoneKind

NOON_US = 1_794_830_400_000_000
MINUTE_US = 60_000_000


def alarms(ring):
    necklace = replace(
        ring, piece="FL-001520", sku="N-RIV-003", title="Rivière necklace, graduated", category="necklace",
        weight_mg=28_410, price_minor=4_890_000,
    )  # fmt: skip
    alarm = shapes.AlarmView(
        alarm="alarm-1", kind=AlarmKind.MISSING, pieces=(ring,), zone="case-1", zone_name="Case 1, solitaires",
        sentence=f"{ring.title} ({ring.sku}), Case 1, solitaires: Silent for 31 s: read in none of 31 rounds, where 29 reads were due (it is read in 94% of rounds, its zone at 99% of normal); 9 of 9 neighbours are read; so much silence is harmless here about once in 4 years.",
        why="Silent for 31 s: read in none of 31 rounds, where 29 reads were due (it is read in 94% of rounds, its zone at 99% of normal); 9 of 9 neighbours are read; so much silence is harmless here about once in 4 years.",
        evidence_nats=27.4, rounds=31, value_minor=1_240_000, currency="EUR", raised_us=NOON_US, open=True, outcome="",
        note="", pieces_total=1, title="Left its place", advice="Look in its tray and on the counter; ask who showed it last.",
    )  # fmt: skip
    exit_ = replace(
        alarm, alarm="alarm-2", kind=AlarmKind.EXIT, pieces=(necklace,), zone="gate", zone_name="Street door",
        sentence=f"{necklace.title} ({necklace.sku}) passed Street door and has not been sold: unsold stock of this store.",
        why="Passed Street door and has not been sold: unsold stock of this store.",
        value_minor=4_890_000, rounds=1, evidence_nats=0.0, severity=Severity.SIREN, title="At the door, unsold",
        advice="Speak to whoever just left; ring it up or take it back.",
    )  # fmt: skip
    past = replace(alarm, alarm="alarm-0", open=False, outcome="found", note="on the polishing tray")
    return alarm, exit_, past


def trail(alarm, nth, *zones):
    names = {"case-1": "Case 1, solitaires", "pad-1": "Till pad", "gate": "Street door", "case-4": "Case 4, necklaces"}
    steps = tuple(
        wall_shapes.StepView(zone, names[zone], NOON_US - (len(zones) - at) * 40_000_000)
        for at, zone in enumerate(zones)
    )
    return wall_shapes.TrailView(alarm.alarm, alarm.pieces[0].piece, nth, steps)


def move(nth, before, after):
    return wall_shapes.MoveView(f"FL-0001{nth}", "Solitaire ring, 0.71 ct", 840_000 - nth, before, after)


def pages(common, ring):
    alarm, exit_, past = alarms(ring)
    store, zones = common["store"], common["zones"]
    wall = wall_shapes.WallView(
        cards=(exit_, alarm), rows=(), open_total=2, growing=False,
        heeded={alarm.alarm: wall_shapes.HeedView("ines", "Inés Duarte", NOON_US + MINUTE_US)},
        trails=(trail(exit_, 0, "case-4", "pad-1", "gate"), trail(alarm, 1, "case-1")),
        closed=(past,), blind=(zones[4],), tallies=common["tallies"], present=1537, expected=1541, hard_to_read=1,
        not_read_yet=2, month_total=1, month_false=0,
    )  # fmt: skip
    calm = replace(
        wall,
        cards=(),
        open_total=0,
        growing=False,
        heeded={},
        trails=(),
        closed=(),
        blind=(),
        present=1541,
        hard_to_read=0,
        not_read_yet=0,
    )
    blind = {"vision": Vision.BLIND, "why": "reader pad-reader is silent: nothing heard for 3.0 s"}
    dark = tuple(replace(z, **blind) if z.kind is ZoneKind.PAD else z for z in zones)
    many = replace(
        wall, open_total=1000, month_total=1000,
        rows=tuple(replace(alarm, alarm=f"alarm-{n}", severity=Severity.NOTICE if n % 2 else Severity.ALARM) for n in range(10, 16)),
    )  # fmt: skip
    shown = {**common, "may_close": True, "deliveries": (), "shown": 1}
    span = wall_shapes.SpanView(
        8, NOON_US - 480 * MINUTE_US, NOON_US, 96, 70, NOON_US - 130 * MINUTE_US, 5 * MINUTE_US, latest=True
    )
    frame = wall_shapes.FrameView(
        span.at_us, {zone: got for zone, (got, _) in common["tallies"].items()}, 1537,
        (move(10, "Case 1, solitaires", "Till pad"), move(11, "Till pad", ""), move(12, "", "Safe 1")), 43, "",
    )  # fmt: skip
    marks = tuple(
        wall_shapes.MarkView(f"a{n}", "Left its place", span.from_us + n * 50 * MINUTE_US, 10 * n) for n in (2, 5, 7)
    )
    calm_zones = tuple(replace(z, missing=0) for z in zones)
    then = {**common, "zones": calm_zones, "span": span, "spans": (1, 4, 8, 24), "frame": frame, "marks": marks}
    nothing = replace(frame, pieces={}, total=0, moves=(), moves_total=0, why="no history is kept here")
    all_of_them = (
        exit_,
        alarm,
        past,
        *(replace(past, alarm=f"old-{n}", outcome="theft" if n % 7 == 0 else "false_alarm") for n in range(47)),
    )
    lost = loss_views.LossesView(
        30, 1, 4_890_000, 2, 2, 2_080_000, 34, 41_210, 41_204, 900, 897, (loss_views.OutView("Till pad", 41.2),),
        tuple(loss_views.ExceptionsView(name, name, 120, 4, 1, 12, 310_000, 3, 720_000) for name in ("Ana Lindqvist", "Marc Oyelaran")), "",
    )  # fmt: skip
    none = loss_views.LossesView(30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (), (), "no history is kept here")
    return {
        "losses": ("edge/losses.html", {**common, "losses": lost}),
        "losses-none": ("edge/losses.html", {**common, "losses": none}),
        "wall": ("edge/wall.html", {**shown, "wall": wall}),
        "wall-calm": ("edge/wall.html", {**shown, "wall": calm}),
        "wall-many": ("edge/wall.html", {**shown, "wall": many}),
        "wall-blind-pad": ("edge/wall.html", {**shown, "store": replace(store, zones=dark), "wall": replace(calm, blind=tuple(z for z in dark if z.vision is Vision.BLIND))}),
        "wall-big": ("edge/wall.html", {**shown, "sheet": big(zones)["sheet"], "store": replace(store, zones=big(zones)["zones"]), "wall": replace(calm, tallies=big(zones)["tallies"])}),
        "alarms": ("edge/alarms.html", {**shown, "state": "", "shown": wall_shapes.AlarmsPage(all_of_them, 2, more=True, open_total=2)}),
        "alarms-none": ("edge/alarms.html", {**shown, "state": "open", "shown": wall_shapes.AlarmsPage((), 1, more=False, open_total=0)}),
        "last-hours": ("edge/then.html", then),
        "last-hours-unkept": ("edge/then.html", {**then, "frame": nothing, "marks": (), "tallies": {}, "span": replace(span, nth=96, latest=False)}),
    }  # fmt: skip


def big(zones):
    """A house of 200 zones, as fifty readers of four antennas have."""
    many = tuple(
        replace(zones[2], zone=f"case-{n}", name=f"Case {n}, bracelets", x=(n % 20) * 2.0, y=(n // 20) * 2.2, expected=500, present=500)
        for n in range(200)
    )  # fmt: skip
    tallies = {zone.zone: (500 if n % 9 else 499, 500) for n, zone in enumerate(many)}
    return {"sheet": laid_out(many), "zones": many, "tallies": tallies}
