"""Card terminals that tills ask."""

from enum import StrEnum
from pathlib import Path

import msgspec

from contract.ids import TillId


class TerminalFamily(StrEnum):
    ADYEN = "adyen"
    STRIPE = "stripe"


class TerminalConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terminal of one till. Without one, a card is paid beside the till and its slip's number typed."""

    till: TillId
    """The till that asks it."""
    id: str
    """Of `adyen`: its POIID, model and serial number, such as `P400Plus-123456789`.
    Of `stripe`: its reader, `tmr_…`.
    """
    url: str
    """Of `adyen`: `https://` and its address in the store's network, with port 8443. Of `stripe`: `https://api.stripe.com`."""
    family: TerminalFamily = TerminalFamily.ADYEN
    """What it speaks."""
    key_file: Path | None = None
    """Of `adyen`: a file with the passphrase of its shared key. Of `stripe`: one with the secret API key."""
    key_id: str = ""
    """Of `adyen`: the shared key's identifier, as its site names it."""
    key_version: int = 1
    """Of `adyen`: which version of that key, as its site counts them."""
    ca: Path | None = None
    """The provider's certificate, in PEM, by which the terminal is known."""
