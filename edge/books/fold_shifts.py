"""The fold of drawers: shifts, what their Zs count, cash moved by hand.

A receipt is counted in one Z: that of the shift it was recorded in, or, when that shift is closed already or never gets
a Z, the next one of the till, marked late. Until a shift is opened there it waits, counted by none.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from contract.facts import CashBanked, CashMoved, ReturnRecorded, SaleLine, SaleRecorded, ShiftClosed, ShiftOpened
from contract.ids import Epoch, ShiftId, TillId, UserId
from edge.books.db import Database
from edge.books.rows import Body
from trade.custody import Token, TokenEvent, moved
from trade.shift import SHIFT, Movement, Receipt, Shift, ShiftEvent, ShiftState, receipt_of
from trade.zchain import chained, z_digest

ZS: Final = "z"
WAITING: Final = ShiftId("")
"""Counted by no shift yet."""
TO_BANK: Final = "bank"
"""Beside the kinds of cash moved by hand."""
NUMBER_MAX: Final = 2**62

_encode: Final = msgspec.json.Encoder().encode
_decode_receipt: Final = msgspec.json.Decoder(Receipt).decode
_decode_z: Final = msgspec.json.Decoder(ShiftClosed).decode


class _Counted(msgspec.Struct, frozen=True):
    recorded: ShiftId
    body: bytes


def load_receipts(db: Database, shift: ShiftId) -> tuple[Receipt, ...]:
    """What the Z of this shift counts, by number; late where it was recorded in another one."""
    rows = db.rows("receipts_counted", _Counted, shift=shift)
    return tuple(msgspec.structs.replace(_decode_receipt(row.body), late=row.recorded != shift) for row in rows)


def load_movements(db: Database, shift: ShiftId) -> tuple[Movement, ...]:
    return tuple(db.rows("moves", Movement, shift=shift))


def load_z(db: Database, shift: ShiftId) -> ShiftClosed | None:
    """The Z as it was made. One of the first release has its sums only; no `sold_pieces` are kept here."""
    row = db.one("z", Body, shift=shift)
    return None if row is None else _decode_z(row.body)


def last_z_digest(db: Database, till: TillId) -> str:
    return next(iter(db.words("z_last_digest", till=till)), "")


def count_receipt(
    db: Database, fact: SaleRecorded | ReturnRecorded, epoch: Epoch, sold: Sequence[SaleLine] = ()
) -> None:
    """In its shift while that is open; else in the till's open one; else it waits."""
    its = db.one("shift", Shift, shift=fact.shift)
    if its is None or its.state is ShiftState.CLOSED:
        its = db.one("shift_open", Shift, till=fact.till)
    receipt = receipt_of(fact, sold)
    db.run(
        "receipt_add",
        epoch=epoch,
        till=fact.till,
        number=fact.receipt_number,
        recorded=fact.shift,
        counted=its.shift if its else WAITING,
        sale=fact.sale,
        body=_encode(receipt),
    )


def opened(db: Database, fact: ShiftOpened, at_us: int) -> None:
    """A till has one open shift. One that a lost box left open has no Z and never will: it ends here, without."""
    left = db.one("shift_open", Shift, till=fact.till)
    if left is not None and left.shift != fact.shift:
        state = SHIFT.after(left.state, ShiftEvent.CLOSE) or left.state
        db.run_struct("shift_set", msgspec.structs.replace(left, state=state, closed_us=at_us))
        db.run("receipts_moved", shift=left.shift, to=WAITING)
    shift = Shift(
        shift=fact.shift,
        till=fact.till,
        business_day=fact.business_day,
        currency=fact.currency,
        float_minor=fact.float_minor,
        opened_us=at_us,
    )
    db.run_struct("shift_set", shift)
    db.run("receipts_waiting", shift=fact.shift, till=fact.till)


def cash_moved(db: Database, fact: CashMoved, at_us: int, by: UserId) -> None:
    its = db.one("shift", Shift, shift=fact.shift)
    foreign = fact.currency if its is not None and its.currency != fact.currency else ""
    movement = Movement(
        move=fact.move, kind=fact.kind, amount_minor=fact.amount_minor, reason=fact.reason, by=by, at_us=at_us,
        currency=foreign,
    )  # fmt: skip
    db.run_struct("move_add", movement, shift=fact.shift)


def cash_banked(db: Database, fact: CashBanked, at_us: int, by: UserId) -> None:
    """Of the safe, so of no shift."""
    db.run(
        "move_add", move=fact.move, shift=WAITING, kind=TO_BANK, amount_minor=fact.amount_minor, reason=fact.reference,
        by=by, at_us=at_us, currency=fact.currency,
    )  # fmt: skip


def closed(db: Database, fact: ShiftClosed, at_us: int, epoch: Epoch) -> None:
    """What the Z counts is counted for good; what came into this shift without its knowing goes to the next one.

    Of two receipts with one number, by two boxes of one shift, the Z counted that of the box that made it.
    """
    shift = db.one("shift", Shift, shift=fact.shift)
    if shift is not None:
        state = SHIFT.after(shift.state, ShiftEvent.CLOSE) or shift.state
        db.run_struct("shift_set", msgspec.structs.replace(shift, state=state, z_number=fact.z_number, closed_us=at_us))
    first, last = fact.receipts if chained(fact) else (0, NUMBER_MAX)
    late = msgspec.json.encode(fact.late).decode()
    db.run("receipts_not_in_z", shift=fact.shift, epoch=epoch, first=first, last=last, late=late)
    db.run("receipts_in_z", shift=fact.shift, epoch=epoch, first=first, last=last)
    current = db.one("shift_open", Shift, till=fact.till)
    if current is not None:
        db.run("receipts_waiting", shift=current.shift, till=fact.till)
    _keep(db, fact)
    db.run("till_counter_set", till=fact.till, series=ZS, last=fact.z_number)
    for piece in fact.sold_pieces:
        token = db.one("token", Token, piece=piece)
        if token is not None:
            db.run_struct("token_set", moved(token, TokenEvent.CLOSED))


def _keep(db: Database, fact: ShiftClosed) -> None:
    digest = z_digest(fact) if chained(fact) else ""
    body = _encode(msgspec.structs.replace(fact, sold_pieces=()))
    db.run("z_add", shift=fact.shift, till=fact.till, z_number=fact.z_number, digest=digest, body=body)
