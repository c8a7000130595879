"""The whole edge as a process of its own: memory and processor time at 10,000 reads/s and 20,000 pieces, over an hour.

Readers are simulated ones on loopback sockets in another process, on the other core. The box has its books and history
on a disk, its pages, its detectors; nobody looks at the pages meanwhile.
"""

import asyncio
import multiprocessing as mp
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench import plots as draw
from bench.figures import Figures
from bench.shelves import STRANGE_READS, STRANGERS, Shelves, config_of, fill
from edge.app import create
from edge.life import listen, live
from simulator.llrp.replay import ANTENNAS, Cycle, Replay

PIECES: Final = 20_000
READERS: Final = 8
READS_PER_S: Final = 10_000
SECONDS: Final = 3600
SHORT_SECONDS: Final = 120
MINUTE_S: Final = 60.0
MIB: Final = 1 << 20
WARM_S: Final = 20.0
"""First rounds find every piece and write its fact: that is a morning's work, not a second's."""
SEED: Final = 43
EDGE_CORE, READERS_CORE = 0, 1
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
CLOCK_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


def edge_figures(seconds: int) -> Figures:
    """Raises `RuntimeError` when a process dies."""
    minutes: list[Minute] = []
    for minute in minutes_of(seconds):
        minutes.append(minute)
        print(f"edge, minute {len(minutes)}: {minute}", file=sys.stderr, flush=True)
    return figures_of(minutes)


class Minute(NamedTuple):
    """What a minute of the box took; the last may be shorter."""

    seconds: float
    reads: int
    cpu_s: float
    rss_mib: float
    rss_most_mib: float


def figures_of(minutes: Sequence[Minute]) -> Figures:
    """Processor time is counted, not the clock: who else uses the machine makes the box late, not busy."""
    wall_s, cpu_s = sum(one.seconds for one in minutes), sum(one.cpu_s for one in minutes)
    by_minute = [100 * one.cpu_s / one.seconds for one in minutes]
    return {
        "edge_seconds": round(wall_s),
        "edge_reads_per_s": round(sum(one.reads for one in minutes) / wall_s),
        "edge_cpu_s": round(cpu_s, 1),
        "edge_core_percent": round(100 * cpu_s / wall_s, 1),
        "edge_core_median_minute_percent": round(statistics.median(by_minute), 1),
        "edge_core_worst_minute_percent": round(max(by_minute), 1),
        "edge_rss_mib": round(minutes[-1].rss_mib, 1),
        "edge_rss_most_mib": round(max(one.rss_most_mib for one in minutes), 1),
        **{f"edge_minute_{at}_core_percent": round(one, 1) for at, one in enumerate(by_minute, 1)},
        **{f"edge_minute_{at}_rss_mib": round(one.rss_mib, 1) for at, one in enumerate(minutes, 1)},
    }


def minutes_of(seconds: int) -> Iterator[Minute]:
    """A box that has been running for `WARM_S`, minute by minute. Raises `RuntimeError` when a process dies."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `vitrine edge` does; the processes below inherit it
    spawn = mp.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = spawn.Pipe()
        readers = spawn.Process(target=_readers, args=(theirs,), daemon=True)
        readers.start()
        ports = _answer(ours, readers)
        here, there = spawn.Pipe()
        # the box is started with its books, as after a restart: what filling them takes is not what a box holds
        filling = spawn.Process(target=_fill, args=(ports, folder))
        filling.start()
        filling.join()
        edge = spawn.Process(target=_edge, args=(there, ports, folder), daemon=True)
        edge.start()
        try:
            _answer(here, edge)
            time.sleep(WARM_S)
            assert edge.pid is not None
            before = _taken(edge.pid, ours)
            end_s = before[0] + seconds
            while before[0] < end_s:
                most = _watch(edge, min(MINUTE_S, end_s - before[0]))
                now = _taken(edge.pid, ours)
                rss = _rss(edge.pid)
                spent = (now[0] - before[0], now[1] - before[1], now[2] - before[2])
                yield Minute(*spent, rss / MIB, max(most, rss) / MIB)
                before = now
        finally:
            for process in (edge, readers):
                process.kill()
                process.join()


def _taken(pid: int, readers: Connection) -> tuple[float, int, float]:
    """Now: the clock, reads said by the readers, the box's processor time."""
    readers.send("count")
    return time.monotonic(), readers.recv(), _cpu_s(pid)


