"""The store's JSON API: who may, what is answered, and words for every refusal."""

import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import structlog

from contract.feed import FeedPage, FeedRow
from contract.ids import PieceId, UserId, ZoneId
from contract.messages import Down, Standing
from contract.seals import head_seal
from edge import own_books
from edge.api.looks import looking
from edge.api.pins import PinError
from edge.config import UplinkConfig
from edge.floor.now import PadNow
from web.attempts import FREE_ATTEMPTS
from web.policy import undeclared


def test_every_route_says_who_may_use_it(face):
    assert undeclared(face.edge.api) == []


def test_nobody_sees_the_store_without_a_login(face):
    answer = face.client.get("/api/v1/store")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_wrong_pin_is_refused_and_after_some_of_them_one_waits(face):
    codes = [face.client.post("/api/v1/login", json={"user": "ana", "pin": "0000"}).status_code for _ in range(6)]
    assert codes[:4] == [401] * 4
    assert codes[-1] == 429
    face.clock.now += 1_000_000_000
    assert face.client.post("/api/v1/login", json={"user": "ana", "pin": "4711"}).status_code == 200


def test_pins_guessed_at_once_are_as_few_as_pins_guessed_in_turn(face):
    async def guess_all():
        return await asyncio.gather(
            *(face.edge.shop.sign_in(UserId("ana"), f"{n:04d}") for n in range(20)), return_exceptions=True
        )

    statuses = [answer.status for answer in asyncio.run(guess_all())]
    assert statuses.count(401) == FREE_ATTEMPTS
    assert statuses.count(429) == 20 - FREE_ATTEMPTS


def test_a_stranger_with_a_pin_of_nobody_is_refused_the_same_way(face):
    assert face.client.post("/api/v1/login", json={"user": "nobody", "pin": "4711"}).status_code == 401


def test_a_pin_is_digits(config, face):
    with pytest.raises(PinError, match="4 to 12 digits"):
        own_books.set_pin(face.edge.config, "ana", "abc")


def test_a_sale_by_scanner_from_shift_to_z(face):
    face.scan(1, 2)
    sale = face.open_cart(1, 2)
    shown = face.get(f"/sales/{sale}").json()
    assert (shown["state"], shown["total_minor"], len(shown["lines"])) == ("open", 240_000, 2)
    body = {"tenders": [{"kind": "cash", "amount_minor": 240_000, "change_minor": 10_000}], "override": "no pad here"}
    recorded = face.post(f"/sales/{sale}/record", body, user="max")
    assert recorded.status_code == 200, recorded.text
    told = recorded.json()
    assert (told["state"], told["receipt_number"], told["sent"]) == ("recorded", 1, False)
    assert told["tenders"][0]["change_minor"] == 10_000
    piece = face.get("/pieces/p1").json()
    assert (piece["custody"], piece["sellable"]) == ("sold", False)
    assert "sold already" in piece["why_not"]
    closed = face.post("/shifts/close", {"till": "till-1", "cash_counted_minor": 260_000})
    assert closed.status_code == 200, closed.text
    z = closed.json()
    assert (z["z_number"], z["sales"], z["gross_minor"], z["cash_expected_minor"]) == (1, 1, 240_000, 260_000)


def test_a_recorded_sale_repeated_is_still_one_sale(face):
    face.scan(1)
    sale = face.open_cart(1)
    body = {"tenders": [{"kind": "card", "amount_minor": 120_000, "reference": "slip 7"}], "override": "no pad here"}
    face.post(f"/sales/{sale}/record", body, user="max")
    face.post(f"/sales/{sale}/record", body, user="max")
    assert len(face.get("/sales?state=recorded").json()) == 1


def test_a_piece_in_one_cart_is_refused_to_another_in_words(face):
    face.scan(1)
    face.open_cart(1)
    other = face.post("/sales", {"till": "till-2"})
    assert other.status_code in (201, 409)
    sale = face.post("/sales", {"till": "till-1"})
    assert (
        sale.status_code == 409
        or face.post(f"/sales/{sale.json()['sale']}/lines", {"piece": "p1", "override": "x"}).status_code == 409
    )


