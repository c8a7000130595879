"""Payments as their stores tell them, by the table of `trade/payment.py`. Money is posted with its sale,
or when a terminal keeps what nobody wanted.
"""

from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import settlements
from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import terminal_payment
from cloud.work import Heard
from contract.facts import Fact, PaymentKept, PaymentRefunded, PaymentRequested, PaymentVoided
from trade.payment import EVENT_OF, Payment, PaymentFact, apply


def changed(tokens: Custody, heard: Heard, fact: PaymentFact) -> None:
    """The payment after the fact; one whose request was lost with a box begins with what the fact tells."""
    tx = tokens.work.tx
    mine = (terminal_payment.c.store == heard.store, terminal_payment.c.payment == fact.payment)
    row = tx.row(sa.select(terminal_payment).where(*mine))
    said = None if row is None else {name: row[name] for name in Payment.__struct_fields__}
    known = None if said is None else msgspec.convert(said, Payment, strict=False)
    now = apply(known, fact, heard.at_us)
    after = msgspec.structs.asdict(now)
    tx.put(terminal_payment, {**after, "store": heard.store, "stored_offline": int(after["stored_offline"])})
    if isinstance(fact, PaymentKept):
        settlements.payment_kept(tokens.work, heard.store, now, at_us=heard.at_us, why=fact.why)
    elif isinstance(fact, PaymentVoided | PaymentRefunded):
        settlements.payment_went_back(tokens.work, heard.store, now, at_us=heard.at_us)


APPLY: Final[dict[type[Fact], Applier]] = dict.fromkeys((PaymentRequested, *EVENT_OF), changed)
