"""Photos that a store took while it was alone, brought in parts, gone on with where the last part ended.

A part is sealed like a blob. The whole counts when its SHA-256 is the one it was announced under; what is not is thrown
away, and the store is told to begin anew.
"""

import hashlib
import secrets
from typing import Final

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloud import blobs
from cloud.tables import blob_part
from cloud.work import Work
from contract.ids import StoreId
from web.images import BYTES_MAX

PART_BYTES_MAX: Final = 1 << 20
UPLOADS_PER_STORE_MAX: Final = 50
"""Begun and not ended; the oldest goes when another begins."""


class UploadError(ValueError):
    """The part does not fit; the message says where to go on."""


def have(work: Work, store: StoreId, sha256: str) -> int:
    """Bytes that are here, from the beginning."""
    end = sa.select(sa.func.max(blob_part.c.at + blob_part.c.bytes))
    return int(work.tx.value(end.where(blob_part.c.store == store, blob_part.c.sha256 == sha256)) or 0)


def take(work: Work, store: StoreId, sha256: str, at: int, part: bytes) -> int:
    """How many bytes are here now; a repeat changes nothing. Raises `UploadError`."""
    here = have(work, store, sha256)
    if at + len(part) <= here:
        return here
    if at != here:
        raise UploadError(f"there are {here} bytes here: go on with byte {here}")
    if not part or len(part) > PART_BYTES_MAX or at + len(part) > BYTES_MAX:
        raise UploadError(f"a part has 1 to {PART_BYTES_MAX} bytes, and the whole at most {BYTES_MAX}")
    if here == 0:
        _make_room(work, store)
    nonce = secrets.token_bytes(blobs.NONCE_BYTES)
    sealed = nonce + _key(work).encrypt(nonce, part, f"{sha256}:{at}".encode())
    row = {"store": store, "sha256": sha256, "at": at, "bytes": len(part), "body": sealed, "at_us": work.now_us}
    work.tx.add(blob_part, row)
    return at + len(part)


def whole(work: Work, store: StoreId, sha256: str) -> bytes | None:
    """All of it, and its parts are gone; None when it was something else. Nothing is kept twice."""
    mine = (blob_part.c.store == store, blob_part.c.sha256 == sha256)
    parts = work.tx.rows(sa.select(blob_part).where(*mine).order_by(blob_part.c.at))
    key, body = _key(work), bytearray()
    for row in parts:
        sealed = bytes(row["body"])
        try:
            nonce = sealed[: blobs.NONCE_BYTES]
            body += key.decrypt(nonce, sealed[blobs.NONCE_BYTES :], f"{sha256}:{row['at']}".encode())
        except InvalidTag:
            break
    work.tx.run(sa.delete(blob_part).where(*mine))
    return bytes(body) if hashlib.sha256(body).hexdigest() == sha256 else None


def _make_room(work: Work, store: StoreId) -> None:
    begun = sa.select(blob_part.c.sha256).where(blob_part.c.store == store, blob_part.c.at == 0)
    names = [row["sha256"] for row in work.tx.rows(begun.order_by(blob_part.c.at_us.desc()))]
    for name in names[UPLOADS_PER_STORE_MAX - 1 :]:
        work.tx.run(sa.delete(blob_part).where(blob_part.c.store == store, blob_part.c.sha256 == name))


def _key(work: Work) -> AESGCM:
    return AESGCM(blobs.key_of(work.secret))
