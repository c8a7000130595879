"""Whether the office's books of this store are ours: its tree head over our rows, against ours (`contract/merkle.py`).

Chain heads go up with every message, so the office sees a box that rewrote its log. This is the other way round: with
each `upto` it says its tree head, and a box whose rows make another does not believe that they are safe there.
"""

from typing import Final, NamedTuple

from contract.entries import HEAD_BYTES
from contract.merkle import NOTHING, Peaks
from contract.messages import Ack
from edge.books.db import Database
from edge.books.journal import Tx
from edge.books.rows import Counter, Leaf, Tree, Unbelieved


class Judged(NamedTuple):
    """What an ack's tree head says; `tree` is ours as far as it agrees, `is_news` whether the books have to know."""

    agrees: bool
    is_news: bool
    tree: Peaks


UNTOLD: Final = Judged(agrees=True, is_news=False, tree=NOTHING)


def judge(db: Database, counter: Counter, ack: Ack) -> Judged:
    """Our tree over the rows an ack covers, against the cloud's.

    Untold by an older cloud's, by one that was overtaken, and by one above what we wrote, which the cloud calls a fork.
    """
    known = db.one("tree", Tree, epoch=counter.epoch, stream=counter.stream)
    tree = NOTHING if known is None else Peaks.read(known.size, known.peaks)
    if not ack.tree_head or not tree.size <= ack.upto <= counter.seq:
        return UNTOLD
    rows = db.rows("tree_leaves", Leaf, epoch=counter.epoch, stream=counter.stream, after=tree.size, upto=ack.upto)
    longer = tree.grown(row.leaf for row in rows)
    agrees = longer.size == ack.upto and longer.root().hex() == ack.tree_head
    doubted = any(log.epoch == counter.epoch and log.stream is counter.stream for log in unbelieved(db))
    return Judged(agrees, agrees is doubted or (agrees and longer.size > tree.size), longer)


def keep(tx: Tx, counter: Counter, ack: Ack, judged: Judged, now_us: int) -> None:
    """Writes what is news down: how far the trees agree, or since when they do not."""
    if not judged.is_news:
        return
    log = {"epoch": counter.epoch, "stream": counter.stream}
    if judged.agrees:
        tx.db.run("tree_believe", **log)
        tx.db.run("tree_set", **log, size=judged.tree.size, peaks=judged.tree.packed())
    else:
        tx.db.run("tree_doubt", **log, upto=ack.upto, head=ack.tree_head[: 2 * HEAD_BYTES], now_us=now_us)


def unbelieved(db: Database) -> list[Unbelieved]:
    """Logs that the office has otherwise than we wrote them."""
    return db.rows("trees_unbelieved", Unbelieved)
