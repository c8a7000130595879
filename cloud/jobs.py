"""What the office is doing that takes a while: left, and found again from any page, whoever began it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.pos.campaigns.desk import TO_SEND
from cloud.pos.clients.comparing import Comparing
from cloud.pos.messages import queries as messages
from cloud.pos.pieces.lists import Lists, Stage
from cloud.pos.segments import queries as segments
from cloud.pos.segments.job import Divisions
from cloud.tables.clienteling import campaign, campaign_member
from contract.feed import Permission
from trade.campaign import CampaignState
from web.logins import Login

CAMPAIGNS_MAX: Final = 20


class Kind(StrEnum):
    """The words of each are in `cloud/templates/jobs.html`."""

    LIST = "list"
    SEGMENTS = "segments"
    DOUBLES = "doubles"
    CAMPAIGN = "campaign"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class Job:
    """One of them. `path` leads to it, where this person may go there. `done` of `total`, where that is known.

    `at_us`: when it ended, 0 where that is not kept. `why`: what failed.
    """

    kind: Kind
    busy: bool
    name: str = ""
    path: str = ""
    doing: str = ""
    done: int = 0
    total: int = 0
    why: str = ""
    at_us: int = 0

    @property
    def hundredths(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


@dataclass(frozen=True, slots=True)
class Jobs:
    """Whatever works in the background of this process, and what of it is in the database."""

    lists: Lists
    divisions: Divisions
    comparing: Comparing

    def running(self) -> int:
        """How many are under way in this process: asked by every page, so no database is."""
        busy = (self.divisions.progress.busy, self.comparing.now.busy, *(each.busy for each in self.lists.kept()))
        return sum(busy)

    def told(self, tx: Tx, who: Login) -> list[Job]:
        """Those under way first."""
        found = [*self._lists(who), *self._campaigns(tx, who)]
        if who.may(Permission.SEE_CLIENTS):
            found += [self._segments(tx), self._doubles(), *_letters(tx)]
        return sorted((each for each in found if each.busy or each.at_us or each.why or each.total), key=_order)

    def _lists(self, who: Login) -> list[Job]:
        """A list is its uploader's; others see that one is read, and not which."""
        found = []
        for each in self.lists.kept():
            mine = each.by == who.user
            if mine or each.busy:
                path = f"/pieces/import/{each.id}" if mine else ""
                ready = each.stage is Stage.TRIED
                found.append(
                    Job(
                        Kind.LIST, each.busy, each.name if mine else "", path, "ready" if ready else each.stage,
                        each.done, each.total, each.why if mine else "",
                    )
                )  # fmt: skip
        return found

    def _segments(self, tx: Tx) -> Job:
        now, last = self.divisions.progress, segments.last(tx)
        return Job(
            Kind.SEGMENTS, now.busy, path="/segments", doing=now.doing, done=now.hundredths,
            total=100 if now.busy else 0, why=now.why, at_us=last.at_us if last else 0,
        )  # fmt: skip

    def _doubles(self) -> Job:
        now = self.comparing.now
        return Job(
            Kind.DOUBLES, now.busy, path="/clients/doubles", doing=now.stage, done=now.done, total=now.total,
            why=now.why, at_us=now.at_us,
        )  # fmt: skip

    def _campaigns(self, tx: Tx, who: Login) -> list[Job]:
        """Those that run and still have letters to hand over."""
        if not who.may(Permission.SEE_CLIENTS):
            return []
        mine = campaign_member.c.campaign == campaign.c.campaign
        left, total = (
            sa.select(sa.func.count()).where(mine, *more).scalar_subquery()
            for more in ((campaign_member.c.arm == TO_SEND,), ())
        )
        query = sa.select(campaign.c.campaign, campaign.c.name, left.label("left"), total.label("total"))
        rows = tx.rows(query.where(campaign.c.state == CampaignState.RUNNING).limit(CAMPAIGNS_MAX))
        return [
            Job(
                Kind.CAMPAIGN, True, row["name"], f"/campaigns/{row['campaign']}", "",
                int(row["total"] - row["left"]), int(row["total"]),
            )
            for row in rows
            if row["left"]
        ]  # fmt: skip


def _letters(tx: Tx) -> list[Job]:
    told = messages.counts(tx)
    return [Job(Kind.MESSAGES, True, path="/messages?group=waiting", total=told["waiting"])] if told["waiting"] else []


def _order(job: Job) -> tuple[bool, int]:
    return (not job.busy, -job.at_us)
