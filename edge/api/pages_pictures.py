"""The doors for photos of pieces: seen, and taken."""

import asyncio
import re
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Request, UploadFile
from starlette.responses import Response

from contract.feed import Permission
from contract.ids import PieceId
from edge.api.shop import Shop, the_shop
from edge.blobs import BLOB_BYTES_MAX, NAME, FullError
from edge.books import replica
from web.front import go
from web.logins import Login
from web.policy import allow, signed_in
from web.problems import ProblemError

JPEG_BEGINS: Final = b"\xff\xd8\xff"
HEADERS: Final = {"Cache-Control": "private, max-age=31536000, immutable", "Content-Security-Policy": "sandbox"}
DRAWING: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="-6 -6 36 36" fill="none" stroke="#8a8578">
<path d="M7 5h10l4 5-9 10L3 10zM3 10h18M9 10l3 10 3-10-3-5z"/></svg>"""
TAKEN_BEGIN: Final = (JPEG_BEGINS, b"\x89PNG\r\n\x1a\n", b"RIFF")
NAME_LENGTH_MAX: Final = 120
Seller = Annotated[Login, allow(Permission.SELL)]
TheShop = Annotated[Shop, the_shop()]
router = APIRouter(include_in_schema=False)


@router.get("/pictures/{sha256}", dependencies=[signed_in()])
async def picture(sha256: str, shop: TheShop) -> Response:
    """A drawing of a stone where there is none, or the office cannot be asked now: no page waits for a picture."""
    kept = shop.pictures if NAME.fullmatch(sha256) else None
    body = None if kept is None else await kept.get(sha256)
    if body is None or not body.startswith(JPEG_BEGINS):
        return Response(DRAWING, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})
    return Response(body, media_type="image/jpeg", headers=HEADERS)


@router.post("/pieces/{piece}/photo")
async def take_photo(request: Request, piece: str, who: Seller, shop: TheShop, file: UploadFile) -> Response:
    """A photo taken here: the office gets it now or when it can be reached again."""
    body = await file.read(BLOB_BYTES_MAX + 1)
    if len(body) > BLOB_BYTES_MAX or not body.startswith(TAKEN_BEGIN):
        why = f"Give a JPEG, PNG or WebP of at most {BLOB_BYTES_MAX >> 20} MiB."
        raise ProblemError(422, "photo", "This is no photo", why)
    if shop.pictures is None or replica.piece(shop.db, PieceId(piece)) is None:
        raise ProblemError(404, "not-found", f"There is no piece {piece} at this store", "Look for it in the list.")
    name = re.sub(r"[\x00-\x1f\x7f]", "", file.filename or "")[:NAME_LENGTH_MAX]
    offer = partial(shop.pictures.cache.offer, body, piece=piece, kind="photo", name=name, by=who.user)
    try:
        await asyncio.to_thread(offer)
    except FullError as error:
        raise ProblemError(507, "photos", "No more photos are taken now", str(error)) from error
    return go(request, f"/pieces/{piece}")
