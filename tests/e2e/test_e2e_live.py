"""What htmx, the event stream and our own script do together in a real browser, over a register with a tiny memory."""

import asyncio
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from fastapi import FastAPI, Request
from house_hands import press_key, type_text
from playwright.sync_api import Browser, Page, Route, expect

from web.asking import who_asks
from web.front import go, render
from web.policy import public
from web.problems import ProblemError
from web.sse import Bulletin

TILL = (1024, 768)


@dataclass
class Memory:
    """What the register shows next; `tell` reaches the pages from this thread."""

    values: dict[str, object]
    bulletin: Bulletin = field(default_factory=Bulletin)
    loops: list[asyncio.AbstractEventLoop] = field(default_factory=list)
    refuse: bool = False
    added: list[str] = field(default_factory=list)
    listening: threading.Event = field(default_factory=threading.Event)

    def tell(self, name: str) -> None:
        for loop in self.loops:
            loop.call_soon_threadsafe(self.bulletin.tell, name)


@pytest.fixture
def register(
    samples: dict[str, dict[str, object]], gallery_app: Callable[..., FastAPI], serve: Callable[[FastAPI], str]
) -> tuple[str, Memory]:
    memory = Memory(dict(samples["register-empty"]))
    app = gallery_app(still=False)

    @app.get("/live", dependencies=[public()])
    async def live(request: Request) -> object:
        await who_asks(request)
        request.state.login = app.state.marc.login
        return render(request, "edge/register.html", **memory.values)

    @app.get("/register/board", dependencies=[public()])
    async def board(request: Request) -> object:
        request.state.login = app.state.marc.login
        return render(request, "edge/_register.html", **memory.values)

    @app.get("/api/v1/events", dependencies=[public()])
    async def events() -> object:
        memory.loops[:] = [asyncio.get_running_loop()]
        memory.listening.set()
        return memory.bulletin.response()

    @app.post("/register/take-pad", dependencies=[public()])
    async def take(request: Request) -> object:
        request.state.login = app.state.marc.login
        assert request.headers["x-csrf-token"] == app.state.marc.login.csrf
        memory.values.update(samples["register-matched"])
        return render(request, "edge/_register.html", **memory.values)

    @app.post("/register/lines", dependencies=[public()])
    async def add(request: Request) -> object:
        request.state.login = app.state.marc.login
        memory.added.append(str((await request.form())["piece"]))
        return render(request, "edge/_register.html", **memory.values)

    @app.post("/register/pay", dependencies=[public()])
    async def pay(request: Request) -> object:
        if memory.refuse:
            raise ProblemError(409, "pad", "The pad does not agree", "Look at the marked pieces.")
        return go(request, "/gallery/receipt")

    @app.get("/register/receipt/{name}", status_code=204, dependencies=[public()])
    def unchanged() -> None:  # the receipt fetches itself again on `hello`
        return None

    return serve(app), memory


def test_a_sale_of_two_pieces_is_two_keys(
    register: tuple[str, Memory], samples: dict[str, dict[str, object]], open_page: Callable[..., Page]
) -> None:
    url, memory = register
    page = open_page(url + "/live", size=TILL)
    expect(page.get_by_text("The pad is clear")).to_be_visible()
    memory.listening.wait(10)
    memory.values.update(samples["register-pad"])
    memory.tell("pad")
    expect(page.get_by_text("Ring up 2 pieces from the pad")).to_be_visible()
    press_key(page, "F2")
    expect(page.get_by_text("Everything agrees.")).to_be_visible()
    press_key(page, "F8")
    expect(page.get_by_role("link", name="Next client")).to_be_visible()
    expect(page.locator(".live.on")).to_be_visible()


def test_a_refusal_is_shown_where_one_looks_and_goes_with_escape(
    register: tuple[str, Memory],
    samples: dict[str, dict[str, object]],
    open_page: Callable[..., Page],
    expected_errors: list[str],
) -> None:
    url, memory = register
    memory.values.update(samples["register-matched"])
    memory.refuse = True
    page = open_page(url + "/live", size=TILL)
    expected_errors.append("409")
    press_key(page, "F8")
    expect(page.get_by_role("alert")).to_contain_text("Look at the marked pieces.")
    press_key(page, "Escape")
    expect(page.get_by_text("Look at the marked pieces.")).to_have_count(0)


PRESS_F8_AS_SOON_AS_OUR_SCRIPT_LISTENS = """() => new Promise(done => {
    const event = () => new KeyboardEvent("keydown", {key: "F8", bubbles: true, cancelable: true});
    const press = () => document.body?.dispatchEvent(event()) === false ? done() : setTimeout(press, 10);
    press();
})"""


def test_a_key_that_comes_before_htmx_waits_for_it(
    register: tuple[str, Memory],
    samples: dict[str, dict[str, object]],
    open_page: Callable[..., Page],
    expected_errors: list[str],
) -> None:
    url, memory = register
    memory.values.update(samples["register-matched"])
    memory.refuse = True
    page = open_page(url + "/gallery/sign-in", size=TILL)
    expected_errors.append("409")
    held: list[Route] = []

    def hold(route: Route) -> None:  # not `held.append`: Playwright marks what it is given, and a builtin takes no mark
        held.append(route)

    page.route("**/htmx-sse.min.js*", hold)
    page.goto(url + "/live", wait_until="commit")
    page.evaluate(PRESS_F8_AS_SOON_AS_OUR_SCRIPT_LISTENS)
    assert len(held) == 1
    held[0].continue_()
    expect(page.get_by_role("alert")).to_contain_text("Look at the marked pieces.")
    assert page.url == url + "/live"


