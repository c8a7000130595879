"""Every list of a store's pages has an end: paged, or as many rows as a named limit; the templates are asked, not a list of them."""

import importlib
import re
from pathlib import Path

import pytest

from edge import api

TEMPLATES = Path(api.__file__).parent / "templates"
LISTS = re.compile(r"<(?:tbody|ul|ol)\b[^>]*>\s*\{% for (\w+) in ([\w.]+)", re.DOTALL)
FEW_MAX = 500
"""What one page of a store may hold in rows."""
PAGED = {"alarms.html": "edge.api.wall.views:PAGE_ALARMS", "orders.html": "edge.api.orders.pages:ROWS_MAX"}
BOUND = {
    "_cart.html": ("trade.sale:LINES_PER_SALE_MAX", "edge.api.board:PARKED_MAX"),
    "_closing.html": ("edge.api.counts.closing:LACKING_MAX",),
    "_count.html": ("edge.api.counts.pages:LINES_MAX",),
    "_looks.html": ("edge.floor.looking:WISHES_MAX", "edge.api.looks.looking:DUE_BACK_MAX"),
    "_pad.html": ("trade.sale:LINES_PER_SALE_MAX",),
    "_pass.html": ("edge.floor.passes:NAMED_MAX",),
    "_readers.html": ("edge.api.views_store:GAPS_SHOWN_MAX",),
    "_served.html": ("edge.api.clients.served:FOUND_MAX", "edge.api.clients.served:WAITING_MAX"),
    "_tags.html": ("edge.books.replica:UNTAGGED_MAX",),
    "_then.html": ("edge.api.wall.then:MOVES_MAX",),
    "_wall_alarms.html": (
        "edge.api.wall.views:CARDS_MAX",
        "edge.api.wall.views:ROWS_MAX",
        "edge.api.wall.views:CLOSED_MAX",
    ),
    "_watch.html": ("edge.api.watch.views:IN_VIEW_SHOWN_MAX",),
    "_zones.html": ("edge.zoning:VERSIONS_SHOWN_MAX",),
    "alarm_why.html": ("edge.api.views_floor:PIECES_MAX",),
    "appointment.html": ("edge.api.appointments.routes:PIECES_MAX",),
    "appointments.html": ("edge.api.appointments.views:SHOWN_MAX",),
    "buy.html": ("edge.api.buying.views:SHOWN",),
    "client.html": ("edge.api.clients.pages:SHOWN_NOTES", "edge.api.clients.pages:WAITING_SHOWN"),
    "client_new.html": ("edge.api.clients.acts:ALIKE_MAX",),
    "clients.html": ("edge.clients.slice:FOUND_MAX",),
    "counts.html": ("edge.till.queries:PAGE_ROWS_MAX",),
    "losses.html": ("edge.api.losses.views:PEOPLE_MAX", "edge.api.losses.views:PIECES_MAX"),
    "other.html": ("edge.api.pages_payment:DEPOSITS_SHOWN",),
    "piece.html": ("edge.api.views_story:STAYS_SHOWN_MAX",),
    "reader.html": ("edge.api.readers.views:GAPS_SHOWN",),
    "receipts.html": ("edge.receipts.finding:FOUND_MAX",),
    "return.html": ("trade.sale:LINES_PER_SALE_MAX",),
    "things.html": ("trade.orders.papers:PAPERS_MAX",),
    "zone_history.html": ("edge.api.history.views:PIECES_SHOWN_MAX", "edge.api.history.views:TRAYS_SHOWN_MAX"),
}
"""By template the limits its rows come by."""
OF_ONE_THING = {
    "_plan.html": "zones of the store's own configuration",
    "_receipt.html": "how often one receipt was handed over, as often as `COPIES_MAX`",
    "_signals.html": "what is wired to the store's own readers",
    "order.html": "pieces and steps of one order",
    "order_new.html": "what lies on one pad",
    "return_going.html": "cards that one return pays back",
    "zone_reads.html": "zones of the store's own configuration",
}
"""Lists that belong to one thing: how far they can grow."""


def listed(texts: dict[str, str]) -> list[str]:
    """Templates that go through something row by row."""
    return sorted(name for name, text in texts.items() if LISTS.search(text))


def test_every_list_of_a_stores_pages_is_paged_or_says_where_it_ends() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html")}
    assert listed(texts) == sorted({*PAGED, *BOUND, *OF_ONE_THING}), "page it, or name what bounds it"
    grown = {
        "new.html": "<ul class='plain'>{% for each in sales %}<li>{{ each }}</li>{% endfor %}</ul>",
        "none.html": "<p>",
    }
    assert listed(grown) == ["new.html"], "the control: a list that nobody named is found"


@pytest.mark.parametrize("where", sorted({*PAGED.values(), *(each for bounds in BOUND.values() for each in bounds)}))
def test_a_list_that_is_not_paged_is_short(where: str) -> None:
    module, _, name = where.partition(":")
    assert 0 < getattr(importlib.import_module(module), name) <= FEW_MAX
