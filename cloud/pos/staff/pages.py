"""The office's pages of people: who they are, what their roles may do, and each one's own second factor."""

import os
from collections.abc import Mapping
from typing import Annotated, Final

import segno
from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from cloud import changes
from cloud.desk import Desk
from cloud.listing import answer
from cloud.pos.http import conflicts, found
from cloud.pos.staff import columns, factors, queries, roles, totp
from cloud.pos.staff import desk as staff
from cloud.pos.staff.entrance import Entrance
from cloud.pos.staff.routes import ErrorsOfStaff, Namer, reset_factor_of
from contract.feed import EVERY_STORE, Permission, Role, RoleCard, StaffCard
from contract.ids import StoreId, UserId
from contract.money import BASIS_POINTS
from trade.permissions import NO_LIMIT_MINOR, WORDS
from web.forms import amount_minor, percent_bp, typed
from web.front import go, render
from web.logins import Login
from web.policy import allow, signed_in
from web.problems import FACTOR_PATH
from web.tables import Asked, arrange, asked

GROUPS: Final[tuple[tuple[str, tuple[Permission, ...]], ...]] = (
    ("At the till", (
        Permission.SELL, Permission.DISCOUNT, Permission.PAD_OVERRIDE, Permission.TAX_EXEMPT, Permission.VOID,
        Permission.REFUND, Permission.REFUND_LATE, Permission.REFUND_OTHERWISE, Permission.SHIFT,
        Permission.SEE_SHIFT, Permission.CASH_MOVE, Permission.DRAWER_OPEN,
    )),
    ("With pieces", (
        Permission.COUNT, Permission.APPROVE_COUNT, Permission.DISPOSE, Permission.TRANSFER, Permission.BREAK_LEASE,
        Permission.TAGS, Permission.TAG_REPLACE, Permission.PIECES, Permission.SEE_COST,
    )),
    ("With clients", (
        Permission.SEE_CLIENTS, Permission.CLIENTS, Permission.CLIENT_RIGHTS, Permission.ORDERS, Permission.ORDER_TERMS,
    )),
    ("On the floor", (
        Permission.CLOSE_ALARM, Permission.OPEN_LOCKS, Permission.CALIBRATE, Permission.DETECTORS,
    )),
    ("For the house", (
        Permission.SEE_STAFF, Permission.PINS, Permission.STAFF, Permission.SETTINGS, Permission.LEDGER,
        Permission.LEDGER_CLOSE, Permission.REPLACE_BOX,
    )),
)  # fmt: skip
CHANGES_SHOWN: Final = 100
LIMIT_CURRENCY: Final = "EUR"
"""Of two digits, to read limits of a whole house by; at a store they are read in its own currency."""
Seer = Annotated[Login, allow(Permission.SEE_STAFF, Permission.STAFF)]
Me = Annotated[Login, signed_in(before_factor=True)]
List = Annotated[Asked, Depends(asked)]
Word = Annotated[str, Query(max_length=100)]
Text = Annotated[str, Form(max_length=100)]
Secret = Annotated[str, Form(max_length=200)]
Code = Annotated[str, Form(max_length=40)]
Why = Annotated[str, Form(max_length=changes.WHY_CHARACTERS_MAX)]
Names = Annotated[list[str], Form()]


def router(desk: Desk, entrance: Entrance, house: str) -> APIRouter:
    routes = APIRouter(include_in_schema=False, dependencies=[signed_in("house", before_factor=True)])
    add_people(routes, desk, entrance)
    add_roles(routes, desk)
    add_factor(routes, desk, entrance, house)
    return routes


