"""Posts what was sold and taken back. The database refuses a posting that does not sum to nothing, and any change."""

from collections.abc import Sequence
from typing import Final

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.db import Tx
from cloud.tables import ledger_line, posting
from cloud.work import Heard, UnappliableError
from contract.facts import Fact, ReturnRecorded, SaleRecorded
from contract.ids import StoreId
from trade.posting import Posting, UnbalancedError, post_return, post_sale

SALE, RETURN, ORDER = "sale", "return", "order"


def post(
    tx: Tx, legs: Sequence[Posting], *, store: StoreId, kind: str, ref: str, business_day: str, at_us: int
) -> None:
    """Write lines, then the posting that seals them. Nothing to move, nothing written."""
    if not legs:
        return
    key = {"store": store, "posting": f"{kind}:{ref}"}
    tx.add(
        ledger_line,
        *(
            {**key, "n": n, "account": leg.account, "amount_minor": leg.amount_minor, "currency": leg.currency}
            for n, leg in enumerate(legs, 1)
        ),
    )
    tx.add(posting, {**key, "kind": kind, "ref": ref, "business_day": business_day, "at_us": at_us})


def sold(tokens: Custody, heard: Heard, fact: SaleRecorded) -> None:
    if fact.sale in tokens.work.quarantined:
        return
    try:
        legs = post_sale(fact)
    except UnbalancedError as error:
        raise UnappliableError(str(error)) from error
    day, tx = fact.business_day, tokens.work.tx
    post(tx, legs, store=heard.store, kind=SALE, ref=fact.sale, business_day=day, at_us=heard.at_us)


def taken_back(tokens: Custody, heard: Heard, fact: ReturnRecorded) -> None:
    try:
        legs = post_return(fact)
    except UnbalancedError as error:
        raise UnappliableError(str(error)) from error
    ref = f"{fact.sale}/{heard.epoch}/{heard.seq}"
    day, tx = fact.business_day, tokens.work.tx
    post(tx, legs, store=heard.store, kind=RETURN, ref=ref, business_day=day, at_us=heard.at_us)


APPLY: Final[dict[type[Fact], Applier]] = {SaleRecorded: sold, ReturnRecorded: taken_back}
