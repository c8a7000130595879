"""Every route of the office × every role × {own store, other store, whole house, no login, expired, disabled}.

`docs/permissions-office.md` is written by `python tests/cloud/test_cloud_matrix.py`; a policy that is loosened changes
it, and every line of it is knocked at.
"""

import sys
import tempfile
from pathlib import Path

import pytest
from fastapi import APIRouter

from cloud.app import Cloud, build
from cloud.config import CloudConfig
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from contract.feed import Permission, Role, StaffCard, StoreCard
from contract.ids import StoreId, UserId
from trade.permissions import DEFAULTS, MONEY_OR_PEOPLE
from web.logins import LoginRow, digest
from web.matrix import page
from web.policy import Declared, declared, undeclared

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions-office.md"
OWN, OTHER = "paris", "milan"
HELD = {card.role: frozenset(card.permissions) for card in DEFAULTS}
DAY_US = 86_400_000_000


def make(folder: Path, *, second_factor: bool = False) -> Cloud:
    url = f"sqlite:///{folder / 'office.sqlite3'}"
    return build(CloudConfig(database_url=url, port=0, second_factor=second_factor))


def written(cloud: Cloud) -> str:
    by = "python tests/cloud/test_cloud_matrix.py"
    return page(cloud.app, "Who may do what at the office", by, {str(role): held for role, held in HELD.items()})


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    cloud = make(tmp_path_factory.mktemp("matrix"))
    with cloud.desk.work() as work:
        for store in (OWN, OTHER):
            open_store(work, StoreCard(store=StoreId(store), name=store.title(), currency="EUR"))
        for role in Role:
            put_staff(work, StaffCard(user=UserId(f"all-{role}"), name=role, roles=(role,)))
            put_staff(work, StaffCard(user=UserId(f"own-{role}"), name=role, roles=(role,), stores=(StoreId(OWN),)))
        put_staff(work, StaffCard(user=UserId("gone"), name="Gone", roles=(Role.ADMIN,)))
    yield cloud
    cloud.office.close()


@pytest.fixture(scope="module")
def tokens(cloud):
    people = [f"{of}-{role}" for role in Role for of in ("all", "own")]
    given = {user: cloud.logins.begin(UserId(user)).token for user in [*people, "gone"]}
    with cloud.desk.work() as work:
        put_staff(work, StaffCard(user=UserId("gone"), name="Gone", roles=(Role.ADMIN,), active=False))
    now_us = cloud.desk.now_us()
    old = LoginRow(
        token_sha256=digest("old"), user=UserId("all-admin"), began_us=now_us - 2 * DAY_US, used_us=now_us - DAY_US
    )
    cloud.logins._rows.put_login(old)
    return given | {"nobody": "", "expired": "old"}


def admitted(route: Declared, role: Role | None, *, limited: bool, own: bool) -> bool:
    """What the page of permissions says, told again without the code that enforces it."""
    for policy in route.policies:
        if policy.open_to_all:
            continue
        if role is None or (limited and policy.of == "everywhere" and policy.permissions):
            return False
        if limited and policy.of == "store" and route.takes_store and not own:
            return False
        if policy.permissions and not HELD[role] & set(policy.permissions):
            return False
    return True


def doors(route: Declared, tokens: dict[str, str]):
    """(who, token, store, whether they are to pass) for every way to knock at a route."""
    for role in Role:
        yield f"all-{role}", OTHER, admitted(route, role, limited=False, own=False)
        yield f"own-{role}", OWN, admitted(route, role, limited=True, own=True)
        yield f"own-{role}", OTHER, admitted(route, role, limited=True, own=False)
    for who in ("nobody", "expired", "gone"):
        yield who, OWN, admitted(route, None, limited=False, own=True)


