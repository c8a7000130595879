"""Everything about a person handed out, and a person erased: their key is destroyed, and with it all that was sealed.

What stays says nothing of them: ids, amounts, hashes, days. The ledger and the journals stay as the law wants them.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa
import structlog

from cloud import aliases, changes, feed, remarks, value_joined
from cloud.db import Office, Tx
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.clients import desk, pairs, queries, things
from cloud.pos.clients.written import written
from cloud.tables import (
    address_bad,
    appointment,
    appointment_slot,
    campaign_member,
    client,
    client_alias,
    client_heard,
    client_order,
    client_page,
    client_segment,
    client_visit,
    message,
    order_page,
    order_paper,
    person_key,
    person_word,
    points_move,
    reminder,
    value_account,
)
from cloud.work import Work
from contract.feed import ForgetCard
from contract.ids import HOUSE, PersonId, UserId
from trade.appointment import OFFICE_DECIDES, AppointmentState

_log = structlog.get_logger(__name__)
NOTED: Final = "client"
REASONS: Final = {
    "asked": "They asked for it",
    "retention": "Kept for as long as the house keeps clients",
    "mistake": "Made by mistake",
}
"""Chosen, not typed: a reason in somebody's own words would outlive the person it is about."""
TABLES: Final = (
    "person_key", "person_word", "client", "client_visit", "client_heard", "client_pair", "client_segment", "message",
    "appointment", "order_paper", "order_page", "reminder", "client_page", "address_bad",
    "remark_key", "client_appraisal", "client_paper",
)  # fmt: skip
"""That deletes leave nothing behind in."""
KEYS: Final = ("person_key", "person_word", "address_bad")
"""What is not sealed itself."""
EVERYTHING: Final = 100_000
AGAIN: Final = "Erased before; this database came back from a backup"
AT_ONCE: Final = 200


def export(work: Work, ring: Keyring, person: PersonId, *, by: UserId) -> dict[str, Any]:
    """All the house knows of a person, in plain JSON. Raises `UnknownClientError`, `SealedError`."""
    profile = desk.look(work, ring, person, by=by, how="export")
    told = queries.detail(work, ring, person, profile, limit=EVERYTHING)
    return {
        **msgspec.to_builtins(told),
        "changes": msgspec.to_builtins(queries.changes(work.tx, ring, person, limit=EVERYTHING)),
        "looks": msgspec.to_builtins(queries.looks(work.tx, person, limit=EVERYTHING)),
        **_reckoned(work, person),
        **written(work.tx, ring, person),
        "appraisals": things.export(work.tx, ring, person),
    }


def _reckoned(work: Work, person: PersonId) -> dict[str, Any]:
    """What was made of their purchases: where they stand, campaigns that chose them, points they earned."""
    persons = sorted(aliases.ids(work.tx, person))
    accounts = sa.select(value_account.c.account).where(value_account.c.client.in_(persons))
    asked = {
        "standing": sa.select(client_segment).where(client_segment.c.person.in_(persons)),
        "campaigns": sa.select(campaign_member).where(campaign_member.c.person.in_(persons)),
        "points": sa.select(points_move).where(points_move.c.account.in_(accounts)).order_by(points_move.c.at_us),
    }
    return {name: [dict(row) for row in work.tx.rows(query)] for name, query in asked.items()}


def erase(office: Office, work: Work, person: PersonId, reason: str, *, by: UserId) -> None:
    """For ever, at the office now and at every store with the feed, all ids of this person. A repeat changes nothing.

    Raises `UnknownClientError` for who was never there.
    """
    persons = _kept_apart(work, person)
    for each in persons:
        _erase(work, each, REASONS[reason], by=by)
    work.tx.before_commit.append(lambda: office.on_forget(persons))
    work.tx.after_commit.append(lambda: _leave_no_trace(office))


def _kept_apart(work: Work, person: PersonId) -> list[PersonId]:
    """All ids of theirs, locked: who joins them with somebody at this moment came before, or waits."""
    locked: set[PersonId] = set()
    while not locked.issuperset(persons := sorted(aliases.ids(work.tx, person))):
        for each in persons:
            desk.lock(work, each)
        locked.update(persons)
    return persons


def erased(tx: Tx) -> list[str]:
    """Ids of everybody who was."""
    return [row["person"] for row in tx.rows(sa.select(client.c.person).where(client.c.erased_us != 0))]


