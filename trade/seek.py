"""What people type to find a piece, read; and of a card what is looked at. One language for office and store. Pure.

`aurora ring metal:gold carat>=1 price<5000 clasp:box "van cleef" length:40..45`: words that all have to stand
somewhere in the record, and filters `field:text`, `field>number`, `field:low..high`. A number has a point, and the unit
of its field: prices as they are written, carats, grams, thousandths. Attributes of a category are fields as well, with
`_` for a space in the name.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Final

import msgspec

from contract.feed import PieceCard
from contract.money import minor_digits
from trade.attributes import is_day

QUERY_LENGTH_MAX: Final = 200
WORDS_MAX: Final = 12
FILTERS_MAX: Final = 8
INDEXED_LENGTH: Final = 3
"""Of a shorter word no index knows anything: it is looked for in what the rest has found."""
PAIR_LENGTH: Final = 2
"""A word that stands in few lines and is so long is found by the trigrams that hold it."""
EARLY: Final = 1_000
"""Lines looked at first for a word that has no trigram."""
COMMON: Final = 50
"""In so many of them, and a page of it is full soon without any index."""
PRICE_DIGITS: Final = 4
"""Of prices of all currencies in one unit: as many as the most exact currency has."""
ATTRIBUTE_DIGITS: Final = 6
DAY_SCALE: Final = 1_000_000
"""A day is the whole number 20261129 among numbers of so many digits."""
NUMBERS: Final = {"price": PRICE_DIGITS, "carat": 3, "weight": 3, "fineness": 0}
"""Fields with a number, and how many digits it has after the point."""
TEXTS: Final = ("category", "metal", "stone", "collection", "designer", "condition", "ownership", "zone", "tray")
KEYS: Final = ("piece", "sku", "serial", "barcode", "certificate", "epc")
"""What names a piece: found whole before all else, then by its beginning."""
FIELDS: Final = (*NUMBERS, *TEXTS, *KEYS)
TOKEN: Final = re.compile(
    r'\s*(?:(?P<field>[^\W\d][\w]{0,39}|"[^"]{1,40}")(?P<how><=|>=|[:=<>])(?P<value>"[^"]*"|[^\s"]*)'
    r'|"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))'
)
NUMBER: Final = re.compile(r"(-?)([0-9]{1,11})(?:\.([0-9]+))?")
RANGE: Final = re.compile(r"(.*?)\.\.(.*)")


class SeekError(ValueError):
    """The query cannot be read; the message says how to write it."""


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    KEY = "key"
    ATTRIBUTE = "attribute"


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """`text` has to stand in the field (a key begins with it), or its number lies from `low` to `high`, both in it."""

    field: str
    kind: Kind
    text: str = ""
    low: int | None = None
    high: int | None = None

    @property
    def counts(self) -> bool:
        """It is about a number."""
        return self.low is not None or self.high is not None


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """`key`: the whole query, when it may be the name of a piece; empty when it has filters."""

    words: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    key: str = ""


class Seeds(msgspec.Struct, frozen=True, kw_only=True):
    """What of a card is looked at. `numbers` and `texts` by field; `terms`: attribute, its text, its number or none."""

    words: str
    numbers: dict[str, int]
    texts: dict[str, str]
    keys: tuple[tuple[str, str], ...]
    terms: tuple[tuple[str, str, int | None], ...]


def read(query: str, attributes: Collection[str] | None = None) -> Sought:
    """Raises `SeekError`. `attributes`: those there are; None: whatever is no field of ours may be one."""
    if len(query) > QUERY_LENGTH_MAX:
        raise SeekError(f"look for at most {QUERY_LENGTH_MAX} signs at once")
    words: list[str] = []
    filters: list[Filter] = []
    at = 0
    text = query.strip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise SeekError("a quotation mark has no partner: close it, or leave it out")
        at = found.end()
        if found["field"] is not None:
            filters.append(_filter(found["field"].strip('"'), found["how"], found["value"].strip('"'), attributes))
        else:
            words += [plain(found["phrase"])] if found["phrase"] is not None else plain(found["word"]).split()
    words = [word for word in dict.fromkeys(words) if word]
    if len(words) > WORDS_MAX or len(filters) > FILTERS_MAX:
        raise SeekError(f"at most {WORDS_MAX} words and {FILTERS_MAX} filters: leave some out")
    return Sought(words=tuple(words), filters=tuple(filters), key="" if filters else key(text))


def _filter(name: str, how: str, value: str, attributes: Collection[str] | None) -> Filter:
    field = name.lower()
    kind = _kind(field)
    if kind is Kind.ATTRIBUTE:
        field = field.replace("_", " ")
        if attributes is not None and field not in attributes:
            told = ", ".join([*NUMBERS, *TEXTS, *sorted(attributes)[:12]])
            raise SeekError(f"there is no field {name!r}: write one of {told}")
    if not value:
        raise SeekError(f"{name}{how} asks for nothing: write what after it, as metal:gold or price<5000")
    digits = NUMBERS.get(field, ATTRIBUTE_DIGITS)
    if kind in (Kind.TEXT, Kind.KEY):
        if how in "<>" or how in ("<=", ">="):
            raise SeekError(f"{name} is no number: write {name}:{value}")
        return Filter(field=field, kind=kind, text=key(value) if kind is Kind.KEY else plain(value))
    ranged = RANGE.fullmatch(value) if how in ":=" else None
    if ranged is not None:
        low, high = (_number(name, each, digits) if each else None for each in (ranged[1], ranged[2]))
        if low is None and high is None:
            raise SeekError(f"{name}{how}{value} asks for nothing: write {name}:1..2, {name}:1.. or {name}:..2")
        return Filter(field=field, kind=kind, low=low, high=high)
    if kind is Kind.ATTRIBUTE and how in ":=" and not _is_number(value):
        return Filter(field=field, kind=kind, text=plain(value))
    number = _number(name, value, digits)
    match how:
        case "<":
            return Filter(field=field, kind=kind, high=number - 1)
        case "<=":
            return Filter(field=field, kind=kind, high=number)
        case ">":
            return Filter(field=field, kind=kind, low=number + 1)
        case ">=":
            return Filter(field=field, kind=kind, low=number)
        case _:
            return Filter(field=field, kind=kind, low=number, high=number)


def _kind(field: str) -> Kind:
    if field in NUMBERS:
        return Kind.NUMBER
    if field in TEXTS:
        return Kind.TEXT
    return Kind.KEY if field in KEYS else Kind.ATTRIBUTE


def _is_number(text: str) -> bool:
    return NUMBER.fullmatch(text) is not None or is_day(text)


def _number(name: str, text: str, digits: int) -> int:
    """A day counts as the number 20261129."""
    if digits == ATTRIBUTE_DIGITS and is_day(text):
        return int(text.replace("-", "")) * DAY_SCALE
    found = NUMBER.fullmatch(text)
    if found is None or len(found[3] or "") > digits:
        how = f"a number with at most {digits} digits after the point" if digits else "a whole number"
        raise SeekError(f"{name}: {text!r} is not {how}")
    scale: int = 10**digits
    number = int(found[2]) * scale + int((found[3] or "").ljust(digits, "0") or "0")
    return -number if found[1] else number


def pair_of(sought: Sought) -> str:
    """A word of two letters that may lead to the lines; empty when a longer one does, or there is none."""
    if any(len(word) >= INDEXED_LENGTH for word in sought.words):
        return ""
    return next((word for word in sought.words if len(word) == PAIR_LENGTH), "")


def holding(pair: str, *, signs: Collection[str], trigrams: Collection[str]) -> tuple[str, ...]:
    """Trigrams, one of which is in every line of three signs and more that has this pair.

    `trigrams` are those that begin with it. At the end of a line none does, but one that ends with it: so each of
    `signs`, with which trigrams begin at all, is put before it.
    """
    return (*trigrams, *(sign + pair for sign in signs))


def phrases(words: Collection[str], between: str = " ") -> str:
    """Words as FTS5 is asked for them."""
    return between.join('"' + word.replace('"', '""') + '"' for word in words)


def plain(text: str) -> str:
    """Small letters without accents, one space between: `Émeraude  Taillée` is found by `emeraude taillee`."""
    bare = text
    if not text.isascii():  # most of what a card says is, and has no accents to be looked for
        bare = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return " ".join(bare.casefold().split())


def key(text: str) -> str:
    """A name of a piece as it is compared: capitals, without spaces. `gia 2141438171` is `GIA2141438171`."""
    return "".join(text.upper().split())


def seeds(card: PieceCard) -> Seeds:
    scale = 10 ** (PRICE_DIGITS - minor_digits(card.currency)) if card.currency else 1
    metals = dict.fromkeys([card.metal.replace("_", " "), *(metal.metal for metal in card.metals)])
    return Seeds(
        words=_words(card),
        numbers={
            "price": card.price_minor * scale,
            "carat": sum(gem.carat_milli for gem in card.gems),
            "weight": card.weight_mg,
            "fineness": card.fineness,
        },
        texts={
            "category": plain(card.category),
            "metal": plain(" ".join(metals)),
            "stone": plain(" ".join([card.stones, *(gem.kind for gem in card.gems)])),
            "collection": plain(card.collection),
            "designer": plain(card.designer),
            "condition": plain(card.condition),
            "ownership": plain(card.ownership),
            "zone": plain(card.home_zone),
            "tray": plain(card.tray),
        },
        keys=tuple(dict.fromkeys(_keys(card))),
        terms=tuple((each.name, plain(each.value), _term(each.value)) for each in card.attributes),
    )


def _term(value: str) -> int | None:
    try:
        return _number("", value, ATTRIBUTE_DIGITS)
    except SeekError:
        return None


def _keys(card: PieceCard) -> Iterator[tuple[str, str]]:
    """Kind and name; a certificate with and without its laboratory."""
    for kind, name in (
        ("piece", card.piece), ("sku", card.sku), ("serial", card.serial), ("barcode", card.barcode), ("epc", card.epc),
    ):  # fmt: skip
        if key(name):
            yield kind, key(name)
    for paper in (*card.certificates, *(gem.certificate for gem in card.gems)):
        if key(paper):
            yield "certificate", key(paper)
            if number := key(paper.partition(" ")[2]):
                yield "certificate", number


def _words(card: PieceCard) -> str:
    told = (
        card.title, card.piece, card.sku, card.category, card.metal.replace("_", " "), card.stones, card.designer,
        card.collection, card.epc, card.serial, card.barcode, *card.certificates,
        *(metal.metal for metal in card.metals),
        *(f"{gem.kind} {gem.colour} {gem.clarity} {gem.cut} {gem.certificate}" for gem in card.gems),
        *(each.value for each in card.attributes),
    )  # fmt: skip
    return plain(" ".join(told))
