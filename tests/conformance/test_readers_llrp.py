"""The LLRP driver against readers that are not ours: llrpkit's emulator as a process, and the simulated shop's readers,
through kills, freezes, hostile transports and every fault the simulator knows."""

import asyncio
import contextlib
import random
import signal
import socket
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
from edge.clock import SystemClock
from edge.config import ReaderConfig, ZoneKind
from edge.readers import DRIVERS, open_reader
from edge.readers.base import MisconfiguredError
from edge.readers.profiles import load_profile
from simulator.llrp.device import Device
from simulator.llrp.server import Fault, LlrpServer
from simulator.radio import Radio
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import World

LLRPKIT = Path(sys.executable).parent / "llrpkit"
PATIENCE_S = 20.0


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Process:
    """llrpkit's emulator on a port of its own."""

    def __init__(self, port):
        self.port = port
        self._process = None

    async def start(self):
        self._process = await asyncio.create_subprocess_exec(
            LLRPKIT, "emulate", "--port", str(self.port), "--rate", "400",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    def freeze(self):
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    async def kill(self):
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


class Hostile:
    """A proxy that passes bytes on in the pieces it is told, the reader's side only."""

    def __init__(self, to_port, sizes):
        self._to_port, self._sizes = to_port, sizes
        self._tasks = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server.close()

    def _serve(self, reader, writer):
        task = asyncio.ensure_future(self._pass(reader, writer))
        self._tasks.add(task)

    async def _pass(self, reader, writer):
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.close()
            return
        pumps = [
            asyncio.ensure_future(self._up(reader, up_writer)),
            asyncio.ensure_future(self._down(up_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            writer.close()
            up_writer.close()

    async def _up(self, reader, writer):
        while data := await reader.read(4096):
            writer.write(data)

    async def _down(self, reader, writer):
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := await reader.read(4096):
            while data:
                size = self._sizes()
                writer.write(data[:size])
                data = data[size:]
                await asyncio.sleep(0)


class Shop:
    """One reader of the simulated boutique, in this process."""

    def __init__(self, number=0):
        layout = load_layout("boutique")
        self.layout = layout.readers[number]
        stock = make_stock(seed=7, store_number=1, n=60, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
        world = World([(layout, stock)])
        radio = Radio(world, layout.store, 7, self.now_us())
        device = Device(self.layout, "r", radio, Tags(world), np.random.default_rng(5))
        self.server = LlrpServer(device, self.now_us)

    def now_us(self):
        return time.time_ns() // 1000


def reader_on(port, profile="generic-llrp", antennas=("1", "2"), kinds=None):
    config = ReaderConfig(
        id=ReaderId("r"), url=f"llrp://127.0.0.1:{port}", profile=profile, antennas={a: ZoneId("z") for a in antennas}
    )
    return open_reader(config, load_profile(profile), random.Random(3), kinds)


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


def play(story):
    """Run a story; the transports it closed get a moment to end before the loop does."""

    async def whole():
        try:
            await story()
        finally:
            await asyncio.sleep(0.1)

    asyncio.run(whole())


async def until(condition):
    """Wait for something that must come; patience is no measurement."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - the driver tells by its health, which is looked at, not waited for
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("profile", ["generic-llrp", "impinj-r420", "zebra-fx9600"])
def test_every_profile_reads_llrpkits_emulator(profile):
    async def story():
        emulator = Process(free_port())
        await emulator.start()
        reader = reader_on(emulator.port, profile, kinds={1: ZoneKind.SAFE, 2: ZoneKind.PAD})
        try:
            async with running(reader) as batches:
                await until(lambda: reader.health.reads_total > 50)
            assert reader.health.link is ReaderLink.READING
            assert reader.health.model == "Impinj 700"
            assert reader.health.firmware.startswith("llrpkit-emu")
            assert {int(a) for b in batches for a in b.antenna} == {1, 2}
            assert sum(map(len, batches)) == reader.health.reads_total
            assert all((b.rssi_cdbm < 0).all() for b in batches)
            assert any((b.phase < 4096).any() for b in batches) == (profile == "impinj-r420")
        finally:
            await emulator.kill()

    play(story)


def test_a_reader_that_is_killed_and_started_again_is_read_again():
    async def story():
        emulator = Process(free_port())
        await emulator.start()
        reader = reader_on(emulator.port)
        try:
            async with running(reader):
                for _ in range(3):
                    before, began = reader.health.reads_total, reader.health.alive_since_us
                    await until(lambda n=before: reader.health.reads_total > n + 20)
                    assert reader.health.alive_since_us > began
                    await emulator.kill()
                    await until(lambda: reader.health.link is not ReaderLink.READING)
                    await emulator.start()
                assert reader.health.connects_total >= 3
        finally:
            await emulator.kill()

    play(story)


def test_a_frozen_reader_is_shown_silent_and_read_again_when_it_thaws():
    async def story():
        emulator = Process(free_port())
        await emulator.start()
        reader = reader_on(emulator.port)
        try:
            async with running(reader):
                await until(lambda: reader.health.reads_total > 20)
                emulator.freeze()  # TCP stands, nobody speaks: a black hole
                await until(lambda: reader.health.link is ReaderLink.SILENT)
                before = reader.health.reads_total
                emulator.thaw()
                await until(lambda: reader.health.reads_total > before and reader.health.link is ReaderLink.READING)
        finally:
            await emulator.kill()

    play(story)


@pytest.mark.parametrize(
    "sizes", [lambda: 1, lambda: random.randint(1, 60)], ids=["one byte at a time", "random pieces"]
)
def test_a_hostile_transport_costs_no_read(sizes):
    async def story():
        emulator = Process(free_port())
        await emulator.start()
        try:
            async with Hostile(emulator.port, sizes) as proxy:
                reader = reader_on(proxy.port)
                async with running(reader) as batches:
                    await until(lambda: reader.health.reads_total > 100)
                assert reader.health.dropped_total == 0
                assert {len(b.epc[0]) for b in batches} == {12}
        finally:
            await emulator.kill()

    play(story)


@pytest.mark.parametrize("fault", [Fault.BLACKHOLE, Fault.REBOOT, Fault.REFUSE])
def test_the_simulated_shops_faults_are_seen_and_outlived(fault):
    async def story():
        shop = Shop()
        await shop.server.start("127.0.0.1", 0)
        reader = reader_on(shop.server.port, "zebra-fx9600", ("1", "2", "3", "4"))
        try:
            async with running(reader):
                await until(lambda: reader.health.reads_total > 100)
                assert reader.health.model == "Zebra FX9600"
                await shop.server.set_fault(fault)
                expected = ReaderLink.REFUSED if fault is Fault.REFUSE else ReaderLink.SILENT
                await until(lambda: reader.health.link is expected)
                await shop.server.set_fault(Fault.NONE)
                before = reader.health.reads_total
                await until(lambda: reader.health.reads_total > before and reader.health.link is ReaderLink.READING)
        finally:
            await shop.server.stop()

    play(story)


def test_a_dead_antenna_of_the_simulated_shop_is_told_by_port():
    async def story():
        shop = Shop()
        await shop.server.start("127.0.0.1", 0)
        reader = reader_on(shop.server.port, "zebra-fx9600", ("1", "2"))
        try:
            async with running(reader):
                await until(lambda: reader.health.reads_total > 20)
                await shop.server.set_fault(Fault.ANTENNA_DEAD, 2)
                await until(lambda: reader.health.antennas_down == {2})
        finally:
            await shop.server.stop()

    play(story)


def test_nobody_at_the_address_is_silence_and_not_an_error():
    async def story():
        reader = reader_on(free_port())
        async with running(reader):
            await until(lambda: reader.health.link is ReaderLink.SILENT)
        assert "cannot connect" in reader.health.why

    play(story)


def test_a_reader_of_an_unknown_kind_is_refused_with_the_known_ones():
    config = ReaderConfig(
        id=ReaderId("r"), url="carrier-pigeon://x", profile="generic-llrp", antennas={"1": ZoneId("z")}
    )
    with pytest.raises(MisconfiguredError, match=", ".join(DRIVERS)):
        open_reader(config, load_profile("generic-llrp"), random.Random(1))
