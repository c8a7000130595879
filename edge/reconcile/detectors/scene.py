"""What detectors look at, and what they say. Columns are the caller's; nobody writes to them."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import AlarmKind
from edge.reconcile.presence.shapes import Accusation, Placement

Rows = NDArray[np.int32]
NO_ROWS: Final = np.zeros(0, np.int32)
EVERYWHERE: Final = -1
"""Zone of a suspicion that is about no one place."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a detector believes to have happened. `why`: a sentence with numbers; `nats`: 0 where nothing is weighed."""

    kind: AlarmKind
    rows: tuple[int, ...]
    zone: int
    nats: float
    why: str
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """One witnessed round of one reader, and what else is known at that moment. Times are monotonic µs.

    row, zone    int32[k]   pieces read and the zones that read them, each pair once; rssi_cdbm int16[k] its strongest
    zones        int32[w]   zones this reader watched throughout
    state        int8 [n]   presence's codes; nats float32[n] its evidence; read_us int64[n] last read
                            at home; p float32[n] detectability
    sold, shown  bool [n]   sold by this store; out of its place with our consent (on a tray, in a cart)
    stays        bool [z]   pieces lie there (no pad, no gate, no bench)
    harmless     of each accusation: how often a month so much silence came to nothing here; None: nobody can tell
    moved        int32[m]   rows that lie elsewhere since this round
    tid_row      int32[t]   rows whose tag told its TID, and whether it was the bound one
    strangers    EPCs never heard before, since the last round of any reader
    is_open      None: nobody said when the store is open
    stirring     zones where a door stands open or somebody moves
    """

    now_us: int
    reader: int
    zones: Rows
    row: Rows
    zone: Rows
    rssi_cdbm: NDArray[np.int16]
    placement: Placement
    state: NDArray[np.int8]
    nats: NDArray[np.float32]
    read_us: NDArray[np.int64]
    p: NDArray[np.float32]
    sold: NDArray[np.bool_]
    shown: NDArray[np.bool_]
    stays: NDArray[np.bool_]
    accused: tuple[Accusation, ...] = ()
    harmless: tuple[float | None, ...] = ()
    moved: Rows = field(default_factory=lambda: NO_ROWS)
    tid_row: Rows = field(default_factory=lambda: NO_ROWS)
    tid_fits: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    strangers: int = 0
    is_open: bool | None = None
    stirring: tuple[int, ...] = ()
