"""EPCs: raw bits first, GS1 meaning second (TDS 1.11 §14.5.1, §14.6.1; unchanged in 1.12, 1.13 and 2.x).

Most tags in jewellers' stores are not GS1, and one random 96-bit value in 515 *is* a valid SGTIN-96: match the raw
EPC against stock, and interpret it only afterwards. Columns are `uint8[n, 12]`, big-endian, as readers report them.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

SGTIN96_HEADER: Final = 0x30
SGTIN96_BYTES: Final = 12
SERIAL_BITS: Final = 38
SERIAL_MAX: Final = (1 << SERIAL_BITS) - 1
EPC_BITS_MAX: Final = 496
WORD_BYTES: Final = 4

FILTER_POINT_OF_SALE: Final = 1
"""TDS §10.2: what a single piece in a shop carries."""


class Partition(NamedTuple):
    """One row of TDS table 14-2: bits and decimal digits of company prefix and of indicator + item reference."""

    company_bits: int
    company_digits: int
    item_bits: int
    item_digits: int


PARTITIONS: Final = (
    Partition(40, 12, 4, 1),
    Partition(37, 11, 7, 2),
    Partition(34, 10, 10, 3),
    Partition(30, 9, 14, 4),
    Partition(27, 8, 17, 5),
    Partition(24, 7, 20, 6),
    Partition(20, 6, 24, 7),
)
_COMPANY_LIMIT: Final = np.array([10**row.company_digits for row in PARTITIONS], np.uint64)
_ITEM_LIMIT: Final = np.array([10**row.item_digits for row in PARTITIONS], np.uint64)
_ITEM_BITS: Final = np.array([row.item_bits for row in PARTITIONS], np.uint64)
_PARTITION_OF_DIGITS: Final = {row.company_digits: at for at, row in enumerate(PARTITIONS)}
_TAG_URI: Final = re.compile(r"urn:epc:tag:sgtin-96:([0-7])\.([0-9]{6,12})\.([0-9]{1,7})\.(0|[1-9][0-9]*)", re.ASCII)
_PURE_URI: Final = re.compile(r"urn:epc:id:sgtin:([0-9]{6,12})\.([0-9]{1,7})\.(0|[1-9][0-9]*)", re.ASCII)


class EpcError(ValueError):
    """This is not the EPC it claims to be; the message says which part and what is allowed."""


class Sgtin96Columns(NamedTuple):
    """Fields of n SGTIN-96 tags. `item` is the indicator digit followed by the item reference."""

    filter: NDArray[np.uint8]
    partition: NDArray[np.uint8]
    company: NDArray[np.uint64]
    item: NDArray[np.uint64]
    serial: NDArray[np.uint64]


class Sgtin96(msgspec.Struct, frozen=True, kw_only=True):
    """One SGTIN-96. Leading zeros of `company` and `item` count: together they are 13 digits."""

    company: str
    item: str
    serial: int
    filter: int = FILTER_POINT_OF_SALE

    @property
    def gtin14(self) -> str:
        """The GTIN-14 on the label (TDS §7.1): indicator, company prefix, item reference, check digit."""
        digits = self.item[0] + self.company + self.item[1:]
        return digits + check_digit(digits)

    @property
    def tag_uri(self) -> str:
        """With the filter, e.g. `urn:epc:tag:sgtin-96:1.0614141.812345.6789`."""
        return f"urn:epc:tag:sgtin-96:{self.filter}.{self.company}.{self.item}.{self.serial}"

    @property
    def pure_identity(self) -> str:
        """Without the filter: two tags with this in common name the same thing."""
        return f"urn:epc:id:sgtin:{self.company}.{self.item}.{self.serial}"


def check_digit(digits: str) -> str:
    """GS1 mod-10 check digit of a GTIN, GLN or SSCC without its last digit."""
    if not (digits.isascii() and digits.isdecimal()):
        raise EpcError(f"{digits!r} is not made of decimal digits")
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def split_gtin14(gtin: str, company_digits: int) -> tuple[str, str]:
    """A GTIN-14 → (company, item) for a known prefix length. Raises `EpcError` for a wrong check digit."""
    if len(gtin) != 14 or check_digit(gtin[:-1]) != gtin[-1]:
        raise EpcError(f"{gtin!r} is not a GTIN-14: fourteen digits with a GS1 check digit last")
    if company_digits not in _PARTITION_OF_DIGITS:
        raise EpcError(f"a GS1 company prefix has 6 to 12 digits, not {company_digits}")
    return gtin[1 : 1 + company_digits], gtin[0] + gtin[1 + company_digits : 13]


def encode_sgtin96(columns: Sgtin96Columns) -> NDArray[np.uint8]:
    """Fields of n rows → `uint8[n, 12]`. Raises `EpcError` naming the first row and field out of range."""
    partition = columns.partition.astype(np.intp)
    _refuse(columns.filter > 7, "filter", "0 to 7")
    _refuse(partition >= len(PARTITIONS), "partition", "0 to 6")
    _refuse(columns.company >= _COMPANY_LIMIT[partition], "company prefix", "as many digits as its partition says")
    _refuse(columns.item >= _ITEM_LIMIT[partition], "item reference", "as many digits as its partition says")
    _refuse(columns.serial > SERIAL_MAX, "serial", f"0 to {SERIAL_MAX}")
    pair = (columns.company.astype(np.uint64) << _ITEM_BITS[partition]) | columns.item.astype(np.uint64)
    serial = columns.serial.astype(np.uint64)
    high = np.full(len(serial), SGTIN96_HEADER << 56, np.uint64)
    high |= (columns.filter.astype(np.uint64) << np.uint64(53)) | (columns.partition.astype(np.uint64) << np.uint64(50))
    high |= (pair << np.uint64(6)) | (serial >> np.uint64(32))
    out = np.empty((len(serial), SGTIN96_BYTES), np.uint8)
    out[:, :8] = high.astype(">u8").view(np.uint8).reshape(-1, 8)
    out[:, 8:] = (serial & np.uint64(0xFFFFFFFF)).astype(">u4").view(np.uint8).reshape(-1, 4)
    return out


def decode_sgtin96(epc: NDArray[np.uint8]) -> tuple[Sgtin96Columns, NDArray[np.bool_]]:
    """`uint8[n, ≥ 12]` → (fields, valid[n]); fields of rows that are not valid SGTIN-96 are zero, never an exception.

    Valid: header 0x30, partition 0–6, company prefix and item within their decimal digits (TDS §14.4.3).
    """
    if epc.ndim != 2 or epc.shape[1] < SGTIN96_BYTES:
        raise EpcError(f"an EPC-96 column is uint8[n, 12] or wider, not {epc.shape}")
    high = np.ascontiguousarray(epc[:, :8]).view(">u8").ravel().astype(np.uint64)
    low = np.ascontiguousarray(epc[:, 8:12]).view(">u4").ravel().astype(np.uint64)
    raw_partition = ((high >> np.uint64(50)) & np.uint64(7)).astype(np.intp)
    partition = np.minimum(raw_partition, len(PARTITIONS) - 1)
    pair = (high >> np.uint64(6)) & np.uint64((1 << 44) - 1)
    bits = _ITEM_BITS[partition]
    company = pair >> bits
    item = pair & ((np.uint64(1) << bits) - np.uint64(1))
    valid = (epc[:, 0] == SGTIN96_HEADER) & (raw_partition < len(PARTITIONS))
    valid &= (company < _COMPANY_LIMIT[partition]) & (item < _ITEM_LIMIT[partition])
    serial = ((high & np.uint64(0x3F)) << np.uint64(32)) | low
    keep = valid.astype(np.uint64)
    columns = Sgtin96Columns(
        ((high >> np.uint64(53)) & np.uint64(7)).astype(np.uint8) * valid,
        partition.astype(np.uint8) * valid,
        company * keep,
        item * keep,
        serial * keep,
    )
    return columns, valid


def encode(tag: Sgtin96) -> bytes:
    """One tag → its 12 bytes. Raises `EpcError`."""
    _checked(tag)
    at = _PARTITION_OF_DIGITS[len(tag.company)]
    pair = (int(tag.company) << PARTITIONS[at].item_bits) | int(tag.item)
    value = (((SGTIN96_HEADER << 3 | tag.filter) << 3 | at) << 44 | pair) << SERIAL_BITS | tag.serial
    return value.to_bytes(SGTIN96_BYTES)


def decode(epc: bytes) -> Sgtin96:
    """12 bytes → one tag. Raises `EpcError`; use `name` where a tag may be anything."""
    columns, valid = decode_sgtin96(np.frombuffer(epc, np.uint8).reshape(1, -1))
    if len(epc) != SGTIN96_BYTES or not valid[0]:
        raise EpcError(f"{epc.hex().upper()} is not a valid SGTIN-96; match it against stock as a raw EPC")
    row = PARTITIONS[columns.partition[0]]
    return Sgtin96(
        company=f"{columns.company[0]:0{row.company_digits}d}",
        item=f"{columns.item[0]:0{row.item_digits}d}",
        serial=int(columns.serial[0]),
        filter=int(columns.filter[0]),
    )


def name(epc: bytes, bits: int) -> str:
    """The tag URI of any EPC: SGTIN-96 where it is one, else `urn:epc:raw:BITS.xHEX` (TDS §15.2.2)."""
    if bits == 96 and decode_sgtin96(np.frombuffer(epc[:12], np.uint8).reshape(1, -1))[1][0]:
        return decode(epc[:12]).tag_uri
    return f"urn:epc:raw:{bits}.x{epc[: (bits + 7) // 8].hex().upper()}"


def parse(uri: str) -> Sgtin96:
    """A tag URI, or a pure identity (its filter becomes 1). Raises `EpcError` saying what is expected."""
    if tag := _TAG_URI.fullmatch(uri):
        found = Sgtin96(filter=int(tag[1]), company=tag[2], item=tag[3], serial=int(tag[4]))
    elif pure := _PURE_URI.fullmatch(uri):
        found = Sgtin96(company=pure[1], item=pure[2], serial=int(pure[3]))
    else:
        raise EpcError(f"{uri!r} is not urn:epc:tag:sgtin-96:FILTER.COMPANY.ITEM.SERIAL nor urn:epc:id:sgtin:…")
    _checked(found)
    return found


def pack_hex(texts: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Hex EPCs → (`uint8[n, w]` zero-padded, `uint16[n]` bits), the columns of a `ReadBatch`. Raises `EpcError`."""
    raw = [_from_hex(text) for text in texts]
    width = max([SGTIN96_BYTES, *(len(one) for one in raw)])
    width += -width % WORD_BYTES
    joined = b"".join(one.ljust(width, b"\0") for one in raw)
    return np.frombuffer(joined, np.uint8).reshape(len(raw), width).copy(), np.array([len(r) * 8 for r in raw], "u2")


