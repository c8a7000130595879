"""A receipt as PDF, page and e-mail: the same bytes for the same receipt, and nothing of it that is not the receipt's."""

import email
import email.policy
import hashlib
import io

import jinja2
import msgspec
import pytest

from trade.receipt import as_gift
from web.receipts import mail, page, qr
from web.receipts.address import address_of
from web.receipts.pdf import pdf
from web.receipts.pen import split


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_same_receipt_is_the_same_file(make, language):
    one, other = pdf(make(language=language)), pdf(make(language=language))
    assert one == other
    assert one.startswith(b"%PDF-")
    assert b"CreationDate (D:2000" in one, "no date of its making"


def test_a_copy_and_a_gift_are_other_files(receipt):
    files = [receipt, msgspec.structs.replace(receipt, copy=1), as_gift(receipt)]
    assert len({hashlib.sha256(pdf(each)).digest() for each in files}) == 3


def test_a_long_sale_takes_more_pages(make, a_line):
    lines = tuple(a_line(f"l{n}", f"Bague {n}", 10_000, off=500) for n in range(60))
    assert pdf(make(lines=lines)).count(b"/Type /Page\n") >= 3 or b"/Count 3" in pdf(make(lines=lines))


def test_a_template_of_the_future_is_refused(receipt):
    with pytest.raises(ValueError, match="newer than this program"):
        pdf(msgspec.structs.replace(receipt, template=99))


def test_words_too_long_for_the_page_are_broken():
    assert len(split("x" * 400, 10, 200)) > 5
    assert "".join(split("x" * 400, 10, 200)) == "x" * 400
    assert split("", 10, 200) == []


def test_an_e_mail_has_text_html_the_code_and_the_pdf_and_is_the_same_each_time(receipt):
    file = pdf(receipt)
    made = mail.message(receipt, "paris@maison.example", "client@example.com", file)
    assert made == mail.message(receipt, "paris@maison.example", "client@example.com", file)
    told = email.message_from_bytes(made, policy=email.policy.default)
    assert (told["To"], told["Subject"]) == ("client@example.com", "Ticket de caisse paris-till-1-000012")
    assert "Maison Lumière" in told["From"]
    assert told["Date"] is None
    text, html = told.get_body(("plain",)).get_content(), told.get_body(("html",)).get_content()
    for words in ("Solitaire «Aurore»", receipt.code, "paris-till-1-000012"):
        assert words in text
        assert words in html
    assert receipt.check_url in html
    kinds = {part.get_content_type(): part for part in told.walk()}
    assert kinds["image/png"].get_content() == qr.png(receipt.check_url)
    assert kinds["application/pdf"].get_content() == file
    assert kinds["application/pdf"].get_filename() == "paris-till-1-000012.pdf"


def test_what_a_piece_is_called_is_text_and_never_html(make, a_line):
    receipt = make(lines=(a_line("a", '<b>Ring</b> & "co"', 10_000),))
    assert "<b>Ring" not in mail.html(receipt)
    assert "&lt;b&gt;Ring" in mail.html(receipt)


@pytest.mark.parametrize(
    "typed", ["", "ana", "ana@", "@x.y", "a@b", "a@b.c\r\nBcc: d@e.f", "a@b.c,d@e.f", "a b@c.d", "é@x.yz"]
)
def test_what_is_no_address_is_refused_without_saying_it_again(typed):
    with pytest.raises(ValueError) as refused:
        address_of(typed)
    assert typed not in str(refused.value) or not typed


def test_the_page_is_readable_without_style_and_its_code_is_drawn(receipt):
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(page.TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    shown = page.shown(receipt)
    html = env.from_string('{% from "receipt.html" import paper %}{{ paper(receipt, moment, qr) }}').render(shown)
    for words in ("Maison Lumière", "paris-till-1-000012", "Solitaire «Aurore»", receipt.code, "Visa •••• 4242"):
        assert words in html
    assert "style=" not in html, "the page's policy allows none"
    side, path = shown["qr"]
    assert side > 29
    assert path.startswith("M4 4h7v1h-7z")
    gift = env.from_string('{% from "receipt.html" import paper %}{{ paper(receipt, moment, qr) }}').render(
        page.shown(as_gift(receipt))
    )
    assert "420" not in gift.replace(receipt.code, "")


def test_a_code_as_a_picture_is_a_png(receipt):
    assert io.BytesIO(qr.png(receipt.check_url)).read(8) == b"\x89PNG\r\n\x1a\n"
