"""A pen for papers on A4: rows of words and figures, broken at spaces and over pages. Same words, same bytes."""

import io
from collections.abc import Iterator, Sequence
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from web.receipts import fonts, qr

WIDTH, HEIGHT = A4
LEFT, RIGHT = 32 * mm, WIDTH - 32 * mm
TOP, BOTTOM = HEIGHT - 28 * mm, 30 * mm
TEXT, BOLD = "FiraGO", "FiraGO-Bold"
INK, SOFT, RULE = (0.10, 0.09, 0.08), (0.42, 0.39, 0.36), (0.80, 0.77, 0.73)
SIZE, SMALL, TITLE, NAME = 10.0, 8.2, 12.5, 19.0
QR_SIDE = 27 * mm
NAME_ROOM = 40 * mm
SIGN_WIDTH, SIGN_HEIGHT = 80 * mm, 24 * mm
PHOTO_HEIGHT, PHOTO_GAP = 52 * mm, 5 * mm
HAN: Final = "STSong-Light"
KANA: Final = "HeiseiKakuGo-W5"
HANGUL: Final = "HYSMyeongJo-Medium"
"""For letters FiraGO lacks: Adobe's own names, which PDF viewers bring themselves."""


class Pen:
    """A page and how far down it is written. A block that does not fit begins a new page."""

    def __init__(self, title: str, number: str, *, author: str, language: str = "en") -> None:
        _register()
        self._out = io.BytesIO()
        self._canvas = Canvas(self._out, pagesize=A4, invariant=1, pageCompression=1, lang=language)
        self._canvas.setTitle(f"{title} {number}")
        self._canvas.setAuthor(author)
        self._canvas.setCreator("Vitrine")
        self._number = number
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

    def rows(self, text: str, size: float, room: float) -> list[str]:
        """As `split`; of no words none."""
        return split(text, size, room)

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

    def named(self, name: str, words: str) -> None:
        """A name, and words beside it."""
        for at, part in enumerate(split(words, SIZE, RIGHT - LEFT - NAME_ROOM) or [""]):
            self.need(SIZE * 1.5)
            self.y -= SIZE * 1.5
            if at == 0:
                self.at(LEFT, name, SMALL, colour=SOFT)
            self.at(LEFT + NAME_ROOM, part, SIZE)

    def signature(self, picture: bytes, under: str) -> None:
        """A line to sign on, with what was signed on a screen; no picture: it is signed by hand."""
        self.need(SIGN_HEIGHT + SMALL * 2)
        self.y -= SIGN_HEIGHT
        if picture:
            image = ImageReader(io.BytesIO(picture))
            wide, high = image.getSize()
            scale = min(SIGN_WIDTH / wide, (SIGN_HEIGHT - 2 * mm) / high)
            self._canvas.drawImage(image, LEFT, self.y + 1 * mm, wide * scale, high * scale)
        self._canvas.setStrokeColorRGB(*INK)
        self._canvas.setLineWidth(0.5)
        self._canvas.line(LEFT, self.y, LEFT + SIGN_WIDTH, self.y)
        self.wrapped(under, SMALL, colour=SOFT)

    def photos(self, photos: Sequence[bytes]) -> None:
        """JPEGs two in a row, each whole within its place."""
        wide = (RIGHT - LEFT - PHOTO_GAP) / 2
        for at, photo in enumerate(photos):
            if at % 2 == 0:
                self.need(PHOTO_HEIGHT + PHOTO_GAP)
                self.y -= PHOTO_HEIGHT + PHOTO_GAP
            x = LEFT + (at % 2) * (wide + PHOTO_GAP)
            image = ImageReader(io.BytesIO(photo))
            self._canvas.drawImage(image, x, self.y, wide, PHOTO_HEIGHT, preserveAspectRatio=True, anchor="w")

    def done(self) -> bytes:
        self._foot()
        self._canvas.save()
        return self._out.getvalue()

    def _foot(self) -> None:
        now, self.y = self.y, 18 * mm
        self.right(RIGHT, f"{self._number} · {self._pages}", SMALL - 1, colour=SOFT)
        self.y = now


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
