"""What a piece cost, from whom it came and whose it was: known to who may, on every way out and on every way in."""

import io

import pytest

from cloud import app as office_app
from cloud.config import CloudConfig
from cloud.pos.staff import roles
from cloud.pos.staff.desk import Passwords, put_staff
from contract.feed import EVERY_STORE, Permission, Role, RoleCard, StaffCard
from contract.ids import HOUSE, UserId

PASSWORD = "long enough for anybody"
BUYER, KEEPER, SELLER = "buyer", "keeper", "seller"
"""One may bring pieces in and know the cost, one may bring them in alone, one neither."""
BEHIND = {"cost_minor": 61_017, "cost_currency": "USD", "source": "Estate of Orme", "provenance": "Bought in 1937"}
LATER = BEHIND | {"cost_minor": 64_019}
SECRETS = ("61017", "610.17", "64019", "640.19", "Orme", "1937")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('cost') / 'office.sqlite3'}"
    cloud = office_app.build(CloudConfig(database_url=url, port=0, second_factor=False))
    verifier = Passwords().verifier(PASSWORD)
    with cloud.desk.work() as work:
        put_staff(work, StaffCard(user=UserId("ada"), name="Ada", roles=(Role.ADMIN,)), verifier)
        for role, may in (
            (BUYER, (Permission.PIECES, Permission.SEE_COST)),
            (KEEPER, (Permission.PIECES,)),
            (SELLER, (Permission.SELL,)),
        ):
            roles.put_role(work, RoleCard(role=role, permissions=may), EVERY_STORE, by=HOUSE, why="the house is opened")
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)), verifier)
    yield cloud
    cloud.office.close()


@pytest.fixture(scope="module")
def ask(cloud, browse):
    browser = browse(cloud.app)
    tokens = {}
    for user in ("ada", BUYER, KEEPER, SELLER):
        told = browser.post("/api/v1/login", json={"user": user, "password": PASSWORD}).json()
        tokens[user] = {"Authorization": f"Bearer {told['token']}"}

    def asked(user, method, path, **sent):
        return getattr(browser, method)(path, headers=tokens[user], **sent)

    asked("ada", "post", "/api/v1/stores", json={"store": "paris", "name": "Paris", "currency": "EUR"})
    card = {
        "piece": "p1", "sku": "R1", "title": "Aurora ring", "category": "ring", "metal": "platinum", "fineness": 950,
        "weight_mg": 5100, "stones": "", "price_minor": 990000, "currency": "EUR", "tax_bp": 2000,
    }  # fmt: skip
    asked("ada", "post", "/api/v1/pieces/import", json={"store": "paris", "pieces": [card]})
    for behind in (BEHIND, LATER):
        assert put(asked, BUYER, behind).status_code == 200
    return asked


def put(ask, user, behind, **changes):
    """The record again as it is, with what stands behind it."""
    told = ask("ada", "get", "/api/v1/pieces/p1/record").json()
    body = {"card": told["card"] | changes, "backing": behind, "why": "as agreed", "changed_us": told["changed_us"]}
    return ask(user, "put", "/api/v1/pieces/p1/record", json=body)


WAYS_OUT = {
    "page": ("/pieces/p1", (BUYER, KEEPER, SELLER)),
    "form": ("/pieces/p1/edit", (BUYER, KEEPER)),
    "list": ("/pieces?q=aurora", (BUYER, KEEPER, SELLER)),
    "record and history": ("/api/v1/pieces/p1/record", (BUYER, KEEPER, SELLER)),
    "piece": ("/api/v1/pieces/p1", (BUYER, KEEPER, SELLER)),
    "csv": ("/pieces/export.csv", (BUYER, KEEPER)),
    "template": ("/pieces/template.csv", (BUYER, KEEPER)),
}
TELLING = {"page", "form", "record and history", "csv"}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_only_who_may_know_the_cost_is_told(ask, way):
    path, readers = WAYS_OUT[way]
    for user in readers:
        answer = ask(user, "get", path)
        assert answer.status_code == 200, (user, answer.text)
        told = [secret for secret in SECRETS if secret in answer.text]
        assert bool(told) == (user == BUYER and way in TELLING), (user, told)


def test_the_history_tells_of_the_cost_to_who_may_know_it(ask):
    fields = {
        user: {each["field"] for each in ask(user, "get", "/api/v1/pieces/p1/record").json()["changes"]}
        for user in (BUYER, KEEPER)
    }
    assert {"cost", "source", "provenance"} <= fields[BUYER]
    assert not {"cost", "cost_currency", "source", "provenance"} & fields[KEEPER]


def test_a_workbook_for_who_may_not_know_the_cost_has_no_column_of_it(ask):
    from openpyxl import load_workbook

    def headings(user):
        data = ask(user, "get", "/pieces/export.xlsx").content
        return [cell.value for cell in next(load_workbook(io.BytesIO(data), read_only=True).active.iter_rows())]

    assert set(headings(BUYER)) - set(headings(KEEPER)) == {"cost", "cost_currency", "source", "provenance", "due_back"}


def test_who_may_not_see_the_cost_does_not_change_it_either(ask):
    assert put(ask, KEEPER, {"cost_minor": 1, "cost_currency": "EUR"}, title="Aurora band").status_code == 200
    told = ask(BUYER, "get", "/api/v1/pieces/p1/record").json()
    assert (told["card"]["title"], told["backing"]) == ("Aurora band", LATER)
    sheet = "piece,cost,cost_currency\np1,1.00,EUR\n"
    to = "/api/v1/pieces/lists?store=paris&decimals=point"
    refused = ask(KEEPER, "post", to, content=sheet.encode())
    assert refused.status_code == 422
    assert "cost" in refused.text
    assert ask(BUYER, "get", "/api/v1/pieces/p1/record").json()["backing"] == LATER


def test_nobody_finds_a_piece_by_what_is_hidden(ask):
    for word in ("Orme", "1937"):
        assert ask(KEEPER, "get", f"/api/v1/pieces?q={word}").json() == []
