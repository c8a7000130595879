"""From a till to a page of the office: once, within a minute, for who gave their PIN, to look and no more."""

import asyncio
import itertools
import re
import warnings
from collections.abc import Iterator

import httpx
import pytest
import sqlalchemy as sa

from cloud import changes
from cloud.app import Cloud, build
from cloud.config import CloudConfig
from cloud.doors import NamedApp
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.tables import case_file
from cloud.tickets import CASE, HOUR_US, PER_HOUR_MAX, lesser
from contract.feed import Permission, Role, StaffCard, StoreCard
from contract.ids import StoreId, UserId
from contract.messages import encode
from contract.tickets import GOOD_FOR_S, AskTicket
from web.logins import MINUTE_US
from web.powers import NONE, Powers

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

PARIS, MILAN = StoreId("paris"), StoreId("milan")
PAGE = "/receipts"
HTML = {"Accept": "text/html"}


class Clock:
    """The office's wall clock, moved by hand."""

    late_us = 0


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("office")
    built = build(
        CloudConfig(database_url=f"sqlite:///{folder / 'office.sqlite3'}", port=0, pages_url="http://office/")
    )
    real = built.desk.now_us
    built.tickets.logins._now_us = lambda: real() + clock.late_us
    object.__setattr__(built.desk, "now_us", built.tickets.logins._now_us)
    with built.desk.work() as work:
        for store in (PARIS, MILAN):
            open_store(work, StoreCard(store=store, name=store.title(), currency="EUR"))
        put_staff(work, StaffCard(user=UserId("ana"), name="Ana", roles=(Role.ASSOCIATE,), stores=(PARIS,)), "")
        put_staff(work, StaffCard(user=UserId("root"), name="Root", roles=(Role.ADMIN,)), "")
        put_staff(work, StaffCard(user=UserId("gone"), name="Gone", roles=(Role.ADMIN,), active=False), "")
    yield built
    built.office.close()


@pytest.fixture
def browser(cloud: Cloud, clock: Clock) -> Iterator[httpx.Client]:
    clock.late_us = 0
    with TestClient(cloud.app, base_url="http://office") as client:
        yield client


