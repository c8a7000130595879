"""Pages of segments over HTTP: who may see and set what, and names only of who is still somebody."""

import pytest
import sqlalchemy as sa

from cloud.app import build
from cloud.config import CloudConfig
from cloud.pos.clients import desk as clients
from cloud.pos.clients import erasing
from cloud.pos.segments import queries, settings
from cloud.pos.segments.job import Divisions
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.tables import campaign_member, client, sale, sale_line
from contract.feed import Role, StaffCard, StoreCard
from contract.ids import UserId

ANA = "01990000-0000-7000-8000-0000000000aa"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    folder = tmp_path_factory.mktemp("segments")
    cloud = build(CloudConfig(database_url=f"sqlite:///{folder / 'office.sqlite3'}", port=0, second_factor=False))
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store="paris", name="Paris", currency="EUR"))
        for role in Role:
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)))
        given = {"given_name": "Ana", "family_name": "Beispielowa"}
        clients.create(work, cloud.ring, ANA, given, by=UserId("admin"), store="paris", why="came in")
        work.tx.add(
            sale,
            {
                "store": "paris",
                "sale": "s1",
                "business_day": "2026-01-05",
                "currency": "EUR",
                "client": ANA,
                "state": "posted",
            },
        )
        work.tx.add(sale_line, {"store": "paris", "sale": "s1", "line": "l", "kind": "piece", "gross_minor": 1_200_000})
    yield cloud
    cloud.office.close()


@pytest.fixture(scope="module")
def ask(cloud, browse):
    browser = browse(cloud.app)
    tokens = {user: cloud.logins.begin(UserId(user)).token for user in Role}

    def ask(user, method, path, **given):
        headers = {"Authorization": f"Bearer {tokens[user]}", "Accept": "text/html"}
        return browser.ask(method, path, headers=headers, **given)

    return ask


def test_before_anybody_was_divided_the_page_says_what_it_is_for(ask):
    assert "Nobody is divided yet" in ask(Role.ASSOCIATE, "GET", "/segments").text
    assert "it is done by night" in ask(Role.ASSOCIATE, "GET", f"/segments/of/{ANA}").text


@pytest.mark.parametrize("path", ["/segments/list", "/messages"])
def test_a_list_of_clients_leaves_with_who_answers_for_them_alone(ask, path):
    assert ask(Role.MANAGER, "GET", path).status_code == 200
    assert ask(Role.MANAGER, "GET", f"{path}?as=csv").status_code == 403
    assert ask(Role.ADMIN, "GET", f"{path}?as=csv").headers["content-type"].startswith("text/csv")


def test_lists_name_clients_and_a_profile_shows_its_line(ask, cloud):
    Divisions(cloud.desk, "UTC", run=lambda work: work()).start(UserId("manager"))
    page = ask(Role.ASSOCIATE, "GET", "/segments/list?of=tier&tier=2").text
    assert "Ana Beispielowa" in page
    assert "€12,000" in page
    line = ask(Role.ASSOCIATE, "GET", f"/segments/of/{ANA}").text
    assert "Gold" in line
    assert "too seldom for a rhythm" in line
    assert f"/segments/of/{ANA}" in ask(Role.ASSOCIATE, "GET", f"/clients/{ANA}").text
    with cloud.desk.work() as work:
        work.tx.run(sa.update(client).values(erased_us=1))
    try:
        page = ask(Role.ASSOCIATE, "GET", "/segments/list?of=tier&tier=2").text
        assert "Beispielowa" not in page
        assert "Somebody erased" in page
    finally:
        with cloud.desk.work() as work:
            work.tx.run(sa.update(client).values(erased_us=0))


def test_an_admin_sets_tiers_and_nobody_else(ask, cloud):
    form = {
        "months": "12", "currency": "EUR", "name": ["Friend", "House", ""], "enters": ["1 000", "20 000,50", ""],
        "stays": ["800", "", ""], "perks": ["First look at the season", "", ""], "why": "a simpler ladder",
    }  # fmt: skip
    assert ask(Role.MANAGER, "POST", "/segments/tiers", data=form).status_code == 403
    assert ask(Role.ADMIN, "POST", "/segments/tiers", data=form | {"why": ""}).status_code == 422
    assert ask(Role.ADMIN, "POST", "/segments/tiers", data=form | {"currency": "QQQ"}).status_code == 422
    assert ask(Role.ADMIN, "POST", "/segments/tiers", data=form | {"currency": "CHF"}).status_code == 422
    assert ask(Role.ADMIN, "POST", "/segments/tiers", data=form).status_code in {200, 303}
    with cloud.desk.look() as work:
        told = settings.read(work.tx)
    assert [(each.name, each.from_minor, each.stays_from_minor) for each in told.steps] == [
        ("Friend", 100_000, 80_000), ("House", 2_000_050, 2_000_050),
    ]  # fmt: skip
    page = ask(Role.ADMIN, "GET", "/segments/tiers").text
    assert "a simpler ladder" in page
    assert "First look at the season" in page


def test_what_was_reckoned_of_a_client_is_handed_out_and_ends_with_them(ask, cloud):
    with cloud.desk.work() as work:
        work.tx.add(campaign_member, {"campaign": "c1", "person": ANA, "arm": "held_out"})
        told = erasing.export(work, cloud.ring, ANA, by=UserId("admin"))
    assert (told["standing"][0]["spend_minor"], told["campaigns"][0]["arm"]) == (1_200_000, "held_out")
    with cloud.desk.work() as work:
        erasing.erase(cloud.office, work, ANA, "asked", by=UserId("admin"))
    with cloud.desk.look() as work:
        assert queries.of_client(work.tx, ANA) is None


def test_loss_prevention_sees_no_client(ask):
    for path in ("/segments", "/segments/list", f"/segments/of/{ANA}"):
        assert ask(Role.LOSS_PREVENTION, "GET", path).status_code == 403
