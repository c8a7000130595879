"""One piece read at two stores sooner than anybody travels from one to the other: two tags carry its number.

Within a store the box knows; between stores only the office hears both. Reads come late and in any order, by the clocks
of their stores, so the time between them is what counts, whichever was heard first. What is under transfer from the one
to the other is peaceful. A piece that still lies where it lay is another case: its store then keeps it (`two places`).
"""

from typing import Final, NamedTuple

from contract.ids import PieceId, StoreId

SAME_CITY_S: Final = 300
"""Door to door, out of one case and into another, within a city;"""
OTHER_CITY_S: Final = 2700
"""and between cities, which nobody does in less than three quarters of an hour."""
CLOCKS_S: Final = 60
"""Two boxes may disagree about the time by so much."""
TELLS_US: Final = OTHER_CITY_S * 1_000_000
"""Reads farther apart say nothing."""


class Read(NamedTuple):
    """A read at a store; `how` in words: `read in case-1`. `at_us` is UTC by that store's clock."""

    store: StoreId
    city: str
    at_us: int
    how: str


class Trip(NamedTuple):
    """A transfer of the piece. `received_us` is None while it is under way."""

    source: StoreId
    target: StoreId
    shipped_us: int
    received_us: int | None


def needs_s(one: Read, other: Read) -> int:
    """The least time between two reads; a store without a city is taken to be near."""
    apart = one.city and other.city and one.city.casefold() != other.city.casefold()
    return OTHER_CITY_S if apart else SAME_CITY_S


def too_soon(one: Read, other: Read, trips: list[Trip]) -> str:
    """The sentence for the office, or nothing where it can be true."""
    first, then = sorted((one, other), key=lambda read: read.at_us)
    took_s, least_s = (then.at_us - first.at_us) // 1_000_000, needs_s(one, other)
    if one.store == other.store or took_s + CLOCKS_S >= least_s:
        return ""
    for trip in trips:
        ends_us = then.at_us if trip.received_us is None else trip.received_us
        between = {trip.source, trip.target} == {one.store, other.store}
        if between and trip.shipped_us <= then.at_us + CLOCKS_S * 1_000_000 and first.at_us <= ends_us:
            return ""
    return (
        f"{first.how} at {first.store}, and {took_s} s later {then.how} at {then.store}; "
        f"nobody gets from one to the other in less than {least_s // 60} min, and no transfer is under way"
    )


def sentence_of(piece: PieceId, why: str) -> str:
    """As the case says it."""
    return f"Piece {piece} was {why}: two tags carry its number, or a clock is wrong. Lay hands on both."
