"""Every route says who may use it, and what changes something comes from our own pages."""

from collections.abc import Callable

import httpx
from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from contract.feed import Permission
from contract.ids import UserId
from web.logins import Logins
from web.policy import allow, public, undeclared


def test_a_route_without_a_policy_is_named(app_and_logins: tuple[FastAPI, Logins]) -> None:
    app, _ = app_and_logins
    assert undeclared(app) == []
    inner = APIRouter(prefix="/deep")
    inner.get("/declared", dependencies=[public()])(lambda: "")
    inner.get("/forgotten")(lambda: "")
    app.include_router(inner)
    app.get("/also-forgotten")(lambda: "")
    named = " ".join(undeclared(app))
    assert "/forgotten" in named
    assert "/also-forgotten" in named
    assert "/declared" not in named


def test_a_router_may_declare_for_all_its_routes() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    router = APIRouter()
    router.get("/one")(lambda: "")
    app.include_router(router, dependencies=[allow(Permission.APPROVE_COUNT)])
    assert undeclared(app) == []


def test_the_documentation_pages_of_the_framework_are_not_public_by_accident() -> None:
    assert any("/docs" in each for each in undeclared(FastAPI()))


def test_nobody_gets_in_without_a_login(client: httpx.Client) -> None:
    assert client.get("/page").status_code == 200
    answer = client.get("/api/v1/mine")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_person_is_known_by_cookie_and_a_program_by_bearer_token(
    client: httpx.Client, sign_in: Callable[[str], str], bearer: Callable[[str], dict[str, str]]
) -> None:
    assert client.get("/api/v1/mine", headers=bearer("marc")).json() == "Marc"
    sign_in("ana")
    assert client.get("/api/v1/mine").json() == "Ana"


def test_who_has_not_the_permission_is_turned_away_with_its_name(
    client: httpx.Client, bearer: Callable[[str], dict[str, str]]
) -> None:
    turned = client.post("/api/v1/numbers", json={"number": 1}, headers=bearer("ana"))
    assert turned.status_code == 403
    assert "approve count" in turned.json()["detail"]
    assert client.post("/api/v1/numbers", json={"number": 1}, headers=bearer("root")).json() == 1


def test_a_form_without_its_token_changes_nothing(client: httpx.Client, sign_in: Callable[[str], str]) -> None:
    csrf = sign_in("marc")
    assert client.post("/counts", data={"place": "safe"}).status_code == 403
    assert client.post("/counts", data={"place": "safe", "csrf": "wrong"}).status_code == 403
    assert client.post("/counts", data={"place": "safe", "csrf": csrf}).json() == "safe"
    assert client.post("/counts", data={"place": "safe"}, headers={"X-CSRF-Token": csrf}).json() == "safe"


def test_another_site_cannot_post_even_with_the_token(client: httpx.Client, sign_in: Callable[[str], str]) -> None:
    csrf = sign_in("marc")
    good = {"place": "safe", "csrf": csrf}
    assert client.post("/counts", data=good, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/counts", data=good, headers={"Origin": "https://elsewhere"}).status_code == 403
    assert client.post("/counts", data=good, headers={"Origin": "http://store"}).status_code == 200
    assert client.post("/counts", data=good, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_the_cookie_over_https_is_bound_to_the_host(secure_app_and_logins: tuple[FastAPI, Logins]) -> None:
    app, logins = secure_app_and_logins
    new = logins.begin(UserId("ana"))
    assert new is not None
    response = Response()
    app.state.front.give_cookie(response, new)
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-vitrine-test=")
    for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie
