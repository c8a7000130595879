"""Appointments over HTTP: asked for, confirmed, moved, cancelled, as calendars, and by whom."""

import pytest

from cloud.app import build
from cloud.config import CloudConfig
from cloud.pos.pieces.desk import bring_in
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from contract.feed import Role, StaffCard, StoreCard
from contract.ids import StoreId, UserId

TIMES = {"at": "paris", "staff": "associate", "day": "2099-03-12", "begins": "14:30"}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    folder = tmp_path_factory.mktemp("appointments")
    cloud = build(CloudConfig(database_url=f"sqlite:///{folder / 'office.sqlite3'}", port=0, second_factor=False))
    with cloud.desk.work() as work:
        for store in ("paris", "milan"):
            card = StoreCard(store=StoreId(store), name=store.title(), currency="EUR", time_zone="Europe/Paris")
            open_store(work, card)
        for role in Role:
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)))
        stores = (StoreId("milan"),)
        put_staff(work, StaffCard(user=UserId("other"), name="Other", roles=(Role.ASSOCIATE,), stores=stores))
    yield cloud
    cloud.office.close()


@pytest.fixture(scope="module")
def ask(cloud, browse):
    browser = browse(cloud.app)
    tokens = {user: cloud.logins.begin(UserId(user)).token for user in (*Role, "other")}

    def ask(method, path, *, user=Role.ASSOCIATE, page=False, **given):
        headers = {"Authorization": f"Bearer {tokens[user]}"} | ({"Accept": "text/html"} if page else {})
        return browser.ask(method, path if page else f"/api/v1{path}", headers=headers, **given)

    return ask


@pytest.fixture(scope="module")
def person(ask):
    new = {"at": "paris", "given_name": "Zwetlana", "emails": ["zwet@example.com"]}
    return ask("POST", "/clients", json=new).json()["person"]


def made(ask, person, **changes):
    answer = ask("POST", "/appointments", json=TIMES | {"person": person} | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["appointment"]


def test_an_appointment_goes_its_way_by_the_api(ask, person):
    name = made(ask, person, note="The blue sapphires")
    at = f"/appointments/{name}"
    assert ask("GET", at).json()["state"] == "requested"
    told = ask("POST", f"{at}/confirm").json()
    assert told == {"not_told": "Nothing carries messages here: call them."}
    (row,) = ask("GET", "/appointments?at=paris&on=2099-03-12").json()
    assert (row["begins"], row["ends"], row["state"], row["possible"]) == (
        "14:30", "15:30", "confirmed", ["arrive", "cancel", "miss", "prepare"],
    )  # fmt: skip
    calendar = ask("GET", f"{at}/calendar")
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert f"UID:{name}@vitrine" in calendar.text.replace("\r\n ", "")
    assert "DTSTART:20990312T133000Z" in calendar.text
    assert ask("POST", f"{at}/move", json=TIMES | {"begins": "16:00"}).status_code == 200
    assert ask("GET", at).json()["sequence"] == 2
    assert "The blue sapphires" in ask("GET", f"/appointments/{name}", page=True).text
    assert ask("POST", f"{at}/cancel").status_code == 200
    again = ask("POST", f"{at}/confirm")
    assert again.status_code == 422
    assert "cancelled" in again.text


def test_two_at_once_are_refused_with_who_is_taken(ask, person):
    first, second = (made(ask, person, day="2099-04-01") for _ in range(2))
    assert ask("POST", f"/appointments/{first}/confirm").status_code == 200
    refused = ask("POST", f"/appointments/{second}/confirm")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:vitrine:problem:taken")
    page = ask("POST", f"/appointments/{second}/confirm", page=True)
    assert page.status_code == 422
    assert "That adviser is taken" in page.text


def test_its_page_calls_the_pieces_of_its_tray_by_their_names(ask, cloud, person, house_type):
    with cloud.desk.work() as work:
        bring_in(work, [house_type.card("p1", title="Aurora ring")], StoreId("paris"))
    name = made(ask, person, day="2099-06-01", pieces=["p1"])
    page = ask("GET", f"/appointments/{name}", page=True).text
    assert '<a href="/pieces/p1">Aurora ring</a>' in page


@pytest.mark.parametrize("wrong", [{"begins": "25:00"}, {"day": "tomorrow"}, {"begins": "14:07"}, {"minutes": 20}])
def test_what_cannot_be_is_a_sentence_and_the_form_keeps_what_was_typed(ask, person, wrong):
    given = TIMES | {"person": person} | wrong
    assert ask("POST", "/appointments", json=given).status_code == 422
    page = ask("POST", "/appointments/new", page=True, data=given | {"note": "sapphires"})
    assert page.status_code == 422
    assert "sapphires" in page.text


def test_another_stores_people_and_who_sees_no_clients_make_none(ask, person):
    assert ask("POST", "/appointments", user="other", json=TIMES | {"person": person}).status_code == 403
    name = made(ask, person, day="2099-05-01")
    assert ask("POST", f"/appointments/{name}/cancel", user="other").status_code == 403
    assert ask("GET", f"/appointments/{name}", user=Role.LOSS_PREVENTION).status_code == 403


def test_a_calendar_is_brought_in_and_a_broken_one_is_a_sentence(ask, person):
    busy = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTART:20990601T080000Z\r\nDTEND:20990601T090000Z\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    brought = ask("POST", "/appointments/calendars?at=paris&staff=associate", content=busy)
    assert brought.json()["left_out"] == 1, "that is too far ahead"
    broken = ask("POST", "/appointments/calendars?at=paris", content=b"\xff\x00BEGIN:")
    assert broken.status_code == 422
    file = {"file": ("a.ics", busy.encode(), "text/calendar")}
    page = ask("POST", "/appointments/calendar", page=True, data={"at": "paris", "staff": "associate"}, files=file)
    assert "The calendar was read" in page.text
    assert ask("POST", "/appointments/calendars?at=paris", content=b"x" * 600_000).status_code == 413


def test_rooms_and_trays_are_named_and_taken_away(ask):
    given = {"at": "paris", "kind": "room", "name": "Blue"}
    at = "/appointments/places/all"
    assert ask("POST", at, page=True, data=given).status_code == 403
    assert ask("POST", at, page=True, user=Role.ADMIN, data=given).status_code == 303
    assert "Blue" in ask("GET", at, page=True, user=Role.ADMIN).text
    ask("POST", at, page=True, user=Role.ADMIN, data=given | {"act": "drop"})
    assert "Take away Blue" not in ask("GET", at, page=True, user=Role.ADMIN).text
    assert ask("POST", at, page=True, user=Role.ADMIN, data=given | {"name": "a:b"}).status_code == 422
