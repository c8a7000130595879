"""Clients divided by what they bought: which money counts, tiers from one night to the next, and when a night is due."""

import dataclasses
import datetime as dt
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
import sqlalchemy as sa

from cloud import feed, schema
from cloud.alone import alone
from cloud.db import ContentionError, open_office
from cloud.desk import Desk
from cloud.pos.segments import gather, queries, settings
from cloud.pos.segments.job import ELSEWHERE, LOCK, Divisions, due
from cloud.pos.segments.learn import learn
from cloud.pos.segments.settings import Segmentation, SettingError, Step
from cloud.pos.stores.desk import open_store
from cloud.tables import client, client_alias, client_segment, office_change, refund_line, sale, sale_line, segment_run
from contract.feed import RateCard, StoreCard
from contract.ids import UserId

PARIS = ZoneInfo("Europe/Paris")
DAY_US = 86_400_000_000
NOW = dt.datetime(2026, 11, 30, 9, 0, tzinfo=PARIS)


class House:
    """An office with clients and sales written by hand, and a clock of its own."""

    def __init__(self, office):
        self.office, self.now, self.sales = office, NOW, 0
        self.desk = Desk(
            office=office, now_us=lambda: round(self.now.timestamp() * 1e6), mono_us=lambda: 0, new_id=self.name
        )
        with self.desk.work() as work:
            for store, currency in (("paris", "EUR"), ("lyon", "EUR"), ("geneva", "CHF")):
                open_store(work, StoreCard(store=store, name=store.title(), currency=currency))

    def name(self):
        self.sales += 1
        return f"n{self.sales:06d}"

    def client(self, *persons, erased_us=0):
        with self.desk.work() as work:
            work.tx.add(client, *({"person": each, "erased_us": erased_us} for each in persons))

    def sold(self, person, day, minor, *, currency="EUR", store="paris", kind="piece", state="posted", back=0):
        name = self.name()
        with self.desk.work() as work:
            row = {
                "store": store,
                "sale": name,
                "business_day": day,
                "currency": currency,
                "client": person,
                "state": state,
            }
            work.tx.add(sale, row)
            work.tx.add(sale_line, {"store": store, "sale": name, "line": "l1", "kind": kind, "gross_minor": minor})
            if back:
                at = {"store": store, "epoch": "e", "seq": self.sales, "line": "l1", "sale": name, "gross_minor": back}
                work.tx.add(refund_line, at)

    def divide(self, by=""):
        divisions = Divisions(self.desk, "Europe/Paris", run=lambda work: work())
        assert divisions.start(UserId(by))
        assert divisions.progress.why == ""
        return divisions

    def row(self, person):
        with self.desk.look() as work:
            return queries.of_client(work.tx, person)


@pytest.fixture
def house(office):
    return House(office)


def test_only_purchases_that_were_kept_count_and_each_in_the_currency_of_the_house(house):
    house.client("ana", "bo", "cy", "gone")
    house.sold("ana", "2026-11-01", 100_00)
    house.sold("ana", "2026-11-01", 50_00)
    house.sold("ana", "2026-10-01", 80_00, back=30_00)
    house.sold("ana", "2026-09-01", 90_00, back=90_00)
    house.sold("ana", "2026-08-01", 500_00, kind="gift_card")
    house.sold("ana", "2026-08-02", 500_00, state="quarantined")
    house.sold("bo", "2026-11-02", 100_00, currency="CHF", store="geneva")
    house.sold("cy", "2026-11-02", 100_00, currency="JPY", store="geneva")
    house.sold("", "2026-11-02", 100_00)
    house.sold("nobody", "2026-11-02", 100_00)
    with house.desk.work() as work:
        work.tx.run(sa.update(client).where(client.c.person == "gone").values(erased_us=1))
        work.tell(
            feed.News(
                "rate:CHF", RateCard(currency="CHF", into="EUR", rate_e9=1_050_000_000, source="bank", quoted_us=1)
            )
        )
    house.sold("gone", "2026-11-02", 100_00)
    with house.desk.look() as work:
        found = gather.bought(work.tx, "EUR")
    rows = [(found.persons[who], int(net)) for who, net in zip(found.person, found.net_minor, strict=True)]
    assert rows == [("ana", 50_00), ("ana", 150_00), ("bo", 105_00)]
    assert found.left_out == {"JPY": 1}
    assert found.store == ("paris", "geneva")


