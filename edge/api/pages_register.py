"""The register's screens: what lies on the pad, the cart beside it, payment, receipt."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.facts import Tender, TenderKind
from contract.feed import Role
from contract.ids import LineId, PieceId, SaleId, ShiftId, TillId
from edge.api import shapes, views, witnessing
from edge.api.bodies import PLAIN
from edge.api.shifts import views as drawers
from edge.api.shifts.forms import counted
from edge.api.shop import Shop, the_shop
from edge.api.tills import TILL_COOKIE, people, till_of
from edge.till.offers import settings_here
from trade import acts
from web.forms import amount_minor, typed
from web.front import go, render, wants_fragment
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError
from web.templating import money

REASON_MAX: Final = 200

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])
Seller = Annotated[Login, allow(Role.ASSOCIATE, Role.MANAGER)]
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
    return _after(request, who, shop)


@router.post("/register/take-pad")
async def take_pad(request: Request, who: Seller, shop: TheShop) -> Response:
    """Everything on the pad that may be sold goes into the cart, which is opened when there is none."""
    sale = await _cart(request, who, shop)
    for laid in views.pad(shop, sale).pieces:
        if laid.piece.sellable and not laid.in_sale:
            await shop.act(acts.AddPiece(sale=sale, piece=PieceId(laid.piece.piece)), who)
    return _after(request, who, shop)


@router.post("/register/lines")
async def add_line(
    request: Request, who: Seller, shop: TheShop, piece: Annotated[str, Form(max_length=124)], override: Reason = ""
) -> Response:
    """One piece by its id, article number or tag."""
    found = views.find_pieces(shop, piece.strip(), zone="", limit=2, who=who)
    if len(found) != 1:
        what = "No piece" if not found else "More than one piece"
        raise ProblemError(404, "piece", f"{what} answers to “{piece.strip()}”", "Type its whole number or tag.")
    sale = await _cart(request, who, shop)
    await shop.act(acts.AddPiece(sale=sale, piece=PieceId(found[0].piece), override=override), who)
    return _after(request, who, shop)


@router.post("/register/lines/{line}/remove")
async def remove_line(request: Request, line: str, who: Seller, shop: TheShop) -> Response:
    await shop.act(acts.RemoveLine(sale=SaleId(_open(request, shop).sale), line=LineId(line)), who)
    return _after(request, who, shop)


@router.post("/register/park")
async def park(request: Request, who: Seller, shop: TheShop) -> Response:
    await shop.act(acts.ParkSale(sale=SaleId(_open(request, shop).sale)), who)
    return _after(request, who, shop)


@router.post("/register/resume")
async def resume(request: Request, who: Seller, shop: TheShop, sale: Annotated[str, Form(max_length=64)]) -> Response:
    await shop.act(acts.ResumeSale(sale=SaleId(sale), till=till_of(request, shop)), who)
    return _after(request, who, shop)


@router.post("/register/void")
async def void(request: Request, who: Seller, shop: TheShop) -> Response:
    await shop.act(acts.VoidSale(sale=SaleId(_open(request, shop).sale), reason="emptied at the register"), who)
    return _after(request, who, shop)


@router.get("/register/tender")
async def tender(request: Request, who: Seller, shop: TheShop) -> Response:
    sale = _open(request, shop)
    return render(
        request,
        "edge/tender.html",
        store=views.store(shop),
        sale=sale,
        plain_total=typed(sale.total_minor, sale.currency),
        may_override=who.may(Role.MANAGER),
    )


class PayForm(BaseModel):
    """`kind` alone pays the whole with it; otherwise the three amounts, of which cash may be too much."""

    kind: Literal["", "cash", "card", "bank_transfer"] = ""
    cash: Annotated[str, Field(max_length=20)] = ""
    card: Annotated[str, Field(max_length=20)] = ""
    bank_transfer: Annotated[str, Field(max_length=20)] = ""
    slip: Annotated[str, Field(max_length=64, pattern=PLAIN)] = ""
    """What the card terminal beside the till printed on its slip."""
    override: Annotated[str, Field(max_length=REASON_MAX, pattern=PLAIN)] = ""


@router.post("/register/pay")
async def pay(request: Request, who: Seller, shop: TheShop, form: Annotated[PayForm, Form()]) -> Response:
    sale = _open(request, shop)
    if form.kind:
        tenders: tuple[Tender, ...] = (
            _with_slip(Tender(kind=TenderKind(form.kind), amount_minor=sale.total_minor), form.slip),
        )
    else:
        given = {
            TenderKind.CARD: amount_minor(form.card, sale.currency, "Card"),
            TenderKind.BANK_TRANSFER: amount_minor(form.bank_transfer, sale.currency, "Bank transfer"),
        }
        tenders = split_tenders(sale.total_minor, given, amount_minor(form.cash, sale.currency, "Cash"), sale.currency)
        tenders = tuple(_with_slip(each, form.slip) for each in tenders)
    await shop.act(acts.RecordSale(sale=SaleId(sale.sale), tenders=tenders, override=form.override), who)
    return go(request, f"/register/receipt/{sale.sale}")


def _with_slip(tender: Tender, slip: str) -> Tender:
    return msgspec.structs.replace(tender, reference=slip.strip()) if tender.kind is TenderKind.CARD else tender


def split_tenders(total_minor: int, given: dict[TenderKind, int], cash_minor: int, currency: str) -> tuple[Tender, ...]:
    """What each kind pays; cash pays the rest and what is too much of it is change. Raises a 422 problem."""
    rest = total_minor - sum(given.values())
    if rest < 0:
        title = f"{money(-rest, currency)} too much"
        raise ProblemError(422, "tender", title, "Only cash gives change: lower the card or transfer amount.")
    if cash_minor < rest:
        title = f"{money(rest - cash_minor, currency)} still missing"
        raise ProblemError(422, "tender", title, "Raise one of the amounts.")
    tenders = [Tender(kind=kind, amount_minor=amount) for kind, amount in given.items() if amount]
    if rest or (cash_minor and not tenders):
        tenders.append(Tender(kind=TenderKind.CASH, amount_minor=rest, change_minor=cash_minor - rest))
    elif cash_minor:
        raise ProblemError(422, "tender", "The cash is not needed", "Give it back: the other amounts pay everything.")
    return tuple(tenders)


@router.get("/register/receipt/{sale}")
async def receipt(request: Request, sale: str, who: Seller, shop: TheShop) -> Response:
    del who
    shown = views.sale(shop, SaleId(sale))
    if shown.receipt_number is None:
        raise ProblemError(404, "receipt", "This sale has no receipt", "It is not recorded yet.")
    return render(
        request,
        "edge/receipt.html",
        store=views.store(shop),
        sale=shown,
        people=people(shop),
        witness=_witness(request, shop),
    )


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
        may_override=who.may(Role.MANAGER),
        witness=_witness(request, shop, at),
    )


def _after(request: Request, who: Login, shop: Shop) -> Response:
    """After a form: the board again for htmx, the page for a browser without scripts."""
    return _board(request, who, shop, "edge/_register.html") if wants_fragment(request) else go(request, "/register")


def _witness(request: Request, shop: Shop, till: TillId | None = None) -> witnessing.WitnessView | None:
    return witnessing.view(request, shop, till or till_of(request, shop))


def _sales(shop: Shop, till: TillId) -> Sequence[shapes.SaleView]:
    return [sale for sale in views.sales(shop, "open") if sale.till == till]


def _open(request: Request, shop: Shop) -> shapes.SaleView:
    for sale in _sales(shop, till_of(request, shop)):
        return sale
    raise ProblemError(409, "no-cart", "There is no open cart at this till", "Lay pieces on the pad and ring them up.")


async def _cart(request: Request, who: Login, shop: Shop) -> SaleId:
    till = till_of(request, shop)
    for open_sale in _sales(shop, till):
        return SaleId(open_sale.sale)
    sale = SaleId(shop.new_id())
    await shop.act(acts.OpenSale(sale=sale, till=till, currency=shop.config.currency), who)
    return sale
