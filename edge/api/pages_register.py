"""The register's screens: what lies on the pad, the cart beside it, payment, receipt."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from contract.ids import LineId, PieceId, SaleId, ShiftId
from edge.api import board, scanning, views, witnessing
from edge.api.bodies import PLAIN
from edge.api.carts import REASON_MAX, Seller, TheShop, cart_of, open_sale
from edge.api.clients.served import FoundView
from edge.api.shifts.forms import counted
from edge.api.shop import Shop
from edge.api.tills import TILL_COOKIE, till_of
from edge.till.offers import settings_here
from trade import acts
from trade.scan import CODE_LENGTH_MAX
from web.front import go, wants_fragment
from web.logins import Login
from web.problems import ProblemError

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])
Amount = Annotated[str, Form(max_length=20)]
Reason = Annotated[str, Form(max_length=REASON_MAX, pattern=PLAIN)]


@router.get("/register")
async def register(request: Request, who: Seller, shop: TheShop, till: str = "") -> Response:
    """`?till=` makes this browser that till from now on."""
    page = await board.page(request, who, shop, board.WHOLE, till)
    if till in shop.config.tills:
        page.set_cookie(TILL_COOKIE, till, max_age=31_536_000, httponly=True, samesite="strict")
    return page


@router.get("/register/board")
async def news(request: Request, who: Seller, shop: TheShop) -> Response:
    return await board.page(request, who, shop, board.PART)


@router.post("/register/shift")
async def open_shift(request: Request, who: Seller, shop: TheShop, opening_float: Amount = "") -> Response:
    known = settings_here(shop.db).denominations
    cash, coins = await counted(request, known, opening_float, shop.config.currency, "Float")
    act = acts.OpenShift(
        shift=ShiftId(shop.new_id()),
        till=till_of(request, shop),
        business_day=shop.business_day(),
        float_minor=cash,
        currency=shop.config.currency,
        float_coins=coins,
    )
    await shop.act(act, who)
    return await after(request, who, shop)


@router.post("/register/take-pad")
async def take_pad(request: Request, who: Seller, shop: TheShop) -> Response:
    """Everything on the pad that may be sold goes into the cart, which is opened when there is none."""
    sale = await cart_of(request, who, shop)
    for laid in views.pad(shop, sale).pieces:
        if laid.piece.sellable and not laid.in_sale:
            await shop.act(acts.AddPiece(sale=sale, piece=PieceId(laid.piece.piece)), who)
    return await after(request, who, shop)


@router.post("/register/mend")
async def mend(request: Request, who: Seller, shop: TheShop) -> Response:
    """The cart becomes what lies on the pad: what is not there goes out of it, and what may be sold comes in."""
    sale = SaleId(open_sale(request, shop).sale)
    pad = views.pad(shop, sale)
    if not pad.settled or not pad.pieces:
        raise ProblemError(409, "pad", "The pad has not settled", "Lay the pieces on it, and wait until it is read.")
    for line in views.sale(shop, sale).lines:
        if line.piece in pad.not_on_pad:
            await shop.act(acts.RemoveLine(sale=sale, line=LineId(line.line)), who)
    for laid in pad.pieces:
        if laid.piece.sellable and not laid.in_sale:
            await shop.act(acts.AddPiece(sale=sale, piece=PieceId(laid.piece.piece)), who)
    return await after(request, who, shop)


@router.post("/register/lines")
async def add_line(
    request: Request,
    who: Seller,
    shop: TheShop,
    piece: Annotated[str, Form(max_length=CODE_LENGTH_MAX)],
    override: Reason = "",
) -> Response:
    """One piece by what a scanner reads off its label or tag, by its id, article or serial number, or by words."""
    laid = frozenset(shop.pad_now(till_of(request, shop)).pieces)
    meant = scanning.the_piece(shop, piece, pad=laid)
    sale = await cart_of(request, who, shop)
    await shop.act(acts.AddPiece(sale=sale, piece=meant.piece, override=override), who)
    return await after(request, who, shop)


@router.post("/register/lines/{line}/remove")
async def remove_line(request: Request, line: str, who: Seller, shop: TheShop) -> Response:
    await shop.act(acts.RemoveLine(sale=SaleId(open_sale(request, shop).sale), line=LineId(line)), who)
    return await after(request, who, shop)


@router.post("/register/park")
async def park(request: Request, who: Seller, shop: TheShop) -> Response:
    await shop.act(acts.ParkSale(sale=SaleId(open_sale(request, shop).sale)), who)
    return await after(request, who, shop)


@router.post("/register/resume")
async def resume(request: Request, who: Seller, shop: TheShop, sale: Annotated[str, Form(max_length=64)]) -> Response:
    await shop.act(acts.ResumeSale(sale=SaleId(sale), till=till_of(request, shop)), who)
    return await after(request, who, shop)


@router.post("/register/void")
async def void(request: Request, who: Seller, shop: TheShop) -> Response:
    await shop.act(acts.VoidSale(sale=SaleId(open_sale(request, shop).sale), reason="emptied at the register"), who)
    return await after(request, who, shop)


async def after(request: Request, who: Login, shop: Shop, *, found: FoundView | None = None) -> Response:
    """After a form: the board again for htmx, the page for a browser without scripts. `found` is shown either way."""
    if wants_fragment(request):
        return await board.page(request, who, shop, board.PART, found=found)
    if found is not None:
        return await board.page(request, who, shop, board.WHOLE, found=found)
    return go(request, "/register")
