"""The edges' door for papers of clients' orders: brought in parts, and given back to their own store alone."""

from typing import Annotated

from fastapi import FastAPI, Path, Query
from starlette.responses import Response

from cloud import uploads
from cloud.desk import Desk
from cloud.doors import TheBox
from cloud.doors.blobs import FileName, Sha256, Word
from cloud.people import Keyring
from cloud.pos.client_orders import papers
from cloud.sealing import SealedError
from contract.facts import PaperKind
from contract.ids import ClientOrderId, PieceId, UserId
from web.problems import ProblemError

Name = Annotated[str, Path(min_length=1, max_length=64)]


def add_order_papers(app: FastAPI, desk: Desk) -> None:
    """Onto the app of `create_door`, beside `add_blobs`."""
    ring = Keyring(desk.sealing)

    @app.post("/edge/v1/uploads/{sha256}/order")
    def take_order_paper(
        box: TheBox, sha256: Sha256, *, order: Word, kind: PaperKind, media: Word, by: Word, item: FileName = "",
        version: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ) -> dict[str, str]:  # fmt: skip
        """A paper of an order is all here. 409: begin anew, or come again when the order is known; 422: never kept."""
        with desk.look() as work:
            here = papers.home(work.tx, ClientOrderId(order))
        if here is None:
            raise ProblemError(409, "order", "The order of this paper is not known yet", "Bring it again later.")
        problem, body = "", None
        with desk.work() as work:
            body = uploads.whole(work, box, sha256)
            try:
                if body is not None:
                    papers.add(
                        work, ring, ClientOrderId(order), body, kind, store=box, by=UserId(by), media=media,
                        item=PieceId(item), version=version, sha256=sha256,
                    )  # fmt: skip
            except (papers.PaperError, LookupError) as error:
                problem = str(error)
        if body is None:
            raise ProblemError(409, "hash", "This is not what was announced", "Begin with its first byte again.")
        if problem:
            raise ProblemError(422, "paper", "This cannot be kept", problem)
        return {"sha256": sha256}

    @app.get("/edge/v1/orders/{order}/papers/{sha256}")
    def give_order_paper(box: TheBox, order: Name, sha256: Sha256) -> Response:
        """A paper of an order of this very store: no other box sees what tells of a client."""
        name = ClientOrderId(order)
        try:
            with desk.look() as work:
                mine = papers.home(work.tx, name) == box
                told = papers.open_(work.tx, ring, name, sha256) if mine else None
        except SealedError as error:
            raise ProblemError(503, "seal", "Papers cannot be opened now", str(error)) from error
        if told is None:
            raise ProblemError(404, "paper", "There is no such paper", "It may be gone with its client.")
        return Response(told.body, media_type=told.media, headers={"Cache-Control": "no-store"})
