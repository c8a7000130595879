"""What the store tells about tags being written and printed. Times are µs since 1970 (UTC)."""

from dataclasses import dataclass
from enum import StrEnum


class TagJobState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class TagJobView:
    """One tag for one piece. `step` is the state of the table, `sentence` the same for people."""

    job: str
    zone: str
    piece: str
    title: str
    sku: str
    category: str
    by: str
    begun_us: int
    state: TagJobState
    step: str
    sentence: str
    """Where it stands; of a refusal, why and what to do."""
    trouble: str
    """What went wrong last and is being tried again; empty when nothing did."""
    progress: float
    """0 to 1."""
    stage: int
    """Of `edge.tags.words.STAGES`, which it is at; of a refusal 0."""
    agains: int
    """How often it was begun again after a failure."""
    answering: int
    """Tags heard on the pad, while they are counted."""
    epc: str
    """Hex; empty until it was chosen."""
    tid: str


@dataclass(frozen=True, slots=True)
class TagPadView:
    """A pad where tags can be written, and the newest job on it."""

    zone: str
    name: str
    reader: str
    reading: bool
    why: str
    """Why its reader does not read."""
    job: TagJobView | None


@dataclass(frozen=True, slots=True)
class UntaggedView:
    """A piece of this store without a tag. `begun`: a tag for it was begun and not bound: lay that one again."""

    piece: str
    title: str
    sku: str
    category: str
    custody: str
    begun: bool


@dataclass(frozen=True, slots=True)
class TagsView:
    """`queue` holds at most 500 pieces. `why_not`: why no tag can be written at this store; empty when one can."""

    pads: tuple[TagPadView, ...]
    queue: tuple[UntaggedView, ...]
    why_not: str


@dataclass(frozen=True, slots=True)
class LabelView:
    """`stand`: waiting, printing, bound or refused. `voids`: labels of it that were thrown away."""

    piece: str
    stand: str
    epc: str
    tid: str
    voids: int
    why: str


@dataclass(frozen=True, slots=True)
class LabelBatchView:
    """Labels on their way. `why`: what ended it early."""

    batch: str
    printer: str
    by: str
    begun_us: int
    over: bool
    why: str
    labels: tuple[LabelView, ...]
