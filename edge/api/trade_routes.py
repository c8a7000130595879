"""JSON routes of the trade: sales, returns, transfers, holds. Each makes one act and shows what it led to."""

from typing import Annotated

import msgspec
from fastapi import APIRouter

from contract.facts import LineKind, Share, Tender, TenderKind
from contract.feed import Permission
from contract.ids import AccountId, LineId, PaymentId, PieceId, SaleId, StoreId, TillId, TransferId, UserId
from edge.api import bodies, shapes, views
from edge.api.meant import the_client
from edge.api.owed import value_named
from edge.api.shop import Shop, the_shop
from edge.books import replica
from edge.till.offers import cash_rules
from trade import acts, cash
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["trade"])
Seller = Annotated[Login, allow(Permission.SELL)]
Shipper = Annotated[Login, allow(Permission.TRANSFER)]
LeaseBreaker = Annotated[Login, allow(Permission.BREAK_LEASE)]
TheShop = Annotated[Shop, the_shop()]


def tenders_of(shop: Shop, bodies_: list[bodies.TenderBody]) -> tuple[Tender, ...]:
    """As the rules know them: foreign cash with today's rate, and the rounding that lies in it."""
    return tuple(_tender(shop, each) for each in bodies_)


def _tender(shop: Shop, said: bodies.TenderBody) -> Tender:
    account, label = AccountId(said.account or ""), said.reference
    if said.name and said.kind in {"gift_card", "store_credit", "points"}:
        account, _, label = value_named(said.kind, said.name, shop.config.currency)
    tender = Tender(
        kind=TenderKind(said.kind),
        amount_minor=said.amount_minor,
        change_minor=said.change_minor,
        reference=label,
        payment=PaymentId(said.payment or ""),
        account=account,
    )
    if said.foreign is None:
        return tender
    rules = cash_rules(shop.db, shop.config.currency)
    card = rules.rates.get(said.foreign.currency)
    if card is None:
        why = f"Take {shop.config.currency}, or ask the office for a rate."
        raise ProblemError(422, "rate", f"There is no rate for {said.foreign.currency}", why)
    counted = cash.foreign(said.foreign.amount_minor, card, max(said.amount_minor, 1), rules.step_minor)
    worth = counted.amount_minor + counted.change_minor + counted.rounding_minor
    off = worth - said.amount_minor - said.change_minor
    return msgspec.structs.replace(tender, conversion=counted.conversion, rounding_minor=off)


