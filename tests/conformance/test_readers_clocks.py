"""A simulated reader's own clock, over a real connection: wrong, set while it reads, or only the time since it started."""

import random

import numpy as np
from conformance_stories import play, running, until
from house_hurry import HURRIED, PACE

from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
from edge.config import ReaderConfig
from edge.readers import open_reader
from edge.readers.profiles import load_profile
from edge.readers.times import dated
from simulator.llrp.device import Device
from simulator.llrp.server import LlrpServer
from simulator.radio import Radio
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import World

SECOND = 1_000_000
HOUR = 3600 * SECOND


now_us = HURRIED.now_us


def told(story, *, utc=True, ahead_us=0):
    """A story of a reader whose clock is so."""
    layout = load_layout("boutique")
    stock = make_stock(seed=7, store_number=1, n=60, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
    world = World([(layout, stock)])
    device = Device(
        layout.readers[0], "r", Radio(world, layout.store, 7, now_us()), Tags(world), np.random.default_rng(5)
    )
    device.clock.utc, device.clock.offset_us = utc, ahead_us
    device.clock.boot(now_us() - HOUR)

    async def whole():
        server = LlrpServer(device, now_us, pace=PACE)
        await server.start("127.0.0.1", 0)
        url = f"llrp://127.0.0.1:{server.port}"
        config = ReaderConfig(id=ReaderId("r"), url=url, profile="zebra-fx9600", antennas={"1": ZoneId("z")})
        try:
            await story(open_reader(config, load_profile(config.profile), random.Random(3)), device)
        finally:
            await server.stop()

    play(whole)


def behind_us(reader):
    """Our UTC − the reader's, as it would be shown."""
    clock = HURRIED
    return clock.wall_us() - clock.mono_us() + reader.health.clock_offset_us


def is_read(reader, more=50):
    before = reader.health.reads_total
    return lambda: reader.health.link is ReaderLink.READING and reader.health.reads_total > before + more


def test_a_clock_that_is_an_hour_ahead_is_known_to_be_and_every_stamp_can_be_told_in_our_time():
    async def story(reader, _):
        async with running(reader) as batches:
            await until(is_read(reader))
        assert abs(behind_us(reader) + HOUR) < 3 * SECOND
        assert reader.health.clock_jumps_total == 0
        for batch in batches:
            late_us = batch.arrived_us - (batch.last_seen_us.astype(np.int64) + reader.health.clock_offset_us)
            assert (late_us > -SECOND).all()

    told(story, ahead_us=HOUR)


def test_a_clock_that_is_set_while_it_reads_is_noticed_once_and_no_read_is_lost():
    async def story(reader, device):
        async with running(reader):
            await until(is_read(reader))
            device.clock.offset_us = -24 * HOUR
            await until(lambda: reader.health.clock_jumps_total > 0)
            await until(is_read(reader))
        health = reader.health
        assert (health.clock_jumps_total, health.connects_total, health.dropped_total) == (1, 1, 0)
        assert abs(behind_us(reader) - 24 * HOUR) < 3 * SECOND

    told(story)


def test_a_reader_that_knows_only_its_uptime_is_read_and_not_taken_for_rebooted():
    async def story(reader, _):
        async with running(reader) as batches:
            await until(is_read(reader, 300))
        assert all(batch.uptime for batch in batches)
        assert (reader.health.clock_is_uptime, reader.health.connects_total) == (True, 1)
        assert abs(behind_us(reader) - (now_us() - HOUR)) < 30 * SECOND, "that is when it was started"

    told(story, utc=False)


def test_each_batch_carries_our_two_times_beside_the_readers_own():
    async def story(reader, _):
        kept = []
        clock = HURRIED
        deliver = dated(kept.append, clock.wall_us, "boot-7")
        async with running(reader) as batches:
            await until(is_read(reader))
        for batch in batches:
            deliver(batch)
        assert {batch.boot for batch in kept} == {"boot-7"}
        assert all(abs(batch.arrived_utc_us - now_us()) < 60 * SECOND for batch in kept)
        assert all((batch.last_seen_us > 0).all() for batch in kept)
        assert [len(batch) for batch in kept] == [len(batch) for batch in batches]

    told(story)
