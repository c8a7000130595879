"""Letters of campaigns that run, put into the outbox some at a time. It sends each once, and asks for consent again."""

import datetime as dt
from typing import Final

import sqlalchemy as sa

from cloud import called
from cloud.desk import Desk
from cloud.messages import outbox
from cloud.messages.outbox import Letter, NotSentError, Ways
from cloud.messages.reach import Reaching
from cloud.people import Keyring
from cloud.pos.campaigns import invited
from cloud.pos.campaigns.desk import NOT_SENT, SENT, TO_SEND
from cloud.sealing import SealedError
from cloud.tables import campaign, campaign_member
from cloud.work import Work
from contract.ids import PersonId, StoreId
from trade.campaign import CampaignState
from trade.consent import Channel

AT_ONCE: Final = 50
AGAIN_US: Final = 900_000_000
"""A letter that cannot be sealed now waits so long."""


class Sending:
    """`step` is called again and again; what a process did not finish, the next one does."""

    def __init__(self, desk: Desk, ring: Keyring, ways: Ways, reach: Reaching) -> None:
        self._desk, self._ring, self._ways, self._reach = desk, ring, ways, reach

    def step(self) -> int:
        """How many letters it dealt with."""
        with self._desk.look() as work:
            query = sa.select(campaign_member.c.person, campaign)
            query = query.join_from(campaign_member, campaign, campaign.c.campaign == campaign_member.c.campaign)
            due = (campaign_member.c.arm == TO_SEND, campaign_member.c.next_us <= work.now_us)
            running = campaign.c.state == CampaignState.RUNNING
            rows = work.tx.rows(query.where(running, *due).order_by(campaign_member.c.next_us).limit(AT_ONCE))
        for row in rows:
            with self._desk.work() as work:
                self._one(work, row)
        return len(rows)

    def _one(self, work: Work, row: sa.RowMapping) -> None:
        mine = (
            campaign_member.c.campaign == row["campaign"], campaign_member.c.person == row["person"],
            campaign_member.c.arm == TO_SEND,
        )  # fmt: skip
        try:
            why = self._put(work, row)
        except SealedError as error:  # a key of the office that is not at hand now: nothing is wrong with the client
            later = {"why": f"{error}; it is tried again", "next_us": work.now_us + AGAIN_US}
            work.tx.run(sa.update(campaign_member).where(*mine).values(**later))
            return
        except NotSentError as error:
            why = str(error)
        work.tx.run(sa.update(campaign_member).where(*mine).values(arm=NOT_SENT if why else SENT, why=why))

    def _put(self, work: Work, row: sa.RowMapping) -> str:
        """Why not; empty: it is in the outbox. Raises `NotSentError`, `SealedError`."""
        person, channel = PersonId(row["person"]), Channel(row["channel"])
        reach = self._reach(work, person)
        if reach is None:
            return "they were erased"
        shops, people = called.stores(work.tx), called.people(work.tx)
        told = invited.fields(work, self._ways, row, person) if row["event_day"] else {}
        fields = reach.fields(
            house=self._ways.house, store=shops.get(reach.store, ""), adviser=people.get(reach.owner, ""), **told
        )
        letter = Letter(
            key=f"campaign:{row['campaign']}:{person}", person=person, channel=channel,
            to=reach.address(work.tx, self._ring, channel), template=row["template"], fields=fields,
            language=reach.language, store=StoreId(reach.store), by=row["made_by"], until_us=_until(row["event_day"]),
        )  # fmt: skip
        outbox.put(work, self._ring, self._ways, letter, self._desk.new_id)
        return ""


def _until(day: str) -> int:
    """An invitation that waits until its day is none any more; 0: never too late."""
    return round(dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), dt.UTC).timestamp() * 1e6) if day else 0