def again(office: Desk, persons: Sequence[str]) -> int:
    """Whoever of these is known here: this database came from before they were erased. How many there were.

    Of who came and went since the backup the id alone is kept, so that no store brings them again.
    """
    back: list[str] = []
    for at in range(0, len(persons), AT_ONCE):
        some = list(persons[at : at + AT_ONCE])
        with office.work() as work:
            known = sa.select(client.c.person).where(client.c.person.in_(some), client.c.erased_us != 0)
            gone = {row["person"] for row in work.tx.rows(known)}
            for person in (PersonId(each) for each in some if each not in gone):
                work.tx.add_new(client, {"person": person, "sealed": b"", "made_us": work.now_us, "made_by": HOUSE})
                _part(work, person, persons)
                _erase(work, person, AGAIN, by=HOUSE)
                back.append(person)
    if back:
        _leave_no_trace(office.office)
    return len(back)


def _part(work: Work, person: PersonId, erased: Sequence[str]) -> None:
    """From whoever is kept: they were two when one was erased, and the backup, which is older, has them as one. Seen
    under the erased id, the other could not be opened any more.
    """
    ends = (client_alias.c.survivor, client_alias.c.absorbed)
    holds = sa.select(client_alias).where(aliases.HOLDS, sa.or_(*(end == person for end in ends)))
    for row in work.tx.rows(holds):
        (other,) = {row["survivor"], row["absorbed"]} - {person}
        if other not in erased:
            undone = {"undone_us": work.now_us, "undone_by": HOUSE}
            work.tx.run(sa.update(client_alias).where(client_alias.c.merge == row["merge"]).values(**undone))
            value_joined.apart(work, row["merge"], row["survivor"], row["absorbed"])
            work.tx.run(sa.update(client).where(client.c.person == other).values(changed_us=work.now_us))


def _leave_no_trace(office: Office) -> None:
    if not office.leave_no_trace(TABLES, KEYS):
        mend = f"VACUUM FULL {', '.join(KEYS)} at a quiet hour; on SQLite the next erasure does it"
        _log.warning("erased_and_not_overwritten", mend=mend)


def _free_their_time(work: Work, person: PersonId) -> None:
    """What they were expected for takes no adviser, room or tray any more; one whose tray is out its store ends."""
    mine = (appointment.c.person == person, appointment.c.state.in_(OFFICE_DECIDES))
    names = [row["appointment"] for row in work.tx.rows(sa.select(appointment.c.appointment).where(*mine))]
    work.tx.run(sa.delete(appointment_slot).where(appointment_slot.c.appointment.in_(names)))
    gone = {
        "state": AppointmentState.CANCELLED, "sequence": appointment.c.sequence + 1, "changed_us": work.now_us,
        "told": 0,
    }  # fmt: skip
    for row in work.tx.rows(sa.select(appointment).where(*mine, appointment.c.told == 1)):
        work.tell(feed.News(f"appointment:{row['appointment']}", None, scope=row["store"]))
    work.tx.run(sa.update(appointment).where(*mine).values(**gone))


def _erase(work: Work, person: PersonId, why: str, *, by: UserId) -> None:
    row = work.tx.row(sa.select(client.c.erased_us).where(client.c.person == person).with_for_update())
    if row is None:
        raise desk.UnknownClientError(f"There is no client {person}: look for them by name")
    if row["erased_us"]:
        return
    for table in (person_key, person_word, client_segment, reminder, address_bad, client_page):
        work.tx.run(sa.delete(table).where(table.c.person == person))
    for table in (client_visit, client_heard, message, appointment):
        work.tx.run(sa.update(table).where(table.c.person == person).values(sealed=b""))
    _free_their_time(work, person)
    pairs.forget(work, person)
    remarks.forget(work.tx, person)
    things.forget(work.tx, person)
    papers = sa.update(order_paper).where(order_paper.c.person == person)
    work.tx.run(papers.values(sealed=b"", thumb=b""))
    theirs = sa.select(client_order.c.order_id).where(client_order.c.client == person)
    work.tx.run(sa.delete(order_page).where(order_page.c.order_id.in_(theirs)))
    gone = {"sealed": b"", "owner": "", "erased_us": work.now_us, "changed_us": work.now_us}
    work.tx.run(sa.update(client).where(client.c.person == person).values(**gone))
    changes.note(work, NOTED, person, by=by, why=why, was={"kept": "yes"}, now={"kept": "erased"})
    work.tell(feed.News(f"forget:{person}", ForgetCard(person=person)))
