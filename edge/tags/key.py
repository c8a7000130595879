"""The store's tag key, one secret file beside the books, and the access password of each tag that it gives.

The file is made once and never rewritten. Losing it costs no piece and no read: only that tags locked under it
cannot be written again. Nothing here is logged, journalled or sent.
"""

import os
import re
import secrets
import stat
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FILE: Final = "tag.key"
KEY_BYTES: Final = 32
MODE: Final = 0o600
INFO: Final = b"vitrine/tag/access-password/1/"
"""Ends in the version: another way to derive is another number, so that old tags keep their password."""
WORD_BYTES: Final = 4
WORDS: Final = 4
WRITTEN: Final = re.compile(r"[0-9a-f]{64}\n?")


class KeyFileError(Exception):
    """The tag key cannot be used; the message says what to do."""


def access_password(key: bytes, tid: bytes) -> int:
    """HKDF-SHA256 (RFC 5869) of the key, no salt, with the TID as info: 32 bits, never 0, for 0 is no password."""
    made = HKDF(algorithm=SHA256(), length=WORD_BYTES * WORDS, salt=None, info=INFO + tid).derive(key)
    words = (int.from_bytes(made[at : at + WORD_BYTES]) for at in range(0, len(made), WORD_BYTES))
    return next((word for word in words if word), 1)


def open_key(folder: Path) -> bytes:
    """The key of this store, made when there is none yet. Raises `KeyFileError`."""
    if not (folder / FILE).exists():
        keep_key(folder, secrets.token_bytes(KEY_BYTES))
    return read_key(folder)


def read_key(folder: Path) -> bytes:
    """Raises `KeyFileError` where there is none, or one that is not to be trusted."""
    path = folder / FILE
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyFileError(f"{path} can be read by others on this machine: `chmod 600` it")
        text = path.read_text(encoding="ascii")
    except FileNotFoundError as error:
        raise KeyFileError(f"{path} is not there: it is made when the first tag is written") from error
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path} cannot be read ({error}); put the copy you kept in its place") from error
    if not WRITTEN.fullmatch(text):
        raise KeyFileError(f"{path} is not a tag key of 64 hex digits; put the copy you kept in its place")
    return bytes.fromhex(text)


def keep_key(folder: Path, key: bytes) -> None:
    """Write a key where there is none: another's is never replaced. Raises `KeyFileError`."""
    if len(key) != KEY_BYTES:
        raise KeyFileError(f"a tag key has {2 * KEY_BYTES} hex digits, not {2 * len(key)}")
    try:
        _keep(folder, key)
    except FileExistsError as error:
        path = folder / FILE
        raise KeyFileError(f"{path} is there already, and tags may be locked under it: it is not replaced") from error
    except OSError as error:
        raise KeyFileError(f"no tag key can be kept in {folder} ({error}); see to that folder and its disk") from error


def _keep(folder: Path, key: bytes) -> None:
    """Whole or not at all. Raises `OSError`."""
    path = folder / FILE
    beside = path.with_suffix(f".{os.getpid()}")
    beside.unlink(missing_ok=True)  # of a process with our number that died here: in a container always the same
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    try:
        os.write(file, key.hex().encode() + b"\n")
        os.fsync(file)
    finally:
        os.close(file)
    try:
        os.link(beside, path)  # fails where there is one, and is whole where it is not
    finally:
        beside.unlink()
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
