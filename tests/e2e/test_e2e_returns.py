"""What comes back, in a real browser at a till without a pad: by its receipt, and in exchange for something else."""

from collections.abc import Callable

import httpx
import pytest
from house_hands import arrived, press_key
from playwright.sync_api import Page, expect

from contract.feed import FeedPage, FeedRow, PieceCard, Role, StaffCard
from contract.ids import PieceId, UserId
from edge import app as edge_app
from edge import own_books
from edge.config import EdgeConfig
from trade.custody import Token, TokenState

TILL = (1024, 768)
PIN = "2468"
PRICES = {"ring": 120_000, "chain": 90_000, "brooch": 150_000}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, serve) -> str:
    config = EdgeConfig(store="atelier", name="Atelier", currency="EUR", data_dir=tmp_path_factory.mktemp("atelier"))
    edge = edge_app.create(config)
    marc = StaffCard(user=UserId("marc"), name="Marc Oyelaran", roles=(Role.MANAGER,))
    cards = [
        PieceCard(
            piece=PieceId(name), sku=name.upper(), title=name.title(), category=name, metal="gold", fineness=750, weight_mg=4_000,
            stones="", price_minor=price, currency="EUR", tax_bp=2_000, epc="",
        )
        for name, price in PRICES.items()
    ]  # fmt: skip
    rows = [FeedRow(rev=n, scope="*", key=f"piece:{card.piece}", body=card) for n, card in enumerate(cards, 1)]
    rows.append(FeedRow(rev=9, scope="*", key="staff:marc", body=marc))
    with edge.store.books.transaction() as tx:
        for name in PRICES:
            tx.db.run_struct("token_set", Token(piece=PieceId(name), ce=1, state=TokenState.HERE))
    edge.store.take_feed(FeedPage(rows=tuple(rows), upto=9, more=False))
    edge.store.reload()
    own_books.set_pin(config, UserId("marc"), PIN)
    url = serve(edge.api)
    token = httpx.post(f"{url}/api/v1/login", json={"user": "marc", "pin": PIN}, timeout=30).json()["token"]
    said = {"authorization": f"Bearer {token}"}
    scanned = httpx.post(f"{url}/api/v1/scan", json={"pieces": list(PRICES)}, headers=said, timeout=30)
    assert scanned.status_code == 200, scanned.text
    return url


@pytest.fixture
def marc(store: str, open_page: Callable[..., Page]) -> Page:
    page = open_page(f"{store}/sign-in?next=/register", size=TILL)
    page.get_by_role("radio", name="Marc").check()
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_role("button", name="Enter").click()
    arrived(page, "/register")
    if page.get_by_role("heading", name="Open the day").count():
        page.get_by_role("button", name="Open the shift").click()
    expect(page.get_by_role("heading", name="Cart")).to_be_visible()
    return page


def _add(page: Page, piece: str) -> None:
    page.get_by_text("It cannot lie on the pad").click()
    page.get_by_label("Why not?").fill("there is no pad here")
    page.locator("#article").fill(piece)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("listitem").filter(has_text=piece.title())).to_be_visible()


def _sell(page: Page, piece: str) -> None:
    _add(page, piece)
    press_key(page, "F9")
    page.get_by_label("Only when the pad does not agree").fill("there is no pad here")
    page.get_by_role("button", name="Record the sale").click()
    expect(page.get_by_text("Sold.")).to_be_visible()


def _find(page: Page, store: str, typed: str) -> None:
    page.goto(f"{store}/register/return")
    page.get_by_label("Number of the receipt").fill(typed)
    page.get_by_role("button", name="Find").click()


def _give_back(page: Page, piece: str, way: str) -> None:
    page.get_by_label(piece.title()).check()
    page.get_by_label("Why does it come back?").fill("too small")
    page.get_by_text("No pad can read it").click()
    page.get_by_label("Why not?").fill("there is no pad here")
    page.get_by_role("radio", name=way).check()
    page.get_by_role("button", name="Take it back").click()


def test_a_ring_comes_back_by_the_number_on_its_receipt_and_only_once(store: str, marc: Page) -> None:
    _sell(marc, "ring")
    _find(marc, store, "77")
    expect(marc.get_by_text("No sale of this store answers to “77”")).to_be_visible()
    _find(marc, store, "till-1/1")
    expect(marc.get_by_role("radio", name="As it was paid: €1,200.00 by cash")).to_be_checked()
    _give_back(marc, "ring", "As it was paid")
    expect(marc.get_by_role("article")).to_contain_text("Ring")
    _find(marc, store, "1")
    expect(marc.get_by_text("Came back")).to_be_visible()
    expect(marc.get_by_label("Ring")).to_have_count(0)


def test_a_chain_is_exchanged_for_a_brooch_and_the_difference_is_paid_in_cash(store: str, marc: Page) -> None:
    _sell(marc, "chain")
    _find(marc, store, "chain")
    expect(marc.get_by_role("radio", name="In exchange")).to_have_count(0)
    marc.goto(f"{store}/register")
    _add(marc, "brooch")
    _find(marc, store, "chain")
    _give_back(marc, "chain", "In exchange")
    receipt = marc.get_by_role("article")
    expect(receipt).to_contain_text("Brooch")
    expect(receipt).to_contain_text("600.00")
    _find(marc, store, "chain")
    expect(marc.get_by_text("Came back")).to_be_visible()
