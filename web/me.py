"""What a person has of their own: name and roles, language, what else the face offers them, the way out."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from web.front import render
from web.policy import signed_in

router = APIRouter(include_in_schema=False, dependencies=[signed_in(before_factor=True)])


@router.get("/me")
async def show(request: Request) -> Response:
    return render(request, "web/me.html")
