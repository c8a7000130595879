"""The register's page of what comes back: found by receipt, piece or pad; given back, or paid on by a cart."""

import secrets
from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract import giftcard
from contract.facts import Disposition, Tender, TenderKind
from contract.ids import LineId, PaymentId, PieceId, ReturnId, SaleId
from edge.api import views as sales
from edge.api import witnessing
from edge.api.bodies import PLAIN
from edge.api.carts import REASON_MAX, Seller, TheShop, open_sale
from edge.api.returns import going, views
from edge.api.returns.going import AS_PAID, Wanted
from edge.api.shop import Shop
from edge.api.tills import till_of
from trade import acts
from trade.disposition import WORDS
from web.front import go, render
from web.problems import ProblemError

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])
PIECES_MAX: Final = 100
Name = Annotated[str, Field(max_length=64)]


class BackForm(BaseModel):
    """`way`: how the money goes, or `exchange`: the cart is paid by it. `lines`: those that are no pieces, whole.

    `fresh`: a code the page made, for a new card, where no `card` is typed.
    """

    sale: Name
    way: Literal["as_paid", "card", "cash", "bank_transfer", "store_credit", "gift_card", "exchange"]
    pieces: Annotated[list[Name], Field(max_length=PIECES_MAX)] = []
    lines: Annotated[list[Name], Field(max_length=PIECES_MAX)] = []
    becomes: Disposition = Disposition.STOCK
    reason: Annotated[str, Field(min_length=1, max_length=REASON_MAX, pattern=PLAIN)]
    override: Annotated[str, Field(max_length=REASON_MAX, pattern=PLAIN)] = ""
    slip: Annotated[str, Field(max_length=64, pattern=PLAIN)] = ""
    client: Annotated[str, Field(max_length=64, pattern=PLAIN)] = ""
    card: Annotated[str, Field(max_length=40, pattern=PLAIN)] = ""
    fresh: Annotated[str, Field(max_length=40, pattern=PLAIN)] = ""

    def wanted(self) -> Wanted:
        return Wanted(self.way, self.slip.strip(), self.card.strip() or self.fresh, self.client)


@router.get("/register/return")
async def find(request: Request, who: Seller, shop: TheShop, receipt: str = "") -> Response:
    """Without a receipt: what lies on the pad says which sale it was."""
    till = till_of(request, shop)
    pad = frozenset(shop.pad_now(till).pieces)
    sale = None
    why = ""
    if receipt.strip() or pad:
        try:
            sale = views.sale_named(shop, receipt, pad)
        except ProblemError as problem:
            why = problem.title if receipt.strip() else ""
    lines = views.lines_left(shop, sale, pad) if sale else ()
    total = sum(each.left_minor for each in lines if each.on_pad)
    return render(
        request,
        "edge/return.html",
        store=sales.store(shop),
        till=till,
        typed=receipt,
        why=why,
        sale=sales.sale(shop, sale) if sale else None,
        lines=lines,
        ways=going.ways(shop, sale, total or sum(each.left_minor for each in lines)) if sale else (),
        client=going.client_of(shop, sale) if sale else "",
        fresh=_fresh_code(),
        total_minor=total,
        has_pad=bool(shop.floor.pads),
        terminal=any(each.till == till for each in shop.config.terminals),
        cart=any(each.till == till and each.lines for each in sales.sales(shop, "open")),
        becomes=WORDS,
        who=who,
    )


@router.post("/register/return")
async def give_back(request: Request, who: Seller, shop: TheShop, form: Annotated[BackForm, Form()]) -> Response:
    sale, name = SaleId(form.sale), ReturnId(shop.new_id())
    left = {each.line: each for each in views.lines_left(shop, sale, frozenset())}
    wanted = [each for each in left.values() if each.piece in form.pieces or each.line in form.lines]
    loose = [each for each in form.lines if each in left]
    back = acts.ReturnPieces(
        sale=sale,
        pieces=tuple(PieceId(each) for each in form.pieces),
        till=till_of(request, shop),
        tenders=(),
        reason=form.reason,
        lines=tuple(acts.LineBack(line=LineId(each), quantity_milli=left[each].left_milli) for each in loose),
        dispositions=(form.becomes,),
        override=form.override,
        returns=name,
    )
    total = sum(each.left_minor for each in wanted)
    if form.way == "exchange":
        return await _exchange(request, who, shop, back, total)
    if form.way in {"card", AS_PAID} and views.payment_left(shop, sale) and _terminal(shop, back.till):
        await shop.act(acts.BeginReturn(returns=name, back=back), who)
        await _ask_next_card(who, shop, name)
        return go(request, f"/register/return/{name}")
    given = going.tenders(shop, sale, total, form.wanted())
    await shop.act(msgspec.structs.replace(back, tenders=given), who)
    return go(request, f"/register/receipt/{sale}")


