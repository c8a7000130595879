"""The job that looks at every client's days: a task for who advises them, a letter to who agreed, each once for ever.

It may run as often as one likes and be stopped anywhere: what it did stands in `reminder`, written with the letter.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud import called
from cloud.desk import Desk
from cloud.messages import consents, outbox, quiet
from cloud.messages.outbox import Letter, NotSentError, Ways
from cloud.messages.reach import Reaching
from cloud.people import Keyring
from cloud.reminders import rules
from cloud.reminders.rules import Due, Told, Whom
from cloud.tables import reminder
from cloud.work import Work
from contract.ids import PersonId, StoreId
from trade.consent import Channel

AT_ONCE: Final = 500
"""Profiles opened in one look."""
EVERY_US: Final = 6 * 3_600_000_000
COUPLE_DAYS: Final = 10
"""So long before a day of a couple they are written to; to a birthday on the day itself."""
BY: Final = "reminders"
PREFERRED: Final = (Channel.EMAIL, Channel.MESSENGER, Channel.SMS)
Read = Callable[[Work, str, int], list[Told]]
"""Clients after this id, in order, at most so many."""
ReadSome = Callable[[Work, Iterable[str]], Mapping[str, Told]]


@dataclass(frozen=True, slots=True)
class Clients:
    """Who keeps profiles gives them."""

    after: Read
    some: ReadSome
    reach: Reaching


@dataclass(slots=True)
class Ran:
    clients: int = 0
    tasks: int = 0
    letters: int = 0


class Reminders:
    def __init__(self, desk: Desk, ring: Keyring, ways: Ways, clients: Clients) -> None:
        self.desk, self.ring, self.ways, self.clients = desk, ring, ways, clients
        self._last_us: int | None = None

    def step(self, *, now_us: int) -> Ran | None:
        """When it is time again: all clients once. None: not yet."""
        if self._last_us is not None and 0 <= now_us - self._last_us < EVERY_US:
            return None
        self._last_us = now_us
        return self.run(now_us=now_us)

    def run(self, *, now_us: int) -> Ran:
        """Raises `SealedError`."""
        ran, after = Ran(), ""
        while True:
            with self.desk.look() as work:
                batch = self.clients.after(work, after, AT_ONCE)
                partners = self.clients.some(work, rules.persons(batch))
                days = self._todays(work, batch, now_us)
            for told in batch:
                for due in rules.due(told, days[told.person], partners):
                    self._tell(told, due, days[told.person], ran, now_us)
            ran.clients += len(batch)
            if len(batch) < AT_ONCE:
                return ran
            after = batch[-1].person

    def _todays(self, work: Work, batch: list[Told], now_us: int) -> dict[PersonId, dt.date]:
        zones = {store: outbox.zone_of(work.tx, store) for store in {told.store for told in batch}}
        return {told.person: quiet.day_of(now_us, zones[told.store]) for told in batch}

    def _tell(self, told: Told, due: Due, today: dt.date, ran: Ran, now_us: int) -> None:
        with self.desk.work() as work:
            if Whom.ADVISER in due.asked and self._note(work, due, Whom.ADVISER, told):
                ran.tasks += 1
        if Whom.CLIENT not in due.asked or (due.on - today).days > _ahead(due):
            return
        with self.desk.work() as work:
            ran.letters += self._write(work, told, due, now_us)

    def _note(self, work: Work, due: Due, channel: str, told: Told, message: str = "") -> bool:
        row = {
            "subject": due.subject, "year": due.year, "channel": channel, "person": due.person,
            "milestone": due.day.milestone, "day": due.on.isoformat(), "owner": told.owner, "store": told.store,
            "made_us": work.now_us, "message": message,
        }  # fmt: skip
        return work.tx.add_new(reminder, row)

    def _write(self, work: Work, told: Told, due: Due, now_us: int) -> int:
        named = reminder.c
        mine = sa.select(reminder).where(named.subject == due.subject, named.year == due.year)
        before = work.tx.rows(mine)
        if any(row["channel"] != Whom.ADVISER or row["state"] == "seen to" for row in before):
            return 0  # written already, or somebody greets them in person
        for channel in PREFERRED:
            if channel in self.ways.carriers and consents.allows(work.tx, told.person, channel):
                break
        else:
            return 0
        seen = self.clients.reach(work, told.person)
        if seen is None:
            return 0
        zone = outbox.zone_of(work.tx, told.store)
        names, people = called.stores(work.tx), called.people(work.tx)
        fields = seen.fields(
            house=self.ways.house, store=names.get(told.store, told.store), adviser=people.get(told.owner, ""),
            **({} if _template(due) == "birthday" else {"occasion": rules.occasion(due.day)}),
        )  # fmt: skip
        letter = Letter(
            key=f"reminder:{due.subject}:{due.year}:{channel}", person=told.person, channel=channel,
            to=seen.address(work.tx, self.ring, channel), template=_template(due), fields=fields,
            language=seen.language, store=StoreId(told.store), by=BY,
            not_before_us=now_us, until_us=quiet.moment(due.on + dt.timedelta(days=1), 0, zone),
        )  # fmt: skip
        try:
            message = outbox.put(work, self.ring, self.ways, letter, self.desk.new_id)
        except NotSentError:
            return 0  # their adviser has the task
        return int(self._note(work, due, channel, told, message))


def _ahead(due: Due) -> int:
    return 0 if _template(due) == "birthday" else COUPLE_DAYS


def _template(due: Due) -> str:
    if due.day.kind == "birthday":
        return "birthday"
    return "couple_day" if rules.is_shared(due.day) else "day"
