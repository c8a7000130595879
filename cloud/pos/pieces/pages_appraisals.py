"""The office's doors for appraisals: signed, handed over, withdrawn, and a paper checked against its hash."""

from contextlib import AbstractContextManager
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import JSONResponse
from starlette.responses import Response

from cloud import appraising
from cloud.appraising import Appraisal
from cloud.desk import Desk
from cloud.pos.http import Asked, conflicts, found
from cloud.pos.pieces import appraisals
from cloud.pos.pieces.appraised import OfPiece
from cloud.pos.pieces.routes_record import MERCHANDISERS
from cloud.work import Work
from contract.ids import PieceId
from web.front import go, render
from web.images import BYTES_MAX
from web.logins import Login
from web.policy import allow, signed_in

Merchandiser = Annotated[Login, allow(*MERCHANDISERS)]
Words = Annotated[str, Form(max_length=appraising.TEXT_MAX)]
CODE: Final = "appraisal"


class SignAsked(Asked):
    credentials: str
    basis: str
    supersedes: str = ""


class ToldAsked(Asked):
    """How it was handed over, or why it is withdrawn."""

    words: str


def router(desk: Desk) -> APIRouter:
    """For pages; stands before the page of one piece."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/appraisals/check", dependencies=[signed_in(of="house")])
    def ask(request: Request) -> Response:
        return render(request, "pieces/appraisal_check.html", asked=False)

    @routes.post("/appraisals/check", dependencies=[signed_in(of="house")])
    def check(request: Request, file: UploadFile) -> Response:
        """Whether this very file is an appraisal of ours, and whether it still stands."""
        body = file.file.read(BYTES_MAX + 1)
        with desk.look() as work:
            seen = appraising.of_hash(work.tx, appraising.hash_of(body))
            told = appraisals.one(work.tx, seen[0]) if seen else None
        return render(
            request, "pieces/appraisal_check.html", asked=True, standing=seen[1] if seen else None,
            name=seen[0] if seen else "", number=appraising.number(seen[0]) if seen else "", told=told,
        )  # fmt: skip

    @routes.post("/pieces/{piece}/appraisals/{appraisal}/sign")
    def sign(
        request: Request, piece: str, appraisal: str, who: Merchandiser, *, credentials: Words, basis: Words,
        supersedes: Words = "",
    ) -> Response:  # fmt: skip
        with _answered(), desk.work() as work:
            appraising.sign(
                work, _of(work, piece, appraisal), appraisal, credentials, basis, by=who.user, supersedes=supersedes
            )
        return go(request, f"/pieces/{piece}")

    @routes.post("/pieces/{piece}/appraisals/{appraisal}/delivered")
    def delivered(request: Request, piece: str, appraisal: str, who: Merchandiser, to: Words) -> Response:
        with _answered(), desk.work() as work:
            appraising.deliver(work, _of(work, piece, appraisal), appraisal, to, by=who.user)
        return go(request, f"/pieces/{piece}")

    @routes.post("/pieces/{piece}/appraisals/{appraisal}/withdrawn")
    def withdrawn(request: Request, piece: str, appraisal: str, who: Merchandiser, why: Words) -> Response:
        with _answered(), desk.work() as work:
            appraising.withdraw(work, _of(work, piece, appraisal), appraisal, why, by=who.user)
        return go(request, f"/pieces/{piece}")

    return routes


def api(desk: Desk) -> APIRouter:
    """For programs."""
    routes = APIRouter(prefix="/api/v1", tags=["pieces"])

    @routes.get("/appraisals/{sha256}", dependencies=[signed_in(of="house")])
    def checked(sha256: str) -> Response:
        """The appraisal that a PDF of this SHA-256 is, and whether it still stands; of a client's own thing no more."""
        with desk.look() as work:
            name, standing = found(appraising.of_hash(work.tx, sha256.lower()), f"appraisal of hash {sha256}")
            told = appraisals.one(work.tx, name)
        known = standing._asdict() if told is None else _plain(told[1])
        return JSONResponse({"appraisal": name, "number": appraising.number(name), **known})

    @routes.post("/pieces/{piece}/appraisals/{appraisal}/sign", status_code=201)
    def sign(piece: str, appraisal: str, asked: SignAsked, who: Merchandiser) -> Response:
        """Drawn as a PDF that is kept under its hash and never altered."""
        with _answered(), desk.work() as work:
            signed = appraising.sign(
                work,
                _of(work, piece, appraisal),
                appraisal,
                asked.credentials,
                asked.basis,
                by=who.user,
                supersedes=asked.supersedes,
            )
        return JSONResponse(_plain(signed), status_code=201)

    @routes.post("/pieces/{piece}/appraisals/{appraisal}/delivered", status_code=204)
    def delivered(piece: str, appraisal: str, asked: ToldAsked, who: Merchandiser) -> None:
        with _answered(), desk.work() as work:
            appraising.deliver(work, _of(work, piece, appraisal), appraisal, asked.words, by=who.user)

    @routes.post("/pieces/{piece}/appraisals/{appraisal}/withdrawn", status_code=204)
    def withdrawn(piece: str, appraisal: str, asked: ToldAsked, who: Merchandiser) -> None:
        with _answered(), desk.work() as work:
            appraising.withdraw(work, _of(work, piece, appraisal), appraisal, asked.words, by=who.user)

    return routes


def _answered() -> AbstractContextManager[None]:
    return conflicts(appraising.AppraisalError, code=CODE)


def _of(work: Work, piece: str, appraisal: str) -> OfPiece:
    """A 404 for one that is no appraisal of this piece."""
    subject = OfPiece(work, PieceId(piece))
    found(subject.one(appraisal), f"appraisal {appraisal} of piece {piece}")
    return subject


def _plain(known: Appraisal) -> dict[str, object]:
    return {name: getattr(known, name) for name in known.__dataclass_fields__}
