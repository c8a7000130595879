"""JSON routes of clients' orders: take, quote, move, promise, hold, bind, end; and collect them in a cart."""

from typing import Annotated

from fastapi import APIRouter

from contract.facts import AnswerHow, OrderEvent, OrderKind, Share
from contract.feed import Permission, TaxCard
from contract.ids import ClientOrderId, LineId, PieceId, SaleId, StoreId, TransferId, UserId
from edge.api import shapes
from edge.api import views as sales
from edge.api.bodies import ReasonBody
from edge.api.meant import the_client
from edge.api.orders import bodies, views
from edge.api.orders.shapes import OrderView, ShortOrderView
from edge.api.shop import Shop, the_shop
from edge.books import replica
from trade import acts
from trade.tax import on_day
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["orders"])
Keeper = Annotated[Login, allow(Permission.ORDERS)]
Seller = Annotated[Login, allow(Permission.SELL)]
TheShop = Annotated[Shop, the_shop()]


@router.get("/orders")
async def list_orders(
    who: Keeper, shop: TheShop, queue: str = "", kind: str = "", find: str = ""
) -> list[ShortOrderView]:
    """`queue`: `overdue`, `today`, `client`, `ready`, `held` or `over`. `find`: a number, a client or a code."""
    del who
    return views.find(shop, find) if find else views.some(shop, queue=queue, kind=kind)


@router.post("/orders", status_code=201)
async def open_order(body: bodies.OpenOrderBody, who: Keeper, shop: TheShop) -> OrderView:
    """A layaway is quoted at once, at what its pieces cost today."""
    order = ClientOrderId(body.order or shop.new_id())
    act = acts.OpenOrder(
        order=order, kind=OrderKind(body.kind), client=await the_client(shop, body.client, who), title=body.title,
        currency=shop.config.currency, promised_day=body.promised_day or "",
        terms=None if body.terms is None else body.terms.terms(), pieces=tuple(PieceId(each) for each in body.pieces),
        shares=tuple(Share(associate=UserId(each.associate), share_bp=each.share_bp) for each in body.shares),
    )  # fmt: skip
    await shop.act(act, who)
    return views.one(shop, order)


@router.get("/orders/{order}")
async def get_order(order: str, who: Keeper, shop: TheShop) -> OrderView:
    """By its id, or by its number."""
    del who
    return views.one(shop, order)


@router.post("/orders/{order}/quote")
async def quote(order: str, body: bodies.QuoteBody, who: Keeper, shop: TheShop) -> OrderView:
    """In the place of an earlier one, which counts no more."""
    name = views.named(shop, order).order
    lines = tuple(each.made(each.line or shop.new_id(), tax_of(shop, each.tax, each.tax_bp)) for each in body.lines)
    await shop.act(acts.QuoteOrder(order=name, lines=lines, valid_until=body.valid_until or ""), who)
    return views.one(shop, name)


@router.post("/orders/{order}/answer")
async def answer(order: str, body: bodies.AnswerBody, who: Keeper, shop: TheShop) -> OrderView:
    name = views.named(shop, order).order
    act = acts.AnswerQuote(
        order=name, approved=body.approved, how=AnswerHow(body.how), quote=body.quote, proof=body.proof or ""
    )
    await shop.act(act, who)
    return views.one(shop, name)


@router.post("/orders/{order}/steps")
async def step(order: str, body: bodies.StepBody, who: Keeper, shop: TheShop) -> OrderView:
    """One step along its table; 409 with the steps that are possible."""
    name = views.named(shop, order).order
    act = acts.MoveOrder(order=name, event=body.event, why=body.why, party=body.party, signature=body.signature or "")
    await shop.act(act, who)
    return views.one(shop, name)


@router.post("/orders/{order}/promise")
async def promise(order: str, body: bodies.PromiseBody, who: Keeper, shop: TheShop) -> OrderView:
    name = views.named(shop, order).order
    terms = None if body.terms is None else body.terms.terms()
    act = acts.PromiseOrder(order=name, promised_day=body.promised_day or "", terms=terms, why=body.why)
    await shop.act(act, who)
    return views.one(shop, name)


@router.post("/orders/{order}/hold")
async def hold(order: str, body: ReasonBody, who: Keeper, shop: TheShop) -> OrderView:
    """Nothing goes on until it is resumed."""
    name = views.named(shop, order).order
    await shop.act(acts.HoldOrder(order=name, why=body.reason), who)
    return views.one(shop, name)


