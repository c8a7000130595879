"""A person ends the case of a quarantined sale: its money is posted, or it is marked as redressed elsewhere."""

import sqlalchemy as sa

from cloud import logs, parking
from cloud.ledger import Kind, post
from cloud.logs import Name
from cloud.tables import case_file, sale
from cloud.work import QUARANTINED, Work
from contract.facts import SaleRecorded, Stream
from contract.ids import Epoch, SaleId, StoreId, UserId
from trade.posting import post_sale
from trade.sale import SALE, SaleEvent, SaleState


class NotQuarantinedError(Exception):
    """There is nothing to resolve."""


def resolve(work: Work, store: StoreId, wanted: SaleId, *, post_it: bool, by: UserId, outcome: str) -> None:
    """Raises `NotQuarantinedError`. The posting is made from the row as the store recorded it."""
    tx = work.tx
    row = tx.row(sa.select(sale).where(sale.c.store == store, sale.c.sale == wanted).with_for_update())
    after = SALE.after(SaleState(row["state"]), SaleEvent.RESOLVE) if row is not None else None
    if row is None or after is None:
        raise NotQuarantinedError(f"sale {wanted} of {store} is not quarantined")
    if post_it:
        fact = _as_recorded(work, Name(store, Epoch(row["epoch"]), Stream.TRADE), row["seq"], wanted)
        day, at_us = row["business_day"], row["recorded_us"]
        post(tx, post_sale(fact), store=store, kind=Kind.SALE, ref=wanted, business_day=day, at_us=at_us)
    tx.run(sa.update(sale).where(sale.c.store == store, sale.c.sale == wanted).values(state=after))
    its = (case_file.c.kind == QUARANTINED, case_file.c.store == store, case_file.c.ref == wanted)
    closing = sa.update(case_file).where(*its, case_file.c.closed_us.is_(None))
    tx.run(closing.values(closed_us=work.now_us, closed_by=by, outcome=outcome))


def _as_recorded(work: Work, log: Name, seq: int, wanted: SaleId) -> SaleRecorded:
    """The sale's own row: of the log, or one of those that came late to its place."""
    for body in logs.bodies_at(work.tx, log, seq):
        read = parking.read_row(log.store, log.stream, seq, body)
        for fact in read.entry.facts if read.entry is not None else ():
            if isinstance(fact, SaleRecorded) and fact.sale == wanted:
                return fact
    raise NotQuarantinedError(f"no row {seq} of {log.store} says sale {wanted}; its money cannot be posted from here")
