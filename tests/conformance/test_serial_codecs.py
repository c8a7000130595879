"""Every serial codec over hostile bytes: cut anywhere, damaged anywhere, with lengths that lie. Nothing good is lost, and
nothing but a count comes of the rest."""

import random
import tracemalloc

import pytest

EPCS = [bytes([n]) * 12 for n in range(1, 6)] + [b"\xbb\x00\x22\x7e" * 4, b"\xaa\xdd" * 4, bytes(range(62))]


class Fed:
    """Bytes as a driver feeds them: what is not consumed waits for more."""

    def __init__(self, walk):
        self.walk = walk
        self.rest = b""
        self.epcs, self.frames = [], []
        self.skipped = self.damaged = 0

    def feed(self, data, *, ended=False):
        data = self.rest + data
        walked = self.walk(data, ended=ended)
        self.rest = data[walked.consumed :]
        self.epcs += [read[0] for read in walked.reads]
        self.frames += walked.frames
        self.skipped += walked.skipped
        self.damaged += walked.damaged
        return self


def stream(family, epcs=EPCS):
    return b"".join(family.tag(epc) for epc in epcs)


def test_all_at_once(family):
    assert Fed(family.walk).feed(stream(family)).epcs == EPCS


def test_one_byte_at_a_time(family):
    fed = Fed(family.walk)
    for byte in stream(family):
        fed.feed(bytes((byte,)))
    assert (fed.epcs, fed.skipped, fed.damaged, fed.rest) == (EPCS, 0, 0, b"")


def test_cut_at_every_place(family):
    data = stream(family)
    for place in range(len(data) + 1):
        assert Fed(family.walk).feed(data[:place]).feed(data[place:]).epcs == EPCS


def test_an_unknown_frame_between_good_ones_costs_nothing(family):
    fed = Fed(family.walk).feed(family.tag(EPCS[0]) + family.unknown + family.tag(EPCS[1]))
    assert fed.epcs == EPCS[:2]
    assert len(fed.frames) == 1
    assert fed.skipped == 0


def test_noise_between_frames_costs_nothing_that_was_good(family):
    rng = random.Random(5)
    for _ in range(50):
        noise = bytes(byte for byte in rng.randbytes(40) if byte not in b"\xaa\xbb\xff")
        fed = Fed(family.walk).feed(family.tag(EPCS[0]) + noise).feed(family.tag(EPCS[1])).feed(b"", ended=True)
        assert fed.epcs[0] == EPCS[0]
        assert fed.epcs[-1] == EPCS[1]


def test_one_lost_byte_costs_at_most_that_frame(family):
    epcs = EPCS[:3]
    data = stream(family, epcs)
    first = len(family.tag(epcs[0]))
    for place in range(first, 2 * first):
        # a length that was cut may claim what follows, until the line is quiet for a moment
        fed = Fed(family.walk).feed(data[:place] + data[place + 1 :]).feed(b"", ended=True)
        assert fed.epcs[0] == epcs[0]
        assert fed.epcs[-1] == epcs[2]


def test_one_changed_byte_never_gives_another_epc(family):
    data = stream(family, EPCS[:3])
    first = len(family.tag(EPCS[0]))
    for place in range(first, 2 * first):
        damaged = data[:place] + bytes((data[place] ^ 0x10,)) + data[place + 1 :]
        fed = Fed(family.walk).feed(damaged).feed(b"", ended=True)
        assert set(fed.epcs) <= set(EPCS[:3])
        assert fed.epcs[-1] == EPCS[2]


@pytest.mark.parametrize("length", [0, 1, 5, 9, 10, 11, 0xFF, 0xFFFF, 2**32 - 1])
def test_a_length_that_lies_delays_the_next_frame_and_does_not_eat_it(family, length):
    fed = Fed(family.walk).feed(family.with_length(length)).feed(family.tag(EPCS[0])).feed(b"", ended=True)
    assert fed.epcs == EPCS[:1]


def test_what_waits_is_never_longer_than_the_longest_frame(family):
    fed = Fed(family.walk)
    for _ in range(200):
        fed.feed(family.with_length(family.cap - 20) + bytes(7))
        assert len(fed.rest) <= family.cap


def test_the_end_of_the_line_leaves_nothing_waiting(family):
    for place in range(1, len(family.tag(EPCS[0]))):
        assert Fed(family.walk).feed(family.tag(EPCS[0])[:place], ended=True).rest == b""


def mutated(family, rng):
    data = bytearray(stream(family, rng.sample(EPCS, 3)) + family.unknown)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(data))
        match rng.randrange(4):
            case 0:
                data[place] = rng.randrange(256)
            case 1:
                del data[place : place + rng.randint(1, 9)]
            case 2:
                data[place:place] = rng.randbytes(rng.randint(1, 9))
            case _:
                data[place:place] = data[place : place + rng.randint(1, 40)]
        if not data:
            break
    return bytes(data)


def fuzz(family, rounds):
    """Every mutated stream ends without an exception, and the next good frame is read."""
    rng = random.Random(11)
    fed = Fed(family.walk)
    for _ in range(rounds):
        fed.feed(mutated(family, rng))
        assert len(fed.rest) <= family.cap
        fed.epcs.clear()
        fed.frames.clear()
    fed.feed(b"", ended=True).feed(family.tag(EPCS[0]))
    assert fed.epcs[-1] == EPCS[0]


def test_mutated_streams_are_outlived_in_flat_memory(family):
    fuzz(family, 200)
    tracemalloc.start()
    try:
        fuzz(family, 1_000)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.long
def test_a_million_mutated_frames(family):
    fuzz(family, 250_000)


@pytest.mark.parametrize("piece", ["header", "length"])
def test_the_worst_bytes_take_time_in_proportion(family, piece):
    """Steps, not seconds: how many bytes are looked at again and again for each byte that came."""
    one = family.with_length(family.cap - 20) if piece == "length" else family.tag(EPCS[0])[:1]
    looked = 0

    def walk(data, *, ended):
        nonlocal looked
        looked += len(data)
        return family.walk(data, ended=ended)

    fed, sent = Fed(walk), 0
    for _ in range(2_000):
        fed.feed(one * 4)
        sent += len(one) * 4
    assert looked <= sent + 2_000 * family.cap
