"""How soon a dead LLRP reader is noticed, and how soon it is read again once it is back."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import numpy as np

from bench.figures import Figures
from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
from edge.clock import SystemClock
from edge.config import ReaderConfig
from edge.readers import Reader, open_reader
from edge.readers.profiles import load_profile
from simulator.llrp.device import Device
from simulator.llrp.server import Fault, LlrpServer
from simulator.radio import Radio
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import World

DOES: Final = "seconds until a dead reader is noticed, and until it is read again"
CUTS: Final = 6
REBOOTS: Final = 3
LOOK_S: Final = 0.005
PATIENCE_S: Final = 30.0


def run(short: bool = False) -> Figures:  # noqa: FBT001, FBT002 - the form of every bench
    """Short: one cut and one reboot."""
    return asyncio.run(_measure(1, 1) if short else _measure(CUTS, REBOOTS))


async def _measure(cuts: int, reboots: int) -> Figures:
    """The longest of each; cuts come at a random moment of the reader's second."""
    server, chance = _simulated(), random.Random(9)
    await server.start("127.0.0.1", 0)
    reader = _reader(server.port)
    running = asyncio.create_task(reader.run(lambda _: None, SystemClock()))
    noticed, back, rebooted = [], [], []
    try:
        await _until(_reads_again(reader))
        for _ in range(cuts):
            await asyncio.sleep(chance.random())
            await server.set_fault(Fault.BLACKHOLE)
            noticed.append(await _until(lambda: reader.health.link is ReaderLink.SILENT))
            await asyncio.sleep(3 * chance.random())
            await server.set_fault(Fault.NONE)
            back.append(await _until(_reads_again(reader)))
        for _ in range(reboots):
            await server.set_fault(Fault.REBOOT)
            await _until(lambda: server.fault is Fault.NONE)
            rebooted.append(await _until(_reads_again(reader)))
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await server.stop()
    return {
        "power_cuts": cuts,
        "dead_noticed_s": max(noticed),
        "back_after_power_cut_s": max(back),
        "reboots": reboots,
        "back_after_reboot_s": max(rebooted),
    }


def _reads_again(reader: Reader) -> Callable[[], bool]:
    before = reader.health.reads_total
    return lambda: reader.health.link is ReaderLink.READING and reader.health.reads_total > before


async def _until(condition: Callable[[], bool]) -> float:
    """Seconds until it is so."""
    began = time.perf_counter()
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - health is looked at, not waited for
            await asyncio.sleep(LOOK_S)
    return time.perf_counter() - began


def _simulated() -> LlrpServer:
    layout = load_layout("boutique")
    stock = make_stock(seed=7, store_number=1, n=60, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
    world = World([(layout, stock)])
    radio = Radio(world, layout.store, 7, _now_us())
    return LlrpServer(Device(layout.readers[0], "r", radio, Tags(world), np.random.default_rng(5)), _now_us)


def _reader(port: int) -> Reader:
    antennas = {str(port): ZoneId("z") for port in (1, 2)}
    config = ReaderConfig(id=ReaderId("r"), url=f"llrp://127.0.0.1:{port}", profile="zebra-fx9600", antennas=antennas)
    return open_reader(config, load_profile(config.profile), random.Random(3))


def _now_us() -> int:
    return time.time_ns() // 1000
