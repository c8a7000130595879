"""Why orders were handed and sent on, written before such words were sealed: sealed at the start of an office, as new
ones are (docs/adr/0032). What a box keeps of them in its journal stays as it was written.
"""

from typing import Final

import msgspec
import sqlalchemy as sa
import structlog

from cloud import remarks, ways
from cloud.db import Tx, scrub
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.client_orders.apply import decode
from cloud.sealing import SealedError
from cloud.tables import client_order, down_log
from cloud.work import Work
from contract.commands import NumberedCommand, TakeOrder, decode_command, encode_command
from contract.ids import ClientOrderId, StoreId
from contract.remarks import FORGOTTEN, is_token
from trade.orders.order import Order, Step

HANDED: Final = "handed"
_MARK: Final = b'"event":"handed"'
_TAKE: Final = b'"order.take"'
AT_ONCE: Final = 200
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_log = structlog.get_logger(__name__)


def seal_older(desk: Desk, ring: Keyring) -> int:
    """How many orders had such a reason in clear. One whose client's key cannot be opened stays, and is logged."""
    done, after = 0, ""
    while True:
        with desk.work() as work:
            mine = (_holds(work.tx, client_order.c.body, _MARK), client_order.c.order_id > after)
            query = sa.select(client_order.c.order_id, client_order.c.store, client_order.c.body).where(*mine)
            rows = work.tx.rows(query.order_by(client_order.c.order_id).limit(AT_ONCE).with_for_update())
            for row in rows:
                try:
                    done += _seal_one(work, ring, StoreId(row["store"]), decode(bytes(row["body"])))
                except SealedError as error:
                    _log.error("reasons_not_sealed", order=row["order_id"], why=str(error))
        if len(rows) < AT_ONCE:
            break
        after = rows[-1]["order_id"]
    if done:
        for table in (client_order.name, down_log.name, "office_change"):
            scrub(desk.office, table)
    return done


def _seal_one(work: Work, ring: Keyring, store: StoreId, order: Order) -> bool:
    """Raises `SealedError`."""
    sealed = _with_sealed(work, ring, order)
    if sealed == order:
        return False
    this = client_order.c.order_id == order.order
    work.tx.run(sa.update(client_order).where(this).values(body=_encode(sealed)))
    ways.let_read(work, store, sealed)
    _seal_told(work, ring, order.order)
    return True


def _with_sealed(work: Work, ring: Keyring, order: Order) -> Order:
    steps = tuple(
        msgspec.structs.replace(step, why=remarks.seal(work, ring, order.client, step.why)) if _clear(step) else step
        for step in order.steps
    )
    return msgspec.structs.replace(order, steps=steps)


def _clear(step: Step) -> bool:
    return step.event == HANDED and step.why not in ("", FORGOTTEN) and not is_token(step.why)


def _seal_told(work: Work, ring: Keyring, name: ClientOrderId) -> None:
    """The same in what its new home is told, or was: its number and all it decides stay."""
    for row in work.tx.rows(sa.select(down_log).where(_holds(work.tx, down_log.c.body, _TAKE))):
        numbered = decode_command(bytes(row["body"]))
        told = numbered.command
        if isinstance(told, TakeOrder) and told.order == name:
            body = _encode(_with_sealed(work, ring, decode(told.body)))
            new = NumberedCommand(seq=numbered.seq, command=msgspec.structs.replace(told, body=body))
            this = (down_log.c[key] == row[key] for key in ("store", "cloud_epoch", "term", "seq"))
            work.tx.run(sa.update(down_log).where(*this).values(body=encode_command(new)))
            ways.let_read(work, StoreId(row["store"]), decode(body))


def _holds(tx: Tx, column: "sa.ColumnElement[bytes]", what: bytes) -> "sa.ColumnElement[bool]":
    if tx.dialect == "sqlite":
        return sa.func.instr(column, what) > 0
    return sa.func.pg_catalog.position(column, what) > 0
