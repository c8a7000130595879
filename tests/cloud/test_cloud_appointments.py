"""Appointments at the office: nobody, no room and no tray twice; what store and client are told; who decides when."""

import datetime as dt
import email
import threading
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from cloud import feed
from cloud.db import ContentionError
from cloud.desk import Desk
from cloud.messages.outbox import Ways
from cloud.messages.post import Post
from cloud.messages.smtp import SmtpCarrier
from cloud.people import Keyring
from cloud.pos.appointments import desk, hearing, importing, queries, slots, telling
from cloud.pos.appointments.desk import AppointmentError, Means, Wanted
from cloud.pos.appointments.slots import QUARTER_US, TakenError
from cloud.pos.clients import desk as clients
from cloud.pos.clients import erasing
from cloud.pos.clients.reach import reaching
from cloud.pos.staff.desk import put_staff
from cloud.remarks import Remarks
from cloud.sealing import passing
from cloud.tables import appointment, appointment_slot, case_file, message
from contract.facts import AppointmentClosed, AppointmentEvent, AppointmentPrepared, AppointmentWent
from contract.feed import AppointmentCard, Role, StaffCard
from contract.ids import PersonId, StoreId, UserId
from simulator.mailbox import Mailbox

ANA = UserId("ana")
CLIENT = PersonId("01990000-0000-7000-8000-000000000001")
PARIS = ZoneInfo("Europe/Paris")
HOUR_US = 3_600_000_000
NOON = round(dt.datetime(2026, 3, 2, 12, tzinfo=PARIS).timestamp()) * 1_000_000
DAY_US = 24 * HOUR_US


class Office:
    def __init__(self, house, mailbox):
        self.house, self.office, self.now_us, self.made = house, house.office, NOON, 0
        self.box = house.store("paris", "ring", "pin")
        self.desk = Desk(self.office, lambda: self.now_us, lambda: self.now_us, self.new_id)
        ring = Keyring(passing())
        carrier = SmtpCarrier("127.0.0.1", mailbox.port, "house@maison.example", house="Maison", tls=False)
        ways = Ways(carriers={carrier.channel: carrier}, house="Maison", sender="house@maison.example")
        self.means = Means(ring, ways, reaching(ring), self.new_id)
        self.post = Post(self.desk, ring, ways)
        with self.desk.work() as work:
            for user in ("ana", "leo"):
                put_staff(work, StaffCard(user=UserId(user), name=user.title(), roles=(Role.ASSOCIATE,)))
            given = {"given_name": "Zwetlana", "emails": ("zwet@client.example",)}
            clients.create(work, ring, CLIENT, given, by=ANA, store=StoreId("paris"), why="new")
            for kind, name in (("room", "Blue"), ("room", "Green"), ("tray", "One")):
                desk.put_place(work, "paris", kind, name, by=ANA)

    def new_id(self):
        self.made += 1
        return f"01990000-0000-7000-8000-{self.made:012x}"

    def wanted(self, hours=2, *, lasts=4, **more):
        starts_us = NOON + round(hours * HOUR_US)
        given = {"store": "paris", "staff": "ana", "starts_us": starts_us, "ends_us": starts_us + lasts * QUARTER_US}
        return Wanted(**(given | more))

    def work(self, act, *given, **more):
        with self.desk.work() as work:
            return act(work, *given, **more)

    def ask(self, hours=2, note="The blue sapphires", **more):
        return self.work(desk.request, self.means, CLIENT, self.wanted(hours, **more), note=note, by=ANA)

    def confirm(self, name):
        return self.work(desk.confirm, self.means, name, by=ANA)

    def booked(self, hours=2, **more):
        name = self.ask(hours, **more)
        assert self.confirm(name) == ""
        return name

    def row(self, name):
        with self.desk.look() as work:
            return work.tx.row(sa.select(appointment).where(appointment.c.appointment == name))

    def card(self, name):
        with self.desk.look() as work:
            return feed.card(work.tx, AppointmentCard, f"appointment:{name}", "paris")

    def slots(self, name):
        with self.desk.look() as work:
            return len(work.tx.rows(sa.select(appointment_slot).where(appointment_slot.c.appointment == name)))

    def said(self, *facts):
        self.box.write(*facts)
        self.box.send()


