"""Writing to the ledger: lines first, then the posting that seals them; the database checks that they balance."""

from collections.abc import Sequence
from enum import StrEnum

from cloud.db import Tx
from cloud.tables import ledger_line, posting
from contract.ids import StoreId
from trade.posting import Posting


class Kind(StrEnum):
    """What a posting is about; `(store, kind, ref)` is unique, so nothing is posted twice."""

    SALE = "sale"
    RETURN = "return"
    ORDER = "order"


def post(
    tx: Tx, legs: Sequence[Posting], *, store: StoreId, kind: Kind, ref: str, business_day: str, at_us: int
) -> None:
    """Nothing to move, nothing written. A second posting of the same thing is an integrity error at the commit."""
    if not legs:
        return
    key = {"store": store, "posting": f"{kind}:{ref}"}
    lines = [
        {**key, "n": n, "account": leg.account, "amount_minor": leg.amount_minor, "currency": leg.currency}
        for n, leg in enumerate(legs, 1)
    ]
    tx.add_soon(ledger_line, *lines)
    tx.add_soon(posting, {**key, "kind": kind, "ref": ref, "business_day": business_day, "at_us": at_us})
