"""Pages speak the reader's language: what is chosen, what is written how, and that no catalogue is behind the source."""

import re
import string
from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from fastapi import FastAPI

from contract.facts import ClaimKind
from contract.feed import StaffCard
from contract.ids import ClaimId, PieceId, SaleId, TillId, UserId
from trade.claim import Claim
from trade.piece import Standing, claimed
from trade.sale import Sale, SaleState, must_be
from vitrine import words as gathering
from web import figures, words
from web.catalogues import LANGUAGES_WITH_CATALOGUE, TEMPLATE, po_of
from web.logins import Logins
from web.phrases import phrase_of, said
from web.speaking import asked_for
from web.words import later, spoken_in, tongue

NARROW = "\u202f"
NOON_US = 1_795_000_000_000_000
YEAR_US = 365 * 86_400_000_000
PARIS = ZoneInfo("Europe/Paris")


def catalogue(language: str) -> Catalog:
    with po_of(language).open("rb") as file:
        return read_po(file, locale=language)


def behind(kept: str, source: str) -> str:
    return "" if kept == source else "a text changed: run `python -m vitrine words` and translate what is new"


def test_no_catalogue_is_behind_the_source() -> None:
    source = gathering.gathered()
    assert behind(TEMPLATE.read_text(encoding="utf-8"), gathering.text_of(source)) == ""
    for language in LANGUAGES_WITH_CATALOGUE:
        fresh = gathering.text_of(gathering.renewed(language, source))
        assert behind(po_of(language).read_text(encoding="utf-8"), fresh) == "", language
    source.add("A text nobody gathered")
    assert behind(TEMPLATE.read_text(encoding="utf-8"), gathering.text_of(source)) != "", "the control"


CLIENTS_OWN = (
    "cloud/pos/client_orders/templates/yours.html", "cloud/pos/clients/templates/yours.html", "cloud/pos/clients/private.py",
    "cloud/pos/receipts/templates/check.html", "cloud/pos/campaigns/templates/invited.html", "contract/order_page.py",
    "cloud/pos/client_orders/answering.py", "cloud/pos/client_orders/progress.py", "cloud/pos/client_orders/private.py",
    "cloud/pos/messages/templates/stop.html", "contract/receipt_code.py", "trade/orders/telling.py",
    "web/templates/private.html", "web/templates/private_problem.html",
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES_WITH_CATALOGUE)
def test_whatever_a_client_reads_on_pages_of_their_own_is_translated(language: str) -> None:
    with po_of(language).open("rb") as file:
        catalogue = read_po(file, locale=language)
    theirs = [each for each in catalogue if each.id and any(file in CLIENTS_OWN for file, _ in each.locations)]
    assert {file for each in theirs for file, _ in each.locations} >= set(CLIENTS_OWN) - {
        "web/templates/private.html"
    }, "a file was moved, and nobody looks at its words any more"
    assert [each.id for each in theirs if not each.string] == []


def places(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[sd]|%%|<[^>]+>", text))


def disagreeing(found: Catalog) -> list[str]:
    """Messages whose translation lost or invented a placeholder or a tag."""
    wrong = []
    for message in found:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        allowed = [places(each) for each in ids]
        wrong += [each for each in strings if message.id and each and places(each) not in allowed]
    return wrong


@pytest.mark.parametrize("language", LANGUAGES_WITH_CATALOGUE)
def test_every_translation_keeps_its_placeholders(language: str) -> None:
    assert disagreeing(catalogue(language)) == []


def test_a_lost_placeholder_is_found() -> None:
    bad = Catalog(locale="fr")
    bad.add("%(n)s pieces", "%(m)s pièces")
    bad.add("fine", "bien")
    assert disagreeing(bad) == ["%(m)s pièces"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("en;q=0.3, de;q=0.9", "de"),
        ("it ; Q=0.3 , fr; q=0.9", "fr"),
        ("zh-Hans-CN", "zh"),
        ("nl, it;q=0.2", "it"),
        ("*", ""),
        ("fr;q=no", ""),
        ("fr;q=0", ""),
        ("", ""),
        ("," * 100_000, ""),
    ],
)
def test_a_browser_is_spoken_to_as_it_asks(accepted: str, language: str) -> None:
    assert asked_for(accepted) == language


