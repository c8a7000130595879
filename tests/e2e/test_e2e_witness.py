"""A box restored behind everybody's back is stopped by a browser's memory, and what only the browser kept is not lost."""

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from house_hands import arrived
from playwright.sync_api import Page, expect

from cloud.pos.sales.queries import SaleRow
from contract.feed import Role
from contract.ids import StoreId
from edge.api import shapes
from vitrine.ask import wait

STORE = StoreId("stockroom")
TILL = (1024, 768)
SOON_MS = 60_000
KEPT = """() => new Promise((good) => {
  const open = indexedDB.open("vitrine-till", 1);
  open.onsuccess = () => {
    const all = open.result.transaction("rows").objectStore("rows").getAll();
    all.onsuccess = () => { open.result.close(); good(all.result.map((row) => row.seq)); };
  };
})"""


def _faults():
    path = Path(__file__).parents[1] / "faults" / "conftest.py"
    spec = importlib.util.spec_from_file_location("faults_house", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def house(tmp_path: Path) -> Iterator:
    with _faults().housing(tmp_path / "house") as make:
        house = make({STORE: 12})
        house.serving(STORE)
        yield house


def _sell(page: Page, house, piece: str) -> str:
    """At the register, by hand: this store has no pad. Gives what the receipt says."""
    house.scan(STORE, piece)
    page.get_by_label("Scan a label").fill(piece)
    page.get_by_text("It cannot lie on the pad").click()
    page.get_by_label("Why not?").fill("no pad here")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("link", name="Cash, bank transfer or split").click()
    page.get_by_label("why it is right all the same").fill("no pad here")
    page.get_by_role("button", name="Record the sale").click()
    expect(page.get_by_text("Sold.")).to_be_visible()
    return page.locator(".slip .number").first.inner_text()


def _to_register(page: Page) -> None:
    page.get_by_role("link", name="Next client").click()
    expect(page.get_by_role("heading", name="Cart")).to_be_visible()


def test_a_till_stops_a_restored_box_and_brings_back_the_sale_that_only_it_kept(
    house, open_page: Callable[..., Page], expected_errors: list[str], tmp_path: Path
) -> None:
    expected_errors += [
        "net::ERR_",
        "503",
        "sse:error",
        "Failed to fetch",
        "404",  # the restored box has no receipt of the sale whose page is open
    ]  # the box goes down in the middle of whatever
    first, second, third = (house.unseen(STORE) for _ in range(3))
    boss = house.shop.login(Role.MANAGER)
    url = house.shop.edge_url(STORE)
    page = open_page(f"{url}/sign-in?next=/register", size=TILL)
    page.locator(f"input[value='{boss.user}']").check()
    page.get_by_label("PIN", exact=True).fill(boss.pin)
    page.get_by_role("button", name="Enter").click()
    arrived(page, "/register")
    page.get_by_role("button", name="Open the shift").click()
    assert _sell(page, house, first).endswith("-000001")
    house.sent(STORE)
    expect(page.get_by_text("not yet at the head office")).to_have_count(0, timeout=SOON_MS)
    _to_register(page)
    expect(page.get_by_text("not yet at the head office")).to_have_count(0, timeout=SOON_MS)

    # The copy that will be put back: a whole data folder, of a box at rest.
    data, copy = house.shop.store_folder(STORE), tmp_path / "copy"
    house.cut(f"edge-{STORE}")
    shutil.copytree(data, copy)
    house.again(f"edge-{STORE}")
    house.wait(f"edge-{STORE}")
    expect(page.locator(".live.on")).to_be_visible(timeout=SOON_MS)
    house.serving(STORE)

    house.cut("cloud")
    assert _sell(page, house, second).endswith("-000002")
    expect(page.get_by_text("1 sale not yet at the head office. This till keeps them too.")).to_be_visible()
    assert page.evaluate(KEPT)

    house.cut(f"edge-{STORE}")
    shutil.rmtree(data)
    shutil.copytree(copy, data)
    house.again(f"edge-{STORE}")
    house.wait(f"edge-{STORE}")
    _to_register(page)
    expect(page.get_by_text("this box was restored; connect it")).to_be_visible(timeout=SOON_MS)
    assert house.at(STORE).get("/api/v1/store", shapes.StoreView).mode == "rejoin"

    house.again("cloud")
    house.wait("cloud")
    house.serving(STORE)
    house.sent(STORE)
    expect(page.get_by_text("this box was restored; connect it")).to_have_count(0, timeout=SOON_MS)
    house.scan(STORE, second)
    assert "sold" in house.refused(STORE, second)
    assert _sell(page, house, third).endswith("-000003")
    house.sent(STORE)
    posted = house.office().get("/api/v1/sales", list[SaleRow], store=STORE)
    assert sorted(sale.receipt_number for sale in posted) == [1, 2, 3]
    assert {sale.state for sale in posted} == {"posted"}
    _to_register(page)

    def forgotten() -> bool:
        page.reload()
        page.wait_for_timeout(500)
        return page.evaluate(KEPT) == []

    wait("the till to forget what the office has", 30, forgotten)
