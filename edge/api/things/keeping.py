"""A paper gets its place: sealed on this box first, then named by the order. Text is opened here, never in acts."""

import base64
import binascii
import hashlib
from typing import Final

from contract.facts import PaperKind
from contract.ids import PieceId
from edge.api.orders import views as orders
from edge.api.shop import Shop
from edge.paperwork import PaperRefusedError, Paperwork, Ready
from trade import acts
from trade.orders import papers
from trade.orders.engraving import Engraving, differs, problems
from trade.orders.order import Order, Paper
from web.engraving import FACES, face, proof
from web.logins import Login
from web.problems import ProblemError

DRAWING: Final = "data:image/png;base64,"
DRAWING_CHARS_MAX: Final = 400_000


def paperwork(shop: Shop) -> Paperwork:
    if shop.paperwork is None:
        raise ProblemError(404, "papers", "This box keeps no papers", "Use another till of this store.")
    return shop.paperwork


async def keep(
    shop: Shop, who: Login, order: Order, kind: PaperKind, ready: Ready, *, item: str = "", version: int = 0
) -> str:
    """Its SHA-256. Raises a 422 or 409 problem that says what to do."""
    name = hashlib.sha256(ready.body).hexdigest()
    refusal = papers.not_kept(order, kind, name, ready.media)
    if refusal is not None:
        raise ProblemError(409, "paper", "This paper is not kept", refusal.why)
    version = version or papers.version_of(order, kind)
    try:
        work = paperwork(shop)
        await work.keep(order.client, order.order, kind, ready, by=who.user, item=item, version=version)
    except PaperRefusedError as error:
        raise ProblemError(507, "papers", "This paper is not kept", str(error)) from error
    act = acts.KeepPaper(
        order=order.order, kind=kind, sha256=name, media=ready.media, item=PieceId(item), version=version
    )
    await shop.act(act, who)
    return name


async def picture(shop: Shop, data: bytes, kind: PaperKind) -> Ready:
    """Raises a 422 problem for what cannot be decoded here."""
    try:
        return await paperwork(shop).picture(data, kind)
    except PaperRefusedError as error:
        raise ProblemError(422, "paper", "This cannot be kept", str(error)) from error


async def drawn(shop: Shop, field: str) -> Ready:
    """A signature from the page's pad. Raises a 422 problem for an empty one."""
    sign = ProblemError(422, "signature", "Nobody has signed yet", "Sign on the field with a finger, a pen or a mouse.")
    if not field.startswith(DRAWING) or len(field) > DRAWING_CHARS_MAX:
        raise sign
    try:
        data = base64.b64decode(field.removeprefix(DRAWING), validate=True)
    except binascii.Error as error:
        raise sign from error
    return await picture(shop, data, PaperKind.SIGNATURE)


def text(shop: Shop, words: str) -> Ready:
    """Raises a 422 problem."""
    try:
        return paperwork(shop).written(words)
    except PaperRefusedError as error:
        raise ProblemError(422, "paper", "This cannot be kept", str(error)) from error


async def read(shop: Shop, order: Order, paper: Paper) -> bytes:
    """Raises a 404 problem where neither this box nor the office has it now."""
    body = await paperwork(shop).get(order.client, order.order, paper.sha256)
    if body is None:
        why = "It may be gone with its client, or the office cannot be reached: try again later."
        raise ProblemError(404, "paper", "This paper is not here now", why)
    return body


async def words_of(shop: Shop, order: Order, paper: Paper) -> papers.Written | None:
    """A text paper opened; None where it is not here now."""
    try:
        return papers.read(await read(shop, order, paper))
    except (ProblemError, ValueError):
        return None


async def engrave(shop: Shop, who: Login, order: Order, wanted: Engraving, *, item: str = "") -> None:
    """What is wanted and its proof, one version. Raises a 422 problem naming the first thing that is wrong."""
    if wanted.font not in FACES:
        raise ProblemError(422, "font", "There is no such font", f"Choose one of {', '.join(FACES)}.")
    wrong = problems(wanted, face(wanted.font))
    if wrong:
        raise ProblemError(422, "engraving", "This cannot be engraved so", ". ".join(wrong))
    ready = paperwork(shop).written(engraving=wanted)
    await keep(shop, who, order, PaperKind.ENGRAVING, ready, item=item)
    again = orders.named(shop, order.order)
    await keep(shop, who, again, PaperKind.PROOF, await picture(shop, proof(wanted), PaperKind.PROOF), item=item)


async def spelled_back(shop: Shop, order: Order, typed: str) -> str:
    """The proof, when what somebody read off it is what was ordered. Raises a 409 problem that names the letter."""
    wanted, shown = papers.newest(order, PaperKind.ENGRAVING), papers.proof(order)
    told = await words_of(shop, order, wanted) if wanted is not None else None
    if shown is None or told is None or told.engraving is None:
        why = "Write down what is engraved, or wait until the office can be reached for its text."
        raise ProblemError(409, "proof", "There is no proof to compare", why)
    wrong = differs(told.engraving.text, typed)
    if wrong:
        raise ProblemError(409, "letters", "Text and proof are not the same", wrong)
    return shown.sha256
