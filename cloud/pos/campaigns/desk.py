"""Campaigns made, begun and ended. Whom one chose is written when it begins, and changes no more."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import changes
from cloud.clienteling.campaigns import BASIS_POINTS, Audience
from cloud.messages import templates, words
from cloud.pos.campaigns import audience
from cloud.pos.campaigns.audience import Wanted
from cloud.tables import campaign, campaign_member
from cloud.work import Work
from contract.ids import UserId
from trade.campaign import CAMPAIGN, CampaignEvent, CampaignState
from trade.consent import Channel
from trade.periods import is_day

NOTED: Final = "campaign"
NAME_MAX: Final = 80
PLACE_MAX: Final = 120
DAYS_MAX: Final = 366
HOLDOUT_BP_MAX: Final = 5_000
AT_ONCE: Final = 2_000
TO_SEND, SENT, NOT_SENT, HELD_OUT = "to_send", "sent", "not_sent", "held_out"
WRITTEN_TO: Final = (TO_SEND, SENT, NOT_SENT)
"""The arm that was to be written to: whoever could not be reached stays in it, for the held out would not have been
reached either.
"""
ANSWERS: Final = ("yes", "no")
INVITATION: Final = "invitation"
EVENT_DAYS: Final = ("2000-01-01", "2999-12-31")
"""First and last: guests may answer until a day and a half later, and the calendar of computers is from 1 to 9999."""
"""What words are for that need a day."""


class CampaignError(Exception):
    """What was asked cannot be; the message says what to do."""


class UnknownCampaignError(LookupError):
    """There is none of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`event_day`: an invitation to that day; empty: a message. `days`: how long a purchase after it counts."""

    name: str
    channel: Channel
    template: str
    wanted: Wanted
    holdout_bp: int = 1_000
    days: int = 30
    event_day: str = ""
    place: str = ""


def checked(told: Draft) -> Draft:
    """Raises `CampaignError`."""
    if not 0 < len(told.name.strip()) <= NAME_MAX:
        raise CampaignError(f"Give it a name of at most {NAME_MAX} letters")
    if told.channel not in words.CHANNELS:
        raise CampaignError("Messages go by e-mail, SMS or messenger: choose one of them")
    if not 0 <= told.holdout_bp <= HOLDOUT_BP_MAX:
        raise CampaignError(f"Hold out at most {HOLDOUT_BP_MAX // 100} in a hundred, or nobody")
    if not 1 <= told.days <= DAYS_MAX:
        raise CampaignError(f"A purchase counts for 1 to {DAYS_MAX} days")
    if told.event_day and not (is_day(told.event_day) and EVENT_DAYS[0] <= told.event_day <= EVENT_DAYS[1]):
        raise CampaignError("Write the day as 2026-11-29, or leave it empty")
    if len(told.place) > PLACE_MAX:
        raise CampaignError(f"Say in at most {PLACE_MAX} letters where it is")
    if told.wanted.spend_minor_max and told.wanted.spend_minor_max < told.wanted.spend_minor_min:
        raise CampaignError("Nobody spent less than the most and more than the least: turn the two amounts round")
    return told


def keep(work: Work, name: str, told: Draft, *, by: UserId) -> None:
    """New, or changed while it is a draft. Raises `CampaignError`."""
    checked(told)
    row = {
        "name": " ".join(told.name.split()), "channel": told.channel, "template": told.template,
        "rules": msgspec.json.encode(told.wanted).decode(), "holdout_bp": told.holdout_bp, "days": told.days,
        "event_day": told.event_day, "place": " ".join(told.place.split()),
    }  # fmt: skip
    new = {**row, "campaign": name, "state": CampaignState.DRAFT, "made_us": work.now_us, "made_by": by}
    if work.tx.add_new(campaign, new):
        return
    mine = (campaign.c.campaign == name, campaign.c.state == CampaignState.DRAFT)
    if not work.tx.run(sa.update(campaign).where(*mine).values(**row)):
        raise CampaignError("It has begun: whom it chose and what it says change no more")


def draft_of(row: sa.RowMapping) -> Draft:
    return Draft(
        name=row["name"], channel=Channel(row["channel"]), template=row["template"],
        wanted=msgspec.json.decode(row["rules"], type=Wanted), holdout_bp=row["holdout_bp"], days=row["days"],
        event_day=row["event_day"], place=row["place"],
    )  # fmt: skip


def find(work: Work, name: str) -> sa.RowMapping:
    """Raises `UnknownCampaignError`."""
    row = work.tx.row(sa.select(campaign).where(campaign.c.campaign == name))
    if row is None:
        raise UnknownCampaignError(f"There is no campaign {name}: look for it in the list")
    return row


def chosen(work: Work, row: sa.RowMapping, *, today: int) -> Audience:
    """As it would be now: who is held out stays the same however often it is asked."""
    told = draft_of(row)
    return audience.choose(
        work.tx, told.wanted, told.channel, key=_key(work, row["campaign"]), holdout_bp=told.holdout_bp, today=today
    )


def begin(work: Work, name: str, *, today: int, language: str, by: UserId) -> Audience:
    """Its members are written, and letters go out from now on. Raises `CampaignError`, `UnknownCampaignError`."""
    row = find(work, name)
    told = checked(draft_of(row))
    found_words = templates.find(work.tx, told.template, told.channel, language, house=language)
    if found_words is None:
        raise CampaignError(f"There are no words “{told.template}” for {told.channel}: write the template first")
    if found_words.purpose == INVITATION and not told.event_day:
        raise CampaignError("These words invite to a day: say which, or choose words for news")
    _move(work, row, CampaignEvent.BEGIN)
    found = chosen(work, row, today=today)
    if not found.sent:
        raise CampaignError("Nobody would be written to: loosen the rules, or ask for consent first")
    arms = [(person, TO_SEND) for person in found.sent] + [(person, HELD_OUT) for person in found.held_out]
    for at in range(0, len(arms), AT_ONCE):
        some = arms[at : at + AT_ONCE]
        work.tx.add(campaign_member, *({"campaign": name, "person": person, "arm": arm} for person, arm in some))
    mine = sa.update(campaign).where(campaign.c.campaign == name)
    work.tx.run(mine.values(started_us=work.now_us, without_consent=len(found.without_consent)))
    now = {"written to": str(len(found.sent)), "held out": str(len(found.held_out))}
    changes.note(work, NOTED, name, by=by, why=f"{told.name} was begun", was={}, now=now)
    return found


def end(work: Work, name: str, *, by: UserId) -> None:
    """Letters that were not put in yet stay unsent. Raises `CampaignError`, `UnknownCampaignError`."""
    row = find(work, name)
    _move(work, row, CampaignEvent.END)
    left = (campaign_member.c.campaign == name, campaign_member.c.arm == TO_SEND)
    work.tx.run(sa.update(campaign_member).where(*left).values(arm=NOT_SENT, why="the campaign was ended before"))
    work.tx.run(sa.update(campaign).where(campaign.c.campaign == name).values(ended_us=work.now_us))
    changes.note(work, NOTED, name, by=by, why=f"{row['name']} was ended", was={"ended": ""}, now={"ended": "yes"})


def drop(work: Work, name: str) -> None:
    """A draft nobody wants any more. Raises `CampaignError`, `UnknownCampaignError`."""
    _move(work, find(work, name), CampaignEvent.DROP)


def answer(work: Work, name: str, person: str, said: str, *, by: UserId) -> None:
    """What a guest said to their invitation. Raises `CampaignError`, `UnknownCampaignError`."""
    row = find(work, name)
    if not row["event_day"] or said not in ANSWERS:
        raise CampaignError("Only an invitation has answers, yes or no")
    mine = (
        campaign_member.c.campaign == name, campaign_member.c.person == person, campaign_member.c.arm.in_(WRITTEN_TO),
    )  # fmt: skip
    told = {"answer": said, "answered_us": work.now_us, "answered_by": by}
    if not work.tx.run(sa.update(campaign_member).where(*mine).values(**told)):
        raise CampaignError("They were not invited: add no answer of theirs")


def _move(work: Work, row: sa.RowMapping, event: CampaignEvent) -> None:
    was = CampaignState(row["state"])
    after = CAMPAIGN.after(was, event)
    mine = (campaign.c.campaign == row["campaign"], campaign.c.state == was)
    if after is None or not work.tx.run(sa.update(campaign).where(*mine).values(state=after)):
        raise CampaignError(f"This campaign is {was}: it cannot {event} any more")


def _key(work: Work, name: str) -> bytes:
    """Of the house's own secret, which comes back with the database: nobody chooses who is held out."""
    return hmac.digest(work.secret, f"campaign:{name}".encode(), hashlib.sha256)


assert HOLDOUT_BP_MAX < BASIS_POINTS, "somebody is written to"
