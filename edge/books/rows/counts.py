"""Counts: as they stand, their looks, those that were missed and those the office asks for."""

import msgspec

from contract.facts import CountPlace, CountTag, CountTotal, Verdict, ZoneQuantity
from contract.ids import CountId, UserId, ZoneId
from trade.stocktake import CountState


class CountRow(msgspec.Struct, frozen=True, kw_only=True):
    """`zones` is a JSON list; `zones_of` reads it."""

    count: CountId
    place: CountPlace
    zones: str
    state: CountState
    expected: int
    round: int
    found: int
    p_complete: float
    unread_expected: float
    why_stopped: str
    value_minor: int
    weight_mg: int
    currency: str
    unknown_tags: int
    started_us: int
    ended_us: int
    business_day: str
    approved_by: str
    counted_by: str = "[]"
    """JSON list of people: who began it, had zones counted again, submitted figures, or answered for a piece."""
    why: str = ""
    due_us: int = 0
    blind: bool = False
    submitted: bool = False
    quantities: str = "[]"
    """JSON list of `ZoneQuantity`, as a person counted them blind."""
    number: int = 1
    recounting: str = "[]"
    """JSON list of the zones that are being counted again."""
    took_s: float = 0.0
    unknown_more: float = 0.0
    tags: str = "[]"
    """JSON list of `CountTag`."""
    totals: str = "[]"
    """JSON list of `CountTotal`."""

    @property
    def awaits_figures(self) -> bool:
        return self.blind and not self.submitted


class VerdictTallyRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many pieces of a count have this verdict, and how many of them are probably there."""

    verdict: Verdict
    pieces: int
    hoped: float
    answered_us: int
    """When a person last answered for one of them; 0: nobody did."""


class CountLookRow(msgspec.Struct, frozen=True, kw_only=True):
    """One look of a count: the first, then each recount, as it ended. Lists are JSON."""

    count: CountId
    number: int
    zones: str
    rounds: int
    expected: int
    found: int
    p_complete: float
    why_stopped: str
    verdicts: str
    ended_us: int


class CountMissedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A scheduled count that did not begin."""

    schedule: str
    place: CountPlace
    due_us: int
    why: str
    more: int
    at_us: int


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """The last time of a schedule that the books know of: begun, or missed."""

    schedule: str
    due_us: int


class CountRequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """The office asks for a count; `taken` once counting has seen it."""

    count: CountId
    place: CountPlace
    zones: str
    at_us: int
    taken: bool


_zones = msgspec.json.Decoder(tuple[ZoneId, ...]).decode


def zones_of(row: CountRow | CountRequestRow) -> tuple[ZoneId, ...]:
    return _zones(row.zones)


def counters_of(row: CountRow) -> tuple[UserId, ...]:
    """Who took part in the count."""
    return msgspec.json.decode(row.counted_by, type=tuple[UserId, ...])


def totals_of(row: CountRow) -> tuple[CountTotal, ...]:
    return msgspec.json.decode(row.totals, type=tuple[CountTotal, ...])


def tags_of(row: CountRow) -> tuple[CountTag, ...]:
    return msgspec.json.decode(row.tags, type=tuple[CountTag, ...])


def quantities_of(row: CountRow) -> tuple[ZoneQuantity, ...]:
    return msgspec.json.decode(row.quantities, type=tuple[ZoneQuantity, ...])


def recounting_of(row: CountRow) -> tuple[ZoneId, ...]:
    return _zones(row.recounting)
