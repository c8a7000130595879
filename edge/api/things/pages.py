"""The register's page of clients' things and papers: taken in and signed for, looked at again, given back."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from pydantic import BaseModel, Field
from starlette.datastructures import FormData
from starlette.responses import Response

from contract.facts import OrderEvent, OrderItem, OrderMetal, PaperKind, StoneIdentity
from contract.feed import Permission
from contract.ids import PieceId, ZoneId
from edge.api import scanning, witnessing
from edge.api import views as store_views
from edge.api.bodies import PLAIN
from edge.api.orders import views as orders
from edge.api.shop import Shop, the_shop
from edge.api.things import keeping, views
from edge.blobs import BLOB_BYTES_MAX
from edge.config import ZoneKind
from trade import acts
from trade.orders import papers
from trade.orders.engraving import Engraving
from trade.orders.stones import StoneLook
from trade.orders.tables import OrderState
from trade.orders.words import KINDS, possible
from web.engraving import FACES
from web.forms import amount_minor
from web.front import go, render
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])
Keeper = Annotated[Login, allow(Permission.ORDERS)]
TheShop = Annotated[Shop, the_shop()]
Words = Annotated[str, Field(max_length=500, pattern=PLAIN)]
Long = Annotated[str, Field(max_length=4_000, pattern=PLAIN)]
Drawing = Annotated[str, Field(max_length=keeping.DRAWING_CHARS_MAX)]
STONE_ROWS: Final = 3
"""That the page offers; the API takes as many as a thing has."""
TO_SEE: Final = {"sketch": "Sketch", "photo": "Photo", "brief": "Brief", "proof": "Proof", "signature": "Slip, signed"}


@router.get("/orders/{order}/things")
async def things(request: Request, order: str, who: Keeper, shop: TheShop) -> Response:
    found = orders.named(shop, order)
    wanted = papers.newest(found, PaperKind.ENGRAVING)
    told = await keeping.words_of(shop, found, wanted) if wanted is not None else None
    notes = [
        (each.kind, words.text, each.at_us)
        for each in found.papers
        if each.kind in (PaperKind.NOTE, PaperKind.BRIEF) and each.media == papers.JSON
        if (words := await keeping.words_of(shop, found, each)) is not None
    ]
    return render(
        request,
        "edge/things.html",
        store=store_views.store(shop),
        one=found,
        shown=views.of(shop, found),
        kind=KINDS[found.kind],
        zones=[(zone.id, zone.name) for zone in shop.config.zones if zone.kind in (ZoneKind.SAFE, ZoneKind.CASE)],
        stone_rows=range(STONE_ROWS),
        fonts=tuple(FACES),
        engraving=told.engraving if told is not None else None,
        notes=notes,
        may_give=found.ended or found.state is OrderState.DECLINED or not found.total_minor,
        possible={str(each) for each in possible(found.kind, found.state)},
        kinds_of_paper=TO_SEE,
        who=who,
    )


def _number(text: object, scale: int, field: str) -> int:
    """`"1,02"`, 1000 → 1020; empty is 0. Raises a 422 problem."""
    said = str(text or "").strip().replace(",", ".")
    if not said:
        return 0
    try:
        value = Decimal(said) * scale
    except InvalidOperation as error:
        raise ProblemError(422, "number", f"{field}: {said!r} is no number", "Write it like 1.02.") from error
    if not value.is_finite() or value < 0 or value > 10**9:
        raise ProblemError(422, "number", f"{field}: {said!r} cannot be", "Write it like 1.02.")
    return int(value)


def _stones(form: FormData) -> tuple[StoneIdentity, ...]:
    """Rows of the intake form; those without a place are left out."""
    names = ("at", "stone", "carat", "length", "width", "inscription", "certificate")
    rows = zip(*(form.getlist(name) for name in names), strict=False)
    return tuple(
        StoneIdentity(
            at=str(at).strip(), kind=str(kind).strip(), carat_milli=_number(carat, 1000, "Carat"),
            length_um=_number(length, 1000, "Length"), width_um=_number(width, 1000, "Width"),
            inscription=str(inscription).strip(), certificate=str(certificate).strip(),
        )
        for at, kind, carat, length, width, inscription, certificate in rows
        if str(at).strip()
    )  # fmt: skip


@router.post("/orders/{order}/things")
async def take(request: Request, order: str, who: Keeper, shop: TheShop) -> Response:
    """A code in `sold` copies the record of the piece that this house sold."""
    form, found = await request.form(), orders.named(shop, order)
    sold = str(form.get("sold") or "").strip()
    description, weight = str(form.get("description") or ""), _number(form.get("weight"), 1000, "Weight")
    stones, piece = _stones(form), ""
    if sold:
        card = scanning.the_piece(shop, sold)
        piece, description, weight = card.piece, description or card.title, weight or card.weight_mg
        known = tuple(
            StoneIdentity(at=f"stone {n}", kind=gem.kind, carat_milli=gem.carat_milli, certificate=gem.certificate)
            for n, gem in enumerate(card.gems, 1)
        )
        stones = stones or known
    item = OrderItem(
        item=PieceId(shop.new_id()), description=description.strip(), condition=str(form.get("condition") or ""),
        declared_value_minor=amount_minor(str(form.get("value") or ""), found.currency, "Declared value"),
        weight_mg=weight, stones=stones, sold_piece=PieceId(piece), zone=ZoneId(str(form.get("zone") or "")),
    )  # fmt: skip
    await shop.act(acts.TakeItem(order=found.order, item=item), who)
    return _back(request, order)


class SignForm(BaseModel):
    """`gives`: they sign that they got it back."""

    drawing: Drawing = ""
    gives: bool = False


@router.post("/orders/{order}/things/{item}/sign")
async def sign(
    request: Request, order: str, item: str, *, who: Keeper, shop: TheShop, form: Annotated[SignForm, Form()]
) -> Response:
    found = orders.named(shop, order)
    ready = await keeping.drawn(shop, form.drawing)
    name = await keeping.keep(shop, who, found, PaperKind.SIGNATURE, ready, item=item)
    if form.gives:
        await shop.act(acts.GiveItem(order=found.order, item=PieceId(item), signature=name), who)
    return _back(request, order)


@router.post("/orders/{order}/things/{item}/check")
async def check(request: Request, order: str, item: str, who: Keeper, shop: TheShop) -> Response:
    """One row for each stone that was recorded; a box that is not ticked says that nobody compared the plot."""
    form, found = await request.form(), orders.named(shop, order)
    names = ("at", "carat", "length", "width", "inscription", "found")
    rows = zip(*(form.getlist(name) for name in names), strict=False)
    looks = tuple(
        StoneLook(
            at=str(at), carat_milli=_number(carat, 1000, "Carat"), length_um=_number(length, 1000, "Length"),
            width_um=_number(width, 1000, "Width"), inscription=str(inscription).strip(), missing=there == "missing",
            plot_same=True if there == "plot" else False if there == "other" else None,
        )
        for at, carat, length, width, inscription, there in rows
    )  # fmt: skip
    await shop.act(acts.CheckItem(order=found.order, item=PieceId(item), looks=looks), who)
    return _back(request, order)


@router.post("/orders/{order}/things/{item}/answer")
async def answer(
    request: Request, order: str, item: str, *, who: Keeper, shop: TheShop, why: Annotated[str, Form(max_length=500)]
) -> Response:
    found = orders.named(shop, order)
    await shop.act(acts.AnswerDoubt(order=found.order, item=PieceId(item), answer=why), who)
    return _back(request, order)


@router.post("/orders/{order}/papers")
async def add_paper(
    request: Request, order: str, *, who: Keeper, shop: TheShop, kind: Annotated[PaperKind, Form()], file: UploadFile
) -> Response:
    found = orders.named(shop, order)
    body = await file.read(BLOB_BYTES_MAX + 1)
    await keeping.keep(shop, who, found, kind, await keeping.picture(shop, body, kind))
    return _back(request, order)


class NoteForm(BaseModel):
    words: Long
    brief: bool = False


@router.post("/orders/{order}/notes")
async def add_note(
    request: Request, order: str, who: Keeper, shop: TheShop, form: Annotated[NoteForm, Form()]
) -> Response:
    found = orders.named(shop, order)
    kind = PaperKind.BRIEF if form.brief else PaperKind.NOTE
    await keeping.keep(shop, who, found, kind, keeping.text(shop, form.words))
    return _back(request, order)


class EngravingForm(BaseModel):
    text: Words
    font: Annotated[str, Field(max_length=20)]
    position: Words
    height: Annotated[str, Field(max_length=10)]
    room: Annotated[str, Field(max_length=10)] = ""


@router.post("/orders/{order}/engraving")
async def engrave(
    request: Request, order: str, who: Keeper, shop: TheShop, form: Annotated[EngravingForm, Form()]
) -> Response:
    wanted = Engraving(
        text=form.text, font=form.font, position=form.position, height_um=_number(form.height, 1000, "Height"),
        room_um=_number(form.room, 1000, "Room"),
    )  # fmt: skip
    await keeping.engrave(shop, who, orders.named(shop, order), wanted)
    return _back(request, order)


@router.post("/orders/{order}/engraving/approve")
async def approve(
    request: Request, order: str, who: Keeper, shop: TheShop, spelled: Annotated[str, Form(max_length=500)]
) -> Response:
    """What was read off the proof, letter by letter, is what was ordered: the client says yes to that."""
    found = orders.named(shop, order)
    proof = await keeping.spelled_back(shop, found, spelled)
    await shop.act(acts.MoveOrder(order=found.order, event=OrderEvent.APPROVE_DESIGN, signature=proof), who)
    return _back(request, order)


@router.post("/orders/{order}/design")
async def approve_design(request: Request, order: str, who: Keeper, shop: TheShop) -> Response:
    """The newest sketch, as the client sees it now."""
    found = orders.named(shop, order)
    shown = papers.newest(found, PaperKind.SKETCH)
    act = acts.MoveOrder(
        order=found.order, event=OrderEvent.APPROVE_DESIGN, signature=shown.sha256 if shown is not None else ""
    )
    await shop.act(act, who)
    return _back(request, order)


class BenchForm(BaseModel):
    """One metal; the API takes several. `stones`: places, one a line."""

    event: OrderEvent
    party: Words = ""
    metal: Words = ""
    fineness: Annotated[int, Field(ge=0, le=1000)] = 0
    grams: Annotated[str, Field(max_length=10)] = ""
    stones: Annotated[str, Field(max_length=2_000)] = ""


@router.post("/orders/{order}/bench")
async def bench(
    request: Request, order: str, who: Keeper, shop: TheShop, form: Annotated[BenchForm, Form()]
) -> Response:
    weight = _number(form.grams, 1000, "Grams")
    metals = (OrderMetal(metal=form.metal.strip(), fineness=form.fineness, weight_mg=weight),) if weight else ()
    stones = tuple(line.strip() for line in form.stones.splitlines() if line.strip())
    act = acts.MoveOrder(
        order=orders.named(shop, order).order, event=form.event, party=form.party, metals=metals, stones=stones
    )
    await shop.act(act, who)
    return _back(request, order)


def _back(request: Request, order: str) -> Response:
    return go(request, f"/orders/{order}/things")
