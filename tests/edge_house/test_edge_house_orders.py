"""Clients' orders over the store's API: who may, what is shown, and what stands in which queue."""

import datetime as dt

import pytest

CLIENT = "p-1"


def day(face, days=0):
    return (dt.date.fromisoformat(face.edge.shop.business_day()) + dt.timedelta(days=days)).isoformat()


def opened(face, kind="special", user="ana", **more):
    answer = face.post("/orders", {"kind": kind, "client": CLIENT, "title": "A rare ring", **more}, user=user)
    assert answer.status_code == 201, answer.text
    return answer.json()


def ok(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def quoted(face, order, minor=200_000):
    lines = [{"description": "A rare ring", "gross_minor": minor, "tax_bp": 2_000}]
    return ok(face.post(f"/orders/{order}/quote", {"lines": lines}))


def test_an_order_is_told_with_its_story_and_what_may_be_next(face):
    order = opened(face)
    assert (order["number"], order["state"]) == ("S-1001", "requested")
    assert order["possible"] == ["quote", "cancel"]
    shown = quoted(face, order["order"])
    assert [step["words"] for step in shown["steps"]] == ["Quoted", "Opened"]
    assert (shown["total_minor"], shown["deposit_minor"], shown["paid_minor"]) == (200_000, 60_000, 0)
    assert ok(face.get("/orders/s1001"))["order"] == order["order"], "as people type a number"


def test_orders_stand_in_the_queues_of_their_days(face):
    late = opened(face, promised_day=day(face, 1))
    ready = opened(face, promised_day=day(face, 9))
    assert [each["order"] for each in ok(face.get("/orders?queue=today"))] == [late["order"]]
    face.clock.now += 3 * 86_400_000_000
    face.bearers.clear()
    assert [each["order"] for each in ok(face.get("/orders?queue=overdue"))] == [late["order"]]
    quoted(face, ready["order"])
    assert [each["order"] for each in ok(face.get("/orders?queue=client"))] == [ready["order"]]
    ok(face.post(f"/orders/{late['order']}/hold", {"reason": "a part is missing"}))
    assert [each["held"] for each in ok(face.get("/orders?queue=held"))] == ["a part is missing"]
    ok(face.post(f"/orders/{late['order']}/end", {"event": "cancel", "why": "the client asks"}))
    assert [each["state"] for each in ok(face.get("/orders?queue=over"))] == ["cancelled"]


@pytest.mark.parametrize("text", ["L-1001", "l1001", CLIENT, "p3", "R-3", "E280AA000000000000000003"])
def test_an_order_is_found_by_number_client_piece_label_and_tag(face, text):
    order = opened(face, kind="layaway", pieces=["p3"])
    assert [each["order"] for each in ok(face.get(f"/orders?find={text}"))] == [order["order"]]
    assert ok(face.get("/orders?find=p4")) == []


def test_a_layaway_is_paid_in_parts_and_collected_over_the_api(face):
    order = opened(face, kind="layaway", pieces=["p3"])
    ok(face.post(f"/orders/{order['order']}/steps", {"event": "reserve"}))
    sale = face.open_cart()
    ok(face.post(f"/sales/{sale}/orders/{order['number']}/deposits", {"amount_minor": 50_000}), 201)
    cash = {"kind": "cash", "amount_minor": 50_000}
    wrong = face.post(f"/sales/{sale}/record", {"tenders": [cash], "client": "p-2"})
    assert wrong.status_code == 409
    assert "name them in this sale" in wrong.text
    ok(face.post(f"/sales/{sale}/record", {"tenders": [cash], "client": CLIENT}))
    assert ok(face.get(f"/orders/{order['order']}"))["paid_minor"] == 50_000
    pick_up = ok(face.post("/sales", {"till": "till-1"}), 201)["sale"]
    cart = ok(face.post(f"/sales/{pick_up}/orders", {"order": order["order"]}), 201)
    assert [line["description"] for line in cart["lines"]] == ["Ring 3 (L-1001)"]
    (aside,) = ok(face.get(f"/sales/{pick_up}/values"))
    assert aside["amount_minor"] == 50_000
    tenders = [
        {"kind": "deposit", "amount_minor": 50_000, "account": order["account"]},
        {"kind": "cash", "amount_minor": 70_000},
    ]
    body = {"tenders": tenders, "client": CLIENT, "override": "no pad here"}
    unread = face.post(f"/sales/{pick_up}/record", body, user="max")
    assert (unread.status_code, unread.json()["type"]) == (409, "urn:vitrine:problem:not-seen")
    assert "let a reader see it first" in unread.text, "a manager's word is not enough, as for any sale"
    ok(face.scan(3))
    ok(face.post(f"/sales/{pick_up}/record", body, user="max"))
    done = ok(face.get(f"/orders/{order['order']}"))
    assert (done["state"], done["sale"], done["paid_minor"]) == ("collected", pick_up, 0)


def test_a_piece_bound_while_its_order_is_in_a_cart_does_not_leave_unsold(face):
    order = opened(face, user="max", terms={})["order"]
    lines = [{"description": each, "gross_minor": 50_000, "tax_bp": 2_000} for each in ("A ring", "Its pair")]
    ok(face.post(f"/orders/{order}/quote", {"lines": lines}))
    ok(face.post(f"/orders/{order}/steps", {"event": "order", "party": "Maker"}, user="max"))
    ok(face.post(f"/orders/{order}/pieces", {"piece": "p3"}))
    sale = face.open_cart()
    first = ok(face.post(f"/sales/{sale}/orders", {"order": order}), 201)["lines"][0]["line"]
    ok(face.post(f"/orders/{order}/pieces", {"piece": "p4"}))
    paid = {"tenders": [{"kind": "cash", "amount_minor": 100_000}], "client": CLIENT, "override": "no pad here"}
    refused = face.post(f"/sales/{sale}/record", paid, user="max")
    assert refused.status_code == 409
    assert "take it off and add it again" in refused.text
    assert face.client.delete(f"/api/v1/sales/{sale}/lines/{first}", headers=face.bearer("ana")).status_code == 200
    cart = ok(face.post(f"/sales/{sale}/orders", {"order": order}), 201)
    assert [line["piece"] for line in cart["lines"]] == ["p3", "p4"]
    ok(face.scan(3, 4))
    ok(face.post(f"/sales/{sale}/record", paid, user="max"))
    assert ok(face.get("/pieces/p4"))["custody"] == "sold"


def test_nobody_pays_a_deposit_on_an_order_that_they_collect_in_the_same_sale(face):
    order = opened(face, kind="layaway", pieces=["p3"])["order"]
    ok(face.post(f"/orders/{order}/steps", {"event": "reserve"}))
    sale = face.open_cart()
    cart = ok(face.post(f"/sales/{sale}/orders/{order}/deposits", {"amount_minor": 60_000}), 201)
    ok(face.post(f"/sales/{sale}/orders", {"order": order}), 201)
    paid = {"tenders": [{"kind": "cash", "amount_minor": 180_000}], "client": CLIENT, "override": "no pad here"}
    refused = face.post(f"/sales/{sale}/record", paid, user="max")
    assert refused.status_code == 409
    assert "take its deposit out of the cart" in refused.text
    ok(face.scan(3))
    line = cart["lines"][0]["line"]
    assert face.client.delete(f"/api/v1/sales/{sale}/lines/{line}", headers=face.bearer("ana")).status_code == 200
    ok(face.post(f"/sales/{sale}/record", {**paid, "tenders": [{"kind": "cash", "amount_minor": 120_000}]}, user="max"))
    assert ok(face.get(f"/orders/{order}"))["paid_minor"] == 0


def test_who_may_not_keep_orders_is_told_and_sees_none(face):
    assert face.get("/orders", user="lou").status_code == 403
    assert face.post("/orders", {"kind": "memo", "client": "p", "title": "x"}, user="lou").status_code == 403


def test_an_order_that_is_not_here_is_told_in_words(face):
    answer = face.post("/orders/o-9/hold", {"reason": "x"})
    assert answer.status_code == 404
    assert "all stores" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "layaway", "client": CLIENT, "title": "x"},
        {"kind": "special", "client": CLIENT, "title": "x", "pieces": ["p1"]},
        {"kind": "special", "client": CLIENT, "title": " "},
        {"kind": "memo", "client": CLIENT, "title": "x", "pieces": ["p1", "p1"]},
        {"kind": "memo", "client": CLIENT, "title": "x", "pieces": ["nothing"]},
        {"kind": "special", "client": CLIENT, "title": "x", "promised_day": "2001-01-01"},
    ],
)
def test_what_makes_no_order_is_refused_in_words(face, body):
    answer = face.post("/orders", body)
    assert answer.status_code == 409
    assert len(answer.json()["title"]) > 20
    assert ok(face.get("/orders")) == []


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "wedding", "client": CLIENT, "title": "x"},
        {"kind": "special", "client": "", "title": "x"},
        {"kind": "special", "client": CLIENT, "title": "x", "promised_day": "tomorrow"},
        {"kind": "special", "client": CLIENT, "title": "x", "terms": {"deposit_bp": 10_001}},
        {"kind": "special", "client": CLIENT, "title": "x", "more": 1},
    ],
)
def test_nonsense_is_stopped_at_the_door(face, body):
    assert face.post("/orders", body).status_code == 422
