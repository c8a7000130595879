"""The office's doors for photos and papers of a piece: given in a form or by a program, and seen again."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cloud import blobs
from cloud.desk import Desk
from cloud.pos.http import CONTROL, found
from cloud.pos.pieces import papers
from cloud.pos.pieces.papers import Paper, PaperError, PaperKind
from cloud.pos.pieces.routes_record import MERCHANDISERS
from contract.ids import PieceId
from web.front import go
from web.images import BYTES_MAX, JPEG, BlobError
from web.logins import Login
from web.policy import allow, signed_in
from web.problems import ProblemError

Merchandiser = Annotated[Login, allow(*MERCHANDISERS)]
HEADERS: Final = {
    "Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}  # fmt: skip
"""What is named by its hash never changes; and whatever it is, it runs nothing."""


def router(desk: Desk) -> APIRouter:
    """For pages; stands before the page of one piece."""
    routes = APIRouter(prefix="/pieces", include_in_schema=False)

    @routes.post("/{piece}/papers")
    async def give(
        request: Request, piece: str, who: Merchandiser, file: UploadFile, kind: Annotated[PaperKind, Form()]
    ) -> Response:
        data = await file.read(BYTES_MAX + 1)
        name = CONTROL.sub("", file.filename or "")
        await run_in_threadpool(_keep, desk, piece, data, kind=kind, name=name, who=who)
        return go(request, f"/pieces/{piece}")

    return routes


def api(desk: Desk) -> APIRouter:
    """For programs, and what pages show."""
    routes = APIRouter(prefix="/api/v1/pieces", tags=["pieces"])

    @routes.get("/{piece}/papers", dependencies=[signed_in(of="house")])
    def listing(piece: str) -> list[Paper]:
        with desk.look() as work:
            return papers.listing(work.tx, PieceId(piece))

    @routes.post("/{piece}/papers", status_code=201)
    async def give(
        request: Request,
        piece: str,
        who: Merchandiser,
        kind: PaperKind,
        name: Annotated[str, Query(max_length=papers.NAME_LENGTH_MAX)] = "",
    ) -> dict[str, str]:
        """The file itself as the body. Answers with the SHA-256 it is kept under, without the camera's data."""
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > BYTES_MAX:
                raise ProblemError(413, "too-large", "Too large", f"At most {BYTES_MAX >> 20} MiB.")
        return {"sha256": await run_in_threadpool(_keep, desk, piece, bytes(data), kind=kind, name=name, who=who)}

    @routes.get("/{piece}/papers/{sha256}", dependencies=[signed_in(of="house")])
    def see(piece: str, sha256: str, *, thumb: bool = False) -> Response:
        """A photo to look at; any other paper to be kept, never to be opened in the page."""
        with desk.look() as work:
            there = papers.is_of_a_piece(work.tx, sha256, PieceId(piece))
            told = blobs.get(work.tx, sha256, secret=work.secret, thumb=thumb) if there else None
        kept = found(told, f"paper {sha256} of piece {piece}")
        seen = {} if kept.media == JPEG else {"Content-Disposition": f'attachment; filename="{sha256[:12]}.pdf"'}
        return Response(kept.body, media_type=kept.media, headers={**HEADERS, **seen})

    return routes


def _keep(desk: Desk, piece: str, data: bytes, *, kind: PaperKind, name: str, who: Login) -> str:
    try:
        with desk.work() as work:
            return papers.add(work, PieceId(piece), data, kind, name, by=who.user)
    except (BlobError, PaperError) as error:
        raise ProblemError(422, "paper", "This cannot be kept", str(error)) from error
    except LookupError as error:
        raise ProblemError(404, "not-found", str(error.args[0]), "Look for it in the list.") from error
