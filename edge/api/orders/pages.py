"""The register's pages of clients' orders: the queues of the day, one order with its story, and a new one."""

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.facts import AnswerHow, OrderEvent, OrderKind, OrderTerms, QuoteLine
from contract.feed import Permission, TaxCard
from contract.ids import ClientOrderId, LineId, PersonId, PieceId
from edge.api import scanning, witnessing
from edge.api import views as store_views
from edge.api.bodies import PLAIN
from edge.api.calling import called
from edge.api.carts import cart_of
from edge.api.meant import the_client
from edge.api.orders import views
from edge.api.orders.routes import deposit_of, handing, tax_of
from edge.api.shop import Shop, the_shop
from edge.api.tills import till_of
from edge.books import replica
from edge.till.offers import settings_here
from trade import acts
from trade.orders.queues import QUEUES
from trade.orders.tables import OrderState
from trade.orders.terms import plan, terms_of
from trade.orders.words import BY_ANOTHER_ACT, KINDS, STEPS
from trade.scan import CODE_LENGTH_MAX
from web.forms import amount_minor, typed
from web.front import go, render
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])
Keeper = Annotated[Login, allow(Permission.ORDERS)]
Seller = Annotated[Login, allow(Permission.SELL)]
TheShop = Annotated[Shop, the_shop()]
Words = Annotated[str, Field(max_length=200, pattern=PLAIN)]
Name = Annotated[str, Field(max_length=64, pattern=PLAIN)]
Typed = Annotated[str, Field(max_length=20)]
TheDay = Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
ROWS_MAX: Final = 200
"""Orders on one page: what is due first."""
QUOTE_ROWS: Final = 4
"""Lines that the page offers; the API takes as many as a sale may have."""
OF_PIECES: Final = (OrderKind.LAYAWAY, OrderKind.MEMO)
OF_A_THING: Final = (OrderKind.REPAIR, OrderKind.ENGRAVING)
"""Orders that are work on a thing of the client's: without it there is nothing to look at."""
DETOURS: Final = (OrderEvent.SEND_OUT, OrderEvent.REWORK)
"""Steps that are not the usual way on: their buttons come after those that are."""


def usual_first(events: Iterable[OrderEvent]) -> list[OrderEvent]:
    """The steps that a button of their own takes, the one that mostly comes next at their head."""
    return sorted((each for each in events if each not in BY_ANOTHER_ACT), key=lambda each: each in DETOURS)


