"""The wall: few alarms however many there are, who looks after them, and the plan of an hour ago."""

import re
import threading
from dataclasses import replace

import numpy as np
import pytest

from contract.facts import AlarmKind, AlarmRaised, ReaderLink, Severity
from contract.ids import AlarmId, PieceId, UserId, ZoneId
from edge.api.heeding import HEEDED_MAX, Heeding
from edge.api.pulse import KEPT, Pulse
from edge.api.wall import then
from edge.floor.now import ReaderNow
from edge.history.questions import Lay

LOU = UserId("lou")


def raise_alarms(face, *, first=1, number=1, **more):
    """So many alarms about pieces of the case, a second apart."""
    shop = face.edge.shop
    for n in range(first, first + number):
        face.clock.now += 1_000_000
        said = {"kind": AlarmKind.MISSING, "value_minor": 120_000, "currency": "EUR", **more}
        fact = AlarmRaised(
            alarm=AlarmId(f"a{n:04}"),
            pieces=(PieceId(f"p{n % 8 + 1}"),),
            zone=ZoneId("case"),
            sentence="Silent.",
            **said,
        )
        shop.store.pipeline.news.say([fact])
        shop.store.tick(face.clock.now, writing=True)


def test_of_a_thousand_alarms_the_loudest_are_shown_and_all_are_counted(face):
    raise_alarms(face, number=300, severity=Severity.NOTICE)
    raise_alarms(face, first=301, severity=Severity.SIREN)
    raise_alarms(face, first=302)
    wall = face.get("/wall", "lou").json()
    assert wall["open_total"] == 302
    assert [alarm["alarm"] for alarm in wall["cards"]] == ["a0301", "a0302"]
    assert len(wall["rows"]) == 6
    page = face.client.get("/wall", headers=face.bearer("lou"))
    assert "and 294 more that are open" in page.text
    assert face.get("/store").json()["alarms_open"] == 302


def test_all_alarms_are_paged_and_can_be_asked_for_by_state(face):
    raise_alarms(face, number=60)
    face.post("/alarms/a0060/close", {"outcome": "false_alarm"}, "lou")
    headers = face.bearer("lou")
    first = face.client.get("/alarms", headers=headers).text
    assert first.count('class="title"') == 50
    assert "page=2" in first
    second = face.client.get("/alarms?page=2", headers=headers).text
    assert second.count('class="title"') == 10
    closed = face.client.get("/alarms?state=closed", headers=headers).text
    assert closed.count('class="title"') == 1
    assert "pager" in second
    assert "pager" not in closed, "one page is not paged"
    assert "False alarm" in closed
    assert face.client.get("/alarms?page=0", headers=headers).status_code == 422


def test_who_looks_after_an_alarm_is_told_on_every_wall_until_it_is_closed(face):
    raise_alarms(face)
    answer = face.post("/alarms/a0001/heed", user="lou")
    assert answer.json()["heeded"]["a0001"]["by_name"] == "Lou"
    face.post("/alarms/a0001/heed", user="max")
    page = face.client.get("/wall", headers=face.bearer("ana")).text
    assert "Lou looks after it since" in page, "who came first keeps it"
    assert "data-sounds" not in page
    assert face.post("/alarms/a0001/heed", user="ana").status_code == 403
    assert face.post("/alarms/nothing/heed", user="lou").status_code == 404
    face.post("/alarms/a0001/close", {"outcome": "found"}, "lou")
    assert face.get("/wall", "lou").json()["heeded"] == {}


def test_an_alarm_that_nobody_looks_after_sounds(face):
    raise_alarms(face, severity=Severity.SIREN)
    assert 'data-sounds="siren"' in face.client.get("/wall", headers=face.bearer("ana")).text


def test_words_about_alarms_are_bounded_and_the_oldest_is_forgotten():
    heeding = Heeding()
    for n in range(HEEDED_MAX + 5):
        heeding.take(AlarmId(f"a{n}"), LOU, n)
    assert heeding.of("a4") is None
    assert heeding.of("a5").since_us == 5


