"""A row of text as dots, for letters that a printer's code pages lack."""

import io

from PIL import Image, ImageDraw, ImageFont

from web.receipts.fonts import BOLD, TEXT, font
from web.receipts.layout import width


def image(text: str, dots: int, cell: int, *, bold: bool = False, centred: bool = False) -> tuple[int, int, bytes]:
    """Bytes across, dots down, and the bits (1 is black, the most significant first). cell: dots of one column."""
    height = cell * 5 // 2
    size = cell * 9 // 5
    face = ImageFont.truetype(io.BytesIO(font(BOLD if bold else TEXT)), size)
    drawn = Image.new("1", (dots, height), 1)
    pen = ImageDraw.Draw(drawn)
    pen.fontmode = "1"
    words, at = text.split("  "), 0
    if centred:
        pen.text(((dots - face.getlength(text)) // 2, height - size * 5 // 4), text, font=face, fill=0)
    else:
        for word in words:  # columns stay columns: what stood apart on the row keeps its place
            if word:
                right = at + width(word)
                x = at * cell
                if right * cell >= dots - 2 * cell and at:
                    x = int(right * cell - face.getlength(word))
                pen.text((x, height - size * 5 // 4), word, font=face, fill=0)
            at += width(word) + 2
    across = -(-dots // 8)
    bits = bytes(byte ^ 0xFF for byte in drawn.tobytes())
    return across, height, harmless(bits)


def harmless(bits: bytes) -> bytes:
    """The same picture but for a dot here and there: a printer hears real-time commands even inside of one, and an
    unlucky one would open the drawer.
    """
    for command in (b"\x10\x04", b"\x10\x05", b"\x10\x14"):
        bits = bits.replace(command, b"\x18" + command[1:])
    return bits
