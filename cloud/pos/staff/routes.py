"""Signing in, and keeping the list of staff."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from cloud.desk import Desk
from cloud.pos.http import Asked, conflicts
from cloud.pos.staff import desk as staff
from cloud.pos.staff import queries
from contract.feed import Role, StaffCard
from contract.ids import StoreId, UserId
from web.attempts import Attempts
from web.front import front_of, token_of
from web.logins import Login
from web.policy import allow, public, signed_in
from web.problems import ProblemError


class LoginAsked(Asked):
    user: str = Field(max_length=64)
    password: str = Field(max_length=200)


@dataclass(frozen=True, slots=True)
class LoginGiven:
    """Send `token` as `Authorization: Bearer …`."""

    token: str
    user: str
    name: str
    roles: list[str]


class StaffAsked(Asked):
    """`password` empty leaves it as it is; `stores` empty means every store."""

    name: str = Field(min_length=1, max_length=100)
    roles: list[Literal["admin", "manager", "associate", "loss_prevention"]] = Field(min_length=1)
    stores: list[str] = Field(default=[])
    active: bool = True
    password: str = Field(default="", max_length=200)


class Entrance:
    """Checks a password and begins a login; the API and the sign-in page both use it."""

    def __init__(self, desk: Desk, passwords: staff.Passwords, attempts: Attempts) -> None:
        self._desk = desk
        self._passwords = passwords
        self._attempts = attempts

    def verified(self, user: str, password: str) -> bool:
        """Raises a 429 problem while this name has to wait."""
        wait_us = self._attempts.begin(user, self._desk.mono_us())
        if wait_us:
            detail = f"Wait {wait_us // 1_000_000 + 1} seconds, then try again."
            raise ProblemError(429, "too-many-attempts", "Too many wrong passwords", detail)
        with self._desk.look() as work:
            verifier = staff.verifier_of(work, UserId(user))
        if self._passwords.fits(verifier, password):
            self._attempts.succeeded(user)
            return True
        return False

    def verifier(self, password: str, user: str) -> str:
        """What to keep of a new password. Raises `StaffError` for one that is too weak."""
        return self._passwords.verifier(password, user)


def router(desk: Desk, passwords: staff.Passwords, entrance: Entrance) -> APIRouter:
    routes = APIRouter(tags=["staff"])

    @routes.post("/login", dependencies=[public()])
    def sign_in(asked: LoginAsked, request: Request) -> LoginGiven:
        """A bearer token for a program or a script."""
        new = (
            front_of(request).logins.begin(UserId(asked.user))
            if entrance.verified(asked.user, asked.password)
            else None
        )
        if new is None:
            raise ProblemError(401, "wrong-password", "Name and password do not fit", "Ask an admin to set a new one.")
        return LoginGiven(token=new.token, user=new.login.user, name=new.login.name, roles=list(new.login.roles))

    @routes.post("/logout", dependencies=[signed_in()], status_code=204)
    def sign_out(request: Request) -> Response:
        """End this login."""
        front_of(request).logins.end(token_of(request))
        return Response(status_code=204)

    @routes.get("/me")
    def me(who: Annotated[Login, signed_in()]) -> LoginGiven:
        """Who this token belongs to."""
        return LoginGiven(token="", user=who.user, name=who.name, roles=list(who.roles))

    @routes.get("/staff", dependencies=[allow(Role.ADMIN, Role.MANAGER)])
    def listing() -> list[queries.StaffRow]:
        with desk.look() as work:
            return queries.listing(work.tx)

    @routes.put("/staff/{user}", dependencies=[allow(Role.ADMIN)])
    def put(user: Annotated[str, Field(pattern=staff.USER)], asked: StaffAsked) -> list[queries.StaffRow]:
        """Create somebody or change them; every store hears of it by the feed."""
        card = StaffCard(
            user=UserId(user),
            name=asked.name,
            roles=tuple(Role(role) for role in asked.roles),
            stores=tuple(StoreId(name) for name in asked.stores),
            active=asked.active,
        )
        with conflicts(staff.StaffError, code="staff"):
            verifier = passwords.verifier(asked.password, user) if asked.password else None
            with desk.work() as work:
                staff.put_staff(work, card, verifier)
        return listing()

    return routes
