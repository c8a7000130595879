"""The pictures of the user's guide show the pages as they are: each was taken of a page with these words and styles.

`VITRINE_WRITE=1 pytest tests/e2e/test_e2e_guide.py` takes those anew whose pages changed.
"""

import hashlib
import io
import json
import os
import re
import runpy
import warnings
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Page

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guide"
PICTURES = GUIDE / "pictures"
TAKEN = PICTURES / "taken.json"
PICTURES_MAX, BYTES_MAX, COLOURS = 25, 2_000_000, 64
TILL, PHONE = (1024, 768), (390, 844)
SHOWN = {
    "sign-in": TILL, "register-empty": TILL, "register-matched": TILL, "register-mismatch": TILL, "tender": TILL,
    "receipt": TILL, "counts": TILL, "count-running": TILL, "count-review": TILL, "closing": TILL, "wall": TILL,
    "alarm-why": TILL, "readers": TILL, "client": TILL, "order-layaway": TILL, "appointment-out": TILL, "return": TILL,
    "shift-close": TILL, "pass": PHONE, "help": TILL,
}  # fmt: skip
"""Page of the gallery → size of its picture."""
READER = runpy.run_path(str(Path(__file__).with_name("pseudo.py")))["Reader"]


def fingerprint(client: httpx.Client, name: str) -> str:
    """Of what a page says, and of the styles it names."""
    html = client.get(f"/gallery/{name}").text
    reader = READER()
    reader.feed(html)
    styles = sorted(re.findall(r'<link rel="stylesheet" href="([^"]+)"', html))
    return hashlib.sha256("\n".join([*reader.seen, *styles]).encode()).hexdigest()[:16]


@pytest.fixture(scope="module")
def prints(gallery_app: Callable[..., FastAPI]) -> dict[str, str]:
    with TestClient(gallery_app()) as client:
        return {name: fingerprint(client, name) for name in SHOWN}


def test_every_picture_is_of_the_page_as_it_is(
    prints: dict[str, str], gallery: str, open_page: Callable[..., Page]
) -> None:
    taken = json.loads(TAKEN.read_text(encoding="utf-8")) if TAKEN.is_file() else {}
    stale = [name for name in SHOWN if taken.get(name) != prints[name] or not picture_of(name).is_file()]
    if os.environ.get("VITRINE_WRITE") and stale:
        page = open_page(gallery + stale[0], size=TILL)
        for name in stale:
            take(page, gallery, name)
        TAKEN.write_text(json.dumps(prints, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        stale = []
    assert stale == [], "these pages changed: VITRINE_WRITE=1 pytest tests/e2e/test_e2e_guide.py, and look at them"


def picture_of(name: str) -> Path:
    return PICTURES / f"{name}.png"


def take(page: Page, gallery: str, name: str) -> None:
    """As small as a picture of text and few colours can be."""
    width, height = SHOWN[name]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(gallery + name, wait_until="load")
    whole = Image.open(io.BytesIO(page.screenshot()))
    PICTURES.mkdir(parents=True, exist_ok=True)
    whole.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(picture_of(name), optimize=True)


def test_the_pictures_are_few_and_small_and_each_stands_in_the_guide() -> None:
    pictures = sorted(PICTURES.glob("*.png"))
    assert {each.stem for each in pictures} == set(SHOWN)
    assert len(pictures) <= PICTURES_MAX
    assert sum(each.stat().st_size for each in pictures) <= BYTES_MAX
    text = "".join(each.read_text(encoding="utf-8") for each in GUIDE.glob("*.md"))
    assert {name for name in SHOWN if f"pictures/{name}.png" not in text} == set()


def test_another_word_or_another_style_is_another_print() -> None:
    page = {"text": '<link rel="stylesheet" href="/a.css?v=1"><p>Sell</p>'}

    class Answer:
        text = ""

    class Client:
        def get(self, _path: str) -> Answer:
            answer = Answer()
            answer.text = page["text"]
            return answer

    first = fingerprint(Client(), "any")
    page["text"] = page["text"].replace("Sell", "Sale")
    second = fingerprint(Client(), "any")
    page["text"] = page["text"].replace("v=1", "v=2")
    assert len({first, second, fingerprint(Client(), "any")}) == 3
