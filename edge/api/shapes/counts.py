"""Counts: verdicts, totals, looks, and those that did not begin."""

from dataclasses import dataclass, field

from contract.facts import CountPlace, Verdict


@dataclass(frozen=True, slots=True)
class VerdictView:
    piece: str
    title: str
    verdict: Verdict
    zone: str
    p_present: float
    note: str
    at_us: int = 0
    """When what explains it happened; 0 where nothing is to be explained."""
    by: str = ""
    """Who answered for it by hand; empty where the count says so itself."""
    tray: str = ""
    weight_mg: int = 0
    price_minor: int = 0
    photo: str = ""
    category: str = ""
    seen_us: int = 0
    """When any reader or scanner read it last since the box started; 0: never. Of what is to be looked for only,"""
    seen_zone: str = ""
    """and there."""


@dataclass(frozen=True, slots=True)
class ZoneTallyView:
    zone: str
    expected: int
    found: int
    counted: int | None = None
    """What a person counted there blind."""


@dataclass(frozen=True, slots=True)
class NeedsView:
    """What a running count still needs of one zone; `hoped`: of the unread pieces so many are believed there."""

    zone: str
    unread: int
    hoped: float
    gone: int
    """As good as missing: they would be called so if it ended now."""
    untagged: int
    rounds: int
    sentence: str


@dataclass(frozen=True, slots=True)
class TotalView:
    """One tray of a zone; what is neither found nor explained is the difference."""

    zone: str
    tray: str
    expected: int
    found: int
    explained: int
    expected_mg: int
    found_mg: int
    explained_mg: int
    expected_minor: int
    found_minor: int
    explained_minor: int


@dataclass(frozen=True, slots=True)
class CountTagView:
    """A tag that lies there and is no one piece's."""

    epc: str
    verdict: Verdict
    zone: str
    rounds: int
    note: str


@dataclass(frozen=True, slots=True)
class LookView:
    """One look of a count as it ended; of a recount with its `zones`."""

    number: int
    zones: tuple[str, ...]
    rounds: int
    expected: int
    found: int
    p_complete: float
    why_stopped: str
    ended_us: int


@dataclass(frozen=True, slots=True)
class MissedView:
    """A scheduled count that did not begin; `more` earlier ones are not told one by one."""

    schedule: str
    place: CountPlace
    due_us: int
    why: str
    more: int


@dataclass(frozen=True, slots=True)
class CountView:
    count: str
    place: CountPlace
    state: str
    """running, finished, approved or abandoned."""
    zones: tuple[ZoneTallyView, ...]
    rounds: int
    expected: int
    found: int
    p_complete: float
    """Chance that everything that is there has been read."""
    unread_expected: float
    why_stopped: str
    verdicts: tuple[VerdictView, ...]
    value_minor: int
    weight_mg: int
    currency: str
    unknown_tags: int
    started_us: int
    sentence: str = ""
    """How it ended, in plain words; empty while it runs and in lists."""
    p_complete_by_hand: float | None = None
    """The same chance once those to be checked by hand have been found so; None when there are none."""
    standing: str = ""
    """Another after each look and each answer: who approves on a page is held to what they were shown."""
    to_look_for: int = 0
    """Pieces a person has to look for: missing, or to be checked by hand."""
    why: str = ""
    """The schedule that began it; empty when a person did."""
    due_us: int = 0
    blind: bool = False
    hidden: bool = False
    """It is blind and this person counts: figures are shown once theirs are submitted. Until then all here are 0."""
    number: int = 1
    recounting: tuple[str, ...] = ()
    """Zones that are being counted again."""
    counted_by: tuple[str, ...] = ()
    approved_by: str = ""
    took_s: float = 0.0
    unknown_more: float = 0.0
    """At least so many unknown tags more than were heard."""
    left_s: float | None = None
    """Expected seconds until it ends; None when it does not run."""
    slower: str = ""
    """Why it takes longer than it should."""
    needs: tuple[NeedsView, ...] = ()
    """Zones of which it needs something still; empty when it does not run."""
    look: str = ""
    """How its readers read in this round, where they can in more than one way."""
    totals: tuple[TotalView, ...] = ()
    tags: tuple[CountTagView, ...] = ()
    looks: tuple[LookView, ...] = ()
    kinds: dict[Verdict, int] = field(default_factory=dict)
    """How many pieces have each verdict but *found*."""


@dataclass(frozen=True, slots=True)
class ClosingView:
    """Whether the safes are complete, in one glance."""

    standing: str
    """never, old, running, hidden, complete, short."""
    count: CountView | None
    """The newest count of the safes,"""
    lacking: tuple[VerdictView, ...] = ()
    """and the most valuable pieces to look for."""
    blind: tuple[str, ...] = ()
    """Safes that no reader can see now."""
    left_since: int = 0
    """Pieces that left their place in the safes since it was counted, as readers say."""
    outside: int = 0
    """Pieces that lie in cases and on shelves now, as readers say."""
    unsafe: tuple[str, ...] = ()
    """Doors that stand open and locks that are not locked."""
