"""Counts in the gallery beyond the plain ones: blind, slow, and one to review with its totals, tags and looks."""

from dataclasses import replace

from contract.facts import CountPlace, CountTag, CountTotal, Verdict
from edge.api import shapes
from edge.api.counts.views import Lines, zone_totals

NOON_US = 1_794_830_400_000_000
COUNT = shapes.CountView(
    count="count-1", place=CountPlace.SHELF, state="running", rounds=14, expected=1077, found=983, p_complete=0.4127,
    zones=(), unread_expected=93.2, why_stopped="", verdicts=(), value_minor=612_340_000, weight_mg=8_914_200,
    currency="EUR", unknown_tags=0, started_us=NOON_US,
)  # fmt: skip
FINISHED = replace(
    COUNT, state="finished", rounds=61, found=1075, p_complete=0.99962, unread_expected=0.4, unknown_tags=2,
    why_stopped="the rest is sooner found by hand", p_complete_by_hand=0.9996, to_look_for=2,
    sentence="1,075 of 1,077 found; 1 not read in this count: check it by hand; 1 missing; 1 lies elsewhere.",
    verdicts=(
        shapes.VerdictView(
            "FL-000119", "Solitaire ring, 0.71 ct", Verdict.MISSING, "case-1", 0.0004, "last read 13:58", price_minor=1_240_000,
            category="ring", seen_us=NOON_US - 120_000_000, seen_zone="Till pad",
        ),
        shapes.VerdictView(
            "FL-000934", "Curb bracelet", Verdict.CHECK_BY_HAND, "case-5", 0.31, "not read in this count; last read 40 s ago",
            price_minor=340_000, category="bracelet",
        ),
        shapes.VerdictView("FL-001033", "Pendant, sapphire", Verdict.MISPLACED, "case-5", 1.0, "found in case 5"),
    ),
)  # fmt: skip
NEEDS = (
    shapes.NeedsView("case-1", 41, 38.4, 2, 0, 9, "41 of 212 unread: 2 as good as missing, about 38.4 still there"),
    shapes.NeedsView("case-5", 53, 53.0, 0, 0, 0, "53 of 180 unread; no round has seen this place yet"),
)
LOOK = "session 3, single target, odd antennas"
COMPLETE = replace(
    COUNT, place=CountPlace.SAFE, state="approved", expected=402, found=402, p_complete=1.0, unread_expected=0.0,
    why_stopped="complete", sentence="All 402 found.",
)  # fmt: skip
SLOWER = "Slower than expected (40 s where 12 s were expected): 9 pieces still unread are read in fewer than one round of three."
COUNTING_TOO = {
    "may_decide": True, "may_start": True, "may_count": True, "counted_it": False, "missed": (), "only": "",
    "zone_totals": (), "lines": Lines(),
}  # fmt: skip
MISSED = (
    shapes.MissedView("Safe at opening", CountPlace.SAFE, 1_763_800_200_000_000, "this box was off or served nobody then", 2),
)  # fmt: skip
TOTALS = (
    CountTotal(zone="case-1", tray="case-1/04", expected=12, found=11, expected_mg=51_000, found_mg=46_730, expected_minor=9_400_000, found_minor=8_160_000),
    CountTotal(zone="case-1", tray="case-1/05", expected=149, found=148, explained=1, expected_mg=610_000, found_mg=606_000, explained_mg=4_000, expected_minor=80_000_000, found_minor=79_500_000, explained_minor=500_000),
    CountTotal(zone="case-5", expected=139, found=139, expected_mg=800_000, found_mg=800_000, expected_minor=61_000_000, found_minor=61_000_000),
)  # fmt: skip
LOOKS = (
    shapes.LookView(1, (), 61, 300, 297, 0.94, "the rest is sooner found by hand", 1_763_812_800_000_000),
    shapes.LookView(2, ("case-1",), 9, 300, 298, 0.9996, "complete", 1_763_813_400_000_000),
)
TAGS = (CountTag(epc="E28011700000020F", verdict=Verdict.UNKNOWN_TAG, zone="case-5", rounds=58, note="read in 58 of 61 rounds; no piece of the house carries it"),)  # fmt: skip


