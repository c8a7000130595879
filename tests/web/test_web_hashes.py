"""How dear a guess is. Tests hash cheaply (`tests/conftest.py`); this holds what the house itself asks."""

import subprocess
import sys

import argon2
import pytest

from cloud.pos.staff.desk import Passwords
from edge.api import pins

OWASP = argon2.Parameters(
    type=argon2.Type.ID, version=19, salt_len=16, hash_len=32, time_cost=2, memory_cost=19 * 1024, parallelism=1
)
"""OWASP, Password Storage Cheat Sheet: the least that argon2id should cost."""


def asked(hasher: argon2.PasswordHasher) -> tuple[argon2.Type, int, int, int]:
    return hasher.type, hasher.time_cost, hasher.memory_cost, hasher.parallelism


@pytest.mark.parametrize(
    "hasher", [pins._hasher, Passwords()._hasher], ids=["PINs of a box", "passwords of the office"]
)
def test_a_guess_costs_what_owasp_asks_at_least(hasher):
    assert asked(hasher) == (OWASP.type, OWASP.time_cost, OWASP.memory_cost, OWASP.parallelism)


def test_a_name_that_is_nobody_s_costs_a_guesser_as_much_as_a_wrong_pin():
    told = argon2.extract_parameters(pins.NOBODY)
    assert (told.type, told.time_cost, told.memory_cost, told.parallelism) == asked(pins._hasher)


def test_what_a_process_of_the_house_makes_is_that_dear():
    """Not under pytest: whatever tests do to hash cheaply stays in tests."""
    said = subprocess.run(
        [sys.executable, "-c", "from edge.api.pins import make_verifier; print(make_verifier('4711'))"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    told = argon2.extract_parameters(said.strip())
    assert (told.time_cost, told.memory_cost) == (OWASP.time_cost, OWASP.memory_cost)
