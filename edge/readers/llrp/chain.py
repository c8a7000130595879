"""Chains in bytes: candidates found by comparison everywhere, proved by each leading to the next."""

import numpy as np
from numpy.typing import NDArray

from edge.readers.llrp.frames import Bytes

Octets = NDArray[np.uint8]
Index = NDArray[np.int64]


class Scratch:
    """Memory that is used anew by every call: fresh pages cost a fault each, half the time of a whole decode."""

    def __init__(self) -> None:
        self.octets: Octets = np.zeros(0, np.uint8)
        self._hit: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._also: NDArray[np.bool_] = np.zeros(0, np.bool_)

    def hold(self, data: Bytes, slack: int) -> Octets:
        """A copy of `data` with `slack` zero bytes behind it, good until the next call."""
        size = len(data)
        if len(self.octets) < size + slack:
            room = max(size + slack, 2 * len(self.octets))
            self.octets = np.zeros(room, np.uint8)
            self._hit, self._also = np.zeros(room, np.bool_), np.zeros(room, np.bool_)
        self.octets[:size] = np.frombuffer(data, np.uint8)
        self.octets[size : size + slack] = 0
        return self.octets[: size + slack]

    def both(self, one: Octets, value: int, other: Octets, value_of_other: int) -> Index:
        """Where `one` has a value and `other`, of equal length, another."""
        hit, also = self._hit[: len(one)], self._also[: len(one)]
        np.equal(one, value, out=hit)
        np.equal(other, value_of_other, out=also)
        np.logical_and(hit, also, out=hit)
        return hit.nonzero()[0]


class Chain:
    """Candidate places in ascending order; each is followed by what stands at `after`, which lies beyond it.

    A candidate that nothing leads to is a coincidence of bytes inside a value.
    """

    def __init__(self, places: Index, after: Index) -> None:
        assert bool((after > places).all()), "a chain goes forward"
        self.places = places
        self.after = after
        self._breaks = (after[:-1] != places[1:]).nonzero()[0]

    def follow(self, at: int) -> tuple[list[slice], int]:
        """Slices of `places` on the chain from `at`, and where it leaves the candidates."""
        slices: list[slice] = []
        count, breaks = len(self.places), self._breaks
        i = int(np.searchsorted(self.places, at))
        while i < count and int(self.places[i]) == at:
            b = int(np.searchsorted(breaks, i))
            last = int(breaks[b]) if b < len(breaks) else count - 1
            slices.append(slice(i, last + 1))
            at = int(self.after[last])
            i = int(np.searchsorted(self.places, at))
        return slices, at


def joined(parts: list[Index]) -> Index:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def u16(octets: Octets, at: Index) -> Index:
    """Big-endian 16-bit numbers at these places."""
    high = octets[at].astype(np.int64)
    high <<= 8
    high |= octets[at + 1]
    return high


def u32(octets: Octets, at: Index) -> Index:
    """Big-endian 32-bit numbers at these places."""
    every = np.ndarray((len(octets) - 3,), "V4", octets, strides=(1,))
    return every[at].view(">u4").astype(np.int64)
