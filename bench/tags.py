"""Tags written, locked and bound on a simulated pad while its reader loses its power: is any piece bound to a lie?

The reader is the simulator's LLRP reader on a socket, the driver and the books are the real ones, the books on a disk.
Half of the cuts fall in the middle of a write, half at any moment. The simulator's memory of each tag is the witness.
"""

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from bench.figures import Figures
from contract.feed import FeedPage, FeedRow, PieceCard
from contract.ids import Epoch, PieceId, ReaderId, StoreId, UserId, ZoneId
from edge import commissioning
from edge.books import replica
from edge.books.journal import Books
from edge.clock import SystemClock
from edge.config import EdgeConfig, ReaderConfig, TagScheme, TagsConfig, ZoneConfig, ZoneKind
from edge.readers import Reader, open_reader
from edge.readers.profiles import load_profile
from edge.store import Store
from edge.tags.commission import Bind, Bound, Denied, Keep, Kept
from edge.tags.key import access_password, open_key
from edge.tags.table import State
from edge.tags.writer import Pad, TagReader, TagWriter
from simulator import gen2
from simulator.llrp.device import Device
from simulator.llrp.server import Fault, LlrpServer
from simulator.radio import Radio
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import Away, World
from trade.custody import Token, TokenState

DOES: Final = "tags written, locked and bound through power cuts of the reader (about ten minutes)"
TAGS: Final = 100
CUTS: Final = 20
SEED: Final = 7
DARK_S: Final = 4.0
"""How long a cut at any moment lasts; one in a write lasts as long as the simulated reader takes to start."""
LIKELY: Final = 0.95
"""Of being read in a round: a tag that lies flat in the middle of the pad."""
PAD: Final = ZoneId("pad")
BY: Final = UserId("bench")
WRITES_MAX: Final = 18
"""Words a commissioning writes: seven of the EPC, two of the password, and some to spare."""


def _now_us() -> int:
    return time.time_ns() // 1000


