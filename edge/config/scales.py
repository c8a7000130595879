"""The scale beside a till."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from contract.ids import TillId


class Family(StrEnum):
    """How a scale talks."""

    MT_SICS = "mt-sics"
    SBI = "sbi"


class ScaleConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scale on a serial port."""

    till: TillId
    """The till it stands beside."""
    port: Path
    """`/dev/serial/by-id/…`: a name that stays when it is plugged in elsewhere."""
    family: Family = Family.MT_SICS
    """How it talks: `mt-sics`, or `sbi` for those of Sartorius."""
    baud: Annotated[int, msgspec.Meta(ge=300, le=115_200)] = 9600
    """As its own menu says."""
    name: str = "scale"
    """What purchases say they were weighed on: its model and serial number, for who verifies it."""
