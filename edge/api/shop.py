"""What routes and pages of a store stand on: the house to act in, the books to read from, the logins, the wakes.

Acts go to the house thread and are awaited; reads use a read-only connection of the loop thread. A refusal becomes a
409 problem in the words of the rule that refused.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar, cast
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from contract.facts import CountPlace, CustodyReceived, PieceSighted
from contract.feed import StaffCard
from contract.ids import CountId, PieceId, ReaderId, TillId, UserId, ZoneId
from edge.api import shapes
from edge.api.asking import ApprovalNeededError
from edge.api.chosen import Chosen
from edge.api.client_desk import ClientDesk
from edge.api.giving import follow
from edge.api.heeding import Heeding
from edge.api.passing import Passing
from edge.api.pictures import Pictures
from edge.api.pins import pin_fits
from edge.api.proving.devices import Devices
from edge.api.pulse import Pulse
from edge.api.walls import Walls
from edge.api.ways import Ways
from edge.books import local, replica
from edge.books.db import Database
from edge.books.journal import NotServingError
from edge.books.rows import DeviceRow
from edge.clock import Clock
from edge.config import EdgeConfig
from edge.counts.counting import CountRefusedError
from edge.floor.now import FloorNow, MirrorNow, PadNow, UplinkNow
from edge.floor.passes import PassRefusedError
from edge.floor.signals import SignalRefusedError
from edge.history.duck import HistoryError
from edge.history.stays import Stay, joined
from edge.house import DiskFullError, House, HouseBusyError, HouseStoppedError
from edge.paperwork import Paperwork
from edge.readers import Reader
from edge.receipts.counter import Counter
from edge.scales.codec import ScaleError
from edge.scales.scale import weigh
from edge.store import Store
from edge.sync.tally import UplinkTally
from edge.tags.press import Press
from edge.tags.writer import TagWriter
from edge.till.approvals import ApprovalError, Approvals, Asked
from edge.till.desk import Done, Refused
from trade.acts import AnyAct
from trade.permissions import allowed, lacking, works_here
from trade.refusal import Why
from web.attempts import Attempts
from web.logins import Login, Logins, NewLogin
from web.problems import ProblemError, Way
from web.sse import Bulletin
from web.words import _

Result = TypeVar("Result")
DAY_US: Final = 86_400_000_000
HISTORY_WAIT_S: Final = 5.0
NOT_FOUND: Final = frozenset({Why.NO_SALE, Why.NOT_FOUND, Why.UNKNOWN_PIECE})
UNAVAILABLE: Final = frozenset({Why.NOT_SERVING, Why.DISK_FULL})


@dataclass(slots=True)
class Shop:
    """One per process. `db` is the loop's read-only connection (the books' own when they are in memory)."""

    config: EdgeConfig
    clock: Clock
    house: House
    store: Store
    db: Database
    logins: Logins
    bulletin: Bulletin
    render_metrics: Callable[[], bytes]
    metrics_type: str
    slow: ThreadPoolExecutor
    """argon2, papers and other slow work: one at a time, so that it cannot take the box from the readers."""
    archive: ThreadPoolExecutor
    """What was, history and whole counts: merging a month takes seconds, and a PIN must not wait for it."""
    tape: ThreadPoolExecutor
    """Captures alone: a thousand alarms at once are kept for minutes, and a PIN must not wait for them."""
    tags: TagWriter
    press: Press
    devices: Devices
    uplink: UplinkNow = field(default_factory=UplinkNow)
    mirror: MirrorNow = field(default_factory=MirrorNow)
    link: UplinkTally = field(default_factory=UplinkTally)
    attempts: Attempts = field(default_factory=Attempts)
    readers: Mapping[ReaderId, Reader] = field(default_factory=dict)
    passing: Passing = field(default_factory=Passing)
    approvals: Approvals = field(default_factory=Approvals)
    receipts: Counter = field(default_factory=lambda: Counter({}, lambda: None))
    pictures: Pictures | None = None
    paperwork: Paperwork | None = None
    clients: ClientDesk = field(default_factory=ClientDesk)
    heeding: Heeding = field(default_factory=Heeding)
    ways: Ways = field(default_factory=Ways)
    walls: Walls = field(default_factory=Walls)
    pulse: Pulse = field(default_factory=Pulse)
    chosen: Chosen = field(default_factory=Chosen)

    @property
    def floor(self) -> FloorNow:
        return self.store.pipeline.floor

    def seen(self, piece: PieceId) -> bool:
        """Whether a reader reads the piece now. The house's arrays are only looked at: a torn look costs nothing."""
        return self.store.seen(piece, self.clock.mono_us())

    def zone_now(self, piece: PieceId) -> ZoneId | None:
        """The zone that read the piece last, while that counts as now."""
        return self.store.zone_now(piece, self.clock.mono_us())

    def till(self, name: str) -> TillId:
        """Raises a 404 problem for a till that this store has not: it would have receipts and a drawer of its own."""
        if name not in self.config.tills:
            raise ProblemError(404, "till", f"This store has no till {name!r}", "Use one of its own tills.")
        return TillId(name)

    def pad_now(self, till: TillId | None) -> PadNow:
        """The pad of this till; the first one without a till; an idle one where there is none."""
        pads = self.floor.pads
        if not pads:
            return PadNow(zone=ZoneId(""))
        at = self.config.tills.index(till) if till is not None and till in self.config.tills else 0
        return pads[min(at, len(pads) - 1)]

    async def weigh(self, till: TillId) -> tuple[int, str]:
        """Milligrams on the till's scale, at rest, and the scale's name. Raises a 409 problem in words."""
        beside = next((scale for scale in self.config.scales if scale.till == till), None)
        if beside is None:
            mend = "Type the weight as another scale shows it."
            raise ProblemError(409, "scale", f"No scale stands beside {till}", mend)
        try:
            return await asyncio.get_running_loop().run_in_executor(self.slow, weigh, beside), beside.name
        except ScaleError as error:
            raise ProblemError(409, "scale", str(error), "Or type the weight as its display shows it.") from error

    def new_id(self) -> str:
        return self.store.new_id()

    def business_day(self) -> str:
        """Today in the store's time zone; a shift keeps the day it was opened on."""
        now = dt.datetime.fromtimestamp(self.clock.wall_us() / 1e6, ZoneInfo(self.config.time_zone))
        return now.date().isoformat()

    async def act(self, act: AnyAct, who: Login) -> Done:
        """Do it, or raise a problem that says why not; `ApprovalNeededError` when somebody else may answer for it."""
        if own := self.devices.till_of(who.device):
            await self.on_house(lambda: self._at_its_till(act, own))
        approval = self.approvals.use(act, who.user, self.clock.mono_us())
        answer = await self.on_house(lambda: self.store.act(act, who.user, approval))
        if isinstance(answer, Refused) and answer.refusal.code is Why.NEEDS_APPROVAL:
            words = answer.refusal.why
            asked = self.approvals.ask(act, who.user, words, self.clock.mono_us())
            raise ApprovalNeededError(asked, words, self.others(who))
        made = done(answer)
        await follow(self, made, who)
        return made

    def _at_its_till(self, act: AnyAct, own: str) -> None:
        """A till that is enrolled as one acts for no other. Raises a 403 problem. On the house's thread."""
        till = self.store.till_of(act)
        if till is not None and till != own:
            mend = f"Do it at {till}, or at a device that is no till."
            raise ProblemError(403, "other-till", f"This device is {own}, and that is {till}'s to do", mend)

    async def approve(self, asked: str, user: UserId, pin: str, who: Login) -> Asked:
        """`user` answers with their PIN for what `who` was refused a moment ago. Raises a problem that says why not."""
        self.asked(asked, who)
        await self.prove(user, pin)
        try:
            return self.approvals.approve(asked, who.user, user, self.clock.mono_us())
        except ApprovalError as error:
            raise ProblemError(409, "approval", "This cannot be approved", str(error)) from error

    def asked(self, asked: str, who: Login) -> Asked:
        """What waits for somebody else's word. Raises a 409 problem when nothing of this person does."""
        try:
            return self.approvals.waiting(asked, who.user, self.clock.mono_us())
        except ApprovalError as error:
            raise ProblemError(409, "approval", "This cannot be approved", str(error)) from error

    def others(self, who: Login) -> tuple[StaffCard, ...]:
        """Active people of this store who may more than this person, by name."""
        roles, store = replica.roles(self.db), self.config.store
        here = {card.user: card for card in replica.people(self.db) if works_here(card, store)}
        mine = allowed(here.get(who.user), store, roles)
        able = [card for card in here.values() if card.user != who.user and lacking(mine, allowed(card, store, roles))]
        return tuple(sorted(able, key=lambda card: card.name))

    async def start_count(
        self, count: CountId, place: CountPlace, zones: tuple[ZoneId, ...], who: Login, *, blind: bool = False
    ) -> None:
        await self.on_house(lambda: self.store.start_count(count, place, zones, who.user, blind=blind))

    async def recount(self, count: CountId, zones: tuple[ZoneId, ...], reason: str, who: Login) -> None:
        await self.on_house(lambda: self.store.recount(count, zones, reason, who.user))

    async def submit_count(self, count: CountId, quantities: Mapping[ZoneId, int], who: Login) -> None:
        await self.on_house(lambda: self.store.submit_count(count, quantities, who.user))

    async def explain_count(self, count: CountId, piece: PieceId, reason: str, who: Login, *, found: bool) -> None:
        await self.on_house(lambda: self.store.explain_count(count, piece, reason, who.user, found=found))

    async def abandon_count(self, count: CountId, reason: str, who: Login) -> None:
        await self.on_house(lambda: self.store.abandon_count(count, reason, who.user))

    async def approve_count(self, count: CountId, who: Login, shown: str = "") -> None:
        day = self.business_day()
        done(await self.on_house(lambda: self.store.approve_count(count, day, who.user, shown=shown)))

    async def open_lock(self, reader: ReaderId, port: int, seconds: int, why: str, who: Login) -> None:
        """Raises a 409 problem when there is no such lock, or its reader is away."""
        await self.on_house(lambda: self.store.open_lock(reader, port, seconds, why, who.user))

    async def scan(
        self, pieces: tuple[PieceId, ...], epcs: tuple[str, ...], zone: ZoneId, *, damaged: bool, who: Login
    ) -> shapes.ScanView:
        """A person's scanner: pieces by id or tag, seen in `zone`."""
        found = {epc: replica.piece_by_epc(self.db, epc) for epc in epcs}
        known = {*pieces, *(card.piece for card in found.values() if card is not None)}
        named = tuple(sorted(known))
        answer = await self.on_house(lambda: self.store.scan(named, zone, who.user, damaged=damaged))
        facts = [fact for entry in done(answer).entries for fact in entry.facts]
        return shapes.ScanView(
            received=tuple(fact.piece for fact in facts if isinstance(fact, CustodyReceived)),
            sighted=tuple(fact.piece for fact in facts if isinstance(fact, PieceSighted)),
            seen=named,
            unknown_epcs=tuple(epc for epc, card in found.items() if card is None),
        )

    async def where_was(self, piece: PieceId, days: int) -> tuple[tuple[Stay, ...], str]:
        """Stays of a piece in the last days, newest first, and why they may not be all of them."""
        chronicle = self.store.chronicle
        if chronicle is None:
            return (), "no history is kept here"
        to_us = self.clock.wall_us()
        # What waits first, then the files: a page written between the two is seen twice, and joined.
        recent = await self.on_house(lambda: chronicle.recent(piece))
        kept: list[Stay] = []
        why = ""
        asked = partial(chronicle.kept, piece, to_us - days * DAY_US, to_us)
        try:
            kept = await asyncio.wait_for(
                asyncio.get_running_loop().run_in_executor(self.archive, asked), HISTORY_WAIT_S
            )
        except HistoryError as error:
            why = str(error)
        except TimeoutError:
            why = f"the history did not answer within {HISTORY_WAIT_S:.0f} s; try again"
        why = why or chronicle.history.why_less
        return tuple(reversed(joined([*kept, *recent]))), why

    async def sign_in(self, user: UserId, pin: str, device: DeviceRow | None = None) -> NewLogin:
        """Raises a 401 problem for a wrong PIN, 429 when this person must wait first.

        At an enrolled device the login is good there alone; 403 without one where only those may sign in.
        """
        if device is None and self.devices.only:
            mend = "Let somebody make its code under Devices, and type it here under /this-device."
            raise ProblemError(403, "device", "This device is not enrolled", mend)
        await self.prove(user, pin, status=401)
        new = self.logins.begin(user, "" if device is None else device.device)
        assert new is not None, "who proved who they are is active staff"
        return new

    async def prove(self, user: UserId, pin: str, *, status: int = 403) -> None:
        """That somebody who works here typed this PIN. Raises a problem of `status`, 429 when they must wait first."""
        wait_us = self.attempts.begin(user, self.clock.mono_us())
        if wait_us:
            raise ProblemError(429, "wait", "Too many wrong PINs", f"Try again in {wait_us // 1_000_000 + 1} s.")
        row = local.pin(self.db, user)
        verifier = None if row is None else row.verifier
        fits = await asyncio.get_running_loop().run_in_executor(self.slow, pin_fits, verifier, pin)
        card = replica.staff(self.db, user)
        if not fits or card is None or not works_here(card, self.config.store):
            why = "Try again, or ask a manager for a new PIN."
            raise ProblemError(status, "pin", "This name and PIN do not fit", why)
        self.attempts.succeeded(user)

    async def on_house(self, work: Callable[[], Result]) -> Result:
        """Run on the house thread and wait. Raises a problem when it cannot be done now."""
        try:
            return await self.house.ask(work)
        except HouseBusyError as error:
            raise ProblemError(503, "busy", "The store's box is busy", str(error)) from error
        except HouseStoppedError as error:
            raise ProblemError(503, "stopping", "The store's box is restarting", str(error)) from error
        except DiskFullError as error:
            raise ProblemError(507, "disk-full", "The disk is full", str(error)) from error
        except NotServingError as error:
            raise ProblemError(503, "not-serving", "This box decides nothing now", str(error)) from error
        except CountRefusedError as error:
            raise ProblemError(409, "count", "This count cannot be done", str(error)) from error
        except PassRefusedError as error:
            raise ProblemError(409, "pass", "This pass cannot go on", str(error)) from error
        except SignalRefusedError as error:
            raise ProblemError(409, "lock", "This lock stays shut", str(error)) from error


def done(answer: Done | Refused) -> Done:
    """Raises the refusal as a problem."""
    if isinstance(answer, Done):
        return answer
    code = answer.refusal.code
    status = 404 if code in NOT_FOUND else 503 if code in UNAVAILABLE else 403 if code is Why.NOT_ALLOWED else 409
    problem = ProblemError(status, str(code).replace("_", "-"), answer.refusal.why)
    if answer.refusal.things_of is not None:
        problem.way = Way(f"/orders/{answer.refusal.things_of}/things", _("Things and papers"))
    raise problem


def the_shop() -> Any:
    """The dependency that gives a route its shop; the composition root put it there."""

    async def find(request: Request) -> Shop:
        return cast("Shop", request.app.state.shop)

    return Depends(find)
