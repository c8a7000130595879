"""The owner's key: a secret file that opens backups and is kept away from the box, and the words that only seal them.

X25519 (RFC 7748). The words carry a checksum: any 32 bytes are a key, and a slip of the pen would seal a backup for
nobody.
"""

import hashlib
import os
import re
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from edge.backup.errors import BackupError

KEY_BYTES: Final = 32
CHECK_BYTES: Final = 4
ID_BYTES: Final = 8
MODE: Final = 0o600
SECRET: Final = re.compile(r"vitrine-backup-key-1 ([0-9a-f]{64})\n?")
SEALS: Final = re.compile(r"vb1-([0-9a-f]{64})([0-9a-f]{8})")
TEXT_MAX: Final = 200
"""Bytes of a key file that are looked at."""


def new_key(path: Path, secret: bytes) -> str:
    """Write the owner's key where there is no file yet; gives the words that seal for it. Raises `BackupError`."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        try:
            os.write(file, f"vitrine-backup-key-1 {secret.hex()}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)
    except FileExistsError as error:
        raise BackupError(f"{path} is there already, and backups may be sealed for it: it is not replaced") from error
    except OSError as error:
        raise BackupError(f"no key can be written to {path} ({error.strerror}); see to that folder") from error
    return words_of(X25519PrivateKey.from_private_bytes(secret).public_key())


def read_key(path: Path) -> X25519PrivateKey:
    """Raises `BackupError`."""
    try:
        with path.open("rb") as file:
            found = SECRET.fullmatch(file.read(TEXT_MAX).decode("ascii", errors="replace"))
    except OSError as error:
        raise BackupError(f"{path} cannot be read ({error.strerror}); give the owner's key") from error
    if found is None:
        raise BackupError(f"{path} is no owner's key; give the file that `vitrine backup key` wrote")
    return X25519PrivateKey.from_private_bytes(bytes.fromhex(found[1]))


def words_of(key: X25519PublicKey) -> str:
    """What a box is told: it seals and opens nothing."""
    raw = key.public_bytes_raw()
    return f"vb1-{(raw + hashlib.sha256(raw).digest()[:CHECK_BYTES]).hex()}"


def sealing_key(words: str) -> X25519PublicKey:
    """Raises `BackupError` for words in which a sign is wrong."""
    found = SEALS.fullmatch(words.strip().lower())
    raw = bytes.fromhex(found[1]) if found else b""
    if found is None or hashlib.sha256(raw).digest()[:CHECK_BYTES].hex() != found[2]:
        raise BackupError("these are not the words of an owner's key: copy all that `vitrine backup key` printed")
    return X25519PublicKey.from_public_bytes(raw)


def id_of(key: X25519PublicKey) -> bytes:
    """By which a file tells for whom it is sealed."""
    return hashlib.sha256(b"vitrine/backup/id/" + key.public_bytes_raw()).digest()[:ID_BYTES]
