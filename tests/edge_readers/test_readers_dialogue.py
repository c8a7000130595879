"""A conversation with a reader, by hand and by clock: refusals, silence, reboots, hostile transports."""

import random
import socket
import struct

import msgspec
import pytest
from readers_hand import HandReader, converse, dialogue_for

from contract.facts import ReaderLink
from edge.clock import SystemClock
from edge.readers.llrp.capabilities import capabilities_of
from edge.readers.llrp.connection import State
from edge.readers.llrp.driver import LlrpReader
from edge.readers.llrp.frames import RECEIVE_BYTES_MIN, Frame
from edge.readers.llrp.inbox import MESSAGES_PER_TICK_MAX
from simulator.llrp.models import MODELS, general_capabilities

SECOND = 1_000_000


def report(llrp):
    return llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12) + llrp.tv(9, 1) + llrp.tv(1, 1)))


def test_a_willing_reader_is_reading_after_its_last_answer(llrp):
    reader = HandReader(llrp)
    dialogue = converse(dialogue_for(), reader)
    assert reader.heard == [1, 2, 3, 21, 41, 20, 24, 64, 22]
    assert dialogue.health.link is ReaderLink.READING
    assert dialogue.health.alive_since_us == SECOND


def test_bytes_one_at_a_time_lead_to_the_same_end(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp), pieces=lambda data: [bytes([b]) for b in data])
    assert dialogue.health.link is ReaderLink.READING


def test_an_impinj_profile_asks_for_the_extensions_first(llrp):
    reader = HandReader(llrp)
    assert converse(dialogue_for("impinj-r420"), reader).state is State.READING
    assert reader.heard[0] == 1023


def test_a_reader_that_does_not_know_its_makers_extensions_is_refused_and_a_person_told(llrp):
    dialogue = converse(dialogue_for("impinj-r420"), HandReader(llrp, errors={1023}))
    assert dialogue.health.link is ReaderLink.REFUSED
    assert dialogue.hung_up
    assert "no such message" in dialogue.health.why


def test_a_reader_that_refuses_to_delete_all_rospecs_loses_only_ours(llrp):
    reader = HandReader(llrp, refuses={(21, struct.pack("!I", 0))})
    assert converse(dialogue_for(), reader).state is State.READING
    assert reader.heard.count(21) == 2


def test_a_reader_that_started_by_itself_and_refuses_to_start_is_reading(llrp):
    reader = HandReader(llrp, refuses={22})
    assert converse(dialogue_for(), reader).state is State.READING
    assert 26 in reader.heard


def test_a_reader_that_never_starts_is_not_reading_and_is_left(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp, refuses={22}, rospec_state=1))
    assert dialogue.state is State.AWAITING_START
    assert dialogue.health.link is ReaderLink.CONNECTING
    dialogue.tick(SECOND + 6 * SECOND)
    assert dialogue.hung_up
    assert dialogue.health.link is not ReaderLink.READING


def test_a_tag_report_of_ours_is_evidence_that_it_started(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp, refuses={22}, rospec_state=1))
    dialogue.hear_bytes(report(llrp), SECOND)
    assert dialogue.state is State.READING


def test_an_error_message_to_enable_events_and_reports_is_no_obstacle(llrp):
    assert converse(dialogue_for(), HandReader(llrp, errors={64})).state is State.READING


def test_a_reader_without_capabilities_is_read_all_the_same(llrp):
    assert converse(dialogue_for(), HandReader(llrp, errors={1})).state is State.READING


@pytest.mark.parametrize("kind", [3, 20, 24])
@pytest.mark.parametrize("how", ["refuses", "errors"])
def test_a_refusal_that_leaves_us_without_eyes_is_told_to_a_person(llrp, kind, how):
    dialogue = converse(dialogue_for(), HandReader(llrp, **{how: {kind}}))
    assert dialogue.health.link is ReaderLink.REFUSED
    assert dialogue.health.why.startswith("the reader refuses: ")


@pytest.mark.parametrize("status", [1, 2])
def test_a_reader_held_by_another_client_is_refused_and_says_so(llrp, status):
    dialogue = dialogue_for()
    dialogue.connect(SECOND)
    dialogue.hear_bytes(HandReader(llrp).greet(status), SECOND)
    assert dialogue.health.link is ReaderLink.REFUSED
    assert "another client" in dialogue.health.why
    assert dialogue.hung_up
    assert converse(dialogue, HandReader(llrp), 2 * SECOND).state is State.READING