def hidden(count: shapes.CountView) -> shapes.CountView:
    """As whoever counts blind is shown it."""
    zones = tuple(shapes.ZoneTallyView(zone, 0, 0) for zone in ("case-1", "case-2", "shelf-1"))
    return replace(
        count, expected=0, found=0, p_complete=0.0, unread_expected=0.0, zones=zones, blind=True, hidden=True
    )


def reviewed(count: shapes.CountView) -> dict[str, object]:
    """A finished count with everything that a review may show."""
    zones = (shapes.ZoneTallyView("case-1", 161, 160, 159), shapes.ZoneTallyView("case-5", 139, 139, 139))
    more = (
        shapes.VerdictView("FL-000120", "Band, brushed", Verdict.EXPLAINED, "case-1", 0.0, "sold at 10:42", tray="case-1/05"),
        shapes.VerdictView(
            "FL-000240", "Riviera necklace", Verdict.EXPLAINED, "case-5", 0.0, "with the photographer until Friday",
            NOON_US, "marc",
        ),
        shapes.VerdictView("FL-000241", "Stud earrings", Verdict.FOUND, "case-5", 1.0, "", NOON_US, "marc"),
    )  # fmt: skip
    shown = replace(
        count, zones=zones, totals=TOTALS, tags=TAGS, looks=LOOKS, blind=True, number=2, counted_by=("ana",),
        verdicts=(*count.verdicts, *more), why="Floor at closing", unknown_more=3.0,
    )  # fmt: skip
    kinds = [each.verdict for each in shown.verdicts]
    shown = replace(shown, kinds={kind: kinds.count(kind) for kind in kinds})
    return {"count": shown, "zone_totals": zone_totals(TOTALS), "lines": Lines(shown.verdicts)}


def pages(common: dict[str, object], _: object) -> dict[str, tuple[str, dict[str, object]]]:
    counting = {**common, **COUNTING_TOO}
    everything = (COUNT, FINISHED, COMPLETE, hidden(COUNT))
    short = shapes.ClosingView(
        "short",
        replace(FINISHED, place=CountPlace.SAFE),
        lacking=FINISHED.verdicts[:2],
        blind=("Safe 2",),
        outside=3,
        unsafe=("Back door",),
    )
    whole = shapes.ClosingView("complete", replace(COMPLETE, state="finished"))
    locking = {**counting, "may_approve": True}
    return {
        "closing": ("edge/closing.html", {**locking, "closing": whole}),
        "closing-short": ("edge/closing.html", {**locking, "closing": short}),
        "closing-left": ("edge/closing.html", {**locking, "closing": replace(whole, count=COMPLETE, left_since=2)}),
        "closing-running": (
            "edge/closing.html",
            {**locking, "closing": shapes.ClosingView("running", replace(COUNT, place=CountPlace.SAFE))},
        ),
        "closing-old": ("edge/closing.html", {**locking, "closing": shapes.ClosingView("old", COMPLETE, outside=1075)}),
        "closing-never": ("edge/closing.html", {**locking, "closing": shapes.ClosingView("never", None)}),
        "closing-blind": ("edge/closing.html", {**locking, "closing": shapes.ClosingView("hidden", hidden(COUNT))}),
        "counts": ("edge/counts.html", {**counting, "counts": everything, "missed": MISSED, "to_learn": 0}),
        "counts-empty": ("edge/counts.html", {**counting, "counts": (), "to_learn": 3}),
        "count-blind": ("edge/count.html", {**counting, "count": hidden(COUNT)}),
        "count-complete": ("edge/count.html", {**counting, "count": COMPLETE}),
        "count-finished": (
            "edge/count.html",
            {**counting, "count": FINISHED, "lines": Lines(FINISHED.verdicts, 31)},
        ),
        "count-review": ("edge/count.html", {**counting, **reviewed(FINISHED)}),
        "count-running": ("edge/count.html", {**counting, "count": COUNT}),
        "count-slow": (
            "edge/count.html",
            {**counting, "count": replace(COUNT, left_s=12.0, slower=SLOWER, needs=NEEDS, look=LOOK)},
        ),
    }