@router.post("/sales", status_code=201)
async def open_sale(body: bodies.OpenSaleBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    sale = SaleId(body.sale or shop.new_id())
    await shop.act(acts.OpenSale(sale=sale, till=TillId(body.till), currency=shop.config.currency), who)
    return views.sale(shop, sale)


@router.get("/sales")
async def list_sales(who: Seller, shop: TheShop, state: str = "open") -> list[shapes.SaleView]:
    """Sales by state: open, parked, recorded or voided; newest first."""
    del who
    return views.sales(shop, state)


@router.get("/sales/{sale}")
async def get_sale(sale: str, who: Seller, shop: TheShop) -> shapes.SaleView:
    del who
    return views.sale(shop, SaleId(sale))


@router.post("/sales/{sale}/lines", status_code=201)
async def add_line(sale: str, body: bodies.AddLineBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    """Claims the piece for this cart; 409 with a sentence when it is spoken for, on its way, or not here."""
    piece = views.piece_named(shop, piece=body.piece, epc=body.epc)
    act = acts.AddPiece(sale=SaleId(sale), piece=piece, discount_minor=body.discount_minor, override=body.override)
    await shop.act(act, who)
    return views.sale(shop, SaleId(sale))


@router.post("/sales/{sale}/others", status_code=201)
async def add_other(sale: str, body: bodies.AddOtherBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    act = acts.AddOther(
        sale=SaleId(sale),
        kind=LineKind(body.kind),
        description=body.description,
        unit_minor=body.unit_minor,
        tax_bp=body.tax_bp,
        quantity_milli=body.quantity_milli,
    )
    await shop.act(act, who)
    return views.sale(shop, SaleId(sale))


@router.delete("/sales/{sale}/lines/{line}")
async def remove_line(sale: str, line: str, who: Seller, shop: TheShop) -> shapes.SaleView:
    await shop.act(acts.RemoveLine(sale=SaleId(sale), line=LineId(line)), who)
    return views.sale(shop, SaleId(sale))


@router.post("/sales/{sale}/discount")
async def discount(sale: str, body: bodies.DiscountBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    """Off a line, or off the whole cart; 403 `needs-approval` above what this person may give."""
    name = SaleId(sale)
    if body.line is None:
        await shop.act(acts.DiscountCart(sale=name, discount_minor=body.discount_minor, reason=body.reason), who)
    else:
        line = LineId(body.line)
        act = acts.DiscountLine(sale=name, line=line, discount_minor=body.discount_minor, reason=body.reason)
        await shop.act(act, who)
    return views.sale(shop, name)


@router.post("/sales/{sale}/exempt")
async def exempt(sale: str, body: bodies.ExemptBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    """No tax is due, and which document says so; both empty: it is due again."""
    await shop.act(acts.ExemptSale(sale=SaleId(sale), reason=body.reason, document=body.document), who)
    return views.sale(shop, SaleId(sale))


@router.post("/sales/{sale}/shares")
async def share(sale: str, body: bodies.SharesBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    """Who sells this together; none: whoever opened the sale, alone."""
    shares = tuple(Share(associate=UserId(each.associate), share_bp=each.share_bp) for each in body.shares)
    await shop.act(acts.ShareSale(sale=SaleId(sale), shares=shares), who)
    return views.sale(shop, SaleId(sale))


@router.post("/sales/{sale}/park")
async def park_sale(sale: str, who: Seller, shop: TheShop) -> shapes.SaleView:
    await shop.act(acts.ParkSale(sale=SaleId(sale)), who)
    return views.sale(shop, SaleId(sale))


@router.post("/sales/{sale}/resume")
async def resume_sale(sale: str, body: bodies.ResumeBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    await shop.act(acts.ResumeSale(sale=SaleId(sale), till=TillId(body.till)), who)
    return views.sale(shop, SaleId(sale))


@router.post("/sales/{sale}/void")
async def void_sale(sale: str, body: bodies.ReasonBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    await shop.act(acts.VoidSale(sale=SaleId(sale), reason=body.reason), who)
    return views.sale(shop, SaleId(sale))


@router.get("/sales/{sale}/payments")
async def list_payments(sale: str, who: Seller, shop: TheShop) -> list[shapes.PaymentView]:
    """Payments at the terminal, in the order they were asked for."""
    del who
    return views.payments(shop, SaleId(sale))


@router.post("/sales/{sale}/payments", status_code=202)
async def request_payment(
    sale: str, body: bodies.RequestPaymentBody, who: Seller, shop: TheShop
) -> list[shapes.PaymentView]:
    """Makes the lines final and asks the till's terminal; what it says, `GET` shows."""
    payment = PaymentId(body.payment or shop.new_id())
    await shop.act(acts.RequestPayment(payment=payment, sale=SaleId(sale), amount_minor=body.amount_minor), who)
    return views.payments(shop, SaleId(sale))


@router.post("/payments/{payment}/give-up", status_code=202)
async def give_up_payment(payment: str, body: bodies.ReasonBody, who: Seller, shop: TheShop) -> shapes.PaymentView:
    """Stops the terminal; what it took goes back."""
    await shop.act(acts.GiveUpPayment(payment=PaymentId(payment), reason=body.reason), who)
    return views.payment(shop, PaymentId(payment))


@router.post("/sales/{sale}/record")
async def record_sale(sale: str, body: bodies.RecordSaleBody, who: Seller, shop: TheShop) -> shapes.SaleView:
    """Converts the claims, marks the pieces sold and takes the till's next receipt number, in one transaction."""
    act = acts.RecordSale(
        sale=SaleId(sale),
        tenders=tenders_of(shop, body.tenders),
        client=None if body.client is None else await the_client(shop, body.client, who),
        override=body.override,
    )
    await shop.act(act, who)
    return views.sale(shop, SaleId(sale))


@router.post("/transfers", status_code=201)
async def ship(body: bodies.ShipBody, who: Shipper, shop: TheShop) -> shapes.ShippedView:
    """Gives the right to these pieces up, in the same transaction; the receiver gets it from the cloud."""
    if body.to == shop.config.store or replica.store(shop.db, StoreId(body.to)) is None:
        raise ProblemError(404, "store", f"The house has no other store {body.to!r}", "Use the id of another store.")
    transfer = TransferId(body.transfer or shop.new_id())
    pieces = tuple(PieceId(piece) for piece in body.pieces)
    await shop.act(acts.Ship(transfer=transfer, to=StoreId(body.to), pieces=pieces), who)
    return shapes.ShippedView(transfer=transfer, to=body.to, pieces=pieces)


@router.get("/transfers/incoming")
async def incoming(who: Seller, shop: TheShop) -> list[shapes.IncomingView]:
    del who
    return views.incoming(shop)


@router.post("/leases/break")
async def break_lease(body: bodies.BreakLeaseBody, who: LeaseBreaker, shop: TheShop) -> shapes.PieceView:
    """A manager takes a piece back from a web order that cannot be reached, and answers for it."""
    await shop.act(acts.BreakLease(piece=PieceId(body.piece), reason=body.reason), who)
    return views.piece(shop, PieceId(body.piece))