def add_people(routes: APIRouter, desk: Desk, entrance: Entrance) -> None:
    def page(request: Request, who: Login, what: Asked, given: Mapping[str, object], *, problem: str = "") -> Response:
        with desk.look() as work:
            rows = queries.theirs(work.tx, who)
            names, shops = queries.role_names(work.tx), roles.stores_open(work.tx)
        return answer(
            request, arrange(columns.of_staff(names, shops), rows, what), "staff/list.html",
            status=422 if problem else 200, roles=names, shops=shops,
            given=given, may_name=who.may(Permission.STAFF), problem=problem,
        )  # fmt: skip

    def person_page(
        request: Request, who: Login, user: str, given: Mapping[str, object] | None = None, *, problem: str = ""
    ) -> Response:
        with desk.look() as work:
            seen = found(
                next((row for row in queries.theirs(work.tx, who) if row.user == user), None), f"person {user}"
            )
            names, shops = queries.role_names(work.tx), roles.stores_open(work.tx)
            history = changes.listing(work.tx, what="staff", subject=user, limit=CHANGES_SHOWN)
        shown = {"name": seen.name, "roles": seen.roles, "stores": seen.stores, "active": seen.active}
        return render(
            request, "staff/person.html", status=422 if problem else 200, person=seen, roles=names, problem=problem,
            stores={name: title for name, title in shops.items() if who.of(name)}, given=given or shown,
            may_name=who.may(Permission.STAFF), history=history, may_every=not who.powers.only,
        )  # fmt: skip

    @routes.get("/staff")
    def people(request: Request, who: Seer, what: List) -> Response:
        return page(request, who, what, {})

    @routes.post("/staff")
    def name_somebody(
        request: Request, who: Namer, what: List, *, user: Text, name: Text, role: Text, password: Secret = ""
    ) -> Response:
        """Somebody new, at the stores of whoever names them. Without a password they have a PIN and no way in here."""
        try:
            named = name.strip() or user
            card = StaffCard(user=staff.check_user(UserId(user)), name=named, roles=(role,), stores=who.powers.only)
            verifier = entrance.verifier(password, user) if password else None
            with desk.work() as work:
                staff.must_be_new(work, card.user)
                roles.change_staff(work, card, verifier, by=who.user, why="named at the office")
        except ErrorsOfStaff as error:
            return page(request, who, what, {"user": user, "name": name, "role": role}, problem=str(error))
        return go(request, f"/staff/{user}")

    @routes.get("/staff/{user}")
    def one(request: Request, who: Seer, user: str) -> Response:
        return person_page(request, who, user)

    @routes.post("/staff/{user}")
    def change(
        request: Request, who: Namer, user: str, *, name: Text, why: Why, role: Names = [], store: Names = [],  # noqa: B006
        active: Text = "", password: Secret = "",
    ) -> Response:  # fmt: skip
        """Everything as it shall be. Whoever is no longer active is out at once, here and at every store."""
        given = {"name": name, "roles": role, "stores": store, "active": bool(active), "why": why}
        try:
            if not role:
                raise staff.StaffError("somebody has one role at least; who has none is not active")
            card = StaffCard(
                user=UserId(user), name=name.strip() or user, roles=tuple(role), active=bool(active),
                stores=tuple(StoreId(each) for each in store),
            )  # fmt: skip
            verifier = entrance.verifier(password, user) if password else None
            with desk.work() as work:
                found(staff.find(work, card.user), f"person {user}")
                roles.change_staff(work, card, verifier, by=who.user, why=why)
        except ErrorsOfStaff as error:
            return person_page(request, who, user, given, problem=str(error))
        return go(request, f"/staff/{user}")

    @routes.post("/staff/{user}/second-factor/reset")
    def reset(request: Request, who: Namer, user: str, why: Why) -> Response:
        with conflicts(*ErrorsOfStaff, factors.FactorError, code="staff"), desk.work() as work:
            reset_factor_of(work, UserId(user), by=who, why=why)
        return go(request, f"/staff/{user}")

    @routes.get("/changes")
    def history(
        request: Request, who: Annotated[Login, allow(Permission.SETTINGS, Permission.STAFF)], what: List,
        store: Word = "",
    ) -> Response:  # fmt: skip
        with desk.look() as work:
            shops = roles.stores_open(work.tx)
            people = {row.user: row.name for row in queries.listing(work.tx)}
            shown = {name: title for name, title in shops.items() if who.of(name)}
            table = columns.of_changes(work.tx, what, shown, people, store=store)
            return answer(request, table, "staff/changes.html", names=shops, people=people)


