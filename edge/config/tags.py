"""What is written into tags, and the printers that print on them."""

from enum import StrEnum
from typing import Annotated

import msgspec


class TagScheme(StrEnum):
    SGTIN_96 = "sgtin-96"
    OWN = "own"


class TagsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What this store writes into tags: EPCs of 96 bits, none ever given twice in the house."""

    scheme: TagScheme
    """`sgtin-96` (GS1), or `own`: `prefix` and a serial number."""
    company: str = ""
    """Of `sgtin-96`: the house's GS1 company prefix, 6 to 12 digits."""
    item: str = ""
    """Of `sgtin-96`: indicator and item reference of pieces whose SKU names no GTIN; with `company` 13 digits."""
    gtins: dict[str, str] = {}
    """Of `sgtin-96`: SKU to GTIN, where the SKU is not a GTIN itself."""
    prefix: str = ""
    """Of `own`: 1 to 7 bytes in hex that every EPC begins with, such as `F0A1`."""
    number: Annotated[int, msgspec.Meta(ge=0, le=511)] = 0
    """Of a store that has no head office to give it one, and shares its EPCs with others: 1 to 511, each its own."""


class PrinterConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A label printer that writes the tags it prints on, in ZPL II over TCP."""

    id: str
    """As pages call it."""
    host: str
    """Its name or address in the store's network."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 9100
    """Of its raw printing."""
    label: str = "rat-tail"
    """The kind of tag on its roll: a file of `edge/tags/labels`, without `.toml`."""
    resolver: Annotated[str, msgspec.Meta(pattern="^https?://", max_length=100)] = "https://id.gs1.org"
    """What the QR code of a GS1 tag begins with (GS1 Digital Link): the house's own address, if it answers there."""
