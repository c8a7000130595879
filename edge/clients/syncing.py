"""The slice brought up to date: keys of people made here go up, cards of changed clients come down, page by page."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

import msgspec
import structlog

from contract.clients import (
    KEYS_PER_MESSAGE_MAX,
    ClientsAsked,
    ClientsFound,
    PersonKey,
    PersonKeys,
    PersonKeysTaken,
    SliceAsked,
    SlicePage,
)
from edge.clients.slice import Slice
from web.sealed import to_text

WHOLE_EVERY_US: Final = 86_400_000_000
OVERLAP_US: Final = 300_000_000
"""Changes are asked for anew this far back: two writers of the office may end in another order than they began."""
PAGES_MAX: Final = 200
log = structlog.get_logger(__name__)


class Door(Protocol):
    """The office's door for clients."""

    async def clients(self, asked: SliceAsked) -> SlicePage: ...

    async def bring_keys(self, told: PersonKeys) -> PersonKeysTaken: ...

    async def search_clients(self, asked: ClientsAsked) -> ClientsFound: ...


async def sync(kept: Slice, door: Door, now_us: Callable[[], int]) -> int:
    """Pages that came. Once a day all of it is brought, and who is in it no more goes."""
    await _bring(kept, door)
    standing = kept.standing()
    whole = now_us() - standing.whole_us >= WHOLE_EVERY_US
    if whole:
        await asyncio.to_thread(kept.begin_pass)
    after_us = 0 if whole else max(0, standing.upto_us - OVERLAP_US)
    known_us = max(0, standing.upto_us - OVERLAP_US) if whole else 0
    asked = SliceAsked(box_key=kept.public, after_us=after_us, cards_after_us=known_us)
    lacking, broken = 0, kept.edits_broken_total
    for pages in range(1, PAGES_MAX + 1):
        page = await door.clients(asked)
        lacking += await asyncio.to_thread(partial(kept.take, page, now_us=now_us()))
        if not page.more:
            if whole:
                await asyncio.to_thread(partial(kept.end_pass, now_us=now_us()))
            if broken := kept.edits_broken_total - broken:
                log.error("clients_edits_broken", edits=broken, then="dropped here; the journal has them")
            if lacking:
                log.error("clients_lacking", cards=lacking, then="the next pass brings all of them")
                await asyncio.to_thread(kept.begin_anew)
            return pages
        asked = msgspec.structs.replace(asked, after_us=page.upto_us, after=page.upto, least_us=page.least_us)
    return PAGES_MAX


async def _bring(kept: Slice, door: Door) -> None:
    ours = await asyncio.to_thread(kept.to_bring, KEYS_PER_MESSAGE_MAX)
    if ours:
        told = PersonKeys(keys=tuple(PersonKey(person=person, key=to_text(key)) for person, key in ours))
        taken = await door.bring_keys(told)
        await asyncio.to_thread(kept.brought, taken.persons)
