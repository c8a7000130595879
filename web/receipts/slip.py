"""The slip of a thing left with the house, as a PDF on A4: signed at intake, shown to collect it. The same bytes again.

No client's name is on it: whoever finds it learns nothing of whose thing lies here.
"""

import msgspec
from reportlab.lib.units import mm

from web.receipts.pen import NAME, SIZE, SMALL, SOFT, TITLE, Pen

SIGNED = "It is as described above, and this is my signature"


class SlipThing(msgspec.Struct, frozen=True, kw_only=True):
    """`rows`: name and words. `signature`: a picture, or nothing."""

    title: str
    rows: tuple[tuple[str, str], ...]
    signature: bytes = b""


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """`page`: the address of the client's own page with its code; empty: it has none."""

    house: str
    number: str
    title: str
    rows: tuple[tuple[str, str], ...]
    things: tuple[SlipThing, ...]
    words: tuple[str, ...]
    code: str = ""
    page: str = ""


def pdf(slip: Slip) -> bytes:
    pen = Pen(slip.title, slip.number, author=slip.house)
    pen.centred(slip.house, NAME, bold=True)
    pen.gap(10 * mm)
    pen.beside(slip.title, slip.number, TITLE, bold=True)
    pen.gap(3)
    for name, words in slip.rows:
        pen.named(name, words)
    for thing in slip.things:
        pen.gap(3 * mm)
        pen.rule(heavy=True)
        pen.gap(2)
        pen.wrapped(thing.title, SIZE, bold=True)
        for name, words in thing.rows:
            pen.named(name, words)
        pen.signature(thing.signature, SIGNED)
    pen.gap(5 * mm)
    pen.rule()
    for words in slip.words:
        pen.wrapped(words, SMALL, colour=SOFT)
    if slip.code:
        pen.gap(4 * mm)
        if slip.page:
            pen.code(slip.page)
            pen.gap(4)
            pen.centred(f"Your order: {slip.page.partition('?')[0]}", SMALL, colour=SOFT)
        pen.centred(f"Your code {slip.code}", SIZE)
    return pen.done()
