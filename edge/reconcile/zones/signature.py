"""Whether a piece is heard as it was before: what changes when it moves, and not when it is only heard again."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reconcile.zones.features import UNREAD_DBM, Window

NOISE_DB: Final = 2.8
"""What a level may differ by while nothing moves: noise, drift, people passing."""


def change(window: Window, known: NDArray[np.float32], signature: NDArray[np.float32]) -> NDArray[np.float32]:
    """Nats by which this window differs from the signature, float32[n]; a common offset (a hand, a turned tag) is none.

    An antenna that has begun or ceased to read counts as a change of level from just below the floor.
    """
    witness = (window.rounds > 0) & np.ones_like(window.read, np.bool_)
    both = (window.read > 0) & (known > 0)
    either = ((window.read > 0) | (known > 0)) & witness
    weight = np.where(both, np.minimum(window.read, known), np.minimum(np.maximum(window.read, known), window.rounds))
    weight = np.where(either, weight, 0)
    now = np.where(window.read > 0, window.level_dbm, UNREAD_DBM)
    was = np.where(known > 0, signature, UNREAD_DBM)
    step = np.where(either, now - was, 0)
    shared = np.where(both, weight, 0)
    offset = (shared * step).sum(axis=1, keepdims=True) / np.maximum(shared.sum(axis=1, keepdims=True), 1)
    step -= np.where(both, offset, 0)
    nats = (weight * step**2).sum(axis=1) / (2 * NOISE_DB**2) - either.sum(axis=1)
    return np.asarray(np.where(known.any(axis=1), nats, -np.inf), np.float32)
