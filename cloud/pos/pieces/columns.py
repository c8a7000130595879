"""The fields of a record as lists, forms and the history name, read and show them: one table for all three."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec

from cloud.pos.pieces import wording
from contract.feed import Condition, Ownership, PieceCard
from contract.ids import PieceId
from contract.money import plain
from trade.periods import is_day

Read = Callable[[str], object]
Show = Callable[[Any], str]
YES: Final = ("yes", "y", "true", "1")
NO: Final = ("", "no", "n", "false", "0")
NO_CARD: Final = PieceCard(
    piece=PieceId(""), sku="", title="", category="", metal="", fineness=0, weight_mg=0, stones="", price_minor=0,
    currency="", tax_bp=0, epc="",
)  # fmt: skip


class Backing(msgspec.Struct, frozen=True, kw_only=True):
    """What the house knows of a piece and tells no store. `source`: from whom; `provenance`: whose it was before."""

    cost_minor: int = 0
    cost_currency: str = ""
    source: str = ""
    provenance: str = ""
    due_back: str = ""
    """Of a piece on memo or consignment: the last day it may be here."""


class Column(NamedTuple):
    """`read` raises `ValueError` in words and reads back what `show` gives. `of`: the field with its currency."""

    header: str
    label: str
    field: str
    read: Read = str
    show: Show = str
    hint: str = ""
    of: str = ""


def _digits(digits: int) -> tuple[Read, Show]:
    def read(text: str) -> int:
        return wording.scaled(text, digits) if text else 0

    def show(value: int) -> str:
        return wording.unscaled(value, digits) if value else ""

    return read, show


def _word(kind: type[StrEnum], usual: StrEnum) -> Read:
    def read(text: str) -> StrEnum:
        asked = text.lower().replace(" ", "_")
        if asked and asked not in list(kind):
            raise ValueError(f"{text!r}: one of {', '.join(kind)}")
        return kind(asked) if asked else usual

    return read


def _fineness(text: str) -> int:
    return wording.permille(text) if text else 0


def _yes(text: str) -> bool:
    if text.lower() not in (*YES, *NO):
        raise ValueError(f"{text!r}: yes or no")
    return text.lower() in YES


def _day(text: str) -> str:
    if text and not is_day(text):
        raise ValueError(f"{text!r}: write the day as 2026-11-29")
    return text


def _upper(text: str) -> str:
    return text.upper()


COLUMNS: Final = (
    Column("piece", "Piece", "piece"),
    Column("sku", "Article", "sku"),
    Column("title", "Title", "title"),
    Column("category", "Category", "category"),
    Column("collection", "Collection", "collection"),
    Column("designer", "Designer", "designer"),
    Column("price", "Price", "price_minor", hint="tax included", of="currency"),
    Column("currency", "Currency", "currency", _upper),
    Column("prices", "Prices elsewhere", "prices", wording.prices, wording.prices_text, "USD 1300.00; GBP 990.00"),
    Column("tax_percent", "Tax, %", "tax_bp", *_digits(2)),
    Column("tax", "Tax code", "tax"),
    Column("second_hand", "Second hand", "second_hand", _yes, lambda value: "yes" if value else "no"),
    Column("metal", "Metal", "metal"),
    Column("fineness", "Fineness", "fineness", _fineness, _digits(0)[1], "750, or 18 kt"),
    Column("weight_g", "Weight, g", "weight_mg", *_digits(3)),
    Column("metals", "Metals", "metals", wording.metals, wording.metals_text, "gold, 18 kt, 3.1 g; platinum, 950"),
    Column("stones", "Stones, in words", "stones"),
    Column("gems", "Stones", "gems", wording.gems, wording.gems_text,
           "diamond, 0.3 ct, colour G, clarity VS1, cut round, GIA 2141438171; 12 x sapphire, 1.2 ct"),
    Column("certificates", "Certificates", "certificates", wording.certificates, "; ".join,
           "GIA 2141438171; IGI 523456789"),
    Column("attributes", "Attributes", "attributes", wording.attributes, wording.attributes_text,
           "length = 42; clasp = box"),
    Column("serial", "Serial", "serial"),
    Column("barcode", "Barcode", "barcode"),
    Column("epc", "Tag", "epc", _upper),
    Column("tid", "TID", "tid", _upper),
    Column("set_of", "Part of set", "set_of"),
    Column("ownership", "Ownership", "ownership", _word(Ownership, Ownership.OWNED)),
    Column("condition", "Condition", "condition", _word(Condition, Condition.OK)),
    Column("home_zone", "Home zone", "home_zone"),
    Column("tray", "Tray", "tray"),
    Column("photo", "Photo", "photo"),
    Column("cost", "Cost", "cost_minor", of="cost_currency"),
    Column("cost_currency", "Cost currency", "cost_currency", _upper),
    Column("source", "Source", "source", hint="from whom"),
    Column("provenance", "Provenance", "provenance", hint="whose it was before"),
    Column("due_back", "Due back", "due_back", _day, hint="of a piece on memo or consignment, as 2026-11-29"),
)  # fmt: skip
BY_HEADER: Final = {column.header: column for column in COLUMNS}
BY_FIELD: Final = {column.field: column for column in COLUMNS}
OF_THE_HOUSE: Final = frozenset(Backing.__struct_fields__)
"""Fields that only people who may know the cost see."""


def shown(card: PieceCard, backing: Backing) -> dict[str, str]:
    """Every field by its header, as a list or a form has it."""
    return {column.header: _shown(column, card, backing) for column in COLUMNS}


def _shown(column: Column, card: PieceCard, backing: Backing) -> str:
    owner = backing if column.field in OF_THE_HOUSE else card
    value = getattr(owner, column.field)
    if not column.of:
        return column.show(value)
    currency = getattr(owner, column.of)
    return plain(value, currency) if value or column.field == "price_minor" else ""


def read(
    given: Mapping[str, str], card: PieceCard = NO_CARD, backing: Backing | None = None
) -> tuple[PieceCard, Backing, list[tuple[str, str]]]:
    """The record with what is given by header, over what it was; and header and words of what cannot be read."""
    backing = backing or Backing()
    values: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    # money last: its currency may stand in another column of the same row
    for header in sorted(given, key=lambda each: bool(BY_HEADER[each].of)):
        column, text = BY_HEADER[header], given[header].strip()
        try:
            values[column.field] = _money(column, text, values, card, backing) if column.of else column.read(text)
        except ValueError as error:
            wrong.append((header, str(error)))
    house = {name: values.pop(name) for name in OF_THE_HOUSE & values.keys()}
    return msgspec.structs.replace(card, **values), msgspec.structs.replace(backing, **house), wrong


def _money(column: Column, text: str, values: Mapping[str, Any], card: PieceCard, backing: Backing) -> int:
    owner = backing if column.field in OF_THE_HOUSE else card
    return wording.amount(text, values.get(column.of, getattr(owner, column.of))) if text else 0
