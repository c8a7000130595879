"""Engravings drawn: the letters of a font as the rules see them, and a proof as a picture.

The fonts are those receipts are set in (SIL OFL 1.1). A house engraves with its own machine: the proof shows order,
spelling and proportion, and is approved beside the engraver's own.
"""

import functools
import io
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfbase.ttfonts import TTFontFile

from trade.orders.engraving import EM, Engraving, Face, as_kept, length_um
from web.receipts.fonts import font

FACES: Final = {"Block": "figo", "Bold": "figbo", "Italic": "figit"}
WIDTH, HEIGHT, MARGIN = 1200, 360, 60
LARGEST: Final = 150
INK, RULE, GROUND = (26, 23, 20), (150, 140, 128), (255, 255, 255)


@functools.cache
def face(name: str) -> Face:
    """Every letter that the font draws. Raises `KeyError` for a font that is none of `FACES`."""
    file = TTFontFile(io.BytesIO(font(FACES[name])))
    widths = {chr(sign): file.charWidths[sign] for sign in file.charToGlyph if sign in file.charWidths}
    shown = {letter: round(wide * EM / file.capHeight) for letter, wide in widths.items() if letter.isprintable()}
    return Face(name, shown)


def proof(engraving: Engraving) -> bytes:
    """A PNG: the text as it will stand, with its length under it. Raises `KeyError`."""
    text = as_kept(engraving.text)
    file = font(FACES[engraving.font])
    size = LARGEST
    drawn = ImageFont.truetype(io.BytesIO(file), size)
    while size > 12 and drawn.getlength(text) > WIDTH - 2 * MARGIN:
        size -= 2
        drawn = ImageFont.truetype(io.BytesIO(file), size)
    picture = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
    pen = ImageDraw.Draw(picture)
    pen.text((WIDTH / 2, HEIGHT / 2), text, font=drawn, fill=INK, anchor="ms")
    long = drawn.getlength(text) / 2
    left, right, y = WIDTH / 2 - long, WIDTH / 2 + long, HEIGHT - 100
    pen.line((left, y, right, y), fill=RULE, width=2)
    for x in (left, right):
        pen.line((x, y - 10, x, y + 10), fill=RULE, width=2)
    said = f"{length_um(engraving, face(engraving.font)) / 1000:.1f} mm long, {engraving.height_um / 1000:.1f} mm high"
    small = ImageFont.truetype(io.BytesIO(font("figo")), 28)
    pen.text((WIDTH / 2, HEIGHT - 40), said, font=small, fill=INK, anchor="ms")
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
