"""The bench of the screens tells the percentile it names."""

import pytest

from bench.screens import _of_hundred


@pytest.mark.parametrize(
    ("many", "percent", "is_the"), [(100, 99, 99), (300, 99, 297), (100, 50, 50), (1, 99, 1), (5, 99, 5)]
)
def test_a_percentile_is_the_least_that_so_many_do_not_exceed(many: int, percent: int, is_the: float) -> None:
    """Of a hundred the 99th is not the worst, which was told for it before."""
    assert _of_hundred([float(each) for each in range(1, many + 1)], percent) == is_the
