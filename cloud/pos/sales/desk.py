"""A person ends the case of a quarantined sale: its money is posted, or it is marked as redressed elsewhere."""

import sqlalchemy as sa

from cloud import logs
from cloud.ledger import Kind, post
from cloud.logs import Name
from cloud.tables import case_file, sale
from cloud.work import Work
from contract.entries import decode_entry
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
        page = logs.page(tx, Name(store, Epoch(row["epoch"]), Stream.TRADE), row["seq"], most=1)
        facts = decode_entry(bytes(page.rows[0])).facts
        (fact,) = [each for each in facts if isinstance(each, SaleRecorded) and each.sale == wanted]
        day, at_us = row["business_day"], row["recorded_us"]
        post(tx, post_sale(fact), store=store, kind=Kind.SALE, ref=wanted, business_day=day, at_us=at_us)
    tx.run(sa.update(sale).where(sale.c.store == store, sale.c.sale == wanted).values(state=after))
    closing = sa.update(case_file).where(case_file.c.kind == "sale quarantined", case_file.c.ref == wanted)
    tx.run(closing.values(closed_us=work.now_us, closed_by=by, outcome=outcome))
