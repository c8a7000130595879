"""The loop's half of the way to the cloud: sends what `Sync` says, fetches the feed, rejoins. Nothing here decides.

Everything that touches the books is done by the house; these tasks carry bytes between it and two sockets.
"""

import asyncio
import datetime as dt
import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, Protocol, TypeVar

import msgspec
import structlog

from contract import topics
from contract.feed import FeedPage, ForgetCard
from contract.messages import Refusal, Snapshot, Status, decode_down, encode
from edge.books.rows import Mode
from edge.clients.slice import Slice
from edge.clients.syncing import sync
from edge.config import EdgeConfig, UplinkConfig
from edge.floor.now import UplinkNow
from edge.mqtt import Broker, Link, Will
from edge.papers import Papers
from edge.store import Store
from edge.sync import papers
from edge.sync.office import Office, OfficeUnreachableError
from edge.sync.rejoin import LogBrokenError, Rejoining, StaleSnapshotError
from edge.sync.renewing import renew_if_due
from edge.sync.tally import UplinkTally

log = structlog.get_logger(__name__)

SEND_EVERY_S: Final = 0.5
"""How often `Sync` is asked although nobody woke us: it owns the two seconds of resending and the hello."""
FEED_EVERY_S: Final = 30.0
"""How often the feed is asked without a poke: pokes may be lost."""
RETRY_S: Final = (0.5, 1.5)
RENEW_EVERY_S: Final = 3600.0
"""How often is looked whether the box's certificate is to be renewed."""
CLIENTS_EVERY_S: Final = 60.0
"""How often changed clients are asked for, beside every change of the feed."""
REFUSED_RETRY_S: Final = (3.0, 6.0)
DOWNS_PENDING_MAX: Final = 100
RESTING: Final = "this box does not serve the store now, and leaves the line to the one that may"

Result = TypeVar("Result")


class OnHouse(Protocol):
    """Runs a piece of work on the house thread and gives its result."""

    async def __call__(self, work: Callable[[], Result], /) -> Result: ...


