"""What was found when what we are told to ask of a reader was held against what the reader says it can do."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Weight(StrEnum):
    REFUSED = "refused"
    """Wrong for this reader, or not lawful: it is not read until a person has mended it."""
    NOTED = "noted"
    """It is read, with less or otherwise than was asked."""


class Finding(msgspec.Struct, frozen=True):
    """`words`: a plain sentence without a full stop; of a refusal, with its mend."""

    weight: Weight
    words: str


def refusal(found: Iterable[Finding]) -> str:
    """The refusals as one sentence; empty when the reader can be used."""
    return "; ".join(each.words for each in found if each.weight is Weight.REFUSED)


def notes(found: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(each.words for each in found if each.weight is Weight.NOTED)
