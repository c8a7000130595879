"""The first row of every page of the office: it holds on a narrow phone, and its lamp says what runs now."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from cloud.app import Cloud
from cloud.pos.segments.job import Progress

NARROW = (320, 690)
"""CSS pixels: the width to which WCAG 2.2 SC 1.4.10 lets a page be narrowed without scrolling sideways."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, serve, make_office) -> Iterator[tuple[str, Cloud]]:
    cloud = make_office(tmp_path_factory.mktemp("office"))
    yield serve(cloud.app), cloud
    cloud.office.close()


@pytest.fixture
def working(office: tuple[str, Cloud], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many jobs run: a test says so, where a real one would be over too soon to be looked at."""
    number = [1]
    monkeypatch.setitem(office[1].app.state.front.globals, "jobs_running", lambda: number[0])
    return number


@pytest.mark.parametrize("language", ["en", "de", "fr", "it", "zh"])
def test_the_first_row_holds_on_the_narrowest_phone_while_a_job_runs(
    office: tuple[str, Cloud], working: list[int], open_page: Callable[..., Page], language: str
) -> None:
    url, cloud = office
    page = open_page("about:blank", size=NARROW)
    front = cloud.app.state.front
    page.context.add_cookies([{"name": front.cookie, "value": front.logins.begin("admin").token, "url": url}])
    page.context.set_extra_http_headers({"Accept-Language": language})
    working[0] = 12
    page.goto(f"{url}/pieces/import")
    assert page.locator("html").get_attribute("lang") == language
    expect(page.locator(".lamp .many")).to_have_text("12")
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW[0]


@pytest.mark.looks_at("/jobs")
def test_help_and_theme_are_in_the_drawer_of_a_phone(office, signed_in, look_at, working) -> None:
    url, _ = office
    page = signed_in(url, "/jobs", user="admin")
    look_at(page, "frame-with-a-job")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".drawer > summary").click()
    page.get_by_role("button", name="Light or dark").click()
    assert page.locator("html").get_attribute("data-theme") is not None
    page.get_by_role("link", name="Help", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.url == f"{url}/help"


def test_the_lamp_goes_out_with_the_job_on_a_page_that_only_asks_how_far_it_is(office, signed_in, working) -> None:
    url, cloud = office
    cloud.divisions.progress = Progress(busy=True)
    page = signed_in(url, "/jobs", user="admin")
    expect(page.get_by_role("link", name="1 job runs")).to_be_visible()
    working[0], cloud.divisions.progress = 0, Progress()
    expect(page.get_by_role("link", name="1 job runs")).to_have_count(0)
    assert page.url == f"{url}/jobs"


def test_the_page_one_is_on_is_in_sight_in_the_second_row_of_a_phone(office, signed_in) -> None:
    url, _ = office
    page = signed_in(url, "/commissions", user="admin", size=(390, 844))
    here = page.locator(".pages [aria-current]")
    expect(here).to_have_text("Commissions")
    box = here.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390, "the last of seven: the row was scrolled to it"


def test_small_words_of_a_value_stand_under_it_on_a_phone(office, signed_in) -> None:
    url, _ = office
    page = signed_in(url, "/jobs", user="admin", size=(390, 844))
    page.evaluate(
        """document.querySelector("main").innerHTML = `<table class="cards"><tbody><tr><td>Ring</td>
        <td data-name="Weight" class="number">9.20 g<small class="soft block">typed</small></td>
        <td data-name="Paid" class="number">480.00</td></tr></tbody></table>`"""
    )
    cell, small = page.locator("td[data-name=Weight]"), page.locator("td[data-name=Weight] small")
    value = page.evaluate(
        """() => { const range = document.createRange();
        range.selectNodeContents(document.querySelector("td[data-name=Weight]").firstChild);
        const box = range.getBoundingClientRect(); return [box.right, box.bottom] }"""
    )
    box, of = small.bounding_box(), cell.bounding_box()
    assert value[0] == pytest.approx(of["x"] + of["width"], abs=1), "the value ends where all values of the card end"
    assert box["x"] + box["width"] == pytest.approx(value[0], abs=1)
    assert box["y"] >= value[1] - 6
