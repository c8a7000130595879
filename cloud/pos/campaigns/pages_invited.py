"""The page behind a guest's private link. No login: whoever holds it was sent it, and all it can say is yes or no."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from cloud.desk import Desk
from cloud.pos.campaigns import invited
from cloud.pos.campaigns.desk import CampaignError
from web.front import render
from web.policy import private


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix=invited.PAGE, include_in_schema=False)

    def page(request: Request, token: str, *, problem: str = "", done: bool = False) -> Response:
        with desk.look() as work:
            row = invited.find(work, token)
            over = row is not None and invited.is_over(row, work.now_us)
        status = 404 if row is None else 409 if problem else 200
        return render(
            request,
            "campaigns/invited.html",
            status=status,
            row=row,
            token=token,
            over=over,
            problem=problem,
            done=done,
        )

    @routes.get("/{token}", dependencies=[private()])
    def look(request: Request, token: str) -> Response:
        """Programs that look at every link of a mail must answer nothing: a person presses a button."""
        return page(request, token)

    @routes.post("/{token}", dependencies=[private()])
    def say(request: Request, token: str, said: Annotated[str, Form(max_length=3)]) -> Response:
        try:
            with desk.work() as work:
                invited.answer(work, token, said)
        except CampaignError as error:
            return page(request, token, problem=str(error))
        return page(request, token, done=True)

    return routes
