"""Pairs gathered into groups for one look: never across two telephones that were both verified."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cloud.clienteling.identity.matching import Pairs
from cloud.clienteling.identity.people import Card


@dataclass(frozen=True, slots=True)
class Cluster:
    people: tuple[str, ...]
    """Ids, in the order of the cards."""
    weakest_bits: float
    """The weakest evidence that the group hangs together by."""


@dataclass(frozen=True, slots=True)
class Clusters:
    groups: list[Cluster]
    """The surest first."""
    held_apart: list[tuple[str, str]]
    """Pairs whose groups hold two different verified telephones: a person settles which is whose."""


def clusters(people: Sequence[Card], pairs: Pairs, *, guard_verified: bool = True) -> Clusters:
    """Groups of two and more. Strong pairs are joined first, so that a weak one cannot take a strong one's place.

    `guard_verified=False` takes the guard away: only its control asks for that.
    """
    root = list(range(len(people)))
    phones = [{card.verified_phone} - {""} for card in people]
    weakest: dict[int, float] = {}
    held: list[tuple[str, str]] = []

    def find(row: int) -> int:
        while root[row] != row:
            root[row] = root[root[row]]
            row = root[row]
        return row

    for left, right, bits in zip(pairs.left.tolist(), pairs.right.tolist(), pairs.bits.tolist(), strict=True):
        one, other = find(left), find(right)
        if one == other:
            continue
        both = phones[one] | phones[other]
        if guard_verified and len(both) > 1:
            held.append((people[left].id, people[right].id))
            continue
        root[other], phones[one] = one, both
        weakest[one] = min(bits, weakest.pop(one, bits), weakest.pop(other, bits))
    members = defaultdict(list)
    for row in range(len(people)):
        if (top := find(row)) in weakest:
            members[top].append(people[row].id)
    groups = [Cluster(tuple(ids), weakest[top]) for top, ids in members.items()]
    return Clusters(sorted(groups, key=lambda group: (-group.weakest_bits, group.people)), held)
