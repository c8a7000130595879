"""Help where it is needed: words that mean what the glossary says, a card for each role, first steps that go away."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
from fastapi import FastAPI, Request

from web.first_steps import Step
from web.glossary import TERMS
from web.quick_cards import CARDS

ROOT = Path(__file__).resolve().parents[2]


def entries(text: str) -> dict[str, str]:
    """The rows of the glossary's table."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", text, re.MULTILINE)
    return {word.strip(): meaning.strip() for word, meaning in rows}


def differing(known: dict[str, str]) -> list[str]:
    return [key for key, term in TERMS.items() if not known.get(term.entry, "").startswith(str(term.meaning))]


def test_a_word_means_on_a_page_what_the_glossary_says() -> None:
    known = entries((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
    assert differing(known) == []
    known["BLIND"] = "something else"
    assert differing(known) == ["blind"], "the control"


USED = re.compile(r"""\bterm\(\s*["']([a-z-]+)["']""")


def used(texts: dict[str, str]) -> dict[str, list[str]]:
    """The words that each template explains."""
    return {name: found for name, text in texts.items() if (found := USED.findall(text))}


def wrong(explained: dict[str, list[str]]) -> list[str]:
    """Words nobody explained, and words explained twice on a page: both would open the same meaning."""
    unknown = [f"{name}: {word}" for name, words in explained.items() for word in words if word not in TERMS]
    return unknown + [name for name, words in explained.items() if len(words) != len(set(words))]


def test_every_word_a_page_explains_is_in_the_glossary_and_is_explained_once_there() -> None:
    rooms = (ROOT / room for room in ("web", "edge", "cloud"))
    texts = {str(path): path.read_text(encoding="utf-8") for room in rooms for path in room.rglob("*.html")}
    explained = used(texts)
    assert wrong(explained) == []
    assert {"p-complete", "z", "detectability", "melee", "consignment"} <= {
        w for words in explained.values() for w in words
    }
    assert wrong(used({"a": "{{ term('z') }}{{ term('z') }}{{ term('zap') }}"})) == ["a: zap", "a"], "the control"


def test_help_has_every_word_and_a_card_for_each_role(
    client: httpx.Client, sign_in: Callable[[str], str], html: httpx.Headers
) -> None:
    sign_in("ana")
    page = client.get("/help", headers=html).text
    for term in TERMS.values():
        assert str(term.meaning).replace("'", "&#39;") in page
    for key, card in CARDS.items():
        sheet = client.get(f"/help/cards/{key}", headers=html).text
        assert all(str(part.title) in sheet for part in card.parts)
    assert client.get("/help/cards/king", headers=html).status_code == 404


def test_first_steps_are_shown_until_all_are_done(
    app_and_logins: tuple[FastAPI, object], client: httpx.Client, sign_in: Callable[[str], str], html: httpx.Headers
) -> None:
    done = {"count": False}

    async def steps(request: Request) -> tuple[Step, ...]:
        return (
            Step("Reach the office", "By a token.", True),
            Step("Count once", "It teaches.", done["count"], "/counts"),
        )

    app_and_logins[0].state.first_steps = steps
    sign_in("ana")
    shown = client.get("/help", headers=html).text
    assert '<a href="/counts">Count once</a>' in shown
    assert "By a token." not in shown
    done["count"] = True
    assert "First steps" not in client.get("/help", headers=html).text
