"""Reads around an alarm, second by second: what one looks at before one goes to look for a piece.

From the capture that was kept for it, without replaying anything. Runs in the pool.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from contract.facts import AlarmRaised, AnyFact
from contract.ids import ReaderId
from edge.capture.frames import Batch, Did, Tick, events_of
from edge.readers.base import ReadBatch, epc_width

BEFORE_S: Final = 180
AFTER_S: Final = 60
SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Reads:
    """Columns of one second each, the first `at_s` seconds before (negative) the alarm.

    own     tag reports of the alarm's pieces
    others  share of their neighbours that were read: how well the place could be seen
    """

    at_s: tuple[int, ...] = ()
    own: tuple[int, ...] = ()
    others: tuple[float, ...] = ()
    neighbours: int = 0


def around(paths: Sequence[Path], alarm: str, epcs: Sequence[str], neighbours: Sequence[str]) -> Reads:
    """`epcs` and `neighbours` in hex. Empty when the alarm is in none of the files. Raises `CaptureError`."""
    events = [event for event in events_of(paths) if isinstance(event, Tick | Did)]
    raised_us = next((event.wall_us for event in events if _raised(event, alarm)), None)
    if raised_us is None:
        return Reads()
    own, seen = np.zeros(BEFORE_S + AFTER_S, np.int64), [set[int]() for _ in range(BEFORE_S + AFTER_S)]
    heard = np.zeros(BEFORE_S + AFTER_S, np.bool_)
    for tick in (event for event in events if isinstance(event, Tick)):
        at = (tick.wall_us - raised_us) // SECOND_US + BEFORE_S
        if not 0 <= at < len(own):
            continue
        heard[at] = True
        for one in tick.batches:
            mine, theirs = _which(one, epcs), _which(one, neighbours)
            own[at] += int((mine >= 0).sum())
            seen[at].update(theirs[theirs >= 0].tolist())
    told = np.flatnonzero(heard)
    return Reads(
        at_s=tuple((told - BEFORE_S).tolist()),
        own=tuple(own[told].tolist()),
        others=tuple(len(seen[at]) / max(1, len(neighbours)) for at in told.tolist()),
        neighbours=len(neighbours),
    )


def _raised(event: Tick | Did, alarm: str) -> bool:
    if not event.facts:
        return False
    facts = msgspec.json.decode(event.facts, type=list[AnyFact])
    return any(isinstance(fact, AlarmRaised) and fact.alarm == alarm for fact in facts)


def _which(one: Batch, epcs: Sequence[str]) -> NDArray[np.int64]:
    """For each row of the batch the place of its EPC in `epcs`; -1: none of them."""
    batch = ReadBatch(ReaderId(one.reader), one.arrived_us, one.block, one.epc_bytes)
    wanted = {
        raw.ljust(one.epc_bytes, b"\0"): at
        for at, raw in enumerate(bytes.fromhex(epc) for epc in epcs)
        if epc_width(len(raw)) <= one.epc_bytes
    }
    found = (wanted.get(row.tobytes(), -1) for row in batch.epc)
    return np.fromiter(found, np.int64, len(batch))
