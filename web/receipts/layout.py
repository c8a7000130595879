"""A receipt as rows of a fixed width: what the receipt printer prints, and the plain part of an e-mail."""

import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import msgspec

from trade.receipt import Line, Paid, Receipt
from web.receipts.when import moment

COLUMNS_MIN: Final = 24
WIDE: Final = frozenset("WF")


class Style(StrEnum):
    PLAIN = "plain"
    BOLD = "bold"
    CENTRE = "centre"
    LARGE = "large"
    """Centred, in double width and height: half as many columns."""
    TOTAL = "total"
    """Bold, in double height."""
    RULE = "rule"
    QR = "qr"
    """`text` is what the code says."""


class Row(msgspec.Struct, frozen=True):
    """One row. `text` is no wider than the columns its style leaves."""

    text: str
    style: Style = Style.PLAIN


def width(text: str) -> int:
    """Columns a text takes: letters of East Asia take two, marks on letters none (UAX #11)."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in WIDE else 1 for sign in text
    )


def rows(receipt: Receipt, columns: int) -> tuple[Row, ...]:
    """Raises `ValueError` for paper too narrow for an amount beside its words."""
    if columns < COLUMNS_MIN:
        raise ValueError(f"{columns} columns are too few for a receipt: give at least {COLUMNS_MIN}")
    return tuple(_rows(receipt, columns))


def as_text(receipt: Receipt, columns: int = 42) -> str:
    """For people who read mail as text; the code's address stands where paper has a QR code."""
    said = []
    for row in rows(receipt, columns):
        match row.style:
            case Style.RULE:
                said.append("-" * columns)
            case Style.CENTRE | Style.LARGE:
                said.append(" " * ((columns - width(row.text)) // 2) + row.text)
            case _:
                said.append(row.text)
    return "\n".join(line.rstrip() for line in said) + "\n"


def _rows(receipt: Receipt, columns: int) -> Iterator[Row]:
    words, money = receipt.words, receipt.money
    yield from _head(receipt, columns)
    yield Row("", Style.RULE)
    for line in receipt.lines:
        yield from _line(receipt, line, columns)
    if not receipt.gift:
        yield Row("", Style.RULE)
        total = words.total if receipt.kind == "sale" else words.refunded
        yield from _beside(f"{total} {receipt.currency}", money(receipt.total_minor), columns, Style.TOTAL)
        for tender in receipt.tenders:
            yield from _paid(receipt, tender, columns)
        yield from _taxes(receipt, columns)
        for note in receipt.notes:
            yield from _wrapped(note, columns)
    yield Row("", Style.RULE)
    for foot in receipt.foot:
        yield from _wrapped(foot, columns, Style.CENTRE)
    if receipt.code:
        if receipt.check_url:
            yield Row("")
            yield Row(receipt.check_url, Style.QR)
            yield from _wrapped(words.check, columns, Style.CENTRE)
        yield from _wrapped(receipt.code, columns, Style.CENTRE)


def _head(receipt: Receipt, columns: int) -> Iterator[Row]:
    words = receipt.words
    yield from _wrapped(receipt.seller.name, columns // 2, Style.LARGE)
    for text in receipt.seller_lines:
        yield from _wrapped(text, columns, Style.CENTRE)
    yield Row("", Style.RULE)
    yield from _wrapped(receipt.title, columns // 2, Style.LARGE)
    if receipt.copy_words:
        yield from _wrapped(receipt.copy_words.upper(), columns // 2, Style.LARGE)
    yield from _wrapped(receipt.number, columns, Style.CENTRE)
    yield from _beside(words.date, moment(receipt), columns)
    yield from _beside(words.served_by, receipt.served_by, columns)


def _line(receipt: Receipt, line: Line, columns: int) -> Iterator[Row]:
    money = receipt.money
    if receipt.gift:
        yield from _wrapped(line.text, columns, Style.BOLD)
    else:
        price = f"{money(line.gross_minor)} {line.letter or ' '}"
        yield from _beside(line.text, price, columns, Style.BOLD)
    for detail in line.details:
        yield from _wrapped(detail, columns, indent="  ")
    if line.off:
        yield from _beside(f"  {receipt.words.list_price}", f"{money(line.price_minor)}  ", columns)
        for what, minor in line.off:
            yield from _beside(f"  {what}", f"{money(minor)}  ", columns)


def _paid(receipt: Receipt, paid: Paid, columns: int) -> Iterator[Row]:
    words, money = receipt.words, receipt.money
    if paid.rounding_minor:
        yield from _beside(words.rounding, money(paid.rounding_minor), columns)
    yield from _beside(paid.name, money(paid.given_minor), columns)
    for text in paid.about:
        yield from _wrapped(text, columns, indent="  ")
    if paid.change_minor:
        yield from _beside(words.change, money(paid.change_minor), columns)


def _taxes(receipt: Receipt, columns: int) -> Iterator[Row]:
    """A row for each tax: letter and rate, net and tax. No heads where there are none."""
    if not receipt.taxes:
        return
    words, money = receipt.words, receipt.money
    room = columns // 3
    yield Row("")
    yield Row(f"{'':<{columns - 2 * room}}{_right(words.net, room)}{_right(words.tax, room)}")
    for tax in receipt.taxes:
        net, due = money(tax.base_minor), money(tax.tax_minor)
        if max(width(net), width(due)) < room:
            yield from _beside(f"{tax.letter} {tax.rate}", f"{_right(net, room)}{_right(due, room)}", columns)
        else:  # of a narrow roll and a dear piece: one under the other
            yield from _beside(f"{tax.letter} {tax.rate} {words.net}", net, columns)
            yield from _beside(words.tax, due, columns)
        if tax.name != words.tax:
            yield from _wrapped(tax.name, columns, indent="  ")


def _right(text: str, room: int) -> str:
    return " " * max(0, room - width(text)) + text


def _beside(left: str, right: str, columns: int, style: Style = Style.PLAIN) -> Iterator[Row]:
    """Words left, figure right; words that do not fit go on below, the figure stands beside the first of them."""
    room = columns - width(right) - 1
    if room < columns // 4:  # a figure so long that words beside it would be torn
        yield from _wrapped(left, columns, style)
        yield Row(_right(right, columns), style)
        return
    first, *more = _split(left, room) or [""]
    yield Row(f"{first}{' ' * (columns - width(first) - width(right))}{right}", style)
    indent = left[: len(left) - len(left.lstrip())]
    for text in more:
        yield Row(f"{indent}{text}", Style.BOLD if style is Style.BOLD else Style.PLAIN)


def _wrapped(text: str, columns: int, style: Style = Style.PLAIN, *, indent: str = "") -> Iterator[Row]:
    for part in _split(text, columns - len(indent)):
        yield Row(f"{indent}{part}", style)


def _split(text: str, room: int) -> list[str]:
    """At spaces; a word longer than the paper is cut."""
    lines: list[str] = []
    now = text[: len(text) - len(text.lstrip())]
    for word in text.split():
        left = word
        while left:
            gap = "" if not now or now.isspace() else " "
            if width(now) + len(gap) + width(left) <= room:
                now, left = f"{now}{gap}{left}", ""
            elif now.strip():
                lines.append(now)
                now = ""
            else:
                part = _fitting(left, room - width(now))
                lines.append(now + part)
                now, left = "", left[len(part) :]
    if now.strip():
        lines.append(now)
    return lines


def _fitting(word: str, room: int) -> str:
    taken = 0
    for at, sign in enumerate(word):
        taken += width(sign)
        if taken > room:
            return word[: max(at, 1)]
    return word
