"""A store's day at its till, with its whole house behind it: opened, two pieces sold, a pad that disagrees, the office
away and back, a repair, a tray, the day closed. A step of a hand is counted: a key, a tap, or something typed.
"""

import importlib.util
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from house_hands import arrived, press_key, type_text
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from cloud.pos.sales.queries import SaleRow
from contract.feed import Role
from contract.ids import StoreId
from edge.api import shapes
from vitrine.ask import wait

STORE = StoreId("boutique")
TILL, PHONE = (1024, 768), (390, 844)
SOON_MS = 30_000
CLIENT = {"given_name": "Zwetlana", "family_name": "Beispielowa", "phones": ["+33 1 99 00 12 34"], "sure": True}
AT_MOST_FOR_A_SALE = 6
PIECES = 7


def _faults():
    path = Path(__file__).parents[1] / "faults" / "conftest.py"
    spec = importlib.util.spec_from_file_location("faults_house_of_a_day", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    with _faults().housing(tmp_path_factory.mktemp("day")) as make:
        house = make({STORE: 24})
        house.serving(STORE)
        house.at(STORE).post("/api/v1/clients", dict[str, str], CLIENT)
        yield house


@pytest.fixture(scope="module")
def pieces(house) -> list[str]:
    """Pieces that this store sees and may sell; each story takes its own."""
    (planned,) = house.shop.plan().stores
    cards = [str(card.piece) for card in planned.cards]

    def seen() -> list[str] | None:
        free = [piece for piece in cards if (view := house.view(STORE, piece)).seen and view.sellable]
        return free if len(free) >= PIECES else None

    return wait("pieces to sell", 60, seen)


@dataclass
class Hand:
    """Does what a person does, and counts it."""

    page: Page
    steps: int = 0

    def press(self, key: str) -> None:
        self.steps += 1
        press_key(self.page, key)

    def type(self, text: str) -> None:
        self.steps += 1
        type_text(self.page, text)

    def tap(self, role: str, name: str) -> None:
        self.steps += 1
        self.page.get_by_role(role, name=name).tap()


@pytest.fixture
def at_till(house, open_page: Callable[..., Page], browser: Browser, expected_errors: list[str]) -> Callable[..., Page]:
    expected_errors += ["net::ERR_", "sse:error", "Failed to fetch", "409"]

    def sign_in(path: str = "/register", *, size: tuple[int, int] = TILL, touch: bool = False) -> Page:
        login = house.shop.login(Role.MANAGER)
        url = f"{house.shop.edge_url(STORE)}/sign-in?next={path}"
        page = open_page(url, size=size, touch=touch)
        page.locator(f"input[value='{login.user}']").check()
        page.get_by_label("PIN", exact=True).fill(login.pin)
        page.get_by_role("button", name="Enter").click()
        arrived(page, path)
        return page

    return sign_in


def lay(house, *pieces: str) -> None:
    for piece in pieces:
        house.move(STORE, piece, "pad-1")


def take_off(house, to: str, *pieces: str) -> None:
    for piece in pieces:
        house.move(STORE, piece, to)


def test_the_day_is_opened_and_two_pieces_are_sold_to_a_client_with_keys_alone(house, pieces, at_till) -> None:
    page = at_till()
    hand = Hand(page)
    hand.press("F2")
    expect(page.get_by_role("heading", name="Cart")).to_be_visible()
    hand.steps = 0
    hand.press("c")
    type_text(page, "beispielowa")  # whose name it is, is typed between the two strokes
    hand.press("Enter")
    expect(page.get_by_role("heading", name="Zwetlana Beispielowa")).to_be_visible()
    assert hand.steps == 2
    expect(page.get_by_text("From the office, now")).to_be_visible()

    hand.steps = 0
    lay(house, *pieces[:2])
    expect(page.get_by_role("button", name="Ring up 2 pieces from the pad")).to_be_enabled(timeout=SOON_MS)
    hand.press("F2")
    expect(page.get_by_text("Everything agrees.")).to_be_visible(timeout=SOON_MS)
    hand.press("F8")  # leads to the number of the slip, which is lacking
    expect(page.get_by_label("terminal's slip")).to_be_focused()
    hand.type("0042")
    hand.press("Enter")
    expect(page.get_by_text("Sold.")).to_be_visible(timeout=SOON_MS)
    hand.press("Enter")
    expect(page.get_by_role("heading", name="Cart")).to_be_visible()
    assert hand.steps <= AT_MOST_FOR_A_SALE
    expect(page.get_by_text("Zwetlana")).to_have_count(0)
    take_off(house, "client", *pieces[:2])


def test_two_pieces_are_sold_by_touch_on_a_phone(house, pieces, at_till) -> None:
    page = at_till(size=PHONE, touch=True)
    hand = Hand(page)
    lay(house, *pieces[2:4])
    expect(page.get_by_role("button", name="Ring up 2 pieces")).to_be_enabled(timeout=SOON_MS)
    hand.tap("button", "Ring up 2 pieces")
    expect(page.get_by_text("Everything agrees.")).to_be_visible(timeout=SOON_MS)
    card = page.get_by_role("button", name="Card")
    expect(card).to_be_in_viewport(ratio=1)
    hand.tap("button", "Card")
    expect(page.get_by_label("terminal's slip")).to_be_focused()
    hand.type("0043")
    hand.tap("button", "Card")
    expect(page.get_by_text("Sold.")).to_be_visible(timeout=SOON_MS)
    hand.tap("link", "Next client")
    expect(page.get_by_role("heading", name="Cart")).to_be_visible()
    assert hand.steps <= AT_MOST_FOR_A_SALE
    take_off(house, "client", *pieces[2:4])


def test_a_pad_that_disagrees_is_refused_and_mended_with_one_press(house, pieces, at_till) -> None:
    ring, other = pieces[4:6]
    page = at_till()
    lay(house, ring)
    expect(page.get_by_role("button", name="Ring up 1 piece")).to_be_enabled(timeout=SOON_MS)
    press_key(page, "F2")
    expect(page.get_by_text("Everything agrees.")).to_be_visible(timeout=SOON_MS)
    lay(house, other)
    expect(page.get_by_text("1 more on the pad than in the cart.")).to_be_visible(timeout=SOON_MS)
    take_off(house, "shelf-1", ring)
    expect(page.get_by_text("Stop: pad and cart do not agree.")).to_be_visible(timeout=SOON_MS)
    wrong = page.locator(".wrongs li")
    expect(wrong).to_have_count(2)
    expect(wrong.first).to_contain_text("is in the cart and not on the pad.")
    expect(wrong.last).to_contain_text("is on the pad and not in the cart.")
    expect(page.get_by_role("button", name="Card")).to_be_disabled()
    press_key(page, "F8")
    expect(page.get_by_role("button", name="Make the cart what lies on the pad")).to_be_enabled(timeout=SOON_MS)
    press_key(page, "F2")
    expect(page.get_by_text("Everything agrees.")).to_be_visible(timeout=SOON_MS)
    expect(page.locator(".lines li")).to_have_count(1)
    expect(page.locator(".lines")).to_contain_text(house.view(STORE, other).title)
    page.get_by_role("button", name="Empty the cart").click()
    expect(page.locator(".lines li")).to_have_count(0, timeout=SOON_MS)
    take_off(house, "shelf-1", other)


def test_the_office_goes_away_and_comes_back_and_a_sale_of_that_time_is_delivered(house, pieces, at_till) -> None:
    page, piece = at_till(), pieces[6]
    expect(page.get_by_text("The pad is clear")).to_be_visible(timeout=SOON_MS)  # of what lay there before
    house.sent(STORE)
    with house.without("broker"), house.without("cloud"):
        expect(page.get_by_text("Selling goes on.")).to_be_visible(timeout=SOON_MS)
        press_key(page, "c")
        type_text(page, "beispielowa")
        press_key(page, "Enter")
        expect(page.get_by_role("heading", name="Zwetlana Beispielowa")).to_be_visible(timeout=SOON_MS)
        expect(page.get_by_text("From this box")).to_be_visible()
        lay(house, piece)
        expect(page.get_by_role("button", name="Ring up 1 piece")).to_be_enabled(timeout=SOON_MS)
        press_key(page, "F2")
        expect(page.get_by_text("Everything agrees.")).to_be_visible(timeout=SOON_MS)
        press_key(page, "F9")
        expect(page.get_by_text("The sale is written of Zwetlana Beispielowa.")).to_be_visible()
        page.locator(".notes button").last.click()
        expect(page.get_by_text("Change to give")).to_be_visible()
        page.get_by_role("button", name="Record the sale").click()
        expect(page.get_by_text("Kept here, on its way to the office.")).to_be_visible(timeout=SOON_MS)
        press_key(page, "Enter")
        expect(page.get_by_text("1 sale waits for the office.")).to_be_visible(timeout=SOON_MS)
        take_off(house, "client", piece)
    house.sent(STORE)
    expect(page.get_by_text("Selling goes on.")).to_have_count(0, timeout=SOON_MS)
    posted = house.office().get("/api/v1/sales", list[SaleRow], store=STORE)
    assert sorted(sale.receipt_number for sale in posted) == [1, 2, 3]
    assert {sale.state for sale in posted} == {"posted"}


def sign(page: Page, *, x: int = 160) -> None:
    """A stroke to `x`: nobody signs twice alike, and the box takes what is alike for one signature."""
    field = page.locator("canvas[data-signature]").first
    field.scroll_into_view_if_needed()
    box = field.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + x, box["y"] + 60, steps=6)
    page.mouse.up()


