"""Counts of safe and shelves, and their verdicts."""

from enum import StrEnum

import msgspec

from contract.facts.fact import Fact
from contract.ids import CountId, PieceId, ZoneId


class Verdict(StrEnum):
    FOUND = "found"
    MISPLACED = "misplaced"
    MISSING = "missing"
    EXPLAINED = "explained"
    CHECK_BY_HAND = "check_by_hand"
    UNEXPECTED = "unexpected"


class CountPlace(StrEnum):
    SAFE = "safe"
    SHELF = "shelf"


class CountVerdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the count says about one piece, with the probability that it is present."""

    piece: PieceId
    verdict: Verdict
    zone: ZoneId
    p_present: float
    note: str = ""


class CountStarted(Fact, frozen=True, tag="count.started"):
    count: CountId
    place: CountPlace
    zones: tuple[ZoneId, ...]
    expected: int


class CountProgress(Fact, frozen=True, tag="count.progress"):
    """After each round: how much was found, and how sure we are."""

    count: CountId
    round: int
    found: int
    expected: int
    p_complete: float
    unread_expected: float


class CountFinished(Fact, frozen=True, tag="count.finished"):
    """Every expected piece is found, missing, explained or to be checked by hand; found ones are not listed."""

    count: CountId
    place: CountPlace
    rounds: int
    expected: int
    found: int
    p_complete: float
    why_stopped: str
    verdicts: tuple[CountVerdict, ...]
    value_minor: int = 0
    weight_mg: int = 0
    currency: str = ""
    unknown_tags: int = 0


class CountApproved(Fact, frozen=True, tag="count.approved"):
    """Trade: a person answers for the count (its figures are repeated, so that the trade log stands alone)."""

    count: CountId
    place: CountPlace
    business_day: str
    expected: int
    found: int
    missing: tuple[PieceId, ...]
    p_complete: float
    verdicts: tuple[CountVerdict, ...] = ()


class CountAbandoned(Fact, frozen=True, tag="count.abandoned"):
    count: CountId
    reason: str
