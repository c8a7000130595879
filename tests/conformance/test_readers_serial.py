"""Serial readers against simulated modules behind a pseudo-terminal: killed, silent, noisy, unplugged, at a wrong rate."""

import asyncio
import contextlib
import random
import time

import numpy as np
import pytest

from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
from edge.clock import SystemClock
from edge.config import ReaderConfig
from edge.readers import open_reader
from edge.readers.access import Bank, Lock, Lockable, LockState, Target, WriteMemory, read_tid, write_epc
from edge.readers.base import MisconfiguredError, TagError
from edge.readers.profiles import load_profile
from simulator.radio import Radio
from simulator.serial.air import Shop, Tray
from simulator.serial.line import Fault, Line
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import World

PATIENCE_S = 20.0
TAGS = {bytes([n]) * 12: bytes([n + 100]) * 12 for n in range(1, 7)}


def now_us():
    return time.monotonic_ns() // 1000


def reader_on(family, path, *, query="baud=115200&region=eu", antennas=("1",)):
    config = ReaderConfig(
        id=ReaderId("r"),
        url=f"{family.scheme}://{path}?{query}",
        profile=family.profile,
        antennas={a: ZoneId("z") for a in antennas},
    )
    return open_reader(config, load_profile(family.profile), random.Random(3))


