"""Signing in, the people of the house, and what their roles may do, over HTTP."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from cloud import changes
from cloud.desk import Desk
from cloud.pos.http import ROWS_PER_PAGE, Asked, Limit, conflicts, found
from cloud.pos.staff import desk as staff
from cloud.pos.staff import factors, queries, roles
from cloud.pos.staff.entrance import Entrance, Verdict
from cloud.work import Work
from contract.feed import EVERY_STORE, Permission, RoleCard, StaffCard
from contract.ids import StoreId, UserId
from web.front import front_of, token_of
from web.logins import Login
from web.policy import allow, public, signed_in
from web.problems import ProblemError

OVER_THE_API = "asked for over the API"
ErrorsOfStaff = (staff.StaffError, changes.WhyError)
Namer = Annotated[Login, allow(Permission.STAFF)]
Why = Annotated[str, Field(max_length=changes.WHY_CHARACTERS_MAX)]


class LoginAsked(Asked):
    """`code`: of the code app, or a recovery code, for who has set one up."""

    user: str = Field(max_length=64)
    password: str = Field(max_length=200)
    code: str = Field(default="", max_length=40)


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
    roles: list[str] = Field(min_length=1, max_length=10)
    stores: list[str] = Field(default=[])
    active: bool = True
    password: str = Field(default="", max_length=200)
    why: Why = OVER_THE_API


class RoleAsked(Asked):
    """The whole card as it shall be. `discount_bp_max` in hundredths of a percent, the refund in minor units."""

    permissions: list[str] = Field(max_length=len(Permission))
    name: str = ""
    discount_bp_max: int = Field(default=0, ge=0)
    refund_minor_max: int = Field(default=0, ge=0)
    why: Why


class WhyAsked(Asked):
    why: Why


def router(desk: Desk, passwords: staff.Passwords, entrance: Entrance) -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["staff"])

    @routes.post("/login", dependencies=[public()])
    def sign_in(asked: LoginAsked, request: Request) -> LoginGiven:
        """A bearer token for a program or a script."""
        answer = entrance.verified(asked.user, asked.password, asked.code)
        if answer.verdict is Verdict.CODE_WANTED:
            raise ProblemError(401, "code-wanted", "A code is wanted too", "Send that of your code app as `code`.")
        new = front_of(request).logins.begin(answer.user) if answer.verdict is Verdict.ADMITTED else None
        if new is None:
            title = "Name, password and code do not fit" if asked.code else "Name and password do not fit"
            raise ProblemError(401, "wrong-password", title, "Ask an admin to set a new one.")
        return LoginGiven(token=new.token, user=new.login.user, name=new.login.name, roles=list(new.login.roles))

    @routes.post("/logout", dependencies=[signed_in(before_factor=True)], status_code=204)
    def sign_out(request: Request) -> Response:
        """End this login."""
        front_of(request).logins.end(token_of(request))
        return Response(status_code=204)

    @routes.get("/me")
    def me(who: Annotated[Login, signed_in(before_factor=True)]) -> LoginGiven:
        """Who this token belongs to."""
        return LoginGiven(token="", user=who.user, name=who.name, roles=list(who.roles))

    @routes.get("/staff")
    def listing(who: Annotated[Login, allow(Permission.SEE_STAFF, Permission.STAFF)]) -> list[queries.StaffRow]:
        """By name; who is of some stores only sees the people of those."""
        with desk.look() as work:
            return queries.theirs(work.tx, who)

    @routes.put("/staff/{user}")
    def put(user: Annotated[str, Field(pattern=staff.USER)], asked: StaffAsked, who: Namer) -> list[queries.StaffRow]:
        """Create somebody or change them; every store hears of it by the feed. 409 for what is not yours to give."""
        card = StaffCard(
            user=UserId(user),
            name=asked.name,
            roles=tuple(asked.roles),
            stores=tuple(StoreId(name) for name in asked.stores),
            active=asked.active,
        )
        with conflicts(*ErrorsOfStaff, code="staff"):
            verifier = passwords.verifier(asked.password, user) if asked.password else None
            with desk.work() as work:
                roles.change_staff(work, card, verifier, by=who.user, why=asked.why)
        return listing(who)

    @routes.post("/staff/{user}/second-factor/reset", status_code=204)
    def reset_factor(user: str, asked: WhyAsked, who: Namer) -> Response:
        """Somebody lost their phone and their recovery codes: they set up another, and are signed out until then."""
        with conflicts(*ErrorsOfStaff, factors.FactorError, code="staff"), desk.work() as work:
            reset_factor_of(work, UserId(user), by=who, why=asked.why)
        return Response(status_code=204)

    @routes.get("/roles", dependencies=[allow(Permission.SEE_STAFF, Permission.STAFF)])
    def role_cards(store: str = "") -> list[queries.RoleRow]:
        """What each role may do, at this store or where no store has its own."""
        with desk.look() as work:
            return queries.role_rows(work.tx, store)

    @routes.put("/roles/{role}")
    def put_role(role: str, asked: RoleAsked, who: Namer, store: str = "") -> list[queries.RoleRow]:
        """Make a role or change it, at every store or at this one. 409 for what is not yours to give."""
        strange = [each for each in asked.permissions if each not in list(Permission)]
        if strange:
            raise ProblemError(422, "permission", f"There is no permission {', '.join(strange)}", "See GET /roles.")
        card = RoleCard(
            role=role,
            name=asked.name.strip(),
            permissions=tuple(each for each in Permission if each in asked.permissions),
            discount_bp_max=asked.discount_bp_max,
            refund_minor_max=asked.refund_minor_max,
        )
        with conflicts(*ErrorsOfStaff, code="staff"), desk.work() as work:
            roles.put_role(work, card, store or EVERY_STORE, by=who.user, why=asked.why)
        return role_cards(store)

    @routes.post("/roles/{role}/take-back")
    def take_role_back(role: str, asked: WhyAsked, who: Namer, store: str = "") -> list[queries.RoleRow]:
        """A store's own card goes, and the house's holds; a role the house made ends."""
        with conflicts(*ErrorsOfStaff, code="staff"), desk.work() as work:
            roles.take_role_back(work, role, store or EVERY_STORE, by=who.user, why=asked.why)
        return role_cards(store)

    @routes.get("/changes", dependencies=[allow(Permission.SETTINGS, Permission.STAFF)])
    def history(store: str = "", limit: Limit = ROWS_PER_PAGE) -> list[changes.ChangeRow]:
        """Who changed how the house works, newest first."""
        with desk.look() as work:
            return changes.listing(work.tx, store=store, limit=limit)

    return routes


def reset_factor_of(work: Work, user: UserId, *, by: Login, why: str) -> None:
    """Raises `StaffError` when this person may do more than who asks, `FactorError` when there is nothing to reset."""
    person = found(staff.find(work, user), f"person {user}")
    roles.must_be_below(work, person, by=by.user)
    factors.take_away(work, person, by=by.user, why=why)
