"""Payments as their stores tell them, by the table of `trade/payment.py`. Money is posted with its sale."""

from typing import Final

import msgspec
import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import terminal_payment
from cloud.work import Heard
from contract.facts import Fact, PaymentRequested
from trade.payment import EVENT_OF, Payment, PaymentFact, apply


def changed(tokens: Custody, heard: Heard, fact: PaymentFact) -> None:
    """The payment after the fact; one whose request was lost with a box begins with what the fact tells."""
    tx = tokens.work.tx
    mine = (terminal_payment.c.store == heard.store, terminal_payment.c.payment == fact.payment)
    row = tx.row(sa.select(terminal_payment).where(*mine))
    said = None if row is None else {name: row[name] for name in Payment.__struct_fields__}
    known = None if said is None else msgspec.convert(said, Payment, strict=False)
    after = msgspec.structs.asdict(apply(known, fact, heard.at_us))
    tx.put(terminal_payment, {**after, "store": heard.store, "stored_offline": int(after["stored_offline"])})


APPLY: Final[dict[type[Fact], Applier]] = dict.fromkeys((PaymentRequested, *EVENT_OF), changed)
