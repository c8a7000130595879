"""What the store tells about handheld passes. Times are µs since 1970 (UTC)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PassPieceView:
    """A piece to be looked for, or one that was not expected where it was read, and why."""

    piece: str
    title: str
    sku: str
    tray: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class PassView:
    """A person's pass with a handheld. The lists name 200 pieces at most; the figures count all."""

    name: str
    zone: str
    zone_name: str
    reader: str
    typed: bool
    """Its sled types into the page; another kind streams by itself."""
    by: str
    open: bool
    began_us: int
    expected: int
    found: int
    missing: tuple[PassPieceView, ...]
    strangers: tuple[PassPieceView, ...]
    strangers_total: int
    unknown_tags: int
    reads: int
    """Tags typed, each as often as it was; 0 of a sled that streams."""
    unreadable: int
    """Texts that were no tag; they changed nothing."""
    unreadable_sample: str
    hidden: bool = False
    """A blind count of this zone keeps figures and pieces from whoever looks: they are 0 and empty here."""


@dataclass(frozen=True, slots=True)
class PassReadsView:
    """What became of a batch. `repeated`: it had been counted before."""

    batch: str
    repeated: bool
    reads: int
    unreadable: int
