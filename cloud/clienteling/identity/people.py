"""The cards that are compared, and what is made of them once: one column for each thing that is compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cloud.clienteling.identity import normal
from contract.names import folded

PEOPLE_MAX: Final = 2_000_000
"""Of one comparison; a house with more compares each region by itself."""


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a client, as it was written. Empty is unknown, and speaks neither for nor against."""

    id: str
    given: str = ""
    family: str = ""
    birthday: str = ""
    """`YYYY-MM-DD`; anything else counts as unknown."""
    email: str = ""
    phone: str = ""
    street: str = ""
    """With the number of the house."""
    postcode: str = ""
    city: str = ""
    country: str = ""
    """ISO 3166, two letters: says how an inland telephone number is read."""
    verified_phone: str = ""
    """E.164, when a code sent to it came back."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Cards normalised, one list for each field, all of the same length."""

    id: list[str]
    given: list[str]
    family: list[str]
    birthday: list[str]
    email: list[str]
    phone: list[str]
    street: list[str]
    postcode: list[str]
    city: list[str]

    def __len__(self) -> int:
        return len(self.id)


def columns(people: Sequence[Card]) -> Columns:
    """Raises `ValueError` when there are more than `PEOPLE_MAX`, or two cards with one id."""
    if len(people) > PEOPLE_MAX:
        raise ValueError(f"{len(people)} clients are more than are compared at once ({PEOPLE_MAX}): compare by region")
    ids = [card.id for card in people]
    if len(set(ids)) != len(ids):
        raise ValueError("two of the cards have one id: give each client once")
    return Columns(
        id=ids,
        given=[normal.name(card.given) for card in people],
        family=[normal.name(card.family) for card in people],
        birthday=[_day(card.birthday) for card in people],
        email=[normal.mailbox(card.email) if card.email else "" for card in people],
        phone=[normal.e164(card.phone, card.country) if card.phone else "" for card in people],
        street=[normal.street(card.street) for card in people],
        postcode=["".join(folded(card.postcode).split()) for card in people],
        city=[normal.name(card.city) for card in people],
    )


def _day(text: str) -> str:
    """Eight digits, or empty."""
    digits = text.replace("-", "")
    return digits if len(digits) == len("20260131") and digits.isdecimal() and digits.isascii() else ""