def test_an_unknown_piece_and_an_unknown_sale_are_not_found(face):
    sale = face.open_cart()
    unknown = face.post(f"/sales/{sale}/lines", {"epc": "E280AA0000000000000000FF"})
    assert unknown.status_code == 404
    assert face.get("/sales/nothing").status_code == 404
    assert face.get("/pieces/nothing").status_code == 404
    assert face.post("/sales/nothing/park").status_code in (404, 409)


def test_the_door_is_strict(face):
    assert face.post("/sales", {"till": "till-1", "colour": "blue"}).status_code == 422
    assert face.post("/shifts", {"till": "till-1", "float_minor": "12"}).status_code == 422
    assert face.post("/counts", {"place": "attic"}).status_code == 422


def test_only_a_manager_ships_and_only_the_guards_close_alarms(face):
    assert face.post("/transfers", {"to": "lyon", "pieces": ["p1"]}).status_code == 403
    assert face.post("/alarms/a1/close", {"outcome": "found"}).status_code == 403
    assert face.post("/alarms/a1/close", {"outcome": "found"}, user="lou").status_code == 404
    face.scan(1)
    shipped = face.post("/transfers", {"to": "lyon", "pieces": ["p1"]}, user="max")
    assert shipped.status_code == 201, shipped.text
    assert face.get("/pieces/p1").json()["custody"] in ("", "away")


def test_a_count_where_nobody_reads_is_refused_in_words(face):
    answer = face.post("/counts", {"place": "shelf"})
    assert answer.status_code == 409
    assert "No reader watches" in answer.json()["detail"]


def test_a_scan_receives_what_was_granted_and_reports_what_is_unknown(face, make):
    from trade.custody import TokenState

    make.give(face.edge.store.books, 3, state=TokenState.INCOMING)
    face.edge.store.stock.restand(face.edge.store.books.db, ["p3"])
    assert [each["piece"] for each in face.get("/transfers/incoming").json()] == ["p3"]
    answer = face.post("/scan", {"epcs": [make.card(3).epc, "AA00"]}).json()
    assert (answer["received"], answer["unknown_epcs"]) == (["p3"], ["AA00"])
    assert face.get("/pieces/p3").json()["sellable"]


def test_the_store_shows_itself(face):
    store = face.get("/store").json()
    assert (store["store"], store["mode"], store["mood"]) == ("paris", "active", "running")
    assert [zone["kind"] for zone in store["zones"]] == ["safe", "case", "pad", "exit"]
    assert store["uplink"]["configured"] is False
    assert {person["user"] for person in face.get("/staff").json()} == {"ana", "max", "lou"}
    assert face.get("/pad").json()["state"] == "idle"
    assert face.get("/pieces?query=ring 3").json()[0]["piece"] == "p3"


def test_a_search_in_one_zone_is_not_cut_short_by_hits_in_another(face, make):
    late = FeedRow(rev=300, scope="*", key="piece:p9", body=make.card(9, zone="safe"))
    face.edge.store.take_feed(FeedPage(rows=(late,), upto=300, more=False))
    assert [piece["piece"] for piece in face.get("/pieces?query=ring&zone=safe&limit=1").json()] == ["p9"]
    assert [piece["piece"] for piece in face.get("/pieces?query=ring&limit=1").json()] == ["p1"]


def test_signs_that_sql_would_take_for_any_are_letters_like_others(face, make):
    card = msgspec.structs.replace(make.card(9), title="Ring 100% recycled", sku="R_9\\b")
    face.edge.store.take_feed(
        FeedPage(rows=(FeedRow(rev=300, scope="*", key="piece:p9", body=card),), upto=300, more=False)
    )
    for query in ("%25", "100%25 recycled", "_", "r_9", "%5C"):
        assert [piece["piece"] for piece in face.get(f"/pieces?query={query}").json()] == ["p9"]
    for query in ("1%250", "p_", "%25_"):
        assert face.get(f"/pieces?query={query}").json() == []


