"""The row a receipt was printed of, by the code at its end: read from the log itself, which nobody can change."""

from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import inbox, store
from contract.entries import decode_entry
from contract.facts import SaleRecorded, Stream
from contract.ids import StoreId
from trade.receipt import number_of


@dataclass(frozen=True, slots=True)
class Receipt:
    """What stands on it, without anybody's name. `number` is empty where this office is older than the sale."""

    store: str
    number: str
    business_day: str
    currency: str
    total_minor: int


def with_code(tx: Tx, beginning: bytes) -> Receipt | None:
    """By the beginning of the chain head after the sale's row (`contract.receipt_code.read_code`)."""
    end = (int.from_bytes(beginning) + 1).to_bytes(len(beginning) + 1)[-len(beginning) :]
    found = sa.select(inbox.c.store, inbox.c.body, store.c.name).join(store, store.c.store == inbox.c.store)
    trade = found.where(inbox.c.stream == sa.literal_column(f"'{Stream.TRADE}'"), inbox.c.head >= beginning)
    row = tx.row(trade if end == bytes(len(end)) else trade.where(inbox.c.head < end))
    return None if row is None else _receipt(StoreId(row["store"]), row["name"], bytes(row["body"]))


def _receipt(of: StoreId, name: str, body: bytes) -> Receipt | None:
    """None for a row of which no receipt is printed."""
    try:
        facts = decode_entry(body).facts
    except msgspec.DecodeError:
        return Receipt(name, "", "", "", 0)
    for fact in facts:
        if isinstance(fact, SaleRecorded):
            return Receipt(name, number_of(of, fact), fact.business_day, fact.currency, fact.total_minor)
    return None