def _watch(edge: Any, seconds: float) -> int:
    """The most memory the box held in a while."""
    most, end_s = 0, time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0:
        time.sleep(min(1.0, left_s))
        if not edge.is_alive():
            raise RuntimeError("the edge of the bench died; run it again to see why")
        most = max(most, _rss(edge.pid))
    return most


def plots(figures: Figures) -> dict[str, str]:
    """The box by the minute."""
    at = [number for number in range(1, len(figures)) if f"edge_minute_{number}_rss_mib" in figures]
    out = {}
    for what, unit, limit, title in (
        ("core_percent", "% of a core", 10, "Processor time of the whole edge"),
        ("rss_mib", "MiB", 200, "Memory of the whole edge"),
    ):
        values = [figures[f"edge_minute_{number}_{what}"] for number in at]
        about = f"{title} at 10,000 reads a second and 20,000 pieces, by the minute, with its bar."
        top = 1.15 * max(limit, *values)
        axes = draw.Axes(title, "minute", unit, about=about, limits={"bar": limit}, y_range=(0, top))
        out[f"pipeline-edge-{what.partition('_')[0]}.svg"] = draw.lines([draw.Series("the edge", at, values)], axes)
    return out


def _rss(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES


def _cpu_s(pid: int) -> float:
    """User and system time of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS_PER_S


def _answer(pipe: Connection, process: Any) -> Any:
    while not pipe.poll(0.2):
        if not process.is_alive():
            raise RuntimeError("a process of the bench died; run it again to see why")
    return pipe.recv()


def _pin(core: int) -> None:
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


def _shelves() -> Shelves:
    return Shelves(PIECES, SEED, READERS, ANTENNAS)


def _fill(ports: list[int], folder: str) -> None:
    shelves = _shelves()
    edge = create(config_of(shelves, Path(folder), ports=ports))
    fill(edge.store, shelves)
    edge.store.books.close()


def _edge(pipe: Connection, ports: list[int], folder: str) -> None:
    _pin(EDGE_CORE)
    edge = create(config_of(_shelves(), Path(folder), ports=ports))
    pipe.send("ready")
    asyncio.run(live(edge, listen(edge.config)))


def _readers(pipe: Connection) -> None:
    _pin(READERS_CORE)
    asyncio.run(_replay(pipe))


def tags_of(shelves: Shelves, reader: int) -> NDArray[np.uint8]:
    """What lies before this reader, in the order it says it: antenna after antenna, and strangers here and there."""
    strangers = round(PIECES * STRANGE_READS / (1 - STRANGE_READS) / shelves.zones)
    columns = []
    for antenna in range(ANTENNAS):
        zone = reader * ANTENNAS + antenna
        strange = shelves.strange[(zone * strangers + np.arange(strangers)) % STRANGERS]
        columns.append(np.concatenate([shelves.epc[shelves.zone == zone], strange]))
        np.random.default_rng(zone).shuffle(columns[-1])
    assert len({len(column) for column in columns}) == 1, (
        "antennas have equally many tags, or tags would change antennas"
    )
    return np.stack(columns, axis=1).reshape(-1, columns[0].shape[1])


async def _replay(pipe: Connection) -> None:
    shelves = _shelves()
    readers = []
    for number in range(READERS):
        epcs = Cycle(tags_of(shelves, number))
        readers.append(Replay(f"r{number}", epcs, READS_PER_S // READERS, 1 << 60, seed=number))
        await readers[-1].start_reading("127.0.0.1", 0)
    pipe.send([reader.port for reader in readers])
    while True:
        await asyncio.sleep(0.05)
        if pipe.poll():
            pipe.recv()
            pipe.send(sum(reader.reads_sent for reader in readers))
