"""Papers of clients' orders on the loop: decoded and made small, kept here, brought to the office, shown again.

Only pictures that this box can unpack are decoded. A paper is there as soon as it is kept, offline too.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from contract.facts import PaperKind
from contract.ids import ClientOrderId, PersonId
from edge.blobs import FullError, Offer, WrongHashError
from edge.config import UplinkConfig
from edge.papers import Papers
from edge.sync.office import Office, OfficeUnreachableError
from trade.orders import papers as rules
from trade.orders.engraving import Engraving
from web import images
from web.images import BlobError

log = structlog.get_logger(__name__)
PIXELS_MAX: Final = 16_000_000
"""48 MiB unpacked: what a box that counts shelves has to spare for a picture."""
AT_ONCE_MAX: Final = 2
AGAIN_AFTER_US: Final = 30_000_000
DELIVER_EVERY_S: Final = 10.0
FAILED_MAX: Final = 1_000


class PaperRefusedError(ValueError):
    """It cannot be kept; the message says what to give instead."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A paper as it will be kept, and named."""

    body: bytes
    media: str


@dataclass(slots=True)
class Paperwork:
    """`uplink` is None in a store without an office: papers stay here."""

    papers: Papers
    uplink: UplinkConfig | None
    mono_us: Callable[[], int]
    refused_total: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE_MAX))

    def written(self, text: str = "", engraving: Engraving | None = None) -> Ready:
        """A text as a paper. Raises `PaperRefusedError`."""
        if len(text) > rules.TEXT_MAX:
            raise PaperRefusedError(f"Write at most {rules.TEXT_MAX} letters, or keep it as several papers")
        return Ready(rules.write(secrets.token_hex(rules.SALT_CHARS // 2), text, engraving), rules.JSON)

    async def picture(self, data: bytes, kind: PaperKind) -> Ready:
        """A picture or PDF that somebody gave. Raises `PaperRefusedError`."""
        try:
            told = await asyncio.to_thread(images.accept, data, pixels_max=PIXELS_MAX)
        except BlobError as error:
            raise PaperRefusedError(str(error)) from error
        if told.media not in rules.MEDIA[kind]:
            raise PaperRefusedError(f"a {kind} is a picture: give it as JPEG, PNG or WebP")
        return Ready(told.body, told.media)

    async def keep(
        self, client: PersonId, order: ClientOrderId, kind: PaperKind, ready: Ready, *, by: str, item: str = "",
        version: int = 1,
    ) -> Offer:  # fmt: skip
        """On the disk, and on its way. Raises `PaperRefusedError`."""
        try:
            return await asyncio.to_thread(
                lambda: self.papers.keep(
                    client, ready.body, order=order, kind=kind, media=ready.media, by=by, item=item, version=version
                )
            )
        except FullError as error:
            raise PaperRefusedError(str(error)) from error

    async def get(self, client: PersonId, order: ClientOrderId, sha256: str) -> bytes | None:
        """From here, else from the office once; None where neither has it now."""
        kept = await asyncio.to_thread(self.papers.get, client, sha256)
        if kept is not None or self.uplink is None or self.mono_us() < self.failed.get(sha256, 0):
            return kept
        async with self._turn:
            try:
                async with Office(self.uplink) as office:
                    body = await office.paper(order, sha256)
                await asyncio.to_thread(self.papers.put, client, sha256, body)
            except (OfficeUnreachableError, WrongHashError):
                if len(self.failed) >= FAILED_MAX:
                    self.failed.clear()
                self.failed[sha256] = self.mono_us() + AGAIN_AFTER_US
                return None
        return body

    async def deliver(self) -> int:
        """Bring what waits to the office; how many went. One that the office does not know the order of waits on."""
        if self.uplink is None:
            return 0
        went = 0
        async with Office(self.uplink) as office:
            for cache, told in await asyncio.to_thread(self.papers.waiting):
                found = await asyncio.to_thread(cache.offered, told.sha256)
                if found is None:
                    continue
                try:
                    why = await office.bring_paper(
                        told.sha256, found[1], order=told.order, kind=told.kind, media=told.media, by=told.by,
                        item=told.piece, version=told.version,
                    )  # fmt: skip
                except OfficeUnreachableError:
                    continue
                if why:
                    self.refused_total += 1
                    log.warning("paper_refused", order=told.order, kind=told.kind)
                    await asyncio.to_thread(cache.refused, told.sha256, why)
                else:
                    await asyncio.to_thread(cache.delivered, told.sha256)
                    went += 1
        return went

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                if await asyncio.to_thread(self.papers.waiting):
                    await self.deliver()
            except OSError as error:  # a disk that is full or gone is told by the books; papers wait
                log.warning("papers_not_delivered", why=str(error))
            await asyncio.sleep(DELIVER_EVERY_S)
