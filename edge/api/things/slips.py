"""The slip that goes with a client's thing: what was written of it, and the code of the client's own page."""

import asyncio
from typing import Final
from urllib.parse import urlsplit

from contract.facts import PaperKind
from contract.order_page import PAGE, page_code
from edge.api import views as store_views
from edge.api.shop import Shop
from edge.api.things import keeping
from edge.till.offers import settings_here
from trade.orders import papers
from trade.orders.order import Kept, Order
from trade.orders.stones import carats, known_by, millimetres
from trade.orders.terms import money
from trade.orders.words import KINDS
from web.figures import day
from web.problems import ProblemError
from web.receipts import slip

WORDS: Final = (
    "Descriptions say what is seen; nobody has tested a metal or a stone.",
    "Show this slip to collect. Before it leaves, its stones are looked at again beside what is written here.",
)


async def pdf(shop: Shop, order: Order) -> bytes:
    """Raises a 409 problem for an order without a thing of the client's."""
    if not order.items:
        raise ProblemError(409, "slip", f"{order.number} has no thing of the client's", "Take it in first.")
    things = [await _thing(shop, order, each) for each in order.items]
    code = page_code(order.order)
    rows = [("Store", store_views.store(shop).name), ("Kind", KINDS[order.kind])]
    if order.promised_day:
        rows.append(("Promised for", day(order.promised_day)))
    if order.total_minor:
        rows.append(("Estimate", money(order.total_minor, order.currency)))
    made = slip.Slip(
        house=shop.config.name, number=order.number, title="Left with us", rows=tuple(rows), things=tuple(things),
        words=WORDS, code=code, page=_page(shop, code),
    )  # fmt: skip
    return await asyncio.get_running_loop().run_in_executor(shop.slow, slip.pdf, made)


def _page(shop: Shop, code: str) -> str:
    """Beside the page where receipts are checked: the office's public address is known by that."""
    parts = urlsplit(settings_here(shop.db).check_url)
    return f"{parts.scheme}://{parts.netloc}{PAGE}?code={code}" if code and parts.netloc else ""


async def _thing(shop: Shop, order: Order, kept: Kept) -> slip.SlipThing:
    item = kept.item
    rows = [("Condition", item.condition), ("Declared value", money(item.declared_value_minor, order.currency))]
    if item.weight_mg:
        rows.append(("Weight", f"{item.weight_mg / 1000:.2f} g"))
    for stone in item.stones:
        size = f"{millimetres(stone.length_um)} × {millimetres(stone.width_um)}" if stone.length_um else ""
        weight = carats(stone.carat_milli) if stone.carat_milli else "weight not measured in its setting"
        told = [part for part in (stone.kind, weight, size, stone.inscription, stone.certificate) if part]
        known = ", ".join(known_by(stone)) or "nothing that could be measured"
        rows.append((f"Stone, {stone.at}", f"{', '.join(told)}; known again by {known}"))
    return slip.SlipThing(title=item.description, rows=tuple(rows), signature=await _signature(shop, order, kept))


async def _signature(shop: Shop, order: Order, kept: Kept) -> bytes:
    """What they signed when they left it, where it is here."""
    signed = papers.of_kind(order, PaperKind.SIGNATURE, kept.item.item)
    if not signed or signed[0].media != papers.JPEG:
        return b""
    try:
        return await keeping.read(shop, order, signed[0])
    except ProblemError:
        return b""