def add_roles(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/roles")
    def all_roles(request: Request, who: Seer, what: List, store: Word = "") -> Response:
        with desk.look() as work:
            rows, shops = queries.role_rows(work.tx, store), roles.stores_open(work.tx)
        return answer(
            request, arrange(columns.of_roles(WORDS), rows, what), "staff/roles.html", store=store, words=WORDS,
            may_name=who.may(Permission.STAFF),
            stores={name: title for name, title in shops.items() if who.of(name)}, every=not who.powers.only,
            total=len(Permission),
        )  # fmt: skip

    def form(
        request: Request, who: Login, given: Mapping[str, object], store: str, *, problem: str = "", new: bool = False
    ) -> Response:
        with desk.look() as work:
            shops = roles.stores_open(work.tx)
            mine = roles.mine(work, who.user)
        held = (mine.at(StoreId(store)) if store else mine.everywhere).permissions
        return render(
            request, "staff/role.html", status=422 if problem else 200, given=given, store=store, groups=GROUPS,
            words=WORDS, held=held, problem=problem, new=new, place=shops.get(store, ""), standard=list(Role),
            may_name=who.may(Permission.STAFF, store=store) if store else Permission.STAFF in who.powers.everywhere,
        )  # fmt: skip

    @routes.get("/roles/new")
    def new_role(request: Request, who: Namer) -> Response:
        given = {
            "role": "",
            "name": "",
            "permissions": [],
            "discount": "0",
            "refund": "0",
            "endless": False,
            "own": False,
        }
        return form(request, who, given, "", new=True)

    @routes.get("/roles/{role}")
    def one_role(request: Request, who: Seer, role: str, store: Word = "") -> Response:
        with desk.look() as work:
            rows = {row.role: row for row in queries.role_rows(work.tx, store)}
        row = found(rows.get(role), f"role {role}")
        endless = row.refund_minor_max >= NO_LIMIT_MINOR
        given = {
            "role": role, "name": row.name, "permissions": row.permissions, "own": row.own, "endless": endless,
            "discount": f"{row.discount_bp_max / 100:g}",
            "refund": "0" if endless else typed(row.refund_minor_max, LIMIT_CURRENCY),
        }  # fmt: skip
        return form(request, who, given, store)

    @routes.post("/roles")
    def keep(
        request: Request, who: Namer, *, role: Text, name: Text = "", why: Why = "", permission: Names = [],  # noqa: B006
        discount: Text = "0", refund: Text = "0", endless: Text = "", at: Text = "", new: Text = "",
    ) -> Response:  # fmt: skip
        """The whole card, at every store or `at` one."""
        given = {
            "role": role, "name": name, "permissions": permission, "discount": discount, "refund": refund,
            "endless": bool(endless), "own": bool(at), "why": why,
        }  # fmt: skip
        try:
            limit = NO_LIMIT_MINOR if endless else amount_minor(refund, LIMIT_CURRENCY, "Refund up to")
            card = RoleCard(
                role=role, name=name.strip(), permissions=tuple(each for each in Permission if each in permission),
                discount_bp_max=min(percent_bp(discount, "Discount up to"), BASIS_POINTS), refund_minor_max=limit,
            )  # fmt: skip
            with desk.work() as work:
                if new and role in queries.role_names(work.tx):
                    raise staff.StaffError(f"there is a role {role!r} already: change it, or choose another short name")
                roles.put_role(work, card, at or EVERY_STORE, by=who.user, why=why)
        except ErrorsOfStaff as error:
            return form(request, who, given, at, problem=str(error), new=bool(new))
        return go(request, f"/roles?store={at}" if at else "/roles")

    @routes.post("/roles/{role}/take-back")
    def take_back(request: Request, who: Namer, role: str, why: Why, at: Text = "") -> Response:
        with conflicts(*ErrorsOfStaff, code="staff"), desk.work() as work:
            roles.take_role_back(work, role, at or EVERY_STORE, by=who.user, why=why)
        return go(request, f"/roles?store={at}" if at else "/roles")


def add_factor(routes: APIRouter, desk: Desk, entrance: Entrance, house: str) -> None:
    def page(request: Request, who: Login, *, problem: str = "", codes: list[str] | None = None) -> Response:
        with desk.look() as work:
            state = factors.state(work.tx, who.user, desk.sealing)
        link = totp.link(state.secret, user=who.user, house=house) if state.secret else ""
        drawn = segno.make(link, error="m").svg_inline(scale=5, border=4, omitsize=True) if link else ""
        return render(
            request, "staff/factor.html", status=422 if problem else 200, state=state, problem=problem,
            secret=totp.text(state.secret) if state.secret else "", drawn=drawn, codes=codes or [],
            needed=factors.moves_much(who.powers),
        )  # fmt: skip

    @routes.get(FACTOR_PATH)
    def show(request: Request, who: Me) -> Response:
        return page(request, who)

    @routes.post(FACTOR_PATH)
    def begin(request: Request, who: Me) -> Response:
        """A new secret, shown until it is proved."""
        with conflicts(factors.FactorError, code="second-factor"), desk.work() as work:
            factors.begin(work, who.user, os.urandom, desk.sealing)
        return go(request, FACTOR_PATH)

    @routes.post(f"{FACTOR_PATH}/confirm")
    def confirm(request: Request, who: Me, code: Code) -> Response:
        """The recovery codes are shown here and nowhere else."""
        try:
            with desk.work() as work:
                codes = factors.confirm(work, who.user, code, os.urandom, desk.sealing)
        except factors.FactorError as error:
            return page(request, who, problem=str(error))
        return page(request, who, codes=codes)

    @routes.post(f"{FACTOR_PATH}/codes")
    def renew(request: Request, who: Me, code: Code) -> Response:
        if not entrance.proves(who.user, code):
            return page(request, who, problem="this code does not fit, or was used before: wait for the next")
        with desk.work() as work:
            codes = factors.renew_codes(work, who.user, os.urandom)
        return page(request, who, codes=codes)

    @routes.post(f"{FACTOR_PATH}/remove")
    def remove(request: Request, who: Me, code: Code) -> Response:
        """For another phone: with a code of the old one, or a recovery code. Signs out everywhere."""
        if not entrance.proves(who.user, code):
            return page(request, who, problem="this code does not fit, or was used before: wait for the next")
        with conflicts(factors.FactorError, code="second-factor"), desk.work() as work:
            person = found(staff.find(work, who.user), f"person {who.user}")
            factors.take_away(work, person, by=who.user, why="set up another phone")
        return go(request, "/")
