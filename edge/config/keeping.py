"""How much of the past a box keeps."""

from pathlib import Path
from typing import Annotated

import msgspec


class CaptureConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What readers said, kept for a while, so that an alarm can be explained and replayed."""

    minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 20
    """How far back; 0 keeps none."""
    mib: Annotated[int, msgspec.Meta(ge=1, le=65_536)] = 64
    """How much of the disk these minutes may take; then fewer are kept."""
    kept_mib: Annotated[int, msgspec.Meta(ge=1, le=65_536)] = 256
    """How much the captures around alarms may take; then the oldest go."""


class MirrorConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second copy of the journal on another disk, written as the store sells: a USB disk, a share of the network."""

    folder: Path
    """On another disk than `data_dir`; it must be there, it is not made."""
    seals: str
    """The words that `vitrine backup key` printed: they only seal."""


class HistoryConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the past is kept on this box."""

    days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 400
    """Where each piece was; sums by hour and day stay for ten years."""
    mib: Annotated[int, msgspec.Meta(ge=16, le=1_048_576)] = 4096
    """How much of the disk it may take; then the oldest days go first."""
