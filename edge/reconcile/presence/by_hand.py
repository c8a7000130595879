"""What a handheld's reads are to presence: a piece read in its own zone is there. What it does not read says nothing.

A piece that presence did not know of, or missed, is present from then on and not judged: a fixed reader that could not
read it before would only accuse it again. The first read by a witness ends that, and silence counts as before.
"""

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.presence.evidence import MISSING, PRESENT, UNKNOWN, Evidence
from edge.reconcile.presence.shapes import Placement


def found(
    evidence: Evidence, placement: Placement, rows: NDArray[np.int32], zones: NDArray[np.int32], now_us: int
) -> NDArray[np.int32]:
    """Weigh reads of one sweep; `zones` beside `rows`. Gives the rows that are present by it and were not before.

    Silence before a read at home is void. A read elsewhere says where the piece may be and withholds an accusation, as
    a fixed reader's does. Detectability and visibility are those of the fixed readers, and stay so.
    """
    evidence.grow(len(placement.home))
    evidence.heard_us[rows] = now_us
    at_home = placement.home[rows] == zones
    strays = rows[~at_home]
    evidence.away_zone[strays], evidence.away_us[strays] = zones[~at_home], now_us
    at = np.unique(rows[at_home & placement.expected[rows]])
    evidence.begin_anew(at.astype(np.intp), now_us)
    new: NDArray[np.int32] = at[np.isin(evidence.state[at], (UNKNOWN, MISSING))]
    evidence.state[new], evidence.by_hand[new] = PRESENT, True
    return new
