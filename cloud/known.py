"""What one transaction of ingest knows of the stores that speak in it: asked once for all messages, written once.

A message asks for its box, its log and the decisions its store has; a sale, whether it is known. One question each for
every message would be most of what a worker does; here it is one for all of them, and one statement a table at the end.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from cloud import logs
from cloud.db import ContentionError, Row, Tx
from cloud.logs import Log, Name, Numbered
from cloud.setwise import WAS
from cloud.tables import down_counter, node, stream
from cloud.work import UnknownStoreError
from contract.ids import Epoch, StoreId
from contract.messages import Ack

_STORES: Final[sa.BindParameter[StoreId]] = sa.bindparam("stores", expanding=True)
_BOXES: Final = sa.select(node).where(node.c.store.in_(_STORES)).order_by(node.c.store).with_for_update()
_DECIDED: Final = sa.select(down_counter.c.store, down_counter.c.seq).where(down_counter.c.store.in_(_STORES))
_EPOCHS: Final[sa.BindParameter[Epoch]] = sa.bindparam("epochs", expanding=True)
_LOGS: Final = sa.select(stream).where(stream.c.store.in_(_STORES), stream.c.epoch.in_(_EPOCHS))


class Known:
    """Boxes are locked when they are read, in one order: whoever has one is the only one to move its store's logs."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._boxes: dict[StoreId, dict[str, Any]] = {}
        self._newest: dict[StoreId, int] = {}
        self._logs: dict[Name, Log] = {}
        self._before: dict[Name, Log] = {}
        """Logs as the database has them, of those that grew."""

    def read(self, names: Iterable[Name]) -> None:
        """Everything about these logs and their stores. Raises `UnknownStoreError`."""
        wanted = set(names)
        stores = sorted({name.store for name in wanted})
        self._boxes = {row["store"]: dict(row) for row in self._tx.rows(_BOXES, {"stores": stores})}
        for store in stores:
            if store not in self._boxes:
                raise UnknownStoreError(f"no store {store!r} in this office; create it, then enrol its box")
        self._newest = {row["store"]: row["seq"] for row in self._tx.rows(_DECIDED, {"stores": stores})}
        epochs = sorted({name.epoch for name in wanted})
        theirs = self._tx.rows(_LOGS, {"stores": stores, "epochs": epochs})
        self._logs = {log.name: log for log in map(logs.log_of, theirs)}

    def box(self, store: StoreId) -> Row:
        return self._boxes[store]

    @property
    def epochs(self) -> dict[StoreId, str]:
        """The present log of each store."""
        return {store: box["epoch"] for store, box in self._boxes.items()}

    def decided(self, store: StoreId) -> int:
        """The number of the last decision of the present term, before those of this transaction."""
        return self._newest.get(store, 0)

    def log(self, name: Name) -> Log | None:
        return self._logs.get(name)

    def begin(self, name: Name, term: int) -> Log:
        self._logs[name] = logs.begin(self._tx, name, term)
        return self._logs[name]

    def store(self, log: Log, rows: Sequence[Numbered], now_us: int) -> Log:
        """Keep rows that follow; they are written by the end of the transaction, and so is the log's new `upto`."""
        longer = logs.add_soon(self._tx, log, rows, now_us)
        self._before.setdefault(log.name, log)
        self._logs[log.name] = longer
        return longer

    def remember(self, store: StoreId, news: Row) -> None:
        """What a message told of its box."""
        self._boxes[store].update(news)
        self._tx.change_soon(node, {"store": store, **news})

    def acks(self, store: StoreId, epoch: Epoch) -> Sequence[Ack]:
        """How far we have each stream of an epoch, also of one that nobody spoke of."""
        self.flush()
        return logs.acks(self._tx, store, epoch)

    def flush(self) -> None:
        """Raises `ContentionError` when another worker moved one of the logs."""
        self._tx.settle()
        before, self._before = self._before, {}
        moves = [
            {**name._asdict(), "upto": now.upto, "head": now.head, "peaks": now.tree.packed(), WAS: log.upto}
            for name, log in sorted(before.items())
            for now in (self._logs[name],)
        ]
        if moves and self._tx.advance(stream, "upto", moves) != len(moves):
            raise ContentionError("another worker moved a log that these messages extend")
