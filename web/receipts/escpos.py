"""A receipt as ESC/POS: an encoder of the few commands a receipt needs (Epson, ESC/POS Application Programming Guide).

Texts go out in the first code page of the printer that has all their letters; a row that none has is printed as an
image. The drawer's kick is no part of a receipt: `kick` is its own, in real time, so that paper cannot hold it back.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from trade.receipt import Receipt
from web.receipts.code_pages import PAGES, PAGES_USUAL
from web.receipts.layout import Row, Style, rows
from web.receipts.raster import image

INITIALISE: Final = b"\x1b@"
ASK_DONE: Final = b"\x1dr\x01"
"""GS r 1: one byte comes back when everything before it was carried out."""
CUT: Final = b"\x1dVB\x00"
"""GS V 66 0: feed to the cutter, and cut partly."""
NUL: Final = b"\x00"
SOFT: Final = str.maketrans({
    "\N{NARROW NO-BREAK SPACE}": " ", "\N{NO-BREAK SPACE}": " ", "\N{THIN SPACE}": " ",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{MINUS SIGN}": "-", "\N{BULLET}": "*", "\N{NON-BREAKING HYPHEN}": "-",
})  # fmt: skip
"""Signs of good type that paper does without, rather than become an image."""
QR_DOTS_MAX: Final = 8
KICK_PULSE: Final = 2
"""Hundreds of milliseconds."""


def receipt_bytes(receipt: Receipt, *, columns: int = 48, dots: int = 576, pages: Sequence[str] = PAGES_USUAL) -> bytes:
    """The whole job, with cut and the question whether it is done. dots: of the paper's width."""
    return b"".join((INITIALISE, *_each(rows(receipt, columns), columns, dots, pages), CUT, ASK_DONE))


def kick(pin: int = 2) -> bytes:
    """DLE DC4 1 m t: opens the drawer at connector pin 2 or 5, at once, whatever stands in the buffer."""
    return bytes((0x10, 0x14, 1, 0 if pin == 2 else 1, KICK_PULSE))


def _each(laid: Iterable[Row], columns: int, dots: int, pages: Sequence[str]) -> Iterable[bytes]:
    page = -1
    for row in laid:
        match row.style:
            case Style.QR:
                yield _align(1) + _qr(row.text, dots) + _align(0)
                continue
            case Style.RULE:
                yield b"-" * columns + b"\n"
                continue
            case _:
                pass
        encoded = _encoded(row.text, pages)
        if encoded is None:
            scale = 2 if row.style is Style.LARGE else 1
            yield _raster(row, dots, dots // columns * scale)
            continue
        number, text = encoded
        if number != page:
            page = number
            yield bytes((0x1B, 0x74, number))
        before, after = _style(row.style)
        yield before + text + b"\n" + after


def _style(style: Style) -> tuple[bytes, bytes]:
    """ESC a, ESC E and GS !, and what takes them back."""
    bold, plain = b"\x1bE\x01", b"\x1bE\x00"
    match style:
        case Style.BOLD:
            return bold, plain
        case Style.CENTRE:
            return _align(1), _align(0)
        case Style.LARGE:
            return _align(1) + b"\x1d!\x11", b"\x1d!\x00" + _align(0)
        case Style.TOTAL:
            return bold + b"\x1d!\x01", b"\x1d!\x00" + plain
        case _:
            return b"", b""


def _align(where: int) -> bytes:
    return bytes((0x1B, 0x61, where))


def _encoded(text: str, pages: Sequence[str]) -> tuple[int, bytes] | None:
    """Code page and bytes; None when no page has all its letters. ASCII stays in the first page."""
    for soft in (text, text.translate(SOFT)):
        for page in pages:
            try:
                return PAGES[page], soft.encode(page)
            except UnicodeEncodeError:
                continue
    return None


def _qr(text: str, dots: int) -> bytes:
    """GS ( k: model 2, dots of a module, level M, store, print. A code takes at most two thirds of the paper."""
    data = text.encode("ascii", "replace")
    size = max(3, min(QR_DOTS_MAX, dots * 2 // 3 // 49))

    def command(function: int, more: bytes) -> bytes:
        length = 2 + len(more)
        return b"\x1d(k" + bytes((length & 0xFF, length >> 8, 0x31, function)) + more

    return b"".join((
        command(0x41, b"2\x00"), command(0x43, bytes((size,))), command(0x45, b"1"), command(0x50, b"0" + data),
        command(0x51, b"0"),
    ))  # fmt: skip


def _raster(row: Row, dots: int, cell: int) -> bytes:
    """GS v 0: the row as a picture, as wide as the paper."""
    bold, centred = row.style in (Style.BOLD, Style.TOTAL), row.style in (Style.CENTRE, Style.LARGE)
    across, height, bits = image(row.text, dots, cell, bold=bold, centred=centred)
    return b"\x1dv0\x00" + across.to_bytes(2, "little") + height.to_bytes(2, "little") + bits
