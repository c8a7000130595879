"""JSON routes of receipts."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter

from contract.facts import ReceiptForm
from contract.feed import Permission
from contract.ids import GiveId, ReceiptId
from edge.api import bodies, giving
from edge.api.receipts import views
from edge.api.shop import Shop, the_shop
from edge.receipts.counter import NoPrinterError
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["receipts"])
Seller = Annotated[Login, allow(Permission.SELL)]
TheShop = Annotated[Shop, the_shop()]


class GiveBody(bodies.Body):
    """`till`: whose printer prints it, of paper; the receipt's own without. Give `give` to be able to repeat."""

    form: Literal["paper", "page", "pdf"]
    gift: bool = False
    till: bodies.Id | None = None
    give: bodies.Id | None = None


@dataclass(frozen=True, slots=True)
class PrinterView:
    """`trouble`: what a person has to do before it prints; empty when it can."""

    till: str
    trouble: str
    paper_low: bool
    drawer: str
    """Why the drawer did not open the last time it should have."""


@router.get("/receipts")
async def list_receipts(who: Seller, shop: TheShop, q: str = "") -> list[views.FoundView]:
    """By number (`12`, `paris-till-1-000012`) or by the code at a receipt's end; the newest without."""
    del who
    return views.found(shop, q[:64])


@router.get("/receipts/{receipt}")
async def get_receipt(receipt: str, who: Seller, shop: TheShop) -> views.ReceiptView:
    del who
    return views.receipt(shop, ReceiptId(receipt))


@router.post("/receipts/{receipt}/give", status_code=202)
async def give_receipt(receipt: str, body: GiveBody, who: Seller, shop: TheShop) -> views.ReceiptView:
    """Hand it over: the first is the original, the others are numbered copies. Paper is printed in the background."""
    name = ReceiptId(receipt)
    made = GiveId(body.give) if body.give else None
    if body.form == "paper":
        row = next((each for each in views.found(shop, "") if each.receipt == receipt), None)
        till = shop.till(body.till or (row.till if row else shop.config.tills[0]))
        await giving.print_at(shop, name, till, who, gift=body.gift, as_=made)
    else:
        await giving.give(shop, name, ReceiptForm(body.form), who, gift=body.gift, as_=made)
    return views.receipt(shop, name)


@router.get("/tills/{till}/printer")
async def printer(till: str, who: Seller, shop: TheShop) -> PrinterView:
    """Asks the printer itself, and waits for its answer some seconds at most."""
    del who
    name = shop.till(till)
    try:
        status = await shop.receipts.status(name)
    except NoPrinterError as error:
        raise ProblemError(404, "no-printer", "This till has no receipt printer", str(error)) from error
    drawer = shop.receipts.drawer_words.get(name, "")
    return PrinterView(till=name, trouble=status.trouble, paper_low=status.paper_low, drawer=drawer)