def test_a_tier_is_reached_at_once_and_kept_for_less_from_night_to_night(house):
    house.client("ana")
    house.sold("ana", "2024-12-10", 300_000)
    house.sold("ana", "2026-01-10", 220_000)
    house.divide()
    assert (house.row("ana").tier, house.row("ana").tier_since) == (1, "")
    house.now = NOW + dt.timedelta(days=30)  # the first purchase leaves the window: 2,200 leads in no more, and keeps
    house.divide()
    assert (house.row("ana").tier, house.row("ana").spend_minor) == (1, 220_000)
    house.client("bo")
    house.sold("bo", "2026-01-10", 220_000)
    house.divide()
    assert house.row("bo").tier == 0, "the same spend leads nobody in: without what was before this test proves nothing"
    house.sold("bo", "2026-12-20", 900_000)
    house.divide()
    assert (house.row("bo").tier, house.row("bo").tier_since) == (2, "2026-12-29")


def test_the_day_that_runs_counts_when_somebody_asks_and_not_by_night(house):
    house.client("ana")
    house.sold("ana", "2026-11-29", 100_00)
    house.sold("ana", "2026-11-30", 100_00)
    house.divide()
    assert house.row("ana").visits_ever == 1
    house.divide(by="manager")
    assert house.row("ana").visits_ever == 2


def test_with_few_clients_the_value_is_that_of_all_and_says_why(house):
    house.client("ana", "bo")
    house.sold("ana", "2026-03-01", 100_00)
    house.sold("ana", "2026-09-01", 100_00)
    house.sold("bo", "2026-05-01", 100_00)
    house.divide()
    with house.desk.look() as work:
        run = queries.last(work.tx)
    assert "only 1 of 2 clients came back" in run.model.why
    one = house.row("ana")
    assert one.low_minor <= one.value_minor <= one.high_minor
    assert one.alive < 0, "of nobody is told whether they are still alive"


def test_two_cards_of_one_person_are_one_client(house):
    house.client("ana", "anna")
    house.sold("ana", "2026-03-01", 100_00)
    house.sold("anna", "2026-05-01", 200_00)
    with house.desk.work() as work:
        work.tx.add(client_alias, {"merge": "m1", "survivor": "ana", "absorbed": "anna"})
    house.divide()
    assert (house.row("ana").spend_minor, house.row("anna")) == (300_00, None)
    with house.desk.work() as work:
        work.tx.run(sa.update(client_alias).values(undone_us=1))
    house.divide()
    assert (house.row("ana").spend_minor, house.row("anna").spend_minor) == (100_00, 200_00)


def test_a_client_who_was_erased_is_in_no_list_after_the_next_time(house):
    house.client("ana", "bo")
    house.sold("ana", "2026-03-01", 100_00)
    house.sold("bo", "2026-03-01", 100_00)
    house.divide()
    with house.desk.work() as work:
        work.tx.run(sa.update(client).where(client.c.person == "ana").values(erased_us=1))
    house.divide()
    assert house.row("ana") is None
    assert house.row("bo") is not None


def test_who_comes_more_often_is_told_and_who_came_once_of_late_is_not(house):
    house.client("up", "same", "once", *(f"c{n}" for n in range(60)))
    for n in range(60):
        house.sold(f"c{n}", f"2025-{n % 9 + 1:02d}-11", 100_00)
        if n % 2:
            house.sold(f"c{n}", f"2026-{n % 9 + 1:02d}-15", 100_00)
    for month in range(1, 12):
        house.sold("up", f"2026-{month:02d}-05", 200_00)
        house.sold("same", f"2025-{month:02d}-05", 200_00)
        house.sold("same", f"2026-{month:02d}-05", 200_00)
    house.sold("up", "2024-12-24", 100_00)
    house.sold("same", "2024-12-24", 100_00)
    house.sold("once", "2024-12-24", 100_00)
    house.sold("once", "2026-10-24", 900_00)
    house.divide()
    assert (house.row("up").rises, house.row("same").rises, house.row("once").rises) == (1, 0, 0)
    with house.desk.look() as work:
        query, order = queries.standings("rising", 0)
        assert [row["person"] for row in work.tx.rows(query.order_by(*order))] == ["up"]


def test_the_same_sales_give_the_same_numbers(house):
    house.client(*(f"c{n:03d}" for n in range(200)))
    rng = np.random.default_rng(3)
    for n in range(200):
        for _ in range(1 + rng.poisson(1.5)):
            day = dt.date(2025, 1, 1) + dt.timedelta(days=int(rng.integers(0, 600)))
            house.sold(f"c{n:03d}", day.isoformat(), int(rng.integers(5_000, 900_000)))
    with house.desk.look() as work:
        found = gather.bought(work.tx, "EUR")
    told = [
        learn(found, Segmentation(), {}, day="2026-11-29", rng=np.random.default_rng(1), tell=lambda *_: None)
        for _ in range(2)
    ]
    assert list(told[0].rows()) == list(told[1].rows())
    assert told[0].model == told[1].model
    assert told[0].model.why == ""
    assert len(told[0].model.visits) == 4, "enough came back, so that they are told apart"
    assert all(row["low_minor"] <= row["value_minor"] <= row["high_minor"] for row in told[0].rows())


