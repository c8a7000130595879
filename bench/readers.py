"""Eight readers over loopback TCP → the pipeline's look-up, beside sllurp's and llrpkit's clients on the same reads.

The readers are one process on a core of its own, each contender one on the other core. A contender's seconds of
processor time are all of its process, interpreter and threads included, while it reads for `SECONDS`.
Ours ends where the tick has looked every read up among 20,000 pieces; the others end in a callback that counts.
The flood is reads of tags that nobody has ever heard, a fixed number of them: each has to be somewhere in the end.
"""

import asyncio
import contextlib
import logging
import multiprocessing as mp
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import llrpkit
import numpy as np
import sllurp.llrp

from bench.figures import Figures
from contract.feed import PieceCard
from contract.ids import PieceId, ReaderId, StoreId, TillId, ZoneId
from edge.clock import SystemClock, boot_id
from edge.config import EdgeConfig, ReaderConfig, ZoneConfig, ZoneKind
from edge.floor.intake import Intake
from edge.floor.stock import Stock
from edge.floor.zonemap import ZoneMap
from edge.house import TICK_US
from edge.readers import open_reader
from edge.readers.profiles import load_profile
from edge.readers.times import dated
from simulator.llrp.replay import ANTENNAS, Cycle, Epcs, Flood, Replay

DOES: Final = (
    "8 readers over TCP → the pipeline's look-up: reads/s and processor time, beside sllurp's and llrpkit's clients"
)
READERS: Final = 8
PIECES: Final = 20_000
STRANGERS: Final = 200
"""One tag in a hundred is no piece of the store."""
SECONDS: Final = 8.0
SHORT_SECONDS: Final = 2.0
WARM_S: Final = 2.0
"""After the first read of each reader: connecting and first calls are no part of the figures."""
RATES: Final = (10_000, 40_000)
"""Reads a second of all readers together: the bar's, and what eight busy readers can say."""
FLOOD_READS: Final = 400_000
LOST_AFTER_S: Final = 60.0
EDGE_CORE, READERS_CORE = 0, 1
PROFILE: Final = "impinj-r420"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a contender did in the measured time; `lost` are reads that nobody counted (the flood only)."""

    reads: int
    wall_s: float
    cpu_s: float
    dropped: int = 0
    uncounted: int = 0


def run(short: bool = False) -> Figures:  # noqa: FBT001, FBT002 - the form of every bench
    """Short: 2 s of each, without the flood. Raises `RuntimeError` when a process dies."""
    seconds = SHORT_SECONDS if short else SECONDS
    figures: Figures = {}
    contenders: dict[str, Contender] = {"ours": _ours, "sllurp": _sllurp, "llrpkit": _llrpkit}
    for rate in RATES:
        ran = {name: _measure(contender, rate, seconds) for name, contender in contenders.items()}
        for name, one in ran.items():
            figures[f"{name}_at_{rate}_reads_per_s"] = round(one.reads / one.wall_s)
            figures[f"{name}_at_{rate}_core_percent"] = round(100 * one.cpu_s / one.wall_s, 1)
            figures[f"{name}_at_{rate}_cpu_ms_per_1000_reads"] = round(1e6 * one.cpu_s / one.reads, 2)
        for name in ("sllurp", "llrpkit"):
            theirs, ours = ran[name], ran["ours"]
            ratio = (theirs.cpu_s / theirs.reads) / (ours.cpu_s / ours.reads)
            figures[f"{name}_vs_ours_at_{rate}_cpu_per_read_ratio"] = round(ratio, 1)
    if short:
        return figures
    flood = _measure(_flooded, RATES[-1], seconds, flood=True)
    figures["flood_reads"] = flood.reads
    figures["flood_reads_per_s"] = round(flood.reads / flood.wall_s)
    figures["flood_core_percent"] = round(100 * flood.cpu_s / flood.wall_s, 1)
    figures["flood_dropped_reads"] = flood.dropped
    figures["flood_uncounted_reads"] = flood.uncounted
    return figures


# --- processes ----------------------------------------------------------------------------------------------

Contender = Callable[[list[int], float], Ran]
"""The ports of the readers, and for how many seconds to read."""


def _measure(contender: Contender, rate: int, seconds: float, *, flood: bool = False) -> Ran:
    spawn = mp.get_context("spawn")
    ours, theirs = spawn.Pipe()
    readers = spawn.Process(target=_readers, args=(theirs, rate, flood), daemon=True)
    readers.start()
    ports = _answer(ours, readers)
    here, there = spawn.Pipe()
    client = spawn.Process(target=_contend, args=(there, contender, ports, seconds), daemon=True)
    client.start()
    try:
        ran = _answer(here, client)
        assert isinstance(ran, Ran)
        return ran
    finally:
        for process in (client, readers):
            process.kill()
            process.join()


def _answer(pipe: Connection, process: Any) -> Any:
    """Raises `RuntimeError` when the process dies before it has answered."""
    while not pipe.poll(0.2):
        if not process.is_alive():
            raise RuntimeError(f"{process.name} of the bench died; run it again to see why")
    return pipe.recv()


def _pin(core: int) -> None:
    """To a core of its own, where there is more than one."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


