"""Clients who may be one person, and what somebody said of each two: "two people" is remembered for ever."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from cloud import aliases
from cloud.clienteling.identity.matching import Suggestion
from cloud.db import Tx
from cloud.tables import client, client_pair
from cloud.work import Work
from contract.ids import PersonId, UserId

QUEUE_MAX: Final = 5_000
"""Pairs that wait at once, the surest: nobody looks through more, and the next comparison brings the rest."""
AHEAD: Final = 200
"""Rows read for one page; some of them are settled by other merges."""


class Said(StrEnum):
    """`open`: nobody has said anything."""

    OPEN = "open"
    LATER = "later"
    APART = "apart"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ids as they are known by now, with what speaks for one person and what against it, in words."""

    one: PersonId
    other: PersonId
    reasons: list[str]
    state: str


def say(work: Work, one: str, other: str, said: Said, *, by: UserId) -> None:
    """What somebody says of two clients."""
    low, high = sorted((one, other))
    told = {"one": low, "other": high, "state": said, "by": by, "decided_us": work.now_us}
    work.tx.put(client_pair, told)


def waiting(tx: Tx, *, limit: int) -> list[Pair]:
    """The queue: the surest first, and those put off behind them; not two that are one, or apart, by now."""
    found: list[Pair] = []
    for state in (Said.OPEN, Said.LATER):
        query = sa.select(client_pair).where(client_pair.c.state == state).order_by(client_pair.c.bits.desc())
        rows = tx.rows(query.limit(AHEAD))
        names = sorted({row[side] for row in rows for side in ("one", "other")})
        heads = aliases.heads(tx, names)
        apart = _apart(tx, names, heads)
        alive = _alive(tx, sorted(set(heads.values())))
        for row in rows:
            one, other = heads[row["one"]], heads[row["other"]]
            told = frozenset((one, other))
            if len(told) == 2 and told not in apart and told <= alive:
                found.append(Pair(one, other, json.loads(row["reasons"] or "[]"), row["state"]))
                apart.add(told)  # once, however many cards tell it
    return found[:limit]


def count(tx: Tx) -> int:
    """Rows that wait; some of them may be settled."""
    return int(tx.value(sa.select(sa.func.count()).where(client_pair.c.state == Said.OPEN)) or 0)


def known_apart(tx: Tx) -> set[frozenset[str]]:
    """Of whom somebody said that they are two, by the ids they are known by now."""
    rows = tx.rows(sa.select(client_pair.c.one, client_pair.c.other).where(client_pair.c.state == Said.APART))
    heads = aliases.heads(tx, sorted({row[side] for row in rows for side in ("one", "other")}))
    return {frozenset((heads[row["one"]], heads[row["other"]])) for row in rows}


def keep(work: Work, found: Iterable[Suggestion]) -> int:
    """A new comparison takes the place of the last one; what somebody said of a pair stays. How many wait."""
    work.tx.run(sa.delete(client_pair).where(client_pair.c.state == Said.OPEN))
    kept = 0
    for each in found:
        if kept == QUEUE_MAX:
            break
        low, high = sorted((each.one, each.other))
        row = {
            "one": low, "other": high, "bits": each.bits, "reasons": json.dumps([r for r in each.reasons if r]),
            "state": Said.OPEN, "found_us": work.now_us,
        }  # fmt: skip
        kept += work.tx.add_new(client_pair, row)
    return kept


def forget(work: Work, person: str) -> None:
    """What was found of somebody who is erased: that they resembled another tells of them."""
    mine = sa.or_(client_pair.c.one == person, client_pair.c.other == person)
    work.tx.run(sa.delete(client_pair).where(mine))


def _apart(tx: Tx, names: list[str], heads: dict[str, PersonId]) -> set[frozenset[PersonId]]:
    if not names:
        return set()
    query = sa.select(client_pair).where(
        client_pair.c.state == Said.APART, client_pair.c.one.in_(names), client_pair.c.other.in_(names)
    )
    return {frozenset((heads[row["one"]], heads[row["other"]])) for row in tx.rows(query)}


def _alive(tx: Tx, persons: list[PersonId]) -> set[PersonId]:
    if not persons:
        return set()
    query = sa.select(client.c.person).where(client.c.person.in_(persons), client.c.erased_us == 0)
    return {PersonId(row["person"]) for row in tx.rows(query)}
