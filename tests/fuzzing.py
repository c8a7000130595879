"""Damage by seed, and what a process keeps of it. `conftest` makes this importable as `house_fuzzing`."""

import gc
import os
from contextlib import contextmanager
from pathlib import Path
from random import Random

RSS_GROWTH_MAX = 16 << 20
FRAMES, FRAMES_LONG = 50_000, 1_000_000
"""Of all decoders of one kind together: in `./test`, and in `./test --long`."""
BOUNDARIES = (0, 1, 3, 4, 5, 9, 10, 11, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0xFFFFFFFF)


def mutated(data, rng: Random):
    """`data` with one to six wounds: bytes changed, lost, doubled, put in, cut off, or a number set to a boundary."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        if not out:
            break
        at = rng.randrange(len(out))
        match rng.randrange(7):
            case 0:
                out[at] = rng.randrange(256)
            case 1:
                out[at] ^= 1 << rng.randrange(8)
            case 2:
                del out[at : at + rng.randint(1, 9)]
            case 3:
                out[at:at] = rng.randbytes(rng.randint(1, 9))
            case 4:
                out[at:at] = out[at : at + rng.randint(1, 40)]
            case 5:
                size = rng.choice((1, 2, 4))
                out[at : at + size] = (rng.choice(BOUNDARIES) & (1 << 8 * size) - 1).to_bytes(size)
            case _:
                del out[at : None if rng.random() < 0.1 else at + 1]
    return bytes(out)


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
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
