"""The Merkle tree over a log's leaves (RFC 6962 §2.1): its head, and short proofs about it (RFC 9162 §2.1.3, §2.1.4).

A tree head of 32 bytes says everything a log ever said. Whoever kept one can later be shown, in a few hashes, that a
row is in that log, or that the log of today only added to it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Self

HASH_BYTES: Final = 32


class Peaks(NamedTuple):
    """A tree as far as it must be known to grow it: the whole subtrees on its left side, largest first."""

    size: int
    nodes: tuple[bytes, ...]

    @classmethod
    def read(cls, size: int, packed: bytes) -> Self:
        """What `packed` gave. Raises `ValueError` when it is not of a tree of this size."""
        if size < 0 or len(packed) != size.bit_count() * HASH_BYTES:
            raise ValueError(f"{len(packed)} bytes are not the peaks of a tree of {size} leaves")
        return cls(size, tuple(packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)))

    def packed(self) -> bytes:
        return b"".join(self.nodes)

    def grown(self, leaves: Iterable[bytes]) -> "Peaks":
        """With these leaf hashes behind the others."""
        size, nodes = self.size, list(self.nodes)
        for leaf in leaves:
            node = leaf
            for _ in range((size ^ (size + 1)).bit_length() - 1):  # as many carries as adding one to `size` has
                node = _inner(nodes.pop(), node)
            nodes.append(node)
            size += 1
        return Peaks(size, tuple(nodes))

    def root(self) -> bytes:
        """The tree head; of an empty tree the hash of nothing."""
        if not self.nodes:
            return hashlib.sha256(b"").digest()
        node = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            node = _inner(left, node)
        return node


NOTHING: Final = Peaks(0, ())


def root(leaves: Iterable[bytes]) -> bytes:
    """RFC 6962 §2.1 Merkle tree hash over leaf hashes (already prefixed with 0x00). 32 bytes."""
    return NOTHING.grown(leaves).root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """RFC 6962 §2.1.1: what `included` needs beside the leaf at `index`, counted from 0."""
    assert 0 <= index < len(leaves), "a proof is of a leaf that is there"
    if len(leaves) == 1:
        return ()
    half = _half(len(leaves))
    if index < half:
        return (*inclusion_proof(leaves[:half], index), root(leaves[half:]))
    return (*inclusion_proof(leaves[half:], index - half), root(leaves[:half]))


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], tree_head: bytes) -> bool:
    """RFC 9162 §2.1.3.2: whether this leaf is at `index` of the tree of `size` leaves with that head."""
    if not 0 <= index < size:
        return False
    at, last, node = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = _inner(beside, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = _inner(node, beside)
        at, last = at >> 1, last >> 1
    return last == 0 and node == tree_head


def consistency_proof(leaves: Sequence[bytes], old: int) -> tuple[bytes, ...]:
    """RFC 6962 §2.1.2: what `consistent` needs to see that these leaves begin with the first `old` of them."""
    assert 0 <= old <= len(leaves), "a tree is proved against a smaller one"
    return () if old in (0, len(leaves)) else _grown_from(leaves, old, whole=True)


def _grown_from(leaves: Sequence[bytes], old: int, *, whole: bool) -> tuple[bytes, ...]:
    if old == len(leaves):
        return () if whole else (root(leaves),)
    half = _half(len(leaves))
    if old <= half:
        return (*_grown_from(leaves[:half], old, whole=whole), root(leaves[half:]))
    return (*_grown_from(leaves[half:], old - half, whole=False), root(leaves[:half]))


def consistent(old: int, old_head: bytes, new: int, new_head: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162 §2.1.4.2: whether the tree of `new` leaves begins with the one of `old`, both told by their heads."""
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not proof and old_head == NOTHING.root()
    if old == new:
        return not proof and old_head == new_head
    path = [old_head, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = _inner(beside, before), _inner(beside, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = _inner(after, beside)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_head and after == new_head


def _half(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _inner(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
