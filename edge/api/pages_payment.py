"""The register's payment page: what the terminal took, what is set aside, and what else is given, until the sale is
recorded. What remains is always shown; nobody reckons.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.facts import AskEnd, Tender, TenderKind
from contract.feed import Permission
from contract.ids import AskId, PaymentId, PersonId, SaleId, TillId
from edge.api import shapes, tendering, views, witnessing
from edge.api.bodies import PLAIN
from edge.api.carts import REASON_MAX, Seller, TheShop, open_sale
from edge.api.meant import the_client
from edge.api.owed import value_named
from edge.api.shop import Shop
from edge.api.tendering import Given
from edge.till import ordering, queries
from trade import acts, cash
from trade.sale import Sale
from trade.value import Ask
from web.forms import amount_minor, typed
from web.front import go, render, wants_fragment
from web.problems import ProblemError

GIVEN_UP: Final = "given up at the register"
DEPOSITS_SHOWN: Final = 50

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])
Text20 = Annotated[str, Field(max_length=20)]
Named = Annotated[str, Field(max_length=64, pattern=PLAIN)]


@router.get("/register/tender")
async def tender(request: Request, who: Seller, shop: TheShop) -> Response:
    sale = open_sale(request, shop)
    return _page(request, who, shop, sale, "edge/tender.html")


@router.get("/register/payments")
async def payments(request: Request, who: Seller, shop: TheShop) -> Response:
    """What the payment page fetches again on news. News that its sale is recorded may be faster than the answer which
    leads to the receipt: then it stays as it is, for there is nothing to complain of.
    """
    try:
        sale = open_sale(request, shop)
    except ProblemError:
        if not wants_fragment(request):
            raise
        return Response(status_code=204)
    return _page(request, who, shop, sale, "edge/_payments.html")


class PayForm(BaseModel):
    """`kind` alone pays all with it; otherwise the amounts, of which cash may be too much. `rest`: what is left."""

    kind: Literal["", "cash", "card", "bank_transfer"] = ""
    cash: Text20 = ""
    card: Text20 = ""
    bank_transfer: Text20 = ""
    foreign: Annotated[str, Field(max_length=3)] = ""
    foreign_cash: Text20 = ""
    rest: Literal["cash", "card", "bank_transfer"] = "cash"
    slip: Named = ""
    """What the card terminal beside the till printed on its slip."""
    reference: Named = ""
    """What the client writes on the bank transfer."""
    client: Named = ""
    override: Annotated[str, Field(max_length=REASON_MAX, pattern=PLAIN)] = ""


@router.post("/register/pay")
async def pay(request: Request, who: Seller, shop: TheShop, form: Annotated[PayForm, Form()]) -> Response:
    """Records the sale. A card alone, at a till whose terminal is connected, is asked for there first."""
    sale = open_sale(request, shop)
    known = queries.sale(shop.db, SaleId(sale.sale))
    assert known is not None, "an open sale is in the books"
    told = tendering.told(shop, known)
    if form.kind == "card" and terminal_of(shop, sale.till):
        await _ask(shop, sale, told.rest_minor, who)
        return go(request, "/register/tender")
    tenders = tendering.compose(told, _given(form, sale.currency), sale.currency)
    client = await the_client(shop, form.client, who) if form.client.strip() else client_of(shop, known, told.asks)
    client = client or shop.clients.chosen.get(TillId(sale.till), "")
    act = acts.RecordSale(
        sale=SaleId(sale.sale),
        tenders=tenders,
        client=PersonId(client) if client else None,
        override=form.override,
    )
    await shop.act(act, who)
    shop.clients.leave(TillId(sale.till))
    return go(request, f"/register/receipt/{sale.sale}")


@router.post("/register/reckon")
async def reckon(request: Request, who: Seller, shop: TheShop, form: Annotated[PayForm, Form()]) -> Response:
    """What the amounts typed so far come to: change, rounding, or what is missing. Nothing is done."""
    del who
    sale = open_sale(request, shop)
    known = queries.sale(shop.db, SaleId(sale.sale))
    assert known is not None, "an open sale is in the books"
    told = tendering.told(shop, known)
    tenders, problem = _reckoned(told, _given(form, sale.currency), sale.currency)
    return render(request, "edge/_reckoned.html", sale=sale, tenders=tenders, problem=problem)


@router.post("/register/card")
async def card(request: Request, who: Seller, shop: TheShop, amount: Annotated[str, Form(max_length=20)]) -> Response:
    """Ask the terminal for a part of it, or for the rest."""
    sale = open_sale(request, shop)
    await _ask(shop, sale, amount_minor(amount, sale.currency, "By card"), who)
    return _after(request, who, shop)


@router.post("/register/give-up")
async def give_up(
    request: Request, who: Seller, shop: TheShop, payment: Annotated[str, Form(max_length=64)]
) -> Response:
    """Stop a payment at the terminal, or let what it took go back."""
    await shop.act(acts.GiveUpPayment(payment=PaymentId(payment), reason=GIVEN_UP), who)
    return _after(request, who, shop)


class ValueForm(BaseModel):
    """A gift card by its code, credit by its client, a deposit by its name. No amount: as much as is left to pay."""

    kind: Literal["gift_card", "store_credit", "points", "deposit"]
    name: Named
    amount: Text20 = ""


@router.post("/register/value")
async def ask_value(request: Request, who: Seller, shop: TheShop, form: Annotated[ValueForm, Form()]) -> Response:
    """Set money of a gift card, credit or deposit aside for this sale."""
    sale = open_sale(request, shop)
    account, client, label = value_named(form.kind, form.name, shop.config.currency)
    act = acts.AskValue(
        ask=AskId(shop.new_id()),
        sale=SaleId(sale.sale),
        kind=TenderKind(form.kind),
        account=account,
        amount_minor=amount_minor(form.amount, sale.currency, "Amount"),
        client=client,
        label=label,
    )
    await shop.act(act, who)
    return _after(request, who, shop)


@router.post("/register/value/end")
async def end_value(
    request: Request,
    who: Seller,
    shop: TheShop,
    ask: Annotated[str, Form(max_length=64)],
    how: Annotated[Literal["given_up", "without_office"], Form()] = "given_up",
) -> Response:
    """Take it off again; or wait no longer for the office, and take what this store keeps of it."""
    await shop.act(acts.EndAsk(ask=AskId(ask), how=AskEnd(how)), who)
    return _after(request, who, shop)


def client_of(shop: Shop, sale: Sale, asks: Iterable[Ask]) -> str:
    """Whose money is set aside, or whose order is collected or paid on; empty: nobody's."""
    theirs = (order.client for order in ordering.of_sale(shop.db, sale).values())
    return next(chain((each.client for each in asks if each.live and each.client), theirs), "")


