"""Every text of the store is marked for translation, and no page breaks when texts are longer and run from the right."""

import dataclasses
import runpy
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
from fastapi import FastAPI
from playwright.sync_api import Page

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

PSEUDO = runpy.run_path(str(Path(__file__).with_name("pseudo.py")))
TILL, PHONE = (1024, 768), (390, 844)
DATA = frozenset(
    word
    for words in (
        "register orders clients appointments counts pass tags looks look for loss prevention wall readers",
        "jan feb mar apr may jun jul aug sep sept oct nov dec min eur usd gbp jpy chf vitrine flagship europe paris",
        "marc oyelaran deutsch français italiano english esc csv pdf rfid epc tid ios ipados android windows chromeos",
        "linux iphone ipad ctrl profile house crt",
    )
    for word in words.split()
)
"""Names, abbreviations and units that stand in every language as they are; the rest of a page's data is in its sample."""


def strings(value: object, seen: dict[int, object]) -> Iterator[str]:
    """Every text inside a sample. `seen` keeps what was looked at, so that nothing else gets its id."""
    if id(value) in seen or isinstance(value, bytes | int | float):
        return
    seen[id(value)] = value
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(key, seen)
            yield from strings(inner, seen)
    elif isinstance(value, Iterable):
        for inner in value:
            yield from strings(inner, seen)
    else:
        fields = getattr(value, "__struct_fields__", ())
        if isinstance(value, Exception | SimpleNamespace):
            fields = vars(value)
        if dataclasses.is_dataclass(value):
            fields = [field.name for field in dataclasses.fields(value)]
        for field in fields:
            yield from strings(getattr(value, field), seen)


def unmarked(client: httpx.Client, name: str, values: dict[str, object]) -> list[str]:
    data = set(DATA)
    for text in strings(values, {}):
        data |= {word.lower() for word in PSEUDO["WORD"].findall(text)}
    return PSEUDO["unmarked"](client.get(f"/gallery/{name}?tongue=ACCENTED").text, data)


def test_every_text_of_the_store_is_marked(gallery_app: Callable[..., FastAPI], gallery_pages) -> None:
    found: dict[str, set[str]] = {}
    with TestClient(gallery_app()) as client:
        for name, (template, values) in gallery_pages.items():
            if texts := unmarked(client, name, values):
                found.setdefault(template, set()).update(texts)
    assert {template: sorted(texts)[:5] for template, texts in found.items()} == {}, "wrap them: docs/languages.md"


def test_a_text_that_is_not_marked_is_found() -> None:
    page = '<p>⟦Çärt···⟧ EUR</p><p title="Pay now">⟦Päý⟧</p><p>Ana</p>'
    assert PSEUDO["unmarked"](page, {"eur", "ana"}) == ["Pay now"]
    assert PSEUDO["unmarked"]("<p>Pay ⟦Päý ⟦ïñ⟧ <b>Ana</b> ñöw⟧</p>", set()) == ["Pay"]


def test_no_page_scrolls_sideways_in_a_long_language_that_runs_from_the_right(
    gallery: str, gallery_pages, open_page: Callable[..., Page]
) -> None:
    """The first sample of each template, at the till and on a phone."""
    page = open_page(gallery + "counts-empty?tongue=RIGHT_TO_LEFT", size=TILL)
    assert page.evaluate("getComputedStyle(document.documentElement).direction") == "rtl"
    first = {template: name for name, (template, _) in reversed(gallery_pages.items())}
    wide = {}
    for name in first.values():
        page.goto(f"{gallery}{name}?tongue=RIGHT_TO_LEFT", wait_until="load")
        for size in (TILL, PHONE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            found = page.evaluate("document.documentElement.scrollWidth")
            if found > size[0]:
                wide[f"{name} at {size[0]}"] = found
    assert wide == {}
    page.evaluate("document.querySelector('main').style.cssText = 'inline-size: 200vw'")
    assert page.evaluate("document.documentElement.scrollWidth") > PHONE[0], "the control"
