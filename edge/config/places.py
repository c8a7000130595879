"""The places of a store that are counted or watched."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from contract.ids import ZoneId


class ZoneKind(StrEnum):
    SAFE = "safe"
    CASE = "case"
    PAD = "pad"
    EXIT = "exit"
    SHELF = "shelf"
    BENCH = "bench"
    """Where tags are written and looked at one by one. Nothing lies there: its silence says nothing of any piece."""


LIES_IN: Final = frozenset({ZoneKind.SAFE, ZoneKind.CASE, ZoneKind.SHELF})
"""Kinds of zones a piece stays in; pads and gates are passed, and nothing lies on a bench for long."""

Metres = Annotated[float, msgspec.Meta(ge=-10_000, le=10_000)]
Size = Annotated[float, msgspec.Meta(gt=0, le=10_000)]


class ZoneConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place pieces can be."""

    id: ZoneId
    """As antennas, counts and reports call it; for ever."""
    name: str
    """As people read it."""
    kind: ZoneKind
    """`safe`, `case`, `pad`, `exit`, `shelf` or `bench`."""
    x: Metres = 0.0
    """Metres on the store's plan, for drawing: from the left,"""
    y: Metres = 0.0
    """from the top,"""
    width: Size = 1.0
    """across,"""
    height: Size = 1.0
    """and down."""
    reference: str = ""
    """EPC in hex of a tag that hangs here for good: it is no piece, and says whether the zone can be read at all."""
