"""What a sled types as if it were a keyboard → EPCs. No input or output.

A sled may type hex in either case, in groups with spaces between, several tags on a line, EPC URIs, or what a barcode
says: GS1 element strings and Digital Links. The raw EPC is matched first and GS1 meaning second (TDS 1.11 §15.2): a
barcode names GTIN and serial, and only a tag of a piece we know tells prefix length and filter value.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from contract.epc import EPC_BITS_MAX, EpcError, Sgtin96, encode, parse, split_gtin14

DIGITS_MIN: Final = 16
"""64 bits. Less is a piece of an EPC whose typing was disturbed."""
DIGITS_MAX: Final = EPC_BITS_MAX // 4
WORD_DIGITS: Final = 4
GROUP_DIGITS_MAX: Final = 8
"""Longer runs of hex between spaces are EPCs of their own, shorter ones groups of one."""
SAMPLE_CHARS: Final = 40
FILTERS: Final = range(8)
COMPANY_DIGITS: Final = range(6, 13)
GROUP_SEPARATOR: Final = "\x1d"
"""How keyboards type FNC1 (GS1 General Specifications §7.8)."""

_ENDS: Final = re.compile(r"[\r\n\t,;]+")
_HEX: Final = re.compile(r"[0-9A-Fa-f]+")
_PREFIX: Final = re.compile(r"^(?:0x|epc[:=]?\s*)", re.IGNORECASE)
_INNER: Final = re.compile(r"[-:]")
_RAW_URI: Final = re.compile(r"urn:epc:raw:[0-9]+\.x([0-9A-Fa-f]+)", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\(01\)\s*([0-9]{14}).*?\(21\)\s*([^(\s]+)")
_LINK: Final = re.compile(r"^https?://\S*/01/([0-9]{14})(?:/[0-9]{2,4}/[^/\s]+)*?/21/([^/?#\s]+)", re.IGNORECASE)
_ELEMENTS: Final = re.compile(
    r"^(?:\][A-Za-z][0-9])?\x1d?01([0-9]{14})(?:1[1-7][0-9]{6}|10[^\x1d]{1,20}\x1d)*21([^\x1d]+)"
)
_GS1: Final = (_BRACKETS, _LINK, _ELEMENTS)


class Typed(msgspec.Struct, frozen=True):
    """`epcs` in the order typed, each as often as it was; `unreadable`: texts that are no tag, the last shown."""

    epcs: tuple[bytes, ...] = ()
    unreadable: int = 0
    sample: str = ""


def read(lines: Sequence[str], known: Callable[[str], bool]) -> Typed:
    """`known`: whether a piece of ours carries this EPC (upper-case hex). Raises nothing."""
    epcs: list[bytes] = []
    unreadable, sample = 0, ""
    for text in (part.strip() for line in lines for part in _ENDS.split(line)):
        for found in _tags(text, known) if text else ():
            if found is None:
                unreadable, sample = unreadable + 1, printable(text)
            else:
                epcs.append(found)
    return Typed(tuple(epcs), unreadable, sample)


def printable(text: str) -> str:
    """The beginning of it, for a person's eyes."""
    return "".join(each if each.isprintable() else "·" for each in text[:SAMPLE_CHARS])


def _tags(text: str, known: Callable[[str], bool]) -> Iterator[bytes | None]:
    """The tags of one text without line ends; None for a part that is none."""
    named = next((match for pattern in _GS1 if (match := pattern.search(text))), None)
    if text.lower().startswith("urn:"):
        yield from (_of_uri(part, known) for part in text.split())
    elif named is not None and not (_is_epc(text) and known(text.upper())):
        yield _of_gs1(named[1], named[2], known) or _of_hex(text)
    else:
        words = _INNER.sub("", _PREFIX.sub("", text)).split()
        together = all(len(word) <= GROUP_DIGITS_MAX for word in words)
        yield from map(_of_hex, ["".join(words)] if together else words)


def _of_hex(text: str) -> bytes | None:
    text = _PREFIX.sub("", text)
    return bytes.fromhex(text) if _is_epc(text) else None


def _is_epc(text: str) -> bool:
    fits = DIGITS_MIN <= len(text) <= DIGITS_MAX and len(text) % WORD_DIGITS == 0
    return fits and _HEX.fullmatch(text) is not None


def _of_uri(uri: str, known: Callable[[str], bool]) -> bytes | None:
    if raw := _RAW_URI.fullmatch(uri):
        return _of_hex(raw[1])
    try:
        tag = parse(uri.lower())
    except EpcError:
        return None
    if uri.lower().startswith("urn:epc:tag:"):
        return encode(tag)
    return _known_of([tag], known) or encode(tag)


def _of_gs1(gtin: str, serial: str, known: Callable[[str], bool]) -> bytes | None:
    """The tag of ours that carries this GTIN and serial."""
    if not (serial.isascii() and serial.isdecimal() and str(int(serial)) == serial):
        return None  # only SGTIN-96 is matched, and it has whole numbers alone
    try:
        parts = [split_gtin14(gtin, digits) for digits in COMPANY_DIGITS]
    except EpcError:
        return None
    return _known_of([Sgtin96(company=company, item=item, serial=int(serial)) for company, item in parts], known)


def _known_of(tags: Sequence[Sgtin96], known: Callable[[str], bool]) -> bytes | None:
    for tag in tags:
        for value in FILTERS:
            try:
                epc = encode(msgspec.structs.replace(tag, filter=value))
            except EpcError:
                break
            if known(epc.hex().upper()):
                return epc
    return None
