"""The register's pages of receipts: looked at, printed, sent, looked up."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated, Final, Literal, TypeVar

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.facts import ReceiptForm
from contract.feed import Permission
from contract.ids import GiveId, ReceiptId, SaleId, TillId
from edge.api import bodies, giving, witnessing
from edge.api import views as shown
from edge.api.receipts import views
from edge.api.shop import Shop, the_shop
from edge.api.tills import people, till_of
from edge.receipts import finding, mailing
from trade.receipt import ReceiptKind
from web.front import go, render, wants_fragment
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError
from web.receipts import mail as mails
from web.receipts import page as paper
from web.receipts.address import ADDRESS_MAX, address_of
from web.receipts.pdf import pdf as draw_pdf

Result = TypeVar("Result")
TYPED_MAX: Final = 64
PATH: Final = "/register/receipt/"

router = APIRouter(include_in_schema=False, dependencies=[Depends(witnessing.as_witness)])
Seller = Annotated[Login, allow(Permission.SELL)]
TheShop = Annotated[Shop, the_shop()]


class GiveForm(BaseModel):
    """`give` is made with the page, so that a form that is sent twice hands over once."""

    form: Literal["paper", "page", "pdf"]
    give: bodies.Id
    gift: bool = False


class MailForm(BaseModel):
    """The address is asked for this receipt alone, and kept nowhere."""

    give: bodies.Id
    to: Annotated[str, Field(max_length=ADDRESS_MAX + 1)] = ""


@router.get("/register/receipts")
async def receipts(request: Request, who: Seller, shop: TheShop, q: str = "") -> Response:
    """The newest, or those a number or a code names; one alone is shown at once."""
    del who
    typed = q[:TYPED_MAX].strip()
    found = views.found(shop, typed)
    if typed and len(found) == 1:
        return go(request, PATH + found[0].receipt)
    return render(
        request, "edge/receipts.html", store=shown.store(shop), found=found, q=typed, till=till_of(request, shop)
    )


@router.get("/register/receipt/{receipt}")
async def receipt(request: Request, receipt: str, who: Seller, shop: TheShop) -> Response:
    del who
    return _page(request, shop, ReceiptId(receipt))


@router.post("/register/receipt/{receipt}/give")
async def give(
    request: Request, receipt: str, who: Seller, shop: TheShop, form: Annotated[GiveForm, Form()]
) -> Response:
    """On the till's printer, on the browser's, or as a file."""
    name, made = ReceiptId(receipt), GiveId(form.give)
    if form.form == "paper":
        await giving.print_at(shop, name, till_of(request, shop), who, gift=form.gift, as_=made)
        return _page(request, shop, name) if wants_fragment(request) else go(request, PATH + receipt)
    drawn, row = await giving.give(shop, name, ReceiptForm(form.form), who, gift=form.gift, as_=made)
    if form.form == "page":
        return go(request, f"{PATH}{receipt}/page/{row.give}")
    file = await _pooled(shop, partial(draw_pdf, drawn))
    named = f'attachment; filename="{drawn.number}{"-gift" if drawn.gift else ""}.pdf"'
    return Response(
        file, media_type="application/pdf", headers={"Content-Disposition": named, "Cache-Control": "no-store"}
    )


@router.get("/register/receipt/{receipt}/page/{give}")
async def page(request: Request, receipt: str, give: str, who: Seller, shop: TheShop) -> Response:
    """Just the paper, as it was handed over under this name."""
    del who
    name = ReceiptId(receipt)
    row = next((each for each in finding.givens(shop.db, name) if each.give == give), None)
    if row is None:
        raise ProblemError(404, "receipt", "This receipt was not handed over so", "Print it from its page.")
    drawn = finding.as_given(giving.receipt_here(shop, name), row)
    return render(request, "edge/receipt_page.html", store=shown.store(shop), back=PATH + receipt, **paper.shown(drawn))


@router.post("/register/receipt/{receipt}/mail")
async def mail(
    request: Request, receipt: str, who: Seller, shop: TheShop, form: Annotated[MailForm, Form()]
) -> Response:
    """Sends it with its PDF. When the server does not take it, the same one is sent again, not a copy."""
    config, name = shop.config.mail, ReceiptId(receipt)
    if config is None:
        raise ProblemError(409, "no-mail", "This store sends no mail", "Print the receipt, or save it as a PDF.")
    try:
        to = address_of(form.to).addr_spec
    except ValueError as error:
        return _page(request, shop, name, problem=str(error), status=422, give=form.give)
    drawn, row = await giving.give(shop, name, ReceiptForm.MAIL, who, as_=GiveId(form.give))

    def post() -> None:
        message = mails.message(drawn, config.sender, to, draw_pdf(drawn))
        mailing.send(config, to, message, shop.clock.wall_us())

    try:
        await _pooled(shop, post)
    except mailing.MailError as error:
        return _page(request, shop, name, problem=str(error), status=502, give=row.give)
    return go(request, f"{PATH}{receipt}?mailed=1")


async def _pooled(shop: Shop, work: Callable[[], Result]) -> Result:
    return await asyncio.get_running_loop().run_in_executor(shop.slow, work)


def _page(
    request: Request, shop: Shop, name: ReceiptId, *, problem: str = "", status: int = 200, give: str = ""
) -> Response:
    drawn = giving.receipt_here(shop, name)
    given = views.given(shop, name)
    till = till_of(request, shop)
    sale = shown.sale(shop, SaleId(name)) if drawn.kind is ReceiptKind.SALE else None
    return render(
        request,
        "edge/_receipt.html" if wants_fragment(request) else "edge/receipt.html",
        status=status,
        store=shown.store(shop),
        till=till,
        sent=sale.sent if sale is not None else None,
        returned=[line.description for line in sale.lines if line.returned] if sale is not None else [],
        given=given,
        people=people(shop),
        printer=views.printing(shop, till),
        drawer=shop.receipts.drawer_words.get(TillId(till), ""),
        mail=shop.config.mail is not None and drawn.kind is ReceiptKind.SALE,
        next_copy=views.copies_next(given, gift=False),
        next_gift=views.copies_next(given, gift=True),
        give=give or shop.new_id(),
        problem=problem,
        said=("The mail server has it." if request.query_params.get("mailed") else ""),
        witness=witnessing.view(request, shop, till),
        path_of=PATH + name,
        **paper.shown(drawn),
    )
