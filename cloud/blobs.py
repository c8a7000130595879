"""Photos and papers by the SHA-256 of what they are, sealed where they are kept (AES-256-GCM).

The key is made of the office's own secret, which lives in the same database: a copy of this table alone, or of what was
fetched through a cache, tells nothing; a copy of the whole database does. What was kept is checked when it is read.
"""

import hashlib
from collections.abc import Callable
from typing import Final, NamedTuple

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cloud.db import Tx
from cloud.tables import blob
from web.images import Accepted

NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
Chance = Callable[[int], bytes]


class DamagedBlobError(Exception):
    """What is kept is not what was put in: restore it from a backup."""


class Blob(NamedTuple):
    media: str
    body: bytes


def key_of(secret: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=b"vitrine blobs 1").derive(secret)


def put(tx: Tx, told: Accepted, *, secret: bytes, chance: Chance, now_us: int) -> str:
    """Keeps it, once; returns its SHA-256 in hex."""
    sha256 = hashlib.sha256(told.body).hexdigest()
    key = AESGCM(key_of(secret))
    sealed = {
        name: _seal(key, part, sha256, name, chance) for name, part in (("body", told.body), ("thumb", told.thumb))
    }
    row = {
        "sha256": sha256, "media": told.media, "bytes": len(told.body), "width": told.width, "height": told.height,
        **sealed, "at_us": now_us,
    }  # fmt: skip
    tx.add_new(blob, row)
    return sha256


def get(tx: Tx, sha256: str, *, secret: bytes, thumb: bool = False) -> Blob | None:
    """Raises `DamagedBlobError`. A thumb of what has none is None."""
    row = tx.row(sa.select(blob).where(blob.c.sha256 == sha256))
    if row is None:
        return None
    part = "thumb" if thumb else "body"
    body = _open(AESGCM(key_of(secret)), bytes(row[part]), sha256, part)
    if not thumb and hashlib.sha256(body).hexdigest() != sha256:
        raise DamagedBlobError(f"blob {sha256} is not what was put in: restore it from a backup")
    return Blob(row["media"], body) if body else None


def _seal(key: AESGCM, part: bytes, sha256: str, name: str, chance: Chance) -> bytes:
    nonce = chance(NONCE_BYTES)
    return nonce + key.encrypt(nonce, part, f"{sha256}:{name}".encode())


def _open(key: AESGCM, sealed: bytes, sha256: str, name: str) -> bytes:
    try:
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], f"{sha256}:{name}".encode())
    except InvalidTag as error:
        raise DamagedBlobError(f"blob {sha256} cannot be opened: restore it from a backup") from error