def photo() -> dict[str, str | bytes]:
    kept = io.BytesIO()
    Image.new("RGB", (320, 240), "#b9b2a4").save(kept, "JPEG")
    return {"name": "ring.jpg", "mimeType": "image/jpeg", "buffer": kept.getvalue()}


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_a_repair_goes_from_intake_to_pick_up_on_a_phone(house, at_till) -> None:
    page = at_till(size=PHONE)
    page.get_by_role("searchbox").fill("beispielowa")
    press(page, "Serve")
    expect(page.get_by_role("heading", name="Zwetlana Beispielowa")).to_be_visible(timeout=SOON_MS)
    page.goto(f"{house.shop.edge_url(STORE)}/orders/new?kind=repair")
    expect(page.get_by_text("For Zwetlana Beispielowa, whom this till serves.")).to_be_visible()
    page.get_by_label("What is it").fill("Ring: a claw to rebuild")
    press(page, "Open it")
    page.get_by_role("link", name="Things and papers").click()

    page.get_by_label("What does it look like?").fill("White metal ring with white stone")
    page.get_by_label("Condition: scratches").fill("One claw bent")
    page.get_by_label("What the client says it is worth").fill("4200")
    stone = page.get_by_role("group", name="Stone 1")
    stone.get_by_label("Where it sits").fill("centre")
    stone.get_by_label("What it looks like").fill("white stone")
    stone.get_by_label("Length, mm").fill("6.48")
    stone.get_by_label("Width, mm").fill("6.45")
    press(page, "Take it in")
    expect(page.get_by_role("heading", name="White metal ring with white stone")).to_be_visible(timeout=SOON_MS)
    page.get_by_label("Picture or PDF").set_input_files(photo())
    press(page, "Keep it")
    expect(page.get_by_role("link", name="Photo 1")).to_be_visible(timeout=SOON_MS)
    if not page.locator("canvas[data-signature]").first.is_visible():
        page.get_by_text("The client signs that it is as described").click()
    sign(page)
    press(page, "Signed: it is as described")
    expect(page.get_by_role("link", name="Slip, signed 1")).to_be_visible(timeout=SOON_MS)

    page.get_by_role("link", name="Back to the order").click()
    page.get_by_label("Line 1: what for?").fill("Rebuild a claw")
    page.get_by_label("Price with tax").first.fill("180")
    page.get_by_role("button", name="Quote it", exact=True).click()
    press(page, "They accept it")
    for step in ("Begin the work", "Check the work", "Let it pass the check", "Tell the client that it is ready"):
        press(page, step)
    expect(page.get_by_text("Ready, client told").first).to_be_visible()

    page.get_by_role("link", name="Things and papers").click()
    page.get_by_text("Look at its stones again").click()
    again = page.get_by_role("group", name="centre: white stone")
    again.get_by_label("Length, mm").fill("6.48")
    again.get_by_label("Width, mm").fill("6.45")
    press(page, "Compare")
    expect(page.get_by_text("The same", exact=True)).to_be_visible()
    things = page.url
    page.get_by_role("link", name="Back to the order").click()
    press(page, "The client pays the rest")
    arrived(page, "/register")
    expect(page.locator(".lines")).to_contain_text("Repair R-")
    page.get_by_role("link", name="Cash, bank transfer or split").click()
    press(page, "Record the sale")
    expect(page.get_by_text("Sold.")).to_be_visible(timeout=SOON_MS)
    page.goto(things)
    sign(page, x=220)
    press(page, "They got it back: give it")
    expect(page.get_by_text("Given back", exact=True)).to_be_visible(timeout=SOON_MS)
    page.goto(f"{house.shop.edge_url(STORE)}/orders?queue=over")
    expect(page.get_by_text("Collected", exact=True)).to_be_visible()


