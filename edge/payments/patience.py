"""How long to wait before a terminal is asked again what became of a payment, and when it has said often enough that
it knows nothing of it.
"""

from collections import Counter

from contract.ids import PaymentId
from edge.payments.port import BACKOFF_S, UNKNOWN_TIMES


class Patience:
    """By payment, until it is over."""

    def __init__(self) -> None:
        self._tries: Counter[PaymentId] = Counter()
        self._unknown: Counter[PaymentId] = Counter()

    def later_s(self, name: PaymentId) -> float:
        """Seconds until it is worth asking again; longer each time."""
        tries = self._tries[name]
        self._tries[name] += 1
        return BACKOFF_S[min(tries, len(BACKOFF_S) - 1)]

    def known(self, name: PaymentId) -> None:
        """The terminal is at it."""
        self._unknown[name] = 0

    def unknown_for_good(self, name: PaymentId) -> bool:
        """It knows nothing of it, once more: whether that is to be believed now."""
        self._unknown[name] += 1
        return self._unknown[name] >= UNKNOWN_TIMES

    def over(self, name: PaymentId) -> None:
        self._tries.pop(name, None)
        self._unknown.pop(name, None)
