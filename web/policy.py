"""Every route says who may use it: `allow(Role.MANAGER)`, `signed_in()` or `public()`. One without fails the tests.

    @router.post("/counts", dependencies=[allow(Role.MANAGER)])
    def start(who: Annotated[Login, signed_in()]) -> …

An admin is admitted wherever somebody must be signed in. A browser is known by its cookie and must send the form
token with whatever changes something; a program is known by `Authorization: Bearer`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount

from contract.feed import Role
from web import csrf
from web.asking import who_asks
from web.logins import Login
from web.problems import ProblemError

EVERYONE: Final = tuple(Role)
STATIC: Final = "static"


class Policy:
    """Who may use a route. `roles` is None for a public one."""

    def __init__(self, roles: tuple[Role, ...] | None) -> None:
        self.roles = roles

    async def __call__(self, request: Request) -> Login | None:
        """Gives the login, None on public routes. Raises a 401 or 403 problem that says what to do."""
        if request.method not in csrf.SAFE_METHODS and not csrf.from_our_pages(request):
            raise ProblemError(403, "foreign-origin", "This request came from another site", "Use Vitrine's own pages.")
        if self.roles is None:
            return None
        login = await who_asks(request)
        if login is None:
            raise ProblemError(401, "sign-in", "Please sign in", "Your login has ended or was never begun.")
        if not login.may(*self.roles):
            needed = " or ".join(role.replace("_", " ") for role in self.roles)
            raise ProblemError(403, "role", "This is not yours to do", f"It needs the role {needed}: ask one of them.")
        unsafe = bool(login.csrf) and request.method not in csrf.SAFE_METHODS
        if unsafe and not await csrf.carries_form_token(request, login.csrf):
            raise ProblemError(403, "form-token", "This page is out of date", "Reload it and try again.")
        return login


def allow(*roles: Role) -> Any:
    """A dependency that admits people holding one of these roles, and admins."""
    if not roles:
        raise ValueError("allow() names the roles it admits; signed_in() admits everyone who is signed in")
    return Depends(Policy(roles))


def signed_in() -> Any:
    """A dependency that admits everyone who is signed in."""
    return Depends(Policy(EVERYONE))


def public() -> Any:
    """A dependency that admits everybody; to say so is the point."""
    return Depends(Policy(None))


def undeclared(app: FastAPI) -> list[str]:
    """`METHODS path` of every route without a policy. The OpenAPI document and static files are public by nature."""
    return [name for name, declared in _walk(app.routes, app.openapi_url) if not declared]


def _walk(routes: Iterable[BaseRoute], openapi_url: str | None) -> Iterator[tuple[str, bool]]:
    for route in routes:
        inner = getattr(route, "original_router", None)  # FastAPI ≥ 0.150 keeps an included router as one route
        if inner is not None:
            context = getattr(route, "include_context", None)
            above = any(isinstance(each.dependency, Policy) for each in getattr(context, "dependencies", ()))
            for name, declared in _walk(inner.routes, openapi_url):
                yield name, declared or above
        elif isinstance(route, APIRoute):
            yield f"{','.join(sorted(route.methods or ()))} {route.path}", _has_policy(route.dependant)
        elif isinstance(route, Mount) and (route.name or "").startswith(STATIC):
            continue
        elif getattr(route, "path", None) != openapi_url:
            yield f"? {getattr(route, 'path', route)}", False


def _has_policy(dependant: Dependant) -> bool:
    return isinstance(dependant.call, Policy) or any(_has_policy(each) for each in dependant.dependencies)