def test_a_tray_is_prepared_shown_and_read_back(house, pieces, at_till) -> None:
    ring, office = pieces[4], house.office()
    person = house.at(STORE).post("/api/v1/clients/search", dict[str, Any], {"query": "beispielowa"})["clients"][0][
        "person"
    ]
    today = house.at(STORE).get("/api/v1/store", shapes.StoreView).business_day
    asked = {"at": STORE, "staff": house.shop.login(Role.MANAGER).user, "day": today, "begins": "23:00", "minutes": 15}
    name = office.post("/api/v1/appointments", dict[str, str], {**asked, "person": person})["appointment"]
    office.post(f"/api/v1/appointments/{name}/confirm", dict[str, str])

    def heard() -> bool:
        return name in bytes(house.at(STORE).get("/api/v1/appointments", msgspec.Raw)).decode()

    wait("the store to hear of the appointment", 60, heard)
    page = at_till("/appointments")
    page.locator("td a.title").first.click()
    lay(house, ring)
    expect(page.get_by_role("button", name="Put 1 piece of the pad onto the tray")).to_be_visible(timeout=SOON_MS)
    press(page, "Put 1 piece of the pad onto the tray")
    press(page, "The client is here")
    press(page, "Begin")
    expect(page.get_by_text("On the pad", exact=True)).to_be_visible(timeout=SOON_MS)
    press(page, "Close the appointment")
    expect(page.get_by_text("Over", exact=True)).to_be_visible(timeout=SOON_MS)
    take_off(house, "shelf-1", ring)