def test_a_choice_is_remembered_and_goes_before_what_the_browser_asks(
    client: httpx.Client, html: httpx.Headers
) -> None:
    asked = {**html, "Accept-Language": "de"}
    assert '<html lang="de"' in client.get("/nowhere", headers=asked).text
    chosen = client.post("/language", data={"language": "fr", "next": "/nowhere"}, follow_redirects=False)
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/nowhere")
    assert '<html lang="fr"' in client.get("/nowhere", headers=asked).text
    away = client.post("/language", data={"language": "it", "next": "//elsewhere"}, follow_redirects=False)
    assert away.headers["location"] == "/"
    assert client.post("/language", data={"language": "xx"}).status_code == 422
    long = "/nowhere?q=" + "%E4%B8%AD" * 40
    kept = client.post("/language", data={"language": "fr", "next": long}, follow_redirects=False)
    assert kept.headers["location"] == long, "a list that is looked through in Chinese is a long address"


def test_a_persons_own_language_goes_before_the_browsers_and_programs_read_english(
    app_and_logins: tuple[FastAPI, Logins], client: httpx.Client, html: httpx.Headers, sign_in: Callable[[str], str],
    bearer: Callable[[str], dict[str, str]], staff: dict[UserId, StaffCard],
) -> None:  # fmt: skip
    app, _ = app_and_logins
    asked = {**html, "Accept-Language": "de"}

    async def keep(user: UserId, language: str) -> None:
        staff[user] = msgspec.structs.replace(staff[user], language=language)

    app.state.front = replace(app.state.front, prefers=keep)
    sign_in("ana")
    assert '<html lang="de"' in client.get("/me", headers=asked).text
    client.post("/language", data={"language": "fr", "next": "/me"})
    client.cookies.delete("vitrine-language")
    assert '<html lang="fr"' in client.get("/me", headers=asked).text
    client.cookies.clear()
    assert '<html lang="de"' in client.get("/sign-in", headers=asked).text, "whoever comes next is not she"
    refused = client.post("/api/v1/numbers", json={"number": 1}, headers=bearer("ana"))
    assert "This is not yours to do" in refused.text


def test_another_site_changes_no_language(client: httpx.Client) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/language", data={"language": "fr"}, headers=headers).status_code == 403


def test_a_request_leaves_no_tongue_behind(app_and_logins: tuple[FastAPI, object], client: httpx.Client) -> None:
    client.get("/page", headers={"Accept-Language": "fr"})
    assert words.spoken().language == "en"


FORMS: list[tuple[Callable[[], str], dict[str, str]]] = [
    (lambda: figures.money(1_240_050, "EUR"), {"en": "€12,400.50", "fr": f"12{NARROW}400,50{NARROW}€", "de": f"12.400,50{NARROW}€", "zh": "€12,400.50"}),
    (lambda: figures.money(-5, "USD"), {"en": "−$0.05", "it": f"−0,05{NARROW}$"}),
    (lambda: figures.money(120_000, "CHF"), {"en": f"CHF{NARROW}1,200", "de": f"1.200{NARROW}CHF"}),
    (lambda: figures.weight(4270), {"en": f"4.27{NARROW}g", "fr": f"4,27{NARROW}g"}),
    (lambda: figures.percent(0.99961), {"en": f"99.96{NARROW}%", "de": f"99,96{NARROW}%"}),
    (lambda: figures.certain(0.9996, whole=False), {"it": f">{NARROW}99,9{NARROW}%"}),
    (lambda: figures.count(12_345), {"en": "12,345", "de": "12.345"}),
    (lambda: figures.day("2026-11-22"), {"en": "22 Nov 2026", "fr": "22 nov. 2026", "de": "22.11.2026", "it": "22 nov 2026", "zh": "2026年11月22日"}),
    (lambda: figures.kept("89000.00 EUR", PARIS, NOON_US), {"en": "€89,000.00", "fr": f"89{NARROW}000,00{NARROW}€"}),
    (lambda: figures.kept("12000 JPY", PARIS, NOON_US), {"en": "¥12,000"}),
    (lambda: figures.kept("12.5 EUR", PARIS, NOON_US), {"en": "12.5 EUR"}),
    (lambda: figures.kept("2025-12-01 07:55:21Z", PARIS, NOON_US), {"en": "1 Dec 2025, 08:55", "fr": "1 déc. 2025, 08:55"}),
    (lambda: figures.kept("2026-11-22", PARIS, NOON_US), {"de": "22.11.2026"}),
    (lambda: figures.kept("2026-99-99", PARIS, NOON_US), {"en": "2026-99-99"}),
    (lambda: figures.kept("90 % of it", PARIS, NOON_US), {"en": "90 % of it"}),
    (lambda: figures.language("fr"), {"en": "French", "fr": "Français", "de": "Französisch"}),
    (lambda: figures.language("pt-BR"), {"en": "Portuguese (Brazil)"}),
    (lambda: figures.language("klingon!"), {"en": "klingon!"}),
    (lambda: figures.language(""), {"en": ""}),
    (lambda: figures.clock(NOON_US, PARIS), {"en": "12:06", "zh": "12:06"}),
    (lambda: figures.moment(NOON_US, PARIS, NOON_US), {"en": "18 Nov, 12:06", "de": "18. Nov., 12:06"}),
    (lambda: figures.moment(NOON_US, PARIS, NOON_US + YEAR_US), {"en": "18 Nov 2026, 12:06", "de": "18. Nov. 2026, 12:06"}),
]  # fmt: skip