def _contend(pipe: Connection, contender: Contender, ports: list[int], seconds: float) -> None:
    _pin(EDGE_CORE)
    pipe.send(contender(ports, seconds))


def _readers(pipe: Connection, rate: int, flood: bool) -> None:  # noqa: FBT001 - a process has no keywords
    _pin(READERS_CORE)
    asyncio.run(_replay(pipe, rate, flood=flood))


async def _replay(pipe: Connection, rate: int, *, flood: bool) -> None:
    each = FLOOD_READS // READERS if flood else 1 << 40
    replays = [Replay(f"r{i}", Flood(i) if flood else _shelf(i), rate // READERS, each) for i in range(READERS)]
    for replay in replays:
        await replay.start_reading("127.0.0.1", 0)
    pipe.send([replay.port for replay in replays])
    await asyncio.Event().wait()


def _shelf(number: int) -> Epcs:
    """Every reader begins elsewhere in the stock."""
    tags = np.concatenate([Flood(99).take(PIECES), Flood(98).take(STRANGERS)])
    mixed = np.random.default_rng(7).permutation(tags)
    return Cycle(np.roll(mixed, number * len(tags) // READERS, axis=0))


class Meter:
    """Counts from the moment it is warm, for `SECONDS`."""

    def __init__(self) -> None:
        self._reads = self._cpu_s = self._wall_s = 0.0

    @property
    def running(self) -> bool:
        return self._wall_s > 0

    @property
    def passed_s(self) -> float:
        return time.perf_counter() - self._wall_s

    def start(self, reads: int) -> None:
        self._reads, self._cpu_s, self._wall_s = reads, time.process_time(), time.perf_counter()

    def stop(self, reads: int, *, dropped: int = 0, uncounted: int = 0) -> Ran:
        wall_s, cpu_s = time.perf_counter() - self._wall_s, time.process_time() - self._cpu_s
        return Ran(round(reads - self._reads), wall_s, cpu_s, dropped, uncounted)


# --- ours ---------------------------------------------------------------------------------------------------


def _ours(ports: list[int], seconds: float) -> Ran:
    return asyncio.run(_read_for(ports, seconds))


def _flooded(ports: list[int], _: float) -> Ran:
    return asyncio.run(_read_all(ports))


async def _read_for(ports: list[int], seconds: float) -> Ran:
    meter = Meter()
    async with _open(ports) as (intake, _):
        while not intake.reads_total:  # noqa: ASYNC110 - what is measured has no event
            await asyncio.sleep(0.1)
        await asyncio.sleep(WARM_S)
        meter.start(intake.reads_total)
        await asyncio.sleep(seconds)
        return meter.stop(intake.reads_total)


async def _read_all(ports: list[int]) -> Ran:
    meter = Meter()
    async with _open(ports) as (intake, stock):
        meter.start(0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOST_AFTER_S):
                while intake.reads_total < FLOOD_READS:  # noqa: ASYNC110 - what is measured has no event
                    await asyncio.sleep(0.02)
        kept = sum(one.reads for one in stock.catalogue.unknown())
        dropped = stock.catalogue.unknown_dropped_total
        return meter.stop(intake.reads_total, dropped=dropped, uncounted=FLOOD_READS - kept - dropped)


@contextlib.asynccontextmanager
async def _open(ports: list[int]) -> Any:
    """The edge from its sockets to the look-up of the tick, as `edge.life` and `edge.house` put it together."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        config = _config(ports, Path(folder))
    stock = Stock(ZoneMap(config))
    stock.learn(_cards())
    intake = Intake(stock, tuple(reader.id for reader in config.readers))
    deliver = dated(intake.deliver, clock.wall_us, boot_id())
    kinds = dict.fromkeys(range(1, ANTENNAS + 1), ZoneKind.SHELF)
    readers = [open_reader(one, load_profile(one.profile), random.Random(one.id), kinds) for one in config.readers]
    tasks = [asyncio.create_task(reader.run(deliver, clock)) for reader in readers]
    tasks.append(asyncio.create_task(_tick(intake)))
    try:
        yield intake, stock
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _tick(intake: Intake) -> None:
    while True:
        intake.drain()
        await asyncio.sleep(TICK_US / 1e6)


def _config(ports: list[int], folder: Path) -> EdgeConfig:
    return EdgeConfig(
        store=StoreId("bench"),
        name="Bench",
        currency="EUR",
        data_dir=folder,
        zones=tuple(ZoneConfig(id=ZoneId(f"z{i}"), name=f"Z{i}", kind=ZoneKind.SHELF) for i in range(ANTENNAS)),
        readers=tuple(
            ReaderConfig(
                id=ReaderId(f"r{i}"),
                url=f"llrp://127.0.0.1:{port}",
                profile=PROFILE,
                antennas={str(1 + antenna): ZoneId(f"z{antenna}") for antenna in range(ANTENNAS)},
            )
            for i, port in enumerate(ports)
        ),
        tills=(TillId("till-1"),),
    )


def _cards() -> Iterator[PieceCard]:
    for number, epc in enumerate(Flood(99).take(PIECES)):
        yield PieceCard(
            piece=PieceId(f"p{number}"), sku="R", title="Ring", category="ring", metal="gold", fineness=750,
            weight_mg=3200, stones="", price_minor=120_000, currency="EUR", tax_bp=2000,
            epc=epc.tobytes().hex().upper(), home_zone="z0",
        )  # fmt: skip


# --- the others ---------------------------------------------------------------------------------------------


def _sllurp(ports: list[int], seconds: float) -> Ran:
    """Its own client and threads; reports of 25 as ours, keepalives likewise."""
    logging.getLogger("sllurp").setLevel(logging.CRITICAL)
    counts = [0] * len(ports)
    asked = {"antennas": [1, 2, 3, 4], "report_every_n_tags": 25, "tx_power": 0, "keepalive_interval": 1000}

    def counting(number: int) -> Callable[[Any, list[Any]], None]:
        def count(_: Any, tags: list[Any]) -> None:
            counts[number] += len(tags)

        return count

    for number, port in enumerate(ports):
        config = sllurp.llrp.LLRPReaderConfig(asked)
        client = sllurp.llrp.LLRPReaderClient("127.0.0.1", port, config)
        client.add_tag_report_callback(counting(number))
        client.connect()
    meter = Meter()
    while not all(counts):
        time.sleep(0.1)
    time.sleep(WARM_S)
    meter.start(sum(counts))
    time.sleep(seconds)
    return meter.stop(sum(counts))


def _llrpkit(ports: list[int], seconds: float) -> Ran:
    return asyncio.run(_read_with_llrpkit(ports, seconds))


async def _read_with_llrpkit(ports: list[int], seconds: float) -> Ran:
    """Its own client on asyncio, one task a reader. It looks at the clock itself: under load no other task runs."""
    counts, meter, warm_s = [0] * len(ports), Meter(), 0.0
    done: asyncio.Future[Ran] = asyncio.get_running_loop().create_future()

    def counted() -> None:
        nonlocal warm_s
        if not all(counts) or done.done():
            return
        warm_s = warm_s or time.perf_counter() + WARM_S
        if not meter.running and time.perf_counter() >= warm_s:
            meter.start(sum(counts))
        elif meter.running and meter.passed_s >= seconds:
            done.set_result(meter.stop(sum(counts)))

    async def read(number: int, port: int) -> None:
        async with llrpkit.Reader("127.0.0.1", port) as reader:
            async for _ in reader.inventory(antennas=[1, 2, 3, 4], report_every_n=25):
                counts[number] += 1
                if counts[number] % 25 == 0:
                    counted()
                if done.done():
                    return

    tasks = [asyncio.create_task(read(number, port)) for number, port in enumerate(ports)]
    try:
        return await done
    finally:
        for task in tasks:
            task.cancel()
