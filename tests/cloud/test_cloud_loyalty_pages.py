"""The page of points: rules in words and days, who may set them, and what a profile shows."""

import pytest

from cloud import feed, house_settings, points
from cloud.app import build
from cloud.config import CloudConfig
from cloud.points import NAME, Loyalty
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.tables import points_lot, points_move, value_account
from contract.feed import EarnRule, LoyaltyCard, Role, StaffCard, StoreCard
from contract.ids import UserId
from trade.points import points_account

FORM = {
    "months": "18", "name": ["All year", "December", ""], "rate": ["1,5", "3", ""], "begins": ["", "2026-12-01", ""],
    "ends": ["", "2026-12-31", ""], "tier": ["0", "2", "0"], "why": "a first try",
}  # fmt: skip


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    folder = tmp_path_factory.mktemp("loyalty")
    cloud = build(CloudConfig(database_url=f"sqlite:///{folder / 'office.sqlite3'}", port=0, second_factor=False))
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store="paris", name="Paris", currency="EUR"))
        for role in Role:
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)))
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


def test_an_admin_sets_rules_and_who_changed_them_is_seen(ask, cloud):
    assert "Without a rule nobody earns points" in ask(Role.ADMIN, "GET", "/loyalty").text
    assert ask(Role.MANAGER, "POST", "/loyalty", data=FORM).status_code == 403
    assert ask(Role.ADMIN, "POST", "/loyalty", data=FORM).status_code in {200, 303}
    with cloud.desk.look() as work:
        told = house_settings.read(work.tx, NAME, Loyalty)
    december = EarnRule(name="December", rate_bp=300, from_day="2026-12-01", until_day="2026-12-31", tier_min=2)
    assert told == Loyalty(rules=(EarnRule(name="All year", rate_bp=150), december), months=18)
    assert "a first try" in ask(Role.ADMIN, "GET", "/loyalty").text
    with cloud.office.reading() as tx:
        card = feed.card(tx, LoyaltyCard, "loyalty")
    assert card == LoyaltyCard(rules=told.rules), "stores know them"


def test_an_office_that_never_told_its_stores_the_rules_tells_them_once_when_it_starts(cloud):
    rule = EarnRule(name="Of before", rate_bp=100)
    with cloud.desk.work() as work:
        house_settings.write(work, NAME, Loyalty(rules=(rule,)), {}, by=UserId("admin"), why="of an office before")
        work.tell(feed.News("loyalty", None))
        points.tell_rules(work)
        assert feed.card(work.tx, LoyaltyCard, "loyalty") == LoyaltyCard(rules=(rule,))
        newest = feed.newest(work.tx)
        points.tell_rules(work)
        assert feed.newest(work.tx) == newest


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rate": ["0", "3", ""]}, "more than nothing"),
        ({"rate": ["51", "3", ""]}, "at most 50"),
        ({"begins": ["29/11/2026", "", ""]}, "write a day as 2026-11-29"),
        ({"begins": ["", "2027-01-01", ""]}, "it ends before it begins"),
        ({"why": "x", "months": "17"}, "Say in a few words why"),
        ({"tier": ["gold", "0", "0"]}, "from which tier on"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_what_to_do(ask, changes, words):
    answer = ask(Role.ADMIN, "POST", "/loyalty", data=FORM | changes)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_profile_shows_points_and_how_they_were_earned(ask, cloud):
    account = points_account("ana", "EUR")
    with cloud.desk.work() as work:
        row = {
            "account": account,
            "kind": "points",
            "client": "ana",
            "currency": "EUR",
            "issued_minor": 1_200,
            "expires": "2028-05-20",
        }
        work.tx.add(value_account, row)
        for name, left, last in (("s0", 200, "2028-01-31"), ("s1", 1_000, "2028-05-20")):
            lot = {"store": "paris", "ref": f"sale:{name}", "account": account, "left_minor": left, "expires": last}
            work.tx.add(points_lot, lot)
        moved = {
            "store": "paris",
            "ref": "sale:s1",
            "account": account,
            "sale": "s1",
            "rate_bp": 150,
            "amount_minor": 1_200,
            "rule": "All year",
        }
        work.tx.add(points_move, moved | {"business_day": "2026-11-20"})
    told = ask(Role.ASSOCIATE, "GET", "/loyalty/of/ana").text
    for words in ("€12.00", "€2.00 of it until 31 Jan 2028", "at 1.5 %", "All year", "/sales/paris/s1"):
        assert words in told, words
    assert "None" in ask(Role.ASSOCIATE, "GET", "/loyalty/of/bo").text
    assert "€12" in ask(Role.ADMIN, "GET", "/owed?kind=points").text


def test_rules_and_points_over_the_api(ask, cloud):
    body = {"months": 12, "why": "by machine", "rules": [{"name": "Spring", "rate_bp": 200, "from_day": "2027-03-01"}]}
    assert ask(Role.MANAGER, "PUT", "/api/v1/loyalty", json=body).status_code == 403
    told = ask(Role.ADMIN, "PUT", "/api/v1/loyalty", json=body).json()
    assert (told["months"], told["rules"][0]["name"], told["rules"][0]["until_day"]) == (12, "Spring", "")
    refused = ask(Role.ADMIN, "PUT", "/api/v1/loyalty", json=body | {"rules": [body["rules"][0] | {"until_day": "1"}]})
    assert (refused.status_code, "write a day as" in refused.text) == (409, True)
    with cloud.desk.work() as work:
        work.tx.add(
            value_account, {"account": points_account("cy", "EUR"), "kind": "points", "client": "cy", "issued_minor": 7}
        )
    (account,) = ask(Role.ASSOCIATE, "GET", "/api/v1/loyalty/of/cy").json()["accounts"]
    assert (account["balance_minor"], account["lapses"]) == (7, "")
