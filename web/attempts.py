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

    def wait_us(self, name: str, mono_us: int) -> int:
        """How long this name must still wait, 0 when it may try."""
        with self._lock:
            _, until_us = self._failures.get(name, (0, 0))
        return max(0, until_us - mono_us)

    def begin(self, name: str, mono_us: int) -> int:
        """Before a secret is looked at: 0 and counted as a failure until `succeeded`, or the µs this name must wait.

        So that guesses made at once are as few as guesses made one after the other.
        """
        with self._lock:
            wait_us = max(0, self._failures.get(name, (0, 0))[1] - mono_us)
            if not wait_us:
                self._fail(name, mono_us)
        return wait_us

    def failed(self, name: str, mono_us: int) -> int:
        """Note a failure; gives the wait it causes, in µs."""
        with self._lock:
            return self._fail(name, mono_us)

    def _fail(self, name: str, mono_us: int) -> int:
        count = self._failures.pop(name, (0, 0))[0] + 1
        over = count - FREE_ATTEMPTS
        wait = 0 if over < 0 else min(LONGEST_WAIT_US, FIRST_WAIT_US << min(over, 16))
        self._failures[name] = (count, mono_us + wait)
        while len(self._failures) > self.people_max:
            del self._failures[next(iter(self._failures))]
            self.people_evicted_total += 1
        return wait

    def succeeded(self, name: str) -> None:
        with self._lock:
            self._failures.pop(name, None)
