"""The LLRP driver against a reader that is not ours, llrpkit's emulator as a process, and what only LLRP readers say."""

import asyncio
import random
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from conformance_stories import play, running, until
from conformance_subjects import reading
from conformance_transports import Proxy, now_us
from house_hurry import PACE
from house_ports import free_port

from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
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


class Process:
    """llrpkit's emulator on a port of its own."""

    def __init__(self):
        self.port = free_port()
        self._process = None

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self.kill()

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


def reader_on(port, profile="generic-llrp", antennas=("1", "2"), kinds=None):
    config = ReaderConfig(
        id=ReaderId("r"), url=f"llrp://127.0.0.1:{port}", profile=profile, antennas={a: ZoneId("z") for a in antennas}
    )
    return open_reader(config, load_profile(profile), random.Random(3), kinds)


@pytest.mark.parametrize("profile", ["generic-llrp", "impinj-r420", "zebra-fx9600"])
def test_every_profile_reads_llrpkits_emulator(profile):
    async def story():
        async with Process() as emulator:
            reader = reader_on(emulator.port, profile, kinds={1: ZoneKind.SAFE, 2: ZoneKind.PAD})
            async with running(reader) as batches:
                await until(lambda: reader.health.reads_total > 50)
            assert reading(reader)
            assert reader.health.model == "Impinj 700"
            assert reader.health.firmware.startswith("llrpkit-emu")
            assert {int(a) for b in batches for a in b.antenna} == {1, 2}
            assert sum(map(len, batches)) == reader.health.reads_total
            assert all((b.rssi_cdbm < 0).all() for b in batches)
            assert any((b.phase < 4096).any() for b in batches) == (profile == "impinj-r420")

    play(story)


def test_a_reader_that_is_killed_and_started_again_is_read_again():
    async def story():
        async with Process() as emulator:
            reader = reader_on(emulator.port)
            async with running(reader):
                for _ in range(3):
                    before, began = reader.health.reads_total, reader.health.alive_since_us
                    await until(lambda n=before: reader.health.reads_total > n + 20)
                    assert reader.health.alive_since_us > began
                    await emulator.kill()
                    await until(lambda: not reading(reader))
                    await emulator.start()
                assert reader.health.connects_total >= 3

    play(story)


def test_a_frozen_reader_is_shown_silent_and_read_again_when_it_thaws():
    async def story():
        async with Process() as emulator:
            reader = reader_on(emulator.port)
            async with running(reader):
                await until(lambda: reader.health.reads_total > 20)
                emulator.freeze()  # TCP stands, nobody speaks: a black hole
                await until(lambda: reader.health.link is ReaderLink.SILENT)
                before = reader.health.reads_total
                emulator.thaw()
                await until(lambda: reader.health.reads_total > before and reading(reader))

    play(story)


@pytest.mark.parametrize(
    "sizes", [lambda: 1, lambda: random.randint(1, 60)], ids=["one byte at a time", "random pieces"]
)
def test_a_hostile_transport_costs_no_read(sizes):
    async def story():
        proxy = Proxy(sizes)
        async with Process() as emulator:
            proxy.to_port = emulator.port
            await proxy.listen()
            reader = reader_on(proxy.port)
            try:
                async with running(reader) as batches:
                    await until(lambda: reader.health.reads_total > 100)
            finally:
                await proxy.close()
            assert reader.health.dropped_total == 0
            assert {len(b.epc[0]) for b in batches} == {12}

    play(story)


class Boutique:
    """The case reader of the simulated boutique, all its pieces before its four antennas."""

    async def __aenter__(self):
        layout = load_layout("boutique")
        stock = make_stock(seed=7, store_number=1, n=60, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
        world = World([(layout, stock)])
        radio, tags = Radio(world, layout.store, 7, now_us()), Tags(world)
        device = Device(layout.readers[0], "r", radio, tags, np.random.default_rng(5))
        self.server = LlrpServer(device, now_us, pace=PACE)
        await self.server.start("127.0.0.1", 0)
        return self

    async def __aexit__(self, *_):
        await self.server.stop()


@pytest.mark.parametrize("fault", [Fault.BLACKHOLE, Fault.REBOOT, Fault.REFUSE])
def test_the_simulated_shops_faults_are_seen_and_outlived(fault):
    async def story():
        async with Boutique() as shop:
            reader = reader_on(shop.server.port, "zebra-fx9600", ("1", "2", "3", "4"))
            async with running(reader):
                await until(lambda: reader.health.reads_total > 100)
                assert reader.health.model == "Zebra FX9600"
                await shop.server.set_fault(fault)
                expected = ReaderLink.REFUSED if fault is Fault.REFUSE else ReaderLink.SILENT
                await until(lambda: reader.health.link is expected)
                await shop.server.set_fault(Fault.NONE)
                before = reader.health.reads_total
                await until(lambda: reader.health.reads_total > before and reading(reader))

    play(story)


def test_a_dead_antenna_of_the_simulated_shop_is_told_by_port():
    async def story():
        async with Boutique() as shop:
            reader = reader_on(shop.server.port, "zebra-fx9600", ("1", "2"))
            async with running(reader):
                await until(lambda: reader.health.reads_total > 20)
                await shop.server.set_fault(Fault.ANTENNA_DEAD, 2)
                await until(lambda: reader.health.antennas_down == {2})

    play(story)


def test_a_reader_of_an_unknown_kind_is_refused_with_the_known_ones():
    config = ReaderConfig(
        id=ReaderId("r"), url="carrier-pigeon://x", profile="generic-llrp", antennas={"1": ZoneId("z")}
    )
    with pytest.raises(MisconfiguredError, match=", ".join(DRIVERS)):
        open_reader(config, load_profile("generic-llrp"), random.Random(1))
