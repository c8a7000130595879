"""A receipt out of the books: its row in the log, read as it was written, with the chain head after it."""

from collections.abc import Mapping
from typing import Final

import msgspec

from contract.entries import Entry, decode_entry
from contract.facts import ReceiptText, ReturnRecorded, SaleRecorded, Stream
from contract.feed import SettingsCard, StaffCard, StoreCard
from contract.ids import ReceiptId, TillId, UserId
from contract.receipt_code import read_code
from edge.books import replica
from edge.books.db import Database
from edge.books.rows import GivenRow, JournalRow, Node, ReceiptRow
from trade.receipt import TEMPLATE, Receipt, as_gift, receipt_id, receipt_of
from trade.receipts import seller_of

FOUND_MAX: Final = 50


def find(db: Database, receipt: ReceiptId, store: StoreCard) -> Receipt | None:
    """As it stands on paper, as the original. store: what this store is called where the office has not said it."""
    at = db.one("receipt", ReceiptRow, receipt=receipt)
    if at is None:
        return None
    rows = db.rows("journal_rows", JournalRow, epoch=at.epoch, stream=Stream.TRADE, first_seq=at.seq, limit=1)
    if not rows or rows[0].seq != at.seq:
        return None
    entry = decode_entry(rows[0].body)
    fact = _fact(entry, receipt)
    if fact is None:
        return None
    node = db.one("node", Node)
    assert node is not None, "the node row is made when the books are"
    return receipt_of(
        node.store,
        fact,
        at_us=entry.at_us,
        by=entry.by,
        head=rows[0].head,
        people=_people(db),
        otherwise=_text_now(db, store),
    )


def as_given(receipt: Receipt, given: GivenRow) -> Receipt:
    """The receipt as it was handed over then: with its copy's number, or without prices."""
    drawn = as_gift(receipt) if given.gift else receipt
    return msgspec.structs.replace(drawn, copy=given.copy)


def givens(db: Database, receipt: ReceiptId) -> list[GivenRow]:
    """What was handed over of it, oldest first."""
    return db.rows("receipt_givens", GivenRow, receipt=receipt)


def newest(db: Database, limit: int = FOUND_MAX) -> list[ReceiptRow]:
    return db.rows("receipts_newest", ReceiptRow, limit=limit)


def search(db: Database, typed: str) -> list[ReceiptRow]:
    """By number (`12`, `paris-till-1-000012`) or by the code at a receipt's end, newest first."""
    text = typed.strip()
    try:
        coded = _with_code(db, read_code(text))
    except ValueError:
        coded = []
    if coded:  # a number may have as many letters as a code
        return coded
    before, _, last = text.rpartition("-")
    if not last.isascii() or not last.isdecimal() or len(last) > 18:
        return []
    node = db.one("node", Node)
    assert node is not None, "the node row is made when the books are"
    till = before.removeprefix(f"{node.store}-")
    return db.rows("receipts_numbered", ReceiptRow, number=int(last), till=TillId(till), limit=FOUND_MAX)


def _with_code(db: Database, beginning: bytes) -> list[ReceiptRow]:
    """Heads are longer than a code, so that none lies above the code's last bytes filled up."""
    return db.rows("receipts_coded", ReceiptRow, beginning=beginning, end=beginning + b"\xff" * (32 - len(beginning)))


def _fact(entry: Entry, receipt: ReceiptId) -> SaleRecorded | ReturnRecorded | None:
    for fact in entry.facts:
        if isinstance(fact, (SaleRecorded, ReturnRecorded)) and receipt_id(fact) == receipt:
            return fact
    return None


def _people(db: Database) -> Mapping[UserId, str]:
    """Those who left as well: their receipts stay."""
    return {card.user: card.name for card in replica.cards(db, StaffCard)}


def _text_now(db: Database, store: StoreCard) -> ReceiptText:
    """For receipts of the first release, which kept no text of their own."""
    card = replica.store(db, store.store) or store
    settings = replica.card(db, SettingsCard, store.store) or SettingsCard(store=store.store)
    return ReceiptText(
        template=TEMPLATE,
        language=settings.language,
        time_zone=card.time_zone,
        seller=seller_of(card, settings),
        foot=settings.receipt_foot,
        check_url=settings.check_url,
    )
