"""Which cards may be one person: scored pairs with the evidence of each field, for a person to look at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.clienteling.identity.blocks import blocked
from cloud.clienteling.identity.evidence import FIELDS, evidence
from cloud.clienteling.identity.people import Card, columns

REVIEW_BITS: Final = 4.0
"""Odds of 16 to 1, from which a pair is shown. Chosen by `bench.clients_people` on seeds that nothing else uses."""
CHUNK: Final = 400_000
"""Pairs that are scored at once: bounds the memory."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Columns of one length, the best pair first."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    """Rows of the cards as they were given."""
    bits: NDArray[np.float32]
    """Sum of the evidence (`evidence.py`) less log2 of how many are compared: among more people, chance finds more."""
    fields: dict[str, NDArray[np.float32]]
    compared: int
    """Pairs that were looked at."""
    groups_over_limit: int
    """Keys shared by too many to be of use; more than a few mean that a field is filled with one word for everybody."""

    def __len__(self) -> int:
        return len(self.left)


def pairs(people: Sequence[Card], *, at_least: float = REVIEW_BITS) -> Pairs:
    """All pairs that share a key and whose evidence reaches `at_least` bits.

    Raises `ValueError` as `people.columns` does.
    """
    at = columns(people)
    found = blocked(at)
    chance = np.float32(np.log2(max(len(at), 1)))
    kept: list[tuple[NDArray[np.int64], dict[str, NDArray[np.float32]]]] = []
    for begin in range(0, len(found.left), CHUNK):
        left, right = found.left[begin : begin + CHUNK], found.right[begin : begin + CHUNK]
        bits = evidence(at, left, right)
        (rows,) = np.nonzero(_total(bits) - chance >= at_least)
        kept.append((rows + begin, {field: bits[field][rows] for field in FIELDS}))
    rows = np.concatenate([rows for rows, _ in kept]) if kept else np.empty(0, np.int64)
    fields = {f: np.concatenate([b[f] for _, b in kept]) if kept else np.empty(0, np.float32) for f in FIELDS}
    total = _total(fields) - chance
    order = np.lexsort((rows, -total))
    return Pairs(
        left=found.left[rows][order],
        right=found.right[rows][order],
        bits=total[order],
        fields={field: values[order] for field, values in fields.items()},
        compared=len(found.left),
        groups_over_limit=found.groups_over_limit,
    )


def _total(fields: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.asarray(np.sum([fields[field] for field in FIELDS], axis=0), np.float32)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two clients who may be one, for the review queue. Nothing happens to them until a person says so."""

    one: str
    other: str
    """Their ids."""
    bits: float
    reasons: tuple[str, ...]
    """What speaks for it, then what speaks against it, the strongest first."""


def suggestions(
    people: Sequence[Card], *, known_apart: Iterable[frozenset[str]] = (), at_least: float = REVIEW_BITS
) -> list[Suggestion]:
    """The review queue, the best first. `known_apart`: pairs of ids of which a person said that they are two."""
    apart = set(known_apart)
    found = pairs(people, at_least=at_least)
    queue = []
    for row, (left, right) in enumerate(zip(found.left, found.right, strict=True)):
        one, other = people[left].id, people[right].id
        if frozenset((one, other)) not in apart:
            told = sorted(((float(found.fields[f][row]), f) for f in FIELDS), reverse=True)
            pro = [_SAID[field] for bits, field in told if bits > 0]
            con = [_DENIED[field] for bits, field in reversed(told) if bits < 0]
            queue.append(Suggestion(one, other, float(found.bits[row]), tuple(pro + con)))
    return queue


_SAID: Final = {
    "given": "the given names go together",
    "family": "the family names go together",
    "birthday": "born on the same day, or nearly so written",
    "email": "the same mailbox, or nearly so",
    "phone": "the same telephone, or nearly so",
    "address": "the same address, or nearly so",
    "household": "",
}
_DENIED: Final = {
    "given": "the given names differ",
    "family": "the family names differ",
    "birthday": "the birthdays differ",
    "email": "the mailboxes differ",
    "phone": "the telephones differ",
    "address": "the addresses differ",
    "household": "may be two people of one household",
}