def test_keepalives_are_acknowledged_and_keep_the_link_reading(llrp):
    reader = HandReader(llrp)
    dialogue = converse(dialogue_for(), reader)
    for second in range(2, 60):
        dialogue.hear_bytes(llrp.message(62, b"", second), second * SECOND)
        dialogue.tick(second * SECOND)
        if said := reader.answer(dialogue.take()):
            dialogue.hear_bytes(said, second * SECOND)
    assert dialogue.health.link is ReaderLink.READING
    assert reader.heard.count(72) == 58
    assert dialogue.health.last_keepalive_us == 59 * SECOND


def keep_alive(llrp, dialogue, reader, seconds, read_every=0):
    """Seconds of keepalives, and of reads where somebody lies before it."""
    for second in range(2, 2 + seconds):
        dialogue.hear_bytes(llrp.message(62, b"", second), second * SECOND)
        if read_every and second % read_every == 0:
            dialogue.hear_bytes(report(llrp), second * SECOND)
        dialogue.tick(second * SECOND)
        while said := reader.answer(dialogue.take()):
            dialogue.hear_bytes(said, second * SECOND)


def test_a_rospec_that_somebody_stopped_behind_our_back_is_started_again(llrp):
    """By the reader's own page, say: keepalives come as before, reads do not."""
    reader = HandReader(llrp)
    dialogue = converse(dialogue_for(), reader)
    reader.rospec_state = 1
    keep_alive(llrp, dialogue, reader, 25)
    assert (reader.heard.count(26), reader.heard.count(22)) == (2, 2), "idle twice is no pause between two turns"
    assert dialogue.health.link is ReaderLink.READING


def test_a_rospec_that_somebody_took_away_has_the_reader_set_up_anew(llrp):
    reader = HandReader(llrp)
    dialogue = converse(dialogue_for(), reader)
    reader.rospec_state = 0
    reader.refuses.add(22)
    keep_alive(llrp, dialogue, reader, 20)
    assert dialogue.hung_up
    assert dialogue.health.link is not ReaderLink.READING


def test_an_empty_case_is_asked_about_now_and_then_and_stays_a_witness(llrp):
    reader = HandReader(llrp)
    dialogue = converse(dialogue_for(), reader)
    alive_us = dialogue.health.alive_since_us
    keep_alive(llrp, dialogue, reader, 60)
    assert (reader.heard.count(26), reader.heard.count(22)) == (6, 1)
    assert dialogue.health.alive_since_us == alive_us


def test_a_reader_that_reads_is_asked_nothing_and_one_that_cannot_say_is_asked_once(llrp):
    for refuses, read_every, asked in (((), 5, 0), ((26,), 0, 1)):
        reader = HandReader(llrp, refuses=refuses)
        dialogue = converse(dialogue_for(), reader)
        keep_alive(llrp, dialogue, reader, 60, read_every)
        assert (reader.heard.count(26), dialogue.health.link) == (asked, ReaderLink.READING)