def to_hex(epc: NDArray[np.uint8], bits: NDArray[np.uint16]) -> list[str]:
    """The columns of `pack_hex`, back: upper-case hex without the padding."""
    return [row.tobytes()[: (int(n) + 7) // 8].hex().upper() for row, n in zip(epc, bits, strict=True)]


def _from_hex(text: str) -> bytes:
    try:
        raw = bytes.fromhex(text)
    except ValueError as error:
        raise EpcError(f"EPC {text!r} is not hexadecimal") from error
    if not raw or len(raw) % 2 or len(raw) * 8 > EPC_BITS_MAX:
        raise EpcError(f"EPC {text!r} must be 1 to {EPC_BITS_MAX // 16} words of 16 bits")
    return raw


def _refuse(wrong: NDArray[np.bool_], field: str, allowed: str) -> None:
    if wrong.any():
        raise EpcError(f"row {int(np.flatnonzero(wrong)[0])}: {field} is out of range; allowed: {allowed}")


def _checked(tag: Sgtin96) -> None:
    if not (tag.company.isascii() and tag.company.isdecimal() and len(tag.company) in _PARTITION_OF_DIGITS):
        raise EpcError(f"company prefix {tag.company!r} must be 6 to 12 digits")
    if not (tag.item.isascii() and tag.item.isdecimal() and len(tag.item) == 13 - len(tag.company)):
        raise EpcError(f"item {tag.item!r} must be {13 - len(tag.company)} digits: indicator, then item reference")
    if not 0 <= tag.serial <= SERIAL_MAX:
        raise EpcError(f"serial {tag.serial} must be 0 to {SERIAL_MAX}; SGTIN-96 has no room for more")
    if not 0 <= tag.filter <= 7:
        raise EpcError(f"filter {tag.filter} must be 0 to 7")