class Desk:
    """The simulated pad: tags of the boutique's stock, laid on it one by one."""

    def __init__(self) -> None:
        layout = load_layout("boutique")
        kinds = {zone.id: str(zone.kind) for zone in layout.zones}
        stock = make_stock(seed=SEED, store_number=1, n=TAGS, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
        reader, antenna = next(
            (reader, each) for reader in layout.readers for each in reader.antennas if kinds[each.zone] == "pad"
        )
        self.port = antenna.port
        self.world = World([(layout, stock)])
        self.tags = Tags(self.world)
        self._place = f"{layout.store}/{antenna.zone}"
        self._store = layout.store
        self._pieces = [piece.card.piece for piece in stock]
        radio = Radio(self.world, layout.store, SEED, _now_us())
        radio.detectability[:] = LIKELY
        self.device = Device(reader, "pad", radio, self.tags, np.random.default_rng(SEED))
        self.server = LlrpServer(self.device, _now_us)
        self.world.move(_now_us(), "away", self._store, pieces=self._pieces, to=Away.HAND)

    def lay(self, row: int) -> None:
        """This tag alone."""
        self.world.move(_now_us(), "away", self._store, pieces=self._pieces, to=Away.HAND)
        self.world.move(_now_us(), "lay", self._store, pieces=[self._pieces[row]], to=self._place)


class StoreBooks:
    """The books, asked on this thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def keep(self, asked: Keep) -> Kept | Denied:
        return commissioning.keep(self._store, asked)

    async def bind(self, asked: Bind, by: UserId) -> Bound | Denied:
        return commissioning.bind(self._store, asked, by)


def run(short: bool = False) -> Figures:  # noqa: FBT001, FBT002 - the form of every bench
    """Short: a tenth of the tags and of the cuts."""
    tags, cuts = (TAGS // 10, CUTS // 10) if short else (TAGS, CUTS)
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_morning(Path(folder), tags, cuts))


async def _morning(folder: Path, tags: int, cuts: int) -> Figures:
    desk, clock, chance = Desk(), SystemClock(), random.Random(SEED)
    await desk.server.start("127.0.0.1", 0)
    url = f"llrp://127.0.0.1:{desk.server.port}"
    config = ReaderConfig(id=ReaderId("pad"), url=url, profile="generic-llrp", antennas={str(desk.port): PAD})
    reader = open_reader(config, load_profile(config.profile), random.Random(SEED), {desk.port: ZoneKind.PAD})
    store = _store(folder, config, clock)
    key = open_key(folder)
    began = time.monotonic()
    ends = []
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(desk.server.stop)
        writer = await stack.enter_async_context(_writing(reader, store, desk.port, clock, key))
        in_a_write = set(chance.sample(range(tags), cuts // 2))
        at_any_moment = set(chance.sample(range(tags), cuts - cuts // 2))
        for row in range(tags):
            desk.lay(row)
            if row in in_a_write:
                desk.device.cut_power_after(chance.randrange(WRITES_MAX))
            job = writer.begin(f"j{row}", _name(row), PAD, BY)
            assert job.task is not None
            if row in at_any_moment:
                await asyncio.sleep(chance.uniform(0.0, 4.0))
                await desk.server.set_fault(Fault.BLACKHOLE)
                await asyncio.sleep(DARK_S)
                await desk.server.set_fault(Fault.NONE)
            await job.task
            ends.append(job.commission)
        tally = writer.tally
    wrong = list(_lies(desk, store, key))
    store.books.close()
    return {
        "tags": tags,
        "power_cuts": len(in_a_write) + len(at_any_moment),
        "bound": sum(end.state is State.DONE for end in ends),
        "refused": sum(end.state is State.REFUSED and bool(end.why) for end in ends),
        "bound_or_refused": sum(end.over for end in ends),
        "bound_to_a_lie": len(wrong),
        "begun_again": tally.agains_total,
        "s_per_tag": (time.monotonic() - began) / tags,
    }


@contextlib.asynccontextmanager
async def _writing(reader: Reader, store: Store, port: int, clock: SystemClock, key: bytes) -> AsyncIterator[TagWriter]:
    assert isinstance(reader, TagReader), "the pad's reader writes tags"
    pad = Pad(PAD, reader, frozenset({port}))
    writer = TagWriter({PAD: pad}, StoreBooks(store), clock, key=lambda: key, tell=lambda: None)
    reading = asyncio.create_task(reader.run(writer.read, clock))
    try:
        yield writer
    finally:
        await writer.close()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def _store(folder: Path, reader: ReaderConfig, clock: SystemClock) -> Store:
    config = EdgeConfig(
        store=StoreId("bench"), name="Bench", currency="EUR", data_dir=folder, readers=(reader,),
        zones=(ZoneConfig(id=PAD, name="Pad", kind=ZoneKind.PAD),),
        tags=TagsConfig(scheme=TagScheme.SGTIN_96, company="4012345", item="012345"),
    )  # fmt: skip
    books = Books.open(folder / "books.sqlite3", store=config.store, instance="bench")
    with books.transaction() as tx:
        tx.db.run("node_joined", term=(1 << 32) | 1, epoch="e1", cloud_epoch=1, instance="bench")
        tx.new_log(config.store, Epoch("e1"))
        for row in range(TAGS):
            tx.db.run_struct("token_set", Token(piece=_name(row), ce=1, state=TokenState.HERE))
    store = Store(config, books, clock, random.Random(SEED))
    rows = tuple(FeedRow(rev=n, scope="*", key=f"piece:{_name(n - 1)}", body=_card(n - 1)) for n in range(1, TAGS + 1))
    store.take_feed(FeedPage(rows=rows, upto=TAGS, more=False))
    return store


def _name(row: int) -> PieceId:
    return PieceId(f"p{row}")


def _card(row: int) -> PieceCard:
    return PieceCard(
        piece=_name(row), sku=f"R-{row}", title=f"Ring {row}", category="ring", metal="gold", fineness=750,
        weight_mg=3200, stones="", price_minor=120_000, currency="EUR", tax_bp=2000, epc="",
    )  # fmt: skip


def _lies(desk: Desk, store: Store, key: bytes) -> Iterator[str]:
    """Pieces whose card says something else than a tag that is locked under this store's password."""
    held = {desk.tags.epc_of(row).hex().upper(): desk.tags.tag(row) for row in range(TAGS)}
    for row in range(TAGS):
        card = replica.piece(store.books.db, _name(row))
        if card is None or not card.epc:
            continue
        tag = held.get(card.epc)
        locked = tag is not None and tag.locks[gen2.Field.EPC].pwd and tag.locks[gen2.Field.ACCESS].pwd
        if tag is None or not locked or tag.tid.hex().upper() != card.tid:
            yield f"{card.piece} is bound to {card.epc}"
        elif int.from_bytes(tag.memory().reserved[4:]) != access_password(key, tag.tid):
            yield f"the tag of {card.piece} has another password"
