"""Appointments asked for, confirmed, moved and cancelled at the office, as long as their tray is not out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from cloud import called
from cloud.messages import outbox
from cloud.messages.outbox import Letter, NotSentError, Ways
from cloud.messages.reach import Reaching
from cloud.people import Keyring
from cloud.pos.appointments import slots, telling
from cloud.pos.appointments.ical import Invitation, written
from cloud.pos.appointments.slots import LONGEST_US, QUARTER_US
from cloud.tables import appointment, client, store_place
from cloud.tables import piece as piece_row
from cloud.work import Work
from contract.facts import AppointmentEvent
from contract.ids import PersonId, StoreId, UserId
from trade.appointment import APPOINTMENT, OFFICE_DECIDES, WORDS, AppointmentState
from trade.consent import Channel

NOTE_MAX: Final = 2_000
PIECES_MAX: Final = 40
ROOM, TRAY = "room", "tray"
PREFERRED: Final = (Channel.EMAIL, Channel.MESSENGER, Channel.SMS)
NewId = Callable[[], str]


class AppointmentError(ValueError):
    """This cannot be so; the message says what to do instead."""


class UnknownAppointmentError(LookupError):
    """There is none of this name."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """When, with whom, where and with what. Times in µs, at quarters of an hour."""

    store: str
    staff: str
    starts_us: int
    ends_us: int
    room: str = ""
    tray: str = ""
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Means:
    """What the desk writes by."""

    ring: Keyring
    ways: Ways
    reach: Reaching
    new_id: NewId


def request(work: Work, means: Means, person: PersonId, wanted: Wanted, *, note: str, by: UserId) -> str:
    """Somebody would like to come. Nothing is taken yet. Raises `AppointmentError`, `SealedError`."""
    known = work.tx.value(sa.select(client.c.person).where(client.c.person == person, client.c.erased_us == 0))
    key = None if known is None else means.ring.person(work.tx, person)
    if key is None:
        raise AppointmentError("There is no such client, or they were erased: look for them by name")
    _check(work, wanted)
    if len(note) > NOTE_MAX:
        raise AppointmentError(f"The note is longer than {NOTE_MAX} characters: shorten it")
    name = means.new_id()
    row = {
        "appointment": name, "uid": f"{name}@vitrine", "person": person, "state": AppointmentState.REQUESTED,
        "made_us": work.now_us, "made_by": by, "changed_us": work.now_us,
        "sealed": key.seal(f"appointment:{name}", note.strip().encode()), **_columns(wanted),
    }  # fmt: skip
    work.tx.add(appointment, row)
    return name


def confirm(work: Work, means: Means, name: str, *, by: UserId) -> str:
    """It takes place: adviser, room and tray are taken, client and store are told. Why the client was not, if so.

    Raises `AppointmentError`, `TakenError`, `UnknownAppointmentError`, `SealedError`.
    """
    row = _lock(work, name)
    state = _after(row, AppointmentEvent.CONFIRM)
    _take(work, row)
    return _changed(work, means, row, {"state": state}, "appointment", by=by)


def move(work: Work, means: Means, name: str, wanted: Wanted, *, by: UserId) -> str:
    """Another time, adviser, room, tray or pieces. Raises like `confirm`."""
    row = _lock(work, name)
    if AppointmentState(row["state"]) not in OFFICE_DECIDES:
        raise AppointmentError(f"This appointment is {WORDS[AppointmentState(row['state'])]}: its store decides now")
    if wanted.store != row["store"]:
        raise AppointmentError("An appointment stays at its store: cancel it, and make another one there")
    _check(work, wanted)
    columns = _columns(wanted)
    if row["state"] == AppointmentState.REQUESTED:
        work.tx.run(sa.update(appointment).where(appointment.c.appointment == name).values(**columns))
        return ""
    _take(work, {**row, **columns})
    same = row["starts_us"] == wanted.starts_us and row["ends_us"] == wanted.ends_us
    return _changed(work, means, row, columns, "" if same else "appointment_moved", by=by)


def cancel(work: Work, means: Means, name: str, *, by: UserId) -> str:
    """It does not take place. Where the tray is out its store ends it. Raises like `confirm`."""
    row = _lock(work, name)
    if AppointmentState(row["state"]) not in OFFICE_DECIDES:
        raise AppointmentError(
            f"This appointment is {WORDS[AppointmentState(row['state'])]}: its store ends it, once all of it is back"
        )
    slots.free(work.tx, name)
    told = row["state"] == AppointmentState.CONFIRMED
    columns = {"state": _after(row, AppointmentEvent.CANCEL)}
    return _changed(work, means, row, columns, "appointment_cancelled" if told else "", by=by)


def invitation(work: Work, means: Means, row: Any) -> Invitation | None:
    """None: its client was erased. Raises `SealedError`."""
    seen = means.reach(work, PersonId(row["person"]))
    if seen is None:
        return None
    store = called.stores(work.tx).get(row["store"], row["store"])
    house = means.ways.house
    return Invitation(
        uid=row["uid"], sequence=row["sequence"], starts_us=row["starts_us"], ends_us=row["ends_us"],
        stamp_us=work.now_us, summary=f"{house}, {store}", location=store, organizer=means.ways.sender,
        attendee=seen.address(work.tx, means.ring, Channel.EMAIL), attendee_name=seen.name,
        cancelled=row["state"] == AppointmentState.CANCELLED,
    )  # fmt: skip


def calendar(work: Work, means: Means, name: str) -> str | None:
    """The invitation as a file; None: its client was erased. Raises `UnknownAppointmentError`, `SealedError`."""
    row = work.tx.row(sa.select(appointment).where(appointment.c.appointment == name))
    if row is None:
        raise UnknownAppointmentError(f"There is no appointment {name}")
    told = invitation(work, means, row)
    return None if told is None else written(told)


def answered(work: Work, store: str, uid: str, sequence: int, answer: str) -> bool:
    """What a client's calendar said. False: of none of this store, or of an older time of it."""
    row = work.tx.row(sa.select(appointment).where(appointment.c.uid == uid, appointment.c.store == store))
    if row is None or sequence < row["sequence"]:
        return False
    mine = sa.update(appointment).where(appointment.c.uid == uid)
    return work.tx.run(mine.values(answer=answer, changed_us=work.now_us)) == 1


