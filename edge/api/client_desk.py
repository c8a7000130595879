"""Clients at the till: asked of the office while it answers, of what this box keeps otherwise, and it is said which.

Whoever looks is kept: by the office for what it gave, in this store's journal for what the box gave itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from contract.clients import ClientCard, ClientsAsked, ClientsFound
from contract.ids import PersonId, TillId, UserId
from edge.clients.slice import ClosedError, Slice
from edge.config import UplinkConfig
from edge.sync.office import Office, OfficeUnreachableError
from web.problems import ProblemError

OFFICE_WAIT_S: Final = 3.0
"""A till waits no longer for the office; what this box keeps is shown then."""
ALONE: Final = "This store keeps no clients: it has no office."
Noted = Callable[[int], Awaitable[object]]
"""Keeps that somebody was shown so many clients of this box."""


@dataclass(frozen=True, slots=True)
class Shown:
    """`office`: the office gave them now. Else this box did, as of `heard_us`."""

    cards: list[ClientCard]
    more: bool
    office: bool
    heard_us: int = 0


@dataclass(frozen=True, slots=True)
class Served:
    """What was told of the client a till serves, to whom, and by whom; `asked_us` monotonic."""

    card: ClientCard
    by: UserId
    office: bool
    heard_us: int
    asked_us: int


@dataclass(slots=True)
class ClientDesk:
    """`kept` is None in a store without an office. `chosen`: whom each till serves now, by id; `told`: their card, in
    memory alone, until they go.
    """

    kept: Slice | None = None
    uplink: UplinkConfig | None = None
    chosen: dict[TillId, PersonId] = field(default_factory=dict)
    told: dict[TillId, Served] = field(default_factory=dict)
    made: Callable[[], None] = lambda: None
    """Somebody was made here: the office is to have their key soon."""

    def serve(self, till: TillId, served: Served) -> None:
        self.chosen[till], self.told[till] = served.card.person, served

    def name_of(self, till: TillId, person: PersonId | None, by: UserId) -> str:
        """Whom the till serves, as `by` was told; empty: nobody, somebody else than `person`, or told to another."""
        now = self.told.get(till)
        if now is None or now.by != by or person not in (None, now.card.person, *now.card.others):
            return ""
        return now.card.name

    def leave(self, till: TillId) -> None:
        """They went, or their sale is recorded: nothing of them stays at the till."""
        self.chosen.pop(till, None)
        self.told.pop(till, None)

    def slice(self) -> Slice:
        """Raises a 409 problem where there is none."""
        if self.kept is None:
            raise ProblemError(409, "clients", "There are no clients here", ALONE)
        return self.kept

    async def find(self, query: str, by: UserId, *, up: bool, noted: Noted) -> Shown:
        """Raises a 503 problem when neither the office nor this box can tell now."""
        kept = self.slice()
        found = await self._ask(ClientsAsked(box_key=kept.public, by=by, query=query)) if up else None
        if found is not None:
            known = self._opened(found)
            new = await asyncio.to_thread(kept.found_here_alone, query)
            names = {card.person for card in known}
            return Shown([*(card for card in new if card.person not in names), *known], found.more, office=True)
        with _closed():
            here = await asyncio.to_thread(kept.find, query)
        await noted(len(here.cards))
        return Shown(here.cards, here.more, office=False, heard_us=kept.standing().heard_us)

    async def one(self, person: PersonId, by: UserId, *, up: bool, noted: Noted) -> Shown:
        """One client by any id of theirs. Raises a 404 or 503 problem."""
        kept = self.slice()
        found = await self._ask(ClientsAsked(box_key=kept.public, by=by, person=person)) if up else None
        if found is not None and (cards := self._opened(found)):
            return Shown(cards, more=False, office=True)
        with _closed():
            card = await asyncio.to_thread(kept.one, person)
        if card is None:
            raise ProblemError(404, "not-found", "There is no such client here", "Look for them by name.")
        await noted(1)
        return Shown([card], more=False, office=False, heard_us=kept.standing().heard_us)

    async def called(self, persons: Collection[PersonId], *, noted: Noted) -> dict[PersonId, str]:
        """What those of them are called whom this box keeps. None while it may show nobody, or cannot keep who looked:
        a list of orders goes on without names.
        """
        kept = self.kept
        if kept is None or not persons:
            return {}
        try:
            found = await asyncio.to_thread(kept.called, persons)
            if found:
                await noted(len(found))
        except (ClosedError, ProblemError):
            return {}
        return found

    async def key(self, person: PersonId, by: UserId) -> tuple[PersonId, bytes]:
        """The id a client is known by and the key of theirs, for whoever writes something. Raises 404, 503 problems."""
        kept = self.slice()
        with _closed():
            if await asyncio.to_thread(kept.key_of, person) is None:
                found = await self._ask(ClientsAsked(box_key=kept.public, by=by, person=person))
                for each in () if found is None else found.clients:
                    await asyncio.to_thread(kept.adopt, each)
            card, key = await asyncio.to_thread(kept.one, person), await asyncio.to_thread(kept.key_of, person)
        if card is None or key is None:
            raise ProblemError(404, "not-found", "There is no such client here", "Look for them by name.")
        return card.person, key

    async def meant(self, number: str, by: UserId, *, up: bool) -> PersonId:
        """Whom a number means: by what is kept here, else by the office. Raises a 404 problem for nobody's number.

        Where neither can tell now it is taken as it is: nobody waits for that.
        """
        person, kept = PersonId(number.strip()), self.kept
        if kept is None:
            return person
        with suppress(ClosedError):
            card = await asyncio.to_thread(kept.one, person)
            if card is not None:
                return card.person
        found = await self._ask(ClientsAsked(box_key=kept.public, by=by, person=person)) if up else None
        if found is None:
            return person
        if not found.clients:
            raise ProblemError(404, "not-found", "There is no such client here", "Look for them by name.")
        with suppress(ClosedError):
            for each in found.clients:
                await asyncio.to_thread(kept.adopt, each)
        return found.clients[0].person

    def _opened(self, found: ClientsFound) -> list[ClientCard]:
        kept = self.slice()
        cards = (kept.opened(each) for each in found.clients)
        return [card for card in cards if card is not None]

    async def _ask(self, asked: ClientsAsked) -> ClientsFound | None:
        """None when the office does not answer in time."""
        if self.uplink is None:
            return None
        try:
            async with Office(self.uplink) as office:
                return await asyncio.wait_for(office.search_clients(asked), OFFICE_WAIT_S)
        except (OfficeUnreachableError, TimeoutError, OSError):
            return None


class _closed:  # noqa: N801 - reads as a statement
    """A closed slice is a 503 that says until when."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ClosedError):
            raise ProblemError(503, "clients", "Clients cannot be seen now", str(error)) from error
