"""What the office knows of counts: looks, blind figures, who took part, and scheduled ones that did not begin."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import msgspec
import pytest
import sqlalchemy as sa

from cloud import app as office_app
from cloud.config import CloudConfig
from cloud.pos.counts import queries
from cloud.pos.reports import accuracy
from cloud.pos.reports.span import Span
from cloud.pos.staff.desk import Passwords, put_staff
from cloud.tables import count_look, count_missed, stock_count
from contract.entries import Entry, decode_entry
from contract.facts import (
    CountApproved,
    CountExplained,
    CountFinished,
    CountMissed,
    CountPlace,
    CountRecounting,
    CountStarted,
    CountSubmitted,
    CountTag,
    CountTotal,
    CountVerdict,
    Stream,
    Verdict,
    Vision,
    ZoneQuantity,
    ZoneVision,
)
from contract.feed import Role, StaffCard
from contract.ids import CountId, PieceId, UserId, ZoneId

C1, SAFE = CountId("c1"), ZoneId("safe")
GONE = CountVerdict(piece=PieceId("p1"), verdict=Verdict.MISSING, zone=SAFE, p_present=0.001, note="not read")


def finished(number: int, *verdicts: CountVerdict) -> CountFinished:
    found = 2 - len(verdicts)
    return CountFinished(
        count=C1, place=CountPlace.SAFE, rounds=4, expected=2, found=found, p_complete=0.99, why_stopped="complete",
        verdicts=verdicts, number=number, zones=(SAFE,) if number > 1 else (),
        totals=(CountTotal(zone=SAFE, expected=2, found=found),),
    )  # fmt: skip


@pytest.fixture
def box(house):
    box = house.store("paris", "p1", "p2")
    started = CountStarted(count=C1, place=CountPlace.SAFE, zones=(SAFE,), expected=2, blind=True, why="Closing")
    box.write(started, stream=Stream.FLOOR, by="ana")
    box.write(finished(1, GONE), stream=Stream.FLOOR, by="house")
    box.write(
        CountSubmitted(count=C1, quantities=(ZoneQuantity(zone=SAFE, quantity=2),)), stream=Stream.FLOOR, by="ana"
    )
    box.send(stream=Stream.FLOOR)
    return box


def the_count(house) -> dict:
    (row,) = house.rows(sa.select(stock_count).where(stock_count.c.count_id == C1))
    return row


def verdicts(house) -> list[str]:
    with house.office.reading() as tx:
        detail = queries.detail(tx, "paris", C1)
    return [each.piece for each in detail.verdicts]


def test_a_blind_count_comes_with_its_figures_and_with_who_took_part(house, box):
    row = the_count(house)
    assert (row["state"], row["blind"], row["submitted"], row["counted_by"], row["why"]) == (
        "finished", 1, 1, "ana", "Closing",
    )  # fmt: skip
    assert msgspec.json.decode(row["quantities"]) == [{"zone": "safe", "quantity": 2}]
    assert verdicts(house) == ["p1"]


def test_a_recount_replaces_the_verdicts_and_every_look_is_kept(house, box):
    box.write(CountRecounting(count=C1, zones=(SAFE,), number=2), stream=Stream.FLOOR, by="leo")
    box.send(stream=Stream.FLOOR)
    assert (the_count(house)["state"], the_count(house)["counted_by"]) == ("recounting", "ana leo")
    box.write(finished(2), stream=Stream.FLOOR, by="house")
    box.send(stream=Stream.FLOOR)
    assert (the_count(house)["state"], the_count(house)["number"], verdicts(house)) == ("finished", 2, [])
    looks = house.rows(sa.select(count_look).order_by(count_look.c.number))
    assert [(look["number"], look["found"]) for look in looks] == [(1, 1), (2, 2)]


WITH_THE_PHOTOGRAPHER = msgspec.structs.replace(
    GONE, verdict=Verdict.EXPLAINED, p_present=0.0, note="with the photographer", by=UserId("leo"), at_us=5
)
EXPLAINED = CountExplained(
    count=C1, verdict=WITH_THE_PHOTOGRAPHER, was=Verdict.MISSING, p_complete=1.0,
    total=CountTotal(zone=SAFE, expected=2, found=1, explained=1),
)  # fmt: skip


def test_what_a_person_says_of_a_piece_that_was_not_read_stands_at_the_office_with_their_name(house, box):
    box.write(EXPLAINED, stream=Stream.FLOOR, by="leo")
    box.send(stream=Stream.FLOOR)
    row, shown = the_count(house), detail(house)
    assert (row["state"], row["counted_by"], row["p_complete"], row["found"]) == ("finished", "ana leo", 1.0, 1)
    assert [(each.verdict, each.by, each.note, each.at_us) for each in shown.verdicts] == [
        ("explained", "leo", "with the photographer", 5)
    ]
    assert [(each.found, each.explained) for each in shown.totals] == [(1, 1)]
    assert shown.row.to_look_for == 0


def test_what_was_approved_stands_while_the_looks_and_answers_before_it_still_come(house):
    """Trade is sent first; a box that is lost meanwhile never sends the rest."""
    box = house.store("paris", "p1", "p2")
    in_hand = msgspec.structs.replace(WITH_THE_PHOTOGRAPHER, verdict=Verdict.FOUND, p_present=1.0, note="")
    approved = CountApproved(
        count=C1, place=CountPlace.SAFE, business_day="2026-01-02", expected=2, found=2, missing=(), p_complete=1.0,
        verdicts=(in_hand,),
    )  # fmt: skip
    box.write(approved, by="max")
    box.send()
    for fact in (finished(1, GONE), EXPLAINED):
        box.write(fact, stream=Stream.FLOOR, by="leo")
        box.send(len(box.rows[Stream.FLOOR]), stream=Stream.FLOOR)
        assert [(each.verdict, each.by) for each in detail(house).verdicts] == [("found", "leo")]
        assert (the_count(house)["found"], the_count(house)["p_complete"]) == (2, 1.0)
    assert the_count(house)["counted_by"] == "leo", "who took part is told all the same"


def test_an_office_that_does_not_know_answers_yet_keeps_all_that_follows_of_the_count_in_order(house, box):
    """Its second look found the piece: the answer, understood later, does not stand over it."""
    answer = box.write(EXPLAINED, stream=Stream.FLOOR, by="leo")
    box.write(CountRecounting(count=C1, zones=(SAFE,), number=2), stream=Stream.FLOOR, by="leo")
    box.write(finished(2), stream=Stream.FLOOR, by="house")

    def not_yet(body: bytes) -> Entry:
        if body == answer:
            raise msgspec.ValidationError("of a newer contract")
        return decode_entry(body)

    box.ingest.decode = not_yet
    box.send(stream=Stream.FLOOR)
    other = CountStarted(count=CountId("c2"), place=CountPlace.SAFE, zones=(SAFE,), expected=2)
    box.write(other, stream=Stream.FLOOR)
    box.send(len(box.rows[Stream.FLOOR]), stream=Stream.FLOOR)
    assert {row["count_id"]: row["number"] for row in house.rows(sa.select(stock_count))} == {"c1": 1, "c2": 1}
    box.ingest.decode = decode_entry
    assert box.ingest.unpark(9) == 3
    row, shown = the_count(house), detail(house)
    assert (row["state"], row["number"], row["found"], row["counted_by"]) == ("finished", 2, 2, "ana leo")
    assert (shown.verdicts, [(each.found, each.explained) for each in shown.totals]) == ([], [(2, 0)])


@pytest.mark.parametrize(("found", "share"), [(True, 1.0), (False, 0.5)])
def test_a_report_of_counts_calls_what_was_answered_for_missing_no_more(house, box, found, share):
    """Found is what is here; what is rightly elsewhere was expected all the same."""
    total = CountTotal(zone=SAFE, expected=2, found=1 + found, explained=1 - found)
    verdict = Verdict.FOUND if found else Verdict.EXPLAINED
    said = msgspec.structs.replace(EXPLAINED.verdict, verdict=verdict, p_present=float(found))
    span = Span(dt.date(1970, 1, 1), dt.date(2100, 1, 1))

    def told() -> tuple[float | None, int]:
        with house.office.reading() as tx:
            (row,) = accuracy.counted(tx, span, ["paris"], ZoneInfo("UTC"))
        return row.accuracy, row.missing

    assert told() == (0.5, 1)
    box.write(msgspec.structs.replace(EXPLAINED, verdict=said, total=total), stream=Stream.FLOOR, by="leo")
    box.send(stream=Stream.FLOOR)
    assert told() == (share, 0)


def test_an_answer_that_comes_twice_is_one_and_one_of_an_unknown_count_is_kept(house, box):
    for number in (1, 2):
        box.write(EXPLAINED, stream=Stream.FLOOR, by="leo")
        box.send(number + 3, stream=Stream.FLOOR)
        box.send(stream=Stream.FLOOR)
        assert [(each.found, each.explained) for each in detail(house).totals] == [(1, 1)]
        assert the_count(house)["counted_by"] == "ana leo"
    box.write(msgspec.structs.replace(EXPLAINED, count=CountId("c9")), stream=Stream.FLOOR, by="leo")
    assert box.send(6, stream=Stream.FLOOR).acks[-1].upto == 6


def test_an_approval_that_is_faster_than_the_floor_log_stays(house, box):
    approved = CountApproved(
        count=C1, place=CountPlace.SAFE, business_day="2026-01-02", expected=2, found=2, missing=(), p_complete=0.99
    )
    box.write(approved, by="max")
    box.send()
    box.write(CountRecounting(count=C1, zones=(SAFE,), number=2), stream=Stream.FLOOR, by="leo")
    box.write(finished(2), stream=Stream.FLOOR, by="house")
    box.send(stream=Stream.FLOOR)
    assert (the_count(house)["state"], the_count(house)["approved_by"]) == ("approved", "max")


def test_a_count_that_was_approved_before_the_floor_log_came_still_tells_who_counted_and_its_totals(house):
    box = house.store("paris", "p1", "p2")
    approved = CountApproved(
        count=C1, place=CountPlace.SAFE, business_day="2026-01-02", expected=2, found=2, missing=(), p_complete=0.99
    )
    box.write(approved, by="max")
    box.send()
    started = CountStarted(count=C1, place=CountPlace.SAFE, zones=(SAFE,), expected=2, why="Closing")
    box.write(started, stream=Stream.FLOOR, by="ana")
    box.write(finished(1), stream=Stream.FLOOR, by="house")
    box.send(stream=Stream.FLOOR)
    row = the_count(house)
    assert (row["state"], row["approved_by"], row["counted_by"], row["why"]) == ("approved", "max", "ana", "Closing")
    assert [total.found for total in detail(house).totals] == [2]


def test_a_count_that_did_not_begin_is_known_with_its_reason(house):
    box = house.store("paris", "p1")
    box.write(
        CountMissed(schedule="Closing", place=CountPlace.SAFE, due_us=7, why="this box was off", more=2),
        stream=Stream.FLOOR,
        by="house",
    )
    box.send(stream=Stream.FLOOR)
    (row,) = house.rows(sa.select(count_missed))
    assert (row["store"], row["schedule"], row["due_us"], row["more"]) == ("paris", "Closing", 7, 2)


def detail(house) -> queries.CountDetail:
    with house.office.reading() as tx:
        return queries.detail(tx, "paris", C1)


def test_totals_are_told_by_zone_and_tray_with_what_was_counted_by_hand(house, box):
    trays = tuple(
        CountTotal(zone=SAFE, tray=tray, expected=2, found=found, expected_mg=6400, found_mg=3200 * found)
        for tray, found in (("a", 2), ("b", 1))
    )
    tags = (CountTag(epc="E280AA", verdict=Verdict.DUPLICATE, zone=SAFE, rounds=4, note="two pieces have it"),)
    done = msgspec.structs.replace(finished(1), totals=trays, tags=tags)
    box.write(done, stream=Stream.FLOOR, by="house")
    box.send(stream=Stream.FLOOR)
    seen = detail(house)
    assert [(row.tray, row.counted, row.expected, row.found, row.found_mg) for row in seen.totals] == [
        (None, 2, 4, 3, 9600), ("a", None, 2, 2, 6400), ("b", None, 2, 1, 3200),
    ]  # fmt: skip
    assert [(tag.epc, tag.verdict) for tag in seen.tags] == [("E280AA", "duplicate")]


def test_looks_are_told_the_first_one_first(house, box):
    box.write(CountRecounting(count=C1, zones=(SAFE,), number=2), stream=Stream.FLOOR, by="leo")
    box.write(finished(2), stream=Stream.FLOOR, by="house")
    box.send(stream=Stream.FLOOR)
    assert [(look.number, look.zones, look.found) for look in detail(house).looks] == [(1, [], 1), (2, ["safe"], 2)]


def test_counts_are_listed_by_store_and_state(house, box):
    with house.office.reading() as tx:
        assert [row.counted_by for row in queries.listing(tx, store="paris", state="finished")] == ["ana"]
        assert queries.listing(tx, state="approved") == []
        assert queries.listing(tx, store="lyon") == []


def test_missed_counts_are_listed_by_store_newest_first(house):
    box = house.store("paris", "p1")
    for due_us in (7, 9):
        missed = CountMissed(schedule="Closing", place=CountPlace.SAFE, due_us=due_us, why="this box was off")
        box.write(missed, stream=Stream.FLOOR, by="house")
    box.send(stream=Stream.FLOOR)
    with house.office.reading() as tx:
        assert [(row.due_us, row.why) for row in queries.missed(tx)] == [
            (9, "this box was off"),
            (7, "this box was off"),
        ]
        assert queries.missed(tx, store="lyon") == []


def tell(box, *facts):
    for fact in facts:
        box.write(fact, stream=Stream.FLOOR)
    box.send(stream=Stream.FLOOR)


def test_a_counts_zones_are_called_as_their_store_calls_them(house, box):
    tell(box, ZoneVision(zone=SAFE, vision=Vision.SEEING, why="read every second", name="Strong room"))
    with house.office.reading() as tx:
        detail = queries.detail(tx, "paris", C1)
    assert detail.zone_names == {SAFE: "Strong room"}
    assert [each.zone for each in detail.verdicts] == [SAFE], "by its id, for whoever asks the API"


@pytest.fixture
def page_of(tmp_path, browse, house_type):
    """(What happened) → the page of the count, as a manager sees it."""
    url = f"sqlite:///{tmp_path / 'office.sqlite3'}"
    cloud = office_app.build(CloudConfig(database_url=url, port=0, second_factor=False))
    word = "long enough for anybody"
    with cloud.desk.work() as work:
        card = StaffCard(user=UserId("max"), name="Max", roles=(Role.MANAGER,))
        put_staff(work, card, Passwords().verifier(word))
    browser = browse(cloud.app)
    token = browser.post("/api/v1/login", json={"user": "max", "password": word}).json()["token"]

    def page(*facts, asked=False):
        tell(house_type(cloud.office).store("paris", "p1", "p2"), *facts)
        if asked:
            with cloud.desk.work() as work:
                row = {"store": "paris", "count_id": C1, "place": CountPlace.SAFE, "state": "requested"}
                work.tx.add(stock_count, row)
        return browser.get("/counts/paris/c1", headers={"Accept": "text/html", "Authorization": f"Bearer {token}"}).text

    yield page
    cloud.office.close()


STARTED = CountStarted(count=C1, place=CountPlace.SAFE, zones=(SAFE,), expected=2)
NAMED = ZoneVision(zone=SAFE, vision=Vision.SEEING, why="read every second", name="Strong room")


def test_the_page_of_a_count_names_zones_of_verdicts_tags_totals_and_looks(page_of):
    tag = CountTag(epc="E2", verdict=Verdict.UNKNOWN_TAG, zone=SAFE, rounds=3, note="read in 3 of 4 rounds")
    first, second = finished(1, GONE), msgspec.structs.replace(finished(2, GONE), tags=(tag,))
    page = page_of(NAMED, STARTED, first, CountRecounting(count=C1, zones=(SAFE,), number=2), second)
    assert page.count("Strong room") == 4
    assert "Safe<" not in page, "nor is one called by its id"


def test_a_zone_that_no_store_has_named_goes_by_its_id(page_of):
    assert '<td data-name="Zone">Safe</td>' in page_of(STARTED, finished(1, GONE))


def test_the_page_of_a_count_names_who_answered_by_hand(page_of):
    page = page_of(NAMED, STARTED, finished(1, GONE), EXPLAINED)
    assert re.search(r"leo, [^<]*: with the photographer", page)


ALL_FOUND = "Every expected piece was found."


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ((STARTED,), "stands here once the readers are done"),
        ((STARTED, finished(1), CountRecounting(count=C1, zones=(SAFE,), number=2)), "once the readers are done"),
        ((STARTED, finished(1)), ALL_FOUND),
    ],
)
def test_a_count_says_that_all_was_found_only_when_it_is_over(page_of, facts, said):
    page = page_of(*facts)
    assert said in page
    assert (ALL_FOUND in page) == (said == ALL_FOUND)


def test_a_count_that_was_asked_for_and_has_not_begun_found_nothing_yet(page_of):
    page = page_of(asked=True)
    assert "Not begun yet" in page
    assert ALL_FOUND not in page
