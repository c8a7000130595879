"""Signing in at the office: name and password, then a code where one is set up."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from cloud.pages.shared import Word
from cloud.pos.staff.entrance import TICKET_BYTES_MAX, Answer, Entrance, Verdict
from web.forms import safe_next
from web.front import LOGIN_PATH, front_of, go, render, token_of
from web.policy import public, signed_in
from web.problems import ProblemError


def router(entrance: Entrance) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    def form(request: Request, next_path: str, *, status: int = 200, **said: str) -> Response:
        shown = {"problem": "", "chosen": "", "ticket": "", **said}
        return render(request, "cloud/sign_in.html", status=status, next=next_path, **shown)

    def admitted(request: Request, answer: Answer, next_path: str, *, wrong: str, chosen: str) -> Response:
        if answer.verdict is Verdict.CODE_WANTED:
            said = {"problem": wrong, "ticket": answer.ticket} if not chosen else {"ticket": answer.ticket}
            return form(request, next_path, status=401 if not chosen else 200, **said)
        new = front_of(request).logins.begin(answer.user) if answer.verdict is Verdict.ADMITTED else None
        if new is None:
            return form(request, next_path, status=401, problem=wrong, chosen=chosen)
        going = go(request, safe_next(next_path, "/"))
        front_of(request).give_cookie(going, new)
        return going

    @routes.get(LOGIN_PATH, dependencies=[public()])
    def show(request: Request, next: Word = "/") -> Response:  # noqa: A002 - the query's name
        return form(request, next)

    @routes.post(LOGIN_PATH, dependencies=[public()])
    def sign_in(
        request: Request,
        user: Annotated[str, Form(max_length=64)],
        password: Annotated[str, Form(max_length=200)],
        next: Annotated[str, Form(max_length=200)] = "/",  # noqa: A002 - the field's name
    ) -> Response:
        """Wrong ones see the page again, with the reason and their name kept; then a code, where one is set up."""
        try:
            answer = entrance.verified(user, password)
        except ProblemError as wait:
            return form(request, next, status=wait.status, problem=str(wait), chosen=user)
        return admitted(request, answer, next, wrong="Name and password do not fit.", chosen=user)

    @routes.post(f"{LOGIN_PATH}/code", dependencies=[public()])
    def second_step(
        request: Request,
        ticket: Annotated[str, Form(max_length=TICKET_BYTES_MAX)],
        code: Annotated[str, Form(max_length=40)],
        next: Annotated[str, Form(max_length=200)] = "/",  # noqa: A002 - the field's name
    ) -> Response:
        """The ticket says whose password fitted a moment ago; it alone lets nobody in."""
        try:
            answer = entrance.continued(ticket, code)
        except ProblemError as wait:
            return form(request, next, status=wait.status, problem=str(wait), ticket=ticket)
        if answer.verdict is Verdict.WRONG:
            return form(request, next, status=401, problem="This took too long. Sign in again.")
        wrong = "This code does not fit, or was used before: wait for the next."
        return admitted(request, answer, next, wrong=wrong, chosen="")

    @routes.post("/sign-out", dependencies=[signed_in(before_factor=True)])
    def sign_out(request: Request) -> Response:
        front = front_of(request)
        front.logins.end(token_of(request))
        if front.glances is not None:
            front.glances.end(request.cookies.get(front.glance_cookie, ""))
        answer = go(request, LOGIN_PATH)
        front_of(request).take_cookie(answer)
        return answer

    return routes
