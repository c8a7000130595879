"""The log's Merkle tree: known answers of RFC 6962 logs, and proofs that hold exactly where they should."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.entries import leaf_hash
from contract.merkle import (
    NOTHING,
    Peaks,
    consistency_proof,
    consistent,
    included,
    inclusion_proof,
    root,
)

LEAVES = [
    leaf_hash(bytes.fromhex(leaf))
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""Trees that other makers of RFC 6962 logs test themselves by."""
PATHS = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
}
GROWN = {
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
"""Proofs of the same makers, counted from 0 where they count leaves."""


def made(size: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4)) for number in range(size)]


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:half]) + plain_root(leaves[half:])).digest()


@pytest.mark.parametrize("size", ROOTS)
def test_a_tree_head_is_the_one_other_logs_get(size):
    assert root(LEAVES[:size]).hex() == ROOTS[size] == plain_root(LEAVES[:size]).hex()


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_the_way_to_a_row_is_the_one_other_logs_give(index, size):
    assert tuple(each.hex() for each in inclusion_proof(LEAVES[:size], index)) == PATHS[index, size]


@pytest.mark.parametrize(("old", "new"), GROWN)
def test_the_proof_of_growth_is_the_one_other_logs_give(old, new):
    assert tuple(each.hex() for each in consistency_proof(LEAVES[:new], old)) == GROWN[old, new]


@given(st.lists(st.integers(0, 40), max_size=6))
def test_a_tree_grown_in_pieces_is_the_tree_of_all_its_leaves(pieces):
    leaves, tree = made(sum(pieces)), NOTHING
    for size in pieces:
        tree = tree.grown(leaves[tree.size : tree.size + size])
        tree = Peaks.read(tree.size, tree.packed())
    assert tree.root() == plain_root(leaves)
    assert len(tree.nodes) == len(leaves).bit_count()


def test_peaks_of_another_size_are_refused():
    with pytest.raises(ValueError, match="not the peaks of a tree of 4"):
        Peaks.read(4, NOTHING.grown(made(3)).packed())


def test_every_row_is_proved_and_no_other_row_in_its_place():
    for size in range(1, 34):
        leaves = made(size)
        head = root(leaves)
        for index, leaf in enumerate(leaves):
            proof = inclusion_proof(leaves, index)
            assert included(leaf, index, size, proof, head)
            assert not included(leaf_hash(b"another"), index, size, proof, head)
            assert not included(leaf, index, size, (*proof, head), head)
            assert not included(leaf, index, size, proof[:-1], head) or not proof
            assert [at for at in range(size) if included(leaf, at, size, proof, head)] == [index]
    assert not included(leaf, -1, size, proof, head)
    assert not included(leaf, size, size, proof, head)


def test_every_growth_is_proved_and_no_other_past():
    for new in range(34):
        leaves = made(new)
        for old in range(new + 1):
            proof = consistency_proof(leaves, old)
            heads = root(leaves[:old]), root(leaves)
            assert consistent(old, heads[0], new, heads[1], proof)
            if 0 < old < new:
                forged = root([*leaves[: old - 1], leaf_hash(b"another")])
                assert not consistent(old, forged, new, heads[1], proof)
                assert not consistent(old, heads[0], new, forged, proof)
                assert not consistent(old, heads[0], new, heads[1], proof[:-1])
                assert not consistent(old, heads[0], new, heads[1], (*proof, heads[1]))
                assert not consistent(old, heads[0], old, heads[1], proof)
    assert not consistent(3, root(made(3)), 2, root(made(2)), ())
    assert not consistent(0, root(made(1)), 2, root(made(2)), ())
