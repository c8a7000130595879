"""JSON routes of label printers: a batch of tags printed, encoded, and bound each by what it said when read back.

Who may is told in `routes`: whoever receives goods; for a piece that has a tag, a manager.
"""

from typing import Annotated

from fastapi import APIRouter

from contract.feed import Permission
from contract.ids import PieceId
from edge.api import bodies
from edge.api.shop import Shop, the_shop
from edge.api.tags import shapes
from edge.api.tags.routes import Tagger
from edge.books import replica
from edge.tags.press import Job, PrinterTakenError
from web.problems import ProblemError

router = APIRouter(prefix="/api/v1/labels", tags=["tags"])
TheShop = Annotated[Shop, the_shop()]


@router.post("", status_code=201)
async def begin(body: bodies.PrintLabelsBody, who: Tagger, shop: TheShop) -> shapes.LabelBatchView:
    """Begin a batch; it goes on by itself. With `name` a repeated request begins it once."""
    press = shop.press
    pieces = tuple(PieceId(piece) for piece in body.pieces)
    begun = press.jobs.get(body.name) if body.name else None
    if begun is not None:
        if set(begun.batch.lines) != set(pieces):
            why = f"The batch {body.name} is for other pieces"
            raise ProblemError(409, "labels", why, "Give every batch a name of its own, or leave the name out.")
        return _view(begun)
    if not press.printers:
        raise ProblemError(
            409,
            "printer",
            "This store has no label printer",
            "Name it under [[printers]] in edge.toml, then start its box.",
        )
    printer = body.printer or next(iter(press.printers))
    if printer not in press.printers:
        raise ProblemError(
            404, "printer", f"This store has no printer {printer!r}", f"Use one of {', '.join(press.printers)}."
        )
    cards = {piece: replica.piece(shop.db, piece) for piece in pieces}
    worn = {piece: card.epc if card is not None else "" for piece, card in cards.items()}
    tagged = [piece for piece, epc in worn.items() if epc]
    if tagged and not who.may(Permission.TAG_REPLACE):
        raise ProblemError(
            403, "role", f"{len(tagged)} of these have a tag", "A new one in its place is a manager's: ask one of them."
        )
    try:
        job = press.begin(body.name or shop.new_id(), printer, worn, who.user, shop.clock.wall_us())
    except PrinterTakenError as error:
        raise ProblemError(409, "printer", str(error), "Begin again when it has ended.") from error
    return _view(job)


@router.get("/{name}")
async def show(name: str, who: Tagger, shop: TheShop) -> shapes.LabelBatchView:
    """How far a batch is; remembered until many others ended, or the box is started again."""
    del who
    return _view(_job(shop, name))


@router.delete("/{name}")
async def stop(name: str, who: Tagger, shop: TheShop) -> shapes.LabelBatchView:
    """End a batch early: the label under way is the last."""
    job = _job(shop, name)
    job.batch.stop(f"{who.name} ended the batch")
    return _view(job)


def _job(shop: Shop, name: str) -> Job:
    job = shop.press.jobs.get(name)
    if job is None:
        raise ProblemError(404, "labels", f"There is no batch {name!r} any more", "What it bound stands on each piece.")
    return job


def _view(job: Job) -> shapes.LabelBatchView:
    lines = job.batch.lines.values()
    return shapes.LabelBatchView(
        batch=job.name,
        printer=job.printer.id,
        by=job.by,
        begun_us=job.begun_us,
        over=job.over,
        why=job.batch.why,
        labels=tuple(
            shapes.LabelView(
                piece=line.piece, stand=line.stand.value, epc=line.epc, tid=line.tid, voids=line.voids, why=line.why
            )
            for line in lines
        ),
    )
