"""Columns and the names that their numbers mean, as one checksummed blob (`edge/reconcile/blob.py`)."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.reconcile import blob as blobs
from edge.reconcile.blob import BlobDamagedError as DamagedError
from edge.reconcile.blob import unpack

__all__ = ["DamagedError", "checksum", "names_in", "pack", "unpack"]


def pack(magic: bytes, arrays: Mapping[str, NDArray[Any]], words: Mapping[str, Sequence[str]]) -> bytes:
    """`words` are lists of names without line breaks; `names_in` reads them again."""
    named = {name: np.frombuffer("\n".join(each).encode(), np.uint8) for name, each in words.items()}
    return blobs.pack(magic, {**arrays, **named})


def names_in(text: NDArray[np.uint8]) -> tuple[str, ...]:
    """The names of one list."""
    return tuple(text.tobytes().decode().split("\n")) if len(text) else ()


def checksum(blob: bytes) -> str:
    """The name of a blob: SHA-256 in hex of all of it."""
    return hashlib.sha256(blob).hexdigest()
