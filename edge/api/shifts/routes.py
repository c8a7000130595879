"""JSON routes of drawers."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter

from contract.facts import CashKind, Coins
from contract.feed import Permission
from contract.ids import CashMoveId, ShiftId, TillId
from edge.api import bodies, shapes
from edge.api.shifts import views
from edge.api.shop import Shop, the_shop
from trade import acts
from web.logins import Login
from web.policy import allow

router = APIRouter(prefix="/api/v1", tags=["shifts"])
Seller = Annotated[Login, allow(Permission.SHIFT, Permission.CASH_MOVE, Permission.DRAWER_OPEN)]
Mover = Annotated[Login, allow(Permission.CASH_MOVE)]
Manager = Annotated[Login, allow(Permission.SEE_SHIFT)]
TheShop = Annotated[Shop, the_shop()]


@router.get("/shifts")
async def list_shifts(who: Seller, shop: TheShop) -> list[shapes.ShiftView]:
    """Newest first."""
    del who
    return views.shifts(shop)


@router.post("/shifts", status_code=201)
async def open_shift(body: bodies.OpenShiftBody, who: Seller, shop: TheShop) -> shapes.ShiftView:
    act = acts.OpenShift(
        shift=ShiftId(body.shift or shop.new_id()),
        till=shop.till(body.till),
        business_day=body.business_day or shop.business_day(),
        float_minor=body.float_minor,
        currency=shop.config.currency,
        float_coins=coins_of(body.float_coins),
    )
    await shop.act(act, who)
    return views.shift(shop, act.shift)


@router.post("/shifts/cash", status_code=201)
async def move_cash(body: bodies.MoveCashBody, who: Seller, shop: TheShop) -> shapes.ShiftView:
    """Cash put in or taken out by hand, with its reason. The answer does not tell what the drawer should hold."""
    open_now = views.open_shift(shop, TillId(body.till))
    act = acts.MoveCash(
        move=CashMoveId(body.move or shop.new_id()),
        till=TillId(body.till),
        kind=CashKind(body.kind),
        amount_minor=body.amount_minor,
        reason=body.reason,
        currency=body.currency or "",
    )
    await shop.act(act, who)
    return views.shift(shop, open_now.shift)


@router.get("/cash/bank")
async def list_bankings(who: Seller, shop: TheShop) -> list[shapes.BankingView]:
    """Cash of the safe that went to the bank, newest first."""
    del who
    return views.bankings(shop)


@router.post("/cash/bank", status_code=201)
async def bank_cash(body: bodies.BankCashBody, who: Mover, shop: TheShop) -> list[shapes.BankingView]:
    act = acts.BankCash(
        move=CashMoveId(body.move or shop.new_id()),
        business_day=body.business_day or shop.business_day(),
        currency=body.currency or shop.config.currency,
        amount_minor=body.amount_minor,
        reference=body.reference,
    )
    await shop.act(act, who)
    return views.bankings(shop)


@router.get("/tills/{till}/x")
async def x_report(till: str, who: Manager, shop: TheShop) -> shapes.ReportView:
    """The X: read only, and a manager's, since it tells what the drawer should hold before it is counted."""
    del who
    return views.x(shop, TillId(till))


@router.post("/shifts/close")
async def close_shift(body: bodies.CloseShiftBody, who: Seller, shop: TheShop) -> shapes.ShiftView:
    """The Z: the drawer is counted before the expected sum is shown."""
    open_now = views.open_shift(shop, TillId(body.till))
    act = acts.CloseShift(
        till=TillId(body.till),
        cash_counted_minor=body.cash_counted_minor,
        counted_coins=coins_of(body.counted_coins),
        note=body.note,
        foreign=tuple(
            acts.ForeignCounted(currency=each.currency, amount_minor=each.amount_minor) for each in body.foreign
        ),
    )
    await shop.act(act, who)
    return views.shift(shop, open_now.shift)


@router.get("/shifts/{shift}/z")
async def z_report(shift: str, who: Seller, shop: TheShop) -> shapes.ReportView:
    """The Z as it was made; nothing in it changes later."""
    del who
    return views.z(shop, ShiftId(shift))


def coins_of(counted: Sequence[bodies.CoinsBody]) -> tuple[Coins, ...]:
    return tuple(Coins(value_minor=each.value_minor, number=each.number) for each in counted)
