"""What a capture costs: two boxes hear the same 10,000 reads a second, second by second in turn; one writes it down.

Processor time of the whole process, the pool that compresses and writes included; the clock is the bench's.
"""

import contextlib
import gc
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

from bench.figures import Figures
from bench.pipeline import SPEED_SEED, Box, box_of, told_in
from bench.shelves import READERS, Shelves
from edge.house import TICK_US
from vitrine.replay import files_of, replay

DOES: Final = "what capturing costs: processor time and bytes at 10,000 reads/s, and hearing it again"
PIECES: Final = 20_000
READS_PER_S: Final = 10_000
SECONDS: Final = 40
SHORT_SECONDS: Final = 8


def run(*, short: bool = False) -> Figures:
    """Raises `AssertionError` when the replay is not equal to what was captured."""
    seconds = SHORT_SECONDS if short else SECONDS
    shelves = Shelves(PIECES, SPEED_SEED)
    with ThreadPoolExecutor(1) as pool, contextlib.ExitStack() as open_:
        plain, writing = (open_.enter_context(box_of(shelves)) for _ in range(2))
        writing.store.recorder = writing.store.record_with(pool)
        began_s, house_s = time.process_time(), time.thread_time()
        writing.clock.now_us += TICK_US
        writing.tick()
        house_ms = 1000 * (time.thread_time() - house_s)
        pool.submit(gc.collect).result()
        begin_ms = 1000 * (time.process_time() - began_s)
        plain.clock.now_us += TICK_US
        plain.tick()
        folder = writing.store.config.data_dir / "capture" / "ring"
        before = _bytes(folder)
        spent = {False: [0.0], True: [0.0]}
        for second in range(seconds):
            shelves.second()
            said = told_in(shelves, READS_PER_S)
            gc.collect()
            for box in (plain, writing) if second % 2 else (writing, plain):
                spent[box is writing].append(_second(box, said, pool))
        written = _bytes(folder) - before
        without, with_ = (np.median(spent[kept][1:]) for kept in (False, True))
        writing.store.ear.stop()
        pool.submit(gc.collect).result()
        began_s = time.process_time()
        told = replay(files_of(folder.parent))
        replay_s = time.process_time() - began_s
        assert (told.differs, told.cold) == ("", ""), told.differs or told.cold
    return {
        "pieces": PIECES,
        "reads_per_s": READS_PER_S,
        "without_core_percent": round(100 * float(without), 2),
        "with_core_percent": round(100 * float(with_), 2),
        "capture_core_percent": round(100 * float(with_ - without), 2),
        "begin_file_house_ms": round(house_ms, 1),
        "begin_file_cpu_ms": round(begin_ms, 1),
        "begin_file_mib": round(before / (1 << 20), 2),
        "written_kib_per_s": round(written / seconds / 1024, 1),
        "replay_times_as_fast": round(seconds / replay_s, 1),
    }


def _second(box: Box, said: list[list[bytes]], pool: ThreadPoolExecutor) -> float:
    """Processor seconds of one second of the floor, until the pool has written what it was given."""
    began_s = time.process_time()
    for told in said:
        box.clock.now_us += TICK_US
        for reader in range(READERS):
            box.receive(reader, told[reader])
        box.tick()
    pool.submit(int).result()
    return time.process_time() - began_s


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.capture"))
