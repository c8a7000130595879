"""Tags read, written and locked, doors heard and lamps lit over LLRP, at simulated readers that speak another codec."""

import asyncio
import contextlib
import random

import msgspec
import numpy as np
import pytest
from house_hurry import HURRIED, PACE

from contract.facts import ReaderLink
from contract.facts.signals import InputKind, OutputKind
from contract.ids import ReaderId, ZoneId
from edge.config import Active, InputConfig, OutputConfig, ReaderConfig, ZoneKind
from edge.readers import open_reader
from edge.readers.access import Bank, Lock, Lockable, LockState, ReadMemory, Target, WriteMemory, read_tid, write_epc
from edge.readers.base import TagError, UnreachableError
from edge.readers.profiles import Place, load_profile
from simulator.llrp.device import Device
from simulator.llrp.server import Fault, LlrpServer
from simulator.radio import Radio
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import World

PATIENCE_S = 60.0
TRIES = 5
PASSWORD = 0xC0FFEE01
NEW_EPC = bytes.fromhex("3034257BF7194E4000001A85")
EPC_BYTES = 12
DOOR = {"trigger": "gpi", "gpi_port": 1, "dwell_ms": 0, "period_ms": 0, "report_every_ms": 0, "report_every_tags": 1}


class Shop:
    """One reader of the simulated boutique, with a door at an input and a lamp at an output."""

    def __init__(self, number=0):
        layout = load_layout("boutique")
        stock = make_stock(seed=7, store_number=1, n=60, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
        world = World([(layout, stock)])
        self.tags = Tags(world)
        radio = Radio(world, layout.store, 7, HURRIED.now_us())
        self.device = Device(layout.readers[number], "r", radio, self.tags, np.random.default_rng(5))
        self.server = LlrpServer(self.device, HURRIED.now_us, pace=PACE)
        self.batches = []

    def driver(self, profile=None):
        wires = {"name": "x", "zone": ZoneId("z")}
        config = ReaderConfig(
            id=ReaderId("r"),
            url=f"llrp://127.0.0.1:{self.server.port}",
            profile="generic-llrp",
            antennas={"1": ZoneId("z"), "2": ZoneId("z")},
            inputs={"1": InputConfig(kind=InputKind.DOOR, **wires)},
            outputs={
                "1": OutputConfig(kind=OutputKind.LAMP, **wires),
                "2": OutputConfig(kind=OutputKind.SIREN, active=Active.LOW, **wires),
            },
        )
        profile = profile or load_profile("generic-llrp")
        reader = open_reader(config, profile, random.Random(3), {1: ZoneKind.SAFE, 2: ZoneKind.SAFE})
        reader._tick_s /= PACE
        return reader

    def read_now(self):
        """EPCs and antennas of the newest reads."""
        return {
            (row.tobytes(), int(port)) for b in self.batches[-30:] for row, port in zip(b.epc, b.antenna, strict=True)
        }


def play(story, number=0):
    async def whole():
        shop = Shop(number)
        await shop.server.start("127.0.0.1", 0)
        reader = shop.driver()
        task = asyncio.create_task(reader.run(shop.batches.append, HURRIED))
        try:
            await until(lambda: reader.health.reads_total > 50)
            await story(shop, reader)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await shop.server.stop()
            await asyncio.sleep(0.1)

    asyncio.run(whole())


async def until(condition):
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 — the other side is a socket, which sets no event
            await asyncio.sleep(0.02)


async def do(reader, access):
    """As a person would: a tag that did not answer in the noise is asked again."""
    for _ in range(TRIES):
        with contextlib.suppress(TagError):
            return await reader.access(access)
    return await reader.access(access)


def target(shop):
    epc, port = min(shop.read_now())
    row = next(i for i, known in enumerate(shop.tags.epc) if known.tobytes() == epc)
    return Target(Bank.EPC, epc, antenna=port), shop.tags.tid[row].tobytes()


def test_a_tag_is_read_written_verified_and_locked_while_all_others_are_read_on():
    async def story(shop, reader):
        tag, tid = target(shop)
        assert await do(reader, read_tid(tag)) == tid
        by_tid = Target(Bank.TID, tid)
        assert await do(reader, write_epc(by_tid, NEW_EPC)) == b""
        assert await do(reader, ReadMemory(tag=by_tid, bank=Bank.EPC, at=2, words=6)) == NEW_EPC
        secret = WriteMemory(tag=by_tid, bank=Bank.RESERVED, at=2, data=PASSWORD.to_bytes(4))
        assert await do(reader, secret) == b""
        locks = {Lockable.EPC: LockState.LOCKED, Lockable.ACCESS_PASSWORD: LockState.LOCKED}
        assert await do(reader, Lock(tag=by_tid, password=PASSWORD, locks=locks)) == b""
        with pytest.raises(TagError):
            await do(reader, write_epc(by_tid, tag.bits))
        assert await do(reader, write_epc(by_tid, tag.bits, password=PASSWORD)) == b""
        health = reader.health
        before = health.reads_total
        await until(lambda: health.reads_total > before + 100)
        assert len(shop.read_now()) > 3
        assert (health.connects_total, health.dropped_total) == (1, 0)
        await until(lambda: shop.device.engine.access.specs == {})

    play(story)


def test_a_tag_that_is_not_there_is_told_and_never_written_later():
    async def story(shop, reader):
        tag, _ = target(shop)
        stranger = Target(Bank.EPC, b"\x11" * EPC_BYTES)
        with pytest.raises(TagError, match="bring it closer"):
            await reader.access(write_epc(stranger, NEW_EPC))
        elsewhere = Target(Bank.EPC, tag.bits, antenna=1 if tag.antenna == 2 else 2)
        seen_at = {port for epc, port in shop.read_now() if epc == tag.bits}
        if len(seen_at) == 1:
            with pytest.raises(TagError):
                await reader.access(read_tid(elsewhere))
        await until(lambda: shop.device.engine.access.specs == {})
        assert reader.health.link is ReaderLink.READING

    play(story)


def test_many_accesses_at_once_are_all_answered_each_with_its_own_tag():
    async def story(shop, reader):
        epcs = sorted({epc for epc, _ in shop.read_now()})[:5]
        tids = {known.tobytes(): shop.tags.tid[i].tobytes() for i, known in enumerate(shop.tags.epc)}
        found = await asyncio.gather(*(do(reader, read_tid(Target(Bank.EPC, epc))) for epc in epcs))
        assert found == [tids[epc] for epc in epcs]

    play(story)


def test_a_reader_that_reboots_in_the_middle_leaves_it_open_and_the_next_access_begins_anew():
    async def story(shop, reader):
        tag, tid = target(shop)
        under_way = asyncio.create_task(reader.access(read_tid(Target(Bank.EPC, b"\x11" * EPC_BYTES))))
        await until(shop.device.engine.access.any_enabled)
        await shop.server.set_fault(Fault.REBOOT)
        with pytest.raises(UnreachableError, match="read the tag"):
            await under_way
        with pytest.raises(UnreachableError):
            await reader.access(read_tid(tag))
        await until(lambda: reader.health.link is ReaderLink.READING)
        assert await do(reader, read_tid(tag)) == tid

    play(story)


def test_somebody_who_gives_up_takes_the_access_from_the_reader():
    async def story(shop, reader):
        task = asyncio.create_task(reader.access(write_epc(Target(Bank.EPC, b"\x11" * EPC_BYTES), NEW_EPC)))
        await until(shop.device.engine.access.any_enabled)
        task.cancel()
        await until(lambda: not shop.device.engine.access.specs)

    play(story)


def test_what_another_client_left_over_is_gone_before_a_tag_is_read():
    async def story(shop, reader):
        # as if another client had left one: it stays in the reader while we are away
        under_way = asyncio.create_task(reader.access(write_epc(Target(Bank.EPC, b"\x11" * EPC_BYTES), NEW_EPC)))
        await until(shop.device.engine.access.any_enabled)
        shop.server._drop_client("the test pulls the plug")
        with pytest.raises(UnreachableError):
            await under_way
        await until(lambda: reader.health.connects_total == 2 and reader.health.link is ReaderLink.READING)
        assert shop.device.engine.access.specs == {}

    play(story)


def test_a_door_is_heard_and_a_lamp_is_lit_and_both_stand_right_after_a_power_cut():
    async def story(shop, reader):
        await until(lambda: reader.health.inputs == {1: False})
        assert shop.device.settings.gpos == {**shop.device.settings.gpos, 1: False, 2: True}
        shop.server.set_input(1, high=True)
        await until(lambda: reader.health.inputs == {1: True})
        await reader.set_output(1, on=True)
        await reader.set_output(2, on=True)
        await until(lambda: shop.device.settings.gpos[1] and not shop.device.settings.gpos[2])
        await shop.server.set_fault(Fault.BLACKHOLE)
        await until(lambda: reader.health.inputs == {})
        shop.server.set_input(1, high=False)
        await shop.server.set_fault(Fault.NONE)
        assert not shop.device.settings.gpos[1], "the reader itself falls to its own off"
        await until(lambda: reader.health.inputs == {1: False})
        await until(lambda: shop.device.settings.gpos[1])
        assert reader.health.outputs_refused_total == 0

    play(story)


def test_a_reader_that_waits_for_its_door_reads_while_it_is_open():
    async def story():
        shop = Shop()
        await shop.server.start("127.0.0.1", 0)
        profile = load_profile("generic-llrp")
        door = msgspec.convert({**msgspec.to_builtins(profile.places[ZoneKind.CASE]), **DOOR}, Place)
        profile = msgspec.structs.replace(profile, places={**profile.places, ZoneKind.SAFE: door})
        reader = shop.driver(profile)
        task = asyncio.create_task(reader.run(shop.batches.append, HURRIED))
        try:
            health = reader.health
            await until(lambda: health.link is ReaderLink.READING and health.waits_for == "input 1")
            assert health.reads_total == 0
            shop.server.set_input(1, high=True)
            await until(lambda: health.reads_total > 50 and not health.waits_for)
            alive_us = health.alive_since_us
            shop.server.set_input(1, high=False)
            await until(lambda: health.waits_for == "input 1")
            shop.server.set_input(1, high=True)
            reads = health.reads_total
            await until(lambda: health.reads_total > reads + 50)
            assert (health.alive_since_us, health.connects_total) == (alive_us, 1), "waiting is no gap"
            await shop.server.set_fault(Fault.BLACKHOLE)
            await until(lambda: health.link is not ReaderLink.READING)
            await shop.server.set_fault(Fault.NONE)
            reads = health.reads_total
            await until(lambda: health.reads_total > reads + 50)
            assert health.connects_total == 2, "the door stood open already when the reader came back"
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await shop.server.stop()

    asyncio.run(story())


def test_when_the_box_stops_its_outputs_go_off():
    shops = []

    async def story(shop, reader):
        shops.append(shop)
        await reader.set_output(1, on=True)
        await until(lambda: shop.device.settings.gpos[1])

    play(story)
    assert not shops[0].device.settings.gpos[1]