@pytest.fixture
def mailbox():
    server = Mailbox()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def office_of(house, mailbox):
    return Office(house, mailbox)


def invitation(raw):
    for part in email.message_from_bytes(raw).walk():
        if part.get_content_type() == "text/calendar":
            return part.get_param("method"), part.get_payload(decode=True)
    raise AssertionError("no calendar in it")


def test_a_confirmed_appointment_is_told_to_its_store_and_its_client(office_of, mailbox):
    name = office_of.booked(room="Blue", tray="One", pieces=("ring",))
    card = office_of.card(name)
    assert (card.person, card.staff, card.room, card.tray, card.pieces) == (CLIENT, "ana", "Blue", "One", ("ring",))
    assert office_of.post.step(now_us=office_of.now_us) == 1
    method, calendar = invitation(mailbox.taken[0][1])
    (event,) = hearing.read(calendar, PARIS)
    assert (method, event.method, event.uid, event.sequence) == ("REQUEST", "REQUEST", f"{name}@vitrine", 1)
    assert (event.starts_us, event.ends_us) == (NOON + 2 * HOUR_US, NOON + 3 * HOUR_US)
    assert b"mailto:zwet@client.example" in calendar.replace(b"\r\n ", b"")
    assert "at 13:00" in mailbox.taken[0][1].decode()


def test_a_move_and_a_cancellation_keep_the_uid_and_raise_the_sequence(office_of, mailbox):
    name = office_of.booked()
    assert office_of.work(desk.move, office_of.means, name, office_of.wanted(5), by=ANA) == ""
    assert office_of.work(desk.cancel, office_of.means, name, by=ANA) == ""
    while office_of.post.step(now_us=office_of.now_us):
        pass
    heard = [(invitation(raw)[0], hearing.read(invitation(raw)[1], PARIS)[0]) for _, raw in mailbox.taken]
    told = sorted((event.sequence, method, event.uid, event.cancelled) for method, event in heard)
    uid = f"{name}@vitrine"
    assert told == [(1, "REQUEST", uid, False), (2, "REQUEST", uid, False), (3, "CANCEL", uid, True)]
    assert office_of.card(name).cancelled
    assert office_of.slots(name) == 0


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"hours": 2.75}, "That adviser"),
        ({"hours": 1.25, "staff": "leo", "room": "Blue"}, "The room Blue"),
        ({"hours": 2, "staff": "leo", "room": "Green", "tray": "One"}, "The tray One"),
        ({"hours": 3}, None),
        ({"hours": 1}, None),
        ({"hours": 2, "staff": "leo", "room": "Green"}, None),
    ],
)
def test_nobody_and_nothing_is_taken_twice(office_of, other, says):
    office_of.booked(room="Blue", tray="One")
    second = office_of.ask(**other)
    if says is None:
        assert office_of.confirm(second) == ""
        return
    with pytest.raises(TakenError, match=says):
        office_of.confirm(second)
    assert office_of.row(second)["state"] == "requested"
    assert office_of.slots(second) == 0


def test_without_the_key_of_slots_two_would_have_the_room(office_of):
    """The control: what refuses a second one is the database's own key, not a look beforehand."""
    first, second = office_of.booked(room="Blue"), office_of.ask(room="Blue", staff="leo")
    with office_of.desk.work() as work:
        slots.free(work.tx, first)
    assert office_of.confirm(second) == ""


