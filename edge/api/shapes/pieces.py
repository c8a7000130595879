"""Pieces: what they are, where they lie and lay, and what comes and goes."""

from dataclasses import dataclass

from contract.facts import ClaimKind, PresenceState


@dataclass(frozen=True, slots=True)
class PieceView:
    piece: str
    sku: str
    title: str
    category: str
    metal: str
    fineness: int
    weight_mg: int
    stones: str
    price_minor: int
    currency: str
    epc: str
    photo: str
    tray: str
    home_zone: str
    zone: str
    """Where it was last read; empty when never."""
    presence: PresenceState
    custody: str
    """here, incoming, sold, or away; empty when this store never held it."""
    claim: ClaimKind | None
    claimed_for: str
    seen: bool
    """A reader that works reads it now."""
    sellable: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class StayView:
    """A piece lay in this zone from then to then, read in so many rounds. `to_us` of the newest may be a minute old."""

    zone: str
    zone_name: str
    from_us: int
    to_us: int
    rounds: int
    by: str = ""
    """What read it last there: a reader, or "scanner"."""
    antenna: int = 0
    """0: not told."""


@dataclass(frozen=True, slots=True)
class PieceStoryView(PieceView):
    """A piece with where it was. `last_seen_*`: since the box started if it was read since, else by its history."""

    last_seen_us: int | None
    last_seen_zone: str
    last_seen_by: str
    """The reader, or "scanner"; empty when nobody has read it."""
    last_seen_antenna: int
    """0: not told."""
    stays: tuple[StayView, ...]
    """Newest first."""
    history_why: str
    """Why the stays may not be all of them; empty when they are."""
    p: float | None = None
    """How likely a round reads it where it lies, as learned; None while nobody has read it there."""
    known_rounds: int = 0
    """From so many rounds: until it is some dozens, silence teaches first that it is hard to read, and a theft is
    missed late."""
    visibility: float | None = None
    """How well its zone is read now: 1 as always."""
    silent_rounds: int = 0
    """Rounds since the last that read it;"""
    reads_due: float = 0.0
    """and the reads there should have been in them."""
    unsure: bool = False
    """It is not missing, and has been silent for longer than chance alone would have it: nobody may say it is there."""


@dataclass(frozen=True, slots=True)
class IncomingView:
    """A piece the cloud has granted us and no reader has seen here yet."""

    piece: str
    title: str
    transfer: str
    source: str
    price_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class PresenceView:
    piece: str
    state: PresenceState
    zone: str
    since_us: int


@dataclass(frozen=True, slots=True)
class ShippedView:
    transfer: str
    to: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScanView:
    """What became of scanned pieces."""

    received: tuple[str, ...]
    sighted: tuple[str, ...]
    seen: tuple[str, ...]
    unknown_epcs: tuple[str, ...]
