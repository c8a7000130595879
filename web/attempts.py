"""Attempts at PINs and passwords: after a few wrong ones a person waits, longer each time. Monotonic µs passed in."""

from threading import Lock
from typing import Final

FREE_ATTEMPTS: Final = 4
FIRST_WAIT_US: Final = 5_000_000
LONGEST_WAIT_US: Final = 900_000_000
PEOPLE_MAX: Final = 10_000


class Attempts:
    """Counts failures by name. A four-digit PIN then lasts about 100 days of guessing at the longest wait."""

    def __init__(self, people_max: int = PEOPLE_MAX) -> None:
        self.people_max = people_max
        self.people_evicted_total = 0
        self._failures: dict[str, tuple[int, int]] = {}
        self._lock = Lock()

    def begin(self, name: str, mono_us: int) -> int:
        """Before a secret is looked at: 0 and counted as a failure until `succeeded`, or the µs this name must wait.

        So that guesses made at once are as few as guesses made one after the other.
        """
        with self._lock:
            failures, until_us = self._failures.get(name, (0, 0))
            if until_us > mono_us:
                return until_us - mono_us
            over = failures + 1 - FREE_ATTEMPTS
            next_us = 0 if over < 0 else min(LONGEST_WAIT_US, FIRST_WAIT_US << min(over, 16))
            self._failures.pop(name, None)  # the newest stands last, the oldest goes first
            self._failures[name] = (failures + 1, mono_us + next_us)
            while len(self._failures) > self.people_max:
                del self._failures[next(iter(self._failures))]
                self.people_evicted_total += 1
        return 0

    def succeeded(self, name: str) -> None:
        with self._lock:
            self._failures.pop(name, None)

    def halfway(self, name: str) -> None:
        """One of two secrets fitted: this attempt was no failure, and those before it still count."""
        with self._lock:
            failures, _ = self._failures.get(name, (0, 0))
            if failures:
                self._failures[name] = (failures - 1, 0)
