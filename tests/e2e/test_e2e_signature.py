"""The field to sign on, with a real pointer: what was drawn goes with the form, an empty field sends nothing."""

from collections.abc import Callable

from playwright.sync_api import Page

SENT = """form => {
  form.addEventListener("submit", (event) => { event.preventDefault(); event.stopImmediatePropagation(); }, true);
  form.requestSubmit();
  return form.elements.drawing.value;
}"""


def test_what_is_drawn_is_sent_and_what_is_cleared_is_not(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{gallery}things-engraving", size=(1280, 800))
    pad = page.locator("canvas[data-signature]").first
    pad.scroll_into_view_if_needed()
    form = page.locator("form", has=pad).first
    assert form.evaluate(SENT) == ""
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 120, steps=8)
    page.mouse.up()
    assert form.evaluate(SENT).startswith("data:image/png;base64,")
    form.get_by_role("button", name="Clear the field").click()
    assert form.evaluate(SENT) == ""
