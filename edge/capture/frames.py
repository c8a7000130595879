r"""A capture's file: frames that each prove themselves, so that a damaged one is named and a cut one ends cleanly.

`vitrine capture 1\n`, then frames: length and CRC-32 of what follows as big-endian u32, then the events of about a
second as MessagePack, deflated. A file that was cut in its last frame, by power or by copying it while it grows, holds
all frames before; damage anywhere else is an error. Files of one ring may be joined by `cat`.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

MAGIC: Final = b"vitrine capture 1\n"
HEAD: Final = struct.Struct(">II")
FRAME_BYTES_MAX: Final = 512 << 20
"""Of one frame, deflated and not: a small file may open into a huge one."""
LEVEL: Final = 1
"""Of deflate: the quickest. A second of 10,000 reads then takes a third of its bytes."""


class CaptureError(Exception):
    """This capture cannot be used; the words name the file, the place and what to do."""


class Batch(msgspec.Struct, array_like=True, frozen=True):
    """A `ReadBatch`, as it was delivered. `details`: a still (`still.py`), or nothing."""

    reader: str
    arrived_us: int
    epc_bytes: int
    uptime: bool
    arrived_utc_us: int
    boot: str
    block: bytes
    details: bytes = b""


class Begin(msgspec.Struct, tag="begin", frozen=True):
    """What the house knew when this file began. `config` is JSON; `tables` of the books; `still` of its memory.

    No still: it could not be taken, `why` says so, and the replay begins as after a restart.
    """

    number: int
    store: str
    program: str
    now_us: int
    wall_us: int
    config: bytes
    tables: dict[str, list[list[Any]]]
    still: bytes = b""
    why: str = ""


class Tick(msgspec.Struct, tag="tick", frozen=True):
    """One turn: what was drained, the health that changed since the turn before, and what was written (JSON facts)."""

    now_us: int
    wall_us: int
    writing: bool
    batches: list[Batch] = []
    health: dict[str, dict[str, Any]] = {}
    facts: bytes = b""


class Written(msgspec.Struct, tag="written", frozen=True):
    """Entries of people, tills and the office."""

    entries: list[bytes]


class Learned(msgspec.Struct, tag="learned", frozen=True):
    """A page of the feed, JSON."""

    page: bytes


class Did(msgspec.Struct, tag="did", frozen=True):
    """A method of the store marked `@told`, and a still of what it was given: `[positional, by name]`.

    `facts`: JSON of the alarms that it wrote by itself, not with the next tick.
    """

    name: str
    given: bytes
    now_us: int
    wall_us: int
    facts: bytes = b""


class Stood(msgspec.Struct, tag="stood", frozen=True):
    """What the office's commands changed about pieces: custody, claim, ref."""

    pieces: list[tuple[str, str, str | None, str]]


Event = Begin | Tick | Written | Learned | Did | Stood
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Event]).decode


def frame(events: Sequence[Event]) -> bytes:
    body = zlib.compress(_encode(list(events)), LEVEL)
    return HEAD.pack(len(body), zlib.crc32(body)) + body


def events_of(paths: Sequence[Path]) -> Iterator[Event]:
    """Every event of these files, in order. Raises `CaptureError`."""
    for path in paths:
        try:
            with path.open("rb") as file:
                yield from _events(file, path)
        except OSError as error:
            raise CaptureError(f"{path} cannot be read: {error.strerror}") from error


def _events(file: BinaryIO, path: Path) -> Iterator[Event]:
    if file.read(len(MAGIC)) != MAGIC:
        raise CaptureError(f"{path} is no capture of this version; give a .capture file of an edge's data_dir")
    while True:
        at, head = file.tell(), file.read(HEAD.size)
        if head == MAGIC[: HEAD.size]:  # files joined by `cat`
            file.seek(at + len(MAGIC))
            continue
        if len(head) < HEAD.size:
            return
        length, crc = HEAD.unpack(head)
        if length > FRAME_BYTES_MAX:
            raise CaptureError(f"{path} is damaged at byte {at}: a frame of {length} bytes; take another copy of it")
        body = file.read(length)
        if len(body) < length:
            return  # it was cut while it grew
        if zlib.crc32(body) != crc:
            raise CaptureError(f"{path} is damaged at byte {at}: its checksum does not fit; take another copy of it")
        try:
            opening = zlib.decompressobj()
            events = opening.decompress(body, FRAME_BYTES_MAX)
            if not opening.eof:
                raise CaptureError(f"{path}, byte {at}: larger than any frame ({FRAME_BYTES_MAX} bytes); none of ours")
            yield from _decode(events)
        except (zlib.error, msgspec.DecodeError, RecursionError) as error:
            raise CaptureError(f"{path}, byte {at}: written by another version ({error})") from error
