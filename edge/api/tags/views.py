"""Tags being written, and pieces that have none yet, from writer and books to their shapes."""

from typing import Final

from contract.facts import ReaderLink
from contract.feed import PieceCard
from edge.api.shop import Shop
from edge.api.tags import shapes
from edge.api.views_pieces import missing
from edge.books import replica
from edge.tags import keeping
from edge.tags.table import State
from edge.tags.words import ORDER, PROGRESS, STAGES
from edge.tags.writer import Job, Pad
from trade.custody import Token

NO_PAD: Final = "This store has no pad before a reader that can write tags"
STATES: Final = {State.DONE: shapes.TagJobState.DONE, State.REFUSED: shapes.TagJobState.REFUSED}


def tags(shop: Shop) -> shapes.TagsView:
    names = {zone.id: zone.name for zone in shop.config.zones}
    begun = {work.piece for work in keeping.under_way(shop.db)}
    return shapes.TagsView(
        pads=tuple(_pad(shop, pad, names[pad.zone]) for pad in shop.tags.pads.values()),
        queue=tuple(_untagged(shop, card, begun=card.piece in begun) for card in replica.untagged(shop.db)),
        why_not=why_not(shop),
    )


def why_not(shop: Shop) -> str:
    """Why no tag can be written at this store; empty when one can."""
    if not shop.tags.pads:
        return NO_PAD
    return keeping.NO_SCHEME if shop.config.tags is None else ""


def job(shop: Shop, name: str) -> shapes.TagJobView:
    found = shop.tags.jobs.get(name)
    if found is None:
        raise missing("tag job", name)
    return of_job(shop, found)


def of_job(shop: Shop, found: Job) -> shapes.TagJobView:
    machine = found.commission
    card = replica.piece(shop.db, found.piece)
    return shapes.TagJobView(
        job=found.job,
        zone=found.pad.zone,
        piece=found.piece,
        title=card.title if card else f"Piece {found.piece}",
        sku=card.sku if card else "",
        category=card.category if card else "",
        by=found.by,
        begun_us=found.begun_us,
        state=STATES.get(machine.state, shapes.TagJobState.RUNNING),
        step=machine.state,
        sentence=machine.why or PROGRESS[machine.state],
        trouble="" if machine.over else machine.trouble,
        progress=1.0 if machine.over else ORDER.index(machine.state) / ORDER.index(State.DONE),
        stage=next((n for n, states in enumerate(STAGES) if machine.state in states), 0),
        agains=machine.agains,
        answering=len(machine.answering),
        epc=machine.epc.hex().upper(),
        tid=machine.tid.hex().upper(),
    )


def _pad(shop: Shop, pad: Pad, name: str) -> shapes.TagPadView:
    health = pad.reader.health
    newest = [each for each in shop.tags.jobs.values() if each.pad.zone == pad.zone][-1:]
    return shapes.TagPadView(
        zone=pad.zone,
        name=name,
        reader=pad.reader.id,
        reading=health.link is ReaderLink.READING,
        why="" if health.link is ReaderLink.READING else health.why,
        job=of_job(shop, newest[0]) if newest else None,
    )


def _untagged(shop: Shop, card: PieceCard, *, begun: bool) -> shapes.UntaggedView:
    token = shop.db.one("token", Token, piece=card.piece)
    return shapes.UntaggedView(
        piece=card.piece,
        title=card.title,
        sku=card.sku,
        category=card.category,
        custody=str(token.state) if token else "",
        begun=begun,
    )
