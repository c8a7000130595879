"""The register's payment page: what the terminal took and what else is given, until the sale is recorded."""

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.facts import Tender, TenderKind
from contract.feed import Permission
from contract.ids import PaymentId, SaleId, TillId
from edge.api import shapes, views, witnessing
from edge.api.bodies import PLAIN
from edge.api.pages_register import REASON_MAX, Seller, TheShop, open_sale
from edge.api.shop import Shop
from trade import acts
from web.forms import amount_minor, typed
from web.front import go, render, wants_fragment
from web.problems import ProblemError
from web.templating import money

GIVEN_UP = "given up at the register"

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])


@router.get("/register/tender")
async def tender(request: Request, who: Seller, shop: TheShop) -> Response:
    sale = open_sale(request, shop)
    return _page(request, shop, sale, "edge/tender.html", may_override=who.may(Permission.PAD_OVERRIDE))


@router.get("/register/payments")
async def payments(request: Request, who: Seller, shop: TheShop) -> Response:
    del who
    return _page(request, shop, open_sale(request, shop), "edge/_payments.html")


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
    """Records the sale. A card alone, at a till whose terminal is connected, is asked for there first."""
    sale = open_sale(request, shop)
    if form.kind == "card" and terminal_of(shop, sale.till):
        await _ask(shop, sale, _rest(sale, views.payments(shop, SaleId(sale.sale))), who)
        return go(request, "/register/tender")
    if form.kind:
        tenders: tuple[Tender, ...] = (Tender(kind=TenderKind(form.kind), amount_minor=sale.total_minor),)
    else:
        tenders = _split(shop, sale, form)
    slipped = tuple(_with_slip(each, form.slip) for each in tenders)
    await shop.act(acts.RecordSale(sale=SaleId(sale.sale), tenders=slipped, override=form.override), who)
    return go(request, f"/register/receipt/{sale.sale}")


@router.post("/register/card")
async def card(request: Request, who: Seller, shop: TheShop, amount: Annotated[str, Form(max_length=20)]) -> Response:
    """Ask the terminal for a part of it, or for the rest."""
    sale = open_sale(request, shop)
    await _ask(shop, sale, amount_minor(amount, sale.currency, "By card"), who)
    return _after(request, shop)


@router.post("/register/give-up")
async def give_up(
    request: Request, who: Seller, shop: TheShop, payment: Annotated[str, Form(max_length=64)]
) -> Response:
    """Stop a payment at the terminal, or let what it took go back."""
    await shop.act(acts.GiveUpPayment(payment=PaymentId(payment), reason=GIVEN_UP), who)
    return _after(request, shop)


def terminal_of(shop: Shop, till: str) -> str:
    """The terminal a till asks; empty: none."""
    return next((each.id for each in shop.config.terminals if each.till == till), "")


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


def _split(shop: Shop, sale: shapes.SaleView, form: PayForm) -> tuple[Tender, ...]:
    """What the terminal captured counts by itself."""
    captured = [each for each in views.payments(shop, SaleId(sale.sale)) if each.state == "captured"]
    paid = tuple(
        Tender(kind=TenderKind.CARD, amount_minor=each.captured_minor, payment=PaymentId(each.payment))
        for each in captured
    )
    given = {
        TenderKind.CARD: amount_minor(form.card, sale.currency, "Card"),
        TenderKind.BANK_TRANSFER: amount_minor(form.bank_transfer, sale.currency, "Bank transfer"),
    }
    cash = amount_minor(form.cash, sale.currency, "Cash")
    rest = sale.total_minor - sum(each.amount_minor for each in paid)
    if paid and not rest and not cash and not any(given.values()):
        return paid
    return (*paid, *split_tenders(rest, given, cash, sale.currency))


async def _ask(shop: Shop, sale: shapes.SaleView, minor: int, who: Seller) -> None:
    payment = PaymentId(shop.new_id())
    await shop.act(acts.RequestPayment(payment=payment, sale=SaleId(sale.sale), amount_minor=minor), who)


def _rest(sale: shapes.SaleView, asked: list[shapes.PaymentView]) -> int:
    return sale.total_minor - sum(each.counted_minor for each in asked)


def _with_slip(tender: Tender, slip: str) -> Tender:
    typed_here = tender.kind is TenderKind.CARD and not tender.payment
    return msgspec.structs.replace(tender, reference=slip.strip()) if typed_here else tender


def _after(request: Request, shop: Shop) -> Response:
    if not wants_fragment(request):
        return go(request, "/register/tender")
    return _page(request, shop, open_sale(request, shop), "edge/_payments.html")


def _page(
    request: Request, shop: Shop, sale: shapes.SaleView, template: str, *, may_override: bool = False
) -> Response:
    asked = views.payments(shop, SaleId(sale.sale))
    rest = _rest(sale, asked)
    return render(
        request,
        template,
        store=views.store(shop),
        sale=sale,
        plain_total=typed(sale.total_minor, sale.currency),
        terminal=terminal_of(shop, TillId(sale.till)),
        payments=asked,
        rest_minor=rest,
        plain_rest=typed(max(rest, 0), sale.currency),
        may_override=may_override,
    )
