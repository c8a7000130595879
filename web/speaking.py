"""Chooses the tongue of each request: what this browser chose, what it asks for, what the house speaks.

A choice is a cookie and no secret: it says nothing of who reads. Of who is signed in it is kept, and goes before the
browser's on every page of theirs (`web/asking.py`).
"""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from web.asking import who_asks
from web.forms import safe_next
from web.front import front_of, go
from web.policy import public
from web.problems import ProblemError
from web.words import NAMES, Tongue, _, speak, spoken_by

COOKIE: Final = "vitrine-language"
COOKIE_AGE_S: Final = 400 * 86_400
"""Browsers keep none longer."""
ACCEPTED_MAX: Final = 20
"""Languages of one header that are looked at."""
NEXT_CHARS_MAX: Final = 4_000
"""Of the page that is shown again: a list with its filters, each sign written as %E4%B8%AD."""

router = APIRouter(include_in_schema=False)


class Speaking:
    """Wraps the app. `house` is spoken where nothing is asked for; its country's forms hold in each language."""

    def __init__(self, app: ASGIApp, *, house: Tongue) -> None:
        self._app = app
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            chosen = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
            speak(self._tongue(chosen, headers.get("accept-language", "")))
        await self._app(scope, receive, send)

    def _tongue(self, chosen: str, accepted: str) -> Tongue:
        language = chosen if chosen in NAMES else asked_for(accepted) or self._house.language
        return spoken_by(self._house, language)


def asked_for(accepted: str) -> str:
    """`fr-CH, fr;q=0.9, en;q=0.8` → `fr`: the one of ours that is wished most; empty when none is."""
    wished: list[tuple[float, str]] = []
    for part in accepted.split(",")[:ACCEPTED_MAX]:
        tag, _semicolon, quality = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        try:
            weight = float(quality.strip().lower().removeprefix("q=") or 1)
        except ValueError:
            continue
        if language in NAMES and 0 < weight <= 1:
            wished.append((weight, language))
    return max(wished, key=lambda each: each[0])[1] if wished else ""


@router.post("/language", dependencies=[public()])
async def choose(
    request: Request,
    language: Annotated[str, Form(max_length=8)],
    next: Annotated[str, Form(max_length=NEXT_CHARS_MAX)] = "/",  # noqa: A002 - the field's name
) -> Response:
    """Remembers a language for this browser, and for who is signed in, and shows the same page again."""
    if language not in NAMES:
        raise ProblemError(422, "language", _("This language is not spoken here"), _("Choose one of the list."))
    who, prefers = await who_asks(request), front_of(request).prefers
    if who is not None and prefers is not None and not who.looking:
        await prefers(who.user, language)
    answer = go(request, safe_next(next, "/"))
    secure = front_of(request).secure
    answer.set_cookie(COOKIE, language, max_age=COOKIE_AGE_S, httponly=True, samesite="lax", secure=secure, path="/")
    return answer
