"""Decisions for a store: numbered from 1 per (life of the cloud, term), sent again until the store has applied them."""

from collections.abc import Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import down_counter, down_log
from contract.commands import (
    AnswerValue,
    AnyCommand,
    ForgetPerson,
    KeepValue,
    NumberedCommand,
    RecallValue,
    RequestCount,
    decode_command,
    encode_command,
)
from contract.ids import StoreId

COMMANDS_PER_MESSAGE_MAX: Final = 50
OUTLIVES_REJOIN: Final = (RequestCount, ForgetPerson, AnswerValue, KeepValue, RecallValue)
"""Custody and leases are in the snapshot; these are not, so they are asked again."""


def append(tx: Tx, store: StoreId, commands: Sequence[AnyCommand], *, cloud_epoch: int, now_us: int) -> None:
    """Give the store decisions. Raises `LookupError` for a store that is not ours.

    A store whose box never joined gets custody and leases with its snapshot; nothing of them is written.
    """
    bump = sa.update(down_counter).where(down_counter.c.store == store)
    bump = bump.values(seq=down_counter.c.seq + len(commands))
    numbered = tx.row(bump.returning(down_counter.c.term, down_counter.c.seq))
    if numbered is None:
        raise LookupError(f"store {store} is not known; open it before deciding anything for it")
    first = int(numbered["seq"]) - len(commands) + 1
    key = {"store": store, "cloud_epoch": cloud_epoch, "term": numbered["term"], "at_us": now_us}
    rows = [
        {**key, "seq": seq, "body": encode_command(NumberedCommand(seq=seq, command=command))}
        for seq, command in enumerate(commands, first)
        if numbered["term"] or isinstance(command, OUTLIVES_REJOIN)
    ]
    tx.add(down_log, *rows)
    tx.poke(store)


def newest(tx: Tx, store: StoreId) -> int:
    """The number of the last decision of the present term."""
    return int(tx.value(sa.select(down_counter.c.seq).where(down_counter.c.store == store)) or 0)


def restart(tx: Tx, store: StoreId, term: int) -> None:
    """Number from 1 under this term. Whoever decides meanwhile waits here, and then decides under the new one."""
    tx.run(sa.update(down_counter).where(down_counter.c.store == store).values(term=term, seq=0))


def after(
    tx: Tx, store: StoreId, *, cloud_epoch: int, term: int, upto: int, most: int = COMMANDS_PER_MESSAGE_MAX
) -> tuple[int, tuple[msgspec.Raw, ...]]:
    """`(first_seq, bodies)` of the decisions above `upto`, oldest first."""
    query = (
        sa.select(down_log.c.body)
        .where(*_place(store, cloud_epoch, term), down_log.c.seq > upto)
        .order_by(down_log.c.seq)
        .limit(most)
    )
    return upto + 1, tuple(msgspec.Raw(row["body"]) for row in tx.rows(query))


def unapplied(tx: Tx, store: StoreId, *, cloud_epoch: int, term: int, upto: int) -> Sequence[AnyCommand]:
    """Decisions of a term that its box never took and that a snapshot does not carry."""
    _, bodies = after(tx, store, cloud_epoch=cloud_epoch, term=term, upto=upto, most=100_000)
    commands = [decode_command(bytes(body)).command for body in bodies]
    return [command for command in commands if isinstance(command, OUTLIVES_REJOIN)]


def at(tx: Tx, store: StoreId, *, cloud_epoch: int, term: int, seq: int) -> AnyCommand | None:
    """The decision of this number; None: we never took it."""
    body = tx.value(sa.select(down_log.c.body).where(*_place(store, cloud_epoch, term), down_log.c.seq == seq))
    return None if body is None else decode_command(bytes(body)).command


def withdraw(tx: Tx, store: StoreId, given: AnswerValue | KeepValue, *, cloud_epoch: int, term: int, upto: int) -> bool:
    """Money that waits above `upto` to be told once more and was heard before: told without an amount, for numbers have
    no gaps. False: it waits no more.
    """
    mine = (*_place(store, cloud_epoch, term), down_log.c.seq > upto)
    for row in tx.rows(sa.select(down_log.c.seq, down_log.c.body).where(*mine).order_by(down_log.c.seq)):
        if decode_command(bytes(row["body"])).command == given:
            empty = NumberedCommand(seq=row["seq"], command=msgspec.structs.replace(given, amount_minor=0))
            this = (*_place(store, cloud_epoch, term), down_log.c.seq == row["seq"])
            tx.run(sa.update(down_log).where(*this).values(body=encode_command(empty)))
            return True
    return False


def _place(store: StoreId, cloud_epoch: int, term: int) -> tuple[sa.ColumnElement[bool], ...]:
    return down_log.c.store == store, down_log.c.cloud_epoch == cloud_epoch, down_log.c.term == term
