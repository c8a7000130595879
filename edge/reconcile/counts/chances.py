"""P(what the rounds of a count showed of a piece | it is there), for every supposition and every detectability."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.counts.blocking import Floats, Suppositions

NODES: Final = 1 / (1 + np.exp(-np.linspace(-4.2, 7.4, 30)))
"""Detectabilities at which is integrated, evenly spaced in log-odds: .015 to .9994."""
LEAST: Final = 1e-300

Kinds = NDArray[np.int64]
"""`[u, 2]`: a code of `Lessons`, and the bits of its rounds that were of another kind."""


def shown(kinds: Kinds, suppositions: Suppositions) -> Floats:
    """`float64[u, h, nodes]`, of a piece that can be read at all today."""
    codes, altered = kinds[:, 0], kinds[:, 1]
    lengths = np.frexp(codes)[1] - 1
    share = suppositions.share[None, :, None]
    repeat = suppositions.repeat[None, :, None]
    shape = (len(codes), len(suppositions.weight), len(NODES))
    clear, blocked = np.broadcast_to(1 - share, shape), np.broadcast_to(share, shape)
    before = np.zeros(len(codes), np.bool_)
    for each in range(int(lengths.max(initial=0))):
        goes_on = (each < lengths)[:, None, None]
        read = (codes >> np.maximum(lengths - 1 - each, 0) & 1).astype(np.bool_)
        now, held = clear, blocked
        seen = np.where(read[:, None, None], NODES, 1 - NODES)
        if each:
            stay, enter = suppositions.stays((altered >> each & 1).astype(np.bool_))
            stay, enter = stay.T[:, :, None], enter.T[:, :, None]
            now, held = clear * (1 - enter) + blocked * (1 - stay), blocked * stay + clear * enter
            seen = seen * (1 - repeat) + repeat * (read == before)[:, None, None]
        clear = np.where(goes_on, now * seen, clear)
        blocked = np.where(goes_on, held * ~read[:, None, None], blocked)
        before = read
    return np.maximum(clear + blocked, LEAST)


def silent(kinds: Kinds) -> NDArray[np.bool_]:
    """`bool[u]`: no round read it."""
    lengths = np.frexp(kinds[:, 0])[1] - 1
    return np.asarray(kinds[:, 0] == 1 << lengths, np.bool_)


def chances(kinds: Kinds, suppositions: Suppositions) -> Floats:
    """`float64[u, h, nodes]`, of a piece that may be one of those that cannot be read today."""
    dark = suppositions.dark[None, :, None]
    out: Floats = dark * silent(kinds)[:, None, None] + (1 - dark) * shown(kinds, suppositions)
    return np.maximum(out, LEAST)
