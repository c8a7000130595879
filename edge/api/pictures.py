"""Photos of pieces on the store's pages: from the cache, else fetched from the office once; without it a drawing."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from edge.blobs import BlobCache, WrongHashError
from edge.config import UplinkConfig
from edge.sync.office import Office, OfficeUnreachableError

log = structlog.get_logger(__name__)
AT_ONCE_MAX: Final = 2
"""Fetches under way: pictures do not crowd out the feed."""
AGAIN_AFTER_US: Final = 30_000_000
DELIVER_EVERY_S: Final = 10.0
FAILED_MAX: Final = 1_000


@dataclass(slots=True)
class Pictures:
    """`uplink` is None in a store without an office."""

    cache: BlobCache
    uplink: UplinkConfig | None
    mono_us: Callable[[], int]
    failed: dict[str, int] = field(default_factory=dict)
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE_MAX))

    async def get(self, sha256: str) -> bytes | None:
        kept = await asyncio.to_thread(self.cache.get, sha256)
        if kept is not None or self.uplink is None:
            return kept
        if self.mono_us() < self.failed.get(sha256, 0):
            return None
        async with self._turn:
            try:
                async with Office(self.uplink) as office:
                    body = await office.blob(sha256)
                await asyncio.to_thread(self.cache.put, sha256, body)
            except (OfficeUnreachableError, WrongHashError):
                if len(self.failed) >= FAILED_MAX:
                    self.failed.clear()
                self.failed[sha256] = self.mono_us() + AGAIN_AFTER_US
                return None
        return body

    async def deliver(self) -> int:
        """Bring what waits to the office, the oldest first; how many went. What breaks off goes on next time."""
        if self.uplink is None:
            return 0
        went = 0
        waiting = await asyncio.to_thread(self.cache.waiting)
        async with Office(self.uplink) as office:
            for told in waiting:
                found = await asyncio.to_thread(self.cache.offered, told.sha256)
                if found is None:
                    continue
                try:
                    said = {"piece": told.piece, "kind": told.kind, "name": told.name, "by": told.by}
                    why = await office.upload(told.sha256, found[1], **said)
                except OfficeUnreachableError:
                    return went
                if why:
                    await asyncio.to_thread(self.cache.refused, told.sha256, why)
                else:
                    await asyncio.to_thread(self.cache.delivered, told.sha256)
                    went += 1
        return went

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                if await asyncio.to_thread(self.cache.waiting):
                    await self.deliver()
            except OSError as error:  # a disk that is full or gone is told by the books; photos wait
                log.warning("photos_not_delivered", why=str(error))
            await asyncio.sleep(DELIVER_EVERY_S)
