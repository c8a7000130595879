"""Readers, and what is wired to them."""

from enum import StrEnum
from pathlib import Path

import msgspec

from contract.facts.signals import InputKind, OutputKind
from contract.ids import ReaderId, ZoneId


class Active(StrEnum):
    """Which level of a wire means on."""

    HIGH = "high"
    LOW = "low"


class InputConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wired to an input of a reader (GPI)."""

    name: str
    """As people read it: "Back door"."""
    kind: InputKind
    """`door` (on: open), `motion` or `button`."""
    zone: ZoneId
    """Where it is."""
    active: Active = Active.HIGH
    """`low` where the wire falls when the door opens."""


class OutputConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wired to an output of a reader (GPO)."""

    name: str
    """As people read it: "Gate lamp"."""
    kind: OutputKind
    """`lamp` or `siren` of an exit, which an alarm there switches on; or `lock`, which a manager opens."""
    zone: ZoneId
    """Where it is."""
    active: Active = Active.HIGH
    """`low` where the wire is low while it is on. Off is what it falls to."""


class ReaderConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reader of this store: fixed, or a handheld."""

    id: ReaderId
    """As pages and reports call it."""
    url: str
    """`llrp://host:port`, or with TLS `llrps://host:port`; LLRP's ports are 5084 and 5085. Of a serial module its
    family, port and region, and its baud rate where that is known: `m100:///dev/serial/by-id/usb-…?region=eu&baud=115200`.
    """
    profile: str
    """A file of `firmware-config`, without `.toml`."""
    antennas: dict[str, ZoneId]
    """The reader's antenna port, from "1", to the zone it watches; of a handheld, a number for each zone it sweeps."""
    handheld: bool = False
    """A person carries it, as its profile says too: what it reads is there, what it does not read says nothing."""
    inputs: dict[str, InputConfig] = {}
    """The reader's input, from "1", to what is wired to it: LLRP readers only."""
    outputs: dict[str, OutputConfig] = {}
    """The reader's output, from "1", to what is wired to it: LLRP readers only."""
    tls_pin: str = ""
    """With `llrps`: SHA-256 fingerprint of the reader's certificate, 64 hex digits. Without it, and without `tls_ca`,
    the reader is refused, and its page says which fingerprint was seen."""
    tls_ca: Path | None = None
    """Instead of a pin, or beside it: who signed the reader's certificate, PEM; it must then name the URL's host."""
    tls_cert: Path | None = None
    """A certificate that this store shows to the reader, PEM, where the reader asks for one;"""
    tls_key: Path | None = None
    """and its private key."""
