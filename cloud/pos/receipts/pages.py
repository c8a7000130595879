"""The page where a client checks a receipt, and the only one a stranger may ask anything of.

It answers to a code of 80 bits and to nothing else: with ten million receipts a guess is right once in 10¹⁷, and after
a few wrong ones an address waits, longer each time.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from cloud.desk import Desk
from cloud.pos.receipts.queries import with_code
from contract.receipt_code import TYPED_SIGNS_MAX, read_code
from web.attempts import Attempts
from web.front import render
from web.policy import private

PATH: Final = "/receipt"
PAGE: Final = "receipts/check.html"
Typed = Annotated[str, Query(max_length=TYPED_SIGNS_MAX)]


def router(desk: Desk, attempts: Attempts) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get(PATH, dependencies=[private()])
    def check(request: Request, code: Typed = "") -> Response:
        """A form, and under it what our books say of the code; a code is no secret of ours, so it may be in a link."""
        if not code.strip():
            return render(request, PAGE, code="", problem="", receipt=None, asked=False)
        try:
            beginning = read_code(code)
        except ValueError as error:
            return render(request, PAGE, status=422, code=code, problem=str(error), receipt=None, asked=False)
        address = request.client.host if request.client else ""
        if wait_us := attempts.begin(address, desk.mono_us()):
            problem = f"too many codes from here were not in our books; wait {-(-wait_us // 1_000_000)} seconds"
            return render(request, PAGE, status=429, code=code, problem=problem, receipt=None, asked=False)
        with desk.look() as work:
            receipt = with_code(work.tx, beginning)
        if receipt is not None:
            attempts.succeeded(address)
        status = 200 if receipt is not None else 404
        return render(request, PAGE, status=status, code=code, problem="", receipt=receipt, asked=True)

    return routes
