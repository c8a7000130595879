"""Every route says who may use it: `allow(Permission.COUNT)`, `signed_in()` or `public()`. One without fails the tests.

    @router.post("/counts", dependencies=[allow(Permission.COUNT)])
    def start(who: Annotated[Login, signed_in()]) -> …

A route that names a `store`, in its path or its query, is asked for at that store; for who is of some stores only it
wants the store named. `of="house"` looks past stores on purpose, `of="everywhere"` needs somebody of every store.
A browser is known by its cookie and must send the form token with whatever changes something; a program is known by
`Authorization: Bearer`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount

from contract.feed import Permission
from web import csrf, late
from web.asking import who_asks
from web.headers import keep_private
from web.logins import Login
from web.problems import ProblemError, StoreWantedError
from web.words import _

late.install()  # before any route is declared, for each route declares its policy

STATIC: Final = "static"
SIGN_OUT: Final = "/sign-out"
Of = Literal["store", "house", "everywhere"]


class Policy:
    """Who may use a route: `permissions` of which one is needed, none for everybody who is signed in."""

    def __init__(
        self, permissions: tuple[Permission, ...] = (), *, open_to_all: bool = False, of: Of = "store",
        before_factor: bool = False, private: bool = False,
    ) -> None:  # fmt: skip
        self.permissions = permissions
        self.open_to_all = open_to_all
        self.of = of
        self.before_factor = before_factor
        self.private = private

    async def __call__(self, request: Request) -> Login | None:
        """Gives the login, None on public routes. Raises a 401 or 403 problem that says what to do."""
        if self.private:
            keep_private(request)
        if request.method not in csrf.SAFE_METHODS and not csrf.from_our_pages(request):
            raise ProblemError(403, "foreign-origin", "This request came from another site", "Use Vitrine's own pages.")
        if self.open_to_all:
            return None
        login = await who_asks(request)
        if login is None:
            raise ProblemError(401, "sign-in", "Please sign in", "Your login has ended or was never begun.")
        if login.factor_due and not self.before_factor:
            why = "What you may do here moves money or people. Set up a code app first, under /me/second-factor."
            raise ProblemError(403, "second-factor", "A password is not enough for you", why)
        if login.looking and request.method not in csrf.SAFE_METHODS and request.url.path != SIGN_OUT:
            raise ProblemError(403, "looking", _("You came from a till, to look"), _("Sign in here to change it."))
        if login.looking and request.query_params.get("as") == "csv":
            raise ProblemError(403, "looking", _("You came from a till, to look"), _("Sign in here to take it out."))
        self._admit(request, login)
        unsafe = bool(login.csrf) and request.method not in csrf.SAFE_METHODS
        if unsafe and not await csrf.carries_form_token(request, login.csrf):
            raise ProblemError(403, "form-token", "This page is out of date", "Reload it and try again.")
        return login

    def _admit(self, request: Request, login: Login) -> None:
        store = request.path_params.get("store", "") or request.query_params.get("store", "")
        if self.of == "store" and store and not login.of(store):
            raise ProblemError(403, "store", f"The store {store} is not yours", "Ask who is of it, or an admin.")
        if self.of == "store" and not store and login.powers.only and takes_store(request.scope.get("route")):
            raise StoreWantedError(login.powers.only)
        if not self.permissions:
            return
        held = {
            "store": login.powers.at(store) if store else login.powers.anywhere,
            "house": login.powers.anywhere,
            "everywhere": login.powers.everywhere,
        }[self.of]
        if not held.intersection(self.permissions):
            raise _not_theirs(*self.permissions, where=f" at {store}" if store and self.of == "store" else "")


def allow(*permissions: Permission, of: Of = "store") -> Any:
    """A dependency that admits who has one of these permissions."""
    if not permissions or not all(isinstance(each, Permission) for each in permissions):
        raise ValueError("allow() names the permissions it admits; signed_in() admits everyone who is signed in")
    return Depends(Policy(permissions, of=of))


def signed_in(of: Of = "store", *, before_factor: bool = False) -> Any:
    """A dependency that admits everyone who is signed in."""
    return Depends(Policy(of=of, before_factor=before_factor))


def public() -> Any:
    """A dependency that admits everybody; to say so is the point."""
    return Depends(Policy(open_to_all=True))


def private() -> Any:
    """Like `public`, for what a client opens by a link or code of their own: answers carry `web.headers.PRIVATE`."""
    return Depends(Policy(open_to_all=True, private=True))


def require(who: Login, *permissions: Permission, store: str) -> None:
    """For a store that only the body names. Raises a 403 problem unless one of these is theirs at that store."""
    if not who.may(*permissions, store=store):
        raise _not_theirs(*permissions, where=f" at {store}")


def _not_theirs(*permissions: Permission, where: str = "") -> ProblemError:
    needed = " or ".join(f"“{each.replace('_', ' ')}”" for each in permissions)
    why = f"It needs the permission {needed}{where}: ask somebody who has it, or an admin for it."
    return ProblemError(403, "permission", "This is not yours to do", why)


def takes_store(route: object) -> bool:
    """Whether a route has a `store` in its path or its query."""
    dependant = getattr(route, "dependant", None)
    params = [*dependant.path_params, *dependant.query_params] if isinstance(dependant, Dependant) else []
    return any(each.alias == "store" for each in params)


class Declared(NamedTuple):
    """A route as the app serves it, with every policy that stands before it."""

    method: str
    path: str
    policies: tuple[Policy, ...]
    takes_store: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def undeclared(app: FastAPI) -> list[str]:
    """`METHOD path` of every route without a policy. The OpenAPI document and static files are public by nature."""
    return [str(each) for each in declared(app) if not each.policies]


def declared(app: FastAPI) -> list[Declared]:
    """Every route of the app, in the order in which they are tried."""
    return list(_walk(app.routes, app.openapi_url, "", ()))


def _walk(
    routes: Iterable[BaseRoute], openapi_url: str | None, prefix: str, above: tuple[Policy, ...]
) -> Iterator[Declared]:
    for route in routes:
        inner = getattr(route, "original_router", None)  # FastAPI ≥ 0.150 keeps an included router as one route
        if inner is not None:
            context = getattr(route, "include_context", None)
            given = tuple(each.dependency for each in getattr(context, "dependencies", ()))
            policies = above + tuple(each for each in given if isinstance(each, Policy))
            yield from _walk(inner.routes, openapi_url, prefix + getattr(context, "prefix", ""), policies)
        elif isinstance(route, APIRoute):
            policies = above + tuple(_policies(route.dependant))
            for method in sorted(route.methods or ()):
                yield Declared(method, prefix + route.path, policies, takes_store(route))
        elif isinstance(route, Mount) and (route.name or "").startswith(STATIC):
            continue
        elif getattr(route, "path", None) != openapi_url:
            yield Declared("?", str(getattr(route, "path", route)), (), takes_store=False)


def _policies(dependant: Dependant) -> Iterator[Policy]:
    if isinstance(dependant.call, Policy):
        yield dependant.call
    for each in dependant.dependencies:
        yield from _policies(each)