@router.get("/orders")
async def orders(
    request: Request,
    who: Keeper,
    shop: TheShop,
    queue: str = "",
    q: str = "",
    *,
    page: Annotated[int, Query(ge=1)] = 1,
) -> Response:
    """What is due first; `page` 1 begins with it."""
    till = till_of(request, shop)
    found = views.find(shop, q) if q.strip() else []
    open_now = views.some(shop)
    if q.strip():
        shown = found
    elif queue == views.OVER:
        shown = views.some(shop, queue=queue)
    else:
        shown = [one for one in open_now if not queue or queue in one.queues]
    page = min(page, max(-(-len(shown) // ROWS_MAX), 1))
    first = (page - 1) * ROWS_MAX
    listed = shown[first : first + ROWS_MAX]
    return render(
        request,
        "edge/orders.html",
        store=store_views.store(shop),
        orders=listed,
        page=page,
        more=len(shown) > first + ROWS_MAX,
        queues=[(str(each), words, sum(each in one.queues for one in open_now)) for each, words in QUEUES.items()],
        queue=queue,
        q=q,
        client=shop.clients.chosen.get(till, ""),
        client_name=shop.clients.name_of(till, None, who.user),
        all_open=len(open_now),
        clients=await called(shop, {PersonId(one.client) for one in listed}, who),
        may_see=who.may(Permission.SEE_CLIENTS),
    )


@router.get("/orders/new")
async def new(request: Request, who: Keeper, shop: TheShop, kind: str = "layaway") -> Response:
    """A layaway and a memo are of what lies on the pad, or of codes typed one a line."""
    till = till_of(request, shop)
    if kind not in KINDS:
        raise ProblemError(404, "kind", f"There is no order of the kind {kind[:20]!r}", "Choose one from the list.")
    laid = [store_views.piece(shop, each) for each in shop.pad_now(till_of(request, shop)).pieces]
    chosen = OrderKind(kind)
    return render(
        request,
        "edge/order_new.html",
        store=store_views.store(shop),
        kind=kind,
        kinds=views.kinds(),
        of_pieces=chosen in OF_PIECES,
        laid=laid,
        today=shop.business_day(),
        client=shop.clients.chosen.get(till, ""),
        client_name=shop.clients.name_of(till, None, who.user),
        terms=terms_of(chosen, settings_here(shop.db)),
    )


class OpenForm(BaseModel):
    """`codes`: pieces, one a line. `first` and `months`: how a layaway is paid."""

    kind: OrderKind
    client: Name
    title: Words
    promised_day: TheDay = ""
    codes: Annotated[str, Field(max_length=20 * CODE_LENGTH_MAX)] = ""
    first: Typed = ""
    months: Annotated[int, Field(ge=1, le=60)] = 3


@router.post("/orders")
async def open_order(request: Request, who: Keeper, shop: TheShop, form: Annotated[OpenForm, Form()]) -> Response:
    """A layaway is kept for the client at once; how it is paid stands in its terms."""
    order = ClientOrderId(shop.new_id())
    pad = frozenset(shop.pad_now(till_of(request, shop)).pieces)
    client = await the_client(shop, form.client, who)
    codes = [line.strip() for line in form.codes.splitlines() if line.strip()]
    pieces = tuple(scanning.the_piece(shop, code, pad=pad).piece for code in codes)
    if not codes and form.kind in OF_PIECES:
        pieces = tuple(sorted(pad))
    act = acts.OpenOrder(
        order=order, kind=form.kind, client=client, title=form.title,
        currency=shop.config.currency, promised_day=form.promised_day, pieces=pieces,
    )  # fmt: skip
    await shop.act(act, who)
    if form.kind is OrderKind.LAYAWAY:
        made = views.named(shop, order)
        first = amount_minor(form.first, made.currency, "First payment")
        parts = plan(made.total_minor, first, shop.business_day(), form.months)
        terms = OrderTerms(
            deposit_bp=made.terms.deposit_bp, fee_bp=made.terms.fee_bp, grace_days=made.terms.grace_days,
            instalments=parts,
        )  # fmt: skip
        await shop.act(acts.PromiseOrder(order=order, terms=terms), who)
        await shop.act(acts.MoveOrder(order=order, event=OrderEvent.RESERVE), who)
    return go(request, f"/orders/{order}")


@router.get("/orders/{order}")
async def show(request: Request, order: str, who: Keeper, shop: TheShop) -> Response:
    one = views.one(shop, order)
    possible = [OrderEvent(each) for each in one.possible]
    laid = frozenset(shop.pad_now(till_of(request, shop)).pieces)
    left = max(one.total_minor - one.paid_minor, 0)
    return render(
        request,
        "edge/order.html",
        store=store_views.store(shop),
        one=one,
        people={user.user: user.name for user in store_views.staff(shop)},
        simple=[(str(each), STEPS[each]) for each in usual_first(possible)],
        wants_thing=one.kind in OF_A_THING and one.state == OrderState.BOOKED_IN and not views.named(shop, order).items,
        possible={str(each) for each in possible},
        taxes=[(card.tax, card.name) for card in replica.cards(shop.db, TaxCard)],
        prices=[typed(line.gross_minor, one.currency) for line in one.lines],
        quote_rows=range(max(QUOTE_ROWS, len(one.lines) + 1)),
        laid=[each for each in one.pieces if each.piece in laid and each.out],
        may_sell=who.may(Permission.SELL),
        others=others(shop, one.currency) if not one.ended else [],
        store_names={each.store: each.name for each in replica.stores(shop.db)},
        today=shop.business_day(),
        plain_due=typed(one.due_minor or max(one.deposit_minor - one.paid_minor, 0) or left, one.currency),
        client_name=shop.clients.name_of(till_of(request, shop), PersonId(one.client), who.user),
    )


@router.post("/orders/{order}/quote")
async def quote(request: Request, order: str, who: Keeper, shop: TheShop) -> Response:
    """Fields `what`, `price`, `tax` and `piece`, row by row; rows without words are left out."""
    form = await request.form()
    rows = zip(*(form.getlist(name) for name in ("what", "price", "tax", "piece")), strict=False)
    lines = tuple(
        QuoteLine(
            line=LineId(shop.new_id()), description=str(what).strip(), tax=str(tax), tax_bp=tax_of(shop, str(tax), 0),
            gross_minor=amount_minor(str(price), shop.config.currency, "Price"),
            piece=PieceId(str(piece)) if piece else None,
        )
        for what, price, tax, piece in rows
        if str(what).strip()
    )  # fmt: skip
    until = str(form.get("valid_until") or "")
    await shop.act(acts.QuoteOrder(order=_id(shop, order), lines=lines, valid_until=until), who)
    return _back(request, order)


class AnswerForm(BaseModel):
    said: Literal["yes", "no"]
    how: Literal["counter", "telephone", "email"] = "counter"
    quote: int = 0


@router.post("/orders/{order}/answer")
async def answer(
    request: Request, order: str, who: Keeper, shop: TheShop, form: Annotated[AnswerForm, Form()]
) -> Response:
    act = acts.AnswerQuote(
        order=_id(shop, order), approved=form.said == "yes", how=AnswerHow(form.how), quote=form.quote
    )
    await shop.act(act, who)
    return _back(request, order)


class StepForm(BaseModel):
    event: OrderEvent
    why: Words = ""
    party: Words = ""


@router.post("/orders/{order}/step")
async def step(request: Request, order: str, who: Keeper, shop: TheShop, form: Annotated[StepForm, Form()]) -> Response:
    act = acts.MoveOrder(order=_id(shop, order), event=form.event, why=form.why, party=form.party)
    await shop.act(act, who)
    return _back(request, order)


class PromiseForm(BaseModel):
    promised_day: TheDay = ""
    why: Words = ""


@router.post("/orders/{order}/promise")
async def promise(
    request: Request, order: str, who: Keeper, shop: TheShop, form: Annotated[PromiseForm, Form()]
) -> Response:
    await shop.act(acts.PromiseOrder(order=_id(shop, order), promised_day=form.promised_day, why=form.why), who)
    return _back(request, order)


@router.post("/orders/{order}/hold")
async def hold(
    request: Request, order: str, who: Keeper, shop: TheShop, why: Annotated[str, Form(max_length=200, pattern=PLAIN)]
) -> Response:
    await shop.act(acts.HoldOrder(order=_id(shop, order), why=why), who)
    return _back(request, order)


@router.post("/orders/{order}/resume")
async def resume(request: Request, order: str, who: Keeper, shop: TheShop) -> Response:
    await shop.act(acts.ResumeOrder(order=_id(shop, order)), who)
    return _back(request, order)


class BindForm(BaseModel):
    piece: Annotated[str, Field(min_length=1, max_length=CODE_LENGTH_MAX)]


@router.post("/orders/{order}/piece")
async def bind(request: Request, order: str, who: Keeper, shop: TheShop, form: Annotated[BindForm, Form()]) -> Response:
    """The piece that came in, or was made: by its tag, its label or its number."""
    pad = frozenset(shop.pad_now(till_of(request, shop)).pieces)
    meant = scanning.the_piece(shop, form.piece, pad=pad)
    await shop.act(acts.BindOrderPiece(order=_id(shop, order), piece=meant.piece), who)
    return _back(request, order)


@router.post("/orders/{order}/back")
async def memo_back(request: Request, order: str, who: Keeper, shop: TheShop) -> Response:
    """Those of its pieces that lie on this till's pad."""
    found = views.named(shop, order)
    pad = frozenset(shop.pad_now(till_of(request, shop)).pieces)
    act = acts.TakeMemoBack(order=found.order, pieces=tuple(each for each in found.out if each in pad))
    await shop.act(act, who)
    return _back(request, order)


class HandForm(BaseModel):
    to: Name
    why: Words = ""


@router.post("/orders/{order}/hand")
async def hand(request: Request, order: str, who: Keeper, shop: TheShop, form: Annotated[HandForm, Form()]) -> Response:
    await shop.act(handing(shop, order, form.to, form.why), who)
    return _back(request, order)


@router.post("/orders/{order}/receive")
async def receive(request: Request, order: str, who: Keeper, shop: TheShop) -> Response:
    await shop.act(acts.ReceiveOrder(order=_id(shop, order)), who)
    return _back(request, order)


class EndForm(BaseModel):
    """`fee` empty: as its terms say."""

    event: Literal["cancel", "forfeit"]
    why: Annotated[str, Field(min_length=1, max_length=200, pattern=PLAIN)]
    rest: Literal["money", "credit"] = "money"
    fee: Typed = ""


@router.post("/orders/{order}/end")
async def end(request: Request, order: str, who: Keeper, shop: TheShop, form: Annotated[EndForm, Form()]) -> Response:
    fee = amount_minor(form.fee, shop.config.currency, "Fee") if form.fee.strip() else None
    act = acts.EndOrder(
        order=_id(shop, order), event=OrderEvent(form.event), why=form.why, credit=form.rest == "credit", fee_minor=fee
    )
    await shop.act(act, who)
    return _back(request, order)


@router.post("/orders/{order}/pay")
async def pay(
    request: Request, order: str, who: Seller, shop: TheShop, amount: Annotated[str, Form(max_length=20)]
) -> Response:
    """A deposit or an instalment goes into the cart of this till."""
    minor = amount_minor(amount, shop.config.currency, "Amount")
    sale = await cart_of(request, who, shop)
    await shop.act(deposit_of(shop, sale, order, minor), who)
    return go(request, "/register")


@router.post("/orders/{order}/collect")
async def collect(request: Request, order: str, who: Seller, shop: TheShop) -> Response:
    """What it comes to goes into the cart of this till; of a memo, what the client keeps: fields `piece`."""
    form = await request.form()
    pieces = tuple(PieceId(str(each)) for each in form.getlist("piece"))
    sale = await cart_of(request, who, shop)
    await shop.act(acts.AddOrder(sale=sale, order=_id(shop, order), pieces=pieces), who)
    return go(request, "/register")


@router.post("/orders/{order}/money-back")
async def money_back(request: Request, order: str, who: Seller, shop: TheShop) -> Response:
    """What is left of an order that ended goes back to the client, as a line below nothing."""
    account = views.named(shop, order).account
    sale = await cart_of(request, who, shop)
    await shop.act(acts.GiveDepositBack(sale=sale, account=account), who)
    return go(request, "/register")


def others(shop: Shop, currency: str) -> list[tuple[str, str]]:
    """Stores that may take an order over: of its currency."""
    here = shop.config.store
    return [
        (each.store, each.name) for each in replica.stores(shop.db) if each.store != here and each.currency == currency
    ]


def _id(shop: Shop, name: str) -> ClientOrderId:
    return views.named(shop, name).order


def _back(request: Request, order: str) -> Response:
    return go(request, f"/orders/{order}")
