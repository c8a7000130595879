"""The edges' door for photos and papers: fetched by hash, and brought in parts by stores that were alone."""

from typing import Annotated

from fastapi import FastAPI, Path, Query
from starlette.responses import Response

from cloud import blobs, uploads
from cloud.desk import Desk
from cloud.doors import Body, TheBox
from cloud.pos.pieces import papers
from cloud.pos.pieces.papers import PaperError, PaperKind
from contract.ids import PieceId, UserId
from web.images import BlobError
from web.problems import ProblemError

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Word = Annotated[str, Query(min_length=1, max_length=64)]
FileName = Annotated[str, Query(max_length=200)]


def add_blobs(app: FastAPI, desk: Desk) -> None:
    """Onto the app of `create_door`."""

    @app.get("/edge/v1/blobs/{sha256}")
    def give_blob(box: TheBox, sha256: str) -> Response:
        """A photo or paper by its hash. Every box of the house may see every piece."""
        del box
        with desk.look() as work:
            told = blobs.get(work.tx, sha256, secret=work.secret)
        if told is None:
            raise ProblemError(404, "blob", "There is no such photo or paper", "It may come with a later feed.")
        return Response(told.body, media_type=told.media)

    @app.get("/edge/v1/uploads/{sha256}")
    def upload_so_far(box: TheBox, sha256: Sha256) -> dict[str, int]:
        """How many bytes of this photo are here already."""
        with desk.look() as work:
            return {"have": uploads.have(work, box, sha256)}

    @app.put("/edge/v1/uploads/{sha256}")
    def take_part(box: TheBox, body: Body, sha256: Sha256, at: Annotated[int, Query(ge=0)]) -> dict[str, int]:
        """The next part of a photo that a store took while it was alone. 409 says where to go on."""
        try:
            with desk.work() as work:
                return {"have": uploads.take(work, box, sha256, at, body)}
        except uploads.UploadError as error:
            raise ProblemError(409, "part", "This part does not fit", str(error)) from error

    @app.post("/edge/v1/uploads/{sha256}/whole")
    def take_whole(
        box: TheBox, sha256: Sha256, *, piece: Word, kind: PaperKind, by: Word, name: FileName = ""
    ) -> dict[str, str]:
        """It is all here: 409 when it is something else (begin anew), 422 when it cannot be kept at all."""
        kept, problem = "", ""
        with desk.work() as work:
            body = uploads.whole(work, box, sha256)
            try:
                kept = "" if body is None else papers.add(work, PieceId(piece), body, kind, name, by=UserId(by))
            except (BlobError, PaperError, LookupError) as error:
                problem = str(error)
        if body is None:
            raise ProblemError(409, "hash", "This is not what was announced", "Begin with its first byte again.")
        if problem:
            raise ProblemError(422, "paper", "This cannot be kept", problem)
        return {"sha256": kept}