def put_place(work: Work, store: str, kind: str, name: str, *, by: UserId) -> None:
    """A room or a tray of a store."""
    plain = " ".join(name.split())
    if kind not in (ROOM, TRAY) or not plain or len(plain) > 60 or ":" in plain:
        raise AppointmentError("Give a room or a tray a name of up to 60 characters, without a colon")
    work.tx.add_new(store_place, {"store": store, "kind": kind, "name": plain, "made_us": work.now_us, "by": by})


def drop_place(work: Work, store: str, kind: str, name: str) -> None:
    """Appointments that have it keep it."""
    mine = (store_place.c.store == store, store_place.c.kind == kind, store_place.c.name == name)
    work.tx.run(sa.delete(store_place).where(*mine))


def _check(work: Work, wanted: Wanted) -> None:
    if wanted.store not in called.stores(work.tx):
        raise AppointmentError("There is no such store: choose one from the list")
    if wanted.staff not in called.people(work.tx):
        raise AppointmentError("Say who will be there for them")
    if wanted.starts_us % QUARTER_US or wanted.ends_us % QUARTER_US:
        raise AppointmentError("Appointments begin and end at quarters of an hour, like 14:15")
    if not 0 < wanted.ends_us - wanted.starts_us <= LONGEST_US:
        raise AppointmentError("An appointment lasts between a quarter of an hour and eight hours")
    if wanted.starts_us < work.now_us - 86_400_000_000:
        raise AppointmentError("This day is over: choose another one")
    for kind, name in ((ROOM, wanted.room), (TRAY, wanted.tray)):
        mine = (store_place.c.store == wanted.store, store_place.c.kind == kind, store_place.c.name == name)
        if name and work.tx.value(sa.select(store_place.c.name).where(*mine)) is None:
            raise AppointmentError(
                f"This store has no {kind} of that name: choose one, or add it under Rooms and trays"
            )
    if len(wanted.pieces) > PIECES_MAX:
        raise AppointmentError(f"A tray holds at most {PIECES_MAX} pieces")
    for piece in wanted.pieces:
        if work.tx.value(sa.select(piece_row.c.piece).where(piece_row.c.piece == piece)) is None:
            raise AppointmentError("One of these pieces is not in our books: give the ids of pieces, one a line")