def test_health_and_metrics_are_for_machines(face):
    well = {"ok": True, "mood": "running", "mode": "active", "uplink_up": False, "sales_unsent": 0}
    assert face.client.get("/healthz").json() == {**well, "office_differs": False, "mirror": ""}
    text = face.client.get("/metrics").text
    assert "vitrine_house_running 1.0" in text
    assert "vitrine_acts_refused_busy_total" in text
    assert "vitrine_uplink_downs_dropped_total 0.0" in text
    assert "vitrine_near_reads_dropped_total 0.0" in text


def test_what_a_newer_office_asks_is_shown_until_this_box_knows_it(face):
    def asked(command):
        node = face.edge.store.books.node()
        body = msgspec.Raw(msgspec.json.encode({"seq": node.down_upto + 1, "command": command}))
        return Down(
            store=node.store, cloud_epoch=node.cloud_epoch, term=node.term, epoch=node.epoch, standing=Standing.OK,
            first_seq=node.down_upto + 1, commands=(body,),
        )  # fmt: skip

    sentence = "The head office asks for something this box does not know yet: upgrade it."

    def page():
        return face.client.get("/readers", headers=face.bearer("ana")).text

    assert sentence not in page()
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            face.edge.store.hear(asked({"command": "piece.engrave", "piece": "p1"}))
    assert [line["command"] for line in logs if line["event"] == "command_unknown"] == ["piece.engrave"]
    assert face.get("/store").json()["uplink"]["unknown_command"] == "piece.engrave"
    assert "vitrine_uplink_command_unknown 1.0" in face.client.get("/metrics").text
    assert sentence in page()
    face.edge.store.hear(asked({"command": "lease.request", "piece": "p1", "order": "W1"}))
    assert "vitrine_uplink_command_unknown 0.0" in face.client.get("/metrics").text


def test_a_stopped_house_is_not_healthy_and_sells_nothing(face):
    bearer = face.bearer("ana")
    face.edge.house.stop(lambda: None)
    assert face.client.get("/healthz").status_code == 503
    answer = face.client.post("/api/v1/sales", json={"till": "till-1"}, headers=bearer)
    assert answer.status_code == 503
    assert "try again" in answer.json()["detail"]


def test_a_box_that_must_rejoin_says_so_and_sells_nothing(face):
    with face.edge.store.books.transaction() as tx:
        tx.must_rejoin("the head office knows a newer box for this store")
    answer = face.post("/sales", {"till": "till-1"})
    assert answer.status_code == 503
    assert "newer box" in answer.json()["title"]
    assert face.get("/store").json()["mode"] == "rejoin"


