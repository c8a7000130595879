"""The client's own page of their order, in a real browser, as whoever holds the slip sees it: no login, a phone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from house_hands import press_key
from playwright.sync_api import Page, expect

from cloud.app import Cloud
from cloud.custody import Custody
from cloud.pos.client_orders.apply import heard_of
from cloud.pos.stores.desk import open_store
from cloud.work import Heard
from contract.facts import OrderEvent, OrderKind, OrderMoved, OrderOpened, OrderQuoted, QuoteLine, Stream
from contract.feed import StoreCard
from contract.ids import ClientOrderId
from contract.order_page import PAGE, page_code

ORDER = ClientOrderId("01930f2e-1111-7000-8000-0123456789ab")
TILL, PHONE = (1280, 800), (390, 844)


@pytest.fixture(scope="module")
def office(tmp_path_factory, serve, make_office: Callable[[Path], Cloud]) -> Iterator[str]:
    cloud = make_office(tmp_path_factory.mktemp("your-order"))
    line = QuoteLine(line="q", description="Two claws made anew, stone set", gross_minor=25_000, tax_bp=0)
    facts = (
        OrderOpened(
            order=ORDER, number="R-1042", kind=OrderKind.REPAIR, client="c-1", title="Claws", currency="EUR", account="a",
            promised_day="2026-12-24",
        ),
        OrderQuoted(order=ORDER, quote=1, lines=(line,)),
        OrderMoved(order=ORDER, event=OrderEvent.QUOTE),
    )  # fmt: skip
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store="flagship", name="Flagship", currency="EUR", city="Paris"))
        for seq, fact in enumerate(facts, 1):
            heard = Heard(store="flagship", epoch="e", stream=Stream.TRADE, seq=seq, at_us=work.now_us, by="ana")
            heard_of(Custody(work), heard, fact)
    yield serve(cloud.app)
    cloud.office.close()


@pytest.mark.looks_at(PAGE)
def test_the_page_is_accessible_before_and_after_the_answer(
    office: str, open_page: Callable[..., Page], look_at: Callable[[Page, str], None]
) -> None:
    page = open_page(office + PAGE, size=PHONE)
    look_at(page, "your-order-form")
    page.get_by_label("Code on your slip").fill(page_code(ORDER).lower())
    press_key(page, "Enter")
    expect(page.get_by_text("There is a quote for you")).to_be_visible()
    look_at(page, "your-order")
    page.get_by_role("button", name="I accept this quote").click()
    expect(page.get_by_text("The store hears it as soon as it is online")).to_be_visible()
    expect(page.get_by_role("button", name="I accept this quote")).to_have_count(0)
    look_at(page, "your-order-said")


def test_a_letter_is_printed_black_on_white_with_its_address_in_no_margin(
    office: str, open_page: Callable[..., Page]
) -> None:
    """A browser prints the address of a page at the edge of each sheet, unless the sheet has no edge; here it is a key."""
    page = open_page(f"{office}{PAGE}?code={page_code(ORDER)}", size=TILL, theme="dark")
    look = "(() => { const s = getComputedStyle(document.body); return [s.color, s.backgroundColor] })()"
    assert page.evaluate(look) == ["rgb(240, 235, 225)", "rgb(19, 18, 16)"], "the control: it is dark on the screen"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(look) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    margins = """[...document.styleSheets].flatMap(sheet => [...sheet.cssRules])
        .filter(rule => rule.media?.mediaText === "print").flatMap(rule => [...rule.cssRules])
        .filter(rule => rule instanceof CSSPageRule).map(rule => rule.style.margin)"""
    assert page.evaluate(margins) == ["0px"]
    assert page.evaluate("getComputedStyle(document.body).boxDecorationBreak") == "clone", "each sheet has its own"


@pytest.mark.looks_at("/receipt")
def test_a_receipt_is_checked_on_a_page_of_the_same_kind(
    office: str, open_page: Callable[..., Page], look_at: Callable[[Page, str], None]
) -> None:
    page = open_page(f"{office}/receipt", size=PHONE)
    expect(page.get_by_role("heading", name="Check a receipt")).to_be_visible()
    look_at(page, "receipt-check")


def test_a_code_of_no_order_says_what_to_do(office: str, open_page: Callable[..., Page], expected_errors) -> None:
    expected_errors.append("404")
    page = open_page(f"{office}{PAGE}?code=0000-0000-0000-0000", size=PHONE)
    expect(page.get_by_text("There is no order with this code")).to_be_visible()
