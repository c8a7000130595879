"""Appointments over the store's API and pages: what the office told, the tray with pieces, and the end of it."""

import pytest

from contract.feed import AppointmentCard, FeedPage, FeedRow

CLIENT = "01990000-0000-7000-8000-000000000001"


@pytest.fixture
def told(face):
    def tell(name="a1", rev=700, *, body=True, **changes):
        given = {
            "appointment": name, "store": face.edge.shop.config.store, "person": CLIENT, "staff": "ana",
            "starts_us": 2_000_000, "ends_us": 5_000_000, "room": "Blue", "tray": "Velvet 1", "pieces": ("p3", "p4"),
        }  # fmt: skip
        card = AppointmentCard(**(given | changes)) if body else None
        row = FeedRow(rev=rev, scope=face.edge.shop.config.store, key=f"appointment:{name}", body=card)
        face.edge.store.take_feed(FeedPage(rows=(row,), upto=rev, more=False))

    return tell


def ok(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def test_what_the_office_told_is_there_and_goes_when_it_takes_it_back(face, told):
    assert ok(face.get("/appointments")) == []
    told()
    told("a2", rev=701, starts_us=1_000_000)
    rows = ok(face.get("/appointments"))
    assert [(row["appointment"], row["state"]) for row in rows] == [("a2", "confirmed"), ("a1", "confirmed")]
    assert [(each["piece"], each["wanted"], each["on_tray"]) for each in rows[0]["pieces"]] == [
        ("p3", True, False),
        ("p4", True, False),
    ]
    told("a2", rev=702, body=False)
    told(rev=703, cancelled=True, sequence=2)
    assert [(row["appointment"], row["state"], row["possible"]) for row in ok(face.get("/appointments"))] == [
        ("a1", "cancelled", [])
    ]
    assert face.get("/appointments/a9").status_code == 404


def test_a_tray_is_prepared_shown_and_closed_over_the_api(face, told):
    told()
    face.scan(3, 4)
    view = ok(face.post("/appointments/a1/prepare", {"pieces": ["p3", "p4"], "tray": "Velvet 1"}))
    assert (view["state"], view["unread"]) == ("prepared", sum(each["where"] == "away" for each in view["pieces"]))
    ok(face.post("/appointments/a1/arrive"))
    assert ok(face.post("/appointments/a1/begin"))["state"] == "in_progress"
    refused = face.post("/appointments/a1/close", {"how": "miss"})
    assert refused.status_code == 409
    told(rev=701, body=False)
    assert [row["state"] for row in ok(face.get("/appointments"))] == ["in_progress"], "its tray is still out"


def an_hour_later(face):
    """What a hand scanned counts as read for a while only."""
    face.clock.now += 3_600_000_000
    face.bearers.clear()


def test_the_pages_show_the_tray_and_say_what_to_lay_back(face, told):
    told()
    face.scan(3)
    ok(face.post("/appointments/a1/prepare", {"pieces": ["p3"]}))
    an_hour_later(face)

    def page(path):
        return face.client.get(path, headers={**face.bearer("ana"), "Accept": "text/html"})

    assert "Velvet 1" in page("/appointments").text
    shown = page("/appointments/a1").text
    assert "Tray ready" in shown
    assert "1 not read back" in shown
    assert page("/appointments/none").status_code == 404


def test_a_tray_that_is_not_whole_needs_a_reason_and_who_may_give_it(face, told):
    told()
    face.scan(3)
    ok(face.post("/appointments/a1/prepare", {"pieces": ["p3"]}))
    an_hour_later(face)
    refused = face.post("/appointments/a1/close", {"how": "miss"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:vitrine:problem:not-read-back")
    closed = face.post("/appointments/a1/close", {"how": "miss", "why": "It is at the polisher"})
    assert closed.status_code == 403, "somebody else answers for it"
    assert "Ring 3" in closed.json()["detail"]
    face.scan(3)
    assert ok(face.post("/appointments/a1/close", {"how": "miss"}))["state"] == "no_show"
