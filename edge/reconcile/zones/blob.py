"""Arrays and names as one checksummed blob: magic, SHA-256, npz."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_HASH_BYTES: Final = 32


class DamagedError(Exception):
    """The blob is not what was written, or another version's."""


def pack(magic: bytes, arrays: Mapping[str, NDArray[Any]], words: Mapping[str, Sequence[str]]) -> bytes:
    """`words` are lists of names without line breaks."""
    body = io.BytesIO()
    named = {name: np.frombuffer("\n".join(each).encode(), np.uint8) for name, each in words.items()}
    np.savez(body, allow_pickle=False, **arrays, **named)
    raw = body.getvalue()
    return magic + hashlib.sha256(raw).digest() + raw


def unpack(magic: bytes, blob: bytes) -> dict[str, NDArray[Any]]:
    """What `pack` was given; names by `names_in`. Raises `DamagedError`."""
    start = len(magic) + _HASH_BYTES
    raw = blob[start:]
    if blob[: len(magic)] != magic or hashlib.sha256(raw).digest() != blob[len(magic) : start]:
        raise DamagedError("it is not what was written")
    with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def names_in(text: NDArray[np.uint8]) -> tuple[str, ...]:
    """The names of one list."""
    return tuple(text.tobytes().decode().split("\n")) if len(text) else ()


def checksum(blob: bytes) -> str:
    """The name of a blob: SHA-256 in hex of all of it."""
    return hashlib.sha256(blob).hexdigest()
