"""A row that means another piece now carries nothing of the one before into any detector."""

import numpy as np
import pytest

from edge.reconcile.detectors.clone import Clone
from edge.reconcile.detectors.out_of_case import OutOfCase
from edge.reconcile.detectors.returned import Returned, _Back
from edge.reconcile.detectors.travel import Travel

ROW = np.array([3], np.int32)


def state(detector):
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in vars(detector).items()
        if isinstance(value, np.ndarray | dict)
    }


@pytest.mark.parametrize(
    "make",
    [lambda: Clone(np.eye(4, dtype=bool)), lambda: Travel(np.zeros((4, 4))), lambda: OutOfCase(3600.0), Returned],
)
def test_what_was_seen_of_a_row_is_forgotten_with_its_piece(make):
    fresh, used = make(), make()
    fresh.forget(ROW)
    used.forget(ROW)
    for value in vars(used).values():
        if isinstance(value, np.ndarray) and value.ndim == 1 and len(value) == 4:
            value[3] = True
    for name in ("_echoes", "_flips", "_wrong_tid", "_missing", "_sold"):
        if hasattr(used, name):
            getattr(used, name)[3] = _Back(1, 1)
    if hasattr(used._said, "first"):
        used._said.first(3, 5)
    assert state(used) != state(fresh)
    used.forget(ROW)
    assert state(used) == state(fresh)
