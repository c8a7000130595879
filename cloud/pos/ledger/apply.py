"""Posts what moves money or goods. Money of a quarantined sale waits for the person who resolves its case."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

from cloud import costs, postings
from cloud.applying import Applier
from cloud.custody import Custody
from cloud.ledger import Kind, is_posted, position, post
from cloud.tables import store
from cloud.work import Heard, UnappliableError
from contract.facts import (
    CashBanked,
    CashMoved,
    CustodyReceived,
    Fact,
    ReturnRecorded,
    SaleRecorded,
    ShiftClosed,
    ShiftOpened,
    TransferShipped,
)
from trade.posting import (
    Position,
    UnbalancedError,
    post_cash_banked,
    post_cash_moved,
    post_shift_closed,
    post_shift_opened,
)


def sold(tokens: Custody, heard: Heard, fact: SaleRecorded) -> None:
    if fact.sale in tokens.work.quarantined:
        return
    with _or_parked():
        postings.sold(tokens.work, heard.store, fact, at_us=heard.at_us)


def taken_back(tokens: Custody, heard: Heard, fact: ReturnRecorded) -> None:
    with _or_parked():
        ref = f"{fact.sale}/{heard.epoch}/{heard.seq}"
        postings.taken_back(tokens.work, heard.store, fact, ref=ref, at_us=heard.at_us)


def shift_opened(tokens: Custody, heard: Heard, fact: ShiftOpened) -> None:
    """A box that was lost may have told of it before: then it is posted already."""
    work, ref = tokens.work, str(fact.shift)
    if is_posted(work, heard.store, Kind.SHIFT_OPENED, ref):
        return
    legs, day = post_shift_opened(fact), fact.business_day
    post(work, legs, store=heard.store, kind=Kind.SHIFT_OPENED, ref=ref, business_day=day, at_us=heard.at_us)


def shift_closed(tokens: Custody, heard: Heard, fact: ShiftClosed) -> None:
    work, ref = tokens.work, str(fact.shift)
    if is_posted(work, heard.store, Kind.SHIFT_CLOSED, ref):
        return
    off = [each.currency for each in fact.foreign if each.counted_minor != each.expected_minor]
    positions = {each: position(work, heard.store, each) for each in off}
    legs, day, why = post_shift_closed(fact, positions), fact.business_day, fact.note
    post(
        work, legs, store=heard.store, kind=Kind.SHIFT_CLOSED, ref=ref, business_day=day, at_us=heard.at_us,
        by=heard.by, why=why,
    )  # fmt: skip


def cash_moved(tokens: Custody, heard: Heard, fact: CashMoved) -> None:
    work, ref = tokens.work, str(fact.move)
    if is_posted(work, heard.store, Kind.CASH_MOVED, ref):
        return
    legs = post_cash_moved(fact)
    post(
        work, legs, store=heard.store, kind=Kind.CASH_MOVED, ref=ref, business_day="", at_us=heard.at_us, by=heard.by,
        why=fact.reason,
    )  # fmt: skip


def cash_banked(tokens: Custody, heard: Heard, fact: CashBanked) -> None:
    work, ref = tokens.work, str(fact.move)
    if is_posted(work, heard.store, Kind.CASH_BANKED, ref):
        return
    own = str(work.tx.value(sa.select(store.c.currency).where(store.c.store == heard.store)))
    had = position(work, heard.store, fact.currency) if fact.currency != own else Position()
    legs = post_cash_banked(fact, own, had)
    post(
        work, legs, store=heard.store, kind=Kind.CASH_BANKED, ref=ref, business_day=fact.business_day,
        at_us=heard.at_us, by=heard.by, why=fact.reference,
    )  # fmt: skip


def shipped(tokens: Custody, heard: Heard, fact: TransferShipped) -> None:
    ref = f"ship:{fact.transfer}/{heard.epoch}/{heard.seq}"
    costs.shipped(tokens.work, heard.store, fact.pieces, ref=ref, at_us=heard.at_us)


def received(tokens: Custody, heard: Heard, fact: CustodyReceived) -> None:
    ref = f"receive:{fact.piece}/{heard.epoch}/{heard.seq}"
    costs.rested(tokens.work, heard.store, (fact.piece,), ref=ref, day="", at_us=heard.at_us)


@contextmanager
def _or_parked() -> Iterator[None]:
    """Figures that do not agree wait for a person; nothing is posted half."""
    try:
        yield
    except UnbalancedError as error:
        raise UnappliableError(str(error)) from error


APPLY: Final[dict[type[Fact], Applier]] = {
    SaleRecorded: sold,
    ReturnRecorded: taken_back,
    ShiftOpened: shift_opened,
    ShiftClosed: shift_closed,
    CashMoved: cash_moved,
    CashBanked: cash_banked,
    TransferShipped: shipped,
    CustodyReceived: received,
}
