"""A client's private page of purchases and repairs: who has the link sees it, for thirty days, and nobody else."""

import re

import pytest
import sqlalchemy as sa

from cloud.app import build
from cloud.config import CloudConfig, MessagesConfig
from cloud.pos.clients import private
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.tables import client, client_alias, client_page, sale, sale_line
from contract.feed import Role, StaffCard, StoreCard
from contract.ids import PersonId, StoreId, UserId

NEW = {"at": "paris", "given_name": "Zwetlana", "family_name": "Beispielowa", "emails": ["z@example.com"], "sure": True}
PUBLIC = "https://care.maison.example"
FOR_THIRTY_DAYS_US = private.LASTS_DAYS * private.DAY_US


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    where = f"sqlite:///{folder / 'office.sqlite3'}"
    letters = MessagesConfig(public_url=PUBLIC)
    cloud = build(CloudConfig(database_url=where, port=0, second_factor=False, messages=letters))
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store=StoreId("paris"), name="Paris", currency="EUR"))
        for role in Role:
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)))
    yield cloud
    cloud.office.close()


@pytest.fixture
def ask(cloud, browse):
    browser = browse(cloud.app)

    def ask(method, path, user="", **given):
        headers = {"Accept": "text/html"}
        if user:
            headers["Authorization"] = f"Bearer {cloud.logins.begin(UserId(user)).token}"
        return browser.ask(method, path, headers=headers, **given)

    return ask


@pytest.fixture
def person(cloud, ask):
    name = ask("POST", "/api/v1/clients", Role.ASSOCIATE, json=NEW).json()["person"]
    of = {"store": "paris", "sale": f"s-{name}"}
    with cloud.desk.work() as work:
        work.tx.add(
            sale,
            {
                **of, "client": name, "business_day": "2026-11-22", "receipt_number": 7, "currency": "EUR",
                "total_minor": 124_000, "state": "posted", "recorded_us": 5,
            },
        )  # fmt: skip
        work.tx.add(
            sale_line, {**of, "line": "l", "kind": "piece", "description": "Aurora ring", "gross_minor": 124_000}
        )
    return name


def link(ask, person) -> str:
    page = ask("POST", f"/clients/{person}/private-link", Role.ASSOCIATE)
    assert page.status_code == 200, page.text[:300]
    found = re.search(rf"{PUBLIC}(/your-history\?code=\w+)", page.text)
    assert found is not None, "the office as clients reach it, however its staff do"
    return found[1]


def test_who_has_the_link_sees_what_was_bought_and_no_name(ask, person):
    page = ask("GET", link(ask, person))
    assert page.status_code == 200
    assert "Aurora ring" in page.text
    assert "€1,240.00" in page.text
    for secret in ("Zwetlana", "Beispielowa", "z@example.com", person):
        assert secret not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_a_new_link_ends_the_one_before_and_only_its_hash_is_kept(ask, cloud, person):
    first, second = link(ask, person), link(ask, person)
    assert (ask("GET", first).status_code, ask("GET", second).status_code) == (404, 200)
    with cloud.office.reading() as tx:
        kept = [row["code"] for row in tx.rows(sa.select(client_page.c.code).where(client_page.c.person == person))]
    assert len(kept) == 2
    assert not any(second.endswith(code) for code in kept)


def test_a_new_link_ends_also_that_of_another_id_of_theirs(ask, cloud, person):
    before = link(ask, person)
    with cloud.desk.work() as work:
        other = {"person": f"{person}-again", "sealed": b"", "made_us": 1, "made_by": "ada"}
        work.tx.add(client, other)
        joined = {"merge": f"m-{person}", "survivor": other["person"], "absorbed": person, "by": "ada", "at_us": 1}
        work.tx.add(client_alias, joined)
        private.make(work, PersonId(other["person"]), b"c" * private.CHANCE_BYTES, by=UserId("ada"))
    assert ask("GET", before).status_code == 404


def test_a_link_ends_by_itself(ask, cloud, person):
    path = link(ask, person)
    with cloud.desk.work() as work:
        ago = {"until_us": work.now_us - 1}
        work.tx.run(sa.update(client_page).where(client_page.c.person == person).values(**ago))
    assert ask("GET", path).status_code == 404


def test_it_ends_when_its_client_is_erased(ask, cloud, person):
    path = link(ask, person)
    erased = ask("POST", f"/clients/{person}/erase", Role.ADMIN, data={"reason": "asked", "sure": "yes"})
    assert erased.status_code in (200, 303), erased.text[:300]
    assert ask("GET", path).status_code == 404
    with cloud.office.reading() as tx:
        assert tx.rows(sa.select(client_page).where(client_page.c.person == person)) == []


def test_who_guesses_waits_and_who_keeps_no_clients_makes_no_link(ask, person):
    assert ask("POST", f"/clients/{person}/private-link", Role.LOSS_PREVENTION).status_code == 403
    assert ask("POST", "/clients/nobody/private-link", Role.ASSOCIATE).status_code == 404
    answers = [ask("GET", f"/your-history?code=wrong{n}").status_code for n in range(30)]
    assert answers[0] == 404
    assert answers[-1] == 429