def test_where_htmx_never_comes_a_key_still_sends_its_form(
    register: tuple[str, Memory],
    samples: dict[str, dict[str, object]],
    open_page: Callable[..., Page],
    expected_errors: list[str],
) -> None:
    url, memory = register
    memory.values.update(samples["register-matched"])
    page = open_page(url + "/gallery/sign-in", size=TILL)
    expected_errors.append("ERR_FAILED")
    page.route("**/htmx-sse.min.js*", lambda route: route.abort())
    page.goto(url + "/live")
    press_key(page, "F8")
    expect(page.get_by_role("link", name="Next client")).to_be_visible()


def test_card_cannot_be_pressed_while_pad_and_cart_disagree(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "register-mismatch", size=TILL)
    expect(page.get_by_role("button", name="Card")).to_be_disabled()


def test_what_is_being_typed_survives_news_and_is_cleared_when_sent(
    register: tuple[str, Memory], samples: dict[str, dict[str, object]], open_page: Callable[..., Page]
) -> None:
    url, memory = register
    page = open_page(url + "/live", size=TILL)
    memory.listening.wait(10)
    press_key(page, "/")
    type_text(page, "R-SOL")
    memory.values.update(samples["register-pad"])
    memory.tell("pad")
    expect(page.get_by_text("Ring up 2 pieces from the pad")).to_be_visible()
    type_text(page, "-112")
    expect(page.get_by_label("Scan a label")).to_have_value("R-SOL-112")
    press_key(page, "Enter")
    expect(page.get_by_label("Scan a label")).to_have_value("")
    assert memory.added == ["R-SOL-112"]


def test_the_stream_opens_however_late_the_scripts_come(register: tuple[str, Memory], browser: Browser) -> None:
    """Once the extension came in a file of its own, and when it came late the page never heard any news."""
    url, _ = register
    context = browser.new_context()
    page = context.new_page()
    late = itertools.count()

    def deliver(route: Route) -> None:
        page.wait_for_timeout(400 * next(late))
        route.continue_()

    page.route("**/*.js?*", deliver)
    page.goto(url + "/live")
    expect(page.locator(".live.on")).to_be_visible()
    context.close()


def test_the_lamp_says_when_the_store_is_not_heard(
    register: tuple[str, Memory], open_page: Callable[..., Page], expected_errors: list[str]
) -> None:
    url, _ = register
    page = open_page(url + "/live", size=TILL)
    expect(page.locator(".live.on")).to_be_visible()
    expected_errors.append("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    expect(page.locator(".live.off")).to_be_visible()
    page.context.set_offline(False)


def test_a_press_that_no_answer_follows_is_told(
    register: tuple[str, Memory],
    samples: dict[str, dict[str, object]],
    open_page: Callable[..., Page],
    expected_errors: list[str],
) -> None:
    """Once F8 into a dead line looked like a till that does not hear its keys."""
    url, memory = register
    memory.values.update(samples["register-matched"])
    page = open_page(url + "/live", size=TILL)
    expect(page.locator(".live.on")).to_be_visible()
    expected_errors.append("ERR_INTERNET_DISCONNECTED")
    expected_errors.append("Failed to fetch")
    page.context.set_offline(True)
    expect(page.get_by_text("No answer came")).to_have_count(0)
    press_key(page, "F8")
    expect(page.get_by_role("alert")).to_contain_text("look here again before you repeat it")
    page.context.set_offline(False)


def test_keys_of_one_letter_can_be_put_off(gallery: str, open_page: Callable[..., Page]) -> None:
    """WCAG 2.2 SC 2.1.4: who speaks to a machine must not serve a client by a word with a c in it."""
    page = open_page(gallery + "register-empty", size=TILL)
    name = page.get_by_role("searchbox")
    press_key(page, "c")
    expect(name).to_be_focused()
    switch = page.get_by_role("button", name="Keys of one letter")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    press_key(page, "c")
    expect(name).not_to_be_focused()
    page.reload()
    press_key(page, "c")
    expect(name).not_to_be_focused()


def test_the_pin_pad_types_and_deletes(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "sign-in", size=TILL)
    for digit in "123":
        page.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="Delete the last digit").click()
    expect(page.get_by_label("PIN", exact=True)).to_have_value("12")
    page.get_by_role("radio").last.click()
    type_text(page, "34")  # who has pressed their name types their PIN
    expect(page.get_by_label("PIN", exact=True)).to_have_value("1234")


def test_whoever_enrols_a_browser_whose_storage_hangs_is_told_that_it_keeps_no_key(
    gallery: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(gallery + "this-device", size=TILL)
    page.route("**/api/v1/devices", lambda route: route.fulfill(status=201, json={"device": "d1", "name": "Till"}))
    page.add_init_script("indexedDB.open = () => ({})")
    page.reload()
    page.get_by_label("Code").fill("ABCD-EFGH")
    page.get_by_role("button", name="Enrol").click()
    expect(page.get_by_role("alert")).to_contain_text("This browser cannot keep a key", timeout=20_000)
    expect(page.get_by_role("button", name="Enrol")).to_be_enabled()


def test_a_page_weighs_little(gallery: str, open_page: Callable[..., Page]) -> None:
    """All that the wall loads, uncompressed, stays under the 150 kB a page may weigh compressed (issue 7)."""
    page = open_page(gallery + "wall", size=TILL)
    names = page.evaluate("performance.getEntriesByType('resource').map(e => [e.name, e.decodedBodySize])")
    document = page.evaluate("performance.getEntriesByType('navigation')[0].decodedBodySize")
    assert sum(size for _, size in names) + document < 150_000, names
