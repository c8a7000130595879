"""A receipt out of the log, as its store printed it; and the office's copies, counted by themselves."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import inbox, receipt_given, refund, sale, staff, store
from cloud.work import Work
from contract.entries import Entry, decode_entry
from contract.facts import ReceiptForm, ReceiptText, ReturnRecorded, SaleRecorded, Seller, Stream
from contract.ids import GiveId, ReceiptId, StoreId, UserId
from contract.receipt_code import read_code
from trade.receipt import TEMPLATE, Receipt, receipt_id, receipt_of

FOUND_MAX: Final = 50
OFFICE: Final = "Head office"
BY_CLIENT: Final = UserId("client")
"""Who made a copy, where it was the client on their own page;"""
COPIES_BY_CLIENT_MAX: Final = 20
"""of one receipt."""


class TooManyCopiesError(ValueError):
    """The client took so many already that another would only fill the books."""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A receipt of any store."""

    store: str
    receipt: str
    till: str
    number: int
    is_return: bool
    business_day: str
    currency: str
    total_minor: int
    recorded_us: int


@dataclass(frozen=True, slots=True)
class GivenRow:
    form: str
    gift: bool
    copy: int
    office: bool
    by: str
    at_us: int


def search(tx: Tx, typed: str, *, of: str = "") -> list[FoundRow]:
    """By number (`12`, `paris-till-1-000012`) or by the code at a receipt's end, newest first; nothing: the newest."""
    text = typed.strip()
    try:
        coded = [row for row in _with_code(tx, read_code(text)) if of in ("", row.store)]
    except ValueError:
        coded = []
    if coded:  # a number may have as many letters as a code
        return coded
    _, _, last = text.rpartition("-")
    if text and not (last.isascii() and last.isdecimal() and len(last) <= 18):
        return []
    found: list[FoundRow] = []
    for table, is_return in ((sale, False), (refund, True)):
        query = sa.select(table).order_by(table.c.recorded_us.desc()).limit(FOUND_MAX)
        if of:
            query = query.where(table.c.store == of)
        if text:
            query = query.where(table.c.receipt_number == int(last))
        found += [found_row(row, is_return=is_return) for row in tx.rows(query)]
    named = [row for row in found if text in ("", last) or f"{row.store}-{row.till}-{row.number:06d}" == text]
    return sorted(named, key=lambda row: -row.recorded_us)[:FOUND_MAX]


def found_row(row: sa.RowMapping, *, is_return: bool) -> FoundRow:
    number = row["receipt_number"]
    return FoundRow(
        store=row["store"],
        receipt=f"{row['sale']}:{row['till']}:{number}" if is_return else row["sale"],
        till=row["till"],
        number=number,
        is_return=is_return,
        business_day=row["business_day"],
        currency=row["currency"],
        total_minor=row["total_minor"],
        recorded_us=row["recorded_us"],
    )


def _with_code(tx: Tx, beginning: bytes) -> list[FoundRow]:
    end = beginning + b"\xff" * (32 - len(beginning))
    query = sa.select(inbox.c.store, inbox.c.epoch, inbox.c.seq).where(
        inbox.c.stream == sa.literal_column(f"'{Stream.TRADE}'"), inbox.c.head >= beginning, inbox.c.head < end
    )
    found: list[FoundRow] = []
    for place in tx.rows(query):
        for table, is_return in ((sale, False), (refund, True)):
            its = (table.c.store == place["store"], table.c.epoch == place["epoch"], table.c.seq == place["seq"])
            found += [found_row(row, is_return=is_return) for row in tx.rows(sa.select(table).where(*its))]
    return found


