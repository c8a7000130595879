"""A receipt as a PDF on A4, the same bytes for the same receipt: no date of making, no name of a program's run."""

import io
from collections.abc import Callable, Iterator
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from trade.receipt import Line, Receipt, ReceiptKind
from web.receipts import fonts, qr
from web.receipts.when import moment

WIDTH, HEIGHT = A4
LEFT, RIGHT = 32 * mm, WIDTH - 32 * mm
TOP, BOTTOM = HEIGHT - 28 * mm, 30 * mm
TEXT, BOLD = "FiraGO", "FiraGO-Bold"
INK, SOFT, RULE = (0.10, 0.09, 0.08), (0.42, 0.39, 0.36), (0.80, 0.77, 0.73)
SIZE, SMALL, TITLE, NAME = 10.0, 8.2, 12.5, 19.0
QR_SIDE = 27 * mm
HAN: Final = "STSong-Light"
KANA: Final = "HeiseiKakuGo-W5"
HANGUL: Final = "HYSMyeongJo-Medium"
"""For letters FiraGO lacks: Adobe's own names, which PDF viewers bring themselves."""


def pdf(receipt: Receipt) -> bytes:
    """Raises `ValueError` for a template this version does not know."""
    draw = TEMPLATES.get(receipt.template)
    if draw is None:
        raise ValueError(f"receipt template {receipt.template} is newer than this program: update it")
    return draw(receipt)


def _first(receipt: Receipt) -> bytes:
    pen = _Pen(receipt)
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


class _Pen:
    """A page and how far down it is written. A block that does not fit begins a new page."""

    def __init__(self, receipt: Receipt) -> None:
        _register()
        self._out = io.BytesIO()
        self._canvas = Canvas(self._out, pagesize=A4, invariant=1, pageCompression=1, lang=receipt.language)
        self._canvas.setTitle(f"{receipt.title} {receipt.number}")
        self._canvas.setAuthor(receipt.seller.name)
        self._canvas.setCreator("Vitrine")
        self._number = receipt.number
        self._pages = 1
        self.y = TOP

    def need(self, height: float) -> None:
        if self.y - height < BOTTOM:
            self._foot()
            self._canvas.showPage()
            self._pages += 1
            self.y = TOP

    def gap(self, points: float) -> None:
        self.y -= points

    def at(self, x: float, text: str, size: float, *, bold: bool = False, colour: tuple[float, ...] = INK) -> None:
        self._canvas.setFillColorRGB(*colour)
        for name, part in _runs(text, BOLD if bold else TEXT):
            self._canvas.setFont(name, size)
            self._canvas.drawString(x, self.y, part)
            x += pdfmetrics.stringWidth(part, name, size)

    def right(self, x: float, text: str, size: float, *, bold: bool = False, colour: tuple[float, ...] = INK) -> None:
        self.at(x - measure(text, size, bold=bold), text, size, bold=bold, colour=colour)

    def centred(self, text: str, size: float, *, bold: bool = False, colour: tuple[float, ...] = INK) -> None:
        for part in split(text, size, RIGHT - LEFT, bold=bold):
            self.need(size * 1.4)
            self.y -= size * 1.4
            self.at((WIDTH - measure(part, size, bold=bold)) / 2, part, size, bold=bold, colour=colour)

    def wrapped(
        self, text: str, size: float, *, room: float = RIGHT - LEFT, bold: bool = False, colour: tuple[float, ...] = INK
    ) -> None:
        for part in split(text, size, room, bold=bold):
            self.need(size * 1.4)
            self.y -= size * 1.4
            self.at(LEFT, part, size, bold=bold, colour=colour)

    def beside(
        self, left: str, right: str, size: float, *, bold: bool = False, colour: tuple[float, ...] = INK
    ) -> None:
        """Words left, figure right, the figure beside the first row of words."""
        room = RIGHT - LEFT - measure(right, size, bold=bold) - 6 * mm
        for at, part in enumerate(split(left, size, room, bold=bold) or [""]):
            self.need(size * 1.5)
            self.y -= size * 1.5
            self.at(LEFT, part, size, bold=bold, colour=colour)
            if at == 0:
                self.right(RIGHT, right, size, bold=bold, colour=colour)

    def rule(self, *, heavy: bool = False) -> None:
        self.need(6)
        self.y -= 6
        self._canvas.setStrokeColorRGB(*(INK if heavy else RULE))
        self._canvas.setLineWidth(0.9 if heavy else 0.5)
        self._canvas.line(LEFT, self.y, RIGHT, self.y)
        self.y -= 2

    def code(self, text: str) -> None:
        self.need(QR_SIDE + 4)
        self.y -= QR_SIDE + 4
        dark = qr.matrix(text)
        module = QR_SIDE / len(dark)
        x = (WIDTH - QR_SIDE) / 2
        self._canvas.setFillColorRGB(0, 0, 0)
        path = self._canvas.beginPath()
        for down, row in enumerate(dark):
            for across, black in enumerate(row):
                if black:
                    path.rect(x + across * module, self.y + QR_SIDE - (down + 1) * module, module, module)
        self._canvas.drawPath(path, stroke=0, fill=1)

    def done(self) -> bytes:
        self._foot()
        self._canvas.save()
        return self._out.getvalue()

    def _foot(self) -> None:
        now, self.y = self.y, 18 * mm
        self.right(RIGHT, f"{self._number} · {self._pages}", SMALL - 1, colour=SOFT)
        self.y = now


