"""What a box does once, when it begins to live, to stay small: a box in a shop has little memory, and runs for months.

glibc gives every thread an arena of its own and keeps what was freed in it; Python looks through all pieces' cards
again and again for circles that are not there.
"""

import ctypes
import gc
from contextlib import suppress
from typing import Final

import structlog

log = structlog.get_logger(__name__)

COLLECT_EVERY: Final = 700
"""New objects between looks for circles of garbage, as Python has it: who starts a box may ask for fewer."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""`mallopt(3)`, malloc.h of glibc."""
ARENAS: Final = 2
"""One for the house and the loop, one for what pools do beside them."""
TRIM_BYTES: Final = 4 << 20
MMAP_BYTES: Final = 4 << 20
"""From here on a block is a mapping of its own and goes back at once; columns of a tick are smaller, and stay."""


def keep_small() -> None:
    """Bound the allocator where it is glibc's, give back what starting took, leave what lives for ever alone."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt(M_ARENA_MAX, ARENAS)
        libc.mallopt(M_TRIM_THRESHOLD, TRIM_BYTES)
        libc.mallopt(M_MMAP_THRESHOLD, MMAP_BYTES)
    except (OSError, AttributeError):
        log.info("memory_not_bounded", why="this C library has no mallopt: the box needs more memory, nothing else")
    give_back()


def give_back() -> None:
    """What was freed goes back to the system, where the allocator is glibc's; elsewhere nothing happens."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
