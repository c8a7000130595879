"""Card terminals that tills ask."""

from enum import StrEnum
from pathlib import Path

import msgspec

from contract.ids import TillId


class TerminalFamily(StrEnum):
    ADYEN = "adyen"


class TerminalConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terminal of one till. Without one, a card is paid beside the till and its slip's number typed."""

    till: TillId
    """The till that asks it."""
    id: str
    """Of `adyen`: its POIID, model and serial number, such as `P400Plus-123456789`."""
    url: str
    """Of `adyen`: `https://` and its address in the store's network, with port 8443."""
    family: TerminalFamily = TerminalFamily.ADYEN
    """What it speaks."""
    ca: Path | None = None
    """The provider's certificate, in PEM, by which the terminal is known."""