def _head(pen: _Pen, receipt: Receipt) -> None:
    pen.centred(receipt.seller.name, NAME, bold=True)
    pen.gap(4)
    for text in receipt.seller_lines:
        pen.centred(text, SMALL, colour=SOFT)
    pen.gap(10 * mm)


def _about(pen: _Pen, receipt: Receipt) -> None:
    words = receipt.words
    pen.beside(receipt.title, receipt.copy_words.upper(), TITLE, bold=True)
    pen.gap(3)
    for name, text in (("", receipt.number), (words.date, moment(receipt)), (words.served_by, receipt.served_by)):
        pen.wrapped(f"{name} {text}".strip(), SMALL + 0.6, colour=SOFT)
    pen.rule(heavy=True)


def _line(pen: _Pen, receipt: Receipt, line: Line) -> None:
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


def _sums(pen: _Pen, receipt: Receipt) -> None:
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


def _code(pen: _Pen, receipt: Receipt) -> None:
    if not receipt.code:
        return
    pen.need(QR_SIDE + 14 * mm if receipt.check_url else 10 * mm)
    pen.gap(7 * mm)
    if receipt.check_url:
        pen.code(receipt.check_url)
        pen.gap(4)
        pen.centred(f"{receipt.words.check}: {receipt.check_url.partition('?')[0]}", SMALL, colour=SOFT)
    pen.centred(f"{receipt.words.code} {receipt.code}", SIZE)


def measure(text: str, size: float, *, bold: bool = False) -> float:
    """Points a text takes."""
    return float(sum(pdfmetrics.stringWidth(part, name, size) for name, part in _runs(text, BOLD if bold else TEXT)))


def split(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """Rows no wider than `room`, broken at spaces; a word that is wider by itself is cut."""
    _register()
    rows: list[str] = []
    now = ""
    for word in text.split():
        left = word
        while left:
            longer = f"{now} {left}" if now else left
            if measure(longer, size, bold=bold) <= room:
                now, left = longer, ""
            elif now:
                rows.append(now)
                now = ""
            else:
                fits = 1
                while fits < len(left) and measure(left[: fits + 1], size, bold=bold) <= room:
                    fits += 1
                rows.append(left[:fits])
                left = left[fits:]
    return [*rows, now] if now else rows


def _runs(text: str, face: str) -> Iterator[tuple[str, str]]:
    """Stretches of one font each: FiraGO where it has the letter, else a font of East Asia by the letter's script."""
    text = text.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")
    known = pdfmetrics.getFont(face).face.charToGlyph
    now, part = "", ""
    for sign in text:
        name = face if ord(sign) in known else _other(ord(sign))
        if name != now and part:
            yield now, part
            part = ""
        now, part = name, part + sign
    if part:
        yield now, part


def _other(sign: int) -> str:
    if 0x3040 <= sign < 0x3100:
        return KANA
    return HANGUL if 0xAC00 <= sign < 0xD7B0 else HAN


def _register() -> None:
    """Once per process: reportlab keeps fonts by name."""
    if TEXT in pdfmetrics.getRegisteredFontNames():
        return
    for name, file in ((BOLD, fonts.BOLD), (TEXT, fonts.TEXT)):
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(fonts.font(file))))
    for name in (HAN, KANA, HANGUL):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
