"""A receipt as a PDF on A4, the same bytes for the same receipt: no date of making, no name of a program's run."""

from collections.abc import Callable
from typing import Final

from reportlab.lib.units import mm

from trade.receipt import Line, Receipt, ReceiptKind
from web.receipts.pen import LEFT, NAME, QR_SIDE, RIGHT, SIZE, SMALL, SOFT, TITLE, Pen, split
from web.receipts.when import moment


def pdf(receipt: Receipt) -> bytes:
    """Raises `ValueError` for a template this version does not know."""
    draw = TEMPLATES.get(receipt.template)
    if draw is None:
        raise ValueError(f"receipt template {receipt.template} is newer than this program: update it")
    return draw(receipt)


def _first(receipt: Receipt) -> bytes:
    pen = Pen(receipt.title, receipt.number, author=receipt.seller.name, language=receipt.language)
    _head(pen, receipt)
    _about(pen, receipt)
    for line in receipt.lines:
        _line(pen, receipt, line)
    pen.rule()
    if not receipt.gift:
        _sums(pen, receipt)
    for note in receipt.notes:
        pen.gap(2)
        pen.wrapped(note, SMALL, colour=SOFT)
    for foot in receipt.foot:
        pen.gap(3)
        pen.centred(foot, SMALL, colour=SOFT)
    _code(pen, receipt)
    return pen.done()


TEMPLATES: Final[dict[int, Callable[[Receipt], bytes]]] = {1: _first}


def _head(pen: Pen, receipt: Receipt) -> None:
    pen.centred(receipt.seller.name, NAME, bold=True)
    pen.gap(4)
    for text in receipt.seller_lines:
        pen.centred(text, SMALL, colour=SOFT)
    pen.gap(10 * mm)


def _about(pen: Pen, receipt: Receipt) -> None:
    words = receipt.words
    pen.beside(receipt.title, receipt.copy_words.upper(), TITLE, bold=True)
    pen.gap(3)
    for name, text in (("", receipt.number), (words.date, moment(receipt)), (words.served_by, receipt.served_by)):
        pen.wrapped(f"{name} {text}".strip(), SMALL + 0.6, colour=SOFT)
    pen.rule(heavy=True)


def _line(pen: Pen, receipt: Receipt, line: Line) -> None:
    money = receipt.money
    pen.need(SIZE * 1.5 + SMALL * 1.4 * (len(line.details) + len(line.off)) + 4)
    pen.gap(4)
    if receipt.gift:
        pen.wrapped(line.text, SIZE, bold=True)
    else:
        pen.beside(line.text, f"{money(line.gross_minor)}  {line.letter or ' '}", SIZE, bold=True)
    for detail in line.details:
        pen.wrapped(detail, SMALL, room=(RIGHT - LEFT) * 0.72, colour=SOFT)
    if line.off:
        for what, minor in ((receipt.words.list_price, line.price_minor), *line.off):
            pen.beside(what, f"{money(minor)}    ", SMALL, colour=SOFT)


def _sums(pen: Pen, receipt: Receipt) -> None:
    words, money = receipt.words, receipt.money
    total = words.total if receipt.kind is ReceiptKind.SALE else words.refunded
    pen.gap(3)
    pen.beside(f"{total} {receipt.currency}", money(receipt.total_minor), TITLE, bold=True)
    pen.gap(3)
    for paid in receipt.tenders:
        if paid.rounding_minor:
            pen.beside(words.rounding, money(paid.rounding_minor), SIZE)
        pen.beside(paid.name, money(paid.given_minor), SIZE)
        for text in paid.about:
            pen.wrapped(text, SMALL, colour=SOFT)
        if paid.change_minor:
            pen.beside(words.change, money(paid.change_minor), SIZE)
    if receipt.taxes:
        pen.need(SMALL * 1.7 * (len(receipt.taxes) + 1) + 10)
        pen.rule()
        pen.y -= SMALL * 1.6
        columns = (RIGHT - 62 * mm, RIGHT - 31 * mm, RIGHT)
        for x, head in zip(columns, (words.net, words.tax, words.gross), strict=True):
            pen.right(x, head, SMALL, colour=SOFT)
        for tax in receipt.taxes:
            pen.y -= SMALL * 1.6
            named = f"{tax.letter}  {tax.name} {tax.rate}"
            pen.at(LEFT, split(named, SMALL, RIGHT - LEFT - 80 * mm)[0], SMALL)
            figures = (tax.base_minor, tax.tax_minor, tax.base_minor + tax.tax_minor)
            for x, minor in zip(columns, figures, strict=True):
                pen.right(x, money(minor), SMALL)
        pen.rule()


def _code(pen: Pen, receipt: Receipt) -> None:
    if not receipt.code:
        return
    pen.need(QR_SIDE + 14 * mm if receipt.check_url else 10 * mm)
    pen.gap(7 * mm)
    if receipt.check_url:
        pen.code(receipt.check_url)
        pen.gap(4)
        pen.centred(f"{receipt.words.check}: {receipt.check_url.partition('?')[0]}", SMALL, colour=SOFT)
    pen.centred(f"{receipt.words.code} {receipt.code}", SIZE)
