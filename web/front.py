"""A front: what one web face (the office, or one store's edge) is made of. Built once, in a composition root."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import jinja2
from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contract.feed import Permission
from contract.ids import UserId
from web.logins import Login, Logins, NewLogin
from web.words import ENGLISH, Tongue, Words, tongue

LOGIN_PATH: Final = "/sign-in"
Prefers = Callable[[UserId, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class NavLink:
    """One place of the navigation; shown to who has one of `needs`, or to everybody when it needs nothing."""

    path: str
    text: Words
    needs: tuple[Permission, ...] = ()
    under: tuple[str, ...] = ()
    """Paths of pages that are reached from this place: it stays marked on them."""
    group: Words = ""
    """The heading it stands under; a face whose places have none shows them in one row."""

    def nearness(self, path: str) -> int:
        """How much of the path it names: of two places that lead to a page the nearer one is marked."""
        return max((len(each) for each in (self.path, *self.under) if path.startswith(each)), default=0)

    def leads_to(self, path: str) -> bool:
        """Whether a page belongs to this place."""
        if self.path == "/":
            return path == "/"
        return any(path == each or path.startswith(f"{each}/") for each in (self.path, *self.under))


@dataclass(frozen=True, slots=True)
class NavGroup:
    """Places under one heading. `here`: the one the page that is shown belongs to, if it is one of them."""

    text: Words
    links: tuple[NavLink, ...]
    here: NavLink | None


def grouped(nav: Sequence[NavLink], path: str) -> tuple[NavGroup, ...]:
    """The places by heading, in the order in which the headings come; none where the places have no headings."""
    here = max((each for each in nav if each.leads_to(path)), key=lambda each: each.nearness(path), default=None)
    by: dict[Words, list[NavLink]] = {}
    for each in nav:
        if each.group:
            by.setdefault(each.group, []).append(each)
    return tuple(NavGroup(name, tuple(links), here if here in links else None) for name, links in by.items())


@dataclass(frozen=True, slots=True)
class Front:
    """`face` is a slug that tells the cookies of two faces on one host apart, for cookies do not know ports."""

    face: str
    title: str
    logins: Logins
    templates: jinja2.Environment
    secure: bool
    """True over HTTPS: the cookie is then `__Host-` and Secure."""
    nav: tuple[NavLink, ...] = ()
    place: str = ""
    """Where this face stands, e.g. the store's name, shown beside the house's."""
    globals: dict[str, Any] = field(default_factory=dict)
    holds: Callable[[Request, Login], bool] = lambda _request, _login: True
    """Whether a login is good with this request: one of a device wants the proof of that device's key."""
    glances: Logins | None = None
    """Of people who came by a ticket from a till, to look."""
    own: tuple[NavLink, ...] = ()
    """What a person has of their own here, beside their language: on the page `/me`."""
    prefers: Prefers | None = None
    """Keeps the language that somebody chose for their pages."""
    tongue: Tongue = field(default_factory=lambda: tongue(ENGLISH))
    """What the house speaks, to whom asks for nothing else."""

    @property
    def cookie(self) -> str:
        return f"{'__Host-' if self.secure else ''}vitrine-{self.face}"

    @property
    def glance_cookie(self) -> str:
        return f"{self.cookie}-glance"

    def give_glance(self, response: Response, new: NewLogin) -> None:
        """For who came by a ticket: like a login's, beside it."""
        response.set_cookie(
            self.glance_cookie, new.token, httponly=True, samesite="strict", secure=self.secure, path="/"
        )

    def give_cookie(self, response: Response, new: NewLogin) -> None:
        """A session cookie: scripts cannot read it, other sites cannot send it."""
        response.set_cookie(self.cookie, new.token, httponly=True, samesite="strict", secure=self.secure, path="/")

    def take_cookie(self, response: Response) -> None:
        for cookie in (self.cookie, self.glance_cookie):
            response.delete_cookie(cookie, httponly=True, samesite="strict", secure=self.secure, path="/")


def front_of(request: Request) -> Front:
    """The front of the app that serves this request; `web.fit.fit` put it there."""
    front = request.app.state.front
    assert isinstance(front, Front), "fit(app, front) was not called by the composition root"
    return front


def wants_fragment(request: Request) -> bool:
    """True when htmx asks for a piece of a page rather than a browser for the whole."""
    return request.headers.get("hx-request") == "true"


def token_of(request: Request) -> str:
    """The login token this request carries, or an empty string."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind.lower() == "bearer" else request.cookies.get(front_of(request).cookie, "")


def render(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page or fragment. Templates see `front`, `login`, `path` and what is given."""
    front = front_of(request)
    login: Login | None = getattr(request.state, "login", None)
    nav = [each for each in front.nav if login is not None and (not each.needs or login.may(*each.needs))]
    path, query = request.url.path, f"?{request.url.query}" if request.url.query else ""
    known = {
        "here": f"{path}{query}", "front": front, "login": login, "path": path, "nav": nav,
        "nav_headings": grouped(nav, path), "theme": theme_of(request),
    }  # fmt: skip
    text = front.templates.get_template(template).render({**front.globals, **known, **values})
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


def go(request: Request, path: str) -> Response:
    """Send the browser elsewhere after a form, whether htmx sent it or the browser itself."""
    if wants_fragment(request):
        return Response(status_code=200, headers={"HX-Redirect": path})
    return RedirectResponse(path, status_code=303)


def theme_of(request: Request) -> str:
    """`light`, `dark`, or empty: as the system says."""
    theme = request.cookies.get("vitrine-theme", "")
    return theme if theme in {"light", "dark"} else ""
