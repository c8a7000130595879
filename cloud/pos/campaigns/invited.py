"""A guest answers their invitation by the private link of their letter: yes or no, until its day is over.

The link's secret stands in the letter alone, which is sealed; here is its SHA-256. Nobody's name and no word of the
house about its clients is on the page.
"""

import datetime as dt
from typing import Final

import sqlalchemy as sa

from cloud.messages.consents import TOKEN_BYTES, TOKEN_CHARACTERS_MAX, digest
from cloud.messages.outbox import Ways
from cloud.pos.campaigns.desk import ANSWERS, WRITTEN_TO, CampaignError
from cloud.tables import campaign, campaign_member, client
from cloud.work import Work
from contract.ids import PersonId

PAGE: Final = "/invited"
BY_GUEST: Final = "guest"
"""Who answered, where it was the guest."""
OVER: Final = "This day is over: nothing is to be answered any more"
DAY_AFTER: Final = dt.timedelta(hours=36)
"""After the day began in UTC: by then it is over everywhere on earth."""


def fields(work: Work, ways: Ways, row: sa.RowMapping, person: PersonId) -> dict[str, str]:
    """What the words of an invitation say beside the client's own; the link is made here, once."""
    token = ways.chance(TOKEN_BYTES).hex()
    mine = (campaign_member.c.campaign == row["campaign"], campaign_member.c.person == person)
    work.tx.run(sa.update(campaign_member).where(*mine, campaign_member.c.digest == "").values(digest=digest(token)))
    when = dt.date.fromisoformat(row["event_day"])
    return {
        "day": f"{when:%A} {when.day} {when:%B %Y}", "place": row["place"],
        "answer": f"{ways.public_url.rstrip('/')}{PAGE}/{token}",
    }  # fmt: skip


def find(work: Work, token: str) -> sa.RowMapping | None:
    """The guest and their invitation; None: it is none of ours, or they were erased."""
    if not token or len(token) > TOKEN_CHARACTERS_MAX:
        return None
    columns = (campaign_member.c.person, campaign_member.c.answer, campaign_member.c.arm)
    query = sa.select(*columns, campaign.c.campaign, campaign.c.event_day, campaign.c.place)
    query = query.join_from(campaign_member, campaign, campaign.c.campaign == campaign_member.c.campaign)
    alive = sa.exists().where(client.c.person == campaign_member.c.person, client.c.erased_us == 0)
    return work.tx.row(query.where(campaign_member.c.digest == digest(token), alive))


def is_over(row: sa.RowMapping, now_us: int) -> bool:
    began = dt.datetime.combine(dt.date.fromisoformat(row["event_day"]), dt.time(), dt.UTC)
    return dt.datetime.fromtimestamp(now_us / 1e6, dt.UTC) > began + DAY_AFTER


def answer(work: Work, token: str, said: str) -> sa.RowMapping | None:
    """The guest's word, which may change until the day is over. None: as `find`. Raises `CampaignError`."""
    row = find(work, token)
    if row is None:
        return None
    if said not in ANSWERS:
        raise CampaignError("An invitation is answered with yes or no")
    if is_over(row, work.now_us):
        raise CampaignError(OVER)
    mine = (
        campaign_member.c.campaign == row["campaign"], campaign_member.c.person == row["person"],
        campaign_member.c.arm.in_(WRITTEN_TO),
    )  # fmt: skip
    told = {"answer": said, "answered_us": work.now_us, "answered_by": BY_GUEST}
    work.tx.run(sa.update(campaign_member).where(*mine).values(**told))
    return find(work, token)