async def _exchange(request: Request, who: Seller, shop: Shop, back: acts.ReturnPieces, total: int) -> Response:
    """Even, or with the difference in cash; by card it is asked for at the payment page first."""
    cart = open_sale(request, shop)
    taken = sum(each.captured_minor for each in sales.payments(shop, SaleId(cart.sale)) if each.state == "captured")
    cards = tuple(
        Tender(kind=TenderKind.CARD, amount_minor=each.captured_minor, payment=PaymentId(each.payment))
        for each in sales.payments(shop, SaleId(cart.sale))
        if each.state == "captured"
    )
    rest = cart.total_minor - taken - total
    on_top = (Tender(kind=TenderKind.CASH, amount_minor=rest),) if rest > 0 else ()
    given = (Tender(kind=TenderKind.CASH, amount_minor=-rest),) if rest < 0 else ()
    give = acts.RecordSale(sale=SaleId(cart.sale), tenders=(*cards, *on_top), override=back.override)
    await shop.act(acts.Exchange(give=give, back=msgspec.structs.replace(back, tenders=given)), who)
    return go(request, f"/register/receipt/{cart.sale}")


@router.get("/register/return/{returns}")
async def begun(request: Request, returns: str, who: Seller, shop: TheShop) -> Response:
    """What the terminal said so far."""
    one = views.one(shop, ReturnId(returns))
    client = going.client_of(shop, SaleId(one.sale))
    return render(
        request, "edge/return_going.html", one=one, client=client, fresh=_fresh_code(), who=who,
        card=views.next_card(shop, one) if one.state == "begun" else None,
    )  # fmt: skip


@router.post("/register/return/{returns}/card")
async def ask_next_card(request: Request, returns: str, who: Seller, shop: TheShop) -> Response:
    """A sale may have been paid by several: after the word about one the terminal is asked for the next."""
    await _ask_next_card(who, shop, ReturnId(returns))
    return go(request, f"/register/return/{returns}")


class FinishForm(BaseModel):
    """How what the cards did not take goes back."""

    way: Literal["as_paid", "cash", "bank_transfer", "store_credit", "gift_card"] = "as_paid"
    client: Annotated[str, Field(max_length=64, pattern=PLAIN)] = ""
    card: Annotated[str, Field(max_length=40, pattern=PLAIN)] = ""
    fresh: Annotated[str, Field(max_length=40, pattern=PLAIN)] = ""


@router.post("/register/return/{returns}/finish")
async def finish(
    request: Request, returns: str, who: Seller, shop: TheShop, form: Annotated[FinishForm, Form()]
) -> Response:
    """What the cards did not take goes back by `way`."""
    one = views.one(shop, ReturnId(returns))
    wanted = Wanted(form.way, card=form.card.strip() or form.fresh, client=form.client)
    rest = going.tenders(shop, SaleId(one.sale), one.rest_minor, wanted, cards=False)
    await shop.act(acts.FinishReturn(returns=ReturnId(returns), tenders=rest), who)
    return go(request, f"/register/receipt/{one.sale}")


@router.post("/register/return/{returns}/abandon")
async def abandon(request: Request, returns: str, who: Seller, shop: TheShop) -> Response:
    await shop.act(acts.AbandonReturn(returns=ReturnId(returns)), who)
    return go(request, "/register")


async def _ask_next_card(who: Seller, shop: Shop, name: ReturnId) -> None:
    """A terminal does one thing at a time; with no card left there is nothing to ask."""
    card = views.next_card(shop, views.one(shop, name))
    if card is not None:
        refund, payment = PaymentId(shop.new_id()), PaymentId(card.payment)
        act = acts.RequestCardRefund(refund=refund, returns=name, payment=payment, amount_minor=card.amount_minor)
        await shop.act(act, who)


def _fresh_code() -> str:
    """Of a new gift card: shown on the page, worth nothing until money goes onto it, and kept nowhere."""
    return giftcard.shown(giftcard.make(secrets.token_bytes(giftcard.CHANCE_BYTES)))


def _terminal(shop: Shop, till: str) -> bool:
    return any(each.till == till for each in shop.config.terminals)
