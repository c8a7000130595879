"""What the office must be able to read and nobody who has only its database: sealed under a key in a file of its own.

AES-256-GCM. The file lies beside the house's authority, is made at first use (mode 0600) and holds one key a line, the
newest first: it seals, all of them open. At each start what an older key sealed, or none, is sealed anew (`factors`).
"""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloud.config import CloudConfig, ConfigError

FILE: Final = "seal.key"
MODE: Final = 0o600
KEY_BYTES: Final = 32
ID_BYTES: Final = 8
NONCE_BYTES: Final = 12
LINE: Final = re.compile(r"vitrine-seal-key-1 ([0-9a-f]{64})")
KEYS_MAX: Final = 100
FILE_BYTES_MAX: Final = KEYS_MAX * 128
SQLITE: Final = "sqlite:///"
Chance = Callable[[int], bytes]


class SealedError(Exception):
    """This was sealed under a key that the file does not hold, or somebody changed it."""


class Sealed(NamedTuple):
    """`key_id` says which key opens it."""

    body: bytes
    key_id: str


class Sealing:
    """The keys of an office, the newest first."""

    def __init__(self, keys: tuple[bytes, ...], chance: Chance = os.urandom) -> None:
        self._keys = {_id(key): AESGCM(key) for key in keys}
        self.key_id = _id(keys[0])
        self._chance = chance

    def seal(self, secret: bytes, about: str) -> Sealed:
        """`about` says whose it is: it opens under no other name."""
        nonce = self._chance(NONCE_BYTES)
        return Sealed(nonce + self._keys[self.key_id].encrypt(nonce, secret, about.encode()), self.key_id)

    def unseal(self, sealed: Sealed, about: str) -> bytes:
        """Raises `SealedError`."""
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise SealedError(f"it was sealed under key {sealed.key_id}, which {FILE} does not hold; put that back")
        try:
            return key.decrypt(sealed.body[:NONCE_BYTES], sealed.body[NONCE_BYTES:], about.encode())
        except InvalidTag as error:
            raise SealedError("it is not what was sealed: somebody changed it in the database") from error

    def __repr__(self) -> str:
        """Without the keys: reprs end up in logs."""
        return f"Sealing({self.key_id})"


def passing() -> Sealing:
    """Of an office in memory: its key is gone with it."""
    return Sealing((os.urandom(KEY_BYTES),))


def open_sealing(config: CloudConfig) -> Sealing:
    """The office's keys, made at first use. Raises `ConfigError`."""
    path = key_file(config)
    if path is None:
        return passing()
    if not path.exists():
        _make(path)
    return Sealing(_read(path))


def key_file(config: CloudConfig) -> Path | None:
    """Where it lies: as configured, beside the authority, or, where this office has none, beside its database."""
    if config.seal_key:
        return Path(config.seal_key)
    if config.authority:
        return Path(config.authority) / FILE
    if config.database_url.startswith("sqlite"):
        database = config.database_url.removeprefix(SQLITE)
        return Path(database).parent / FILE if database and database != config.database_url else None
    return Path(FILE)


def new_key(config: CloudConfig) -> str:
    """A new key before the others; the office seals everything under it at its next start. Raises `ConfigError`."""
    path = key_file(config)
    if path is None:
        raise ConfigError("this office is in memory and has no key file")
    held = _read(path) if path.exists() else ()
    if len(held) >= KEYS_MAX:
        raise ConfigError(
            f"{path} holds {KEYS_MAX} keys already; take away those at its end that open nothing any more"
        )
    fresh = os.urandom(KEY_BYTES)
    _part(path, (fresh, *held)).replace(path)
    return _id(fresh)


def _id(key: bytes) -> str:
    return hashlib.sha256(b"vitrine office key\n" + key).hexdigest()[: ID_BYTES * 2]


def _make(path: Path) -> None:
    """Of two processes that start at once the first makes it; it is there whole or not at all."""
    part = _part(path, (os.urandom(KEY_BYTES),))
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigError(f"no key can be written to {path} ({error.strerror}); see to that folder") from error
    finally:
        part.unlink(missing_ok=True)


def _part(path: Path, keys: tuple[bytes, ...]) -> Path:
    part = path.with_name(f"{path.name}.{os.urandom(4).hex()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        try:
            os.write(file, "".join(f"vitrine-seal-key-1 {key.hex()}\n" for key in keys).encode())
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigError(f"no key can be written to {path} ({error.strerror}); see to that folder") from error
    return part


def _read(path: Path) -> tuple[bytes, ...]:
    try:
        with path.open("rb") as file:
            lines = file.read(FILE_BYTES_MAX).decode("ascii", errors="replace").splitlines()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); give the office its key file") from error
    found = [LINE.fullmatch(line.strip()) for line in lines if line.strip()]
    if not found or any(each is None for each in found):
        raise ConfigError(f"{path} is no key file of an office; put back the one that was there, from its backup")
    return tuple(bytes.fromhex(each[1]) for each in found if each is not None)
