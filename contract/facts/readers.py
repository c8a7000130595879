"""Readers: their health, their identity, the gaps in what they watched."""

from enum import StrEnum

import msgspec

from contract.facts.fact import Fact
from contract.ids import ReaderId


class ReaderLink(StrEnum):
    CONNECTING = "connecting"
    READING = "reading"
    SILENT = "silent"
    REFUSED = "refused"


class ReaderHealth(Fact, frozen=True, tag="reader.health"):
    """How a reader stands. `dark_since_us`: UTC µs since when it has not been reading; 0 while it reads."""

    reader: ReaderId
    link: ReaderLink
    why: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    dark_since_us: int = 0


class ReaderIdentity(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which device it is, in its own words; empty where it does not tell. `serial`: its MAC address or EPC."""

    model: str = ""
    firmware: str = ""
    serial: str = ""


class ReaderChanged(Fact, frozen=True, tag="reader.changed"):
    """Another device answers at a reader's address, or the same with other firmware."""

    reader: ReaderId
    was: ReaderIdentity
    now: ReaderIdentity


class CoverageGap(Fact, frozen=True, tag="reader.gap"):
    """A reader was not reading from one time to another (UTC µs): said once, when it reads again."""

    reader: ReaderId
    from_us: int
    until_us: int
    why: str
