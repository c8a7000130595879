"""Fits a web face onto an app: headers, static files, problems, and the front that routes and templates ask for.

front = Front(face="office", title="Maison", logins=…, templates=make_templates(…), secure=True)
fit(app, front, static={"/static/edge": folder})
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web import help as helping
from web import me, problems, speaking
from web.card_numbers import CardNumbers
from web.front import Front
from web.headers import Guarded
from web.templating import HERE

SQUEEZED_FROM_BYTES: Final = 1_000
YEAR: Final = "public, max-age=31536000, immutable"


class HashedFiles(StaticFiles):
    """A file asked for with its hash never changes under that name."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200 and scope.get("query_string", b"").startswith(b"v="):
            response.headers["Cache-Control"] = YEAR
        return response


def _squeezed(folder: Path) -> GZipMiddleware:
    """Files alone are compressed. A page is not: it holds the form token beside words that others may choose, and the
    length of what is compressed would give the token away letter by letter (BREACH).
    """
    return GZipMiddleware(HashedFiles(directory=folder), minimum_size=SQUEEZED_FROM_BYTES)


def join(app: FastAPI, *routers: APIRouter) -> None:
    """Their routes, as they are. FastAPI's `include_router` would build each a second time, at the first request."""
    for router in routers:
        app.router.routes.extend(router.routes)


def fit(app: FastAPI, front: Front, static: Mapping[str, Path] | None = None) -> None:
    """Call once, in the composition root, before the app serves."""
    app.state.front = front
    problems.install(app)
    for number, (url, folder) in enumerate((static or {}).items()):
        app.mount(url, _squeezed(folder), name=f"static-{number}")
    app.mount("/static", _squeezed(HERE / "static"), name="static")
    join(app, speaking.router, helping.router, me.router)
    app.add_middleware(CardNumbers)
    app.add_middleware(speaking.Speaking, house=front.tongue)
    app.add_middleware(Guarded, secure=front.secure)
