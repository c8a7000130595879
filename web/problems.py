"""One answer for everything that goes wrong: RFC 9457 problem+json for programs, a calm page for people.

A problem says what is the matter (`title`), why, and what to do next (`detail`); `code` is for programs.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import quote

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from contract.pan import redacted
from web.asking import who_asks
from web.front import LOGIN_PATH, render, wants_fragment
from web.headers import is_private

MEDIA_TYPE: Final = "application/problem+json"
FACTOR_PATH: Final = "/me/second-factor"
PROGRAM_PATHS: Final = ("/api/", "/edge/", "/metrics", "/healthz")
TITLE_OF_STATUS: Final = {
    404: "There is no such page",
    405: "This cannot be done here",
    413: "That is too much at once",
    503: "Too busy for a moment",
}
"""What a person reads; programs, and people at any other status, read the name HTTP gives it."""
CODE_OF_STATUS: Final = {404: "not-found", 405: "method", 413: "too-large", 422: "invalid", 503: "busy"}


class Way(NamedTuple):
    """A page on which a problem is mended, and what a link to it says."""

    path: str
    words: str


class ProblemError(Exception):
    """Raise it anywhere below a route: `ProblemError(409, "claimed", "This piece is in another cart", "Ask Ana.")`."""

    notice = "web/_notice.html"
    """How a page shows it; a face may have another for some of its problems."""
    asked = ""
    """What it waits for, by its digest: somebody else's word."""
    way: Way | None = None
    """Where a person mends it, if not where they are."""

    def __init__(self, status: int, code: str, title: str, detail: str = "") -> None:
        super().__init__(redacted(f"{title}. {detail}".strip()))
        self.status = status
        self.code = code
        self.title = redacted(title)
        self.detail = redacted(detail)


class StoreWantedError(ProblemError):
    """A list of all stores, asked for by somebody of some stores only: a page turns to the first of theirs."""

    def __init__(self, stores: Sequence[str]) -> None:
        named = " or ".join(f"?store={each}" for each in stores)
        super().__init__(403, "store", "You see one store at a time", f"Name one of yours: {named}.")
        self.stores = tuple(stores)


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of RFC 9457 §3.1; `errors` name the fields that were wrong; `asked` is what
    somebody else may approve.
    """

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    asked: str = ""
    errors: tuple[str, ...] = ()


def install(app: FastAPI) -> None:
    """Every error of this app leaves by this door. Unforeseen ones stay 500 and go to the log, not to the client."""

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)
        return answer(request, error)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return await problem_of(request, error)

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        fields = tuple(f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors())
        problem = ProblemError(422, "invalid", "Something in the form is not right", "; ".join(fields))
        return answer(request, problem, fields)

    async def on_crash(request: Request, _: Exception) -> Response:
        title = "Something broke on our side"
        return answer(request, ProblemError(500, "internal", title, "Nothing was half done. Try again, then call us."))

    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_crash)


async def problem_of(request: Request, error: HTTPException) -> Response:
    """What is refused by HTTP's own word, said in ours."""
    if reads_html(request):
        await who_asks(request)  # an address without a route has asked nobody yet, and its page needs the menu
    code = CODE_OF_STATUS.get(error.status_code, "http")
    phrase = HTTPStatus(error.status_code).phrase
    title = TITLE_OF_STATUS.get(error.status_code, phrase) if reads_html(request) else phrase
    detail = error.detail if error.detail != phrase else ""
    answered = answer(request, ProblemError(error.status_code, code, title, detail))
    answered.headers.update(error.headers or {})
    return answered


def answer(request: Request, error: ProblemError, errors: tuple[str, ...] = ()) -> Response:
    """problem+json, an htmx notice, the sign-in page or an error page: whatever the asker can read."""
    if not reads_html(request):
        body = Problem(
            type=f"urn:vitrine:problem:{error.code}",
            title=error.title,
            status=error.status,
            detail=error.detail,
            instance=redacted(request.url.path),
            asked=error.asked,
            errors=tuple(map(redacted, errors)),
        )
        headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
        return Response(msgspec.json.encode(body), error.status, headers, MEDIA_TYPE)
    sign_in = f"{LOGIN_PATH}?next={quote(request.url.path)}"
    if wants_fragment(request):
        if error.status == 401:
            return Response(status_code=200, headers={"HX-Redirect": LOGIN_PATH})
        page = render(request, error.notice, status=error.status, problem=error)
        page.headers.update({"HX-Retarget": "#notice", "HX-Reswap": "innerHTML"})
        return page
    if error.status == 401:
        return RedirectResponse(sign_in, 303)
    if error.code == "second-factor":
        return RedirectResponse(FACTOR_PATH, 303)
    if isinstance(error, StoreWantedError) and request.method == "GET":
        return RedirectResponse(str(request.url.include_query_params(store=error.stores[0])), 303)
    template = "web/private_problem.html" if is_private(request) else "web/problem.html"
    return render(request, template, status=error.status, problem=error)


def reads_html(request: Request) -> bool:
    """A browser on a page; programs on /api and the doors get JSON."""
    if request.url.path.startswith(PROGRAM_PATHS) or not hasattr(request.app.state, "front"):
        return False
    return wants_fragment(request) or "text/html" in request.headers.get("accept", "")