def test_of_two_who_confirm_at_once_one_wins(office_of):
    names = [office_of.ask(room="Blue", staff=staff) for staff in ("ana", "leo", "ana", "leo")]
    told: list[str] = []
    ready = threading.Barrier(len(names))

    def confirm(name):
        ready.wait()
        for _ in range(20):
            try:
                office_of.confirm(name)
            except TakenError:
                told.append("taken")
                return
            except ContentionError:
                continue
            else:
                told.append("confirmed")
                return

    threads = [threading.Thread(target=confirm, args=(name,)) for name in names]
    if office_of.office.engine.url.render_as_string() == "sqlite://":
        for name in names:  # one connection: they come one after another
            ready = threading.Barrier(1)
            confirm(name)
    else:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(told) == ["confirmed", "taken", "taken", "taken"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"store": "nowhere"}, "no such store"),
        ({"staff": "nobody"}, "who will be there"),
        ({"hours": 2.1}, "quarters of an hour"),
        ({"lasts": 33}, "eight hours"),
        ({"lasts": 0}, "eight hours"),
        ({"hours": -48}, "is over"),
        ({"room": "Cellar"}, "no room"),
        ({"pieces": ("unknown",)}, "not in our books"),
        ({"note": "x" * 3000}, "longer"),
    ],
)
def test_what_cannot_be_says_what_to_do(office_of, wrong, says):
    with pytest.raises(AppointmentError, match=says):
        office_of.ask(**wrong)


def test_once_the_tray_is_out_the_store_decides_and_the_office_hears(office_of):
    name = office_of.booked(tray="One", pieces=("ring",))
    office_of.said(AppointmentPrepared(appointment=name, pieces=("ring", "pin"), tray="One"))
    for act in (desk.cancel, desk.confirm):
        with pytest.raises(AppointmentError, match="prepared"):
            office_of.work(act, office_of.means, name, by=ANA)
    office_of.said(AppointmentWent(appointment=name, event=AppointmentEvent.ARRIVE))
    office_of.said(AppointmentWent(appointment=name, event=AppointmentEvent.BEGIN))
    with office_of.desk.look() as work:
        seen = queries.one(work.tx, Remarks(work.tx, office_of.means.ring), name)
    assert (seen.state, seen.tray_state, seen.pieces, seen.possible) == ("in_progress", "out", ["ring", "pin"], [])
    office_of.said(AppointmentClosed(appointment=name, event=AppointmentEvent.FINISH))
    row = office_of.row(name)
    assert (row["state"], row["tray_state"], office_of.slots(name)) == ("done", "back", 0)


def test_a_tray_closed_without_a_piece_is_a_case_for_a_person(office_of):
    name = office_of.booked(tray="One")
    office_of.said(AppointmentPrepared(appointment=name, pieces=("ring",), tray="One"))
    closed = AppointmentClosed(
        appointment=name,
        event=AppointmentEvent.MISS,
        unread=("ring",),
        why="At the polisher",
        approved_by=UserId("marie"),
    )
    office_of.said(closed)
    with office_of.desk.look() as work:
        (case,) = work.tx.rows(sa.select(case_file).where(case_file.c.kind == "tray"))
    assert (case["piece"], case["store"]) == ("ring", "paris")
    assert office_of.row(name)["tray_state"] == "short"


def test_a_cancellation_that_crosses_with_the_tray_stays_one_and_the_tray_shows(office_of):
    name = office_of.booked(tray="One")
    office_of.work(desk.cancel, office_of.means, name, by=ANA)
    office_of.said(AppointmentPrepared(appointment=name, pieces=("ring",), tray="One"))
    assert (office_of.row(name)["state"], office_of.row(name)["tray_state"]) == ("cancelled", "out")
    office_of.said(AppointmentClosed(appointment=name, event=AppointmentEvent.CANCEL))
    assert office_of.row(name)["tray_state"] == "back"


def test_a_store_knows_its_appointments_two_days_ahead_and_forgets_them_after(office_of):
    name = office_of.booked(hours=24 * 5)
    assert office_of.card(name) is None
    office_of.now_us = NOON + 3 * DAY_US + 3 * HOUR_US
    assert telling.step(office_of.desk, now_us=office_of.now_us) == 1
    assert office_of.card(name).sequence == 1
    assert telling.step(office_of.desk, now_us=office_of.now_us) == 0
    office_of.now_us = NOON + 7 * DAY_US
    assert telling.step(office_of.desk, now_us=office_of.now_us) == 1
    assert office_of.card(name) is None
    assert telling.step(office_of.desk, now_us=office_of.now_us) == 0


