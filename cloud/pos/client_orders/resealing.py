"""Why orders were handed and sent on, written before such words were sealed: sealed at the start of an office, as new
ones are (docs/adr/0032). What a box keeps of them in its journal stays as it was written.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import sqlalchemy as sa
import structlog

from cloud import remarks, ways
from cloud.db import Tx
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.client_orders.apply import decode
from cloud.sealing import SealedError
from cloud.tables import client_order, down_log, house_setting, office_change
from cloud.work import Work
from contract.commands import NumberedCommand, TakeOrder, decode_command, encode_command
from contract.ids import ClientOrderId, StoreId
from trade.orders.order import Order

SEALED: Final = "sealed"
TO_SCRUB: Final = "to be scrubbed"
TABLES: Final = (client_order.name, down_log.name, office_change.name)
"""Where such reasons stood; of the last one a migration took them (r0062)."""
_MARK: Final = b'"event":"handed"'
_TAKE: Final = b'"order.take"'
AT_ONCE: Final = 200
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_log = structlog.get_logger(__name__)


def seal_older(desk: Desk, ring: Keyring) -> int:
    """How many orders had such a reason in clear. One whose client's key cannot be opened stays, and is logged.

    Once this is done and nothing of it is left on the disk, the database says so (`ways.REASONS`), until an older box
    brings such words again.
    """
    with desk.office.reading() as tx:
        known = tx.value(sa.select(house_setting.c.body).where(house_setting.c.name == ways.REASONS))
    if known == SEALED:
        return 0
    done = stay = 0
    if known != TO_SCRUB:
        handed, done, stay = _seal_all(desk, ring)
        known = TO_SCRUB if handed else SEALED  # of these the register of changes told, too
        if not stay:
            _mark(desk, known)
        if known == SEALED:
            return 0
    if not desk.office.leave_no_trace((), TABLES):
        mend = (
            f"VACUUM FULL {', '.join(TABLES)} at a quiet hour, then set {ways.REASONS!r} of house_setting to {SEALED!r}"
        )
        _log.warning("reasons_not_scrubbed", mend=mend)
    elif not stay:
        _mark(desk, SEALED)
    return done


def _seal_all(desk: Desk, ring: Keyring) -> tuple[int, int, int]:
    """How many orders were ever handed on, had a reason in clear, and keep it."""
    handed, done, stay, after = 0, 0, 0, ""
    told: dict[ClientOrderId, list[sa.RowMapping]] | None = None
    while True:
        with desk.work() as work:
            mine = (_holds(work.tx, client_order.c.body, _MARK), client_order.c.order_id > after)
            query = sa.select(client_order.c.order_id, client_order.c.store, client_order.c.body).where(*mine)
            rows = work.tx.rows(query.order_by(client_order.c.order_id).limit(AT_ONCE).with_for_update())
            for row in rows:
                order = decode(bytes(row["body"]))
                if not ways.in_clear(order):
                    continue
                told = _told(work.tx) if told is None else told
                try:
                    _seal_one(work, ring, StoreId(row["store"]), order, told.get(order.order, []))
                    done += 1
                except SealedError as error:
                    stay += 1
                    _log.error("reasons_not_sealed", order=row["order_id"], why=str(error))
        handed += len(rows)
        if len(rows) < AT_ONCE:
            return handed, done, stay
        after = rows[-1]["order_id"]


def _mark(desk: Desk, how: str) -> None:
    with desk.work() as work:
        work.tx.put(house_setting, {"name": ways.REASONS, "body": how, "changed_us": work.now_us})


def _told(tx: Tx) -> dict[ClientOrderId, list[sa.RowMapping]]:
    """Where stores are told of each order, or were, in one look."""
    told: dict[ClientOrderId, list[sa.RowMapping]] = {}
    for row in tx.rows(sa.select(down_log).where(_holds(tx, down_log.c.body, _TAKE))):
        command = decode_command(bytes(row["body"])).command
        if isinstance(command, TakeOrder):
            told.setdefault(command.order, []).append(row)
    return told


def _seal_one(work: Work, ring: Keyring, store: StoreId, order: Order, told: Sequence[sa.RowMapping]) -> None:
    """Also in what its new home is told, or was: its number and all it decides stay. Raises `SealedError`."""
    sealed = _with_sealed(work, ring, order)
    this = client_order.c.order_id == order.order
    work.tx.run(sa.update(client_order).where(this).values(body=_encode(sealed)))
    ways.let_read(work, store, sealed)
    for row in told:
        numbered = decode_command(bytes(row["body"]))
        assert isinstance(numbered.command, TakeOrder), "of these it was made"
        whole = _with_sealed(work, ring, decode(numbered.command.body))
        command = msgspec.structs.replace(numbered.command, body=_encode(whole))
        place = (down_log.c[key] == row[key] for key in ("store", "cloud_epoch", "term", "seq"))
        new = encode_command(NumberedCommand(seq=numbered.seq, command=command))
        work.tx.run(sa.update(down_log).where(*place).values(body=new))
        ways.let_read(work, StoreId(row["store"]), whole)


def _with_sealed(work: Work, ring: Keyring, order: Order) -> Order:
    steps = tuple(
        msgspec.structs.replace(step, why=remarks.seal(work, ring, order.client, step.why))
        if ways.is_clear(step)
        else step
        for step in order.steps
    )
    return msgspec.structs.replace(order, steps=steps)


def _holds(tx: Tx, column: "sa.ColumnElement[bytes]", what: bytes) -> "sa.ColumnElement[bool]":
    if tx.dialect == "sqlite":
        return sa.func.instr(column, what) > 0
    return sa.func.pg_catalog.position(column, what) > 0
