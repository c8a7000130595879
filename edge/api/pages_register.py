"""The register's screens: what lies on the pad, the cart beside it, payment, receipt."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from contract.feed import Permission
from contract.ids import LineId, PieceId, SaleId, ShiftId, TillId
from edge.api import scanning, shapes, tendering, views, witnessing
from edge.api.bodies import PLAIN
from edge.api.shifts import views as drawers
from edge.api.shifts.forms import counted
from edge.api.shop import Shop, the_shop
from edge.api.tills import TILL_COOKIE, people, till_of
from edge.till import queries
from edge.till.offers import settings_here
from trade import acts
from trade.commission import SHARES_PER_SALE_MAX
from trade.scan import CODE_LENGTH_MAX
from web.front import go, render, wants_fragment
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

REASON_MAX: Final = 200

SHARE_ROWS: Final = 3
"""Associates of one sale that the register offers; the API takes as many as a sale may have."""
router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])
Seller = Annotated[Login, allow(Permission.SELL)]
TheShop = Annotated[Shop, the_shop()]
Amount = Annotated[str, Form(max_length=20)]
Reason = Annotated[str, Form(max_length=REASON_MAX, pattern=PLAIN)]


@router.get("/register")
async def register(request: Request, who: Seller, shop: TheShop, till: str = "") -> Response:
    """`?till=` makes this browser that till from now on."""
    page = _board(request, who, shop, "edge/register.html", till)
    if till in shop.config.tills:
        page.set_cookie(TILL_COOKIE, till, max_age=31_536_000, httponly=True, samesite="strict")
    return page


@router.get("/register/board")
async def board(request: Request, who: Seller, shop: TheShop) -> Response:
    return _board(request, who, shop, "edge/_register.html")


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
    return after(request, who, shop)


@router.post("/register/take-pad")
async def take_pad(request: Request, who: Seller, shop: TheShop) -> Response:
    """Everything on the pad that may be sold goes into the cart, which is opened when there is none."""
    sale = await cart_of(request, who, shop)
    for laid in views.pad(shop, sale).pieces:
        if laid.piece.sellable and not laid.in_sale:
            await shop.act(acts.AddPiece(sale=sale, piece=PieceId(laid.piece.piece)), who)
    return after(request, who, shop)


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
    return after(request, who, shop)


@router.post("/register/lines/{line}/remove")
async def remove_line(request: Request, line: str, who: Seller, shop: TheShop) -> Response:
    await shop.act(acts.RemoveLine(sale=SaleId(open_sale(request, shop).sale), line=LineId(line)), who)
    return after(request, who, shop)


@router.post("/register/park")
async def park(request: Request, who: Seller, shop: TheShop) -> Response:
    await shop.act(acts.ParkSale(sale=SaleId(open_sale(request, shop).sale)), who)
    return after(request, who, shop)


@router.post("/register/resume")
async def resume(request: Request, who: Seller, shop: TheShop, sale: Annotated[str, Form(max_length=64)]) -> Response:
    await shop.act(acts.ResumeSale(sale=SaleId(sale), till=till_of(request, shop)), who)
    return after(request, who, shop)


@router.post("/register/void")
async def void(request: Request, who: Seller, shop: TheShop) -> Response:
    await shop.act(acts.VoidSale(sale=SaleId(open_sale(request, shop).sale), reason="emptied at the register"), who)
    return after(request, who, shop)


def _board(request: Request, who: Login, shop: Shop, template: str, till: str = "") -> Response:
    at = till_of(request, shop, till)
    shift = next(iter(drawers.of_till(shop, at)), None)
    sale = next(iter(_sales(shop, at)), None)
    return render(
        request,
        template,
        store=views.store(shop),
        till=at,
        shift=shift if shift is not None and shift.state == "open" else None,
        sale=sale,
        denominations=settings_here(shop.db).denominations,
        pad=views.pad(shop, SaleId(sale.sale) if sale else None),
        parked=views.sales(shop, "parked"),
        people=people(shop),
        share_rows=min(SHARE_ROWS, SHARES_PER_SALE_MAX),
        terminal=any(each.till == at for each in shop.config.terminals),
        may_override=who.may(Permission.PAD_OVERRIDE),
        witness=_witness(request, shop, at),
        client=shop.clients.chosen.get(at, ""),
        aside_minor=_aside(shop, SaleId(sale.sale)) if sale else 0,
    )


def _aside(shop: Shop, sale: SaleId) -> int:
    """What deposits, cards and credit that were set aside pay of it already."""
    known = queries.sale(shop.db, sale)
    if known is None:
        return 0
    told = tendering.told(shop, known)
    return told.total_minor - told.rest_minor


def after(request: Request, who: Login, shop: Shop) -> Response:
    """After a form: the board again for htmx, the page for a browser without scripts."""
    return _board(request, who, shop, "edge/_register.html") if wants_fragment(request) else go(request, "/register")


def _witness(request: Request, shop: Shop, till: TillId | None = None) -> witnessing.WitnessView | None:
    return witnessing.view(request, shop, till or till_of(request, shop))


def _sales(shop: Shop, till: TillId) -> Sequence[shapes.SaleView]:
    carts = (*views.sales(shop, "tendering"), *views.sales(shop, "open"))
    return [sale for sale in carts if sale.till == till]


def open_sale(request: Request, shop: Shop) -> shapes.SaleView:
    """The cart of this till, or the sale that is being paid there. Raises a 409 problem where there is none."""
    for sale in _sales(shop, till_of(request, shop)):
        return sale
    raise ProblemError(409, "no-cart", "There is no open cart at this till", "Lay pieces on the pad and ring them up.")


async def cart_of(request: Request, who: Login, shop: Shop) -> SaleId:
    """The cart of this till; a new one where there is none."""
    till = till_of(request, shop)
    for each in _sales(shop, till):
        return SaleId(each.sale)
    sale = SaleId(shop.new_id())
    await shop.act(acts.OpenSale(sale=sale, till=till, currency=shop.config.currency), who)
    return sale
