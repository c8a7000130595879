"""Arrays, and the names that their numbers mean, as one checksummed blob, and back: what was learned is either what was
written, or refused whole.
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_HASH_BYTES: Final = 32


class BlobDamagedError(Exception):
    """The blob is not what was written, or was written by another version: begin anew."""


def pack(magic: bytes, arrays: Mapping[str, NDArray[Any]], words: Mapping[str, Sequence[str]] | None = None) -> bytes:
    """`magic` says what it is, and of which version; `words` are lists of names without line breaks (`names_in`)."""
    named = {name: np.frombuffer("\n".join(each).encode(), np.uint8) for name, each in (words or {}).items()}
    body = io.BytesIO()
    np.savez(body, allow_pickle=False, **arrays, **named)
    raw = body.getvalue()
    return magic + hashlib.sha256(raw).digest() + raw


def unpack(magic: bytes, blob: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of `pack`. Raises `BlobDamagedError`."""
    start = len(magic) + _HASH_BYTES
    raw = blob[start:]
    if blob[: len(magic)] != magic or hashlib.sha256(raw).digest() != blob[len(magic) : start]:
        raise BlobDamagedError("it is damaged, or of another version")
    with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def names_in(text: NDArray[np.uint8]) -> tuple[str, ...]:
    """The names of one of `words`."""
    return tuple(text.tobytes().decode().split("\n")) if len(text) else ()


def checksum(blob: bytes) -> str:
    """The name of a blob: SHA-256 in hex of all of it."""
    return hashlib.sha256(blob).hexdigest()