def terminal_of(shop: Shop, till: str) -> str:
    """The terminal a till asks; empty: none."""
    return next((each.id for each in shop.config.terminals if each.till == till), "")


def _given(form: PayForm, currency: str) -> Given:
    """`kind` is the short way: all that remains by one thing."""
    foreign = form.foreign.strip().upper()
    return Given(
        card_minor=amount_minor(form.card, currency, "Card"),
        slip=form.slip.strip(),
        transfer_minor=amount_minor(form.bank_transfer, currency, "Bank transfer"),
        reference=form.reference.strip(),
        foreign=foreign,
        foreign_minor=amount_minor(form.foreign_cash, foreign or currency, "Foreign cash"),
        cash_minor=amount_minor(form.cash, currency, "Cash"),
        rest=TenderKind(form.kind or form.rest),
    )


def _reckoned(told: tendering.Told, given: Given, currency: str) -> tuple[Sequence[Tender], str]:
    """What is still to be handed over, as it is proposed; or what is wrong with what was typed."""
    try:
        tenders = tendering.compose(told, given, currency)[len(told.fixed) :]
    except ProblemError as error:
        return (), str(error)
    return cash.rounded(tenders, told.rules.step_minor), ""


async def _ask(shop: Shop, sale: shapes.SaleView, minor: int, who: Seller) -> None:
    payment = PaymentId(shop.new_id())
    await shop.act(acts.RequestPayment(payment=payment, sale=SaleId(sale.sale), amount_minor=minor), who)


def _after(request: Request, who: Seller, shop: Shop) -> Response:
    if not wants_fragment(request):
        return go(request, "/register/tender")
    return _page(request, who, shop, open_sale(request, shop), "edge/_payments.html")


def _page(request: Request, who: Seller, shop: Shop, sale: shapes.SaleView, template: str) -> Response:
    known = queries.sale(shop.db, SaleId(sale.sale))
    assert known is not None, "an open sale is in the books"
    told = tendering.told(shop, known)
    due, till = told.cash_due_minor, TillId(sale.till)
    tenders, problem = _reckoned(told, Given(), sale.currency)
    return render(
        request,
        template,
        store=views.store(shop),
        sale=sale,
        terminal=terminal_of(shop, till),
        payments=views.payments(shop, known.sale),
        asks=told.asks,
        deposits=queries.slices(shop.db, TenderKind.DEPOSIT, DEPOSITS_SHOWN),
        rates=sorted(told.rules.rates),
        rest_minor=told.rest_minor,
        cash_due_minor=due,
        plain_rest=typed(max(told.rest_minor, 0), sale.currency),
        notes=[(each, typed(each, sale.currency)) for each in tendering.likely(due, sale.currency)],
        tenders=tenders,
        problem=problem,
        client=shop.clients.chosen.get(till, ""),
        client_name=shop.clients.name_of(till, None, who.user),
        may_override=who.may(Permission.PAD_OVERRIDE),
        agrees=views.pad(shop, known.sale).verdict == "matched" or not known.pieces(),
    )
