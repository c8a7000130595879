"""Eight readers at once, and tags nobody has ever heard: whatever is read is known, kept as unknown, or counted."""

import asyncio
import contextlib
import random

import numpy as np
import pytest

from contract.feed import PieceCard
from contract.ids import PieceId, ReaderId, StoreId, TillId, ZoneId
from edge.clock import SystemClock
from edge.config import EdgeConfig, ReaderConfig, ZoneConfig, ZoneKind
from edge.floor import intake as door
from edge.floor.intake import Intake
from edge.floor.stock import Stock
from edge.floor.zonemap import ZoneMap
from edge.readers import open_reader
from edge.readers.profiles import load_profile
from simulator.llrp.replay import Cycle, Flood, Replay

READERS = 8
PATIENCE_S = 60.0


def config_of(tmp_path, ports):
    return EdgeConfig(
        store=StoreId("paris"),
        name="Paris",
        currency="EUR",
        data_dir=tmp_path,
        zones=(ZoneConfig(id=ZoneId("shelf"), name="Shelf", kind=ZoneKind.SHELF),),
        readers=tuple(
            ReaderConfig(
                id=ReaderId(f"r{number}"),
                url=f"llrp://127.0.0.1:{port}",
                profile="impinj-r420",
                antennas={str(antenna): ZoneId("shelf") for antenna in range(1, 5)},
            )
            for number, port in enumerate(ports)
        ),
        tills=(TillId("till-1"),),
    )


def card(number, epc):
    return PieceCard(
        piece=PieceId(f"p{number}"), sku="R", title="Ring", category="ring", metal="gold", fineness=750, weight_mg=3200,
        stones="", price_minor=120_000, currency="EUR", tax_bp=2000, epc=epc.tobytes().hex().upper(), home_zone="shelf",
    )  # fmt: skip


class Store:
    """The edge from its readers' sockets to the door of the tick."""

    def __init__(self, config, epcs):
        self.stock = Stock(ZoneMap(config))
        self.stock.learn([card(number, epc) for number, epc in enumerate(epcs)])
        self.intake = Intake(self.stock, tuple(reader.id for reader in config.readers))
        self.known = 0
        self.readers = [
            open_reader(
                one, load_profile(one.profile), random.Random(number), dict.fromkeys(range(1, 5), ZoneKind.SHELF)
            )
            for number, one in enumerate(config.readers)
        ]

    @contextlib.asynccontextmanager
    async def open(self):
        tasks = [asyncio.create_task(reader.run(self.intake.deliver, SystemClock())) for reader in self.readers]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def tick(self):
        self.known += sum(len(heard.row) for heard in self.intake.drain())

    @property
    def unknown_kept(self):
        return sum(one.reads for one in self.stock.catalogue.unknown())

    @property
    def unknown_dropped(self):
        return self.stock.catalogue.unknown_dropped_total


async def play(tmp_path, replays, epcs, *, until, ticking=True):
    """All of it in one process; `until` looks at the store."""
    for replay in replays:
        await replay.start_reading("127.0.0.1", 0)
    store = Store(config_of(tmp_path, [replay.port for replay in replays]), epcs)
    try:
        async with store.open(), asyncio.timeout(PATIENCE_S):
            while not until(store):
                await asyncio.sleep(0.02)
                if ticking:
                    store.tick()
        store.tick()
    finally:
        for replay in replays:
            await replay.stop()
        await asyncio.sleep(0.1)
    return store


def told(store):
    """Reads the drivers have made of what came."""
    return sum(reader.health.reads_total for reader in store.readers)


def flood(tmp_path, *, per_reader, rate):
    replays = [Replay(f"r{number}", Flood(number), rate, per_reader) for number in range(READERS)]
    store = asyncio.run(
        play(tmp_path, replays, np.empty((0, 12), np.uint8), until=lambda one: told(one) >= READERS * per_reader)
    )
    return replays, store


def accounted(replays, store):
    """Every read that was sent is in exactly one place."""
    sent = sum(replay.reads_sent for replay in replays)
    assert sent == told(store) == store.intake.reads_total
    assert store.intake.batches_dropped_total == 0
    assert sent == store.known + store.unknown_kept + store.unknown_dropped
    assert all(replay.clients_dropped_total == 0 for replay in replays)


def test_a_flood_of_strange_tags_is_kept_up_to_its_limit_and_counted_beyond(tmp_path):
    replays, store = flood(tmp_path, per_reader=2_500, rate=5_000)
    accounted(replays, store)
    assert store.known == 0
    assert store.unknown_kept == store.stock.catalogue.unknown_epcs_max
    assert store.unknown_dropped == READERS * 2_500 - store.unknown_kept


def test_eight_readers_at_once_lose_no_read_of_the_stock(tmp_path):
    epcs = Flood(99).take(2_000)
    strangers = Flood(98).take(20)
    share = np.concatenate([epcs, strangers])
    replays = [
        Replay(f"r{number}", Cycle(np.roll(share, 250 * number, axis=0)), 2_500, 4_040) for number in range(READERS)
    ]
    store = asyncio.run(play(tmp_path, replays, epcs, until=lambda one: told(one) >= READERS * 4_040))
    accounted(replays, store)
    assert store.unknown_kept == READERS * 4_040 * len(strangers) // len(share)
    assert store.unknown_dropped == 0


def test_a_house_that_does_not_tick_drops_batches_and_counts_them(tmp_path, monkeypatch):
    """The control: without a tick reads are lost at the door, and the counter says so."""
    monkeypatch.setattr(door, "BATCHES_PENDING_MAX", 10)
    replays = [Replay("r0", Flood(0), 5_000, 2_500)]
    store = asyncio.run(
        play(tmp_path, replays, np.empty((0, 12), np.uint8), until=lambda one: told(one) >= 2_500, ticking=False)
    )
    assert store.intake.batches_dropped_total > 0
    assert store.intake.reads_total < told(store) == 2_500


@pytest.mark.long
def test_eight_readers_of_5000_reads_a_second_flood_a_store_for_a_minute(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.PATIENCE_S", 300.0)
    accounted(*flood(tmp_path, per_reader=300_000, rate=5_000))