def test_the_note_is_sealed_and_goes_with_the_client(office_of):
    name = office_of.ask()
    assert b"sapphires" not in bytes(office_of.row(name)["sealed"])
    with office_of.desk.work() as work:
        assert queries.note(work, office_of.means.ring, name, by=ANA, how="api") == "The blue sapphires"
        handed = erasing.export(work, office_of.means.ring, CLIENT, by=ANA)
        assert [each["note"] for each in handed["appointments"]] == ["The blue sapphires"]
        erasing.erase(office_of.office, work, CLIENT, "asked", by=ANA)
    with office_of.desk.work() as work:
        assert queries.note(work, office_of.means.ring, name, by=ANA, how="api") == ""
    assert bytes(office_of.row(name)["sealed"]) == b""


def test_who_is_erased_takes_nobodys_time_any_more(office_of):
    name = office_of.booked(tray="One")
    assert office_of.slots(name) > 0
    with office_of.desk.work() as work:
        erasing.erase(office_of.office, work, CLIENT, "asked", by=ANA)
    row = office_of.row(name)
    assert (office_of.slots(name), row["state"], row["sequence"]) == (0, "cancelled", 2)


def test_a_tray_that_is_out_is_ended_by_its_store_when_the_client_is_erased(office_of):
    name = office_of.booked(tray="One", pieces=("ring",))
    office_of.said(AppointmentPrepared(appointment=name, pieces=("ring",), tray="One"))
    with office_of.desk.work() as work:
        erasing.erase(office_of.office, work, CLIENT, "asked", by=ANA)
    assert office_of.row(name)["state"] == "prepared"


REPLY = (
    "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nSEQUENCE:{sequence}\r\n"
    "ATTENDEE;PARTSTAT={said}:mailto:zwet@client.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
BUSY = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:leave\r\nDTSTART:20260302T130000Z\r\nDTEND:20260302T150000Z\r\n{more}"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_a_clients_answer_counts_for_the_time_it_was_given_to(office_of):
    name = office_of.booked()

    def bring(**given):
        raw = REPLY.format(**({"uid": f"{name}@vitrine", "sequence": 1, "said": "ACCEPTED"} | given)).encode()
        return office_of.work(importing.bring, raw, store="paris", staff="").answers

    assert bring(uid="other@vitrine") == 0
    raw = REPLY.format(uid=f"{name}@vitrine", sequence=1, said="DECLINED").encode()
    assert office_of.work(importing.bring, raw, store="lyon", staff="").answers == 0, "it is no other store's to hear"
    assert bring() == 1
    assert office_of.row(name)["answer"] == "accepted"
    office_of.work(desk.move, office_of.means, name, office_of.wanted(5), by=ANA)
    assert bring(said="DECLINED") == 0
    assert bring(said="DECLINED", sequence=2) == 1
    assert office_of.row(name)["answer"] == "declined"


def test_who_is_busy_elsewhere_is_not_taken_until_that_is_cancelled(office_of):
    done = office_of.work(importing.bring, BUSY.format(more="").encode(), store="paris", staff="ana")
    assert (done.busy, done.clashes) == (1, 0)
    name = office_of.ask()
    with pytest.raises(TakenError):
        office_of.confirm(name)
    gone = BUSY.format(more="STATUS:CANCELLED\r\n").encode()
    assert office_of.work(importing.bring, gone, store="paris", staff="ana").freed == 1
    assert office_of.confirm(name) == ""
    assert office_of.work(importing.bring, BUSY.format(more="").encode(), store="paris", staff="ana").clashes == 1
    assert office_of.row(name)["state"] == "confirmed"


def test_nobody_is_written_to_twice_of_one_change(office_of):
    office_of.booked()
    with office_of.desk.look() as work:
        keys = [row["key"] for row in work.tx.rows(sa.select(message))]
    assert len(keys) == len(set(keys)) == 1
