"""What a receipt printer printed, as a picture a person can look at."""

import io
from typing import Final

import pymupdf_fonts
import segno
from PIL import Image, ImageDraw, ImageFont

from simulator.receipt_printer import Ticket

CELL: Final = 12
"""Dots of a column of font A;"""
ROW: Final = 30
"""and of a line."""
MARGIN: Final = 24


def picture(ticket: Ticket, columns: int = 48) -> Image.Image:
    """Black on white, a dot a pixel."""
    across = columns * CELL
    parts = []
    for row in ticket.rows:
        if row.qr:
            side = row.module
            code = io.BytesIO()
            segno.make(row.qr, error="m", boost_error=False).save(code, kind="png", scale=side, border=4)
            parts.append(_placed(Image.open(code).convert("L"), across, row.align))
        elif row.picture is not None:
            wide, high, bits = row.picture
            shown = Image.frombytes("1", (wide * 8, high), bytes(bit ^ 0xFF for bit in bits)).convert("L")
            parts.append(_placed(shown, across, row.align))
        else:
            parts.append(_text(row.text, across, row.align, bold=row.bold, wide=row.wide, high=row.high))
    whole = Image.new("L", (across + 2 * MARGIN, sum(part.height for part in parts) + 2 * MARGIN), 255)
    y = MARGIN
    for part in parts:
        whole.paste(part, (MARGIN, y))
        y += part.height
    return whole


def _placed(image: Image.Image, across: int, align: int) -> Image.Image:
    strip = Image.new("L", (across, image.height), 255)
    strip.paste(image, ((across - image.width) * align // 2, 0))
    return strip


def _text(text: str, across: int, align: int, *, bold: bool, wide: int, high: int) -> Image.Image:
    name = "cascadiab" if bold else "cascadia"
    face = ImageFont.truetype(io.BytesIO(pymupdf_fonts.fontbuffers[name]()), 20)
    flat = Image.new("L", (max(1, len(text) * CELL), ROW), 255)
    pen = ImageDraw.Draw(flat)
    for at, sign in enumerate(text):
        pen.text((at * CELL, 2), sign, font=face, fill=0)
    return _placed(flat.resize((flat.width * wide, ROW * high)), across, align)
