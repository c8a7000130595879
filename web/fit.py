"""Fits a web face onto an app: headers, static files, problems, and the front that routes and templates ask for.

front = Front(face="office", title="Maison", logins=…, templates=make_templates(…), secure=True)
fit(app, front, static={"/static/edge": folder})
"""

import asyncio
import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from fastapi import APIRouter, FastAPI
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, Response
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


class _Kept(NamedTuple):
    """A file as it goes over the wire; `squeezed` is empty where that is not worth it."""

    media_type: str | None
    whole: bytes
    squeezed: bytes


class HashedFiles(StaticFiles):
    """A file asked for with its hash never changes under that name: it is read and compressed once."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        self._kept: dict[str, _Kept] = {}
        """By path: as many as the folder has files."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if not scope.get("query_string", b"").startswith(b"v="):
            return await super().get_response(path, scope)
        if path not in self._kept:
            found = await super().get_response(path, scope)
            if not isinstance(found, FileResponse):
                return found
            self._kept[path] = await asyncio.to_thread(_read, Path(found.path), found.media_type)
        kept = self._kept[path]
        headers = {"Cache-Control": YEAR, "Vary": "Accept-Encoding"}
        if kept.squeezed and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(kept.squeezed, media_type=kept.media_type, headers=headers)
        return Response(kept.whole, media_type=kept.media_type, headers=headers)


def _read(path: Path, media_type: str | None) -> _Kept:
    whole = path.read_bytes()
    return _Kept(media_type, whole, gzip.compress(whole, mtime=0) if len(whole) >= SQUEEZED_FROM_BYTES else b"")


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
