"""What every serial codec owes its line beside reads: it holds back at most a frame and looks at no byte too often."""

import pytest
from conformance_subjects import SERIAL

EPC = bytes([1]) * 12


@pytest.fixture(params=SERIAL, ids=lambda subject: subject.name)
def subject(request):
    return request.param


class Fed:
    """Bytes as a dialogue feeds them: what is not consumed waits for more."""

    def __init__(self, subject):
        hand = subject.hand().go(2)
        self.walk = hand.dialogue._family.walk
        self.rest = b""
        self.epcs = []
        self.looked = 0

    def feed(self, data, *, ended=False):
        data = self.rest + data
        self.looked += len(data)
        walked = self.walk(data, ended=ended)
        self.rest = data[walked.consumed :]
        self.epcs += [read[0] for read in walked.reads]
        return self


def begun(subject):
    """The beginning of a frame nearly as long as frames get."""
    return subject.claims(subject.cap - 20)[:5]


def test_what_waits_is_never_longer_than_the_longest_frame(subject):
    fed = Fed(subject)
    for _ in range(200):
        fed.feed(begun(subject) + bytes(7))
        assert len(fed.rest) <= subject.cap


def test_the_end_of_the_line_leaves_nothing_waiting(subject):
    for place in range(1, len(subject.tag(EPC))):
        assert Fed(subject).feed(subject.tag(EPC)[:place], ended=True).rest == b""


@pytest.mark.parametrize("worst", ["headers", "lengths"])
def test_the_worst_bytes_take_time_in_proportion(subject, worst):
    """Steps, not seconds: how many bytes are looked at again and again for each byte that came."""
    one = begun(subject) if worst == "lengths" else subject.tag(EPC)[:1]
    fed, sent = Fed(subject), 0
    for _ in range(2_000):
        fed.feed(one * 4)
        sent += len(one) * 4
    assert fed.looked <= sent + 2_000 * subject.cap
