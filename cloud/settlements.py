"""Postings that settle what a sale left open: bank transfers, payments a terminal kept, pieces taken in payment."""

from collections.abc import Iterable

import sqlalchemy as sa

from cloud.ledger import Kind, is_posted, post
from cloud.tables import bank_transfer, posting, sale, sale_tender
from cloud.work import Work
from contract.facts import PurchaseRecorded, TenderKind, TradeIn
from contract.ids import AccountId, PaymentId, SaleId, StoreId, UserId
from trade.payment import Payment
from trade.posting import Posting, reversed_legs
from trade.sale import SaleState
from trade.settling import (
    post_consignor_paid,
    post_melted,
    post_payment_kept,
    post_purchase,
    post_trade_in,
    post_transfer_arrived,
    post_transfer_missing,
)

BACK = "/back"
"""Ends the name of the posting by which a kept payment's money went back after all."""


def transfer_arrived(
    work: Work, store: StoreId, of: SaleId, n: int, *, amount_minor: int, currency: str, by: UserId
) -> None:
    """The bank has the money of the sale's tender `n`."""
    name = f"{of}/{n}"
    missed = is_posted(work, store, Kind.TRANSFER, f"{name}/missing")
    legs = post_transfer_arrived(amount_minor, currency, name, missed=missed)
    _transfer(work, legs, store, of, f"{name}/arrived", by=by, why="")


def transfer_missing(
    work: Work, store: StoreId, of: SaleId, n: int, *, amount_minor: int, currency: str, by: UserId, why: str
) -> None:
    """Nobody waits any more. Of a sale that is not posted nothing stands in clearing yet, so nothing is moved."""
    state = sa.select(sale.c.state).where(sale.c.store == store, sale.c.sale == of)
    if work.tx.value(state) == SaleState.QUARANTINED:
        return
    legs = post_transfer_missing(amount_minor, currency, f"{of}/{n}")
    _transfer(work, legs, store, of, f"{of}/{n}/missing", by=by, why=why)


def sale_posted(work: Work, store: StoreId, of: SaleId, *, by: UserId) -> None:
    """A person posted a quarantined sale: the client owes now what of its transfers is known as missing."""
    mine = (bank_transfer.c.store == store, bank_transfer.c.sale == of, bank_transfer.c.state == "missing")
    for row in work.tx.rows(sa.select(bank_transfer).where(*mine)):
        legs = post_transfer_missing(row["amount_minor"], row["currency"], f"{of}/{row['n']}")
        _transfer(work, legs, store, of, f"{of}/{row['n']}/missing", by=by, why=row["note"])


def _transfer(
    work: Work, legs: tuple[Posting, ...], store: StoreId, of: SaleId, ref: str, *, by: UserId, why: str
) -> None:
    post(
        work, legs, store=store, kind=Kind.TRANSFER, ref=ref, business_day="", at_us=work.now_us, sale=of, by=by,
        why=why,
    )  # fmt: skip
    work.tx.settle()


def payment_kept(work: Work, store: StoreId, payment: Payment, *, at_us: int, why: str) -> None:
    """Once for each payment, however often its terminal says so. Of one whose amount is lost nothing is known."""
    if payment.payment in kept_of(work, store, (payment.payment,)):
        return
    legs = post_payment_kept(payment.captured_minor, payment.currency, payment.payment, payment.terminal)
    post(
        work, legs, store=store, kind=Kind.PAYMENT_KEPT, ref=payment.payment, business_day="", at_us=at_us,
        sale=payment.sale, why=why,
    )  # fmt: skip
    if legs:
        work.kept.add((store, payment.payment))


def payment_went_back(work: Work, store: StoreId, payment: Payment, *, at_us: int) -> None:
    """It was kept, and goes back after all."""
    if payment.payment not in kept_of(work, store, (payment.payment,)):
        return
    if is_posted(work, store, Kind.PAYMENT_KEPT, payment.payment + BACK):
        return
    legs = reversed_legs(post_payment_kept(payment.captured_minor, payment.currency, payment.payment, payment.terminal))
    ref = payment.payment + BACK
    post(work, legs, store=store, kind=Kind.PAYMENT_KEPT, ref=ref, business_day="", at_us=at_us, sale=payment.sale)


def kept_of(work: Work, store: StoreId, payments: Iterable[PaymentId]) -> set[PaymentId]:
    """Those of these payments whose money was posted when their terminal kept it."""
    wanted = set(payments)
    kept = {payment for payment in wanted if (store, payment) in work.kept}
    if wanted - kept:
        mine = (posting.c.store == store, posting.c.kind == Kind.PAYMENT_KEPT, posting.c.ref.in_(wanted - kept))
        kept |= {PaymentId(row["ref"]) for row in work.tx.rows(sa.select(posting.c.ref).where(*mine))}
    return kept


def traded(work: Work, store: StoreId, of: SaleId, account: AccountId, currency: str) -> int:
    """What that sale was paid with a piece taken in payment."""
    work.tx.settle()
    mine = (sale.c.store == store, sale.c.sale == of, sale.c.currency == currency)
    paid = (sale_tender.c.kind == TenderKind.TRADE_IN, sale_tender.c.account == account)
    same = sa.and_(sale.c.store == sale_tender.c.store, sale.c.sale == sale_tender.c.sale)
    query = sa.select(sa.func.sum(sale_tender.c.amount_minor)).join(sale, same)
    return int(work.tx.value(query.where(*mine, *paid)) or 0)


def trade_in(work: Work, store: StoreId, account: AccountId, of: SaleId, given: TradeIn, *, at_us: int) -> None:
    """Told again by a box that was lost, it is posted once."""
    if is_posted(work, store, Kind.TRADE_IN, account):
        return
    legs = post_trade_in(given.value_minor, given.currency, account)
    post(work, legs, store=store, kind=Kind.TRADE_IN, ref=account, business_day="", at_us=at_us, sale=of)


def purchase(work: Work, store: StoreId, fact: PurchaseRecorded, *, at_us: int, by: UserId) -> None:
    """Told again by a box that was lost, it is posted once."""
    if is_posted(work, store, Kind.PURCHASE, fact.purchase):
        return
    legs, day = post_purchase(fact), fact.business_day
    post(work, legs, store=store, kind=Kind.PURCHASE, ref=fact.purchase, business_day=day, at_us=at_us, by=by)


def melted(work: Work, store: StoreId, lot: str, amount_minor: int, currency: str, *, by: UserId, why: str) -> None:
    """What the refiner paid for a lot."""
    legs = post_melted(amount_minor, currency, lot)
    post(
        work, legs, store=store, kind=Kind.MELTED, ref=lot, business_day="", at_us=work.now_us, by=by, why=why
    )  # fmt: skip


def consignor_paid(
    work: Work, store: StoreId, payment: str, amount_minor: int, currency: str, *, by: UserId, why: str
) -> None:
    """What was owed for pieces of others that were sold, paid by bank; below nothing where more came back."""
    legs = post_consignor_paid(amount_minor, currency, payment)
    post(
        work, legs, store=store, kind=Kind.CONSIGNOR_PAID, ref=payment, business_day="", at_us=work.now_us, by=by,
        why=why,
    )  # fmt: skip
