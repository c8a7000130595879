"""What a scanner types, read: a tag's EPC, a GS1 element string or Digital Link, a GTIN, or a name of the house. Pure.

Sources: GS1 General Specifications §7.8 (element strings) and §7.9 (check digit), GS1 Digital Link URI Syntax 1.3,
TDS 2.1 §6 (EPC URIs). Whose piece it is, is asked of the books afterwards: most codes in a jeweller's shop mean nothing
to GS1.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from contract.epc import SERIAL_MAX, EpcError, Sgtin96, encode, parse, split_gtin14
from trade.record import gtin_checks

CODE_LENGTH_MAX: Final = 400
GS: Final = "\x1d"
"""FNC1 as a scanner sends it: it ends a field of changing length."""
SYMBOLOGIES: Final = ("]C1", "]d2", "]Q3", "]e0", "]J1")
"""GS1-128, GS1 DataMatrix, GS1 QR, GS1 DataBar, GS1 DotCode (ISO/IEC 15424)."""
FIXED: Final = {
    "00": 18, "01": 14, "02": 14, "03": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2,
    **{f"{n}": 6 for n in range(310, 370)}, **{f"{n}": 13 for n in range(410, 418)},
}  # fmt: skip
"""Lengths of fields that no FNC1 ends; of 310 to 369 the application identifier has a fourth digit."""
FILTERS: Final = range(8)
COMPANY_DIGITS: Final = range(6, 13)
GTIN_LENGTHS: Final = (8, 12, 13, 14)
HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{4}){3,31}")
RAW: Final = re.compile(r"urn:epc:raw:[0-9]{1,3}\.x([0-9A-Fa-f]+)")
READABLE: Final = re.compile(r"\(([0-9]{2,4})\)([^(]*)")


class ScanError(ValueError):
    """The code begins like one we know and goes on wrongly; the message says what to do."""


class Scanned(msgspec.Struct, frozen=True, kw_only=True):
    """`epcs`: tags it may be, in hex; `gtin`: 14 digits; `serial` beside it; `name`: the text itself, as a name."""

    epcs: tuple[str, ...] = ()
    gtin: str = ""
    serial: str = ""
    name: str = ""

    @property
    def words(self) -> str:
        """What it says, for people."""
        if self.gtin:
            return f"GTIN {self.gtin}" + (f", serial {self.serial}" if self.serial else "")
        return f"tag {self.epcs[0]}" if self.epcs else f"“{self.name}”"


def read(code: str) -> Scanned:
    """Raises `ScanError`. Whatever is no code of GS1 is a name."""
    text = code.replace("\u241d", GS).strip(" \t\r\n")
    if len(text) > CODE_LENGTH_MAX:
        raise ScanError(f"a code has at most {CODE_LENGTH_MAX} signs: scan one at a time")
    if text.lower().startswith("urn:epc:"):
        return _epc_uri(text)
    if re.match(r"https?://", text, re.IGNORECASE):
        return _digital_link(text)
    if text.startswith("("):
        return _of_fields(dict(READABLE.findall(text)), text)
    marked = text.startswith((*SYMBOLOGIES, GS))
    if marked:
        text = text[3:] if text.startswith("]") else text[1:]
    if marked or (re.match(r"01[0-9]{14}", text) and gtin_checks(text[2:16])):
        return _of_fields(dict(_fields(text)), text)
    if HEX.fullmatch(text) and not text.isdecimal():
        return Scanned(epcs=(text.upper(),), name=text)
    if text.isdecimal() and len(text) in GTIN_LENGTHS and gtin_checks(text):
        return Scanned(gtin=text.rjust(14, "0"), name=text)
    return Scanned(name=" ".join(text.replace(GS, " ").split()))


def gtins(gtin: str) -> Iterator[str]:
    """Every way a GTIN is written on a label: 14 digits, and without its leading zeros."""
    for length in reversed(GTIN_LENGTHS):
        if gtin[: 14 - length].strip("0") == "":
            yield gtin[14 - length :]


def _fields(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        if text[at] == GS:
            at += 1
            continue
        identifier = text[at : at + _identifier_digits(text[at : at + 2])]
        if not identifier.isdecimal():
            raise ScanError(f"the code goes on with {identifier!r}, which is no field of GS1: scan it again")
        at += len(identifier)
        length = FIXED.get(identifier[:3]) or FIXED.get(identifier[:2])
        end = at + length if length else (text.find(GS, at) if GS in text[at:] else len(text))
        if end > len(text):
            raise ScanError("the code ends too early: scan it again")
        yield identifier, text[at:end]
        at = end


def _identifier_digits(begin: str) -> int:
    if begin in ("23", "24", "25", "40", "41", "42"):
        return 3
    return 4 if begin in ("31", "32", "33", "34", "35", "36", "39", "43") or begin[:1] in ("7", "8") else 2


def _of_fields(fields: dict[str, str], text: str) -> Scanned:
    gtin = fields.get("01", "")
    if not gtin:
        raise ScanError("the code names no article (GS1 field 01): scan the label of the piece itself")
    return _article(gtin, fields.get("21", "").strip(GS), text)


def _article(gtin: str, serial: str, text: str) -> Scanned:
    if not gtin.isdecimal() or len(gtin) not in GTIN_LENGTHS or not gtin_checks(gtin):
        raise ScanError(f"the last digit of GTIN {gtin} does not fit the others: scan it again")
    whole = gtin.rjust(14, "0")
    return Scanned(gtin=whole, serial=serial, epcs=tuple(_tags(whole, serial)), name=text.replace(GS, " "))


def _tags(gtin: str, serial: str) -> Iterator[str]:
    """The SGTIN-96 of every length of company prefix, which no code tells, and of every filter."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,11}", serial) or int(serial) > SERIAL_MAX:
        return
    for digits in COMPANY_DIGITS:
        company, item = split_gtin14(gtin, digits)
        for each in FILTERS:
            yield encode(Sgtin96(filter=each, company=company, item=item, serial=int(serial))).hex().upper()


def _epc_uri(text: str) -> Scanned:
    raw = RAW.fullmatch(text)
    if raw:
        return Scanned(epcs=(raw[1].upper(),), name=text)
    try:
        tag = parse(text)
    except EpcError as error:
        raise ScanError(f"this EPC cannot be read ({error}): lay the piece on the pad instead") from error
    filters = FILTERS if text.startswith("urn:epc:id:") else (tag.filter,)
    epcs = tuple(encode(msgspec.structs.replace(tag, filter=each)).hex().upper() for each in filters)
    return Scanned(epcs=epcs, gtin=tag.gtin14, serial=str(tag.serial), name=text)


def _digital_link(text: str) -> Scanned:
    path = [_unquoted(part) for part in re.split(r"[?#]", text, maxsplit=1)[0].split("/")[3:]]
    at = next((n for n, part in enumerate(path) if part == "01" and n + 1 < len(path)), None)
    if at is None:
        raise ScanError("this link names no article (…/01/GTIN): scan the label of the piece itself")
    named = dict(zip(path[at::2], path[at + 1 :: 2], strict=False))
    return _article(path[at + 1], named.get("21", ""), text)


def _unquoted(part: str) -> str:
    """`LOT%2F7` is `LOT/7` (RFC 3986 §2.1); what is no UTF-8 stays as it is."""
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode()), part.encode("utf-8", "replace"))
    return raw.decode("utf-8", "replace")
