"""Clients as the cards that are compared (`cloud.clienteling.identity`), and who of the house somebody new may be."""

import math
import re
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud import aliases
from cloud.clienteling.identity.people import Card
from cloud.db import Tx
from cloud.people import Keyring
from cloud.pos.clients import queries, seeking, words
from cloud.pos.clients.profile import Day, Profile, Relation
from cloud.tables import client, person_word

NEW: Final = "new"
LIKELY_MAX: Final = 5
"""Shown before somebody new is made."""
OPENED_MAX: Final = 200
"""Profiles opened to find them."""
POSTCODE: Final = re.compile(r"(?:[A-Z]{1,2}-)?([0-9]{4,6}|[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2})\b")


@dataclass(frozen=True, slots=True)
class Likely:
    """A client who may be the new one already, with what speaks for it and against it."""

    row: queries.ClientRow
    reasons: list[str]


def card(person: str, profile: Profile) -> Card:
    """One address and one number of each; of the address the lines as most countries write them."""
    lines = [line.strip() for line in profile.address.splitlines() if line.strip()]
    postcode, city = "", ""
    for line in reversed(lines[1:]):
        found = POSTCODE.search(line)
        if found:
            postcode, city = found[1], (line[: found.start()] + line[found.end() :]).strip(" ,")
            break
    birthdays = (
        each.day for each in profile.milestones if each.kind == Day.BIRTHDAY and each.relation == Relation.SELF
    )
    return Card(
        id=person, given=profile.given_name, family=profile.family_name,
        birthday=next((day for day in birthdays if not day.startswith("--")), ""),
        email=next(iter(profile.emails), ""), phone=next(iter(profile.phones), ""),
        street=lines[0] if lines else "", postcode=postcode, city=city, verified_phone=profile.verified_phone,
    )  # fmt: skip


def likely(tx: Tx, ring: Keyring, new: Profile) -> list[Likely]:
    """Clients who may be this one, the surest first. Raises `SealedError`."""
    from cloud.clienteling.identity.matching import REVIEW_BITS, suggestions  # noqa: PLC0415 - loads numpy's friends

    persons = _near(tx, ring, new)
    if not persons:
        return []
    heads = aliases.heads(tx, persons)
    rows = tx.rows(queries.sealed_rows().where(client.c.person.in_(persons)))
    opened = {row.person: (row, profile) for row, profile in queries.opened(ring, rows)}
    cards = [card(NEW, new), *(card(person, profile) for person, (_, profile) in opened.items())]
    # by chance more are alike in a house of many than among the few that are compared here
    house = int(tx.value(sa.select(sa.func.count()).select_from(client)) or 0)
    chance = max(0.0, math.log2(max(house, 1) / len(cards)))
    found: dict[str, Likely] = {}
    for each in suggestions(cards, at_least=REVIEW_BITS + chance):
        if NEW not in (each.one, each.other):
            continue
        other = each.other if each.one == NEW else each.one
        row = opened[other][0]
        found.setdefault(heads[other], Likely(row, [reason for reason in each.reasons if reason]))
    return list(found.values())[:LIKELY_MAX]


def _near(tx: Tx, ring: Keyring, new: Profile) -> list[str]:
    """Whoever shares a number, an address, or how both names begin."""
    house = ring.words(tx)
    exact = [word for word in words.of_profile(new) if word.startswith(("email ", "phone "))]
    found: dict[str, None] = {}
    if exact:
        query = sa.select(person_word.c.person).where(person_word.c.word.in_(words.keyed(exact, house)))
        found |= {row["person"]: None for row in tx.rows(query.distinct().limit(OPENED_MAX))}
    named = f"{new.given_name} {new.family_name}"
    for parts in (words.of_query(named), words.nearly(named)):
        if len(parts) > 1:
            found |= dict.fromkeys(seeking.candidates(tx, house, parts))
    return list(found)[:OPENED_MAX]