def test_a_till_whose_line_is_cut_says_that_no_answer_came_and_goes_on_when_it_is_back(house, at_till) -> None:
    page = at_till(size=PHONE)
    expect(page.locator(".live.on")).to_be_attached(timeout=SOON_MS)
    page.context.set_offline(True)
    page.get_by_label("Scan a label").fill("nothing")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_contain_text("look here again before you repeat it")
    page.context.set_offline(False)
    expect(page.locator(".live.on")).to_be_attached(timeout=SOON_MS)


def test_the_day_is_closed_with_what_the_drawer_holds(house, at_till) -> None:
    page = at_till()
    press_key(page, "z")
    expect(page.get_by_role("heading", name="Close the shift")).to_be_visible()
    cash = page.get_by_label("Cash in the drawer")
    cash.fill("2")
    page.get_by_role("button", name="Close the shift").click()
    expect(page.get_by_role("alert")).to_contain_text("say why in the note")
    expect(cash).to_have_value("2")
    page.get_by_label("Note, if something is not as it should be").fill("counted by a new colleague")
    page.get_by_role("button", name="Close the shift").click()
    expect(page.get_by_role("article")).to_contain_text("Z 1")
    expect(page.get_by_role("article")).to_contain_text("Sales")
    house.sent(STORE)