@router.post("/orders/{order}/resume")
async def resume(order: str, who: Keeper, shop: TheShop) -> OrderView:
    name = views.named(shop, order).order
    await shop.act(acts.ResumeOrder(order=name), who)
    return views.one(shop, name)


@router.post("/orders/{order}/pieces")
async def bind(order: str, body: bodies.BindBody, who: Keeper, shop: TheShop) -> OrderView:
    """The piece that came in for it, or was made: kept for the client from now on."""
    name = views.named(shop, order).order
    act = acts.BindOrderPiece(order=name, piece=PieceId(body.piece), line=LineId(body.line or ""))
    await shop.act(act, who)
    return views.one(shop, name)


@router.post("/orders/{order}/memo-back")
async def memo_back(order: str, body: bodies.PiecesBody, who: Keeper, shop: TheShop) -> OrderView:
    """Pieces of a memo that lie on the pad again."""
    name = views.named(shop, order).order
    act = acts.TakeMemoBack(order=name, pieces=tuple(PieceId(each) for each in body.pieces))
    await shop.act(act, who)
    return views.one(shop, name)


@router.post("/orders/{order}/end")
async def end(order: str, body: bodies.EndBody, who: Keeper, shop: TheShop) -> OrderView:
    """Cancelled, or forfeited after its grace; the fee of its terms stays with the house."""
    name = views.named(shop, order).order
    act = acts.EndOrder(
        order=name, event=OrderEvent(body.event), why=body.why, credit=body.credit, fee_minor=body.fee_minor
    )
    await shop.act(act, who)
    return views.one(shop, name)


@router.post("/orders/{order}/hand")
async def hand(order: str, body: bodies.HandBody, who: Keeper, shop: TheShop) -> OrderView:
    """Given up to another store, with its money, the client's things and the pieces it keeps: here it is read only."""
    await shop.act(handing(shop, order, body.to, body.why), who)
    return views.one(shop, views.named(shop, order).order)


@router.post("/orders/{order}/receive")
async def receive(order: str, who: Keeper, shop: TheShop) -> OrderView:
    """What another store handed over lies here."""
    name = views.named(shop, order).order
    await shop.act(acts.ReceiveOrder(order=name), who)
    return views.one(shop, name)


@router.post("/sales/{sale}/orders", status_code=201)
async def collect(sale: str, body: bodies.CollectBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    """What it comes to goes into the cart, and as much of its deposits as pays for it is set aside."""
    name = views.named(shop, body.order).order
    act = acts.AddOrder(sale=SaleId(sale), order=name, pieces=tuple(PieceId(each) for each in body.pieces))
    await shop.act(act, who)
    return sales.sale(shop, SaleId(sale))


@router.post("/sales/{sale}/orders/{order}/deposits", status_code=201)
async def pay_on(sale: str, order: str, body: bodies.PayBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    """A deposit or an instalment; the sale is recorded with the order's client."""
    await shop.act(deposit_of(shop, SaleId(sale), order, body.amount_minor), who)
    return sales.sale(shop, SaleId(sale))


def handing(shop: Shop, order: str, to: str, why: str) -> acts.HandOrder:
    """Its pieces travel with a transfer of their own. Told again it changes nothing."""
    name = views.named(shop, order).order
    return acts.HandOrder(order=name, to=StoreId(to), transfer=TransferId(shop.new_id()), why=why)


def deposit_of(shop: Shop, sale: SaleId, order: str, amount_minor: int) -> acts.TakeDeposit:
    found = views.named(shop, order)
    return acts.TakeDeposit(
        sale=sale, account=found.account, amount_minor=amount_minor, what=f"{found.number}, {found.title}"
    )


def tax_of(shop: Shop, code: str, tax_bp: int) -> int:
    """The rate of a tax of the house today. Raises a 422 problem for a code it has not."""
    if not code:
        return tax_bp
    card = next((each for each in replica.cards(shop.db, TaxCard) if each.tax == code), None)
    if card is None:
        raise ProblemError(422, "tax", f"The house has no tax {code!r}", "Use one of those the office set.")
    return sum(part.rate_bp for part in on_day(card, shop.business_day()).parts)