def filled(path: str, store: str) -> str:
    parts = [store if part == "{store}" else "x" if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


def test_every_door_opens_to_whom_the_page_says_and_to_nobody_else(cloud, tokens, knocker):
    asked, expected = [], []
    for route in declared(cloud.app):
        named = "{store}" in route.path
        for who, store, passes in doors(route, tokens):
            query = "" if named or not route.takes_store else f"store={store}"
            asked.append((route.method, filled(route.path, store), tokens[who], query))
            expected.append((str(route), who, store, passes))
    knocking = knocker(cloud.app)
    statuses = knocking.all(asked)
    wrong = [
        (*case, status)
        for case, status in zip(expected, statuses, strict=True)
        if (status in knocking.PASSED) != case[3] or (not case[3] and status not in (401, 403))
    ]
    assert not wrong, f"{len(wrong)} of {len(asked)}: {wrong[:12]}"
    assert len(asked) > 1_000


def test_the_page_of_permissions_is_what_the_routes_say_today(cloud):
    assert PAGE.read_text(encoding="utf-8") == written(cloud), (
        "a policy or a route changed: look at it, then run: python tests/cloud/test_cloud_matrix.py"
    )


def test_a_route_without_a_policy_is_noticed(tmp_path):
    cloud = make(tmp_path)
    forgotten = APIRouter(prefix="/api/v1")
    forgotten.get("/forgotten")(lambda: "")
    cloud.app.include_router(forgotten)
    assert undeclared(cloud.app) == ["GET /api/v1/forgotten"]
    assert "| `GET /api/v1/forgotten` | **nothing is declared** |" in written(cloud)
    cloud.office.close()


def test_a_policy_that_was_loosened_is_noticed(cloud, monkeypatch):
    (route,) = (each for each in declared(cloud.app) if str(each) == "PUT /api/v1/staff/{user}")
    (policy,) = route.policies
    monkeypatch.setattr(policy, "permissions", ())
    assert PAGE.read_text(encoding="utf-8") != written(cloud)


def test_who_is_of_some_stores_names_one_where_a_list_is_of_all(cloud, tokens, knocker):
    (limited, free) = knocker(cloud.app).all(
        [("GET", "/api/v1/sales", tokens[user], "") for user in ("own-manager", "all-manager")]
    )
    assert (limited, free) == (403, 299)


def test_without_a_second_factor_who_moves_money_or_people_may_only_set_one_up(tmp_path, knocker):
    cloud = make(tmp_path, second_factor=True)
    with cloud.desk.work() as work:
        for role in (Role.ADMIN, Role.ASSOCIATE):
            put_staff(work, StaffCard(user=UserId(role), name=role, roles=(role,)))
    assert HELD[Role.ADMIN] & MONEY_OR_PEOPLE
    assert not HELD[Role.ASSOCIATE] & MONEY_OR_PEOPLE
    token = {role: cloud.logins.begin(UserId(role)).token for role in (Role.ADMIN, Role.ASSOCIATE)}
    routes = [each for each in declared(cloud.app) if not any(policy.open_to_all for policy in each.policies)]
    statuses = knocker(cloud.app).all([(r.method, filled(r.path, OWN), token[Role.ADMIN], "") for r in routes])
    open_ones = {str(route) for route, status in zip(routes, statuses, strict=True) if status in (299, 422)}
    assert open_ones == {
        "GET /me", "GET /me/second-factor", "POST /me/second-factor", "POST /me/second-factor/confirm",
        "POST /me/second-factor/codes", "POST /me/second-factor/remove", "POST /sign-out", "GET /api/v1/me",
        "POST /api/v1/logout",
    }  # fmt: skip
    assert knocker(cloud.app).all([("GET", "/api/v1/sales", token[Role.ASSOCIATE], "")]) == [299]
    cloud.office.close()


def test_every_permission_has_words_and_somebody_who_asks_for_it(cloud):
    from cloud.pos.staff.pages import GROUPS
    from trade.permissions import WORDS

    assert set(WORDS) == set(Permission)
    offered = [each for _, permissions in GROUPS for each in permissions]
    assert sorted(offered) == sorted(Permission)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        made = make(Path(folder))
        PAGE.write_text(written(made), encoding="utf-8")
        made.office.close()
        sys.stdout.write(f"{PAGE.name} is written\n")
