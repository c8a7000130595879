"""A foil bag, or one grab: pieces of one neighbourhood vanish within a round or two, and nothing else does.

If all left at one moment, each piece's last read lies a geometric number of rounds before it: p (1 - p)^lag. If they
were taken one by one in the time that presence calls together, any lag is as likely as any other. The two are compared.
"""

from typing import Final

import numpy as np

from edge.reconcile.detectors.gone import Gone

PIECES_MIN: Final = 3
TOGETHER_S: Final = 20.0
"""What presence takes for one moment at most (`Rules.group_spread_s`)."""
OTHERS_READ_MIN: Final = 0.5
"""With less of the neighbourhood left to be read it is a cover, or a jam, that we see the edge of."""


def nats_at_once(gone: Gone, step_s: float) -> float:
    """Log P(lags | one moment) - log P(lags | one by one)."""
    p = np.minimum(gone.p, 0.99)
    lag = np.round(gone.lag_s / step_s)
    once = np.log(p) + lag * np.log1p(-p)
    return float((once + np.log(TOGETHER_S / step_s)).sum())


def tell(gone: Gone) -> str | None:
    """`5 pieces of 2 trays at once, their last reads within 1 s; 40 of 42 others are read: a foil bag or one grab.`"""
    if gone.pieces < PIECES_MIN or gone.others_read < OTHERS_READ_MIN * gone.others:
        return None
    step_s = max(gone.accusation.silent_s / max(gone.accusation.rounds, 1), 0.05)
    if nats_at_once(gone, step_s) <= 0:
        return None
    of = f" of {len(gone.trays)} tray{'s' if len(gone.trays) != 1 else ''}" if gone.trays else ""
    return (
        f"{gone.pieces} pieces{of} at once, their last reads within {max(gone.spread_s, 1):.0f} s; "
        f"{gone.others_read} of {gone.others} others are read: a foil bag, or one grab."
    )
