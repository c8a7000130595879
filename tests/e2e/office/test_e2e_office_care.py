"""Messages, reminders and appointments at the office, in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cloud.app import Cloud
from cloud.messages.outbox import Letter, put
from cloud.pos.appointments import desk
from cloud.pos.appointments.desk import Means, Wanted
from cloud.pos.appointments.slots import QUARTER_US
from cloud.pos.clients import desk as clients
from cloud.pos.clients.profile import Milestone
from cloud.pos.clients.reach import reaching
from cloud.pos.stores.desk import open_store
from cloud.tables import reminder
from contract.feed import StoreCard
from trade.consent import Channel

TILL, PHONE = (1280, 800), (390, 844)
BY_THEME = ("color-contrast", "link-in-text-block")
CLIENT = "01990000-0000-7000-8000-000000000001"


class Taking:
    """A carrier that takes everything."""

    channel, remembers = Channel.EMAIL, True

    def send(self, parcel, *, now_us):
        return parcel.message


@pytest.fixture(scope="module")
def office(tmp_path_factory, serve, make_office: Callable[[Path], Cloud]) -> Iterator[tuple[str, dict[str, str]]]:
    cloud = make_office(tmp_path_factory.mktemp("care"))
    ways = cloud.post.ways
    object.__setattr__(ways, "carriers", {Channel.EMAIL: Taking()})
    means = Means(cloud.ring, ways, reaching(cloud.ring), cloud.desk.new_id)
    made = {}
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store="flagship", name="Flagship", currency="EUR"))
        given = {
            "given_name": "Max", "family_name": "Muster", "emails": ("max@example.com",),
            "milestones": (Milestone(milestone="m1", kind="birthday", day="--03-12"),),
        }  # fmt: skip
        clients.create(work, cloud.ring, CLIENT, given, by="manager", store="flagship", why="he came in")
        for kind, name in (("room", "The blue room"), ("tray", "Velvet 1")):
            desk.put_place(work, "flagship", kind, name, by="admin")
        noon = (work.now_us // (96 * QUARTER_US) + 1) * 96 * QUARTER_US + 48 * QUARTER_US
        for name, hours in (("asked", 0), ("confirmed", 8)):
            starts_us = noon + hours * QUARTER_US
            wanted = Wanted("flagship", "manager", starts_us, starts_us + 4 * QUARTER_US, "The blue room", "Velvet 1")
            made[name] = desk.request(work, means, CLIENT, wanted, note="He comes with his daughter", by="manager")
        desk.confirm(work, means, made["confirmed"], by="manager")
        day = {"subject": f"{CLIENT}:m1", "year": 2099, "channel": "adviser", "person": CLIENT, "milestone": "m1"}
        work.tx.add(reminder, {**day, "day": "2099-03-12", "owner": "manager"})
        fields = reaching(cloud.ring)(work, CLIENT).fields(
            house="Maison", store="Flagship", adviser="Ana", news="Ready."
        )
        letter = Letter(
            key="k", person=CLIENT, channel=Channel.EMAIL, to="max@example.com", template="order", fields=fields,
            language="en", store="flagship", by="manager",
        )  # fmt: skip
        made["message"] = put(work, cloud.ring, ways, letter, cloud.desk.new_id)
        made["day"] = str(noon)
    yield serve(cloud.app), made
    cloud.office.close()


@pytest.mark.looks_at(
    "/messages", "/messages/{message}", "/messages/templates/all", "/messages/templates/edit", "/reminders", "/appointments",
    "/appointments/new", "/appointments/{appointment}", "/appointments/places/all", "/stop/{link}",
)  # fmt: skip
def test_every_page_is_accessible_in_every_size(
    office, signed_in: Callable[..., Page], look_at: Callable[[Page, str], None], expected_errors: list[str]
) -> None:
    expected_errors.append("404")
    url, made = office
    page = signed_in(url, "/", user="admin")
    paths = {
        "messages": "/messages", "messages-none": "/messages?group=failed", "message": f"/messages/{made['message']}",
        "templates": "/messages/templates/all", "template-new": "/messages/templates/edit",
        "template": "/messages/templates/edit?template=birthday&language=fr", "today": "/reminders?book=all",
        "today-none": "/reminders", "appointments": "/appointments", "appointment-new": f"/appointments/new?person={CLIENT}",
        "appointment-asked": f"/appointments/{made['asked']}", "appointment": f"/appointments/{made['confirmed']}",
        "places": "/appointments/places/all", "stop-none": "/stop/none",
    }  # fmt: skip
    for name, path in paths.items():
        assert page.goto(url + path).status == (404 if name == "stop-none" else 200), path
        look_at(page, f"office-{name}")


def test_an_appointment_is_asked_for_confirmed_and_cancelled(office, signed_in: Callable[..., Page]) -> None:
    url, _ = office
    page = signed_in(url, "/appointments", user="manager")
    page.goto(f"{url}/appointments/new?person={CLIENT}")
    page.get_by_label("Day").fill("2099-03-12")
    page.get_by_label("Begins at").fill("14:30")
    page.get_by_label("Room").select_option("The blue room")
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_text("Asked for")).to_be_visible()
    page.get_by_role("button", name="Confirm it").click()
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()
    page.get_by_role("button", name="Cancel it").click()
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()


def test_an_adviser_says_that_they_see_to_a_day(office, signed_in: Callable[..., Page]) -> None:
    page = signed_in(office[0], "/reminders", user="manager")
    expect(page.get_by_text("their birthday")).to_be_visible()
    page.get_by_role("button", name="I see to it").click()
    expect(page.get_by_text("their birthday")).to_have_count(0)


def test_words_are_looked_at_as_a_client_would_read_them(office, signed_in: Callable[..., Page]) -> None:
    page = signed_in(office[0], "/messages", user="admin")
    page.goto(office[0] + "/messages/templates/edit?template=birthday&language=en")
    page.get_by_label("Text").fill("Dear {name}, come to {store}.")
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_text("Dear Mme Exemple, come to Paris.")).to_be_visible()