@pytest.mark.parametrize(
    ("now", "last", "is_due"),
    [
        ("2026-11-30T02:59", "2026-11-29T03:01", False),
        ("2026-11-30T03:00", "2026-11-29T03:01", True),
        ("2026-11-30T23:00", "2026-11-30T03:00", False),
        ("2026-12-03T09:00", "2026-11-29T03:00", True),
        ("2026-03-29T03:30", "2026-03-28T03:10", True),  # 02:30 does not exist on this night
        ("2026-10-25T02:30", "2026-10-24T03:10", False),  # and here it comes twice
        ("2026-11-30T01:00", None, True),
    ],
)
def test_a_night_is_done_once(now, last, is_due):
    read = [None if each is None else dt.datetime.fromisoformat(each).replace(tzinfo=PARIS) for each in (now, last)]
    assert due(*read) is is_due


def test_the_night_divides_once_and_an_office_without_clients_has_nothing_to_do(house):
    divisions = Divisions(house.desk, "Europe/Paris", run=lambda work: work())

    def runs():
        with house.desk.look() as work:
            return len(work.tx.rows(sa.select(segment_run.c.run)))

    divisions.nightly()
    assert runs() == 0
    house.client("ana")
    divisions.nightly()
    divisions.nightly()
    assert runs() == 1
    house.now += dt.timedelta(days=1)
    divisions.nightly()
    assert runs() == 2


def test_what_fails_is_told_and_it_can_be_asked_for_again(house, monkeypatch):
    divisions = Divisions(house.desk, "Europe/Paris", run=lambda work: work())

    def busy(*_):
        raise ContentionError("the database is busy; run it again")

    monkeypatch.setattr(gather, "bought", busy)
    divisions.start()
    assert "busy" in divisions.progress.why
    monkeypatch.undo()
    assert divisions.start()
    assert divisions.progress.why == ""


STEPS = (Step(name="One", from_minor=100, stays_from_minor=80), Step(name="Two", from_minor=200, stays_from_minor=160))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"window_months": 0}, "1 to 120 months"),
        ({"steps": (STEPS[0], STEPS[0])}, "a name of its own"),
        ({"steps": (STEPS[1], STEPS[0])}, "One asks for more than Two"),
        ({"steps": (Step(name="One", from_minor=100, stays_from_minor=101),)}, "no more than what leads in"),
        ({"steps": (Step(name="", from_minor=100, stays_from_minor=80),)}, "a name of its own"),
    ],
)
def test_tiers_that_cannot_be_are_refused_with_what_to_do(changes, words):
    with pytest.raises(SettingError, match=words):
        settings.checked(msgspec.structs.replace(Segmentation(steps=STEPS), **changes))


def test_who_changed_the_tiers_and_why_is_kept(house):
    with house.desk.work() as work:
        settings.write(work, Segmentation(currency="EUR", steps=STEPS), by=UserId("ada"), why="a new season")
    with house.desk.work() as work:
        assert settings.read(work.tx).steps == STEPS
        settings.write(work, Segmentation(currency="EUR", steps=STEPS[:1]), by=UserId("ada"), why="one is enough")
        rows = work.tx.rows(
            sa.select(office_change).where(office_change.c.what == "segments").order_by(office_change.c.n)
        )
    assert [row["why"] for row in rows] == ["a new season", "one is enough"]
    assert msgspec.json.decode(rows[1]["differences"]) == {"Two": ["from 2.00, kept from 1.60", ""]}
    with house.desk.look() as work:
        assert not work.tx.rows(sa.select(client_segment))


def test_of_two_processes_one_divides_and_a_night_is_done_once(tmp_path):
    url = f"sqlite:///{tmp_path / 'office.sqlite3'}"
    offices = [open_office(url) for _ in range(2)]
    schema.create(offices[0])
    house = House(offices[0])
    house.client("ana")
    house.sold("ana", "2026-11-01", 100_000)
    desks = [house.desk, dataclasses.replace(house.desk, office=offices[1])]
    waiting = []
    one = Divisions(desks[0], "Europe/Paris", run=waiting.append)
    other = Divisions(desks[1], "Europe/Paris", run=waiting.append)
    with alone(offices[0], LOCK) as mine:
        assert mine
        assert other.start("lea")
        waiting.pop()()
        assert other.progress.why == ELSEWHERE
    one.nightly()
    other.nightly()
    for work in waiting:
        work()
    with desks[0].look() as work:
        assert len(work.tx.rows(sa.select(segment_run))) == 1
    for each in offices:
        each.close()


def test_a_server_lets_one_of_two_work_and_the_next_when_it_is_done(postgres_office):
    with alone(postgres_office, "night") as mine, alone(postgres_office, "night") as theirs:
        assert (mine, theirs) == (True, False)
    with alone(postgres_office, "night") as mine, alone(postgres_office, "other") as theirs:
        assert (mine, theirs) == (True, True)
