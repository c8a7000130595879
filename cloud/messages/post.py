"""The office's post: takes up what is due, asks again whether it may go, hands it to its carrier, keeps what was said.

A carrier that remembers names is asked again when its answer was lost. Of the others nobody knows whether it went: what
is about the client's own order is sent again, anything else is not. Time is an argument.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud import aliases
from cloud.desk import Desk
from cloud.messages import consents, outbox, quiet
from cloud.messages.bounces import Bounce
from cloud.messages.outbox import AWAKE, DAY_US, Ways
from cloud.messages.port import InDoubtError, NeverError, NotNowError, Parcel
from cloud.people import Keyring
from cloud.sealing import SealedError
from cloud.tables import message
from cloud.work import Work
from contract.ids import PersonId
from trade.consent import Channel
from trade.message import MessageEvent, MessageKind, MessageState

MINUTE_US: Final = 60_000_000
BACKOFF_US: Final = tuple(each * MINUTE_US for each in (1, 5, 30, 120, 360, 720, 720))
"""After each try that found the carrier away; after the last it is given up."""
LOST_AFTER_US: Final = 10 * MINUTE_US
"""A carrier answers within seconds: who has no answer by then was stopped in between."""
AT_ONCE_MAX: Final = 20
PER_PERSON_DAY_MAX: Final = 1
"""Messages that need consent, to one client by one channel in 24 hours."""
TOO_LATE: Final = "its time is over: nothing is to be done"
NO_CONSENT: Final = "they do not agree to be written to this way any more: nothing is to be done"
ERASED: Final = "they were erased: nothing is to be done"
IN_DOUBT: Final = "nobody knows whether it went, and nobody is to get it twice: nothing is to be done"
TRIED_OUT: Final = "tried for more than a day"


@dataclass(slots=True)
class Counts:
    """Since this office started."""

    sent_total: int = 0
    again_total: int = 0
    refused_total: int = 0
    given_up_total: int = 0
    bounced_total: int = 0


class Post:
    def __init__(self, desk: Desk, ring: Keyring, ways: Ways) -> None:
        self.desk, self.ring, self.ways = desk, ring, ways
        self.counts = Counts()

    def step(self, *, now_us: int) -> int:
        """One round: at most `AT_ONCE_MAX` messages, each in transactions of its own. How many were taken."""
        self._find_lost(now_us)
        taken = 0
        for name in self._due(now_us):
            parcel = self._take_up(name, now_us)
            if parcel is not None:
                taken += self._hand_over(*parcel, now_us)
        return taken

    def hear(self, bounce: Bounce, *, channel: Channel) -> bool:
        """Something came back; False: it is none of ours, or is known already."""
        by = message.c.message == bounce.message if bounce.message else message.c.carrier_ref == bounce.carrier_ref
        with self.desk.work() as work:
            row = work.tx.row(sa.select(message).where(by, message.c.channel == channel))
            if row is None:
                return False
            was, why = MessageState(row["state"]), bounce.why
            if not outbox.move(work, row["message"], was, MessageEvent.BOUNCED, why=why):
                return False
            if bounce.address_bad:
                self._mark_bad(work, row)
        self.counts.bounced_total += 1
        return True

    def _due(self, now_us: int) -> list[str]:
        due = (message.c.state == MessageState.QUEUED, message.c.next_us <= now_us)
        query = sa.select(message.c.message).where(*due).order_by(message.c.next_us, message.c.message)
        with self.desk.look() as work:
            return [row["message"] for row in work.tx.rows(query.limit(AT_ONCE_MAX))]

    def _find_lost(self, now_us: int) -> None:
        old = (message.c.state == MessageState.SENDING, message.c.changed_us < now_us - LOST_AFTER_US)
        with self.desk.look() as work:
            rows = work.tx.rows(sa.select(message).where(*old).limit(AT_ONCE_MAX))
        for row in rows:
            with self.desk.work() as work:
                if self._once_only(row):
                    outbox.move(work, row["message"], MessageState.SENDING, MessageEvent.DROPPED, why=IN_DOUBT)
                    self.counts.given_up_total += 1
                else:
                    outbox.move(work, row["message"], MessageState.SENDING, MessageEvent.LOST, next_us=now_us)

    def _once_only(self, row: sa.RowMapping) -> bool:
        carrier = self.ways.carriers.get(Channel(row["channel"]))
        return row["kind"] == MessageKind.MARKETING and not (carrier is not None and carrier.remembers)

    def _take_up(self, name: str, now_us: int) -> tuple[sa.RowMapping, Parcel] | None:
        """None: it is not to go now; what it waits for, or why it was dropped, stands on it."""
        with self.desk.work() as work:
            row = work.tx.row(sa.select(message).where(message.c.message == name).with_for_update())
            if row is None or row["state"] != MessageState.QUEUED:
                return None
            key = self.ring.person(work.tx, PersonId(row["person"]))
            why = ERASED if key is None else self._why_not(work, row, now_us)
            if key is None or why:
                outbox.move(work, name, MessageState.QUEUED, MessageEvent.DROPPED, why=why)
                self.counts.given_up_total += 1
                return None
            later_us, waits = self._not_before(work, row, now_us)
            if later_us > now_us:
                work.tx.run(
                    sa.update(message).where(message.c.message == name).values(next_us=later_us, why=waits)
                )  # fmt: skip
                return None
            try:
                parcel = outbox.opened(key, row)
            except SealedError as error:
                outbox.move(work, name, MessageState.QUEUED, MessageEvent.DROPPED, why=str(error))
                self.counts.given_up_total += 1
                return None
            taken = outbox.move(work, name, MessageState.QUEUED, MessageEvent.TAKEN_UP, tries=row["tries"] + 1)
            return (row, parcel) if taken else None

    def _why_not(self, work: Work, row: sa.RowMapping, now_us: int) -> str:
        if row["until_us"] and now_us > row["until_us"]:
            return TOO_LATE
        needs = row["kind"] == MessageKind.MARKETING
        if needs and not consents.allows(work.tx, PersonId(row["person"]), Channel(row["channel"])):
            return NO_CONSENT
        return ""

    def _not_before(self, work: Work, row: sa.RowMapping, now_us: int) -> tuple[int, str]:
        """The first moment at which it may go, and what it waits for until then."""
        marketing = row["kind"] == MessageKind.MARKETING
        awake = not marketing and row["channel"] == Channel.EMAIL
        zone = outbox.zone_of(work.tx, row["store"])
        allowed_us = quiet.next_allowed(now_us, zone, AWAKE if awake else self.ways.hours)
        if allowed_us > now_us:
            return allowed_us, "waits for the morning"
        if not marketing:
            return now_us, ""
        mine = message.c.person.in_(aliases.ids(work.tx, row["person"]))
        for whose, most, waits in (
            (mine, PER_PERSON_DAY_MAX, "waits: they had another one today"),
            (sa.true(), self.ways.per_day_max, "waits: as many as a day bears are sent"),
        ):
            number, first_us = _of_late(work, Channel(row["channel"]), whose, now_us - DAY_US)
            if number >= most:
                return quiet.next_allowed(first_us + DAY_US + 1, zone, self.ways.hours), waits
        return now_us, ""

    def _hand_over(self, row: sa.RowMapping, parcel: Parcel, now_us: int) -> int:
        """The carrier is asked outside of any transaction: it may take seconds."""
        name, carrier = row["message"], self.ways.carriers.get(Channel(row["channel"]))
        if carrier is None:
            why = f"nothing carries messages by {row['channel']} here: set it up in cloud.toml"
            self._later(row, NotNowError(why), now_us)
            return 0
        try:
            ref = carrier.send(parcel, now_us=now_us)
        except NotNowError as error:
            self._later(row, error, now_us)
            return 0
        except NeverError as error:
            with self.desk.work() as work:
                outbox.move(work, name, MessageState.SENDING, MessageEvent.NEVER, why=str(error))
                if error.address_bad:
                    outbox.mark_bad(work, self.ring, PersonId(row["person"]), Channel(row["channel"]), parcel.to)
            self.counts.refused_total += 1
            return 0
        with self.desk.work() as work:
            outbox.move(work, name, MessageState.SENDING, MessageEvent.TAKEN, sent_us=now_us, carrier_ref=ref, why="")
        self.counts.sent_total += 1
        return 1

    def _later(self, row: sa.RowMapping, error: NotNowError, now_us: int) -> None:
        tries = row["tries"] + 1
        with self.desk.work() as work:
            in_doubt = isinstance(error, InDoubtError) and self._once_only(row)
            if in_doubt or tries > len(BACKOFF_US):
                why = IN_DOUBT if in_doubt else f"{TRIED_OUT}; {error}"
                outbox.move(work, row["message"], MessageState.SENDING, MessageEvent.DROPPED, why=why)
                self.counts.given_up_total += 1
                return
            next_us = now_us + max(BACKOFF_US[tries - 1], error.after_us)
            outbox.move(
                work, row["message"], MessageState.SENDING, MessageEvent.NOT_NOW, next_us=next_us, why=str(error)
            )
        self.counts.again_total += 1

    def _mark_bad(self, work: Work, row: sa.RowMapping) -> None:
        key = self.ring.person(work.tx, PersonId(row["person"]))
        if key is None or not row["sealed"]:
            return
        to = outbox.opened(key, row).to
        outbox.mark_bad(work, self.ring, PersonId(row["person"]), Channel(row["channel"]), to)


def _of_late(
    work: Work, channel: Channel, whose: "sa.ColumnElement[bool]", since_us: int
) -> tuple[int, int]:  # fmt: skip
    """How many that need consent went since then, and when the first did. What is on its way has gone: its carrier may
    be about to say so.
    """
    on_its_way = message.c.state == MessageState.SENDING
    at_us = sa.case((on_its_way, message.c.changed_us), else_=message.c.sent_us)
    query = sa.select(sa.func.count().label("number"), sa.func.min(at_us).label("first_us")).where(
        message.c.channel == channel, message.c.kind == MessageKind.MARKETING, whose,
        sa.or_(message.c.sent_us > since_us, sa.and_(on_its_way, message.c.changed_us > since_us)),
    )  # fmt: skip
    found = work.tx.rows(query)[0]
    return int(found["number"]), int(found["first_us"] or since_us)
