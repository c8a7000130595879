"""Entries: what one transaction made true. Applied whole or not at all; chained, so that a fork shows.

The bytes of an encoded entry are what is hashed, stored and sent: nobody re-encodes them. A row the receiver
cannot decode is still stored, and parked under the keys its header names.
"""

import hashlib
from typing import Final

import msgspec

from contract.facts import AnyFact, Stream
from contract.ids import Epoch, StoreId, UserId

HEAD_BYTES: Final = 32


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a store's journal.

    `keys` are what later rows must wait for if this one cannot be understood: `piece:…`, `till:…`, `person:…`.
    """

    stream: Stream
    seq: int
    at_us: int
    by: UserId
    why: str
    facts: tuple[AnyFact, ...]
    keys: tuple[str, ...] = ()


class EntryHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an entry that every version understands."""

    stream: Stream
    seq: int
    at_us: int
    by: UserId
    why: str
    keys: tuple[str, ...] = ()


_encoder = msgspec.json.Encoder(order="deterministic")
_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_header = msgspec.json.Decoder(EntryHeader).decode


def encode_entry(entry: Entry) -> bytes:
    """The one canonical form of an entry."""
    return _encoder.encode(entry)


def decode_entry(body: bytes) -> Entry:
    """Raises `msgspec.ValidationError` for facts of a newer contract: store, park, go on."""
    return _decode_entry(body)


def decode_header(body: bytes) -> EntryHeader:
    """What can be read of an entry of any version. Raises `msgspec.DecodeError` on damage."""
    return _decode_header(body)


def leaf_hash(body: bytes) -> bytes:
    """RFC 6962 §2.1 leaf: SHA-256(0x00 ‖ body). 32 bytes."""
    return hashlib.sha256(b"\x00" + body).digest()


def next_head(head: bytes, leaf: bytes) -> bytes:
    """The chain: SHA-256(head ‖ leaf). A head that does not extend ours is a fork (DESIGN law 2)."""
    return hashlib.sha256(head + leaf).digest()


def first_head(store: StoreId, epoch: Epoch, stream: Stream) -> bytes:
    """Head of a log with no rows, different for every store, epoch and stream."""
    return hashlib.sha256(f"vitrine/{store}/{epoch}/{stream}".encode()).digest()


def keys_of(facts: tuple[AnyFact, ...]) -> tuple[str, ...]:
    """The things these facts are about, for parking: sorted and without repeats."""
    keys: set[str] = set()
    for fact in facts:
        piece = getattr(fact, "piece", None)
        if piece:
            keys.add(f"piece:{piece}")
        for one in getattr(fact, "pieces", ()) or getattr(fact, "sold_pieces", ()):
            keys.add(f"piece:{one}")
        for line in getattr(fact, "lines", ()):
            if getattr(line, "piece", None):
                keys.add(f"piece:{line.piece}")
        added = getattr(fact, "line", None)
        if getattr(added, "piece", None):
            keys.add(f"piece:{added.piece}")  # type: ignore[union-attr]
        if getattr(fact, "till", None):
            keys.add(f"till:{fact.till}")  # type: ignore[union-attr]
        if getattr(fact, "sale", None):
            keys.add(f"sale:{fact.sale}")  # type: ignore[union-attr]
        if getattr(fact, "client", None):
            keys.add(f"person:{fact.client}")  # type: ignore[union-attr]
    return tuple(sorted(keys))
