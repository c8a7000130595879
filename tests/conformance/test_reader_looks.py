"""A count asks for another look: every driver sets it in a moment, is a witness all along, and can be refused."""

import random

import msgspec
import pytest
from conformance_subjects import SERIAL, SUBJECTS, reading

from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
from edge.config import ReaderConfig, ZoneKind
from edge.readers import open_reader
from edge.readers.base import MisconfiguredError, Varying
from edge.readers.profiles import Antennas, Variation, load_profile
from simulator.serial.air import Tray

SET_WITHIN_S = 0.8
REFUSED_COMMANDS = {"m100": 0x0E, "mercury": 0x9B}
"""What sets the session, where that is a command of its own."""
ALIKE = {"uhfreader18"}
"""It is told neither session nor target: it reads in one way alone."""
VARYING = [subject for subject in SUBJECTS if subject.name not in ALIKE]


class Listening(Tray):
    """Remembers how it was read last."""

    heard = (None, None)

    def round(self, antenna, session, power_dbm, now_us):
        self.heard = session, power_dbm
        return super().round(antenna, session, power_dbm, now_us)


def at_work(subject):
    """A reader that reads, and what it reads with; of LLRP the air is not looked at."""
    hand = subject.hand()
    air = Listening({})
    if subject.module is not None:
        hand.device.air = air
    hand.go(4)
    assert reading(hand.reader)
    return hand, air


def looked_at(hand, number, seconds=SET_WITHIN_S):
    """Links seen while the look is set, tick by tick."""
    hand.reader.vary(number)
    return {hand.go(0.02).health.link for _ in range(int(seconds / 0.02))}


@pytest.mark.parametrize("subject", VARYING, ids=lambda each: each.name)
def test_another_look_is_set_within_a_moment_without_a_gap_in_the_witness(subject):
    hand, air = at_work(subject)
    assert isinstance(hand.reader, Varying)
    as_always, alive_us = air.heard, hand.health.alive_since_us
    for number in (1, 0, 1):
        since_us = hand.now_us
        assert looked_at(hand, number) == {ReaderLink.READING}
        assert hand.health.look.number == number
        assert since_us < hand.health.look.since_us <= hand.now_us, "a round that the change fell into is of no look"
        assert hand.health.why == ""
        if subject.module is not None:
            hand.go(0.5)
            assert (air.heard == as_always) == (number == 0)
    assert (hand.health.alive_since_us, hand.health.connects_total) == (alive_us, 1)


@pytest.mark.parametrize("subject", VARYING, ids=lambda each: each.name)
def test_a_look_is_kept_over_a_reconnect_and_given_up_when_the_count_ends(subject):
    hand, air = at_work(subject)
    as_always = air.heard
    looked_at(hand, 1)
    hand.reopen().go(4)
    assert reading(hand.reader)
    assert hand.health.look.number == 1
    looked_at(hand, 0)
    hand.go(0.5)
    assert (hand.health.look.number, air.heard) == (0, as_always)


@pytest.mark.parametrize(
    "subject", [each for each in SERIAL if each.scheme in REFUSED_COMMANDS], ids=lambda each: each.name
)
def test_a_module_that_refuses_a_look_reads_on_as_always_and_is_asked_for_no_more(subject):
    hand, air = at_work(subject)
    as_always = air.heard
    hand.device.refuses.add(REFUSED_COMMANDS[subject.scheme])
    hand.reader.vary(1)
    hand.go(0.1)
    hand.device.refuses.clear()
    hand.go(2)
    assert (reading(hand.reader), hand.health.connects_total, air.heard) == (True, 1, as_always)
    assert hand.reader.looks == ("as always",)
    assert any("does not look otherwise for counts" in note for note in hand.health.notes)
    with pytest.raises(ValueError, match="no look 1"):
        hand.reader.vary(1)


@pytest.mark.parametrize("subject", SERIAL, ids=lambda each: each.name)
def test_a_module_that_falls_silent_while_its_look_is_set_is_no_witness(subject):
    if subject.name in ALIKE:
        return
    hand, _ = at_work(subject)
    hand.reader.vary(1)
    hand.go(0.04)
    hand.device.hear = lambda data, now_us: None
    hand.go(1.2)
    assert hand.health.link is not ReaderLink.READING


def test_a_reader_that_is_told_no_session_has_one_look():
    (old,) = [subject for subject in SERIAL if subject.name == "uhfreader18"]
    hand, _ = at_work(old)
    assert hand.reader.looks == ("as always",)


def opened(scheme, profile, places):
    profile = load_profile(profile)
    kinds = dict(enumerate((ZoneKind.CASE, ZoneKind.PAD), start=1))
    profile = msgspec.structs.replace(
        profile, places={kind: msgspec.structs.replace(profile.places[kind], **more) for kind, more in places.items()}
    )
    antennas = {str(port): ZoneId("z") for port, kind in kinds.items() if kind in places}
    config = ReaderConfig(id=ReaderId("r"), url=f"{scheme}:///dev/x?region=eu", profile="x", antennas=antennas)
    return open_reader(config, profile, random.Random(3), kinds)


@pytest.mark.parametrize(
    ("scheme", "profile", "places", "says"),
    [
        ("m100", "m100", {ZoneKind.CASE: {"looks": (Variation(mode=1),)}}, "sets mode"),
        ("m100", "m100", {ZoneKind.CASE: {"looks": (Variation(session=1),)}}, "reads as always"),
        ("r2000", "r2000", {ZoneKind.CASE: {"looks": (Variation(antennas=Antennas.ODD),)}}, "only readers of LLRP"),
        (
            "uhf288",
            "uhfreader288",
            {ZoneKind.CASE: {"looks": (Variation(less_db=2),), "power_dbm": 20.0}},
            "memory that wears: set session",
        ),
        (
            "r2000",
            "r2000",
            {ZoneKind.CASE: {"looks": (Variation(less_db=2),), "power_dbm": 21.0}},
            "weaker than 20 dBm",
        ),
        (
            "r2000",
            "r2000",
            {ZoneKind.CASE: {"looks": (Variation(less_db=2),), "power_dbm": 26.0}, ZoneKind.PAD: {"power_dbm": 20.0}},
            "look 1 is no weaker",
        ),
        (
            "mercury",
            "mercury",
            {ZoneKind.CASE: {"looks": (Variation(session=0),)}, ZoneKind.PAD: {"session": 1}},
            "look 1 reads as always",
        ),
    ],
)
def test_a_look_that_would_be_none_is_refused_with_the_mend(scheme, profile, places, says):
    with pytest.raises(MisconfiguredError, match=says):
        opened(scheme, profile, places)


@pytest.mark.parametrize("scheme", ["m100", "mercury", "r2000"])
def test_a_weaker_look_is_set_where_power_may_be_set_as_often_as_one_likes(scheme):
    (subject,) = [each for each in SERIAL if each.scheme == scheme and not each.variant]
    hand, air = subject.hand(), Listening({})
    hand.reader = opened(scheme, scheme, {ZoneKind.CASE: {"looks": (Variation(less_db=3),), "power_dbm": 25.0}})
    hand.dialogue, hand.health = hand.reader._dialogue, hand.reader.health
    hand.device.air = air
    hand.reopen().go(4)
    assert air.heard[1] == 25.0
    looked_at(hand, 1)
    hand.go(0.5)
    assert air.heard[1] == 22.0
    looked_at(hand, 0)
    hand.go(0.5)
    assert air.heard[1] == 25.0
    assert getattr(hand.device, "writes_total", 2) == 2, "region and power, once: flash wears"
