"""What every fact is, and the logs facts go to."""

from enum import StrEnum

import msgspec


class Stream(StrEnum):
    """The two logs of a store; trade is sent first."""

    TRADE = "trade"
    FLOOR = "floor"


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", omit_defaults=True):
    """Base of every fact; the tag is its name on the wire."""