def _columns(wanted: Wanted) -> dict[str, Any]:
    return {
        "store": wanted.store, "staff": wanted.staff, "room": wanted.room, "tray": wanted.tray,
        "starts_us": wanted.starts_us, "ends_us": wanted.ends_us, "pieces": json.dumps(wanted.pieces),
    }  # fmt: skip


def _lock(work: Work, name: str) -> sa.RowMapping:
    row = work.tx.row(sa.select(appointment).where(appointment.c.appointment == name).with_for_update())
    if row is None:
        raise UnknownAppointmentError(f"There is no appointment {name}")
    return row


def _after(row: sa.RowMapping, event: AppointmentEvent) -> AppointmentState:
    state = AppointmentState(row["state"])
    after = APPOINTMENT.after(state, event)
    if after is None:
        raise AppointmentError(f"This appointment is {WORDS[state]}: that cannot be done now")
    return after


def _take(work: Work, row: Any) -> None:
    wanted = slots.resources(row["store"], row["staff"], row["room"], row["tray"])
    slots.take(work.tx, row["appointment"], wanted, row["starts_us"], row["ends_us"])


def _changed(
    work: Work, means: Means, row: sa.RowMapping, columns: dict[str, Any], template: str, *, by: UserId
) -> str:  # fmt: skip
    """Kept under a higher SEQUENCE, and told to store and client; why the client was not told, empty when they were."""
    name = row["appointment"]
    new = {**columns, "sequence": row["sequence"] + 1, "changed_us": work.now_us}
    work.tx.run(sa.update(appointment).where(appointment.c.appointment == name).values(**new))
    now = work.tx.row(sa.select(appointment).where(appointment.c.appointment == name))
    assert now is not None, "it was locked a moment ago"
    telling.tell(work, now)
    return _write(work, means, now, template, by) if template else ""


def _write(work: Work, means: Means, row: sa.RowMapping, template: str, by: UserId) -> str:
    seen = means.reach(work, PersonId(row["person"]))
    if seen is None:
        return "The client was erased."
    when = telling.local(work, row)
    fields = seen.fields(
        house=means.ways.house, store=called.stores(work.tx).get(row["store"], row["store"]),
        adviser=called.people(work.tx).get(row["staff"], ""), day=f"{when:%A} {when.day} {when:%B %Y}",
        time=f"{when:%H:%M}",
    )  # fmt: skip
    told = invitation(work, means, row)
    assert told is not None, "its client was opened a moment ago"
    why = "Nothing carries messages here: call them."
    for channel in PREFERRED:
        to = seen.address(work.tx, means.ring, channel)
        if channel not in means.ways.carriers or not to:
            continue
        by_mail = channel is Channel.EMAIL
        letter = Letter(
            key=f"appointment:{row['appointment']}:{row['sequence']}", person=PersonId(row["person"]), channel=channel,
            to=to, template=template, fields=fields, language=seen.language, store=StoreId(row["store"]), by=by,
            until_us=row["ends_us"], calendar=written(told) if by_mail else "",
            calendar_method=told.method if by_mail else "",
        )  # fmt: skip
        try:
            outbox.put(work, means.ring, means.ways, letter, means.new_id)
        except NotSentError as error:
            why = f"{error}: call them."
            continue
        return ""
    return why
