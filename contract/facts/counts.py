"""Counts of safe and shelves, and their verdicts."""

from enum import StrEnum

import msgspec

from contract.facts.fact import Fact
from contract.ids import CountId, PieceId, UserId, ZoneId


class Verdict(StrEnum):
    """What a count says about a piece; `unknown_tag` and `duplicate` it may also say about a tag (`CountTag`)."""

    FOUND = "found"
    MISPLACED = "misplaced"
    MISSING = "missing"
    EXPLAINED = "explained"
    CHECK_BY_HAND = "check_by_hand"
    UNEXPECTED = "unexpected"
    """Known to the house, and not expected here."""
    HARD_TO_READ = "hard_to_read"
    """Found, in so few rounds that another count may not find it."""
    DUPLICATE = "duplicate"
    """Its EPC is another piece's too: which of the two was read cannot be told."""
    UNKNOWN_TAG = "unknown_tag"


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
    at_us: int = 0
    """When what explains it happened, UTC µs; 0 where nothing is to be explained."""
    rounds: int = 0
    """Rounds that read it."""
    by: UserId = UserId("")
    """Who answered for it by hand (`CountExplained`); empty where the count says so itself."""


class CountTag(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tag that was read round after round and is no one piece's: `unknown_tag`, or `duplicate`."""

    epc: str
    verdict: Verdict
    zone: ZoneId
    rounds: int
    note: str = ""


class CountTotal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Quantity, weight and value of one tray of a zone (of what lies in no tray: ""). Value is at list price.

    Of what was expected, `found` was read and `explained` is rightly elsewhere: the rest is the difference.
    """

    zone: ZoneId
    tray: str = ""
    expected: int = 0
    found: int = 0
    explained: int = 0
    expected_mg: int = 0
    found_mg: int = 0
    explained_mg: int = 0
    expected_minor: int = 0
    found_minor: int = 0
    explained_minor: int = 0


class CountStarted(Fact, frozen=True, tag="count.started"):
    """`why` names the schedule, empty when a person asked; `due_us` is when a scheduled one was to begin, UTC µs."""

    count: CountId
    place: CountPlace
    zones: tuple[ZoneId, ...]
    expected: int
    why: str = ""
    due_us: int = 0
    blind: bool = False
    """Who counts is shown no figure of the books until theirs are submitted."""


class CountMissed(Fact, frozen=True, tag="count.missed"):
    """A scheduled count did not begin when it was due, and was not made up for: `why` says so in words."""

    schedule: str
    place: CountPlace
    due_us: int
    why: str
    more: int = 0
    """Earlier ones of the same schedule that were missed for the same reason and are not told one by one."""


class ZoneQuantity(msgspec.Struct, frozen=True, kw_only=True):
    zone: ZoneId
    quantity: int


class CountSubmitted(Fact, frozen=True, tag="count.submitted"):
    """What a person counted blind, zone by zone; from now on the books' figures are shown."""

    count: CountId
    quantities: tuple[ZoneQuantity, ...]


class CountRecounting(Fact, frozen=True, tag="count.recounting"):
    """These zones are counted again under the same count; what was said of them stands until it ends."""

    count: CountId
    zones: tuple[ZoneId, ...]
    number: int
    """2 for the first recount."""
    reason: str = ""


class CountProgress(Fact, frozen=True, tag="count.progress"):
    """After each round: how much was found, and how sure we are."""

    count: CountId
    round: int
    found: int
    expected: int
    p_complete: float
    unread_expected: float


class CountFinished(Fact, frozen=True, tag="count.finished"):
    """Every expected piece is found, missing, explained or to be checked by hand; found ones are not listed.

    After a recount all of it is said again: `zones` are those that were counted anew, everything else is as before.
    """

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
    tags: tuple[CountTag, ...] = ()
    totals: tuple[CountTotal, ...] = ()
    zones: tuple[ZoneId, ...] = ()
    """Empty: all of the count's."""
    number: int = 1
    took_s: float = 0.0
    unknown_more: float = 0.0
    """At least so many unknown tags more than were heard (Chao2)."""


class CountExplained(Fact, frozen=True, tag="count.explained"):
    """Floor: a person answers for a piece of a finished count that was not read: it is here, seen by hand (`found`), or
    rightly elsewhere (`explained`, the note says where and why). What this changes of the count is told with it.
    """

    count: CountId
    verdict: CountVerdict
    """As it stands from now on, with who says so (`by`) and since when (`at_us`)."""
    was: Verdict
    p_complete: float
    total: CountTotal
    """Of its tray, as it is from now on."""


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
