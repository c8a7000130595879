"""The office's own logs gone through: rows, chains and trees of each store, and what a box is told of them."""

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa

from cloud import logs
from cloud.db import Tx
from cloud.logs import Name
from cloud.tables import inbox, stream
from contract.audit import Kept, Log, Walk
from contract.facts import Stream
from contract.ids import Epoch, StoreId
from contract.merkle import NOTHING, consistency_proof, root
from contract.messages import TreeHead

ROWS_AT_ONCE: Final = 1_000


def walks(tx: Tx, of: StoreId | None = None) -> Iterator[Walk]:
    """Every log the office has, of one store or of all, gone through to its end."""
    query = sa.select(stream).order_by(stream.c.store, stream.c.opened)
    for row in tx.rows(query if of is None else query.where(stream.c.store == of)):
        name = Name(StoreId(row["store"]), Epoch(row["epoch"]), Stream(row["stream"]))
        walk = Walk(Log(*name))
        for kept in _kept(tx, name):
            walk.take(kept)
        walk.end(rows=row["upto"], head=bytes(row["head"]))
        if not walk.trouble:
            walk.trouble = _other_tree(walk, bytes(row["peaks"]))
        yield walk


def _kept(tx: Tx, name: Name) -> Iterator[Kept]:
    after = 0
    asked = sa.select(inbox.c.seq, inbox.c.body, inbox.c.leaf, inbox.c.head).where(name.mine(inbox))
    while rows := list(tx.rows(asked.where(inbox.c.seq > after).order_by(inbox.c.seq).limit(ROWS_AT_ONCE))):
        for row in rows:
            yield Kept(row["seq"], bytes(row["body"]), bytes(row["leaf"]), bytes(row["head"]))
        after = rows[-1]["seq"]


def _other_tree(walk: Walk, peaks: bytes) -> str:
    packed = NOTHING.grown(walk.leaves).packed()
    return "" if packed == peaks else f"the tree that is noted of {walk.log} is not the tree of its rows"


def with_head(tx: Tx, beginning: bytes) -> list[tuple[Log, int, bytes]]:
    """Rows after which the chain head begins so: the log, the row's number and its bytes."""
    found = sa.select(inbox).where(sa.func.substr(inbox.c.head, 1, len(beginning)) == beginning)
    return [
        (Log(StoreId(row["store"]), Epoch(row["epoch"]), Stream(row["stream"])), row["seq"], bytes(row["body"]))
        for row in tx.rows(found)
    ]


def tree_head(tx: Tx, name: Name, size: int) -> TreeHead:
    """Our tree over all we have of a log, proved against its first `size` rows, or all when there are fewer."""
    upto = getattr(logs.find(tx, name), "upto", 0)
    leaves = logs.leaves(tx, name, 1, upto)
    proof = consistency_proof(leaves, min(size, upto))
    return TreeHead(upto=upto, head=root(leaves).hex(), proof=tuple(each.hex() for each in proof))
