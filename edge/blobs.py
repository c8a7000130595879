"""Photos as a store keeps them: a bounded cache of what the office gave, sealed on the disk, checked at every look; and
those that were taken here and wait for the office.

What is named by its SHA-256 never changes, so a cache never has to ask again; the longest unseen goes first. The key
lies beside the books and in no backup: a cache is fetched anew.
"""

import hashlib
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CACHE_BYTES_MAX: Final = 256 << 20
BLOB_BYTES_MAX: Final = 12 << 20
NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
WAITING_MAX: Final = 200
WAITING_BYTES_MAX: Final = 512 << 20
WAITING: Final = ".waiting"
FOLDER: Final = "blobs"
KEY_FILE: Final = "key"
NAME: Final = re.compile(r"[0-9a-f]{64}")


class WrongHashError(ValueError):
    """What came is not what was asked for: it is thrown away."""


class FullError(Exception):
    """So many photos wait for the office that no more are taken."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A photo, or a paper of a client's order, on its way to the office: of what, what it is, who gave it."""

    piece: str
    kind: str
    name: str
    by: str
    sha256: str
    order: str = ""
    """Of a paper: then `piece` is the client's thing it shows, or empty."""
    media: str = ""
    version: int = 0


class BlobCache:
    """One folder. Every file is `nonce + AES-256-GCM`, named by the hash of what is in it."""

    def __init__(self, folder: Path, *, bytes_max: int = CACHE_BYTES_MAX) -> None:
        self._folder = folder
        self._bytes_max = bytes_max
        self.damaged_total = 0
        self.evicted_total = 0
        self.refused_total = 0

    def get(self, sha256: str) -> bytes | None:
        """None when it is not here, or was damaged, and then it is here no more."""
        if not NAME.fullmatch(sha256):
            return None
        path = self._folder / sha256
        try:
            sealed = path.read_bytes()
        except OSError:
            return None
        try:
            body = self._key().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], sha256.encode())
        except (InvalidTag, ValueError):
            body = b""
        if hashlib.sha256(body).hexdigest() != sha256:
            self.damaged_total += 1
            path.unlink(missing_ok=True)
            return None
        with suppress(OSError):
            os.utime(path)
        return body

    def put(self, sha256: str, body: bytes) -> None:
        """Raises `WrongHashError`. A disk without room keeps nothing, and the picture is shown all the same."""
        if hashlib.sha256(body).hexdigest() != sha256 or len(body) > BLOB_BYTES_MAX:
            raise WrongHashError(f"what came as blob {sha256} is something else")
        part = self._folder / f"{sha256}.part"
        try:
            part.write_bytes(self._sealed(body, sha256))
            part.replace(self._folder / sha256)
        except OSError:
            part.unlink(missing_ok=True)
            return
        self._make_room()

    # --- on their way to the office ---------------------------------------------------------------------------

    def offer(
        self, body: bytes, *, piece: str, kind: str, name: str, by: str, order: str = "", media: str = "",
        version: int = 0,
    ) -> Offer:  # fmt: skip
        """Kept until the office has it. Raises `FullError`."""
        told = Offer(
            piece=piece, kind=kind, name=name, by=by, sha256=hashlib.sha256(body).hexdigest(), order=order, media=media,
            version=version,
        )  # fmt: skip
        waiting = self.waiting()
        size = sum(path.stat().st_size for path in self._folder.glob(f"*{WAITING}"))
        if told not in waiting and (len(waiting) >= WAITING_MAX or size + len(body) > WAITING_BYTES_MAX):
            raise FullError(f"{len(waiting)} photos wait for the office: connect the store before taking more")
        sealed = self._sealed(msgspec.json.encode(told) + b"\n" + body, told.sha256)
        part = self._folder / f"{told.sha256}.part"
        part.write_bytes(sealed)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(self._folder / f"{told.sha256}{WAITING}")
        return told

    def waiting(self) -> list[Offer]:
        """The oldest first."""
        files = sorted(self._folder.glob(f"*{WAITING}"), key=lambda path: path.stat().st_mtime_ns)
        found = (self.offered(path.name.removesuffix(WAITING)) for path in files)
        return [each[0] for each in found if each is not None]

    def offered(self, sha256: str) -> tuple[Offer, bytes] | None:
        """One that waits, with its bytes; None when it is damaged or gone."""
        try:
            sealed = (self._folder / f"{sha256}{WAITING}").read_bytes()
            opened = self._key().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], sha256.encode())
        except (OSError, InvalidTag, ValueError):
            return None
        head, _, body = opened.partition(b"\n")
        return msgspec.json.decode(head, type=Offer), body

    def delivered(self, sha256: str) -> None:
        (self._folder / f"{sha256}{WAITING}").unlink(missing_ok=True)

    def refused(self, sha256: str, why: str) -> None:
        """The office will never take it: it waits no more, and the reason stands beside where it was."""
        self.refused_total += 1
        (self._folder / f"{sha256}.refused").write_text(why, encoding="utf-8")
        self.delivered(sha256)

    def _sealed(self, body: bytes, sha256: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._key().encrypt(nonce, body, sha256.encode())

    def _make_room(self) -> None:
        files = [(path.stat(), path) for path in self._folder.iterdir() if NAME.fullmatch(path.name)]
        total = sum(stat.st_size for stat, _ in files)
        for stat, path in sorted(files, key=lambda each: each[0].st_mtime_ns):
            if total <= self._bytes_max:
                return
            path.unlink(missing_ok=True)
            self.evicted_total += 1
            total -= stat.st_size

    def _key(self) -> AESGCM:
        path = self._folder / KEY_FILE
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (
                suppress(FileExistsError),
                os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
            ):
                file.write(secrets.token_bytes(KEY_BYTES))
        return AESGCM(path.read_bytes())
