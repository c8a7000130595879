"""The whole edge as a process of its own: memory and processor time at 10,000 reads/s and 20,000 pieces, over an hour.

Readers are simulated ones on loopback sockets in another process, on the other core. The box has its books and history
on a disk, its pages, its detectors; nobody looks at the pages meanwhile.
"""

import asyncio
import multiprocessing as mp
import os
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

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
WARM_S: Final = 20.0
"""First rounds find every piece and write its fact: that is a morning's work, not a second's."""
SEED: Final = 43
EDGE_CORE, READERS_CORE = 0, 1
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
CLOCK_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


def edge_figures(seconds: int) -> Figures:
    """Raises `RuntimeError` when a process dies."""
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
            ours.send("count")
            reads, cpu_s, began_s = ours.recv(), _cpu_s(edge.pid), time.monotonic()
            most = 0
            while time.monotonic() - began_s < seconds:
                time.sleep(1.0)
                if not edge.is_alive():
                    raise RuntimeError("the edge of the bench died; run it again to see why")
                most = max(most, _rss(edge.pid))
            cpu_s, wall_s = _cpu_s(edge.pid) - cpu_s, time.monotonic() - began_s
            ours.send("count")
            reads = ours.recv() - reads
            rss = _rss(edge.pid)
        finally:
            for process in (edge, readers):
                process.kill()
                process.join()
    return {
        "edge_seconds": round(wall_s),
        "edge_reads_per_s": round(reads / wall_s),
        "edge_core_percent": round(100 * cpu_s / wall_s, 1),
        "edge_rss_mib": round(rss / (1 << 20), 1),
        "edge_rss_most_mib": round(most / (1 << 20), 1),
    }


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
