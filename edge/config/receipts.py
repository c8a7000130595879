"""Receipt printers of tills, and where receipts are mailed from."""

from pathlib import Path
from typing import Annotated

import msgspec

from contract.ids import TillId


class ReceiptPrinterConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The receipt printer of a till, and the drawer on it: ESC/POS over TCP. Tills may share one."""

    till: TillId
    """The till that prints there."""
    host: str
    """Its name or address in the store's network."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 9100
    """Of its raw printing."""
    columns: Annotated[int, msgspec.Meta(ge=24, le=96)] = 48
    """Letters of a row in its font A: 48 on most rolls of 80 mm, 32 on those of 58 mm."""
    dots: Annotated[int, msgspec.Meta(ge=192, le=1152, multiple_of=8)] = 576
    """Dots of a row: 576 on most rolls of 80 mm, 384 on those of 58 mm."""
    code_pages: tuple[str, ...] = ("cp858", "cp852", "cp866", "cp737", "cp857")
    """Those it has, the usual one first; what none of them can write is printed as a picture."""
    drawer_pin: Annotated[int, msgspec.Meta(ge=0, le=5)] = 2
    """The pin of its connector that opens the drawer, 2 or 5; 0: no drawer hangs on it."""
    prints_at_once: bool = True
    """Whether a sale's receipt is printed as soon as it is recorded, or only when somebody asks."""


class MailConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail server that receipts are handed to. Without it no page asks for an address."""

    host: str
    """Its name, as it stands in its certificate."""
    sender: str
    """The store's own mailbox, which stands in From: one address."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    """Of its submission (RFC 6409)."""
    tls: bool = True
    """STARTTLS before anything is said; only a server on this machine may do without."""
    user: str = ""
    """Who signs in there; empty: nobody does."""
    password_file: Path | None = None
    """Holds the password of `user`, and nothing else."""
