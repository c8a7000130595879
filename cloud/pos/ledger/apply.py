"""Posts what was sold and taken back. Money of a quarantined sale waits for the person who resolves its case."""

from typing import Final

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.ledger import Kind, post
from cloud.work import Heard, UnappliableError
from contract.facts import Fact, ReturnRecorded, SaleRecorded
from trade.posting import UnbalancedError, post_return, post_sale


def sold(tokens: Custody, heard: Heard, fact: SaleRecorded) -> None:
    if fact.sale in tokens.work.quarantined:
        return
    try:
        legs = post_sale(fact)
    except UnbalancedError as error:
        raise UnappliableError(str(error)) from error
    day, tx = fact.business_day, tokens.work.tx
    post(tx, legs, store=heard.store, kind=Kind.SALE, ref=fact.sale, business_day=day, at_us=heard.at_us)


def taken_back(tokens: Custody, heard: Heard, fact: ReturnRecorded) -> None:
    try:
        legs = post_return(fact)
    except UnbalancedError as error:
        raise UnappliableError(str(error)) from error
    ref = f"{fact.sale}/{heard.epoch}/{heard.seq}"
    day, tx = fact.business_day, tokens.work.tx
    post(tx, legs, store=heard.store, kind=Kind.RETURN, ref=ref, business_day=day, at_us=heard.at_us)


APPLY: Final[dict[type[Fact], Applier]] = {SaleRecorded: sold, ReturnRecorded: taken_back}
