"""The restore procedure (custody.md §2.2): a cloud that came back from a backup starts a new life and asks everyone.

Every box hears `newcloud`, hands over the rows we lost, and rejoins with the custody it believes in; until all were
heard, or fenced by a person, no token moves. The provider is asked about every payment before any order is answered,
and money that moved is booked before any token can: what is paid is nobody's stock.
"""

from typing import NamedTuple

import sqlalchemy as sa

from cloud import downlog
from cloud.db import Office
from cloud.pos.orders.desk import paid
from cloud.provider import MONEY_MOVED, PaymentState, Provider, read_key
from cloud.rejoin import finish_recovery
from cloud.tables import life, node, piece, web_order
from cloud.work import begin
from contract.ids import OrderId, StoreId
from contract.money import tax_within
from trade.guards import ALL, Guards
from trade.lease import ORDER, OrderState


class Recovery(NamedTuple):
    """What the procedure found. `in_doubt` orders were not ours, or stood otherwise in our books than at the provider.

    Captured ones are booked at once; the order desk voids the others, or books what it hears then.
    """

    cloud_epoch: int
    stores_to_hear: int
    payments_asked: int
    in_doubt: int


def recover(office: Office, provider: Provider, *, now_us: int, guards: Guards = ALL) -> Recovery:
    """Run once after a restore, before anything else uses this database. Raises `ProviderDownError`: run it again."""
    payments = provider.payments()
    with office.transaction() as tx:
        work = begin(tx, guards, now_us)
        old = work.cloud_epoch
        work.cloud_epoch = old + 1
        work.recovering = True
        tx.run(sa.update(life).values(cloud_epoch=work.cloud_epoch, recovering=1))
        boxes = tx.rows(sa.select(node).where(node.c.term > 0).order_by(node.c.store))
        for box in boxes:
            store = StoreId(box["store"])
            kept = downlog.unapplied(tx, store, cloud_epoch=old, term=box["term"], upto=box["down_upto"])
            tx.run(sa.update(node).where(node.c.store == store).values(joined=0, down_upto=0))
            downlog.restart(tx, store, box["term"])
            work.command(store, *kept)
        doubts, captured = 0, list[OrderId]()
        for key, payment in sorted(payments.items()):
            row = tx.row(sa.select(web_order).where(web_order.c.payment_key == key))
            if row is None:
                if payment.state is PaymentState.AUTHORISED or payment.state in MONEY_MOVED:
                    doubts += 1
                    order, shop, wanted = read_key(key)
                    captured += [order] if payment.state in MONEY_MOVED else []
                    rate = tx.value(sa.select(piece.c.tax_bp).where(piece.c.piece == wanted)) or 0
                    unknown = {
                        "order_id": order, "state": OrderState.CAPTURING, "store": shop, "piece": wanted,
                        "payment_key": key, "asked_us": now_us, "tax_minor": tax_within(payment.amount_minor, rate),
                    }  # fmt: skip
                    why = "of a lost life of the cloud"
                    money = {"amount_minor": payment.amount_minor, "currency": payment.currency}
                    tx.add(web_order, {**unknown, **money, "why": why})
            elif (row["state"] == OrderState.PAID) != (payment.state in MONEY_MOVED):
                doubts += 1
                captured += [OrderId(row["order_id"])] if payment.state in MONEY_MOVED else []
                tx.run(_again(key))
        for state in sorted(ORDER.states() - ORDER.ends):
            tx.run(sa.update(web_order).where(web_order.c.state == state).values(state=OrderState.CAPTURING))
        for order in captured:
            paid(work, order)
        finish_recovery(work)
    return Recovery(work.cloud_epoch, len(boxes), len(payments), doubts)


def _again(key: str) -> sa.Update:
    """In doubt: one whose money moved is booked at once, and of the others the order desk asks for a void."""
    return sa.update(web_order).where(web_order.c.payment_key == key).values(state=OrderState.CAPTURING, ended_us=None)
