"""Who asks: the login of a request, looked up once."""

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from web.front import front_of
from web.logins import Login
from web.words import NAMES, speak, spoken_by


async def who_asks(request: Request) -> Login | None:
    """The login of this request, by bearer token or cookie; None when there is none. Asks the rows once."""
    if not hasattr(request.state, "login"):
        request.state.login = await _find(request) or await _glancing(request)
        _speak_to(request)
    login: Login | None = request.state.login
    return login


def _speak_to(request: Request) -> None:
    """From here on this request speaks the language of the person who asks. Programs read English."""
    login: Login | None = request.state.login
    if login is not None and login.csrf and login.language in NAMES:
        speak(spoken_by(front_of(request).tongue, login.language))


async def _find(request: Request) -> Login | None:
    front = front_of(request)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = kind.lower() == "bearer" and bool(token)
    if not bearer:
        token = request.cookies.get(front.cookie, "")
    if not token:
        return None
    if front.logins.blocking:
        login = await run_in_threadpool(front.logins.find, token, bearer=bearer)
    else:
        login = front.logins.find(token, bearer=bearer)
    return login if login is not None and front.holds(request, login) else None


async def _glancing(request: Request) -> Login | None:
    """Who came by a ticket and has no login of their own here."""
    front = front_of(request)
    token = request.cookies.get(front.glance_cookie, "")
    if front.glances is None or not token:
        return None
    return await run_in_threadpool(front.glances.find, token, bearer=False)
