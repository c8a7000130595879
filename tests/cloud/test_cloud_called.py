"""Clients on pages about money: by their names for who may see them, by their numbers for who may not."""

import csv
import io

import msgspec
import pytest
import sqlalchemy as sa

from cloud.app import build
from cloud.config import CloudConfig
from cloud.people import Keyring
from cloud.pos.staff import roles
from cloud.pos.staff.desk import put_staff
from cloud.sealing import SealedError
from cloud.tables import client_look
from contract.facts import PurchaseRecorded, Tender, TenderKind, TradeIn
from contract.feed import EVERY_STORE, Permission, Role, RoleCard, RoleName, StaffCard
from contract.ids import HOUSE, UserId

ACCOUNTANT = RoleName("accountant")
"""Keeps the books of the house, and has no business with its clients."""
NAMED = "Zwetlana Beispielowa"
PAGES = (
    "/purchases",
    "/purchases/paris/p-1",
    "/purchases/past/b-1",
    "/owed",
    "/owed/credit-{client}",
    "/sales/paris/s1",
)
LISTS = ("/purchases", "/owed")
NEW = {"at": "paris", "given_name": "Zwetlana", "family_name": "Beispielowa", "sure": True}


def purchase(client):
    item = TradeIn(
        piece="b-1", title="Chain", category="chain", client=client, value_minor=76_500, currency="EUR",
        provenance="her mother's", proof="passport",
    )  # fmt: skip
    return PurchaseRecorded(
        purchase="p-1", number=1, till="till-1", shift="s", business_day="2026-11-22", client=client, currency="EUR",
        items=(item,), tenders=(Tender(kind=TenderKind.STORE_CREDIT, amount_minor=76_500, account=f"credit-{client}"),), total_minor=76_500,
    )  # fmt: skip


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    folder = tmp_path_factory.mktemp("called")
    made = build(CloudConfig(database_url=f"sqlite:///{folder / 'office.sqlite3'}", port=0, second_factor=False))
    with made.desk.work() as work:
        card = RoleCard(role=ACCOUNTANT, permissions=(Permission.LEDGER, Permission.SEE_COST))
        roles.put_role(work, card, EVERY_STORE, by=HOUSE, why="the house is opened")
        for role in (*Role, ACCOUNTANT):
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)))
    yield made
    made.office.close()


@pytest.fixture(scope="module")
def ask(cloud, browse):
    browser = browse(cloud.app)
    tokens = {user: cloud.logins.begin(UserId(user)).token for user in (*Role, ACCOUNTANT)}

    def ask(user, path, method="GET", **given):
        headers = {"Authorization": f"Bearer {tokens[user]}", "Accept": "text/html"}
        return browser.ask(method, path, headers=headers, **given)

    return ask


@pytest.fixture(scope="module")
def client(cloud, ask, house_type):
    """Of whom a chain was bought for a credit, which the house owes."""
    house = house_type(cloud.office)
    paris = house.store("paris", "p1")
    person = ask(Role.ADMIN, "/api/v1/clients", "POST", json=NEW).json()["person"]
    paris.write(purchase(person))
    paris.write(msgspec.structs.replace(house.sale(paris, "s1", "p1"), client=person))
    paris.send()
    return person


def rows(answer):
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("path", PAGES)
def test_a_client_is_called_by_name_for_who_may_see_clients_and_by_number_for_who_may_not(ask, client, path):
    seen = ask(Role.MANAGER, path.format(client=client))
    assert (seen.status_code, NAMED in seen.text, client[-8:] + "<" in seen.text) == (200, True, False)
    seen = ask(ACCOUNTANT, path.format(client=client))
    assert (seen.status_code, NAMED in seen.text, client[-8:] in seen.text) == (200, False, True)


@pytest.mark.parametrize("path", PAGES)
def test_while_the_offices_key_is_away_the_page_goes_on_by_numbers(ask, client, path, monkeypatch):
    def away(self, row):
        raise SealedError("it was sealed under a key that is not here")

    monkeypatch.setattr(Keyring, "unwrap", away)
    seen = ask(Role.MANAGER, path.format(client=client))
    assert (seen.status_code, NAMED in seen.text, client[-8:] in seen.text) == (200, False, True)


@pytest.mark.parametrize("path", LISTS)
def test_a_page_opens_no_more_clients_than_it_shows(cloud, ask, client, path, monkeypatch):
    opened, unwrap = [], Keyring.unwrap
    monkeypatch.setattr(Keyring, "unwrap", lambda ring, row: opened.append(row["person"]) or unwrap(ring, row))
    ask(Role.MANAGER, f"{path}?page=2")
    assert opened == []
    ask(Role.MANAGER, path.format(client=client))
    assert opened == [client]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_that_leaves_with_names_is_kept_as_a_look_at_so_many(cloud, ask, client, path):
    def looks():
        with cloud.office.reading() as tx:
            mine = sa.select(client_look).where(client_look.c.how == "export").order_by(client_look.c.n)
            return [(row["by"], row["found"]) for row in tx.rows(mine)]

    before = looks()
    (row,) = rows(ask(ACCOUNTANT, f"{path}?as=csv"))
    assert (row["Client"], row["Client’s number"], looks()) == ("", client, before)
    (row,) = rows(ask(Role.MANAGER, f"{path}?as=csv"))
    assert (row["Client"], row["Client’s number"]) == (NAMED, client)
    assert looks() == [*before, (Role.MANAGER, 1)]