def test_a_piece_lies_where_most_rounds_read_it():
    lays = [Lay(PieceId("p"), ZoneId("next-door"), 3), Lay(PieceId("p"), ZoneId("case"), 40)]
    assert then.placed(lays) == {"p": "case"}


@pytest.fixture
def told(face):
    """A box that heard eight pieces in the case, and then one of them on the pad."""
    chronicle, store = face.edge.store.chronicle, face.edge.store
    rows = [store.stock.catalogue.row_of(PieceId(f"p{n}")) for n in range(1, 9)]

    def hear(zone, some):
        at = store.stock.zones.index[ZoneId(zone)]
        chronicle._stays.hear(face.clock.wall_us(), np.array(some, np.int32), np.full(len(some), at, np.int32))

    for second in range(0, 1200, 10):
        face.clock.now += 10_000_000
        hear("case", rows if second < 600 else rows[1:])
        if second >= 900:
            hear("pad", rows[:1])
    return face


def frame(face, back_minutes, user="lou"):
    return face.get(f"/wall/then?back_minutes={back_minutes}", user).json()


def test_the_plan_of_some_minutes_ago_holds_what_was_read_then(told):
    assert frame(told, 15)["pieces"] == {"case": 8}
    now = frame(told, 0)
    assert now["pieces"] == {"case": 7, "pad": 1}
    assert [(move["piece"], move["from_name"], move["to_name"]) for move in now["moves"]] == [("p1", "", "Pad")]
    assert frame(told, 60)["pieces"] == {}


def test_no_piece_has_moved_because_the_history_began(told):
    """Five minutes before its first row nothing was read, which tells of no piece where it was."""
    first = frame(told, 18)
    assert (first["total"], first["told"], first["moves"], first["moves_total"]) == (8, False, [], 0)
    assert frame(told, 0)["told"], "the control: a moment with both ends read"
    page = told.client.get("/wall/then?hours=1&at=42", headers=told.bearer("lou")).text
    assert "what moved between them cannot be told" in page


def test_the_plan_then_is_the_same_once_its_stays_are_on_the_disk(told):
    before = [frame(told, back)["pieces"] for back in (15, 7, 0)]
    chronicle = told.edge.store.chronicle
    chronicle._keep(chronicle._stays.close(told.clock.wall_us(), everything=True))
    chronicle._write()
    chronicle._written.result(timeout=30)
    assert [frame(told, back)["pieces"] for back in (15, 7, 0)] == before


def test_the_last_hours_slide_from_page_to_page_and_never_into_the_future(told):
    headers = told.bearer("lou")
    page = told.client.get("/wall/then?hours=1", headers=headers)
    assert page.status_code == 200
    assert 'max="60" value="60"' in page.text
    assert "Later" not in page.text
    earlier = told.client.get("/wall/then?hours=1&until=1&at=3", headers={**headers, "hx-request": "true"})
    assert earlier.status_code == 200
    assert "<html" not in earlier.text
    future = then.span_of(told.edge.shop, 8, 1 << 60, 999)
    assert future.until_us <= told.clock.wall_us()
    assert (future.nth, future.at_us) == (future.steps, future.until_us)
    assert told.client.get("/wall/then?hours=99", headers=headers).status_code == 422


def closing(face, user="max"):
    return face.client.get("/closing", headers=face.bearer(user)).text


def test_at_closing_the_page_says_whether_the_safes_were_counted(face):
    assert "The safes were never counted" in closing(face)
    refused = face.client.post("/closing/count", headers=face.bearer("ana"), follow_redirects=False)
    assert refused.status_code == 409, "no reader watches this box's safe"


def test_a_reader_that_is_not_there_has_no_page(face):
    assert face.client.get("/readers/none", headers=face.bearer("ana")).status_code == 404


def test_the_pulse_of_a_reader_is_bounded(face):
    floor = face.edge.shop.floor
    pulse = Pulse()
    for _ in range(KEPT + 5):
        pulse.feel(replace(floor, readers=(ReaderNow("r", ReaderLink.READING, "", "", "", 0, 0, 0, 12.34),)))
    assert pulse.of("r") == (12.3,) * KEPT
    assert pulse.of("none") == ()


