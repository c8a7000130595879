"""The box itself: its standing, its logs and seals, logins, PINs, and what it learned."""

from enum import StrEnum

import msgspec

from contract.facts import Stream
from contract.ids import Epoch, StoreId, UserId


class Mode(StrEnum):
    """Whether this box may decide anything. Only an active one sells, leases or writes facts (custody.md §2.1)."""

    ACTIVE = "active"
    REJOIN = "rejoin"


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """Who this box is. `why` says in words why it is not active."""

    store: StoreId
    instance: str
    term: int
    epoch: Epoch
    mode: Mode
    why: str
    cloud_epoch: int
    down_upto: int
    last_us: int
    feed_rev: int


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """What the head office sealed for this box: the key of the store's witnesses, and how far this disk was told."""

    witness_key: str
    told: str

    def __repr__(self) -> str:
        """Without the key: reprs end up in logs."""
        return "Seal(…)"


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """One log: its last row, its chain head after it, and what the cloud has (`upto`) and could restore (`safe`)."""

    epoch: Epoch
    stream: Stream
    seq: int
    head: bytes
    upto: int
    safe: int


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """One log's Merkle tree as far as the head office has the same: `size` rows, its peaks packed."""

    epoch: Epoch
    stream: Stream
    size: int
    peaks: bytes


class Unbelieved(msgspec.Struct, frozen=True, kw_only=True):
    """A log of which the head office says another tree head than our rows make, since when, over rows 1 … `upto`."""

    epoch: Epoch
    stream: Stream
    upto: int
    head: str
    since_us: int


class JournalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as stored; `body` are the bytes that were hashed and are sent."""

    epoch: Epoch
    stream: Stream
    seq: int
    at_us: int
    by: UserId
    why: str
    body: bytes
    leaf: bytes
    head: bytes


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    leaf: bytes


class Body(msgspec.Struct, frozen=True, kw_only=True):
    body: bytes


class Scoped(msgspec.Struct, frozen=True, kw_only=True):
    scope: str
    body: bytes


class SeqBody(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    body: bytes


class LoginRow(msgspec.Struct, frozen=True, kw_only=True):
    token: bytes
    user: UserId
    since_us: int
    until_us: int
    device: str
    """Whose key it is good with; empty: with none."""


class DeviceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A till, phone or wall with a key of its own. `public_key` is the point of P-256, uncompressed, 65 bytes."""

    device: str
    name: str
    till: str
    """Which till it is; empty: none, so that acts of every till are its to do."""
    public_key: bytes
    by: str
    since_us: int
    key_us: int
    """Since when it has this key."""
    ended_us: int
    ended_by: str


class DeviceTokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a token by which one device may be enrolled, once."""

    name: str
    till: str
    by: str
    until_us: int


class PinRow(msgspec.Struct, frozen=True, kw_only=True):
    user: UserId
    verifier: str
    set_us: int


class EvidenceRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    body: bytes
    at_us: int


def within(bytes_max: int, rows: list[JournalRow]) -> list[JournalRow]:
    """As many rows from the start as fit one message; the first in any case, or it would never be sent."""
    room = bytes_max
    for at, row in enumerate(rows):
        room -= len(row.body)
        if at and room < 0:
            return rows[:at]
    return rows