class Cloudward:
    """All tasks of the uplink. `wake` may be set from any place on the loop; `now` is what pages show."""

    def __init__(
        self,
        config: EdgeConfig,
        uplink: UplinkConfig,
        store: Store,
        on_house: OnHouse,
        now: UplinkNow,
        *,
        instance: str,
        chance: random.Random,
        tally: UplinkTally,
        clients: Slice | None = None,
        papers: Papers | None = None,
    ) -> None:
        self.now = now
        self.wake = asyncio.Event()
        self._store = store
        self._box_of = config.store
        self._on_house = on_house
        self._uplink = uplink
        self._instance = instance
        self._chance = chance
        self._tally = tally
        self._clients, self._papers = clients, papers
        self._clients_poke = asyncio.Event()
        self._poke = asyncio.Event()
        self._poke.set()
        self._downs: asyncio.Queue[bytes] = asyncio.Queue(DOWNS_PENDING_MAX)
        self._up_topic = topics.up(config.store)
        loop = asyncio.get_running_loop()
        self.link = Link(
            Broker(
                host=uplink.broker_host,
                port=uplink.broker_port,
                client_id=config.store,
                subscribe=(topics.down(config.store),),
                will=Will(
                    topic=topics.status(config.store),
                    payload=encode(Status(store=config.store, online=False)),
                    hello=encode(Status(store=config.store, online=True)),
                ),
                ca=uplink.ca if uplink.ca.exists() else None,
                cert=uplink.cert,
                key=uplink.key,
            ),
            heard=lambda topic, body: loop.call_soon_threadsafe(self._heard, topic, body),
            changed=lambda up: loop.call_soon_threadsafe(self._changed, up),
            chance=random.Random(chance.random()),  # noqa: S311 — jitter needs no secrecy
            tally=tally,
        )

    async def run(self) -> None:
        """Until cancelled."""
        self.now.configured, self.now.why_down = True, "connecting"
        self.now.since_us = self._store.clock.wall_us()
        self._keep_line(await self._mode())
        self.link.start()
        try:
            async with Office(self._uplink) as office, asyncio.TaskGroup() as tasks:
                tasks.create_task(self._join(office))
                tasks.create_task(self._send())
                tasks.create_task(self._listen())
                tasks.create_task(self._feed(office))
                tasks.create_task(self._renew(office))
                tasks.create_task(self._bring_clients(office))
        finally:
            await asyncio.to_thread(self.link.stop)

    # --- tasks ------------------------------------------------------------------------------------------------

    async def _send(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), SEND_EVERY_S)
            self.wake.clear()
            if not self.link.up:
                continue
            for up in await self._on_house(self._store.messages):
                if not self.link.publish(self._up_topic, encode(up)):
                    break  # `Sync` sends again what is not acknowledged

    async def _listen(self) -> None:
        while True:
            body = await self._downs.get()
            try:
                down = decode_down(body)
            except msgspec.DecodeError as error:
                self._tally.downs_damaged_total += 1
                log.warning("down_damaged", error=str(error))
                continue
            heard = await self._on_house(partial(self._store.hear, down))
            if heard.acked:
                self.wake.set()
            if heard.feed_rev > self.now.feed_rev:
                self._poke.set()

    async def _feed(self, office: Office) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._poke.wait(), FEED_EVERY_S)
            self._poke.clear()
            try:
                await self._feed_pages(office)
            except OfficeUnreachableError as error:
                log.info("feed_waits", why=str(error))
                await self._pause(RETRY_S)
                self._poke.set()

    async def _feed_pages(self, office: Office) -> None:
        since = await self._on_house(lambda: self._store.books.node().feed_rev)
        while True:
            page = await office.feed(since)
            since = await self._on_house(partial(self._store.take_feed, page))
            await self._forget(page)
            self.now.feed_rev = since
            if not page.more:
                await self._admit()
                return

    async def _forget(self, page: FeedPage) -> None:
        """Who was erased, at once; at a start the books say it again (`edge.app`)."""
        persons = [row.body.person for row in page.rows if isinstance(row.body, ForgetCard)]
        if self._clients is not None and persons:
            await asyncio.to_thread(self._clients.forget, persons)
        if persons:
            await asyncio.to_thread(self._store.remarks.forget, persons)
        if self._papers is not None:
            for person in persons:
                await asyncio.to_thread(self._papers.forget, person)

    async def _admit(self) -> None:
        """All of the feed is here, whom to forget with it: clients may be seen in this log."""
        node = await self._on_house(self._store.books.node)
        if self._clients is not None and node.mode is Mode.ACTIVE:
            if await asyncio.to_thread(self._clients.is_new, node.epoch):
                await asyncio.to_thread(self._store.remarks.bring_again)
            await asyncio.to_thread(self._clients.admit, node.epoch)
            self._clients_poke.set()

    def client_made(self) -> None:
        """Somebody new is known here alone: bring the office their key now."""
        self._clients_poke.set()

    async def _bring_clients(self, office: Office) -> None:
        while self._clients is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._clients_poke.wait(), CLIENTS_EVERY_S)
            self._clients_poke.clear()
            if not self._clients.is_open:
                continue
            try:
                await sync(self._clients, office, self._store.clock.wall_us)
                await self._store.remarks.sync(office)
            except OfficeUnreachableError as error:
                log.info("clients_wait", why=str(error))
            except OSError as error:
                log.warning("clients_not_kept", why=str(error))

    async def _join(self, office: Office) -> None:
        """Whenever the box may not decide: hand over, ask, fetch, load; again until it serves or is fenced."""
        attempt: Rejoining | None = None
        while True:
            mode = await self._mode()
            self._keep_line(mode)
            if mode is not Mode.ACTIVE and self._clients is not None and self._clients.is_open:
                self._clients.close_for(RESTING)
            if mode is not Mode.REJOIN:
                attempt = None
                await asyncio.sleep(SEND_EVERY_S)
                continue
            attempt = attempt or Rejoining(self._store.books, nonce=self._store.new_id(), instance=self._instance)
            pause = RETRY_S
            try:
                if await self._try_to_join(office, attempt):
                    continue
                pause = REFUSED_RETRY_S
            except OfficeUnreachableError as error:
                log.info("rejoin_waits", why=str(error))
            except StaleSnapshotError as error:
                log.warning("rejoin_stale", why=str(error))
                attempt = None
            except LogBrokenError as error:
                log.warning("rejoin_log_broken", why=str(error))
                await self._on_house(attempt.fetch_whole)
            await self._pause(pause)

    async def _renew(self, office: Office) -> None:
        """The box's certificate, before it ends. The broker sees the new one at the next connection."""
        while True:
            try:
                now = dt.datetime.fromtimestamp(self._store.clock.wall_us() / 1e6, dt.UTC)
                await renew_if_due(office, self._uplink, self._box_of, now)
            except (OfficeUnreachableError, papers.PapersError, OSError, ValueError) as error:
                log.warning("certificate_not_renewed", why=str(error))
            await asyncio.sleep(RENEW_EVERY_S)

    async def _mode(self) -> Mode:
        return await self._on_house(lambda: self._store.books.node().mode)

    def _keep_line(self, mode: Mode) -> None:
        """Only a box that serves speaks at the broker: rejoining goes over HTTPS, and a fenced box has no say."""
        if mode is Mode.ACTIVE:
            self.link.go_on()
        else:
            self.link.rest(RESTING)
            self.now.why_down = RESTING

    async def _try_to_join(self, office: Office, attempt: Rejoining) -> bool:
        """True once the box serves; false when a person must decide first."""
        for rows in await self._on_house(lambda: list(attempt.handover())):
            await office.hand_over(rows)
            await self._on_house(partial(attempt.handed, rows))
        answer = await office.rejoin(await self._on_house(attempt.message))
        if isinstance(answer, Refusal):
            log.warning("rejoin_refused", code=answer.code, why=answer.why)
            await self._on_house(lambda: attempt.refused(answer))
            return False
        await self._fetch(office, attempt, answer)
        await self._on_house(lambda: self._load(attempt, answer))
        log.info("rejoined", term=answer.term, epoch=answer.epoch)
        self.wake.set()
        self._poke.set()
        return True

    async def _fetch(self, office: Office, attempt: Rejoining, snapshot: Snapshot) -> None:
        for wanted in await self._on_house(lambda: attempt.wanted(snapshot)):
            first = wanted.first_seq
            while first <= wanted.upto:
                page = await office.fetch(wanted.epoch, wanted.stream, first)
                if not page.rows:
                    raise OfficeUnreachableError(f"the {wanted.stream} log {wanted.epoch} ends before row {first}")
                await self._on_house(partial(attempt.take, page))
                first += len(page.rows)

    def _load(self, attempt: Rejoining, snapshot: Snapshot) -> None:
        attempt.load(snapshot, now_us=self._store.clock.wall_us())
        self._store.rejoined()

    async def _pause(self, between_s: tuple[float, float]) -> None:
        await asyncio.sleep(self._chance.uniform(*between_s))

    # --- from the link's thread, on the loop ------------------------------------------------------------------

    def _heard(self, topic: str, body: bytes) -> None:
        del topic  # we subscribe to one
        try:
            self._downs.put_nowait(body)
        except asyncio.QueueFull:
            self._tally.downs_dropped_total += 1  # the cloud says it again

    def _changed(self, up: bool) -> None:  # noqa: FBT001 — the link's callback
        if up is not self.now.up:
            self.now.since_us = self._store.clock.wall_us()
        self.now.up, self.now.why_down = up, "" if up else self.link.why_down
        self._store.wakes.tell("uplink")
        if up:
            self.wake.set()
            self._poke.set()
