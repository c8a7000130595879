"""Damage by seed, and what a process keeps of it. `conftest` makes this importable as `house_fuzzing`."""

import ctypes
import gc
import os
from contextlib import contextmanager
from pathlib import Path
from random import Random

RSS_GROWTH_MAX = 16 << 20
FRAMES, FRAMES_LONG = 50_000, 1_000_000
"""Of all decoders of one kind together: in `./test`, and in `./test --long`."""
BOUNDARIES = (0, 1, 3, 4, 5, 9, 10, 11, 0x7F, 0x80, 0xF0, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0xFFFFFFFF)


def mutated(frame, frames, rng: Random, *, seal=None, sealed_share=0.7):
    """`frame` with one to four wounds: bytes changed, lost, made up, doubled, grafted from another of `frames`, or a
    number set to a boundary. `seal` makes length and checksum right again, so that the damage gets past them.
    """
    data = bytearray(frame)
    for _ in range(rng.choice((1, 1, 2, 4))):
        _wound(data, frames, rng)
    if seal is not None and rng.random() < sealed_share:
        return seal(bytes(data))
    return bytes(data)


def _wound(data, frames, rng):
    at = rng.randrange(len(data)) if data else 0
    how = rng.random()
    if how < 0.3:
        size = rng.choice((1, 1, 1, 2, 4))
        data[at : at + size] = (rng.choice(BOUNDARIES) & (1 << 8 * size) - 1).to_bytes(size)
    elif how < 0.4:
        data[at : at + 1] = rng.randbytes(1)
    elif how < 0.5 and data:
        data[at] ^= 1 << rng.randrange(8)
    elif how < 0.65:
        del data[at : at + rng.randint(1, 12)]
    elif how < 0.8:
        data[at:at] = rng.randbytes(rng.randint(1, 12))
    elif how < 0.9:
        data[at:at] = data[at : at + rng.randint(1, 60)]
    else:
        other = rng.choice(frames)
        data[at : at + 20] = other[at % (len(other) or 1) :][:20]


def pieces(data, rng: Random):
    """`data` in one to four parts."""
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(4)))
    return [data[low:high] for low, high in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@contextmanager
def flat_memory():
    """Fails if the process grew by more than `RSS_GROWTH_MAX` while it lasted."""
    before = _rss()
    yield
    grown = _rss() - before
    assert grown < RSS_GROWTH_MAX, f"{grown >> 20} MiB more than before"


def _rss():
    """What the process really holds: rubbish of the tests before, and pages the allocator keeps for later, are no growth."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
