"""The drawer's pages: cash moved, the blind count, X and Z."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from contract.facts import CashKind
from contract.feed import Permission
from contract.ids import CashMoveId, ShiftId
from edge.api import views as shown
from edge.api import witnessing
from edge.api.bodies import PLAIN
from edge.api.shifts import views
from edge.api.shifts.forms import counted, foreign_counted
from edge.api.shop import Shop, the_shop
from edge.api.tills import people, till_of
from edge.till.offers import settings_here
from trade import acts
from web.forms import amount_minor
from web.front import go, render
from web.logins import Login
from web.policy import allow

SHOWN_MAX: Final = 10
"""Earlier Zs under the last one."""
TEXT_MAX: Final = 200

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])
Seller = Annotated[Login, allow(Permission.SHIFT, Permission.CASH_MOVE, Permission.DRAWER_OPEN)]
Manager = Annotated[Login, allow(Permission.SEE_SHIFT)]
TheShop = Annotated[Shop, the_shop()]
Mover = Annotated[Login, allow(Permission.CASH_MOVE)]
Money = Annotated[str, Form(pattern=r"^([A-Z]{3})?$")]
Typed = Annotated[str, Form(max_length=20)]
Words = Annotated[str, Form(max_length=TEXT_MAX, pattern=PLAIN)]


@router.get("/shift")
async def shift(request: Request, who: Seller, shop: TheShop) -> Response:
    """The open shift of this till, or the last Z and those before it."""
    till = till_of(request, shop)
    mine = views.of_till(shop, till)
    now = mine[0] if mine else None
    made = [each for each in mine if each.z_number is not None][:SHOWN_MAX]
    report = views.z(shop, ShiftId(now.shift)) if now is not None and now.z_number is not None else None
    return render(
        request,
        "edge/shift.html",
        store=shown.store(shop),
        till=till,
        shift=now,
        report=report,
        zs=made,
        denominations=settings_here(shop.db).denominations,
        foreign=views.foreign_here(shop, till),
        bankings=views.bankings(shop),
        may_move=who.may(Permission.CASH_MOVE),
        people=people(shop),
        may_see=who.may(Permission.SEE_SHIFT),
    )


@router.get("/shift/x")
async def x_report(request: Request, who: Manager, shop: TheShop) -> Response:
    del who
    report = views.x(shop, till_of(request, shop))
    return render(request, "edge/shift_report.html", store=shown.store(shop), report=report, people=people(shop))


@router.get("/shift/z/{shift}")
async def z_report(request: Request, shift: str, who: Seller, shop: TheShop) -> Response:
    del who
    report = views.z(shop, ShiftId(shift))
    return render(request, "edge/shift_report.html", store=shown.store(shop), report=report, people=people(shop))


@router.post("/shift/cash")
async def move_cash(
    request: Request,
    who: Seller,
    shop: TheShop,
    *,
    kind: Annotated[CashKind, Form()],
    reason: Words,
    amount: Typed = "",
    currency: Money = "",
) -> Response:
    of = currency or shop.config.currency
    act = acts.MoveCash(
        move=CashMoveId(shop.new_id()),
        till=till_of(request, shop),
        kind=kind,
        amount_minor=amount_minor(amount, of, "Amount"),
        reason=reason,
        currency=currency,
    )
    await shop.act(act, who)
    return go(request, "/shift")


@router.post("/shift/bank")
async def bank_cash(
    request: Request, who: Mover, shop: TheShop, *, amount: Typed, reference: Words, currency: Money = ""
) -> Response:
    """Cash of the safe goes to the bank."""
    of = currency or shop.config.currency
    act = acts.BankCash(
        move=CashMoveId(shop.new_id()),
        business_day=shop.business_day(),
        currency=of,
        amount_minor=amount_minor(amount, of, "Amount"),
        reference=reference,
    )
    await shop.act(act, who)
    return go(request, "/shift")


@router.post("/shift/close")
async def close_shift(
    request: Request, who: Seller, shop: TheShop, *, in_drawer: Typed = "", note: Words = ""
) -> Response:
    known = settings_here(shop.db).denominations
    cash, coins = await counted(request, known, in_drawer, shop.config.currency, "Cash in the drawer")
    till = till_of(request, shop)
    foreign = await foreign_counted(request, views.foreign_here(shop, till))
    act = acts.CloseShift(till=till, cash_counted_minor=cash, counted_coins=coins, note=note, foreign=foreign)
    await shop.act(act, who)
    return go(request, "/shift")