@pytest.mark.parametrize(("form", "texts"), FORMS)
def test_figures_are_written_as_the_reader_writes_them(form: Callable[[], str], texts: dict[str, str]) -> None:
    for language, text in texts.items():
        with spoken_in(tongue(language)):
            assert form() == text, language


def test_a_country_has_its_own_forms() -> None:
    with spoken_in(tongue("de", "CH")):
        assert figures.count(12_345) == "12'345"
    assert tongue("de", "XX").locale == tongue("de").locale
    assert tongue("kl").language == "en"


def test_numbers_are_grouped_as_babel_groups_them() -> None:
    numbers = [0, 7, 999, 1_000, 12_345, 999_999, 1_000_000, 12_345_678_901, -1, -1_000]
    """But for Swiss apostrophes, of which Babel loses those of numbers with two."""
    with spoken_in(tongue("de", "CH")):
        assert figures.count(1_000_000) == "1'000'000"
    of_countries = [tongue("de", "AT"), tongue("fr", "BE"), tongue("en", "IN")]
    for spoken in (*map(tongue, words.NAMES), *of_countries):
        with spoken_in(spoken):
            babel = [format_decimal(abs(each), format="#,##0", locale=words.spoken().locale) for each in numbers]
            assert [figures.count(each).lstrip(figures.MINUS) for each in numbers] == babel, spoken.locale


def test_a_text_of_a_module_is_looked_up_when_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    text = later("Register")
    assert (str(text), text) == ("Register", "Register")
    assert later("<b>").__html__() == "&lt;b&gt;"


class Told(words.gettext_module.NullTranslations):
    """A catalogue of one language, by hand."""

    _catalog = {  # noqa: RUF012 - as gettext has it
        "Open a shift on %(till)s first": "Ouvrez d’abord une caisse sur %(till)s",
        "%(n)s of %(m)s": "%(n)s sur %(m)s",
        "Take %(what)s, at most %(most)s %%": "Prenez %(what)s, au plus %(most)s %%",
        "store credit": "avoir",
    }

    def gettext(self, message: str) -> str:
        return self._catalog.get(message, message)


def test_a_sentence_of_a_rule_is_said_again_in_the_readers_tongue() -> None:
    french = words.Tongue("fr", tongue("fr").locale, Told())
    with spoken_in(french):
        assert said("Open a shift on till-1 first") == "Ouvrez d’abord une caisse sur till-1"
        assert said("Take store credit, at most 5 %") == "Prenez avoir, au plus 5 %"
        assert said(later("store credit")) == "avoir", "a text that is still to be looked up"
        assert said("3 of 4") == "3 of 4", "too short a shape would fit what it does not mean"
        assert said("Nobody gathered this one") == "Nobody gathered this one"
    assert said("Open a shift on till-1 first") == "Open a shift on till-1 first"


