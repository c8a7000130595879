"""Numbers as people write them, amounts as people type them, and files from npm."""

import asyncio
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.money import minor_digits, plain
from web.assets import FILES, AssetsError, fetch
from web.figures import THIN, certain, chance, day, lasting, money, percent, weight
from web.forms import amount_minor, safe_next, typed
from web.problems import ProblemError
from web.sse import Bulletin
from web.templating import brief, make_templates, sentence, unnamed


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1_240_000, "EUR", "€12,400"),
        (1_240_050, "EUR", "€12,400.50"),
        (-5, "USD", "−$0.05"),
        (120_000, "JPY", "¥120,000"),
        (1_234_567, "KWD", "KWD\u202f1,234.567"),
    ],
)
def test_money_is_written_as_its_currency_is(amount: int, currency: str, text: str) -> None:
    assert money(amount, currency) == text


def test_cents_are_written_where_a_receipt_insists() -> None:
    assert money(1_240_000, "EUR", cents=True) == "€12,400.00"


def test_a_share_never_rounds_up_to_certainty() -> None:
    assert percent(0.999999) == "99.99\u202f%"
    assert percent(1.0) == "100\u202f%"
    assert percent(0.41) == "41\u202f%"


def test_a_chance_is_no_finer_than_what_is_known_of_it() -> None:
    assert [chance(part) for part in (0.2968, 0.0, 0.004, 0.998, 1.0)] == [
        "30\u202f%", "0\u202f%", "<\u202f1\u202f%", ">\u202f99\u202f%", "100\u202f%",
    ]  # fmt: skip


def test_a_weight_is_grams_and_from_a_kilogram_on_kilograms() -> None:
    assert weight(4270) == "4.27\u202fg"
    assert weight(8_914_200) == "8.914\u202fkg"


def test_a_business_day_is_written_as_people_say_it() -> None:
    assert day("2026-11-22") == "22 Nov 2026"
    assert day("2026-03-01") == "1 Mar 2026"
    assert day("the opening") == "the opening"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (12, "12 s"),
        (90, "1 min 30 s"),
        (3600, "1 h"),
        (3607, "1 h"),
        (7500, "2 h 5 min"),
        (183_600, "2 d 3 h"),
    ],
)
def test_how_long_something_lasted_is_said_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert lasting(round(seconds * 1e6)).replace(THIN, " ") == text


def test_a_reason_is_written_as_a_sentence() -> None:
    assert sentence("reader case-reader-2 is silent") == "Reader case-reader-2 is silent."
    assert sentence("Nothing heard for 6 s; trying again.") == "Nothing heard for 6 s; trying again."
    assert sentence("") == ""


@given(amount=st.integers(0, 10**11), currency=st.sampled_from(["EUR", "JPY", "KWD"]))
def test_what_we_write_plainly_we_read_back(amount: int, currency: str) -> None:
    assert amount_minor(plain(amount, currency), currency, "Cash") == amount
    assert amount_minor(plain(amount, currency).replace(".", ","), currency, "Cash") == amount
    assert amount_minor(typed(amount, currency), currency, "Cash") == amount


def test_an_amount_is_proposed_in_groups_of_three() -> None:
    assert typed(2_105_000, "EUR") == "21 050.00"
    assert typed(95_000_005, "EUR") == "950 000.05"
    assert typed(1_234_567, "JPY") == "1 234 567"


@pytest.mark.parametrize("text", ["12.345", "-1", "1e5", "twelve", "1,2,3", "٣"])
def test_what_is_not_an_amount_is_refused_by_name(text: str) -> None:
    with pytest.raises(ProblemError, match="Cash"):
        amount_minor(text, "EUR", "Cash")


def test_an_empty_field_is_nothing() -> None:
    assert amount_minor(" ", "EUR", "Cash") == 0
    assert minor_digits("EUR") == 2


@pytest.mark.parametrize("path", ["https://elsewhere/", "//elsewhere", "/\\elsewhere", "elsewhere", ""])
def test_after_signing_in_one_stays_in_the_house(path: str) -> None:
    assert safe_next(path, "/") == "/"
    assert safe_next("/wall", "/") == "/wall"


