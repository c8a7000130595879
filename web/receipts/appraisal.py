"""An appraisal as a PDF on A4: the same bytes for the same appraisal, so that its hash proves it."""

from reportlab.lib.units import mm

from trade.appraisal import AppraisalPaper
from web.receipts.pen import LEFT, NAME, RIGHT, SIZE, SMALL, SOFT, TITLE, Pen

NAMES_WIDTH = 46 * mm
SIGNED_HEIGHT = 44 * mm
"""Who signs, by which credentials, and what an appraisal is, stay on one page."""
ROWS_TOGETHER_MAX = 12
"""Of one fact; a longer one goes on over the page."""
WORDS = (
    "This appraisal says what the piece was found to be, and worth for the purpose named, on the day named. It is no "
    "offer to buy. Weights of stones that could not be taken out are by measurement. It is never altered: a newer "
    "appraisal takes its place."
)


def pdf(paper: AppraisalPaper) -> bytes:
    pen = Pen("Appraisal", paper.number, author=paper.house)
    pen.centred(paper.house, NAME, bold=True)
    pen.gap(4)
    for text in paper.house_lines:
        pen.centred(text, SMALL, colour=SOFT)
    pen.gap(10 * mm)
    pen.beside("Appraisal", paper.number, TITLE, bold=True)
    pen.gap(3)
    for text in (f"Valued on {paper.day}", f"Purpose: {paper.purpose}", f"Basis: {paper.basis}"):
        pen.wrapped(text, SMALL + 0.6, colour=SOFT)
    if paper.supersedes:
        pen.wrapped(f"Takes the place of appraisal {paper.supersedes}", SMALL + 0.6, colour=SOFT)
    if paper.owner:
        pen.wrapped(f"Prepared for {paper.owner}", SMALL + 0.6, colour=SOFT)
    pen.rule(heavy=True)
    pen.gap(6)
    pen.wrapped(paper.title, TITLE, bold=True)
    pen.gap(4)
    for name, words in paper.facts:
        _fact(pen, name, words)
    pen.rule()
    pen.gap(3)
    pen.beside("Value", paper.value, TITLE, bold=True)
    if paper.note:
        pen.gap(6)
        pen.wrapped(paper.note, SIZE)
    pen.need(SIGNED_HEIGHT)
    pen.gap(12 * mm)
    pen.wrapped(paper.appraiser, SIZE, bold=True)
    pen.wrapped(paper.credentials, SMALL, colour=SOFT)
    pen.gap(8 * mm)
    pen.wrapped(WORDS, SMALL, colour=SOFT)
    pen.photos(paper.photos)
    return pen.done()


def _fact(pen: Pen, name: str, words: str) -> None:
    """The name left, its words beside it; words of several rows stay below each other, and on one page."""
    rows = pen.rows(words, SIZE, RIGHT - LEFT - NAMES_WIDTH)
    pen.need(SIZE * (1.6 + 1.4 * min(max(len(rows) - 1, 0), ROWS_TOGETHER_MAX)))
    pen.gap(SIZE * 1.5)
    pen.at(LEFT, name, SMALL, colour=SOFT)
    for at, row in enumerate(rows):
        if at:
            pen.need(SIZE * 1.4)
            pen.gap(SIZE * 1.4)
        pen.at(LEFT + NAMES_WIDTH, row, SIZE)
