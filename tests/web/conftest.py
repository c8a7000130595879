"""A small app that wears a front as the store and the office do, and a browser-like client."""

import warnings
from collections.abc import Callable, Iterator
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Form
from pydantic import BaseModel

from contract.feed import Permission, Role, StaffCard
from contract.ids import UserId
from web.fit import fit
from web.front import Front
from web.logins import Login, Logins, MemoryLogins
from web.policy import allow, public, signed_in
from web.powers import Powers
from web.problems import ProblemError
from web.templating import make_templates

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient


MAY = {
    Role.ASSOCIATE: frozenset({Permission.SELL}),
    Role.MANAGER: frozenset({Permission.SELL, Permission.APPROVE_COUNT}),
    Role.ADMIN: frozenset(Permission),
}


def powers_of(card: StaffCard) -> Powers:
    """What `MAY` gives their first role, at their stores."""
    return Powers(house=MAY[Role(card.roles[0])], only=card.stores)


class Body(BaseModel):
    number: int


def make_staff() -> dict[UserId, StaffCard]:
    return {
        UserId("ana"): StaffCard(user=UserId("ana"), name="Ana", roles=(Role.ASSOCIATE,)),
        UserId("marc"): StaffCard(user=UserId("marc"), name="Marc", roles=(Role.MANAGER,)),
        UserId("root"): StaffCard(user=UserId("root"), name="Root", roles=(Role.ADMIN,)),
    }


def make_app(staff: dict[UserId, StaffCard], *, secure: bool = False) -> tuple[FastAPI, Logins]:
    app = FastAPI(docs_url=None, redoc_url=None)
    drawn = iter(range(1, 256))
    logins = Logins(
        MemoryLogins(), staff.get, now_us=lambda: 1_000_000_000_000_000,
        chance=lambda n: bytes([next(drawn)]) * n, powers=powers_of,
    )  # fmt: skip
    front = Front("test", "Vitrine", logins, make_templates({}, {}, "UTC", lambda: 1), secure=secure, place="Flagship")
    fit(app, front)

    @app.get("/page", dependencies=[public()])
    def page() -> str:
        return "everybody"

    @app.get("/api/v1/mine")
    def mine(who: Annotated[Login, signed_in()]) -> str:
        return who.name

    @app.post("/counts", dependencies=[allow(Permission.APPROVE_COUNT)])
    def count(place: Annotated[str, Form()] = "") -> str:
        return place

    @app.post("/api/v1/numbers", dependencies=[allow(Permission.APPROVE_COUNT)])
    def number(body: Body) -> int:
        return body.number

    @app.get("/broken", dependencies=[public()])
    def broken() -> None:
        raise RuntimeError("the secret is 4711")

    @app.get("/refused", dependencies=[public()])
    def refused() -> None:
        raise ProblemError(409, "claimed", "This piece is in another cart", "Ask Ana.")

    return app, logins


@pytest.fixture
def staff() -> dict[UserId, StaffCard]:
    """Who works here, by the name they sign in with; a test may change them."""
    return make_staff()


@pytest.fixture
def app_and_logins(staff: dict[UserId, StaffCard]) -> tuple[FastAPI, Logins]:
    return make_app(staff)


@pytest.fixture
def client(app_and_logins: tuple[FastAPI, Logins]) -> Iterator[httpx.Client]:
    with TestClient(app_and_logins[0], base_url="http://store", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def sign_in(app_and_logins: tuple[FastAPI, Logins], client: httpx.Client) -> Callable[[str], str]:
    """Puts somebody's cookie into the client; gives the form token."""

    def sign(user: str) -> str:
        new = app_and_logins[1].begin(UserId(user))
        assert new is not None
        client.cookies.set("vitrine-test", new.token)
        return new.login.csrf

    return sign


@pytest.fixture
def bearer(app_and_logins: tuple[FastAPI, Logins]) -> Callable[[str], dict[str, str]]:
    def headers(user: str) -> dict[str, str]:
        new = app_and_logins[1].begin(UserId(user))
        assert new is not None
        return {"Authorization": f"Bearer {new.token}"}

    return headers


@pytest.fixture
def secure_app_and_logins() -> tuple[FastAPI, Logins]:
    return make_app(make_staff(), secure=True)


@pytest.fixture
def html() -> httpx.Headers:
    return httpx.Headers({"Accept": "text/html"})
