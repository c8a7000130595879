"""The fold of receipts: where each one stands in the log, and how often it was handed over."""

from contract.facts import ReceiptGiven, ReturnRecorded, SaleRecorded
from contract.ids import Epoch, ReceiptId, UserId
from edge.books.db import Database
from edge.books.rows import GivenRow, ReceiptRow
from trade.receipt import receipt_id
from trade.receipts import Given, Handed


def recorded(db: Database, fact: SaleRecorded | ReturnRecorded, at_us: int, epoch: Epoch, seq: int) -> None:
    row = ReceiptRow(
        receipt=receipt_id(fact),
        sale=fact.sale,
        till=fact.till,
        number=fact.receipt_number,
        is_return=isinstance(fact, ReturnRecorded),
        epoch=epoch,
        seq=seq,
        business_day=fact.business_day,
        currency=fact.currency,
        total_minor=fact.total_minor,
        at_us=at_us,
    )
    db.run_struct("receipt_made", row)


def given(db: Database, fact: ReceiptGiven, at_us: int, by: UserId) -> None:
    row = GivenRow(
        give=fact.give, receipt=fact.receipt, form=fact.form, gift=fact.gift, copy=fact.copy, by=by, at_us=at_us
    )
    db.run_struct("receipt_given_add", row)


def load_handed(db: Database, receipt: ReceiptId) -> Handed | None:
    """A receipt as the rules look at it."""
    row = db.one("receipt", ReceiptRow, receipt=receipt)
    if row is None:
        return None
    givens = db.rows("receipt_givens", GivenRow, receipt=receipt)
    return Handed(
        receipt=row.receipt,
        sale=row.sale,
        till=row.till,
        is_return=row.is_return,
        given=tuple(Given(give=each.give, gift=each.gift, copy=each.copy) for each in givens),
    )
