"""Bytes sealed in chunks, so that a file of any size is written and read as a stream, and no part can be changed.

    "vitrine-backup-1" and a line feed   key id (8)   ephemeral public key (32)   chunks

The key is HKDF-SHA256 of an X25519 agreement with a key made for this file alone, so numbers of chunks are nonces.
A chunk is up to 64 KiB and 16 bytes of tag (ChaCha20-Poly1305); its nonce ends in 1 for the last one and 0 for
all others (STREAM, Hoang et al. 2015): chunks cannot be left out, moved, or the end cut off, without its being seen.
"""

import re
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from edge.backup.errors import BackupError
from edge.backup.keys import ID_BYTES, KEY_BYTES, id_of

MAGIC: Final = b"vitrine-backup-1\n"
FAMILY: Final = re.compile(rb"vitrine-backup-[0-9]")
INFO: Final = b"vitrine/backup/1"
CHUNK_BYTES: Final = 64 << 10
TAG_BYTES: Final = 16
COUNTER_BYTES: Final = 11


class Sealer:
    """A file to write to. What was not closed cannot be opened: its last chunk is missing."""

    def __init__(self, out: BinaryIO, to: X25519PublicKey, secret: bytes) -> None:
        """secret: 32 random bytes, never used before."""
        ours = X25519PrivateKey.from_private_bytes(secret)
        public = ours.public_key().public_bytes_raw()
        out.write(MAGIC + id_of(to) + public)
        self._out = out
        self._cipher = cipher(ours.exchange(to), public, to)
        self._number = 0
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:  # the last one waits: only the end knows that it is the last
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, data: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, last=last), data, None))
        self._number += 1


class Opener:
    """A file to read from, in order. Gives no byte that was not proven. Raises `BackupError`."""

    def __init__(self, file: BinaryIO, key: X25519PrivateKey) -> None:
        head = file.read(len(MAGIC))
        if head != MAGIC:
            newer = FAMILY.match(head)
            raise BackupError(
                "this backup was made by a newer program; update this one" if newer else "this is no backup of a store"
            )
        named, public = file.read(ID_BYTES), file.read(KEY_BYTES)
        if len(public) < KEY_BYTES:
            raise BackupError(CUT)
        mine = key.public_key()
        if named != id_of(mine):
            raise BackupError("this backup is sealed for another owner's key; give the key of when it was made")
        self._file = file
        try:
            shared = key.exchange(X25519PublicKey.from_public_bytes(public))
        except ValueError as error:  # a point that no honest file has
            raise BackupError(_damaged(0)) from error
        self._cipher = cipher(shared, public, mine)
        self._number = 0
        self._ready = bytearray()
        self._ended = False
        self._ahead = file.read(CHUNK_BYTES + TAG_BYTES)

    def read(self, size: int) -> bytes:
        """So many bytes, fewer only at the end."""
        while len(self._ready) < size and not self._ended:
            self._open()
        data = bytes(self._ready[:size])
        del self._ready[:size]
        return data

    def _open(self) -> None:
        sealed, self._ahead = self._ahead, self._file.read(CHUNK_BYTES + TAG_BYTES)
        self._ended = not self._ahead
        try:
            self._ready += self._cipher.decrypt(_nonce(self._number, last=self._ended), sealed, None)
        except InvalidTag as error:
            raise BackupError(CUT if self._was_cut(sealed) else _damaged(self._number)) from error
        self._number += 1

    def _was_cut(self, sealed: bytes) -> bool:
        """A whole chunk that is good as one in the middle, and nothing behind it; or half a one at the end."""
        if not self._ended:
            return False
        try:
            self._cipher.decrypt(_nonce(self._number, last=False), sealed, None)
        except InvalidTag:
            return len(sealed) < TAG_BYTES
        return True


CUT: Final = "this backup ends too early: it was not written, or not copied, to its end; take another copy of it"


def _damaged(number: int) -> str:
    at = len(MAGIC) + ID_BYTES + KEY_BYTES + number * (CHUNK_BYTES + TAG_BYTES)
    return f"this backup is damaged or cut off near byte {at}; take another copy of it, or the backup before"


def cipher(shared: bytes, public: bytes, to: X25519PublicKey, info: bytes = INFO) -> ChaCha20Poly1305:
    """The cipher of one file, made for it alone; `info` tells kinds of files apart."""
    salt = public + to.public_bytes_raw()
    return ChaCha20Poly1305(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(shared))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(COUNTER_BYTES) + bytes((last,))
