"""Every driver over hostile bytes, from its connection's first to its last: cut anywhere, with lengths that lie, damaged.

Nothing good is lost, and nothing but a count comes of the rest.
"""

import random

import pytest
from conformance_subjects import SUBJECTS

from contract.facts import ReaderLink

EPCS = [bytes([n]) * 12 for n in range(1, 6)] + [b"\xbb\x00\x22\x7e" * 4, b"\xaa\xdd" * 4, bytes(range(62))]
BEGIN_FRAMES = b"\xaa\xbb\xff" + bytes(range(4, 12))
"""Noise with these in it may look like the beginning of a frame, until the line is quiet or the connection ends."""

OVER_A_LINE = pytest.mark.parametrize("subject", [one for one in SUBJECTS if one.checked], ids=lambda one: one.name)
"""TCP loses and changes no byte that its own checksum would not tell."""


def stream(subject, epcs=EPCS):
    return b"".join(subject.tag(epc) for epc in epcs)


def one_by_one(data):
    return [bytes((byte,)) for byte in data]


@pytest.fixture
def hand(subject):
    """A dialogue that reads."""
    hand = subject.hand().go(2)
    assert hand.health.link is ReaderLink.READING, hand.health.why
    return hand


def test_a_conversation_in_single_bytes_leads_to_reading(subject):
    hand = subject.hand(pieces=one_by_one).go(2)
    assert hand.health.link is ReaderLink.READING
    assert hand.health.model == subject.model
    assert hand.health.bytes_skipped_total == hand.health.dropped_total == 0


def test_reads_arrive_all_at_once(subject, hand):
    """Many messages in one segment."""
    assert hand.hear(stream(subject)).epcs == EPCS
    assert hand.health.reads_total == len(EPCS)


def test_reads_arrive_one_byte_at_a_time(subject, hand):
    for byte in one_by_one(stream(subject)):
        hand.hear(byte)
    assert hand.epcs == EPCS
    assert hand.health.bytes_skipped_total == hand.health.dropped_total == 0


def test_reads_arrive_cut_at_every_place(subject, hand):
    data = stream(subject)
    for place in range(len(data) + 1):
        hand.epcs.clear()
        assert hand.hear(data[:place]).hear(data[place:]).epcs == EPCS


def test_two_messages_in_one_segment_cut_at_every_place(subject, hand):
    data = stream(subject, EPCS[:2])
    for place in range(len(data) + 1):
        hand.epcs.clear()
        hand.hear(subject.tag(EPCS[2]) + data[:place]).hear(data[place:] + subject.tag(EPCS[3]))
        assert hand.epcs == [EPCS[2], *EPCS[:2], EPCS[3]]


def test_an_unknown_frame_among_good_ones_costs_nothing(subject, hand):
    hand.hear(subject.tag(EPCS[0]) + subject.unknown + subject.tag(EPCS[1]))
    for byte in one_by_one(subject.unknown + subject.tag(EPCS[2])):
        hand.hear(byte)
    assert hand.epcs == EPCS[:3]
    assert hand.health.link is ReaderLink.READING
    assert hand.health.bytes_skipped_total == hand.health.dropped_total == 0


@pytest.mark.parametrize("length", [0, 1, 5, 9, 10, 11, "cap - 1", "cap", "cap + 1", 2**32 - 1])
def test_a_length_that_lies_does_not_eat_the_next_frame(subject, hand, length):
    if isinstance(length, str):
        length = subject.cap + {"cap - 1": -1, "cap": 0, "cap + 1": 1}[length]
    hand.hear(subject.tag(EPCS[0]) + subject.claims(length)).hear(subject.tag(EPCS[1])).quiet()
    assert hand.epcs == EPCS[:2]
    assert not hand.dialogue.hung_up


def test_noise_between_frames_costs_nothing_that_was_good(subject, hand):
    rng = random.Random(5)
    for _ in range(50 if subject.checked else 6):
        noise = bytes(byte for byte in rng.randbytes(40) if byte not in BEGIN_FRAMES)
        hand.epcs.clear()
        hand.hear(subject.tag(EPCS[0]) + noise).quiet().hear(subject.tag(EPCS[1]))
        assert hand.epcs == EPCS[:2]


@OVER_A_LINE
def test_one_lost_byte_costs_at_most_that_frame(subject, hand):
    data = stream(subject, EPCS[:3])
    first = len(subject.tag(EPCS[0]))
    for place in range(first, 2 * first):
        # a length that was cut may claim what follows, until the line is quiet for a moment
        hand.epcs.clear()
        hand.hear(data[:place] + data[place + 1 :]).quiet()
        assert hand.epcs[0] == EPCS[0]
        assert hand.epcs[-1] == EPCS[2]
        hand.health.last_heard_us = hand.now_us


@OVER_A_LINE
def test_one_changed_byte_never_gives_another_epc(subject, hand):
    data = stream(subject, EPCS[:3])
    first = len(subject.tag(EPCS[0]))
    for place in range(first, 2 * first):
        hand.epcs.clear()
        hand.hear(data[:place] + bytes((data[place] ^ 0x10,)) + data[place + 1 :]).quiet()
        assert set(hand.epcs) <= set(EPCS[:3])
        assert hand.epcs[-1] == EPCS[2]


def test_garbage_without_end_ends_the_connection_and_says_why(subject, hand):
    rng = random.Random(9)
    for _ in range(2_000):
        hand.hear(rng.randbytes(64))
        if hand.dialogue.hung_up:
            break
    assert hand.dialogue.hung_up
    assert "cannot be read" in hand.health.why
    assert hand.epcs == []
