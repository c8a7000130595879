"""JSON routes of what comes back: returns, money to cards, exchanges, and how a piece is."""

from typing import Annotated

from fastapi import APIRouter

from contract.facts import Disposition
from contract.feed import Permission
from contract.ids import LineId, PaymentId, PieceId, ReturnId, SaleId, TillId
from edge.api import bodies, shapes
from edge.api import views as sales
from edge.api.returns import views
from edge.api.shop import Shop, the_shop
from edge.api.trade_routes import tenders_of
from trade import acts
from web.logins import Login
from web.policy import allow

router = APIRouter(prefix="/api/v1", tags=["trade"])
Seller = Annotated[Login, allow(Permission.SELL)]
Disposer = Annotated[Login, allow(Permission.DISPOSE)]
TheShop = Annotated[Shop, the_shop()]


def act_of(shop: Shop, body: bodies.ReturnBody) -> acts.ReturnPieces:
    return acts.ReturnPieces(
        sale=SaleId(body.sale),
        pieces=tuple(PieceId(piece) for piece in body.pieces),
        till=TillId(body.till),
        tenders=tenders_of(shop, body.tenders),
        reason=body.reason,
        lines=tuple(
            acts.LineBack(line=LineId(each.line), quantity_milli=each.quantity_milli, amount_minor=each.amount_minor)
            for each in body.lines
        ),
        dispositions=tuple(Disposition(each) for each in body.dispositions),
        override=body.override,
        returns=ReturnId(body.returns or ""),
    )


@router.post("/returns", status_code=201)
async def return_pieces(body: bodies.ReturnBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    """The pieces lie on the pad; tenders are what the client gets."""
    await shop.act(act_of(shop, body), who)
    return sales.sale(shop, SaleId(body.sale))


@router.post("/returns/begin", status_code=201)
async def begin_return(body: bodies.ReturnBody, who: Seller, shop: TheShop) -> views.ReturnView:
    """Before its money goes back to a card at the till's terminal: its lines are final from here on."""
    name = ReturnId(body.returns or shop.new_id())
    await shop.act(acts.BeginReturn(returns=name, back=act_of(shop, body)), who)
    return views.one(shop, name)


@router.get("/returns/{returns}")
async def get_return(returns: str, who: Seller, shop: TheShop) -> views.ReturnView:
    del who
    return views.one(shop, ReturnId(returns))


@router.post("/returns/{returns}/refunds", status_code=202)
async def refund_card(returns: str, body: bodies.CardRefundBody, who: Seller, shop: TheShop) -> views.ReturnView:
    """Asks the till's terminal; what it says, `GET` shows."""
    act = acts.RequestCardRefund(
        refund=PaymentId(body.refund or shop.new_id()),
        returns=ReturnId(returns),
        payment=PaymentId(body.payment),
        amount_minor=body.amount_minor,
    )
    await shop.act(act, who)
    return views.one(shop, ReturnId(returns))


@router.post("/returns/{returns}/finish")
async def finish_return(returns: str, body: bodies.FinishReturnBody, who: Seller, shop: TheShop) -> views.ReturnView:
    """What went back to cards counts by itself; tenders are the rest."""
    await shop.act(acts.FinishReturn(returns=ReturnId(returns), tenders=tenders_of(shop, body.tenders)), who)
    return views.one(shop, ReturnId(returns))


@router.delete("/returns/{returns}", status_code=204)
async def abandon_return(returns: str, who: Seller, shop: TheShop) -> None:
    """While no money went back by it."""
    await shop.act(acts.AbandonReturn(returns=ReturnId(returns)), who)


@router.post("/exchanges", status_code=201)
async def exchange(body: bodies.ExchangeBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    """What comes back, and the cart that it pays for, in one; both lie on the pad."""
    give = acts.RecordSale(sale=SaleId(body.sale), tenders=tenders_of(shop, body.tenders), override=body.override)
    await shop.act(acts.Exchange(give=give, back=act_of(shop, body.back)), who)
    return sales.sale(shop, SaleId(body.sale))


@router.post("/pieces/{piece}/disposition")
async def dispose(piece: str, body: bodies.DispositionBody, who: Disposer, shop: TheShop) -> shapes.PieceView:
    """Somebody looked at it: sound again, or what else becomes of it."""
    act = acts.DisposePiece(piece=PieceId(piece), disposition=Disposition(body.disposition), reason=body.reason)
    await shop.act(act, who)
    return sales.piece(shop, PieceId(piece))
