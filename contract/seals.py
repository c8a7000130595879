"""Seals: short proofs that the head office, or a box it let join, gave out exactly these words (docs/adr/0008).

A seal is an HMAC-SHA256 (RFC 2104) in hex over a JSON array that begins with what it is: no two kinds of seal, and no
two lists of fields, are ever the same bytes.
"""

import hashlib
import hmac
import json
from typing import Final

from contract.facts import Stream
from contract.ids import Epoch, StoreId

SECRET_BYTES: Final = 32


def witness_key(secret: bytes, store: StoreId) -> bytes:
    """The key by which every box of a store seals what it gives to tills; the same in every term. 32 bytes."""
    return bytes.fromhex(_seal(secret, "witness", store))


def head_seal(key: bytes, *, store: StoreId, term: int, epoch: Epoch, stream: Stream, seq: int, head: bytes) -> str:
    """A box of this store gave `head` out as the chain head after row `seq`."""
    return _seal(key, "head", store, term, epoch, stream, seq, head.hex())


def told_seal(secret: bytes, *, store: StoreId, cloud_epoch: int, term: int, epoch: Epoch, seq: int) -> str:
    """The office minted this term and has decided up to `seq` for it; `seq` 0 comes with the snapshot."""
    return _seal(secret, "told", store, cloud_epoch, term, epoch, seq)


def is_same(given: str, seal: str) -> bool:
    """Compared in a time that tells nothing about `seal`."""
    return hmac.compare_digest(given.encode(errors="replace"), seal.encode())


def _seal(key: bytes, *words: str | int) -> str:
    return hmac.digest(key, json.dumps(words).encode(), hashlib.sha256).hex()
