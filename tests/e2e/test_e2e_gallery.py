"""Every page of the store, in every size and theme it is used in, read by axe and by a person's eyes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from house_hands import press_key, type_text
from playwright.sync_api import Browser, Page, Route, expect

ROOT = Path(__file__).resolve().parents[2]
TILL, PHONE, WALL = (1024, 768), (390, 844), (1920, 1080)
BY_THEME = ("color-contrast", "link-in-text-block")
BY_SIZE = ("target-size", "scrollable-region-focusable")
"""The rules whose answer depends on the theme, or on the size."""
LOOKS = (
    ("till", TILL, "light", ()),  # every rule
    ("till", TILL, "dark", BY_THEME),
    ("phone", PHONE, "light", (*BY_THEME, *BY_SIZE)),
    ("wall", WALL, "dark", (*BY_THEME, *BY_SIZE)),
)

Checker = Callable[..., list[str]]


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """One window for all pages, with what its console complains of: opening a window costs as much as axe does."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page, complaints
    context.close()


def test_a_page_is_accessible_in_every_size_and_theme(
    gallery: str, gallery_page: str, visitor: tuple[Page, list[str]], check_accessible: Checker, keep_shot
) -> None:
    page, complaints = visitor
    complaints.clear()
    page.goto(gallery + gallery_page)
    for name, size, theme, rules in LOOKS:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0], f"{gallery_page} scrolls sideways on the {name}: {wide} px"
        page.evaluate(
            "scrollTo(0, document.documentElement.scrollHeight)"
        )  # what sticks at the thumb stands in its place
        assert check_accessible(page, rules) == []
        page.evaluate("scrollTo(0, 0)")
        keep_shot(page, f"{gallery_page}-{name}-{theme}")
    assert complaints == []


def test_every_page_of_the_store_is_in_the_gallery(gallery_pages: dict[str, tuple[str, dict[str, object]]]) -> None:
    shown = {template for template, _ in gallery_pages.values()}
    folders = (("edge", ROOT / "edge" / "api" / "templates"), ("web", ROOT / "web" / "templates"))
    pages = {
        f"{prefix}/{path.name}" for prefix, folder in folders for path in folder.glob("*.html")
        if "{% extends" in path.read_text(encoding="utf-8")
    }  # fmt: skip
    bases = {"edge/base.html", "web/private.html"}
    assert pages - shown == bases, "give it a sample in `samples_….py`: it is looked at then"
    assert pages - (shown - {"web/me.html"}) == bases | {"web/me.html"}, "the control"


def test_a_wall_is_seen_whole_for_nobody_can_scroll_it(gallery: str, open_page: Callable[..., Page]) -> None:
    """Calm, and with an alarm whose outcome can be pressed without scrolling."""
    page = open_page(gallery + "wall-calm", size=WALL)
    assert page.evaluate("document.documentElement.scrollHeight") <= WALL[1]
    loose = "for (const each of document.querySelectorAll('.wall > .sheet, .plan')) each.style.maxBlockSize = 'none'"
    page.evaluate(loose + "; document.querySelector('.wall > .sheet').style.display = 'block'")
    page.evaluate("document.querySelector('.plan').style.blockSize = '80vh'")
    assert page.evaluate("document.documentElement.scrollHeight") > WALL[1], "the control"
    page.goto(gallery + "wall")
    lowest = page.locator(".outcomes button").evaluate_all(
        "all => Math.max(...all.map(each => each.getBoundingClientRect().bottom))"
    )
    assert lowest <= WALL[1]