def test_a_storm_of_keepalives_is_answered_tick_by_tick_and_none_is_lost(llrp):
    reader = HandReader(llrp)
    dialogue = converse(dialogue_for(), reader)
    dialogue.tick(SECOND)
    storm = 3 * MESSAGES_PER_TICK_MAX - 1
    dialogue.hear_bytes(llrp.message(62) * storm, 2 * SECOND)
    answered = [len(dialogue.take()) // 10]
    dialogue.tick(2 * SECOND)
    while dialogue.behind:
        dialogue.tick(2 * SECOND)
        answered.append(len(dialogue.take()) // 10)
    assert answered == [MESSAGES_PER_TICK_MAX, MESSAGES_PER_TICK_MAX, MESSAGES_PER_TICK_MAX - 1]
    assert dialogue.health.messages_held_total == storm - MESSAGES_PER_TICK_MAX
    assert dialogue.health.link is ReaderLink.READING


def test_what_waited_for_its_turn_is_not_heard_on_the_next_connection(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    leave = HandReader(llrp).event(llrp.tlv(257, b""))
    dialogue.hear_bytes(llrp.message(62) * 2 * MESSAGES_PER_TICK_MAX + leave, SECOND)
    dialogue.lose(SECOND, "connection lost: reset")
    assert not dialogue.behind
    assert converse(dialogue, HandReader(llrp), 2 * SECOND).state is State.READING


def test_the_driver_receives_nothing_while_messages_wait_and_goes_on_in_small_bites(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    reader = LlrpReader("llrp://reader", dialogue, random.Random(1))
    storm = llrp.message(62) * 20_000
    ours, its = socket.socketpair()
    with ours, its:
        for end, option in ((ours, socket.SO_RCVBUF), (its, socket.SO_SNDBUF)):
            end.setsockopt(socket.SOL_SOCKET, option, 4 * len(storm))
            end.setblocking(False)
        sent, before = its.send(storm), dialogue.health.bytes_total
        assert sent > 2 * RECEIVE_BYTES_MIN
        ticks = 0
        while dialogue.health.bytes_total - before < sent or dialogue.behind:
            heard = dialogue.health.bytes_total
            reader._receive(ours, lambda batch: None, SystemClock())
            assert dialogue.health.bytes_total - heard <= RECEIVE_BYTES_MIN
            dialogue.tick(SECOND)
            ticks += 1
            assert len(dialogue.take()) // 10 <= MESSAGES_PER_TICK_MAX
    assert ticks >= sent // 10 // MESSAGES_PER_TICK_MAX


def test_a_reader_that_falls_silent_is_shown_silent_within_five_seconds(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    shown = None
    for tick in range(0, 6 * SECOND, 20_000):
        dialogue.tick(SECOND + tick)
        if dialogue.health.link is ReaderLink.SILENT:
            shown = tick
            break
    assert shown is not None
    assert shown <= 5 * SECOND
    assert dialogue.hung_up
    assert "nothing heard" in dialogue.health.why


def test_without_the_watchdog_a_silent_reader_would_look_alive(llrp):
    dialogue = converse(dialogue_for(silent_after_us=10**15), HandReader(llrp))
    dialogue.tick(3600 * SECOND)
    assert dialogue.health.link is ReaderLink.READING


@pytest.mark.parametrize("answered", range(7))
def test_a_reader_that_stops_answering_at_any_step_is_silent_within_five_seconds(llrp, answered):
    dialogue, reader = dialogue_for(), HandReader(llrp)
    dialogue.connect(SECOND)
    dialogue.health.last_heard_us = SECOND
    say = reader.greet() if answered else b""
    for _ in range(answered - 1):
        dialogue.hear_bytes(say, SECOND)
        say = reader.answer(dialogue.take())
    for tick in range(0, 5 * SECOND, 20_000):
        dialogue.tick(SECOND + tick)
    assert dialogue.health.link is ReaderLink.SILENT
    assert dialogue.hung_up


def test_garbage_is_not_a_sign_of_life(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    for tick in range(0, 4 * SECOND, 100_000):
        dialogue.hear_bytes(b"\xff" * 3, SECOND + tick)
        dialogue.tick(SECOND + tick)
    assert dialogue.health.link is ReaderLink.SILENT


def test_a_stream_that_is_damaged_again_and_again_is_given_up(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    for _ in range(40):
        dialogue.hear_bytes(b"\xff" * 3 + llrp.message(62), SECOND)
    assert dialogue.hung_up
    assert "cannot be read" in dialogue.health.why


def test_a_rospec_that_somebody_stopped_is_started_again(llrp):
    reader = HandReader(llrp)
    dialogue = converse(dialogue_for(), reader)
    dialogue.hear_bytes(reader.rospec_event(1), SECOND)
    assert dialogue.health.link is ReaderLink.CONNECTING
    dialogue.hear_bytes(reader.answer(dialogue.take()), SECOND)
    assert dialogue.health.link is ReaderLink.READING
    assert reader.heard.count(22) == 2


def test_reads_from_before_it_was_stopped_do_not_make_a_reader_that_will_not_start_a_witness(llrp):
    reader = HandReader(llrp)
    dialogue = converse(dialogue_for(), reader)
    dialogue.hear_bytes(reader.rospec_event(1), SECOND)
    late = llrp.tlv(240, b"\x8d" + bytes(12) + llrp.tv(9, 1))
    dialogue.hear_bytes(llrp.message(61, late), SECOND)
    reader.refuses, reader.rospec_state = {22}, 1
    while said := reader.answer(dialogue.take()):
        dialogue.hear_bytes(said, SECOND)
    assert dialogue.state is State.AWAITING_START
    assert dialogue.health.link is ReaderLink.CONNECTING


def test_the_end_of_another_rospec_is_not_ours_to_mend(llrp):
    reader = HandReader(llrp)
    dialogue = converse(dialogue_for(), reader)
    dialogue.hear_bytes(reader.rospec_event(1, rospec=9), SECOND)
    assert dialogue.state is State.READING


def test_a_reader_that_rebooted_under_us_is_set_up_anew(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    for uptime in (50, 60, 3):
        dialogue.hear_bytes(llrp.message(63, llrp.tlv(246, llrp.tlv(129, struct.pack("!Q", uptime)))), SECOND)
    assert dialogue.hung_up
    assert "rebooted" in dialogue.health.why


def test_a_reader_that_takes_its_leave_is_connected_again(llrp):
    reader = HandReader(llrp)
    dialogue = converse(dialogue_for(), reader)
    dialogue.hear_bytes(reader.event(llrp.tlv(257, b"")), SECOND)
    assert dialogue.hung_up
    assert converse(dialogue, HandReader(llrp), 2 * SECOND).state is State.READING
    assert dialogue.health.connects_total == 2


def test_a_connection_reset_in_mid_frame_leaves_nothing_behind(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    dialogue.hear_bytes(report(llrp)[:20], SECOND)
    dialogue.lose(SECOND, "connection lost: reset")
    assert dialogue.health.why == "connection lost: reset"
    batches = converse(dialogue, HandReader(llrp), 2 * SECOND).hear_bytes(report(llrp), 2 * SECOND)
    assert sum(map(len, batches)) == 1


def test_a_broken_antenna_is_told_by_port(llrp):
    reader = HandReader(llrp)
    dialogue = converse(dialogue_for(), reader)
    dialogue.hear_bytes(reader.event(llrp.tlv(255, struct.pack("!BH", 0, 1))), SECOND)
    assert dialogue.health.antennas_down == {1}
    dialogue.hear_bytes(reader.event(llrp.tlv(255, struct.pack("!BH", 1, 1))), SECOND)
    assert dialogue.health.antennas_down == frozenset()


@pytest.mark.parametrize(("said", "shown"), [(b"fan at rest", "fan at rest"), (b"", "a trouble without words")])
def test_a_trouble_the_reader_tells_of_is_kept_in_its_words_and_it_reads_on(llrp, said, shown):
    reader = HandReader(llrp)
    dialogue = converse(dialogue_for(), reader)
    assert (dialogue.health.exceptions_total, dialogue.health.exception) == (0, "")
    dialogue.hear_bytes(reader.event(llrp.tlv(252, struct.pack("!H", len(said)) + said)), SECOND)
    assert (dialogue.health.exceptions_total, dialogue.health.exception) == (1, shown)
    assert dialogue.state is State.READING


def test_reads_and_damage_are_counted_in_the_health(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    bad = llrp.message(61, llrp.tlv(240, b"\x8d" + bytes(12) + b"\xe3\x00\x00"))
    dialogue.hear_bytes(report(llrp) * 3 + bad, SECOND)
    assert (dialogue.health.reads_total, dialogue.health.dropped_total) == (3, 1)


def test_a_late_answer_to_an_old_question_is_no_answer(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    dialogue.hear_bytes(llrp.message(30, HandReader(llrp).status(101), 3), SECOND)
    assert dialogue.state is State.READING


def test_capabilities_of_any_size_or_depth_do_not_stop_us(llrp):
    class Deep(HandReader):
        def answer(self, data):
            if struct.unpack_from("!H", data)[0] & 0x3FF == 1 if data else False:
                number = struct.unpack_from("!HII", data)[2]
                nested = b""
                for _ in range(1500):
                    nested = self.llrp.tlv(288, nested)
                return self.llrp.message(11, self.status(0) + nested, number)
            return super().answer(data)

    assert converse(dialogue_for(), Deep(llrp)).state is State.READING


@pytest.mark.parametrize("seed", range(60))
def test_damaged_answers_raise_nothing_at_any_step(llrp, seed):
    rng = llrp.rng(seed)
    for profile in ("generic-llrp", "impinj-r420"):
        dialogue, reader = dialogue_for(profile), HandReader(llrp)
        dialogue.connect(SECOND)
        say = reader.greet()
        for step in range(40):
            damaged = bytearray(say + rng.choice([b"", reader.rospec_event(rng.randint(0, 2)), report(llrp)]))
            for _ in range(rng.choice([0, 0, 1, 3])):
                if damaged:
                    damaged[rng.randrange(len(damaged))] = rng.getrandbits(8)
            now_us = SECOND + step * 50_000
            dialogue.hear_bytes(bytes(damaged), now_us)
            dialogue.tick(now_us)
            if dialogue.hung_up:
                dialogue.lose(now_us, "hung up")
                dialogue.connect(now_us)
                say = reader.greet()
            else:
                say = reader.answer(dialogue.take())
    assert dialogue.health.connects_total >= 1


@pytest.mark.parametrize(
    ("maker", "model", "shown"),
    [
        (25882, 2001002, "Impinj Speedway R420"),
        (25882, 2001052, "Impinj R700"),
        (161, 96008, "Zebra FX9600"),
        (161, 2001002, "Zebra 2001002"),
        (25882, 2099999, "Impinj 2099999"),
        (4711, 12, "4711 12"),
    ],
)
def test_a_reader_is_shown_by_its_makers_name_for_it_and_by_number_where_none_is_known(llrp, maker, model, shown):
    told = msgspec.structs.replace(MODELS["impinj-r420"], manufacturer=maker, model_number=model)
    body = HandReader(llrp).status(0) + general_capabilities(told)
    found = capabilities_of(Frame(11, 7, body))
    assert (found.model, found.firmware) == (shown, told.firmware)
