"""What was forfeited by hand is given back with the reversal of its posting: account and ledger say the same."""

from typing import Final

import sqlalchemy as sa

from cloud import changes
from cloud.tables import value_account, value_move
from cloud.value_slices import locked
from cloud.work import Work
from contract.ids import AccountId, StoreId, UserId
from contract.money import plain

NOTED: Final = "account"
"""What the office's changes call what people do to one."""
BY_HAND: Final = "office:"
"""Begins the name of a move that a person made here."""
OF_ORDER: Final = "order:"
"""Begins the name of what an order's end made of its deposits."""
BACK: Final = "/back"


def given_back(work: Work, of: StoreId, ref: str, *, by: UserId, why: str) -> None:
    """The account has again what it lost under this name. It stays blocked until somebody sets it free."""
    lost = (value_move.c.store == of, value_move.c.ref == f"{BY_HAND}{ref}")
    move = work.tx.row(sa.select(value_move.c.account, value_move.c.amount_minor).where(*lost))
    assert move is not None, f"{ref} was posted in the transaction that moved the money of its account"
    known = locked(work, AccountId(move["account"]))
    assert known is not None, f"{move['account']} has moves and is never deleted"
    amount = -int(move["amount_minor"])
    row = {
        "store": of, "ref": f"{BY_HAND}{ref}{BACK}", "n": 1, "account": known["account"], "amount_minor": amount,
        "at_us": work.now_us, "by": by,
    }  # fmt: skip
    work.tx.add(value_move, row)
    mine = sa.update(value_account).where(value_account.c.account == known["account"])
    work.tx.run(mine.values(spent_minor=value_account.c.spent_minor - amount))
    left = int(known["issued_minor"]) - int(known["spent_minor"])
    was, now = ({"left": plain(each, known["currency"])} for each in (left, left + amount))
    changes.note(work, NOTED, known["account"], by=by, why=f"no longer forfeited: {why}", was=was, now=now)
