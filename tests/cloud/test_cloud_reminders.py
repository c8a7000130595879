"""Days that come again: each told once, at the right hour, to who should hear it, and never where it would hurt."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from house_templates import empty_office
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.desk import Desk
from cloud.messages import quiet
from cloud.messages.outbox import Ways
from cloud.messages.quiet import Hours
from cloud.people import Keyring
from cloud.pos.clients import days as client_days
from cloud.pos.clients import desk as clients
from cloud.pos.clients import erasing
from cloud.pos.clients.profile import Ended, Milestone
from cloud.pos.reminders import queries
from cloud.pos.stores.desk import open_store
from cloud.reminders import rules
from cloud.reminders.job import Reminders
from cloud.reminders.rules import Day, Due, Stop, Told, Whom
from cloud.sealing import passing
from cloud.tables import message, refund, reminder, sale
from contract.feed import StoreCard
from contract.ids import PersonId, StoreId, UserId
from trade.consent import Channel, Proof, Said

ANA = UserId("ana")
ONE, TWO = (PersonId(f"01990000-0000-7000-8000-00000000000{n}") for n in (1, 2))
ZONES = ("Europe/Paris", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Pacific/Apia", "UTC")
DAY_US = 86_400_000_000


class Counting:
    """A carrier that takes everything."""

    channel = Channel.EMAIL
    remembers = True

    def send(self, parcel, *, now_us):
        return parcel.message


class House:
    def __init__(self, office, zone="Europe/Paris"):
        self.office, self.made = office, 0
        self.now_us = self.at(2026, 3, 2, 8)
        self.desk = Desk(office, lambda: self.now_us, lambda: self.now_us, self.new_id)
        self.ring = Keyring(passing())
        ways = Ways(carriers={Channel.EMAIL: Counting()}, public_url="https://c.example", house="Maison")
        self.job = Reminders(self.desk, self.ring, ways, client_days.clients(self.ring))
        with self.desk.work() as work:
            open_store(work, StoreCard(store=StoreId("paris"), name="Paris", currency="EUR", time_zone=zone))

    def at(self, *when):
        return round(dt.datetime(*when, tzinfo=ZoneInfo("Europe/Paris")).timestamp()) * 1_000_000

    def new_id(self):
        self.made += 1
        return f"01990000-0000-7000-9000-{self.made:012x}"

    def client(self, person=ONE, *days, agrees=True, stops=()):
        told = {
            "given_name": "Zwetlana", "emails": (f"{person[-1]}@example.com",), "milestones": days,
            "stops": tuple(Ended(what=each, by=ANA, at_us=1) for each in stops),
        }  # fmt: skip
        with self.desk.work() as work:
            clients.create(work, self.ring, person, told, by=ANA, store=StoreId("paris"), why="new")
            if agrees:
                said = Said(Channel.EMAIL, True, self.now_us - 1, ANA, Proof.SIGNED, "2026-01")
                clients.hear_consent(work, person, said, store=StoreId("paris"))

    def run(self, *when):
        if when:
            self.now_us = self.at(*when)
        ran = self.job.run(now_us=self.now_us)
        return ran.tasks, ran.letters

    def rows(self, table):
        with self.office.reading() as tx:
            return tx.rows(sa.select(table))


@pytest.fixture
def house(office):
    return House(office)


def day(milestone="m1", kind="birthday", when="1984-03-10", relation="self", **more):
    return Milestone(milestone=milestone, kind=kind, day=when, relation=relation, **more)


def test_a_birthday_is_a_task_two_weeks_before_and_a_letter_on_the_day(house):
    house.client(ONE, day())
    assert house.run(2026, 2, 20, 8) == (0, 0)
    assert house.run(2026, 2, 24, 8) == (1, 0)
    assert house.run(2026, 3, 9, 8) == (0, 0)
    assert house.run(2026, 3, 10, 8) == (0, 1)
    assert house.run(2026, 3, 10, 9) == (0, 0)
    (letter,) = house.rows(message)
    assert letter["next_us"] == house.at(2026, 3, 10, 9)
    assert letter["until_us"] == house.at(2026, 3, 11, 0)
    assert house.run(2027, 3, 10, 8) == (1, 1)
    with house.desk.work() as work:
        erasing.erase(house.office, work, ONE, "asked", by=ANA)
    assert house.rows(reminder) == [], "who is erased leaves no day"


def test_the_letter_of_a_couple_goes_once_to_both_of_them(house):
    house.client(ONE, day(kind="wedding", relation="couple", person=TWO))
    house.client(TWO, day("m2", kind="wedding", relation="couple", person=ONE))
    assert house.run(2026, 3, 2, 8) == (1, 1)
    assert house.run(2026, 3, 3, 8) == (0, 0)
    assert {row["subject"] for row in house.rows(reminder)} == {f"couple:{ONE}:{TWO}:wedding"}


def test_of_two_who_know_each_other_by_an_older_id_the_day_is_still_one():
    old = PersonId("01990000-0000-7000-8000-00000000000f")
    shared = {name: Day(f"m-{name}", "wedding", "2010-03-10", "couple", person=name) for name in (ONE, TWO, old)}
    one, two = Told(ONE, ANA, "paris", (shared[old],)), Told(TWO, ANA, "paris", (shared[ONE],))
    partners = {ONE: one, TWO: two, old: two}
    today = dt.date(2026, 3, 2)
    named = {due.subject for told in (one, two) for due in rules.due(told, today, partners)}
    assert named == {f"couple:{ONE}:{TWO}:wedding"}


@pytest.mark.parametrize("person", [ONE, TWO])
@pytest.mark.parametrize("stop", list(Stop))
def test_what_ended_for_either_of_two_is_not_spoken_of(house, person, stop):
    for one, other in ((ONE, TWO), (TWO, ONE)):
        shared = day(f"m{one[-1]}", kind="wedding", relation="couple", person=other)
        house.client(one, shared, stops=(stop,) if one == person else ())
    house.run(2026, 3, 2, 8)
    assert house.rows(reminder) == []


@pytest.mark.parametrize(("stop", "told"), [(Stop.DIED, 0), (Stop.WIDOWED, 1), (Stop.PARTED, 1)])
def test_ones_own_birthday_stays_but_for_the_dead(house, stop, told):
    house.client(ONE, day(), day("m2", relation="spouse", when="--03-10"), stops=(stop,))
    assert house.run(2026, 3, 10, 8) == (told, told)


def test_anothers_birthday_is_a_hint_to_the_adviser_alone(house):
    house.client(ONE, day(relation="spouse"))
    assert house.run(2026, 3, 10, 8) == (1, 0)


def test_who_has_not_agreed_is_a_task_and_gets_no_letter(house):
    house.client(ONE, day(), agrees=False)
    assert house.run(2026, 3, 10, 8) == (1, 0)


def test_after_a_return_a_person_judges_first(house):
    house.client(ONE, day())
    house.now_us = house.at(2026, 3, 10, 8)
    with house.desk.work() as work:
        bought = {"store": "paris", "sale": "s", "client": ONE, "currency": "EUR", "recorded_us": house.now_us - DAY_US}
        work.tx.run(sa.insert(sale).values(**bought))
        back = {"store": "paris", "epoch": "e", "seq": 1, "sale": "s", "recorded_us": house.now_us - DAY_US}
        work.tx.run(sa.insert(refund).values(**back))
    assert house.run() == (1, 0)


def test_whom_their_adviser_greets_in_person_gets_no_letter(house):
    house.client(ONE, day())
    house.run(2026, 3, 2, 8)
    with house.desk.work() as work:
        (task,) = queries.days(work.tx, owner=ANA, today=dt.date(2026, 3, 2))
        assert queries.see_to(work, task.subject, task.year, by=ANA)
        assert not queries.see_to(work, task.subject, task.year, by=ANA)
        assert queries.days(work.tx, owner=ANA, today=dt.date(2026, 3, 2)) == []
    assert house.run(2026, 3, 10, 8) == (0, 0)


def test_an_adviser_sees_who_is_new_and_who_has_not_been_here_for_long(house):
    house.client(ONE)
    house.client(TWO)
    later = house.now_us + 200 * DAY_US
    with house.desk.work() as work:
        bought = {"store": "paris", "sale": "s", "client": ONE, "currency": "EUR", "recorded_us": house.now_us}
        work.tx.run(sa.insert(sale).values(**bought))
        assert {each.person for each in queries.new(work.tx, owner=ANA, now_us=house.now_us)} == {ONE, TWO}
        assert queries.new(work.tx, owner="leo", now_us=house.now_us) == []
        assert queries.seldom(work.tx, owner=ANA, now_us=house.now_us) == []
        assert [each.person for each in queries.seldom(work.tx, owner=ANA, now_us=later)] == [ONE]
        assert queries.new(work.tx, owner=ANA, now_us=later) == []


def test_a_day_is_that_of_the_clients_store(office):
    house = House(office, zone="Pacific/Kiritimati")
    house.client(ONE, day())
    assert house.run(2026, 3, 9, 12) == (1, 1)  # it is the 10th there


@settings(max_examples=20, deadline=None)
@given(
    starts=st.lists(st.integers(0, 800 * 24), min_size=1, max_size=30),
    when=st.dates(dt.date(1950, 1, 1), dt.date(2020, 12, 31)),
)
def test_however_often_and_in_whatever_order_it_runs_each_day_is_told_once_a_year(starts, when):
    house = House(empty_office())
    house.client(ONE, day(when=when.isoformat()))
    begin = house.now_us
    for hours in starts:
        house.now_us = begin + hours * 3_600_000_000
        house.job.run(now_us=house.now_us)
    told = [(row["subject"], row["year"], row["channel"]) for row in house.rows(reminder)]
    assert len(told) == len(set(told))
    for row in house.rows(message):
        assert row["until_us"] > row["made_us"]
    letters = [row["key"] for row in house.rows(message)]
    assert len(letters) == len({key.split(":")[3] for key in letters})
    house.office.close()


@given(
    day=st.dates(dt.date(1900, 1, 1), dt.date(2030, 12, 31)), year=st.integers(1990, 2100), yearly=st.booleans()
)  # fmt: skip
def test_a_day_comes_once_in_every_year_after_it_began(day, year, yearly):
    on = rules.in_year(f"--{day:%m-%d}" if yearly else day.isoformat(), year)
    if not yearly and year <= day.year:
        assert on is None
        return
    assert on is not None
    assert on.year == year
    assert (on.month, on.day) == (day.month, day.day) or (day.month, day.day) == (2, 29)


@pytest.mark.parametrize(("year", "on"), [(2028, "2028-02-29"), (2027, "2027-02-28"), (2100, "2100-02-28")])
def test_the_29th_of_february_is_the_28th_in_other_years(year, on):
    for told in ("1984-02-29", "--02-29"):
        assert rules.in_year(told, year) == dt.date.fromisoformat(on)


@pytest.mark.parametrize("broken", ["", "--13-01", "--02-30", "yesterday", "2026-02-30", "--2-9"])
def test_what_is_no_day_never_comes(broken):
    assert rules.in_year(broken, 2026) is None


@given(
    today=st.dates(dt.date(2025, 1, 1), dt.date(2032, 12, 31)),
    when=st.dates(dt.date(1950, 1, 1), dt.date(2020, 12, 31)),
    relation=st.sampled_from(["self", "couple", "spouse", "child"]),
    kind=st.sampled_from(["birthday", "wedding", "other"]),
    stops=st.frozensets(st.sampled_from(list(Stop))),
    gave_back=st.booleans(),
)
def test_rules_hold_for_every_day(today, when, relation, kind, stops, gave_back):
    one = Day("m", kind, when.isoformat(), relation)
    told = Told(ONE, ANA, "paris", (one, one), stops, gave_back)
    found: list[Due] = list(rules.due(told, today, {}))
    assert len(found) <= 1
    for due in found:
        assert 0 <= (due.on - today).days <= rules.AHEAD_DAYS
        assert Stop.DIED not in stops
        assert Whom.ADVISER in due.asked
        assert not (rules.is_shared(one) and stops)
        if Whom.CLIENT in due.asked:
            assert relation in ("self", "couple")
            assert not gave_back


HOURS = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda h: h[0] < h[1])


@given(
    now_us=st.integers(1_700_000_000, 2_000_000_000).map(lambda s: s * 1_000_000), zone=st.sampled_from(ZONES),
    hours=HOURS, sundays=st.booleans(),
)  # fmt: skip
def test_nobody_is_disturbed_outside_the_hours_whatever_the_clocks_do(now_us, zone, hours, sundays):
    there, allowed = ZoneInfo(zone), Hours(*hours, sundays=sundays)
    found = quiet.next_allowed(now_us, there, allowed)
    assert found >= now_us
    assert found - now_us < 3 * DAY_US
    local = dt.datetime.fromtimestamp(found // 1_000_000, there)
    assert sundays or local.isoweekday() != 7
    # an hour that is skipped by a change of clocks begins when clocks go on
    assert hours[0] <= local.hour < max(hours[1], hours[0] + 2)
    assert quiet.next_allowed(found, there, allowed) == found or local.hour >= hours[1]


def test_the_morning_of_the_day_on_which_clocks_change_is_a_morning():
    paris = ZoneInfo("Europe/Paris")
    for month, number in ((3, 29), (10, 25)):
        night = round(dt.datetime(2026, month, number, 0, 30, tzinfo=paris).timestamp()) * 1_000_000
        found = quiet.next_allowed(night, paris, Hours(9, 20, sundays=True))
        local = dt.datetime.fromtimestamp(found // 1_000_000, paris)
        assert (local.day, local.hour, local.minute) == (number, 9, 0)
