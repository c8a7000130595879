"""What the bank gave for cash that was brought to it, matched with what the ledger has in the bank for it.

Foreign cash stands there at what it was taken for, so the difference is one of exchange; the house's own cash at what
was counted into the bag, so it is cash that was over or short.
"""

import sqlalchemy as sa

from cloud.ledger import Kind, is_posted, post
from cloud.pos.shifts.apply import TO_BANK
from cloud.tables import cash_move, ledger_line, store
from cloud.work import Work
from contract.ids import StoreId, UserId
from trade.accounts import Account
from trade.posting import post_bank_credited


class NotBookedError(Exception):
    """Nothing stands in the bank for it yet; the message says what to do."""


def credited(work: Work, of: StoreId, move: str, amount_minor: int, *, by: UserId) -> None:
    """The bank gave so much, in the store's own currency. Said again otherwise, the rest is posted.

    Raises `LookupError` when that store brought no such cash to the bank, and `NotBookedError`.
    """
    mine = (cash_move.c.store == of, cash_move.c.move == move, cash_move.c.kind == TO_BANK)
    row = work.tx.row(sa.select(cash_move).where(*mine).with_for_update())
    if row is None:
        raise LookupError(f"{of} brought no {move} to the bank")
    if row["credited_us"] and row["credited_minor"] == amount_minor:
        return
    own = str(work.tx.value(sa.select(store.c.currency).where(store.c.store == of)))
    if not is_posted(work, of, Kind.CASH_BANKED, move):
        raise NotBookedError(f"{row['reason']} is not in the ledger yet: end what is parked of {of} first")
    stands = row["credited_minor"] if row["credited_us"] else _booked(work, of, move)
    legs = post_bank_credited(move, stands_minor=stands, credited_minor=amount_minor, own=own, foreign=row["currency"])
    times = row["credits"] + 1
    post(
        work, legs, store=of, kind=Kind.BANK_CREDITED, ref=f"{move}/{times}", business_day="", at_us=work.now_us, by=by,
        why=row["reason"],
    )  # fmt: skip
    told = {"credited_minor": amount_minor, "credits": times, "credited_us": work.now_us, "credited_by": by}
    work.tx.run(sa.update(cash_move).where(*mine).values(**told))
    work.tx.settle()


def _booked(work: Work, of: StoreId, move: str) -> int:
    """What the ledger debited the bank with when the cash was brought there."""
    mine = (
        ledger_line.c.store == of,
        ledger_line.c.posting == f"{Kind.CASH_BANKED}:{move}",
        ledger_line.c.account == Account.BANK,
    )
    return int(work.tx.value(sa.select(sa.func.sum(ledger_line.c.amount_minor)).where(*mine)) or 0)
