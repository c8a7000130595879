"""What the job of reminders asks of clients: their days, what ended, and whether something came back lately."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import sqlalchemy as sa

from cloud import aliases
from cloud.db import Tx
from cloud.people import Keyring
from cloud.pos.clients.profile import Milestone, Profile
from cloud.pos.clients.queries import opened, profiles_of, sealed_rows
from cloud.pos.clients.reach import reaching
from cloud.pos.clients.together import together
from cloud.reminders.job import Clients
from cloud.reminders.rules import Day, Stop, Told
from cloud.tables import client, client_alias, refund, sale
from cloud.work import Work
from contract.ids import PersonId

GAVE_BACK_US: Final = 90 * 86_400_000_000
"""So long after a return a person judges before anything is sent."""


def clients(ring: Keyring) -> Clients:
    def after(work: Work, person: str, most: int) -> list[Told]:
        query = sealed_rows().where(client.c.person > person, ~aliases.ABSORBED).order_by(client.c.person).limit(most)
        return _told(work, ring, query)

    def some(work: Work, persons: Iterable[str]) -> Mapping[str, Told]:
        """Also by an id that another stands for now."""
        wanted = sorted(set(persons))
        heads = aliases.heads(work.tx, wanted)
        rows = _told(work, ring, sealed_rows().where(client.c.person.in_(set(heads.values())))) if wanted else []
        known = {told.person: told for told in rows}
        return {name: known[head] for name, head in heads.items() if head in known}

    return Clients(after, some, reaching(ring))


def whole(tx: Tx, ring: Keyring, person: str, own: Profile) -> Profile:
    """With what stands under ids that were joined to this one."""
    others = [each for each in aliases.ids(tx, person) if each != person]
    found = profiles_of(tx, ring, others) if others else {}
    return together(own, [found[each] for each in others if each in found])


def _told(work: Work, ring: Keyring, query: "sa.Select[tuple[object, ...]]") -> list[Told]:
    rows = opened(ring, work.tx.rows(query))
    named = [row.person for row, _ in rows]
    joined = _joined(work.tx, named)
    back = _gave_back(work, named)
    return [
        _one(row.person, row.owner, row.store, whole(work.tx, ring, row.person, own) if row.person in joined else own,
             gave_back=row.person in back)
        for row, own in rows
    ]  # fmt: skip


def _one(person: str, owner: str, store: str, profile: Profile, *, gave_back: bool) -> Told:
    days = tuple(
        Day(each.milestone, each.kind, each.day, each.relation, each.name, each.person) for each in profile.milestones
    )
    return Told(
        PersonId(person), owner, store, days, frozenset(Stop(each.what) for each in profile.stops), gave_back
    )  # fmt: skip


def _joined(tx: Tx, persons: list[str]) -> set[str]:
    holds = sa.select(client_alias.c.survivor).where(aliases.HOLDS)
    return {row["survivor"] for row in tx.rows(holds.where(client_alias.c.survivor.in_(persons)))}


def _gave_back(work: Work, persons: list[str]) -> set[str]:
    since = refund.c.recorded_us > work.now_us - GAVE_BACK_US
    query = sa.select(sale.c.client).join(refund, refund.c.sale == sale.c.sale)
    rows = work.tx.rows(query.where(sale.c.client.in_(persons), sale.c.client != "", since).distinct())
    return {row["client"] for row in rows}


def occasions(ring: Keyring) -> Callable[[Work, Iterable[tuple[str, str]]], Mapping[tuple[str, str], str]]:
    def told(work: Work, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """What each day is, in words, by person and milestone. Raises `SealedError`."""
        asked = set(wanted)
        profiles = profiles_of(work.tx, ring, sorted({person for person, _ in asked}))
        return {
            (person, day.milestone): _words(day)
            for person, own in profiles.items()
            for day in whole(work.tx, ring, person, own).milestones
            if (person, day.milestone) in asked
        }

    return told


def _words(day: Milestone) -> str:
    if day.relation in ("self", "couple"):
        return f"their {day.kind}" if day.kind != "other" else "a day of theirs"
    return f"{day.kind} of {day.name or 'their ' + day.relation}"
