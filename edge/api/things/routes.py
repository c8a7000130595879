"""JSON routes of clients' things and of the papers of their orders."""

from typing import Annotated

from fastapi import APIRouter, UploadFile
from starlette.responses import Response

from contract.facts import OrderEvent, PaperKind
from contract.feed import Permission
from contract.ids import PieceId
from edge.api.bodies import ReasonBody
from edge.api.orders import views as orders
from edge.api.shop import Shop, the_shop
from edge.api.things import bodies, keeping, slips, views
from edge.blobs import BLOB_BYTES_MAX
from trade import acts
from trade.orders.engraving import Engraving
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["orders"])
Keeper = Annotated[Login, allow(Permission.ORDERS)]
TheShop = Annotated[Shop, the_shop()]
HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}


@router.get("/orders/{order}/things")
async def things(order: str, who: Keeper, shop: TheShop) -> views.ThingsView:
    del who
    return views.of(shop, orders.named(shop, order))


@router.post("/orders/{order}/things", status_code=201)
async def take(order: str, body: bodies.ThingBody, who: Keeper, shop: TheShop) -> views.ThingsView:
    """In words of what is seen: no metal and no stone by name, for nobody has tested them."""
    name = orders.named(shop, order).order
    act = acts.TakeItem(order=name, item=body.made(body.item or shop.new_id()))
    await shop.act(act, who)
    return views.of(shop, orders.named(shop, name))


@router.post("/orders/{order}/things/{item}/check")
async def check(order: str, item: str, body: bodies.CheckBody, who: Keeper, shop: TheShop) -> views.ThingsView:
    """Its stones beside what was recorded of them."""
    name = orders.named(shop, order).order
    looks = tuple(each.made() for each in body.looks)
    await shop.act(acts.CheckItem(order=name, item=PieceId(item), looks=looks, weight_mg=body.weight_mg), who)
    return views.of(shop, orders.named(shop, name))


@router.post("/orders/{order}/things/{item}/answer")
async def answer(order: str, item: str, body: ReasonBody, who: Keeper, shop: TheShop) -> views.ThingsView:
    """Somebody answers for a stone that is not the same: whoever may say how a piece is, or with their approval."""
    name = orders.named(shop, order).order
    await shop.act(acts.AnswerDoubt(order=name, item=PieceId(item), answer=body.reason), who)
    return views.of(shop, orders.named(shop, name))


@router.post("/orders/{order}/things/{item}/give")
async def give(order: str, item: str, body: bodies.GiveBody, who: Keeper, shop: TheShop) -> views.ThingsView:
    """`signature`: a paper of this order, signed now."""
    name = orders.named(shop, order).order
    await shop.act(acts.GiveItem(order=name, item=PieceId(item), signature=body.signature), who)
    return views.of(shop, orders.named(shop, name))


@router.post("/orders/{order}/bench")
async def bench(order: str, body: bodies.BenchBody, who: Keeper, shop: TheShop) -> views.ThingsView:
    name = orders.named(shop, order).order
    act = acts.MoveOrder(
        order=name, event=OrderEvent(body.event), why=body.why, party=body.party, stones=tuple(body.stones),
        metals=tuple(each.made() for each in body.metals),
    )  # fmt: skip
    await shop.act(act, who)
    return views.of(shop, orders.named(shop, name))


@router.post("/orders/{order}/papers", status_code=201)
async def add_paper(
    order: str, *, kind: PaperKind, who: Keeper, shop: TheShop, file: UploadFile, item: str = ""
) -> views.ThingsView:
    """A picture or a PDF; it is at the office when that can be reached."""
    body = await file.read(BLOB_BYTES_MAX + 1)
    found = orders.named(shop, order)
    await keeping.keep(shop, who, found, kind, await keeping.picture(shop, body, kind), item=item)
    return views.of(shop, orders.named(shop, found.order))


@router.post("/orders/{order}/notes", status_code=201)
async def add_note(order: str, body: ReasonBody, who: Keeper, shop: TheShop) -> views.ThingsView:
    found = orders.named(shop, order)
    await keeping.keep(shop, who, found, PaperKind.NOTE, keeping.text(shop, body.reason))
    return views.of(shop, orders.named(shop, found.order))


@router.post("/orders/{order}/engraving", status_code=201)
async def engrave(order: str, body: bodies.EngravingBody, who: Keeper, shop: TheShop) -> views.ThingsView:
    """The text, and a proof of it: letters the font lacks and a place that is too short are refused."""
    found = orders.named(shop, order)
    wanted = Engraving(
        text=body.text, font=body.font, position=body.position, height_um=body.height_um, room_um=body.room_um
    )
    await keeping.engrave(shop, who, found, wanted, item=body.item or "")
    return views.of(shop, orders.named(shop, found.order))


@router.post("/orders/{order}/engraving/approve")
async def approve(order: str, body: bodies.SpelledBody, who: Keeper, shop: TheShop) -> views.ThingsView:
    """`spelled`: what was read off the proof, letter by letter. One letter that differs is refused."""
    found = orders.named(shop, order)
    proof = await keeping.spelled_back(shop, found, body.spelled)
    await shop.act(acts.MoveOrder(order=found.order, event=OrderEvent.APPROVE_DESIGN, signature=proof), who)
    return views.of(shop, orders.named(shop, found.order))


@router.get("/orders/{order}/papers/{sha256}")
async def paper(order: str, sha256: str, who: Keeper, shop: TheShop) -> Response:
    del who
    found = orders.named(shop, order)
    wanted = next((each for each in found.papers if each.sha256 == sha256), None)
    if wanted is None:
        raise ProblemError(404, "paper", f"{found.number} has no such paper", "Look at the list of its papers.")
    return Response(await keeping.read(shop, found, wanted), media_type=wanted.media, headers=HEADERS)


@router.get("/orders/{order}/slip.pdf")
async def slip(order: str, who: Keeper, shop: TheShop) -> Response:
    """What the client signs when they leave their thing, and shows to collect it."""
    del who
    found = orders.named(shop, order)
    return Response(await slips.pdf(shop, found), media_type="application/pdf", headers={"Cache-Control": "no-store"})
