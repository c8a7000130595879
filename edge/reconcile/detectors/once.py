"""A thing is said once, and again only after a while: so that one trouble is not told each second."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class Once(Generic[K]):
    """By key (a row, a zone). `again_us`: how long after it was said the same is news again."""

    again_us: int
    _said_us: dict[K, int] = field(default_factory=dict)

    def lately(self, key: K, now_us: int) -> bool:
        """Whether it was said so short a while ago that it is no news."""
        return key in self._said_us and now_us - self._said_us[key] < self.again_us

    def forget(self, key: K) -> None:
        """The key means something else now."""
        self._said_us.pop(key, None)

    def first(self, key: K, now_us: int) -> bool:
        """Whether it is news; then it counts as said now."""
        if self.lately(key, now_us):
            return False
        self._said_us[key] = now_us
        return True
