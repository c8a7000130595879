"""The chain of a till's Zs: each holds the digest of the one before, so that none is changed, dropped or swapped.

`z_digest` is SHA-256 over UTF-8 lines, each ended by a line feed: `vitrine z 1`, then the fields of `FIELDS` in that
order as `name=` and their compact JSON (keys in the order of the contract). A Z that counted foreign cash writes
`vitrine z 2`, and `foreign` after the others. Fields that a later release adds are in neither; it writes `vitrine z 3`
and a list of its own. All digests are told in docs/shifts.md.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from contract.facts import ShiftClosed
from contract.ids import SaleId

HEAD: Final = "vitrine z 1\n"
HEAD_FOREIGN: Final = "vitrine z 2\n"
"""Of a Z that counted foreign cash: its `foreign` stands after the others."""
FIELDS: Final = (
    "shift", "till", "z_number", "business_day", "currency", "sales", "returns", "gross_minor", "tax_minor",
    "cash_expected_minor", "cash_counted_minor", "sold_pieces", "counted_coins", "note", "tenders", "taxes",
    "moved_minor", "opened_without_sale", "rounding_minor", "receipts", "sales_digest", "previous_z_digest", "late",
)  # fmt: skip


def z_digest(z: ShiftClosed) -> str:
    """In hex, over all that the Z says."""
    digest = hashlib.sha256((HEAD_FOREIGN if z.foreign else HEAD).encode())
    for name in (*FIELDS, "foreign") if z.foreign else FIELDS:
        digest.update(name.encode() + b"=" + msgspec.json.encode(getattr(z, name)) + b"\n")
    return digest.hexdigest()


def receipts_digest(receipts: Iterable[tuple[int, SaleId]]) -> str:
    """In hex, over number and sale of each receipt of a Z, by number."""
    lines = (f"{number} {sale}\n" for number, sale in sorted(receipts))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def chained(z: ShiftClosed) -> bool:
    """Zs of the first release hold no digest of anything."""
    return z.sales_digest != ""


def link_broken(previous: ShiftClosed | None, z: ShiftClosed) -> str:
    """What is wrong between a Z and the one that stands before it at its till, in words; empty: nothing."""
    if previous is None:
        if z.z_number == 1 and not z.previous_z_digest:
            return ""
        return f"Z {z.z_number} of {z.till} follows a Z {z.z_number - 1} that is not here" if chained(z) else ""
    if previous.z_number == z.z_number:
        return f"{z.till} has two Zs with the number {z.z_number}"
    if previous.z_number != z.z_number - 1:
        return f"Z {z.z_number} of {z.till} follows Z {previous.z_number}: Zs between them are missing"
    expected = z_digest(previous) if chained(previous) else ""
    if chained(z) and z.previous_z_digest != expected:
        return f"Z {z.z_number} of {z.till} was made after another Z {previous.z_number} than the one that is here"
    return ""


def verify(zs: Iterable[ShiftClosed]) -> list[str]:
    """Every break in one till's Zs, oldest number first; none in sound books. The last Z is held by nothing but its
    entry in the journal, until the next one is made.
    """
    found = []
    previous: ShiftClosed | None = None
    for z in sorted(zs, key=lambda each: each.z_number):
        broken = link_broken(previous, z)
        if broken:
            found.append(broken)
        previous = z
    return found
