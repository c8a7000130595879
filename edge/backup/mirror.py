"""The mirror: sealed pages of the journal, appended to a file on another disk; what was written last may be torn.

    "vitrine-mirror-1" and a line feed   key id (8)   ephemeral public key (32)   records

A record is its length (4) and a page of the journal as the rejoin hands it over, sealed as a chunk of a backup is
(`sealed`), its number the nonce: records cannot be changed, moved or left out. A box cannot read what it wrote.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from contract.ids import StoreId
from contract.messages import MESSAGE_BYTES_MAX, JournalRows, encode
from edge.backup.errors import BackupError
from edge.backup.keys import ID_BYTES, KEY_BYTES, id_of
from edge.backup.sealed import TAG_BYTES, cipher

MAGIC: Final = b"vitrine-mirror-1\n"
INFO: Final = b"vitrine/mirror/1"
LENGTH_BYTES: Final = 4
NONCE_BYTES: Final = 12
SUFFIX: Final = ".mirror"

_decode_rows = msgspec.json.Decoder(JournalRows).decode


class MirrorFile:
    """A file to append to. A page is on the disk when `write` returns."""

    def __init__(self, out: BinaryIO, to: X25519PublicKey, secret: bytes) -> None:
        """secret: 32 random bytes, never used before. Raises `OSError`."""
        ours = X25519PrivateKey.from_private_bytes(secret)
        public = ours.public_key().public_bytes_raw()
        self._out, self._number = out, 0
        self._cipher = cipher(ours.exchange(to), public, to, INFO)
        self.size = self._put(MAGIC + id_of(to) + public)

    def write(self, page: JournalRows) -> None:
        """Raises `OSError`: the file then ends in half a record, and nothing may be written behind it."""
        sealed = self._cipher.encrypt(self._number.to_bytes(NONCE_BYTES), encode(page), None)
        self.size += self._put(len(sealed).to_bytes(LENGTH_BYTES) + sealed)
        self._number += 1

    def _put(self, data: bytes) -> int:
        self._out.write(data)
        self._out.flush()
        os.fsync(self._out.fileno())
        return len(data)

    def close(self) -> None:
        self._out.close()


def files(folder: Path, store: StoreId) -> list[Path]:
    """The mirror's files of this store, oldest first."""
    return sorted(path for path in folder.glob(f"{store}.*{SUFFIX}") if _number(path, store) > 0)


def next_file(folder: Path, store: StoreId) -> Path:
    """Where the next one goes."""
    last = max((_number(path, store) for path in files(folder, store)), default=0)
    return folder / f"{store}.{last + 1:08d}{SUFFIX}"


def _number(path: Path, store: StoreId) -> int:
    word = path.name.removeprefix(f"{store}.").removesuffix(SUFFIX)
    return int(word) if word.isdecimal() else 0


def read(path: Path, key: X25519PrivateKey, tell: Callable[[str], None]) -> Iterator[JournalRows]:
    """Every page up to the first that is not whole, which `tell` is told of. Raises `BackupError`, `OSError`."""
    with path.open("rb") as file:
        head = file.read(len(MAGIC) + ID_BYTES + KEY_BYTES)
        if len(head) < len(MAGIC) + ID_BYTES + KEY_BYTES:
            tell(f"{path.name} ends in its first bytes: nothing was written to it yet")
            return
        if not head.startswith(MAGIC):
            raise BackupError(f"{path} is no mirror that this program knows; update it, or take the file away")
        named, public = head[len(MAGIC) : -KEY_BYTES], head[-KEY_BYTES:]
        mine = key.public_key()
        if named != id_of(mine):
            raise BackupError(f"{path} is sealed for another owner's key; give the key of when it was made")
        try:
            opened = cipher(key.exchange(X25519PublicKey.from_public_bytes(public)), public, mine, INFO)
        except ValueError as error:  # a point that no honest file has
            raise BackupError(f"{path} is damaged at its beginning; take it away") from error
        number = 0
        while length := file.read(LENGTH_BYTES):
            size = int.from_bytes(length)
            sealed = file.read(min(size, MESSAGE_BYTES_MAX + TAG_BYTES))
            if len(length) < LENGTH_BYTES or len(sealed) < size:
                tell(f"{path.name} ends within record {number + 1}: it was being written, and is left out")
                return
            try:
                page = _decode_rows(opened.decrypt(number.to_bytes(NONCE_BYTES), sealed, None))
            except (InvalidTag, msgspec.DecodeError):
                tell(f"{path.name} is damaged in record {number + 1}: it and what follows there are left out")
                return
            yield page
            number += 1
