"""The pages keep to their policy: no script and no style inside a page, and every form that posts carries its token."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from web.headers import CSP

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    path for room in ("edge/api", "cloud", "web/templates") for path in (ROOT / room).rglob("templates/*.html")
) + sorted((ROOT / "web" / "templates").glob("*.html"))
INLINE = re.compile(r"""<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=["']|javascript:""")
FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL)
POSTS = re.compile(r"""<form\b[^>]*method="post\"""")
OPEN = ("/sign-in", "/language", "/your-order", "/your-history", "/stop/", "/invited/")
"""Nobody is signed in there yet, or nothing of theirs is changed; another site's form is turned away by its origin."""


def bare_forms(text: str) -> Iterator[str]:
    for form in FORM.findall(text):
        opening = form[: form.index(">") + 1]
        bare = POSTS.match(opening) and not re.search(r"csrf\(|name=\"csrf\"", form)
        if bare and not any(f'action="{path}' in opening for path in OPEN):
            yield opening


def test_the_policy_allows_nothing_inside_a_page() -> None:
    assert "unsafe-inline" not in CSP
    assert "unsafe-eval" not in CSP
    assert "default-src 'self'" in CSP


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_template_has_nothing_inline_and_no_form_without_its_token(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert INLINE.findall(text) == []
    if "/receipts/" not in path.as_posix():
        assert list(bare_forms(text)) == []


def test_what_is_inline_and_a_form_without_its_token_are_found() -> None:
    for bad in ("<script>", '<p style="a">', '<a onclick="x()">', '<a href="javascript:x">', "<style>"):
        assert INLINE.search(bad), bad
    assert not INLINE.search('<script src="/static/vitrine.js" defer></script>')
    assert list(bare_forms('<form method="post" action="/sell"><button>Sell</button></form>'))
    assert not list(bare_forms('<form method="post" action="/sell">{{ csrf(login) }}</form>'))