def receipt(tx: Tx, of: str, name: str) -> Receipt | None:
    """As it stands on paper, as the original."""
    sold, _, rest = name.partition(":")
    till, _, number = rest.rpartition(":")
    table = refund if rest else sale
    its = [table.c.store == of, table.c.sale == sold]
    if rest:
        if not (number.isascii() and number.isdecimal() and len(number) <= 18):
            return None
        its += [table.c.till == till, table.c.receipt_number == int(number)]
    row = tx.row(sa.select(table.c.epoch, table.c.seq).where(*its))
    if row is None:
        return None
    kept = sa.select(inbox.c.body, inbox.c.head).where(
        inbox.c.store == of, inbox.c.epoch == row["epoch"], inbox.c.stream == Stream.TRADE, inbox.c.seq == row["seq"]
    )
    stored = tx.row(kept)
    if stored is None:
        return None  # it came late, to the place of another row: only its own store's paper tells of it
    entry = decode_entry(bytes(stored["body"]))
    fact = _fact(entry, ReceiptId(name))
    if fact is None:
        return None
    return receipt_of(
        StoreId(of),
        fact,
        at_us=entry.at_us,
        by=entry.by,
        head=bytes(stored["head"]),
        people={UserId(each["user"]): each["name"] for each in tx.rows(sa.select(staff.c.user, staff.c.name))},
        otherwise=_text_now(tx, of),
    )


def drawable(tx: Tx, wanted: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Those of these receipts, each by its store and name, whose row is in the log: the others cannot be drawn here."""
    if not wanted:
        return frozenset()
    sold = sorted({name.partition(":")[0] for _, name in wanted})
    found: set[tuple[str, str]] = set()
    for table in (sale, refund):
        same = [inbox.c[name] == table.c[name] for name in ("store", "epoch", "seq")]
        kept = (
            sa.select(table).join(inbox, sa.and_(inbox.c.stream == Stream.TRADE, *same)).where(table.c.sale.in_(sold))
        )
        for row in tx.rows(kept):
            rest = f":{row['till']}:{row['receipt_number']}" if table is refund else ""
            found.add((row["store"], f"{row['sale']}{rest}"))
    return frozenset(found & set(wanted))


def givens(tx: Tx, of: str, name: str) -> list[GivenRow]:
    """What was handed over of it as far as the office heard, oldest first."""
    query = sa.select(receipt_given).where(receipt_given.c.store == of, receipt_given.c.receipt == name)
    return [
        GivenRow(
            form=row["form"],
            gift=bool(row["gift"]),
            copy=row["copy"],
            office=bool(row["office"]),
            by=row["by"],
            at_us=row["at_us"],
        )
        for row in tx.rows(query.order_by(receipt_given.c.at_us, receipt_given.c.give))
    ]


def copy(work: Work, of: str, name: str, *, give: GiveId, by: UserId) -> Receipt | None:
    """The office's next copy, written down before it is drawn. What the store hands over, it counts itself."""
    original = receipt(work.tx, of, name)
    if original is None:
        return None
    before = givens(work.tx, of, name)
    if by == BY_CLIENT and sum(each.by == by for each in before) >= COPIES_BY_CLIENT_MAX:
        raise TooManyCopiesError
    number = 1 + sum(each.office for each in before)
    row = {
        "store": of, "give": give, "receipt": name, "form": ReceiptForm.PDF, "gift": 0, "copy": number, "office": 1,
        "by": by, "at_us": work.now_us,
    }  # fmt: skip
    work.tx.add(receipt_given, row)
    return msgspec.structs.replace(original, copy=number, copied_by=OFFICE)


def _fact(entry: Entry, name: ReceiptId) -> SaleRecorded | ReturnRecorded | None:
    for fact in entry.facts:
        if isinstance(fact, (SaleRecorded, ReturnRecorded)) and receipt_id(fact) == name:
            return fact
    return None


def _text_now(tx: Tx, of: str) -> ReceiptText:
    """For receipts of the first release, which kept no text of their own."""
    row = tx.row(sa.select(store.c.name, store.c.time_zone).where(store.c.store == of))
    name, zone = (row["name"], row["time_zone"]) if row is not None else (of, "UTC")
    return ReceiptText(template=TEMPLATE, language="en", time_zone=zone, seller=Seller(name=name))
