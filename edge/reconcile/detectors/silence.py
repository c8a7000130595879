"""What a silence says, in figures to weigh: reads that were due, who else is read, how seldom it is harmless."""

from typing import Final

from contract.facts import AlarmKind
from edge.reconcile.detectors.gone import Gone
from edge.reconcile.presence.evidence import FEW, GROUP, SINGLE, SMALL, TRAY, Evidence
from edge.reconcile.presence.shapes import Accusation
from edge.reconcile.presence.threshold import false_alarms_per_month

MONTHS: Final = 12
YEARS_MAX: Final = 100
"""So seldom a store of two years cannot know it: its history is the end of a tail, not a hundred years of watching."""


def harmless_per_month(evidence: Evidence, accusation: Accusation) -> float | None:
    """How often a month this store had a silence so strong that came to nothing; None: its history is too short.

    A group may have been accused as a tray or as pieces of one moment: the most frequent of them is said.
    """
    row, nats = accusation.rows[0], accusation.nats
    alone = accusation.kind is AlarmKind.MISSING and nats == float(evidence.nats[row])
    lone = (SMALL,) if evidence.small[accusation.zone] else (SINGLE,)
    kinds = lone if alone else (TRAY, GROUP, FEW)
    often = [false_alarms_per_month(evidence.peaks[kind], evidence.store_s, nats, kind) for kind in kinds]
    return max((each for each in often if each is not None), default=None)


def sentence(gone: Gone, per_month: float | None, *, neighbours: bool = True) -> str:
    """`Silent for 31 s: read in none of 31 rounds, where 29 reads were due (it is read in 95% of rounds, its zone at
    98% of normal); 40 of 42 neighbours are read; so much silence is harmless here about twice a year.`
    """
    said = gone.accusation
    one = gone.pieces == 1
    due = said.rounds * said.p * said.visibility
    beside = (
        f"; {gone.neighbours_read} of {gone.neighbours} neighbours are read" if neighbours and gone.neighbours else ""
    )
    return (
        f"Silent for {lasting(said.silent_s)}: read in none of {said.rounds} rounds, where {figure(due)} reads "
        f"{'' if one else 'of each '}were due ({'it is' if one else 'they are'} read in {said.p:.0%} of rounds, "
        f"{'its' if one else 'their'} zone at {said.visibility:.0%} of normal){beside}; {seldom(per_month)}."
    )


def seldom(per_month: float | None) -> str:
    """How often such a thing happens here though nobody took anything."""
    if per_month is None:
        return "this store has not been watched long enough to say how often so much silence is harmless"
    return f"so much silence is harmless here {often(per_month)}"


def often(per_month: float) -> str:
    """`about 3 times a month`, `about twice a year`, `about once in 4 years`."""
    a_year = per_month * MONTHS
    if a_year >= 1.5 * MONTHS:
        return f"about {times(per_month)} a month"
    if a_year >= 0.75:
        return f"about {times(a_year)} a year"
    years = 1 / max(a_year, 1e-9)
    return f"about once in {years:.0f} years" if years <= YEARS_MAX else f"less than once in {YEARS_MAX} years"


def times(number: float) -> str:
    """`once`, `twice`, `7 times`."""
    whole = max(1, round(number))
    return {1: "once", 2: "twice"}.get(whole, f"{whole} times")


def lasting(seconds: float) -> str:
    """`31 s`, `6 min`, `3 h`."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 3 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def figure(number: float) -> str:
    """Few with a digit behind the point, many without."""
    return f"{number:.1f}" if number < 10 else f"{number:.0f}"