def test_a_request_from_another_site_is_refused(face):
    bearer = face.bearer("ana")
    answer = face.client.post(
        "/api/v1/sales", json={"till": "till-1"}, headers={**bearer, "sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403


def test_a_piece_tells_where_it_was_and_who_saw_it_last(face):
    assert face.get("/pieces/p1").json()["last_seen_us"] is None
    face.scan(1)
    told = face.get("/pieces/p1").json()
    assert told["last_seen_by"] == "scanner"
    assert (told["stays"], told["history_why"]) == ([], "")
    assert face.get("/pieces/nobody").status_code == 404


def test_a_store_whose_history_is_damaged_says_so_and_shows_the_piece(face):
    stays = face.config.data_dir / "history" / "stays"
    stays.mkdir(parents=True)
    (stays / "00000001-00000001.1700000000-1700007200.parquet").write_text("not Parquet")
    face.clock.now = 3_600_000_000
    told = face.get("/pieces/p1").json()
    assert told["title"] == "Ring 1"
    assert "1 file was damaged and set aside" in told["history_why"]


def test_a_zone_tells_who_lay_there_and_how_often_belief_was_right(face):
    told = face.edge.store.chronicle
    face.edge.store.stock.lies[:4] = 1  # believed in the case
    for zone, number in (("case", 1), ("case", 2), ("safe", 3)):
        assert face.post("/scan", {"pieces": [f"p{number}"], "zone": zone}).status_code == 200
    told.stop()
    told._written.result(timeout=20)
    case = face.get("/history/zones/case").json()
    assert (case["zone_name"], case["counted"], case["counted_here"]) == ("Case", 3, 2)
    assert [(one["zone"], one["pieces"]) for one in case["elsewhere"]] == [("safe", 1)]
    assert {one["piece"] for one in case["longest"]} == {"p1", "p2"}
    assert face.get("/history/zones/nowhere").status_code == 404
    stay = face.get("/pieces/p3").json()["stays"][0]
    assert (stay["zone"], stay["by"], stay["antenna"]) == ("safe", "scanner", 0)


def test_a_new_pin_ends_the_logins_made_with_the_old_one(face):
    assert face.get("/store").status_code == 200
    face.edge.house.step()
    own_books.set_pin(face.config, "ana", "9999")
    assert face.get("/store").status_code == 401


def test_a_drawer_is_opened_only_at_a_till_of_this_store(face):
    answer = face.post("/shifts", {"till": "till-9", "float_minor": 0})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:vitrine:problem:till")
    assert face.get("/shifts").json() == []


@pytest.mark.parametrize("to", ["paris", "nowhere"])
def test_a_piece_is_shipped_to_another_store_of_the_house_and_nowhere_else(face, to):
    face.scan(1)
    assert face.post("/transfers", {"to": to, "pieces": ["p1"]}, user="max").status_code == 404
    assert face.get("/pieces/p1").json()["custody"] == "here"


def test_only_who_works_a_register_may_bear_witness(face):
    """A testimony can stop the box, and brings rows that the head office will post."""
    assert face.post("/tills/till-1/testimony", {"logs": []}, user="lou").status_code == 403
    assert face.post("/tills/till-1/testimony", {"logs": []}, user="ana").status_code != 403


OFFICE = UplinkConfig(
    broker_host="127.0.0.1", broker_port=1, cloud_url="", ca=Path("ca"), cert=Path("cert"), key=Path("key")
)


@pytest.fixture
def proving(face):
    """A box of a store with a head office, which gave it the key of its witnesses. Asks what a till said led to."""
    face.edge.shop.config = msgspec.structs.replace(face.config, uplink=OFFICE)
    with face.edge.store.books.transaction() as tx:
        tx.db.run("seal_set", witness_key="ab" * 32, told="")

    def testify(*logs):
        return face.post("/tills/till-1/testimony", {"logs": list(logs)}).json()

    return testify


def test_what_a_login_makes_up_about_the_log_does_not_stop_the_store(face, proving):
    face.post("/shifts", {"till": "till-1", "float_minor": 20_000})
    news = proving()["news"]
    place = {name: news[name] for name in ("term", "epoch", "seq")}
    for seal in ("", "0" * 64):
        forged = proving({**place, "head": "f" * 64, "before": "f" * 64, "seal": seal})
        assert (forged["why"], forged["logs_unsealed"]) == ("", 1)
    proved = proving({**place, "head": news["head"], "before": news["head"], "seal": news["seal"]})
    assert (proved["why"], proved["logs_unsealed"]) == ("", 0)
    assert face.get("/store").json()["mode"] == "active"
    assert "vitrine_till_logs_unsealed_total 2.0" in face.client.get("/metrics").text


@pytest.mark.parametrize("seal", ["", "0" * 64, None])
def test_a_cookie_made_up_does_not_stop_the_store_and_one_the_box_sealed_does(face, proving, seal):
    """None: the control, a head that a box of this store sealed and this disk lacks."""
    news = proving()["news"]
    head, seq = "f" * 64, news["seq"] + 9
    if seal is None:
        where = {"store": "paris", "term": news["term"], "epoch": news["epoch"], "stream": "trade", "seq": seq}
        seal = head_seal(bytes.fromhex("ab" * 32), **where, head=bytes.fromhex(head))
    remembered = "~".join(str(word) for word in (news["term"], news["epoch"], seq, head, seal))
    bearer = face.bearer("ana")
    face.client.cookies.set("vitrine-witness-paris", remembered)
    face.client.get("/register", headers=bearer)
    proves = seal not in ("", "0" * 64)
    assert face.get("/store").json()["mode"] == ("rejoin" if proves else "active")


def test_a_person_who_looked_says_found_only_with_the_pad_as_witness(face):
    face.edge.store.tick(face.clock.now, writing=True)
    answer = face.post("/looks", {"piece": "p1", "found": True, "pad": "nowhere"})
    assert (answer.status_code, answer.json()["title"]) == (404, "There is no pad 'nowhere'")
    answer = face.post("/looks", {"piece": "p1", "found": True, "pad": "pad"})
    assert (answer.status_code, answer.json()["title"]) == (409, "The pad's reader does not read")
    assert face.post("/looks", {"piece": "p404", "found": False}).status_code == 404


def test_a_look_in_vain_is_written_down(face):
    face.edge.store.tick(face.clock.now, writing=True)
    answer = face.post("/looks", {"piece": "p1", "found": False})
    assert answer.status_code == 201
    assert answer.json()["wanted"] == []
    assert face.get("/looks").json()["pads"][0]["zone"] == "pad"


def test_a_piece_in_company_on_the_pad_says_nothing(face, monkeypatch):
    """Three tags are more than one piece carries."""
    face.edge.store.tick(face.clock.now, writing=True)
    pad = PadNow(zone=ZoneId("pad"), state="settled", settled=True, pieces=(PieceId("p1"),), strangers=("AAAA", "BBBB"))
    monkeypatch.setattr(looking, "reads", lambda *_: True)
    face.edge.store.pipeline.floor = replace(face.edge.store.pipeline.floor, pads=(pad,))
    answer = face.post("/looks", {"piece": "p1", "found": True, "pad": "pad"})
    assert (answer.status_code, answer.json()["title"]) == (409, "Several pieces lie on the pad")
    one = replace(pad, strangers=("AAAA",))
    face.edge.store.pipeline.floor = replace(face.edge.store.pipeline.floor, pads=(one,))
    assert face.post("/looks", {"piece": "p1", "found": True, "pad": "pad"}).status_code == 201


def test_a_manager_weighs_detectors_by_their_names(face):
    body = {"alarms_per_month_max": 2, "weights": {"missing": 3, "group": 1.5}}
    answer = face.client.put("/api/v1/watch/budget", json=body, headers=face.bearer("max"))
    assert answer.status_code == 200, answer.text
    weights = {line["kind"]: line["weight"] for line in answer.json()["detectors"]}
    assert (weights["missing"], weights["group"]) == (3, 1.5)
    body["weights"] = {"rain": 1}
    assert face.client.put("/api/v1/watch/budget", json=body, headers=face.bearer("max")).status_code == 422


def test_a_delivery_to_one_case_begins_once_however_often_it_is_asked_for(face):
    for _ in range(2):
        answer = face.post("/watch/deliveries", {"minutes": 5, "zones": ["case"], "restock": "d1"}, user="max")
        assert answer.status_code == 201, answer.text
    assert [one["zones"] for one in answer.json()["deliveries"]] == [["case"]]


def test_a_tag_that_is_read_in_its_case_is_not_called_dead(face, monkeypatch):
    face.edge.store.tick(face.clock.now, writing=True)
    monkeypatch.setattr(looking, "reads", lambda *_: True)
    monkeypatch.setattr(face.edge.store, "zone_now", lambda *_: ZoneId("case"))
    answer = face.post("/looks", {"piece": "p1", "found": True, "pad": "pad"})
    assert answer.status_code == 409
    assert answer.json()["title"].startswith("Its tag is read in ")
    monkeypatch.setattr(face.edge.store, "zone_now", lambda *_: None)
    assert face.post("/looks", {"piece": "p1", "found": True, "pad": "pad"}).status_code == 201


@pytest.mark.parametrize(
    ("path", "form", "user"),
    [
        ("/counts/c1/recount", {"zone": "case", "reason": "a\0b"}, "max"),
        ("/alarms/a1/close", {"outcome": "found", "note": "a\0b"}, "lou"),
        ("/alarms/a1/close", {"outcome": "\x1b", "note": ""}, "lou"),
        ("/register/lines", {"piece": "p1", "override": "a\0b"}, "ana"),
    ],
)
def test_a_page_takes_no_text_that_a_database_cannot_keep(face, path, form, user):
    """Such a row would be parked at the office for ever, and all that follows of the same count behind it."""
    answer = face.client.post(path, data=form, headers=face.bearer(user), follow_redirects=False)
    assert answer.status_code == 422, answer.text