def asked(cloud: Cloud, user: str, path: str = PAGE, store: StoreId = PARIS) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=NamedApp(cloud.door, store, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as line:
            return await line.post("/edge/v1/tickets", content=encode(AskTicket(user=UserId(user), path=path)))

    return asyncio.run(ask())


def ticket(cloud: Cloud, user: str = "ana", path: str = PAGE) -> str:
    answer = asked(cloud, user, path)
    assert answer.status_code == 200, answer.text
    return answer.json()["url"]


def test_a_ticket_opens_its_page_once(cloud: Cloud, browser: httpx.Client) -> None:
    url = ticket(cloud)
    opened = browser.get(url, headers=HTML)
    assert f'http-equiv="refresh" content="0; url={PAGE}"' in opened.text
    assert browser.get(f"{PAGE}?store=paris", headers=HTML).status_code == 200
    browser.cookies.clear()
    assert browser.get(url, headers=HTML, follow_redirects=False).headers["location"] == "/sign-in"
    assert browser.get(PAGE, headers=HTML, follow_redirects=False).headers["location"].startswith("/sign-in")


def test_a_ticket_is_good_for_a_minute_and_the_look_for_ten(cloud: Cloud, browser: httpx.Client, clock: Clock) -> None:
    url = ticket(cloud)
    clock.late_us += (GOOD_FOR_S + 1) * 1_000_000
    assert browser.get(url, follow_redirects=False).headers["location"] == "/sign-in"
    browser.get(ticket(cloud))
    assert browser.get("/sales?store=paris", headers=HTML).status_code == 200
    clock.late_us += 11 * MINUTE_US
    assert browser.get("/sales?store=paris", headers=HTML, follow_redirects=False).status_code == 303


def test_who_came_by_a_ticket_changes_nothing_and_has_no_power_over_money_or_people(
    cloud: Cloud, browser: httpx.Client
) -> None:
    """An admin's PIN at a till is no second factor."""
    browser.get(ticket(cloud, "root"))
    refused = browser.post("/api/v1/stores/paris/enrolment")
    assert (refused.status_code, refused.json()["title"]) == (403, "You came from a till, to look")
    assert browser.get("/sales?store=paris&as=csv").json()["title"] == refused.json()["title"], "page by page alone"
    assert browser.get("/ledger", headers=HTML).status_code == 403
    assert browser.get("/stores/paris/enrol", headers=HTML).status_code == 403
    csrf = re.search(r'name="csrf" value="([^"]+)"', browser.get(PAGE, headers=HTML).text)
    assert csrf is not None
    browser.post("/sign-out", data={"csrf": csrf[1]}, headers=HTML)
    assert browser.get(PAGE, headers=HTML, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("user", "path", "store", "status"),
    [
        ("ana", "/staff", PARIS, 422),
        ("ana", "//elsewhere.example", PARIS, 422),
        ("ana", "/clients/../staff", PARIS, 422),
        ("ana", PAGE, MILAN, 403),
        ("gone", PAGE, PARIS, 403),
        ("nobody", PAGE, PARIS, 403),
    ],
)
def test_no_ticket_is_given_for_other_pages_or_people(
    cloud: Cloud, user: str, path: str, store: StoreId, status: int
) -> None:
    assert asked(cloud, user, path, store).status_code == status


def test_a_box_that_asks_for_more_than_its_people_open_is_refused_and_named_in_a_case(
    cloud: Cloud, clock: Clock
) -> None:
    assert [asked(cloud, "root", store=MILAN).status_code for _ in range(PER_HOUR_MAX + 2)] == [200] * PER_HOUR_MAX + [
        429
    ] * 2
    with cloud.desk.look() as work:
        (case,) = work.tx.rows(sa.select(case_file).where(case_file.c.kind == CASE))
    assert "vitrine revoke" in case["sentence"]
    with cloud.desk.work() as work:
        closing = sa.update(case_file).where(case_file.c.kind == CASE)
        work.tx.run(closing.values(closed_us=work.now_us, closed_by="root", outcome="asked"))
    assert asked(cloud, "root", store=MILAN).status_code == 429
    with cloud.desk.look() as work:
        (case,) = work.tx.rows(sa.select(case_file).where(case_file.c.kind == CASE))
    assert case["closed_us"], "once an hour"
    assert asked(cloud, "ana").status_code == 200, "another store goes on"
    clock.late_us += HOUR_US
    assert asked(cloud, "root", store=MILAN).status_code == 200


def test_each_ticket_is_kept_among_the_changes(cloud: Cloud) -> None:
    ticket(cloud, path="/sales/s-1")
    with cloud.desk.look() as work:
        newest = changes.listing(work.tx, what="ticket")[0]
    assert (newest.by, newest.store, newest.differences[0].now) == ("ana", PARIS, "/sales/s-1")


def test_tickets_that_nobody_uses_are_bounded(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud.tickets.WAITING_MAX", 3)
    for _turn in itertools.repeat(None, 5):
        ticket(cloud)
    assert len(cloud.tickets._waiting) == 3


def test_a_glance_is_no_login_of_every_power_nor_of_every_store() -> None:
    everything = Powers(house=frozenset(Permission), own={PARIS: frozenset(Permission)})
    held = lesser(everything, PARIS)
    assert Permission.LEDGER not in held.anywhere
    assert Permission.SEE_CLIENTS in held.at(PARIS)
    assert (held.at(MILAN), held.everywhere, held.of(MILAN)) == (frozenset(), frozenset(), False)
    assert lesser(everything, None) == NONE
    assert lesser(Powers(house=frozenset(Permission), only=(MILAN,)), PARIS) == NONE


def test_who_came_from_a_till_sees_that_store_alone(cloud: Cloud, browser: httpx.Client) -> None:
    """Whatever a box that is not to be trusted says of an admin's PIN, no other store lies open."""
    browser.get(ticket(cloud, "root"))
    assert browser.get("/sales?store=paris", headers=HTML).status_code == 200
    assert browser.get("/sales?store=milan", headers=HTML).status_code == 403
