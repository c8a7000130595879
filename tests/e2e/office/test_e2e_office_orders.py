"""Clients' orders of all stores at the office, in a real browser: their list, one of each, and the client's own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from house_hands import press_key
from playwright.sync_api import Page, expect

from cloud.app import Cloud
from cloud.db import Tx
from cloud.pos.client_orders.apply import heard_of
from cloud.pos.stores.desk import open_store
from cloud.tables import node
from cloud.ways import MOVES_SINCE
from cloud.work import Heard
from contract.facts import (
    Instalment,
    OrderEvent,
    OrderHanded,
    OrderHeld,
    OrderKind,
    OrderMoved,
    OrderOpened,
    OrderQuoted,
    OrderTerms,
    QuoteLine,
    Stream,
)
from contract.feed import StoreCard

TILL, PHONE = (1280, 800), (390, 844)
BY_THEME = ("color-contrast", "link-in-text-block")
PATHS = (
    "/client-orders",
    "/client-orders?queue=overdue",
    "/client-orders?q=nobody",
    "/client-orders/board",
    "/client-orders/o1",
    "/client-orders/o2",
    "/client-orders/o3",
)


class Told:
    """What an applier needs of the custody of pieces: where it may write."""

    def __init__(self, work) -> None:
        self.work = work

    @property
    def tx(self) -> Tx:
        return self.work.tx


@pytest.fixture(scope="module")
def office(tmp_path_factory, serve, make_office: Callable[[Path], Cloud]) -> Iterator[str]:
    cloud = make_office(tmp_path_factory.mktemp("orders"))
    terms = OrderTerms(
        deposit_bp=3_000, fee_bp=1_000, grace_days=14,
        instalments=(
            Instalment(due_day="2025-11-22", amount_minor=400_000), Instalment(due_day="2030-01-01", amount_minor=840_000)
        ),
    )  # fmt: skip
    line = QuoteLine(line="q1", description="Solitaire ring, 0.71 ct", gross_minor=1_240_000, tax_bp=2_000, piece="p1")
    facts = (
        OrderOpened(
            order="o1", number="L-1001", kind=OrderKind.LAYAWAY, client="c-1", title="Solitaire ring, 0.71 ct",
            currency="EUR", account="order-o1", terms=terms, pieces=("p1",),
        ),
        OrderQuoted(order="o1", quote=1, lines=(line,)),
        OrderMoved(order="o1", event=OrderEvent.RESERVE),
        OrderOpened(
            order="o2", number="R-1001", kind=OrderKind.REPAIR, client="c-2", title="White metal ring with white stone",
            currency="EUR", account="order-o2", promised_day="2030-01-01",
        ),
        OrderMoved(order="o2", event=OrderEvent.ASSESS),
        OrderHeld(order="o2", why="a claw is missing"),
        OrderOpened(
            order="o3", number="R-1002", kind=OrderKind.REPAIR, client="c-2", title="A clasp", currency="EUR",
            account="order-o3",
        ),
        OrderHanded(order="o3", home=0, to="harbour"),
    )  # fmt: skip
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store="flagship", name="Flagship", currency="EUR", city="Paris"))
        open_store(work, StoreCard(store="harbour", name="Harbour", currency="EUR", city="Nantes"))
        work.tx.run(sa.update(node).where(node.c.store == "flagship").values(contract_max=MOVES_SINCE))
        for seq, fact in enumerate(facts, 1):
            heard = Heard(
                store="flagship", epoch="e1", stream=Stream.TRADE, seq=seq, at_us=1_794_830_400_000_000, by="associate"
            )
            heard_of(Told(work), heard, fact)
    yield serve(cloud.app)
    cloud.office.close()


@pytest.mark.looks_at(*PATHS)
def test_every_page_is_accessible_in_every_size(
    office: str, signed_in: Callable[..., Page], look_at: Callable[[Page, str], None]
) -> None:
    page = signed_in(office, "/")
    for path in PATHS:
        assert page.goto(office + path).status == 200, path
        look_at(page, f"office{path.translate(str.maketrans('/?=', '---'))}")


def test_an_order_is_found_by_its_number_and_tells_its_story(office: str, signed_in: Callable[..., Page]) -> None:
    page = signed_in(office, "/client-orders", user="associate")
    page.get_by_label("Number, client or piece").fill("l1001")
    press_key(page, "Enter")
    page.get_by_role("link", name="L-1001").click()
    expect(page.get_by_text("Its pieces are kept for the client")).to_be_visible()
    expect(page.get_by_text("Overdue since 22 Nov 2025.")).to_be_visible()


def test_every_stage_of_the_workshop_is_seen_whole_on_a_small_screen(
    office: str, signed_in: Callable[..., Page]
) -> None:
    """Six stages at 1,280 px: what is cut at the right looks like the end."""
    page = signed_in(office, "/client-orders/board", size=TILL)
    cut = "board => board.scrollWidth - board.clientWidth"
    board = page.get_by_role("region", name="Orders by stage")
    expect(board.locator("section")).to_have_count(6)
    assert board.evaluate(cut) <= 0
    board.evaluate("board => board.style.gridAutoColumns = 'minmax(13rem, 1fr)'")
    assert board.evaluate(cut) > 0, "the control"


def test_an_order_that_waits_for_an_old_box_is_sent_back_with_a_reason(
    office: str, signed_in: Callable[..., Page]
) -> None:
    page = signed_in(office, "/client-orders/o3")
    expect(page.get_by_text("The box of Harbour is of an older version.")).to_be_visible()
    page.locator("summary", has_text="Send it on").click()
    page.locator("select[name=to]").select_option("Flagship")
    page.locator("input[name=why]").fill("Harbour is being refitted")
    page.get_by_role("button", name="Send it on").click()
    expect(page.get_by_text("Harbour is being refitted")).to_be_visible()
    expect(page.get_by_text("kept at Flagship")).to_be_visible()
    expect(page.locator("summary", has_text="Send it on")).to_have_count(0)
