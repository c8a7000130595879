"""Papers of clients' orders at a store: a folder and a key for each client, so that forgetting one is destroying that.

Each folder is a `BlobCache`, named by a digest of the client's id: sealed, checked, with what waits for the office. The
whole is bounded: the longest unseen goes first, and what waits never goes by itself.
"""

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from contract.ids import PersonId
from edge.blobs import KEY_FILE, NAME, WAITING, WAITING_MAX, BlobCache, FullError, Offer

FOLDER: Final = "papers"
PAPERS_BYTES_MAX: Final = 256 << 20
DIGEST_CHARS: Final = 32


class Papers:
    """`forgotten_total`: clients whose papers were destroyed since the box started."""

    def __init__(self, folder: Path, *, bytes_max: int = PAPERS_BYTES_MAX) -> None:
        self._folder = folder
        self._bytes_max = bytes_max
        self.evicted_total = 0
        self.forgotten_total = 0

    def of(self, client: PersonId) -> BlobCache:
        return BlobCache(self._folder / _digest(client), bytes_max=self._bytes_max)

    def keep(
        self, client: PersonId, body: bytes, *, order: str, kind: str, media: str, by: str, item: str = "",
        version: int = 0,
    ) -> Offer:  # fmt: skip
        """On the disk when this returns, and on its way to the office. Raises `FullError`, `OSError`."""
        waiting = sum(1 for _ in self._folder.glob(f"*/*{WAITING}"))
        if waiting >= WAITING_MAX:
            raise FullError(f"{waiting} papers wait for the office: connect the store before taking more")
        own = self.of(client)
        told = own.offer(body, piece=item, kind=kind, name="", by=by, order=order, media=media, version=version)
        own.put(told.sha256, body)
        self._make_room()
        return told

    def get(self, client: PersonId, sha256: str) -> bytes | None:
        """None when it is not here: then the office may have it."""
        own = self.of(client)
        kept = own.get(sha256) if self._has(client) else None
        if kept is not None or not self._has(client):
            return kept
        waits = own.offered(sha256)
        return waits[1] if waits else None

    def put(self, client: PersonId, sha256: str, body: bytes) -> None:
        """One that the office gave. Raises `WrongHashError`."""
        self.of(client).put(sha256, body)
        self._make_room()

    def waiting(self) -> list[tuple[BlobCache, Offer]]:
        """For the office, the oldest of each client first."""
        folders = sorted(path for path in self._folder.glob("*") if path.is_dir())
        caches = (BlobCache(path, bytes_max=self._bytes_max) for path in folders)
        return [(cache, told) for cache in caches for told in cache.waiting()]

    def forget(self, client: PersonId) -> bool:
        """For ever: the key is overwritten before anything is deleted. Whether there was something.

        What acts on `forget:{person}` of the feed calls this, again where the disk is an older one.
        """
        folder = self._folder / _digest(client)
        if not folder.is_dir():
            return False
        key = folder / KEY_FILE
        with suppress(FileNotFoundError), key.open("r+b") as file:
            file.write(bytes(key.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        shutil.rmtree(folder, ignore_errors=True)
        self.forgotten_total += 1
        return True

    def _has(self, client: PersonId) -> bool:
        return (self._folder / _digest(client)).is_dir()

    def _make_room(self) -> None:
        files = [(path.stat(), path) for path in self._folder.glob("*/*") if NAME.fullmatch(path.name)]
        total = sum(stat.st_size for stat, _ in files)
        for stat, path in sorted(files, key=lambda each: each[0].st_mtime_ns):
            if total <= self._bytes_max:
                return
            path.unlink(missing_ok=True)
            self.evicted_total += 1
            total -= stat.st_size


def _digest(client: PersonId) -> str:
    return hashlib.sha256(f"papers of {client}".encode()).hexdigest()[:DIGEST_CHARS]
