"""Fiscal closings as the office keeps them: made when a month is closed, one chain for each store, never altered.

The rules and the chain are of `trade.fiscal`. A closing counts each Z once: those whose month was closed before they
came stand in the next one, marked as late.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import fiscal_closing, fiscal_z, inbox, refund, sale, shift
from cloud.tables import store as store_table
from cloud.work import Work
from contract.facts import ShiftClosed
from contract.ids import StoreId, UserId
from trade.fiscal import Closing, ClosingKind, CountedZ, broken, digest, of_month, of_year
from trade.zchain import z_digest

_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_decode: Final = msgspec.json.Decoder(Closing).decode
_decode_z: Final = msgspec.json.Decoder(ShiftClosed).decode
DECEMBER: Final = "-12"
OPEN_Z: Final = fiscal_z.c.shift.is_(None)


def close(work: Work, of: StoreId, period: str, *, by: UserId) -> list[Closing]:
    """The closings that are missing up to this month, each month with Zs of its own and this one in any case."""
    chain = closings(work.tx, of)
    last = chain[-1] if chain else None
    currency = str(work.tx.value(sa.select(store_table.c.currency).where(store_table.c.store == of)) or "")
    waiting = _uncounted(work.tx, of, currency, period)
    first = _after(chain)
    months = sorted({max(each.z.business_day[:7], first) for each in waiting} | {period})
    made: list[Closing] = []
    for month in months:
        if last is not None and last.kind is ClosingKind.MONTH and last.period[:4] < month[:4]:
            last = _year(work, last, by, [*chain, *made])  # its December sold nothing and was closed with a later month
            made.append(last)
        zs = [each for each in waiting if max(each.z.business_day[:7], first) == month]
        last = of_month(last, of, month, currency, zs, closed_us=work.now_us)
        made.append(_keep(work, last, by, zs))
        if month.endswith(DECEMBER):
            last = _year(work, last, by, [*chain, *made])
            made.append(last)
    return made


def _year(work: Work, last: Closing, by: UserId, known: list[Closing]) -> Closing:
    """The closing of the year of its last month."""
    year = last.period[:4]
    months = [each for each in known if each.kind is ClosingKind.MONTH and each.period.startswith(f"{year}-")]
    return _keep(work, of_year(last, year, months, closed_us=work.now_us), by, [])


def closings(tx: Tx, of: StoreId) -> list[Closing]:
    """The chain of a store, oldest first."""
    query = sa.select(fiscal_closing.c.body).where(fiscal_closing.c.store == of).order_by(fiscal_closing.c.number)
    return [_decode(row["body"].encode()) for row in tx.rows(query)]


def trouble(tx: Tx, of: StoreId) -> str:
    """Why the chain of a store, or what it counts, is not what was closed; empty: it is."""
    chain = closings(tx, of)
    why = broken(chain)
    if why:
        return why
    bodies = sa.select(shift.c.z_body).where(shift.c.store == of, shift.c.z_body != "")
    kept = {z_digest(_decode_z(row["z_body"].encode())) for row in tx.rows(bodies)}
    for each in chain:
        gone = [z for z in each.zs if z not in kept] if each.kind is ClosingKind.MONTH else []
        if gone:
            return f"closing {each.number} of {of} counts {len(gone)} Zs that are not here any more, or were altered"
    return ""


def archive(looks: Callable[[], AbstractContextManager[Tx]], closing: Closing) -> Iterator[bytes]:
    """The closing, its Zs, and every receipt they count as the till wrote it: JSON lines, the last one their SHA-256.

    Only of what never changes, so that it is the same file however often it is made, and each Z is read by a look of
    its own: no more than one is in memory, and no transaction waits for who takes it slowly.
    """
    head = _encode({"closing": closing, "digest": digest(closing)}) + b"\n"
    whole = hashlib.sha256(head)
    yield head
    with looks() as tx:
        shifts = _counted(tx, closing)
    for name in shifts:
        with looks() as tx:
            lines = list(_lines(tx, closing, name))
        for line in lines:
            whole.update(line)
            yield line
    yield _encode({"sha256": whole.hexdigest(), "closing": digest(closing)}) + b"\n"


def _counted(tx: Tx, closing: Closing) -> list[str]:
    query = sa.select(fiscal_z.c.shift).where(fiscal_z.c.store == closing.store, fiscal_z.c.number == closing.number)
    return [str(row["shift"]) for row in tx.rows(query.order_by(fiscal_z.c.shift))]


def _lines(tx: Tx, closing: Closing, name: str) -> Iterator[bytes]:
    """Of one shift: its Z, then its receipts."""
    body = tx.value(sa.select(shift.c.z_body).where(shift.c.store == closing.store, shift.c.shift == name))
    yield b'{"z":' + str(body).encode() + b"}\n"
    for table in (sale, refund):
        rows = (
            sa.select(inbox.c.epoch, inbox.c.seq, inbox.c.leaf, inbox.c.body)
            .join(
                table,
                (table.c.store == inbox.c.store) & (table.c.epoch == inbox.c.epoch) & (table.c.seq == inbox.c.seq),
            )
            .where(inbox.c.store == closing.store, inbox.c.stream == "trade", table.c.counted_in == name)
        )
        for row in tx.rows(rows.order_by(inbox.c.epoch, inbox.c.seq)):
            head = _encode({"epoch": row["epoch"], "seq": row["seq"], "leaf": bytes(row["leaf"]).hex()})
            yield head[:-1] + b',"entry":' + bytes(row["body"]) + b"}\n"


def _uncounted(tx: Tx, of: StoreId, currency: str, period: str) -> list[CountedZ]:
    query = (
        sa.select(shift.c.shift, shift.c.z_body)
        .outerjoin(fiscal_z, (fiscal_z.c.store == shift.c.store) & (fiscal_z.c.shift == shift.c.shift))
        .where(
            shift.c.store == of, shift.c.z_body != "", shift.c.currency == currency, OPEN_Z,
            sa.func.substr(shift.c.business_day, 1, 7) <= period,
        )
    )  # fmt: skip
    found = []
    for row in tx.rows(query.order_by(shift.c.till, shift.c.z_number)):
        went = sa.select(sa.func.sum(refund.c.total_minor)).where(
            refund.c.store == of, refund.c.counted_in == row["shift"]
        )
        found.append(CountedZ(z=_decode_z(row["z_body"].encode()), returned_minor=int(tx.value(went) or 0)))
    return found


def _after(chain: list[Closing]) -> str:
    """The first month that has no closing; what came late for an earlier one counts in it."""
    months = [each.period for each in chain if each.kind is ClosingKind.MONTH]
    if not months:
        return ""
    year, month = (int(part) for part in months[-1].split("-"))
    return f"{year + month // 12:04}-{month % 12 + 1:02}"


def _keep(work: Work, closing: Closing, by: UserId, zs: list[CountedZ]) -> Closing:
    row = {
        "store": closing.store, "number": closing.number, "kind": closing.kind, "period": closing.period,
        "digest": digest(closing), "body": _encode(closing).decode(), "closed_us": closing.closed_us, "by": by,
    }  # fmt: skip
    work.tx.add(fiscal_closing, row)
    for each in zs:
        work.tx.add(fiscal_z, {"store": closing.store, "shift": each.z.shift, "number": closing.number})
    return closing
