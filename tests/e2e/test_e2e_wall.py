"""The wall's own manners in a real browser: it speaks when it may, says when it hears nothing, and slides through hours."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

WALL, TILL = (1920, 1080), (1024, 768)
LISTEN = "() => { window.rung = []; document.addEventListener('vitrine:rang', each => window.rung.push(each.detail)); }"


def test_the_wall_is_silent_until_somebody_presses_and_says_so(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "wall", size=WALL)
    sound = page.get_by_role("button", name="Sound is off: press to hear alarms")
    expect(sound).to_have_attribute("aria-pressed", "false")
    page.evaluate(LISTEN)
    sound.click()
    expect(page.get_by_role("button", name="Sound is on")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("window.rung") == ["siren"], "the loudest that nobody looks after"
    page.get_by_role("button", name="Sound is on").click()
    expect(sound).to_be_visible()


def test_a_calm_wall_with_sound_rings_for_nothing(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(gallery + "wall-calm", size=WALL)
    page.evaluate(LISTEN)
    page.get_by_role("button", name="Sound is off").click()
    expect(page.get_by_role("button", name="Sound is on")).to_be_visible()
    assert page.evaluate("window.rung") == []


def test_the_alarms_do_not_jump_when_a_browser_hears_of_the_plan_later(
    gallery: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(gallery + "wall", size=TILL)
    left = "document.getElementById('wall-alarms').getBoundingClientRect().left"
    with_plan = page.evaluate(left)
    page.evaluate("document.getElementById('wall-floor').remove()")
    assert page.evaluate(left) == with_plan > TILL[0] / 3


def test_a_wall_that_is_cut_off_says_so_in_large_letters(
    gallery: str, open_page: Callable[..., Page], expected_errors: list[str]
) -> None:
    expected_errors.append("ERR_INTERNET_DISCONNECTED")
    page = open_page(gallery + "wall", size=WALL)
    expect(page.locator(".live.on")).to_be_visible()
    expect(page.get_by_text("This wall hears nothing from the box.")).to_be_hidden()
    page.context.set_offline(True)
    expect(page.get_by_text("This wall hears nothing from the box.")).to_be_visible()
    page.context.set_offline(False)


def test_the_last_hours_are_walked_with_the_arrows_and_played_with_one_press(
    gallery: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(gallery + "last-hours", size=TILL)
    slider = page.get_by_label("Moment that is shown")
    expect(slider).to_have_value("70")
    slider.press("ArrowRight")
    expect(slider).to_have_value("71")
    page.get_by_role("button", name="Play").click()
    expect(slider).to_have_value("72")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_an_alarm_is_closed_with_one_press_and_a_count_approved_with_one_key(
    gallery: str, open_page: Callable[..., Page]
) -> None:
    """Issue 7 allows two, and three: the form that one press sends has all that the act needs."""
    page = open_page(gallery + "wall", size=TILL)
    closing = page.locator("article.alarm form").first
    assert closing.evaluate("form => form.checkValidity()")
    expect(closing.get_by_role("button", name="False alarm")).to_have_attribute("value", "false_alarm")
    page.goto(gallery + "count-review")
    approve = page.locator("[data-key=F8]")
    expect(approve).to_be_in_viewport()
    assert approve.evaluate("button => button.form.checkValidity()")


def test_a_new_alarms_way_is_asked_for_by_the_clock_and_no_longer_once_it_is_grown(
    gallery: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(gallery + "wall", size=WALL)
    asked: list[bool] = []
    section = page.locator("#wall-alarms").evaluate("each => each.outerHTML")
    growing = re.sub(r'hx-trigger="([^"]*)"', r'hx-trigger="\1, every 2s"', section)
    assert growing != section

    def answer(route: Route) -> None:
        asked.append(len(asked) < 2)
        route.fulfill(content_type="text/html", body=growing if asked[-1] else section)

    page.route("**/wall/alarms", answer)
    page.wait_for_timeout(2_500)
    assert asked == [], "no alarm is new"
    page.evaluate("document.body.dispatchEvent(new Event('alarms'))")
    page.wait_for_timeout(9_000)
    assert asked == [True, True, False], "at once, by the clock while one is new, and not after"
