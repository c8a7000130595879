"""What is written into a tag: an SGTIN-96 (TDS 2.1 §14.6.1), or the house's own prefix and a serial number.

No two tags of a house ever get one EPC, and nobody has to be asked: the serial number is made of four counts, each in
bits of its own. `number` is of one store (the office's table is unique in it); a `term` of that store is served by one
box only, and a lost or copied disk, or an office that lost its books, begins a new one (custody.md §2.1); `count` only
rises within a term, in the transaction that gives it away. Different counts, different serial numbers: `parts` turns
one back into them.
"""

import re
from typing import Final

from contract.epc import EpcError, Sgtin96, check_digit, encode, split_gtin14
from contract.feed import PieceCard
from contract.ids import GENERATION_BITS
from edge.config import TagScheme, TagsConfig

NUMBER_BITS: Final = 9
LIFE_BITS: Final = 4
TERM_BITS: Final = 7
COUNT_BITS: Final = 18
"""262,143 tags in one term of one store. Together 38 bits, what SGTIN-96 has for a serial number."""
OWN_BYTES: Final = 12
SERIAL_BYTES: Final = 5
PREFIX_BYTES_MAX: Final = OWN_BYTES - SERIAL_BYTES
HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
GTIN_LENGTHS: Final = (8, 12, 13, 14)


class SchemeError(ValueError):
    """No EPC can be made; the message says what to change."""


def serial(number: int, term: int, count: int) -> int:
    """The serial number of the `count`-th tag of a term of a store. Raises `SchemeError` when a count has no room."""
    life, nth = term >> GENERATION_BITS, term & ((1 << GENERATION_BITS) - 1)
    counts = (
        (number, NUMBER_BITS, "this store's number"),
        (life, LIFE_BITS, "the lives of the head office"),
        (nth, TERM_BITS, "the times this store's box was replaced"),
        (count, COUNT_BITS, "the tags written since this box joined"),
    )
    value = 0
    for part, bits, what in counts:
        if not 0 <= part < 1 << bits:
            raise SchemeError(f"{what} ({part}) have no room in a serial number: {bits} bits; ask for a wider scheme")
        value = value << bits | part
    return value


def parts(value: int) -> tuple[int, int, int]:
    """`serial`, back: (number, term, count)."""
    count = value & ((1 << COUNT_BITS) - 1)
    nth = value >> COUNT_BITS & ((1 << TERM_BITS) - 1)
    life = value >> (COUNT_BITS + TERM_BITS) & ((1 << LIFE_BITS) - 1)
    return value >> (COUNT_BITS + TERM_BITS + LIFE_BITS), life << GENERATION_BITS | nth, count


def check(tags: TagsConfig) -> None:
    """Raises `SchemeError` naming the key of `[tags]` that cannot be used."""
    if tags.scheme is TagScheme.OWN:
        if not HEX.fullmatch(tags.prefix) or len(tags.prefix) > 2 * PREFIX_BYTES_MAX:
            raise SchemeError(f"tags.prefix is {tags.prefix!r}; give 1 to {PREFIX_BYTES_MAX} bytes in hex")
        if tags.prefix.startswith("30"):
            raise SchemeError("tags.prefix begins with 30, the header of SGTIN-96: choose another, such as F0")
        return
    if tags.item:
        try:
            encode(Sgtin96(company=tags.company, item=tags.item, serial=0))
        except EpcError as error:
            raise SchemeError(f"tags.company and tags.item: {error}") from error
    elif not (tags.company.isascii() and tags.company.isdecimal() and 6 <= len(tags.company) <= 12):
        raise SchemeError(f"tags.company is {tags.company!r}; give the house's GS1 company prefix, 6 to 12 digits")
    for sku, gtin in tags.gtins.items():
        _item(tags, gtin, sku)


def epc_of(tags: TagsConfig, card: PieceCard, value: int) -> bytes:
    """The EPC, 12 bytes, of the piece's next tag with this serial number. Raises `SchemeError`."""
    if tags.scheme is TagScheme.OWN:
        return bytes.fromhex(tags.prefix).ljust(PREFIX_BYTES_MAX, b"\0") + value.to_bytes(SERIAL_BYTES)
    named = tags.gtins.get(card.sku) or (card.sku if _is_gtin(card.sku) else "")
    item = _item(tags, named, card.sku) if named else tags.item
    if not item:
        raise SchemeError(
            f"SKU {card.sku!r} names no GTIN: give it one under [tags.gtins] in edge.toml, or set tags.item for all "
            "that have none"
        )
    return encode(Sgtin96(company=tags.company, item=item, serial=value))


def _item(tags: TagsConfig, gtin: str, sku: str) -> str:
    """Indicator and item reference of a GTIN under the house's prefix."""
    if not _is_gtin(gtin):
        raise SchemeError(f"the GTIN of {sku!r} is {gtin!r}; give 8, 12, 13 or 14 digits with their check digit")
    company, item = split_gtin14(gtin.zfill(14), len(tags.company))
    if company != tags.company:
        raise SchemeError(f"the GTIN {gtin} of {sku!r} is not under the company prefix {tags.company}")
    return item


def _is_gtin(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) in GTIN_LENGTHS and check_digit(text[:-1]) == text[-1]
