"""Bank transfers that sales wait for: awaited, then arrived or missing, as somebody at the office sees in the bank.

The money stands in bank clearing meanwhile; then in the bank, or with the client who owes it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from cloud import settlements
from cloud.applying import Applier
from cloud.custody import Custody
from cloud.db import Tx
from cloud.tables import bank_transfer
from cloud.work import Heard, Work
from contract.facts import Fact, SaleRecorded, TenderKind
from contract.ids import SaleId, StoreId, UserId
from contract.money import plain


class TransferState(StrEnum):
    AWAITED = "awaited"
    ARRIVED = "arrived"
    MISSING = "missing"
    """Nobody waits any more: a case says who owes. It may arrive all the same."""


NEXT: Final = {
    TransferState.AWAITED: (TransferState.ARRIVED, TransferState.MISSING),
    TransferState.MISSING: (TransferState.ARRIVED,),
    TransferState.ARRIVED: (),
}
CASE: Final = "transfer missing"


class TransferError(Exception):
    """It cannot become that; the message says why."""


@dataclass(frozen=True, slots=True)
class TransferRow:
    store: str
    sale: str
    n: int
    till: str
    reference: str
    amount_minor: int
    currency: str
    business_day: str
    state: str
    at_us: int
    settled_us: int | None
    settled_by: str
    note: str


def awaited(tokens: Custody, heard: Heard, fact: SaleRecorded) -> None:
    """Also of a quarantined sale: its money may come all the same."""
    for n, tender in enumerate(fact.tenders, 1):
        if tender.kind is not TenderKind.BANK_TRANSFER:
            continue
        row = {
            "store": heard.store, "sale": fact.sale, "n": n, "till": fact.till, "reference": tender.reference,
            "amount_minor": tender.amount_minor, "currency": fact.currency, "business_day": fact.business_day,
            "state": TransferState.AWAITED, "at_us": heard.at_us,
        }  # fmt: skip
        tokens.work.tx.add_new(bank_transfer, row)


def settle(work: Work, store: StoreId, sale: SaleId, n: int, to: TransferState, *, by: UserId, note: str) -> None:
    """Somebody looked into the bank. Said twice, it is said once. Raises `LookupError`, `TransferError`."""
    mine = (bank_transfer.c.store == store, bank_transfer.c.sale == sale, bank_transfer.c.n == n)
    row = work.tx.row(sa.select(bank_transfer).where(*mine).with_for_update())
    if row is None:
        raise LookupError(f"sale {sale} of {store} awaits no transfer {n}")
    state = TransferState(row["state"])
    if state is to:
        return
    if to not in NEXT[state]:
        raise TransferError(f"This transfer is {state}: it cannot become {to}")
    if to is TransferState.MISSING and not note.strip():
        raise TransferError("Say what is done about the money that did not come")
    settled = {"state": to, "settled_us": work.now_us, "settled_by": by, "note": note.strip()}
    work.tx.run(sa.update(bank_transfer).where(*mine).values(**settled))
    money = {"amount_minor": row["amount_minor"], "currency": row["currency"]}
    if to is TransferState.ARRIVED:
        settlements.transfer_arrived(work, store, sale, n, **money, by=by)
    if to is TransferState.MISSING:
        settlements.transfer_missing(work, store, sale, n, **money, by=by, why=note.strip())
        amount = f"{plain(row['amount_minor'], row['currency'])} {row['currency']}"
        sentence = (
            f"The transfer {row['reference']} of {amount} for sale {sale} of {store} did not come: {note.strip()}"
        )
        work.open_case(CASE, sentence, store=store, ref=f"{sale}/{n}")


def listing(tx: Tx, *, store: str = "", state: str = "", limit: int = 50) -> list[TransferRow]:
    """Those longest awaited first; of another state the newest."""
    order = bank_transfer.c.at_us if state == TransferState.AWAITED else bank_transfer.c.at_us.desc()
    query = sa.select(bank_transfer).order_by(order, bank_transfer.c.sale, bank_transfer.c.n).limit(limit)
    for column, wanted in (("store", store), ("state", state)):
        if wanted:
            query = query.where(bank_transfer.c[column] == wanted)
    return [row_of(row) for row in tx.rows(query)]


def row_of(row: sa.RowMapping) -> TransferRow:
    return TransferRow(**{name: row[name] for name in TransferRow.__dataclass_fields__})


APPLY: Final[dict[type[Fact], Applier]] = {SaleRecorded: awaited}
