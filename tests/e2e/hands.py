"""What a person does at a page, no sooner than a person could: `conftest` makes this importable as `house_hands`.

What a page shows is there before its scripts are, and on a busy machine a key pressed between the two is heard by nobody.
"""

from urllib.parse import urlsplit

from playwright.sync_api import Page


def press_key(page: Page, key: str) -> None:
    page.wait_for_load_state()
    page.keyboard.press(key)


def type_text(page: Page, text: str) -> None:
    page.wait_for_load_state()
    page.keyboard.type(text)


def arrived(page: Page, path: str) -> None:
    """Waits for the page at this path itself: `/sign-in?next=/register` ends like the register, and is not it."""
    page.wait_for_url(lambda url: urlsplit(url).path == path)