def test_on_a_phone_what_was_found_stands_first_and_both_answers_are_as_wide(
    gallery: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(gallery + "looks", size=PHONE)
    rect = "all => all.map(each => each.getBoundingClientRect()).map(each => [each.left, each.right, each.top])"
    found, not_found = page.locator("form.stacked").first.locator("button").evaluate_all(rect)
    assert found[:2] == not_found[:2]
    assert found[2] < not_found[2]


def test_a_lamp_stands_as_far_from_help_as_help_from_what_follows(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "counts-empty", size=TILL)
    ends = """all => all.map(each => { const words = document.createRange(); words.selectNodeContents(each);
        const box = words.getBoundingClientRect(); return [box.left, box.right]; })"""
    lamp, aid, tongue = page.locator(".aside > .live, .aside > .help-link, .aside .tongue").evaluate_all(ends)
    assert abs((aid[0] - lamp[1]) - (tongue[0] - aid[1])) <= 1


def test_names_on_the_plan_stay_in_their_places_and_off_each_other(
    gallery: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(gallery + "wall", size=WALL)
    boxes = """zones => zones.flatMap(zone => {
        const bed = zone.querySelector(".bed").getBoundingClientRect();
        return [...zone.querySelectorAll("text")].map(text => text.getBoundingClientRect())
            .map(text => [text.left - bed.left, bed.right - text.right, text.top - bed.top, bed.bottom - text.bottom]);
    })"""
    found = page.locator(".plan .zone").evaluate_all(boxes)
    assert len(found) > 15
    assert min(min(each) for each in found) >= -3, "no word leaves its place by more than its ascenders' air"


@pytest.mark.parametrize("size", [TILL, PHONE, WALL])
def test_no_word_about_a_reader_is_cut_off(gallery: str, open_page: Callable[..., Page], size: tuple[int, int]) -> None:
    """A fingerprint is one word of 64 letters, and a person has to copy it."""
    page = open_page(gallery + "readers", size=size)
    page.locator("[data-name=Link] small.block").first.evaluate(
        "(each, words) => each.textContent = words", "9b82" * 16
    )
    cut = "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.textContent)"
    assert page.locator(".scroll, .cards small").evaluate_all(cut) == []
    right = "all => Math.max(...all.map(each => each.getBoundingClientRect().right))"
    assert page.locator(".cards td, .cards small").evaluate_all(right) <= size[0]


def test_axe_finds_what_is_wrong(gallery: str, open_page: Callable[..., Page], check_accessible: Checker) -> None:
    """The control: a picture without words and a field without a name are found."""
    page = open_page(gallery + "counts-empty", size=TILL)
    page.evaluate("document.querySelector('main').innerHTML = '<img src=\"/static/icon.svg\"><input>'")
    found = " ".join(check_accessible(page))
    assert "image-alt" in found
    assert "label" in found


def test_a_link_in_a_table_is_big_enough_for_a_finger(
    gallery: str, open_page: Callable[..., Page], check_accessible: Checker
) -> None:
    """Without the rule of `parts.css` it is not, and axe says nothing of it."""
    page = open_page(gallery + "counts-empty", size=PHONE)
    link = "<table><caption>Zs</caption><tr><th>Z</th></tr><tr><td><a href='/counts'>Z 1</a></td></tr></table>"
    page.evaluate("words => document.querySelector('main').insertAdjacentHTML('beforeend', words)", link)
    assert check_accessible(page, BY_SIZE) == []
    page.evaluate("document.querySelector('td a').style.cssText = 'display: inline; min-height: 0'")
    (found,) = check_accessible(page, BY_SIZE)
    assert "a finger misses it" in found


def test_a_young_store_says_that_it_learns_and_promises_no_figure(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "watch-calm", size=TILL)
    said = page.locator(".budget")
    expect(said).to_contain_text("reaches 22, the starting bar. This store is still learning")
    expect(said).to_contain_text("towards at most 1 a month")
    page.goto(gallery + "watch")
    expect(said).to_contain_text("reaches 22: about 0.4 false alarms a month.")


def test_a_count_that_lacks_pieces_leads_with_what_to_do(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "count-finished", size=TILL)
    expect(page.locator(".banner strong")).to_have_text("2 pieces to look for.")
    expect(page.locator(".figures")).to_contain_text("once found by hand")
    page.goto(gallery + "counts")
    expect(page.get_by_role("row").filter(has_text="1,075 of 1,077")).to_contain_text("2 to look for")


def test_the_two_counts_to_start_have_names_of_their_own(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "counts", size=TILL)
    for name in ("Start to count the safes", "Start to count the floor"):
        expect(page.get_by_role("button", name=name)).to_be_visible()


def test_a_word_is_explained_where_it_stands_to_mouse_finger_and_keys(
    gallery: str, open_page: Callable[..., Page], check_accessible: Checker
) -> None:
    page = open_page(gallery + "piece", size=TILL)
    word, meaning = page.get_by_role("button", name="Read in"), page.locator("#term-detectability")
    expect(meaning).to_be_hidden()
    word.hover()
    expect(meaning).to_be_visible()
    meaning.hover()  # it stays while the mouse is on it
    near = meaning.bounding_box()["y"] - word.bounding_box()["y"]
    assert abs(near) < 200, "it opens beside its word"
    assert check_accessible(page, BY_THEME) == []
    press_key(page, "Escape")
    expect(meaning).to_be_hidden()
    word.click()
    page.mouse.move(5, 5)
    expect(meaning).to_be_visible()
    press_key(page, "Escape")
    word.focus()
    press_key(page, "Enter")
    expect(meaning).to_be_visible()


def test_a_blind_pad_is_said_where_it_stands(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "wall-blind-pad", size=WALL)
    expect(page.locator(".plan .zone.pad.blind .tally")).to_have_text("Blind")
    said = page.locator(".banner.warn").first
    expect(said).to_contain_text("Case 3, earrings · Till pad.")
    expect(said).to_contain_text("91 of 162 pieces fell silent together at 14:02.")
    expect(said).to_contain_text("Reader pad-reader is silent")  # what blinds the first is not what blinds the second


def test_a_wall_of_a_thousand_alarms_shows_few_and_says_how_many_there_are(
    gallery: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(gallery + "wall-many", size=WALL)
    expect(page.locator("article.alarm")).to_have_count(2)
    expect(page.locator(".more li")).to_have_count(6)
    expect(page.get_by_role("link", name="and 992 more that are open")).to_be_visible()


def test_a_cart_whose_client_has_gone_says_what_to_do(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "register-left", size=TILL)
    expect(page.get_by_text("If the client is gone, park the cart for later or empty it.")).to_be_visible()


def test_a_deposit_alone_is_paid_with_nothing_on_the_pad(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "register-deposit", size=TILL)
    expect(page.get_by_text("The pad is empty.")).to_have_count(0)
    expect(page.get_by_role("button", name="Card, €12,400")).to_be_enabled()


def test_the_card_is_asked_for_what_is_left(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "register-aside", size=TILL)
    expect(page.get_by_role("button", name="Card, €16,050")).to_be_enabled()


def test_typing_gives_the_cash_without_looking_for_its_field(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "tender", size=TILL)
    cash = page.get_by_label("Cash received")
    expect(cash).to_have_value("")
    assert cash.evaluate("field => field.checkValidity()"), "empty is exactly what is due"
    type_text(page, "22 000")
    expect(cash).to_have_value("22 000")
    assert cash.evaluate("field => field.checkValidity()")


@pytest.mark.parametrize(
    ("key", "page_before", "button"), [("F2", "register-pad", "Ring up"), ("F8", "register-matched", "Card")]
)
def test_a_key_presses_its_button(
    gallery: str, open_page: Callable[..., Page], key: str, page_before: str, button: str
) -> None:
    """The register is worked by keys; the button a key stands for is the one that is pressed."""
    page = open_page(gallery + page_before, size=TILL)
    page.evaluate(
        "addEventListener('submit', e => { document.title = e.submitter.textContent; e.preventDefault(); e.stopImmediatePropagation(); }, true)"
    )
    press_key(page, key)
    assert button in page.title()


def test_the_theme_is_kept(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "readers", size=TILL)
    page.get_by_role("button", name="Light or dark").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


HANGS = """const real = indexedDB.open.bind(indexedDB);
    indexedDB.open = (...asked) => window.answers ? real(...asked) : {};"""


def test_a_till_whose_storage_hangs_says_that_it_keeps_no_second_copy(
    gallery: str, open_page: Callable[..., Page], expected_errors: list[str]
) -> None:
    """Nobody waits for it for ever, and it is asked again once it answers."""
    expected_errors.append("404")  # it then tells what it keeps, and a gallery has no box to hear it
    page = open_page(gallery + "register-empty", size=TILL)
    page.context.add_init_script(HANGS)
    page.clock.install()
    page.reload()
    page.evaluate("""() => {
        const at = '<div id="witness" data-store="flagship" data-till="till-1" data-news="{}"></div><p data-till-kept></p>';
        document.querySelector("main").insertAdjacentHTML("beforeend", at);
        document.body.dispatchEvent(new Event("hello"));
    }""")
    told = page.locator("[data-till-kept]").last
    expect(told).to_have_text("")
    page.clock.fast_forward(11_000)
    expect(told).to_have_text("This till keeps no second copy.")
    page.evaluate("window.answers = true; document.body.dispatchEvent(new Event('hello'))")
    page.wait_for_function("indexedDB.databases().then((all) => all.some((each) => each.name === 'vitrine-till'))")


def test_pages_of_the_floor_say_nothing_that_is_not_so(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "looks-none", size=TILL)
    expect(page.get_by_text("What lies on it is not read until its reader is back.")).to_be_visible()
    expect(page.get_by_text("Nothing answers on it.")).to_have_count(0)
    page.goto(gallery + "tags")
    bought = page.get_by_role("listitem").filter(has_text="Signet ring")
    expect(bought.locator("small")).to_have_text("buy-0193")  # without an article, and without the dot before one
    page.goto(gallery + "reader-silent")
    expect(page.get_by_text("It never stopped")).to_have_count(0)
    page.goto(gallery + "zone-history")
    expect(page.get_by_text("all its pieces together").first).to_be_visible()  # for those are no hours of one piece
    page.goto(gallery + "readers-fifty")
    names = page.locator(".readers .title strong").evaluate_all(
        "all => all.map((each) => each.getClientRects().length)"
    )
    assert set(names) == {1}, "the name of a reader is not broken at its hyphen"
    page.goto(gallery + "watch")
    expect(page.get_by_text("tags are heard from next door or passing by")).to_be_visible()


@pytest.mark.parametrize("size", [TILL, PHONE])
def test_what_is_said_beside_a_heading_stands_beside_it_or_begins_where_it_begins(
    gallery: str, open_page: Callable[..., Page], size: tuple[int, int]
) -> None:
    """Never alone at the right, below a heading at the left."""
    page = open_page(gallery + "watch", size=size)
    ends = """header => { const words = document.createRange(); words.selectNodeContents(header.querySelector("span.soft"));
        const [head, said] = [header.querySelector("h2").getBoundingClientRect(), words.getBoundingClientRect()];
        return [said.left - head.left, said.top < head.bottom]; }"""
    headers = page.locator(".sheet > header:has(> span.soft:last-child)")
    found = headers.evaluate_all(f"all => all.map({ends})")
    assert len(found) == 3
    assert all(level or abs(left) <= 1 for left, level in found)
    assert any(level for _, level in found) == (size == TILL)


INLINE = """() => {
    const script = document.createElement("script");
    script.textContent = "document.body.dataset.ran = 'yes'";
    document.body.append(script);
    document.querySelector("main").insertAdjacentHTML("beforeend", "<img src='data:x' onerror='document.body.dataset.ran = 1'>");
    const far = document.createElement("script");
    far.src = "https://elsewhere.example/x.js";
    document.body.append(far);
}"""


def test_a_script_that_got_into_a_page_does_nothing(
    gallery: str, open_page: Callable[..., Page], expected_errors: list[str]
) -> None:
    """The policy is the browser's to hold: without its header the same script runs."""
    expected_errors += ["Content Security Policy", "ERR_", "Failed to load"]
    page = open_page(gallery + "looks", size=TILL)
    with page.expect_event("requestfailed", lambda each: "elsewhere" in each.url) as far:
        page.evaluate(INLINE)
    assert far.value.failure == "csp", "it never left the browser"
    assert page.locator("body").get_attribute("data-ran") is None

    def bare(route: Route) -> None:
        answer = route.fetch()
        headers = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
        route.fulfill(response=answer, headers=headers)

    page.route("**/looks", bare)
    page.route("**/elsewhere.example/**", lambda route: route.abort())
    page.goto(gallery + "looks")
    page.evaluate(INLINE)
    page.wait_for_function("document.body.dataset.ran")


def test_a_short_note_stands_beside_its_heading_in_a_narrow_sheet_too(
    gallery: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(gallery + "tags", size=TILL)
    head, note = page.locator("#queue-title, #queue-title + span").evaluate_all(
        "all => all.map((each) => each.getBoundingClientRect()).map((each) => [each.top, each.bottom])"
    )
    assert head[0] < note[1] <= head[1] + 4
