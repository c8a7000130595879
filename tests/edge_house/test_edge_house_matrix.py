"""Every route of a store's box × every role × {own store, other store, no login, expired, disabled}.

`docs/permissions-store.md` is written by `VITRINE_WRITE=1 python -m pytest tests/edge_house/test_edge_house_matrix.py`.
"""

import os
from pathlib import Path

import pytest
from fastapi import APIRouter

from contract.feed import FeedPage, FeedRow, Permission, Role, RoleCard, StaffCard
from contract.ids import UserId
from trade.permissions import DEFAULTS
from web.logins import LoginRow, digest
from web.matrix import page
from web.policy import Declared, declared, undeclared

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions-store.md"
HELD = {card.role: frozenset(card.permissions) for card in DEFAULTS}
DAY_US = 86_400_000_000


def written(face) -> str:
    by = "VITRINE_WRITE=1 python -m pytest tests/edge_house/test_edge_house_matrix.py"
    return page(face.edge.api, "Who may do what at a store", by, {str(role): held for role, held in HELD.items()})


def told(face, *cards, rev=300, key="staff"):
    rows = tuple(FeedRow(rev=rev + n, scope="*", key=f"{key}:{n}:{rev}", body=card) for n, card in enumerate(cards))
    face.edge.store.take_feed(FeedPage(rows=rows, upto=rev + len(rows), more=False))


def person(user, role, **more):
    return StaffCard(user=UserId(user), name=user.title(), roles=(role,), **more)


@pytest.fixture
def tokens(face):
    people = [person(f"own-{role}", role) for role in Role] + [person("gone", Role.ADMIN), person("moved", Role.ADMIN)]
    told(face, *people)
    logins = face.edge.shop.logins
    given = {card.user: logins.begin(card.user).token for card in people}
    told(face, person("gone", Role.ADMIN, active=False), person("moved", Role.ADMIN, stores=("lyon",)), rev=400)
    now_us = face.clock.wall_us()
    old = LoginRow(
        token_sha256=digest("old"), user=UserId("own-admin"), began_us=now_us - 2 * DAY_US, used_us=now_us - DAY_US
    )
    logins._rows.put_login(old)
    return given | {"nobody": "", "expired": "old"}


def admitted(route: Declared, role: Role | None) -> bool:
    """What the page of permissions says, told again without the code that enforces it."""
    asked = [policy for policy in route.policies if not policy.open_to_all]
    return not asked or (
        role is not None and all(not each.permissions or HELD[role] & set(each.permissions) for each in asked)
    )


def test_every_door_opens_to_whom_the_page_says_and_to_nobody_else(face, tokens, knocker):
    asked, expected = [], []
    for route in declared(face.edge.api):
        path = "/".join("x" if part.startswith("{") else part for part in route.path.split("/"))
        ways = [(f"own-{role}", role) for role in Role] + [
            (who, None) for who in ("moved", "gone", "expired", "nobody")
        ]
        for who, role in ways:
            asked.append((route.method, path, tokens[who], ""))
            expected.append((str(route), who, bool(admitted(route, role))))
    knocking = knocker(face.edge.api)
    statuses = knocking.all(asked)
    wrong = [
        (*case, status)
        for case, status in zip(expected, statuses, strict=True)
        if (status in knocking.PASSED) != case[2] or (not case[2] and status not in (401, 403))
    ]
    assert not wrong, f"{len(wrong)} of {len(asked)}: {wrong[:12]}"
    assert len(asked) > 500


def test_the_page_of_permissions_is_what_the_routes_say_today(face):
    if os.environ.get("VITRINE_WRITE"):
        PAGE.write_text(written(face), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == written(face), (
        "a policy or a route changed: look at it, then run: "
        "VITRINE_WRITE=1 python -m pytest tests/edge_house/test_edge_house_matrix.py"
    )


def test_a_route_without_a_policy_or_with_a_looser_one_is_noticed(face, monkeypatch):
    (route,) = (each for each in declared(face.edge.api) if str(each) == "POST /api/v1/leases/break")
    (policy,) = route.policies
    with monkeypatch.context() as loosened:
        loosened.setattr(policy, "permissions", (Permission.SELL,))
        assert PAGE.read_text(encoding="utf-8") != written(face)
    forgotten = APIRouter()
    forgotten.get("/forgotten")(lambda: "")
    face.edge.api.include_router(forgotten)
    assert undeclared(face.edge.api) == ["GET /forgotten"]


def test_a_role_of_the_house_opens_what_it_gives_and_nothing_else(face, tokens, knocker):
    told(face, person("cleo", "cleaner"), rev=500)
    card = RoleCard(role="cleaner", name="Cleaner", permissions=(Permission.COUNT,))
    told(face, card, rev=600, key="role")
    token = face.edge.shop.logins.begin(UserId("cleo")).token
    doors = [("POST", "/api/v1/counts", token, ""), ("POST", "/api/v1/sales", token, "")]
    assert knocker(face.edge.api).all(doors) == [422, 403]
    told(face, RoleCard(role="cleaner", name="Cleaner", permissions=()), rev=700, key="role")
    assert knocker(face.edge.api).all(doors) == [403, 403], "what a role loses ends at the next request"
