"""Every driver's whole dialogue under mutated frames, in whatever state they find it: nothing is raised, nothing grows,
and afterwards it reads as if nothing had been."""

from random import Random

import pytest
from conformance_subjects import SUBJECTS
from house_fuzzing import FRAMES, FRAMES_LONG, RSS_GROWTH_MAX, flat_memory, mutated, pieces

from contract.facts import ReaderLink
from edge.readers.access import Bank, Lock, Lockable, LockState, Target, read_tid, write_epc
from edge.readers.base import ReaderError

EPC = bytes(range(12))
TAG = Target(Bank.EPC, EPC)
ACCESSES = [
    read_tid(TAG),
    write_epc(TAG, EPC[::-1]),
    Lock(tag=TAG, password=1, locks={Lockable.EPC: LockState.LOCKED}),
    read_tid(Target(Bank.TID, EPC)),
]
WARM_UP = 2_000
BATCH = 3
"""Frames that come together."""
DAMAGED_SHARE = 0.8
"""What is left whole leads the dialogue into states in which damage is news."""


def seeds(subject):
    """What its reader says from the first byte on, and frames of every kind."""
    hand = subject.hand(recorded=True)
    hand.go(2)
    for access in ACCESSES:
        hand.want(access)
        hand.go(1)
    said = [data for data in dict.fromkeys(hand.recorded) if data]
    return [*said, *[subject.tag(bytes([n]) * 12) for n in range(1, 9)], subject.tag(bytes(62)), subject.unknown]


def fuzz(subject, frames, seed=11):
    rng, hand, seeded = Random(seed), subject.hand(), seeds(subject)
    for _ in range(round(frames / BATCH / DAMAGED_SHARE)):
        for piece in pieces(b"".join(damaged(subject, seeded, rng) for _ in range(BATCH)), rng):
            hand.hear(piece)
        chance = rng.random()
        if chance < 0.05:
            hand.quiet()
        elif chance < 0.07:
            hand.want(rng.choice(ACCESSES))
        elif chance < 0.15:
            hand.go(0.1)
        hand.dialogue.take()
        hand.epcs.clear()
        if hand.dialogue.hung_up:
            hand.reopen().go(rng.choice((0, 0.1, 2)))
    return hand


def damaged(subject, seeded, rng):
    frame = rng.choice(seeded)
    return mutated(frame, seeded, rng, seal=subject.seal) if rng.random() < DAMAGED_SHARE else frame


def check(subject, frames):
    fuzz(subject, WARM_UP)
    with flat_memory():
        hand = fuzz(subject, frames, seed=12)
    hand.reopen().go(4)
    assert hand.health.link is ReaderLink.READING, hand.health.why
    assert hand.hear(subject.tag(EPC)).epcs[-1:] == [EPC]


def test_mutated_frames_are_outlived_in_flat_memory(subject):
    check(subject, FRAMES // len(SUBJECTS))


@pytest.mark.long
def test_a_million_mutated_frames(subject):
    check(subject, FRAMES_LONG // len(SUBJECTS))


def test_damage_reaches_deep_enough_to_be_worth_a_test(subject):
    """The control: these mutations do get through to errors, counts, hang-ups and answers."""
    hand = fuzz(subject, WARM_UP)
    assert hand.health.connects_total > 1
    assert hand.health.bytes_skipped_total + hand.health.dropped_total > 100
    assert hand.health.reads_total > 20
    assert all(isinstance(outcome, bytes | ReaderError) for outcome in hand.outcomes)


def test_memory_that_is_kept_is_noticed():
    kept = []
    with pytest.raises(AssertionError, match="MiB"), flat_memory():
        kept.append(bytearray(b"x") * (4 * RSS_GROWTH_MAX))  # more than any heap keeps: fresh pages
