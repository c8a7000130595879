"""From columns of purchases to a row for each client: `cloud.clienteling` asked, and its answers put side by side."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from cloud.clienteling import lifetime, rising, segments
from cloud.pos.segments.gather import Bought
from cloud.pos.segments.settings import Segmentation
from trade.periods import months_after

HORIZON_DAYS: Final = 365
"""What a client will bring is told for the year to come."""
LATE_DAYS: Final = 365
"""Of late; who rises is told against up to `BEFORE_DAYS` before."""
BEFORE_DAYS: Final = 730
UNKNOWN: Final = -1.0
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Tell = Callable[[str, int], None]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """What was learnt, to be read next year. Lists of parameters are empty where `why` says what was lacking."""

    window_from: str
    clients: int
    prospects: int = 0
    why: str = ""
    visits: tuple[float, ...] = ()
    """r, α (days), a, b of BG/NBD."""
    spend: tuple[float, ...] = ()
    """p, q, γ (minor units) of Gamma-Gamma."""
    rate_shape: float = 0.0
    rate_years: float = 0.0
    """Of the prior of those who rise."""
    value_minor: int | None = None
    """Of all clients together, within the year to come."""
    left_out: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Learnt:
    rows: Callable[[], Iterator[dict[str, object]]]
    """Made as they are asked for: of a million clients all at once would fill the memory."""
    model: Model


def learn(
    of: Bought, told: Segmentation, before: Mapping[str, tuple[int, str]], *, day: str, rng: np.random.Generator,
    tell: Tell,
) -> Learnt:  # fmt: skip
    """`day`: the last business day that counts. `tell` hears what is being done, in hundredths."""
    window_from = months_after(day, -told.window_months)
    if not of.persons:
        return Learnt(lambda: iter(()), Model(window_from=window_from, clients=0, left_out=of.left_out))
    today = _number(day)
    keep = of.day <= today
    who, when, net = of.person[keep], of.day[keep], of.net_minor[keep]
    count = len(of.persons)
    ever = np.bincount(who, minlength=count)
    known = np.flatnonzero(ever > 0)
    first, last = np.full(count, today), np.full(count, today)
    np.minimum.at(first, who, when)
    last[who] = when  # rows are by client, then by day: the last one written is the latest
    since = (today - last).astype(np.float64)
    span = (last - first).astype(np.float64)

    tell("Tiers and quintiles", 10)
    inside = when >= _number(window_from)
    spend = _summed(who[inside], net[inside], count)
    visits = np.bincount(who[inside], minlength=count)
    was = np.asarray([min(before.get(each, (0, ""))[0], len(told.steps)) for each in of.persons], np.int64)
    tier = segments.tiers(spend, was, told.tiers())
    marks = segments.rfm(since, visits, spend)
    lapses = segments.lapsing(since, ever, span)

    tell("Who comes more often", 20)
    repeat = when > first[who]
    chance, rises, prior = _rising(who[repeat], when[repeat], net[repeat], first, today)

    tell("What they will bring", 30)
    age = np.maximum(today - first, 1).astype(np.float64)
    later = np.bincount(who[repeat], minlength=count)
    paid = np.where(later > 0, _summed(who[repeat], net[repeat], count), _summed(who[~repeat], net[~repeat], count))
    model = lifetime.fit(span[known], later[known], age[known], (paid / np.maximum(later, 1))[known], rng=rng)
    tell("What they will bring", 85)
    worth, alive = model.value(HORIZON_DAYS), model.alive()

    rhythm = np.where(ever >= segments.VISITS_FOR_RHYTHM, span / np.maximum(ever - 1, 1), 0.0)

    def rows() -> Iterator[dict[str, object]]:
        for at, index in enumerate(known.tolist()):
            person = of.persons[index]
            tier_was, tier_since = before.get(person, (0, day if before else ""))
            yield {
                "person": person, "tier": int(tier[index]),
                "tier_since": tier_since if tier_was == tier[index] or not before else day,
                "spend_minor": int(spend[index]), "visits": int(visits[index]), "visits_ever": int(ever[index]),
                "first_day": _day(first[index]), "last_day": _day(last[index]), "recency": int(marks.recency[index]),
                "frequency": int(marks.frequency[index]), "money": int(marks.money[index]),
                "value_minor": _minor(worth.value[at]), "low_minor": _minor(worth.low[at]),
                "high_minor": _minor(worth.high[at]), "alive": _known(alive.value[at]),
                "rising": float(chance[index]), "rises": int(rises[index]), "lapses": int(lapses[index]),
                "rhythm_days": float(rhythm[index]),
                "store": of.store[index],
            }  # fmt: skip

    return Learnt(
        rows,
        Model(
            window_from=window_from, clients=len(known), why=model.why,
            visits=tuple(float(each) for each in model.visits or ()),
            spend=tuple(float(each) for each in model.spend or ()), rate_shape=prior.shape, rate_years=prior.time,
            value_minor=_minor(float(np.nansum(worth.value))), left_out=of.left_out,
        ),
    )  # fmt: skip


def _rising(
    who: Ints, when: Ints, net: Ints, first: Ints, today: int
) -> tuple[Floats, NDArray[np.bool_], rising.Prior]:
    """Of purchases after the first, by which a client is known. Time is in years."""
    count, edge = len(first), today - LATE_DAYS
    late, early = when > edge, (when <= edge) & (when > edge - BEFORE_DAYS)
    known = np.clip(edge - first, 0, BEFORE_DAYS) / 365.0
    spans = [
        rising.Span(np.bincount(who[part], minlength=count), time, _summed(who[part], net[part], count))
        for part, time in ((late, np.minimum(today - first + 1, LATE_DAYS) / 365.0), (early, known))
    ]
    of = rising.prior(spans[0].visits + spans[1].visits, spans[0].time + spans[1].time)
    # somebody of this year has no year before: nothing is told of them yet
    seen = first <= edge
    return (
        np.where(seen, rising.probability(spans[0], spans[1], of), 0.0),
        np.asarray(seen & rising.rising(spans[0], spans[1], of), np.bool_),
        of,
    )


def _summed(who: Ints, minor: Ints, count: int) -> Ints:
    """Whole, not through floats: sums of money stay what they are."""
    sums = np.zeros(count, np.int64)
    np.add.at(sums, who, minor)
    return sums


def _number(day: str) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))


def _day(number: np.int64) -> str:
    return dt.date.fromordinal(719_163 + int(number)).isoformat()


def _minor(value: float) -> int | None:
    return round(float(value)) if np.isfinite(value) else None


def _known(value: float) -> float:
    return float(value) if np.isfinite(value) else UNKNOWN
