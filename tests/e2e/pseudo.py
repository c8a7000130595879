"""Two tongues nobody speaks: `en-XA`, English with accents, in brackets and longer; `ar-XB`, the same from right to left.

A page in `en-XA` shows every text that was not marked for translation, for it stands there without brackets.
"""

import re
from gettext import NullTranslations
from html.parser import HTMLParser

from babel import Locale

from web.words import Tongue

ACCENTS = str.maketrans("aceiounyAEIOUCN", "äçéîöûñýÀÊÏÖÛÇÑ")
KEPT = re.compile(r"(%\(\w+\)[sd]|%%|<[^>]*>|&\w+;|\{\w+\})")
OPEN, CLOSE = "⟦", "⟧"
LONGER = 0.4


class Pseudo(NullTranslations):
    """Every text with accents, in brackets, 40 % longer; placeholders and tags stay as they are."""

    def gettext(self, message: str) -> str:
        said = "".join(part if KEPT.fullmatch(part) else part.translate(ACCENTS) for part in KEPT.split(message))
        return f"{OPEN}{said}{' ·' * int(len(message) * LONGER / 2)}{CLOSE}"

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one if number == 1 else many)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def npgettext(self, context: str, one: str, many: str, number: int) -> str:
        return self.ngettext(one, many, number)


ACCENTED = Tongue("en-XA", Locale.parse("en_GB"), Pseudo())
RIGHT_TO_LEFT = Tongue("ar-XB", Locale.parse("ar"), Pseudo())


class Reader(HTMLParser):
    """Collects what a person sees or hears of a page: text, and attributes that are read out."""

    SPOKEN = ("title", "aria-label", "placeholder", "alt", "aria-roledescription", "data-confirm")
    SILENT = ("script", "style", "template")
    EMPTY = ("br", "hr", "img", "input", "link", "meta", "path", "rect", "circle", "col", "source", "wbr")

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.text: list[str] = []
        self.spoken: list[str] = []
        self._silent = 0
        self._own: list[str] = []
        """Tags inside an element in a language of its own (`translate="no"`), which is data."""

    def handle_starttag(self, tag, attrs):
        self._silent += tag in self.SILENT
        mine = dict(attrs)
        if (self._own or mine.get("translate") == "no") and tag not in self.EMPTY:
            self._own.append(tag)
        if self._own or "translate" in mine:
            return
        said = [mine[name] for name in self.SPOKEN if mine.get(name)]
        self.seen += said
        self.spoken += said

    def handle_endtag(self, tag):
        self._silent -= tag in self.SILENT
        if self._own and self._own[-1] == tag:
            self._own.pop()

    def handle_data(self, data):
        if not self._silent and not self._own and data.strip():
            text = " ".join(data.split())
            cut = text.startswith(OPEN) and text.endswith(".") and CLOSE not in text  # by the filter `brief`
            self.seen.append(text + CLOSE if cut else text)
            self.text.append(self.seen[-1])


MARKED = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
BETWEEN = "\x00"
WORD = re.compile(r"[^\W\d_]{3,}")


def unmarked(html: str, data: set[str]) -> list[str]:
    """Texts of a page that stand outside of brackets and are no data."""
    reader = Reader()
    reader.feed(html)
    left = BETWEEN.join([*reader.text, *reader.spoken])  # a sentence may hold a tag, and is several texts then
    while MARKED.search(left):
        left = MARKED.sub(" ", left)
    return [
        text.strip() for text in left.split(BETWEEN) if any(word.lower() not in data for word in WORD.findall(text))
    ]
