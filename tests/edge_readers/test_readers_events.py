"""Everything a reader may announce: told apart, counted, kept for people, and never a reason to stop reading."""

import random
import struct

import pytest
from llrpkit.protocol import messages
from llrpkit.protocol import params as P  # noqa: N812 - the many names of a protocol
from readers_hand import HandReader, converse, dialogue_for

from contract.ids import ReaderId
from edge.config import ZoneKind
from edge.readers.base import ProtocolError
from edge.readers.health import Health
from edge.readers.llrp.connection import State
from edge.readers.llrp.dialogue import Dialogue
from edge.readers.llrp.events import Event, Spec, event_of
from edge.readers.llrp.frames import Frame
from edge.readers.llrp.timing import Timing
from edge.readers.profiles import load_profile

SECOND = 1_000_000
UTC = 1_790_000_000_000_000
EVENTS = {
    "hop": ({"hopping_event": P.HoppingEvent(hop_table_id=2, next_channel_index=7)}, (2, 7)),
    "rospec": ({"ro_spec_event": P.ROSpecEvent(event_type=1, ro_spec_id=1, preempting_ro_spec_id=0)}, Spec(1, 1)),
    "buffer_percent": (
        {"report_buffer_level_warning_event": P.ReportBufferLevelWarningEvent(report_buffer_percentage_full=85)},
        85,
    ),
    "overflow": ({"report_buffer_overflow_error_event": P.ReportBufferOverflowErrorEvent()}, True),
    "exception": ({"reader_exception_event": P.ReaderExceptionEvent(message="fan at rest")}, "fan at rest"),
    "survey": ({"rf_survey_event": P.RFSurveyEvent(event_type=0, ro_spec_id=3, spec_index=2)}, Spec(0, 3, 2)),
    "aispec": ({"ai_spec_event": P.AISpecEvent(event_type=0, ro_spec_id=1, spec_index=1)}, Spec(0, 1, 1)),
    "antenna": ({"antenna_event": P.AntennaEvent(event_type=0, antenna_id=4)}, (4, False)),
    "attempt": ({"connection_attempt_event": P.ConnectionAttemptEvent(status=4)}, 4),
    "closes": ({"connection_close_event": P.ConnectionCloseEvent()}, True),
}


def by_llrpkit(stamp=None, **event):
    """The notification as another implementation writes it."""
    data = P.ReaderEventNotificationData(timestamp=stamp or P.UTCTimestamp(microseconds=UTC), **event)
    return messages.READER_EVENT_NOTIFICATION(reader_event_notification_data=data).to_bytes()


def notice(dialogue, data, now_us=SECOND):
    dialogue.hear_bytes(data, now_us)


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_of_the_standard_is_read_as_another_implementation_writes_it(name):
    event, expected = EVENTS[name]
    assert event_of(Frame(63, 1, by_llrpkit(**event)[10:])) == Event(utc_us=UTC, **{name: expected})


def test_what_llrp_1_1_added_is_read_too(llrp):
    loop = llrp.tlv(356, struct.pack("!II", 1, 12))
    assert event_of(Frame(63, 1, llrp.tlv(246, llrp.tlv(129, bytes(7) + b"\x05") + loop))) == Event(
        uptime_us=5, loop=(1, 12)
    )


def test_several_events_in_one_notification_are_all_heard():
    parts = {name: value for event, _ in EVENTS.values() for name, value in event.items()}
    told = event_of(Frame(63, 1, by_llrpkit(**parts)[10:]))
    assert told == Event(utc_us=UTC, **{name: expected for name, (_, expected) in EVENTS.items()})


