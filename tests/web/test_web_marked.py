"""No template says anything that cannot be said in another language: every text stands in `_()` or its kin."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(path for room in ("cloud", "edge", "web") for path in (ROOT / room).rglob("*.html"))
ALIKE = frozenset((
    "esc", "epc", "sha", "csv", "xlsx", "kib", "vitrine", "bgnbd", "nbd", "gamma", "whatsapp", "ipad", "iphone", "android",
    "windows", "chromeos", "linux", "name", "example", "com",
))  # fmt: skip
"""Abbreviations and names that stand in every language as they are."""
MARKED = re.compile(
    r"""\b(_|gettext|ngettext|pgettext|npgettext)\((?:[^()"']|"[^"]*"|'[^']*'|\((?:[^()]|\([^()]*\))*\))*\)"""
)
LITERAL = re.compile(r'"([^"]*)"')
SENTENCE = re.compile(r"^[A-Z][a-z]+( [a-z]+)+|^[A-Z][a-z]{3,}$|[a-z]{3,} [a-z]{2,} [a-z]{2,}")
ADDRESS = re.compile(r"[\s…]*(/|hx-)")
NO_WORDS = re.compile(r"from:body|queue last|^(Enter|Escape|Delete)$|grid|no-print")


class Texts(HTMLParser):
    """Texts of a page that somebody reads; not those of commands and of what is kept in one language."""

    OWN = ("code", "kbd", "script", "style", "pre", "template")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._own = 0

    def handle_starttag(self, tag, attrs):
        self._own += tag in self.OWN
        self.found += [
            value for name, value in attrs if name in ("aria-label", "placeholder", "alt", "title") and value
        ]

    def handle_endtag(self, tag):
        self._own -= tag in self.OWN

    def handle_data(self, data):
        if not self._own:
            self.found.append(data)


def unmarked(template: str) -> list[str]:
    bare = re.sub(
        r"{#.*?#}|{%-?\s*trans\b.*?endtrans\s*-?%}|{%-?\s*block (live|main_class).*?endblock\s*-?%}",
        "",
        template,
        flags=re.DOTALL,
    )
    said = [
        text
        for part in re.findall(r"{[{%](.*?)[%}]}", bare, flags=re.DOTALL)
        for text in LITERAL.findall(MARKED.sub("", part))
        if SENTENCE.search(text) and not NO_WORDS.search(text)
    ]
    reader = Texts()
    reader.feed(re.sub(r"{%.*?%}", " ", re.sub(r"{{.*?}}", "…", bare, flags=re.DOTALL), flags=re.DOTALL))
    words = [(text, re.findall(r"[^\W\d_]{3,}", text.replace("&nbsp;", ""))) for text in reader.found]
    return [
        *said,
        *(text.strip() for text, known in words if {w.lower() for w in known} - ALIKE and not ADDRESS.match(text)),
    ]


@pytest.mark.parametrize("room", ["cloud", "edge", "web"])
def test_every_text_of_every_template_is_marked(room):
    told = {
        path.name: unmarked(path.read_text(encoding="utf-8")) for path in TEMPLATES if path.is_relative_to(ROOT / room)
    }
    assert {name: texts for name, texts in told.items() if texts} == {}, "wrap them: docs/languages.md"


def test_a_text_that_is_not_marked_is_found():
    assert unmarked('<p>{{ _("Sold") }} of {{ n }} rows</p>') == ["… of … rows"]
    assert unmarked('<p>{{ "Nothing was kept" if n else _("Kept") }}</p>') == ["Nothing was kept"]
    assert unmarked('<p>{% trans %}Sold <b>here</b>{% endtrans %} {{ _("a (b) %(c)s", c=x | day) }}</p>') == []
