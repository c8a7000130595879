"""Finding clients: keyed words lead to candidates, which are opened and ranked by how near they come to what was typed.

Of several parts the rarest is looked up and the others are asked of what it found, so that a house of a million does
not go through the thousands whose name begins with `mar`.
"""

import re
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud import aliases
from cloud.db import Tx
from cloud.people import Keyring, WordKey
from cloud.pos.clients import queries, words
from cloud.pos.clients.profile import Profile
from cloud.tables import client, person_word

CANDIDATES_MAX: Final = 120
"""Profiles opened for one question: each takes a tenth of a millisecond."""
SCANNED_MAX: Final = 20_000
"""People with the rarest part who are asked for the others: in a house of a million even `mar muster` ends in time."""
SHOWN_MAX: Final = 50
RARITY_MAX: Final = 2_000
"""Counting how often a word occurs ends here: beyond it, it is common."""
NEAR_MIN: Final = 0.75
"""Of names that are only nearly so: how near they must come, from 0 to 1."""
UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Found:
    """`more`: there were more than were looked at, another letter or word brings the rest nearer."""

    rows: list[queries.ClientRow]
    more: bool


def find(tx: Tx, ring: Keyring, query: str) -> Found:
    """The nearest first. Names that fit as typed; when there are none, names that begin alike. Raises `SealedError`."""
    if UUID.fullmatch(query.strip()):
        return _opened(tx, ring, [query.strip()], "", least=0.0)
    house = ring.words(tx)
    for parts, least in ((words.of_query(query), 0.0), (words.nearly(query), NEAR_MIN)):
        persons = candidates(tx, house, parts)
        found = _opened(tx, ring, persons, query, least=least)
        if found.rows:
            return found
    return Found([], more=False)


def candidates(tx: Tx, house: WordKey, parts: list[list[str]]) -> list[str]:
    """Persons that have a word of each part, at most one more than `CANDIDATES_MAX`."""
    keyed = [words.keyed(part, house) for part in parts]
    if not keyed:
        return []
    keyed.sort(key=lambda part: _count(tx, part))
    query = sa.select(person_word.c.person).where(person_word.c.word.in_(keyed[0]))
    if len(keyed) > 1:
        some = query.limit(SCANNED_MAX).subquery()
        query = sa.select(some.c.person)
        for part in keyed[1:]:
            other = person_word.alias()
            query = query.where(sa.exists().where(other.c.word.in_(part), other.c.person == some.c.person))
    return [row["person"] for row in tx.rows(query.distinct().limit(CANDIDATES_MAX + 1))]


def _count(tx: Tx, part: list[bytes]) -> int:
    some = sa.select(person_word.c.person).where(person_word.c.word.in_(part)).limit(RARITY_MAX).subquery()
    return int(tx.value(sa.select(sa.func.count()).select_from(some)) or 0)


def _opened(tx: Tx, ring: Keyring, persons: list[str], query: str, *, least: float) -> Found:
    """Each client once, under the id that stands for them, as near as the nearest of their ids."""
    if not persons:
        return Found([], more=False)
    heads = aliases.heads(tx, persons[:CANDIDATES_MAX])
    wanted = {*heads, *heads.values()}
    rows = tx.rows(queries.sealed_rows().where(client.c.person.in_(wanted)))
    seen = {row.person: (row, nearness(query, profile)) for row, profile in queries.opened(ring, rows)}
    best: dict[str, float] = {}
    for person, head in heads.items():
        if person in seen and head in seen:
            best[head] = max(best.get(head, 0.0), seen[person][1])
    scored = [(near, seen[head][0]) for head, near in best.items()]
    kept = sorted((each for each in scored if each[0] >= least), key=lambda each: (-each[0], -each[1].changed_us))
    more = len(persons) > CANDIDATES_MAX or len(kept) > SHOWN_MAX
    return Found([row for _, row in kept[:SHOWN_MAX]], more=more)


def nearness(query: str, profile: Profile) -> float:
    """0 to 1: of each word typed how near the nearest word of the name comes (Jaro–Winkler), on average."""
    from rapidfuzz.distance import JaroWinkler  # noqa: PLC0415 - only who looks for a client needs it

    typed = words.plain(query).split()
    named = words.plain(f"{profile.given_name} {profile.family_name} {profile.also_called}").split()
    if not typed or not named:
        return 0.0
    near = [max(JaroWinkler.normalized_similarity(word, name) for name in named) for word in typed]
    return sum(near) / len(near)