def test_losses_sum_thefts_and_exceptions_by_associate_for_who_oversees(face):
    raise_alarms(face, number=2)
    face.post("/alarms/a0001/close", {"outcome": "theft"}, "lou")
    face.scan(1, 2)
    sale = face.open_cart(1)
    face.post(f"/sales/{sale}/void", {"reason": "changed her mind"})
    told = face.get("/losses", "lou").json()
    assert (told["thefts"], told["thefts_minor"]) == (1, 120_000)
    assert [(one["name"], one["voided"]) for one in told["exceptions"]] == [("Ana", 1)]
    assert face.get("/losses", "ana").status_code == 403
    assert "Exceptions by associate" in face.client.get("/losses", headers=face.bearer("max")).text


def test_missing_pieces_are_all_counted_and_it_is_said_whose_worth_is_told(face, monkeypatch):
    monkeypatch.setattr("edge.api.losses.views.PIECES_MAX", 1)
    at_us = face.edge.shop.clock.wall_us()
    with face.edge.shop.store.books.transaction() as tx:
        tx.db.run(
            "count_approve", count="c-1", place="floor", expected=2, found=0, p_complete=1.0, at_us=at_us,
            business_day="2026-11-22", approved_by="max",
        )  # fmt: skip
        for piece in ("p0001", "p0002"):
            tx.db.run(
                "verdict_set", count="c-1", piece=piece, verdict="missing", zone="case-1", p_present=0.0, note="",
                at_us=at_us, rounds=9, by="",
            )  # fmt: skip
    told = face.get("/losses", "lou").json()
    assert (told["missing"], told["missing_valued"]) == (2, 1)
    page = face.client.get("/losses", headers=face.bearer("lou")).text
    assert "Their worth is that of the 1 missed last." in page


def test_an_open_wall_is_sent_the_parts_that_changed_each_to_its_place(face):
    def floor(shown, user="lou"):
        return face.client.get(f"/wall/floor?shown={shown}", headers=face.bearer(user))

    def number(page):
        return page.text.split('name="shown" value="')[1].split('"')[0]

    def parts(page):
        return re.findall(r'id="([^"]+)"[^>]* hx-swap-oob', page.text)

    pipeline = face.edge.shop.store.pipeline
    pipeline.show(face.clock.now)
    first = face.client.get("/wall", headers=face.bearer("lou"))
    still = floor(number(first))
    assert "zone-" not in still.text, "nothing changed"
    assert still.headers["HX-Retarget"] == "#floor-shown"
    zones = tuple(replace(z, present=z.present + 1) if z.zone == "case" else z for z in pipeline.floor.zones)
    pipeline.floor = replace(pipeline.floor, zones=zones)
    changed = floor(number(still))
    assert changed.text.count('class="zone ') == 1
    assert 'id="zone-case" hx-swap-oob' in changed.text
    assert 'id="wall-floor"' in floor(number(still), "max").text, "what somebody else's page shows is not this one's"
    assert 'id="wall-floor"' in floor(1).text, "a number that is not known"
    zones = tuple(replace(z, why="it is covered") if z.zone == "safe" else z for z in pipeline.floor.zones)
    pipeline.floor = replace(pipeline.floor, zones=zones)
    blind = floor(number(changed))
    assert parts(blind) == ["zone-safe", "row-safe", "floor-notes", "floor-sum", "floor-figures"]
    assert "It is covered." in blind.text
    raise_alarms(face)
    raised = floor(number(blind))
    assert {"plan-trails", "floor-figures"} <= set(parts(raised)), "there are ways, and the month's alarms are others"
    assert 'id="wall-floor"' not in raised.text
    assert parts(floor(number(raised))) == []
    assert 'id="alarm-a0001"' in face.client.get("/wall/alarms", headers=face.bearer("lou")).text


def test_a_pin_is_looked_at_while_captures_are_written(face):
    """A thousand alarms at once are kept for minutes; on the pool of captures a sign-in waited for them all."""
    recorder, held = face.edge.shop.store.recorder, threading.Event()
    assert recorder is not None
    ended = recorder._pool.submit(held.wait, 20)
    try:
        assert face.bearer("max")
        assert not ended.done(), "signed in before the capture was written"
    finally:
        held.set()