def test_a_trouble_names_the_antenna_it_is_about():
    event = P.ReaderExceptionEvent(message="reflected power", antenna_id=P.AntennaID(antenna_id=3))
    assert event_of(Frame(63, 1, by_llrpkit(reader_exception_event=event)[10:])).exception == (
        "reflected power (antenna 3)"
    )


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_cut_short_is_dropped_and_counted_and_reading_goes_on(name, llrp):
    whole = by_llrpkit(**EVENTS[name][0])[10:]
    inner = whole[4 + 12 :]
    for cut in range(1, len(inner) - 3):
        short = llrp.tlv(int.from_bytes(inner[:2]) & 0x3FF, inner[4 : len(inner) - cut])
        body = llrp.tlv(246, whole[4:16] + short)
        try:
            event_of(Frame(63, 1, body))
        except ProtocolError:
            continue
        assert name in ("closes", "overflow", "exception", "rospec", "aispec"), "nothing was missing of it"


def test_an_event_of_a_maker_is_counted_by_its_name(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    notice(dialogue, HandReader(llrp).event(llrp.custom(25882, 1511, b"\0")))
    assert dialogue._inbox.decoder.counts.unknown_total == {"1023/25882/1511": 1}
    assert dialogue.state is State.READING


def test_a_full_buffer_is_told_before_it_runs_over_and_counted_when_it_does(llrp):
    def health_after(*names):
        dialogue = converse(dialogue_for(), HandReader(llrp))
        for name in names:
            notice(dialogue, by_llrpkit(**EVENTS[name][0]), 5 * SECOND)
        assert dialogue.state is State.READING
        return dialogue.health

    warned = health_after("buffer_percent")
    assert (warned.buffer_warnings_total, warned.buffer_percent, warned.overflows_total) == (1, 85, 0)
    over = health_after("buffer_percent", "overflow", "overflow")
    assert (over.overflows_total, over.overflow_us) == (2, 5 * SECOND)


def test_whoever_sees_that_a_reader_was_heard_sees_that_it_lost_reads(llrp):
    """The house looks at any moment: a second is witnessed by a reader that was heard after it and lost nothing."""
    written = []

    class Watched(Health):
        def __setattr__(self, name, value):
            written.append(name)
            super().__setattr__(name, value)

    profile = load_profile("generic-llrp")
    dialogue = Dialogue(Watched(ReaderId("r")), profile, {1: profile.place(ZoneKind.CASE)}, Timing())
    converse(dialogue, HandReader(llrp))
    written.clear()
    notice(dialogue, by_llrpkit(**EVENTS["overflow"][0]), 5 * SECOND)
    assert written.index("overflow_us") < written.index("last_heard_us")


def report(llrp, uptime_us):
    stamps = llrp.tv(3, uptime_us) + llrp.tv(5, uptime_us)
    return llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12) + llrp.tv(9, 1) + stamps))


def test_reports_whose_uptime_goes_backwards_tell_of_a_reboot(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    notice(dialogue, report(llrp, 600 * SECOND))
    notice(dialogue, report(llrp, 9 * SECOND), 2 * SECOND)
    assert dialogue.hung_up
    assert "rebooted" in dialogue.health.why


@pytest.mark.parametrize("seed", range(5))
def test_reports_with_uptimes_in_any_order_are_no_reboot(llrp, seed):
    dialogue, rng = converse(dialogue_for(), HandReader(llrp)), random.Random(seed)
    for number in range(200):
        now_us = SECOND + number * 50_000
        notice(dialogue, report(llrp, 600 * SECOND + now_us - rng.randint(0, 2 * SECOND)), now_us)
    assert dialogue.state is State.READING
    assert dialogue.health.clock_is_uptime
    assert dialogue.health.clock_jumps_total == 0


def test_a_reader_whose_clock_is_set_reads_on_and_the_jump_is_counted(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    for number, ahead_us in enumerate([0, 0, 3600 * SECOND, 3600 * SECOND]):
        stamp = P.UTCTimestamp(microseconds=UTC + number * SECOND + ahead_us)
        notice(dialogue, by_llrpkit(stamp, **EVENTS["hop"][0]), SECOND + number * SECOND)
    health = dialogue.health
    assert (health.clock_jumps_total, health.clock_jump_us) == (1, 3600 * SECOND)
    assert health.clock_offset_us == SECOND - UTC - 3600 * SECOND
    assert dialogue.state is State.READING