@contextlib.asynccontextmanager
async def running(reader):
    batches = []
    task = asyncio.create_task(reader.run(batches.append, SystemClock()))
    try:
        yield batches
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition):
    """Wait for something that must come; patience is no measurement."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - the driver tells by its health, which is looked at, not waited for
            await asyncio.sleep(0.02)


@pytest.fixture
def line(kind, tmp_path):
    return Line(kind.module(Tray(dict(TAGS))), tmp_path / "port", now_us)


def play(story):
    asyncio.run(story())


def test_a_module_is_identified_and_read(kind, line):
    async def story():
        reader = reader_on(kind, line.path)
        async with line, running(reader) as batches:
            await until(lambda: reader.health.reads_total > 50)
        assert reader.health.link is ReaderLink.READING
        assert reader.health.model == kind.model
        assert reader.health.dropped_total == 0
        assert sum(map(len, batches)) == reader.health.reads_total
        assert {epc.tobytes() for batch in batches for epc in batch.epc} == set(TAGS)
        assert all((batch.antenna == 1).all() for batch in batches)

    play(story)


def test_every_variant_is_read(family, tmp_path):
    async def story():
        reader = reader_on(family, tmp_path / "port")
        async with Line(family.module(Tray(dict(TAGS))), tmp_path / "port", now_us), running(reader) as batches:
            await until(lambda: reader.health.reads_total > 50)
        assert reader.health.model == family.model
        assert {epc.tobytes() for batch in batches for epc in batch.epc} == set(TAGS)

    play(story)


def test_the_simulated_shops_pieces_are_read_through_a_module(kind, tmp_path):
    async def story():
        layout = load_layout("boutique")
        stock = make_stock(seed=7, store_number=1, n=60, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
        world = World([(layout, stock)])
        radio, tags = Radio(world, layout.store, 7, now_us()), Tags(world)
        shop = Shop(radio, tags, layout.readers[0].antennas, "r", np.random.default_rng(5))
        reader = reader_on(kind, tmp_path / "port")
        async with Line(kind.module(shop), tmp_path / "port", now_us), running(reader) as batches:
            await until(lambda: reader.health.reads_total > 50)
        known = {epc.tobytes() for epc in tags.epc}
        assert {epc.tobytes() for batch in batches for epc in batch.epc} <= known

    play(story)


def test_an_unplugged_module_is_noticed_and_read_again_when_it_is_plugged_in(kind, line):
    async def story():
        reader = reader_on(kind, line.path)
        async with line, running(reader):
            for _ in range(3):
                before, began = reader.health.reads_total, reader.health.alive_since_us
                await until(lambda n=before: reader.health.reads_total > n + 20)
                assert reader.health.alive_since_us > began
                line.unplug()
                await until(lambda: reader.health.link is not ReaderLink.READING)
                line.plug()
            await until(lambda: reader.health.link is ReaderLink.READING)
            assert reader.health.connects_total >= 4

    play(story)


def test_a_module_that_stays_away_is_shown_silent_with_the_port_it_should_be_on(kind, line):
    async def story():
        reader = reader_on(kind, line.path)
        async with line, running(reader):
            await until(lambda: reader.health.link is ReaderLink.READING)
            line.unplug()
            await until(lambda: reader.health.link is ReaderLink.SILENT)
            assert str(line.path) in reader.health.why

    play(story)


def test_a_module_without_power_is_shown_silent_and_read_again_when_it_has_it(kind, line):
    async def story():
        reader = reader_on(kind, line.path)
        async with line, running(reader):
            await until(lambda: reader.health.reads_total > 20)
            line.fault = Fault.SILENT
            await until(lambda: reader.health.link is ReaderLink.SILENT)
            before = reader.health.reads_total
            line.fault = Fault.NONE
            await until(lambda: reader.health.reads_total > before and reader.health.link is ReaderLink.READING)

    play(story)


@pytest.mark.parametrize("fault", [Fault.GARBAGE, Fault.LOSS])
def test_a_bad_cable_costs_reads_and_never_gives_a_wrong_one(kind, line, fault):
    async def story():
        reader = reader_on(kind, line.path)
        async with line, running(reader) as batches:
            await until(lambda: reader.health.reads_total > 20)
            line.fault = fault
            skipped = reader.health.bytes_skipped_total
            await until(lambda: reader.health.bytes_skipped_total > skipped)
            before = reader.health.reads_total
            await until(lambda: reader.health.reads_total > before + 100)
        assert {epc.tobytes() for batch in batches for epc in batch.epc} == set(TAGS)

    play(story)


def test_the_rate_of_a_module_is_found(kind, tmp_path):
    async def story():
        line = Line(kind.module(Tray(dict(TAGS)), baud=57_600), tmp_path / "port", now_us)
        reader = reader_on(kind, line.path, query="baud=auto&region=eu")
        async with line, running(reader):
            await until(lambda: reader.health.reads_total > 20)

    play(story)


def test_a_module_at_another_rate_than_configured_is_not_read(kind, tmp_path):
    async def story():
        line = Line(kind.module(Tray(dict(TAGS)), baud=57_600), tmp_path / "port", now_us)
        reader = reader_on(kind, line.path)
        async with line, running(reader):
            await until(lambda: reader.health.link is ReaderLink.SILENT)
            assert reader.health.reads_total == 0

    play(story)


def test_a_tag_is_written_on_the_pad_and_read_back(kind, line):
    async def story():
        reader = reader_on(kind, line.path)
        old, new = next(iter(TAGS)), bytes(range(12))
        async with line, running(reader) as batches:
            await until(lambda: reader.health.link is ReaderLink.READING)
            assert await reader.access(read_tid(Target(Bank.EPC, old))) == TAGS[old]
            await reader.access(write_epc(Target(Bank.EPC, old), new))
            batches.clear()
            await until(lambda: any((batch.epc == list(new)).all(axis=1).any() for batch in batches))
            assert await reader.access(read_tid(Target(Bank.EPC, new))) == TAGS[old]

    play(story)


def test_a_tag_that_was_locked_is_written_only_by_who_knows_its_password(kind, line):
    async def story():
        reader = reader_on(kind, line.path)
        old, new = next(iter(TAGS)), bytes(range(12))
        by_tid, password = Target(Bank.TID, TAGS[old]), 0xC0FFEE11
        locks = {Lockable.EPC: LockState.LOCKED, Lockable.ACCESS_PASSWORD: LockState.LOCKED}
        async with line, running(reader):
            await until(lambda: reader.health.link is ReaderLink.READING)
            await reader.access(WriteMemory(tag=by_tid, bank=Bank.RESERVED, at=2, data=password.to_bytes(4)))
            await reader.access(write_epc(by_tid, new, password))
            await reader.access(Lock(tag=by_tid, password=password, locks=locks))
            with pytest.raises(TagError, match="locked"):
                await reader.access(write_epc(Target(Bank.EPC, new), old))
            with pytest.raises(TagError):
                await reader.access(write_epc(Target(Bank.EPC, new), old, password ^ 1))
            await reader.access(write_epc(Target(Bank.EPC, new), old, password))
            assert await reader.access(read_tid(Target(Bank.EPC, old))) == TAGS[old]
            with pytest.raises(TagError):
                await reader.access(read_tid(Target(Bank.EPC, new)))

    play(story)


def test_nothing_on_the_port_is_silence_and_not_an_error(kind, tmp_path):
    async def story():
        reader = reader_on(kind, tmp_path / "port")
        async with running(reader):
            await until(lambda: reader.health.link is ReaderLink.SILENT)
        assert "cannot open" in reader.health.why

    play(story)


def test_two_edges_do_not_share_a_module(kind, line):
    async def story():
        first, second = reader_on(kind, line.path), reader_on(kind, line.path)
        async with line, running(first), running(second):
            await until(lambda: {first.health.link, second.health.link} == {ReaderLink.READING, ReaderLink.SILENT})

    play(story)


def test_an_antenna_a_module_does_not_have_is_refused(kind, tmp_path):
    with pytest.raises(MisconfiguredError, match="antenna"):
        reader_on(kind, tmp_path / "port", antennas=("1", "99"))
