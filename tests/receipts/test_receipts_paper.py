"""What comes out of a receipt printer, read by a parser that is not ours: rows, codes, cut, and no kick."""

import random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.receipt_printer import ReceiptPrinter
from trade.receipt import as_gift
from web.receipts.escpos import kick, receipt_bytes
from web.receipts.layout import Style, as_text, rows, width
from web.receipts.raster import harmless, image


def printed(receipt, **more):
    printer = ReceiptPrinter(columns=more.get("columns", 48))
    answer = printer.hear(receipt_bytes(receipt, **more))
    assert (answer, printer.unknown, printer.drawer) == (b"\x00", [], [])
    (ticket,) = printer.out
    return ticket


def test_everything_the_law_and_the_client_want_stands_on_the_paper(receipt):
    text = printed(receipt).text
    for words in (
        "Maison Lumière", "Lumière Joaillerie SAS", "12, place Vendôme", "N° TVA FR 40 303265045", "Ticket de caisse",
        "paris-till-1-000012", "2026-11-30 01:53", "Ana Lindqvist", "Platine 950 · 4,1 g", "N° de série A-20391",
        "Régime particulier - Biens d'occasion", "Visa **** 4242", "Autorisation 83Z2K1", "AID A0000000031010",
        "TVA normale", "Merci de votre visite.", receipt.code,
    ):  # fmt: skip
        assert words in text, words
    figures = {row.split()[0]: row.split()[-1] for row in text.splitlines() if row.strip()}
    assert (figures["Rendu"], figures["Remise"], figures["Arrondi"]) == ("100,00", "-200,00", "0,02")
    assert "6 000,00" in next(row for row in text.splitlines() if row.startswith("Total EUR"))


def test_its_code_is_one_a_scanner_reads(receipt):
    assert printed(receipt).codes == (f"https://maison.example/receipt?code={receipt.code}",)


def test_the_name_is_large_and_the_total_stands_out(receipt):
    by_text = {row.text.split("  ")[0]: row for row in printed(receipt).rows}
    assert (by_text["Maison Lumière"].wide, by_text["Maison Lumière"].align) == (2, 1)
    assert (by_text["Total EUR"].high, by_text["Total EUR"].bold) == (2, True)


def test_a_copy_says_so_and_an_original_does_not(receipt):
    assert "DUPLICATA 3" in printed(msgspec.structs.replace(receipt, copy=3)).text
    assert "DUPLICATA" not in printed(receipt).text


def test_letters_of_other_countries_are_written_in_their_code_page_or_drawn(make, a_line):
    receipt = make(
        lines=(a_line("a", "Кольцо Ω", 10_000), a_line("b", "Браслет", 20_000), a_line("c", "Žlutý kůň", 30_000))
    )
    ticket = printed(receipt)
    assert "Браслет" in ticket.text
    assert "Žlutý kůň" in ticket.text
    (drawn,) = [row for row in ticket.rows if row.picture]
    across, down, bits = drawn.picture
    assert (across * 8, len(bits)) == (576, across * down)
    assert sum(bit.bit_count() for bit in bits) > 200


def test_a_picture_that_says_open_the_drawer_opens_nothing(receipt):
    orders = kick() + bytes((0x10, 0x04, 1, 0x10, 0x05, 2))
    printer = ReceiptPrinter()
    printer.hear(b"\x1dv0\x00" + bytes((len(orders), 0, 1, 0)) + orders)
    assert printer.drawer, "the control: such a picture does"
    tame = ReceiptPrinter()
    assert tame.hear(b"\x1dv0\x00" + bytes((len(orders), 0, 1, 0)) + harmless(orders)) == b""
    assert tame.drawer == []


@pytest.mark.parametrize(("columns", "dots"), [(48, 576), (42, 512), (32, 384)])
def test_no_row_is_wider_than_the_roll(receipt, columns, dots):
    printed(receipt, columns=columns, dots=dots)
    for row in rows(receipt, columns):
        room = columns // 2 if row.style is Style.LARGE else columns
        assert row.style is Style.QR or width(row.text) <= room


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=90), max_size=4),
    st.integers(24, 60),
    st.integers(0, 10**13),
)
def test_whatever_pieces_are_called_rows_fit_and_figures_stay_whole(make, a_line, names, columns, minor):
    receipt = make(
        lines=tuple(a_line(f"l{n}", name, minor) for n, name in enumerate(names)) or (a_line("l", "x", minor),)
    )
    laid = rows(receipt, columns)
    for row in laid:
        room = columns // 2 if row.style is Style.LARGE else columns
        assert row.style is Style.QR or width(row.text) <= max(room, width(receipt.money(receipt.total_minor)))
    assert any(receipt.money(receipt.total_minor) in row.text for row in laid)


def test_a_gift_receipt_has_the_code_and_the_pieces_and_no_price(receipt):
    gift = as_gift(receipt)
    text = as_text(gift)
    assert receipt.code in text
    assert "Ticket cadeau" in text
    assert "Solitaire «Aurore»" in text
    for minor in (420_000, 440_000, 180_000, 600_000, 70_000):
        assert receipt.money(minor) not in text
    assert not gift.moves_cash


def test_a_roll_that_is_too_narrow_is_refused(receipt):
    with pytest.raises(ValueError, match="at least 24"):
        rows(receipt, 20)


def test_a_row_of_dots_is_as_wide_as_the_paper():
    across, down, bits = image("Ω", 384, 12)
    assert (across, len(bits)) == (48, 48 * down)


def test_bytes_that_come_one_by_one_make_the_same_ticket(receipt):
    data, chance = receipt_bytes(receipt), random.Random(1)
    whole, parts = ReceiptPrinter(), ReceiptPrinter()
    whole.hear(data)
    while data:
        cut = chance.randint(1, 9)
        parts.hear(data[:cut])
        data = data[cut:]
    assert parts.out == whole.out
