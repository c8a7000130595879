"""Writing tags over HTTP: begin one for a piece, see how far it is, give it up. Whoever receives goods may; a new tag
for a piece that has one is a manager's, for a tag that changes hands is how a piece leaves unseen.
"""

from typing import Annotated

from fastapi import APIRouter

from contract.feed import Permission
from contract.ids import PieceId, ZoneId
from edge.api import bodies
from edge.api.shop import Shop, the_shop
from edge.api.tags import shapes, views
from edge.api.views_pieces import missing
from edge.books import replica
from edge.tags.key import KeyFileError
from edge.tags.writer import Job, PadTakenError
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

router = APIRouter(prefix="/api/v1/tags", tags=["tags"])
Tagger = Annotated[Login, allow(Permission.TAGS)]
TheShop = Annotated[Shop, the_shop()]


@router.get("")
async def tags(who: Tagger, shop: TheShop) -> shapes.TagsView:
    """Pads with their newest job, and the pieces of this store that have no tag."""
    del who
    return views.tags(shop)


@router.post("", status_code=201)
async def begin(body: bodies.WriteTagBody, who: Tagger, shop: TheShop) -> shapes.TagJobView:
    """Begin: then lay one tag on the pad, alone. The same `job` is begun once. 409 while another is written there."""
    job = begin_tag(shop, who, PieceId(body.piece), body.zone or "", body.job or shop.new_id())
    return views.of_job(shop, job)


@router.get("/{job}")
async def progress(job: str, who: Tagger, shop: TheShop) -> shapes.TagJobView:
    """How far it is; the newest 64 are kept while the box runs."""
    del who
    return views.job(shop, job)


@router.delete("/{job}")
async def abandon(job: str, who: Tagger, shop: TheShop) -> shapes.TagJobView:
    """Give it up. What is written by then is finished when a tag for that piece is begun again with the same tag."""
    give_up(shop, who, job)
    return views.job(shop, job)


def begin_tag(shop: Shop, who: Login, piece: PieceId, zone: str, job: str) -> Job:
    """Raises a problem in words: no pad, no scheme, no such piece, not this person's to do, a tag under way there."""
    begun = shop.tags.jobs.get(job)
    if begun is not None:
        if begun.piece != piece:
            why = f"The job {job} is for piece {begun.piece}"
            raise ProblemError(409, "job", why, "Give every piece a job of its own, or leave the name out.")
        return begun
    why = views.why_not(shop)
    if why:
        raise ProblemError(409, "no-tags", "No tags are written here", why)
    card = replica.piece(shop.db, piece)
    if card is None:
        raise missing("piece", piece)
    if card.epc and not who.may(Permission.TAG_REPLACE):
        raise ProblemError(
            403, "role", "This piece has a tag", "A new one in its place is a manager's to write: ask one of them."
        )
    pad = ZoneId(zone) if zone else next(iter(shop.tags.pads))
    if pad not in shop.tags.pads:
        raise ProblemError(404, "pad", f"No tags can be written in zone {zone!r}", "Use one of the store's pads.")
    try:
        return shop.tags.begin(job, piece, pad, who.user, card.epc)
    except PadTakenError as error:
        raise ProblemError(409, "pad-taken", "A tag is being written on this pad", str(error)) from error
    except KeyFileError as error:
        raise ProblemError(409, "tag-key", "The store's tag key cannot be used", str(error)) from error


def give_up(shop: Shop, who: Login, job: str) -> None:
    """Raises a problem when it is too late, or there is no such job."""
    found = shop.tags.jobs.get(job)
    if found is None:
        raise missing("tag job", job)
    if not found.commission.over and not shop.tags.abandon(found, f"by {who.name}"):
        raise ProblemError(409, "too-late", "It is being bound in this moment", "Wait for its end.")
