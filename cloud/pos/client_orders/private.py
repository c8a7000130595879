"""The client's own page of their order: found by the code on their slip, for strangers to everything else.

As where receipts are checked: a code of 80 bits, and whoever guesses waits longer each time. No browser keeps the page,
and no link of it tells where it came from.
"""

from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.client_orders import answering
from cloud.pos.client_orders.answering import TooLateError
from cloud.sealing import SealedError
from contract.order_page import PAGE, read_page_code
from contract.receipt_code import TYPED_SIGNS_MAX
from web.attempts import Attempts
from web.front import render
from web.policy import private
from web.problems import ProblemError

TEMPLATE: Final = "client_orders/yours.html"
Typed = Annotated[str, Query(max_length=TYPED_SIGNS_MAX)]


class AnswerForm(BaseModel):
    code: Annotated[str, Field(max_length=TYPED_SIGNS_MAX)]
    what: Literal["quote", "proof"]
    said: Literal["yes", "no"]
    quote: Annotated[int, Field(ge=0, le=100_000)] = 0
    proof: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""


class Door:
    """Opens codes, and lets who guesses wait."""

    def __init__(self, desk: Desk, ring: Keyring, attempts: Attempts) -> None:
        self.desk, self._ring, self._attempts = desk, ring, attempts

    def key(self, request: Request, code: str) -> str:
        """The key of the code. Raises `ValueError`, and a 429 problem for who guessed too often."""
        key = read_page_code(code)
        if wait_us := self._attempts.begin(_address(request), self.desk.mono_us()):
            seconds = -(-wait_us // 1_000_000)
            raise ProblemError(429, "wait", "Too many codes were wrong", f"Wait {seconds} seconds, then try again.")
        return key

    def fits(self, request: Request) -> None:
        self._attempts.succeeded(_address(request))

    def page(self, request: Request, code: str, *, problem: str = "", status: int = 200) -> Response:
        """The form alone without a code."""
        if not code.strip():
            return render(request, TEMPLATE, code="", problem="", one=None, asked=False)
        try:
            key = self.key(request, code)
        except ValueError as error:
            return render(request, TEMPLATE, status=422, code=code, problem=str(error), one=None, asked=False)
        except ProblemError as error:
            why = error.detail
            return render(request, TEMPLATE, status=error.status, code=code, problem=why, one=None, asked=False)
        with self.desk.look() as work:
            found = answering.find(work.tx, self._ring, key, work.now_us)
        if found is not None:
            self.fits(request)
        one = found[2] if found is not None else None
        status = status if found is not None else 404
        here = f"{PAGE}?{urlencode({'code': code})}"  # an answer was posted: its address alone would show the form
        return render(request, TEMPLATE, status=status, code=code, problem=problem, one=one, asked=True, here=here)


def router(desk: Desk, ring: Keyring, attempts: Attempts) -> APIRouter:
    routes, door = APIRouter(include_in_schema=False), Door(desk, ring, attempts)

    @routes.get(PAGE, dependencies=[private()])
    def look(request: Request, code: Typed = "") -> Response:
        return door.page(request, code)

    @routes.post(PAGE, dependencies=[private()])
    def say(request: Request, form: Annotated[AnswerForm, Form()]) -> Response:
        """No login, and no form token: whoever has the code may answer, once."""
        try:
            key = door.key(request, form.code)
            with desk.work() as work:
                answering.answer(
                    work, ring, key, what=form.what, number=form.quote, proof=form.proof, approved=form.said == "yes"
                )
        except TooLateError as error:
            return door.page(request, form.code, problem=str(error), status=409)
        except (ValueError, LookupError, ProblemError):
            pass  # the page itself tells what is wrong with the code
        return door.page(request, form.code)

    @routes.get(f"{PAGE}/proof", dependencies=[private()])
    def proof(request: Request, code: Typed) -> Response:
        """The drawing that the client is asked about; 404 for everything else."""
        try:
            with desk.look() as work:
                told = answering.drawing(work.tx, ring, door.key(request, code), work.now_us)
        except (ValueError, SealedError):
            told = None
        if told is None:
            raise ProblemError(404, "paper", "There is no drawing here", "Open your page again.")
        door.fits(request)
        safe = {"Content-Security-Policy": "sandbox"}
        return Response(told.body, media_type=told.media, headers=safe)

    return routes


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