def test_a_name_a_template_does_not_know_is_an_error_not_a_blank(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{{ nobody }}", encoding="utf-8")
    templates = make_templates({"here": tmp_path}, {}, "UTC", lambda: 1)
    with pytest.raises(jinja2.UndefinedError):
        templates.get_template("here/page.html").render()


def test_what_people_typed_is_never_markup(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{{ note }}", encoding="utf-8")
    templates = make_templates({"here": tmp_path}, {}, "UTC", lambda: 1)
    assert "<script>" not in templates.get_template("here/page.html").render(note="<script>alert(1)</script>")


def test_what_is_read_in_passing_is_the_first_finding_without_its_figures() -> None:
    whole = "Silent for 31 s: read in none of 31 rounds (it is read in 94% of them); 9 of 9 neighbours are read"
    assert brief(whole) == "Silent for 31 s: read in none of 31 rounds."
    assert brief("Passed the door.") == "Passed the door."
    assert brief("") == ""


def test_a_file_is_named_with_its_hash(tmp_path: Path) -> None:
    asset = make_templates({}, {"/static/more": tmp_path}, "UTC", lambda: 1).globals["asset"]
    assert callable(asset)
    (tmp_path / "a.css").write_text("a", encoding="utf-8")
    assert str(asset("/static/more/a.css")).startswith("/static/more/a.css?v=")
    assert asset("/static/base.css") != asset("/static/parts.css")


def test_fetching_again_does_nothing_and_no_lock_is_an_error_with_a_mend(tmp_path: Path) -> None:
    fetch(say=False)
    assert fetch(say=False) is False
    root = Path(__file__).resolve().parents[2]
    assert all((root / "web" / "static" / "vendor" / name).is_file() for name in FILES)
    with pytest.raises(AssetsError, match="checkout"):
        fetch(tmp_path, tmp_path / "vendor")


def test_the_lock_names_no_registry() -> None:
    root = Path(__file__).resolve().parents[2]
    text = (root / "package-lock.json").read_text(encoding="utf-8") + (root / ".npmrc").read_text(encoding="utf-8")
    assert "://" not in text


def test_a_listener_hears_what_changed_once_however_often_it_changed() -> None:
    async def scene() -> tuple[list[bytes], int]:
        board = Bulletin()
        stream = board.listen()
        heard = [await anext(stream)]
        for _ in range(5):
            board.tell("pad")
        board.tell("sales", "till-1")
        heard += [await anext(stream), await anext(stream)]
        board.close()
        assert [rest async for rest in stream] == []
        assert len(board) == 0
        return heard, board.messages_replaced_total

    heard, replaced = asyncio.run(scene())
    assert heard == [b"event: hello\ndata: \n\n", b"event: pad\ndata: \n\n", b"event: sales\ndata: till-1\n\n"]
    assert replaced == 4


def test_listeners_are_bounded_and_the_refused_are_counted() -> None:
    async def scene() -> Bulletin:
        board = Bulletin(listeners_max=1)
        stream = board.listen()
        await anext(stream)
        with pytest.raises(ProblemError):
            board.response()
        await stream.aclose()
        board.response()
        return board

    assert asyncio.run(scene()).listeners_refused_total == 1


def test_nothing_is_certain_while_a_piece_is_unread() -> None:
    assert certain(1.0, whole=False) == ">\u202f99.9\u202f%"
    assert certain(0.9993, whole=False) == ">\u202f99.9\u202f%"
    assert certain(0.9712, whole=False) == "97.12\u202f%"
    assert certain(1.0, whole=True) == "100\u202f%"


def test_a_name_is_not_said_again_below_its_heading() -> None:
    assert unnamed("Ring (R-1) is sold already.", "Ring", "R-1") == "Is sold already."
    assert unnamed("Lay Ring (R-1) on the pad.", "Ring", "R-1") == "Lay Ring (R-1) on the pad."
    assert unnamed("", "Ring", "R-1") == ""
