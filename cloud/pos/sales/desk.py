"""A person ends the case of a quarantined sale: its money is posted, or it is marked as redressed elsewhere."""

import sqlalchemy as sa

from cloud import aliases, postings, settlements
from cloud.logs import Name
from cloud.postings import as_recorded
from cloud.tables import case_file, sale
from cloud.work import QUARANTINED, Work
from contract.facts import Stream
from contract.ids import Epoch, SaleId, StoreId, UserId
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
        log = Name(store, Epoch(row["epoch"]), Stream.TRADE)
        fact = as_recorded(work, log, row["seq"], wanted)
        if fact is None:
            words = f"no row {row['seq']} of {store} says sale {wanted}"
            raise NotQuarantinedError(f"{words}; its money cannot be posted from here")
        postings.sold(work, store, fact, at_us=row["recorded_us"])
        settlements.sale_posted(work, store, wanted, by=by)
    tx.run(sa.update(sale).where(sale.c.store == store, sale.c.sale == wanted).values(state=after))
    its = (case_file.c.kind == QUARANTINED, case_file.c.store == store, case_file.c.ref == wanted)
    closing = sa.update(case_file).where(*its, case_file.c.closed_us.is_(None))
    tx.run(closing.values(closed_us=work.now_us, closed_by=by, outcome=outcome))
    if row["client"]:  # cards at stores say that it is in doubt
        aliases.touch(tx, row["client"], now_us=work.now_us)