def test_sentences_are_gathered_from_what_refuses() -> None:
    source = """
raise ProblemError(409, "code", f"{piece.title} is in {other(sale)}", "Ask them." if x else f"At most {MAX:.2f} %.")
raise SizeError("this is no size of a ring")
Refusal(Why.EMPTY, f"Say {', '.join(missing)} of {piece.title} and {sale.title} first")
raise ConfigError("not for a person at a till")
"""
    assert set(gathering.sentences(source)) == {
        "%(title)s is in %(sale)s", "At most %(MAX)s %%.", "this is no size of a ring",
        "Say %(missing)s of %(title)s and %(title2)s first",
    }  # fmt: skip


def test_a_sentence_that_is_named_before_it_is_said_is_gathered_too() -> None:
    source = """
def claimed(piece):
    why = f"{piece.name} is kept by {piece.till or 'this store'}"
    if piece.order:
        why = f"{piece.name} is kept for {piece.order}: open that order"
    unsaid = "nobody is ever refused by this one"
    return Refusal(Why.CLAIMED, why, piece.piece)
"""
    assert set(gathering.sentences(source)) == {
        "%(name)s is kept by %(till)s", "%(name)s is kept for %(order)s: open that order",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES_WITH_CATALOGUE)
@pytest.mark.parametrize(
    "kept",
    [
        {"claim": "cart", "till": "till-1"},
        {"claim": "tray"},
        {"claim": "lease"},
        {"claim": "layaway", "order": "R-12"},
    ],
    ids=lambda kept: str(kept["claim"]),
)
def test_why_a_piece_cannot_be_sold_is_said_in_every_language(language: str, kept: dict[str, str]) -> None:
    claim = Claim(claim=ClaimId("c"), piece=PieceId("p"), ce=1, kind=ClaimKind(kept["claim"]), ref="r")
    piece = Standing(piece=PieceId("p"), order=kept.get("order", ""), till=kept.get("till", ""))
    english = claimed(piece, claim).why
    with spoken_in(tongue(language)):
        told = said(english)
    assert told != english
    assert kept.get("order", kept.get("till", "")) in told


def test_phrases_that_would_fit_anything_are_none() -> None:
    assert phrase_of("%(a)s: %(b)s") is None
    assert phrase_of(string.ascii_letters + " %(a)s") is not None


def test_a_long_text_is_held_against_a_phrase_of_many_values_in_no_time() -> None:
    """A regular expression took a minute for each text of a thousand signs: whoever typed one kept the box busy."""
    many = phrase_of("%(a)s%(b)s%(c)s asks for nothing: write %(d)s:1..2, %(e)s:1.. or %(f)s:..2")
    assert many is not None
    for text in ("a " * 50_000, ", :1.." * 20_000, "x asks for nothing: write " * 4_000):
        assert many.values(text) is None
    told = many.values("price<x asks for nothing: write p:1..2, p:1.. or p:..2")
    assert told == {"a": "p", "b": "r", "c": "ice<x", "d": "p", "e": "p", "f": "p"}


@pytest.mark.parametrize(
    ("sentence", "values"),
    [
        ("Pay 5 to Ana at once", {"x": "5", "y": "Ana"}),
        ("Pay a to b to c at once", {"x": "a", "y": "b to c"}),
        ("Pay  to Ana at once", None),
        ("Pay 5 to  at once", None),
        ("Pay at once", None),
        ("Pay 5 to Ana", None),
    ],
)
def test_values_of_a_phrase_are_as_short_as_may_be_and_never_empty(
    sentence: str, values: dict[str, str] | None
) -> None:
    phrase = phrase_of("Pay %(x)s to %(y)s at once")
    assert phrase is not None
    assert phrase.values(sentence) == values


@pytest.mark.parametrize("language", LANGUAGES_WITH_CATALOGUE)
@pytest.mark.parametrize("state", SaleState)
def test_why_a_cart_cannot_be_worked_on_is_said_in_every_language_and_without_its_id(
    language: str, state: SaleState
) -> None:
    """A state is told in a sentence of its own: a code inside of one is a word nobody at a till knows."""
    cart = Sale(sale=SaleId("0193-4f"), till=TillId("till-1"), associate=UserId("ana"), currency="EUR", state=state)
    refused = must_be(cart, cart.sale)
    assert refused is not None
    assert cart.sale not in refused.why
    with spoken_in(tongue(language)):
        assert said(refused.why) != refused.why
