"""Which days are near, whose they are, and who is asked about them. Pure: today is an argument.

A day of a couple is one day, whichever of the two it stands with. The 29th of February is the 28th in other years: a
day early rather than a day late.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contract.ids import PersonId

YEARLY: Final = re.compile(r"--(\d{2})-(\d{2})")
AHEAD_DAYS: Final = 14
"""So long before the day their adviser sees it."""
TOGETHER: Final = frozenset({"couple", "spouse", "partner"})
OF_TWO: Final = frozenset({"wedding", "engagement", "anniversary"})


class Stop(StrEnum):
    """Why days are not spoken of any more."""

    DIED = "died"
    """The client: nothing is ever sent."""
    WIDOWED = "widowed"
    PARTED = "parted"
    """Divorce, or an engagement that ended."""


class Whom(StrEnum):
    CLIENT = "client"
    """They are written to themselves, on the day or before it."""
    ADVISER = "adviser"


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a profile. `relation`: whose it is, seen from the client; `person` when that one is a client too."""

    milestone: str
    kind: str
    day: str
    relation: str
    name: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What of a client the rules look at. `gave_back`: something they bought came back a short while ago."""

    person: PersonId
    owner: str
    store: str
    days: tuple[Day, ...]
    stops: frozenset[Stop] = frozenset()
    gave_back: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """`subject` and `year` name it for ever. `asked`: everybody whom it may be told to."""

    subject: str
    year: int
    on: dt.date
    person: PersonId
    day: Day
    asked: tuple[Whom, ...]


def in_year(day: str, year: int) -> dt.date | None:
    """When it comes in that year; None: not yet (it began later), or it is no day."""
    yearly = YEARLY.fullmatch(day)
    try:
        first = None if yearly else dt.date.fromisoformat(day)
        month, number = (int(yearly[1]), int(yearly[2])) if yearly else (first.month, first.day)  # type: ignore[union-attr]
        if (month, number) == (2, 29) and not _leap(year):
            number = 28
        found = dt.date(year, month, number)
    except ValueError:
        return None
    return None if first is not None and first >= found else found


def due(told: Told, today: dt.date, partners: Mapping[str, Told]) -> Iterator[Due]:
    """What comes within `AHEAD_DAYS` of a client. `partners`: other clients who stand with these days, by id."""
    if Stop.DIED in told.stops:
        return
    known: set[tuple[str, str, dt.date]] = set()
    for day in told.days:
        partner = partners.get(day.person) if is_shared(day) else None
        if is_shared(day) and _is_over(told, partner):
            continue
        for year in (today.year, today.year + 1):
            on = in_year(day.day, year)
            if on is not None and 0 <= (on - today).days <= AHEAD_DAYS:
                # two profiles that became one may tell the same day twice
                if (day.kind, day.relation + day.name, on) in known:
                    continue
                known.add((day.kind, day.relation + day.name, on))
                yield Due(subject_of(told, day, partner), year, on, told.person, day, _asked(told, day, partner))


def is_shared(day: Day) -> bool:
    return day.relation in TOGETHER or (day.kind in OF_TWO and day.relation == "self")


def subject_of(told: Told, day: Day, partner: Told | None) -> str:
    """The same for both of a couple who know of each other, by whatever id; else the client's own entry."""
    if partner is not None and day.kind in OF_TWO:
        one, other = sorted((told.person, partner.person))
        return f"couple:{one}:{other}:{day.kind}"
    return f"{told.person}:{day.milestone}"


def _is_over(told: Told, partner: Told | None) -> bool:
    ends = {Stop.WIDOWED, Stop.PARTED}
    return bool(ends & told.stops) or (partner is not None and bool((ends | {Stop.DIED}) & partner.stops))


def _asked(told: Told, day: Day, partner: Told | None) -> tuple[Whom, ...]:
    """Another's birthday is a hint to whoever advises, no greeting; after a return a person judges first."""
    own = day.relation in ("self", "couple")
    disappointed = told.gave_back or (partner is not None and partner.gave_back)
    return (Whom.ADVISER, Whom.CLIENT) if own and not disappointed else (Whom.ADVISER,)


def occasion(day: Day) -> str:
    """What a letter calls it."""
    return {"other": "day", "birth": "birthday"}.get(day.kind, day.kind)


def persons(told: Iterable[Told]) -> set[str]:
    """Other clients who stand with days of these."""
    return {day.person for each in told for day in each.days if day.person}


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
