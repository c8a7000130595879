"""Inputs and outputs over LLRP: asked and driven anew at every connect, off at the end, refusals told and survived."""

import asyncio
import contextlib
import struct

import pytest
from llrpkit.protocol import decode_message

from contract.facts.signals import InputKind, OutputKind
from contract.ids import ReaderId, ZoneId
from edge.clock import SystemClock
from edge.config import Active, InputConfig, OutputConfig, ReaderConfig, ZoneKind
from edge.readers import Signalling, open_reader
from edge.readers.health import Health
from edge.readers.llrp.connection import State
from edge.readers.llrp.dialogue import Dialogue
from edge.readers.llrp.gpio import ANSWER_WITHIN_US, UNWIRED, Wires, ask_inputs, set_outputs, watch_inputs
from edge.readers.llrp.timing import Timing
from edge.readers.profiles import load_profile

SECOND = 1_000_000
GET_CONFIG, SET_CONFIG = 2, 3
GPI_STATES = 9
WIRES = Wires(frozenset({1, 2}), {1: True, 3: False})
"""Output 3 is low while it is on."""


class WiredReader:
    """A reader played by hand: its outputs as it was told, its inputs as the test sets them."""

    def __init__(self, llrp):
        self.llrp = llrp
        self.outputs, self.inputs = {}, {1: 0, 2: 1, 4: 1}
        self.watched, self.events = set(), False
        self.refuses, self.deaf = set(), set()
        self.heard, self.asked = [], []

    def greet(self):
        data = self.llrp.tlv(128, bytes(8)) + self.llrp.tlv(256, bytes(2))
        return self.llrp.message(63, self.llrp.tlv(246, data))

    def gpi_event(self, port, *, high):
        self.inputs[port] = int(high)
        data = self.llrp.tlv(128, bytes(8)) + self.llrp.tlv(248, struct.pack("!HB", port, 0x80 * high))
        return self.llrp.message(63, self.llrp.tlv(246, data))

    def answer(self, data):
        said = b""
        while data:
            word, length, number = struct.unpack_from("!HII", data)
            kind, whole, data = word & 0x3FF, data[:length], data[length:]
            self.heard.append(kind)
            about = self.about(kind, whole)
            self.asked.append(about)
            if about in self.deaf or kind in {64, 72}:
                continue
            refused = about in self.refuses
            status = self.llrp.tlv(287, struct.pack("!HH", 101 if refused else 0, 6 if refused else 0))
            if refused:
                status = self.llrp.tlv(287, struct.pack("!HH", 101, 6) + b"not so")
            said += self.llrp.message(kind + 10, status + (b"" if refused else self.do(about, whole)), number)
        return said

    def about(self, kind, whole):
        """What a configuration message is about."""
        if kind == GET_CONFIG and decode_message(whole).requested_data == GPI_STATES:
            return "states"
        if kind == SET_CONFIG:
            sent = decode_message(whole)
            if sent.gpo_write_datas:
                return "outputs"
            if sent.gpi_port_current_states:
                return "inputs"
        return kind

    def do(self, about, whole):
        if about == "states":
            return b"".join(self.llrp.tlv(225, struct.pack("!HBB", p, 0x80, s)) for p, s in self.inputs.items())
        if about == "outputs":
            self.outputs |= {w.gpo_port_number: bool(w.gpo_data) for w in decode_message(whole).gpo_write_datas}
        if about == "inputs":
            self.watched = {state.gpi_port_num for state in decode_message(whole).gpi_port_current_states}
            self.events = True
        return b""


class Talk:
    def __init__(self, llrp, wires=WIRES):
        found = load_profile("generic-llrp")
        self.now_us = SECOND
        self.reader = WiredReader(llrp)
        self.health = Health(ReaderId("r"))
        self.dialogue = Dialogue(self.health, found, {1: found.place(ZoneKind.EXIT)}, Timing(), wires)

    def connect(self):
        self.dialogue.connect(self.now_us)
        self.hear(self.reader.greet())
        return self

    def hear(self, data):
        self.dialogue.hear_bytes(data, self.now_us)
        self.go()

    def go(self, us=0):
        self.now_us += us
        self.health.last_heard_us = self.now_us
        self.dialogue.tick(self.now_us)
        while said := self.reader.answer(self.dialogue.take()):
            self.dialogue.hear_bytes(said, self.now_us)


def test_at_connect_inputs_are_asked_and_outputs_are_off(llrp):
    talk = Talk(llrp)
    talk.reader.outputs = {1: True, 3: False}  # as a crash of ours left them
    talk.connect()
    assert talk.dialogue.state is State.READING
    assert talk.health.inputs == {1: False, 2: True}, "input 4 is nobody's"
    assert talk.reader.outputs == {1: False, 3: True}
    assert talk.reader.watched == {1, 2}


def test_an_input_that_changes_is_seen_at_once(llrp):
    talk = Talk(llrp).connect()
    talk.hear(talk.reader.gpi_event(1, high=True))
    assert talk.health.inputs == {1: True, 2: True}
    talk.hear(talk.reader.gpi_event(4, high=False))
    assert talk.health.inputs == {1: True, 2: True}


def test_an_input_the_reader_itself_does_not_know_is_not_told(llrp):
    talk = Talk(llrp)
    talk.reader.inputs[2] = 2
    talk.connect()
    assert talk.health.inputs == {1: False}


def test_while_the_reader_is_away_nobody_knows_its_inputs_and_what_it_finds_then_is_asked(llrp):
    talk = Talk(llrp).connect()
    talk.dialogue.lose(talk.now_us, "lost")
    assert talk.health.inputs == {}
    talk.reader.inputs[1] = 1
    talk.connect()
    assert talk.health.inputs == {1: True, 2: True}


def test_an_output_is_driven_once_and_again_after_a_reconnect(llrp):
    talk = Talk(llrp).connect()
    sets = talk.reader.heard.count(SET_CONFIG)
    talk.dialogue.gpio.want(1, on=True)
    talk.go()
    talk.go(SECOND)
    assert talk.reader.outputs == {1: True, 3: True}
    assert talk.reader.heard.count(SET_CONFIG) == sets + 1
    talk.dialogue.lose(talk.now_us, "lost")
    talk.reader.outputs = {}
    talk.connect()
    assert talk.reader.outputs == {1: True, 3: True}


def test_an_output_wanted_while_the_reader_is_away_waits_for_it(llrp):
    talk = Talk(llrp)
    talk.dialogue.gpio.want(3, on=True)
    assert talk.dialogue.take() == b""
    talk.connect()
    assert talk.reader.outputs == {1: False, 3: False}


def test_a_port_that_is_not_configured_is_never_driven(llrp):
    talk = Talk(llrp).connect()
    talk.dialogue.gpio.want(2, on=True)
    talk.go()
    assert set(talk.reader.outputs) == {1, 3}


@pytest.mark.parametrize("about", ["outputs", "inputs", "states"])
def test_a_reader_that_refuses_a_wire_reads_on_and_tells_it(llrp, about):
    talk = Talk(llrp)
    talk.reader.refuses = {about}
    talk.connect()
    talk.go(SECOND)
    assert talk.dialogue.state is State.READING
    assert talk.health.exception == f"it refuses its {about}: not so"
    assert talk.health.outputs_refused_total == (about == "outputs")
    assert len(talk.reader.heard) < 20, "what is refused is not asked again and again"


@pytest.mark.parametrize("about", ["outputs", "inputs", "states"])
def test_what_is_not_answered_is_said_again(llrp, about):
    talk = Talk(llrp)
    talk.reader.deaf = {about}
    talk.connect()
    talk.reader.deaf = set()
    talk.go(ANSWER_WITHIN_US)
    assert talk.health.inputs == {1: False, 2: True}
    assert talk.reader.outputs == {1: False, 3: True}
    assert talk.reader.events


def test_an_answer_that_cannot_be_read_is_asked_for_again(llrp):
    talk = Talk(llrp)
    whole = WiredReader.do
    talk.reader.do = lambda about, data: llrp.tlv(225, b"\0") if about == "states" else whole(talk.reader, about, data)
    talk.connect()
    assert talk.health.inputs == {}
    del talk.reader.do
    talk.go(ANSWER_WITHIN_US)
    assert talk.health.inputs == {1: False, 2: True}


def test_a_reader_without_wires_hears_nothing_of_them(llrp):
    talk = Talk(llrp, UNWIRED).connect()
    assert "states" not in talk.reader.asked
    assert talk.reader.heard.count(SET_CONFIG) == 1
    assert talk.dialogue.gpio.rest() == b""


def test_the_last_words_to_a_reader_switch_everything_off(llrp):
    talk = Talk(llrp).connect()
    talk.dialogue.gpio.want(1, on=True)
    talk.go()
    talk.reader.answer(talk.dialogue.gpio.rest())
    assert talk.reader.outputs == {1: False, 3: True}


async def until(so):
    while not so():  # noqa: ASYNC110 — the other side is a socket, which sets no event
        await asyncio.sleep(0.01)


def test_a_driver_that_is_stopped_switches_its_outputs_off(llrp):
    """Over a socket: the reader of this test is a TCP server."""
    reader = WiredReader(llrp)

    async def serve(stream, writer):
        writer.write(reader.greet())
        while data := await stream.read(65_536):
            if said := reader.answer(data):
                writer.write(said)
        writer.close()

    async def scene():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        config = ReaderConfig(
            id=ReaderId("gate"),
            url=f"llrp://127.0.0.1:{port}",
            profile="generic-llrp",
            antennas={"1": ZoneId("exit")},
            inputs={"1": InputConfig(name="Door", kind=InputKind.DOOR, zone=ZoneId("exit"))},
            outputs={"3": OutputConfig(name="Lamp", kind=OutputKind.LAMP, zone=ZoneId("exit"), active=Active.LOW)},
        )
        driver = open_reader(config, load_profile("generic-llrp"), llrp.rng(1), {1: ZoneKind.EXIT})
        assert isinstance(driver, Signalling)
        task = asyncio.create_task(driver.run(lambda _: None, SystemClock()))
        await driver.set_output(3, on=True)
        async with asyncio.timeout(60):
            await until(lambda: reader.outputs == {3: False} and driver.health.inputs == {1: False})
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await until(lambda: reader.outputs == {3: True})
        server.close()

    asyncio.run(scene())


def test_our_messages_say_to_another_decoder_what_we_mean():
    for data in (set_outputs(7, {2: True, 1: False}), watch_inputs(8, frozenset({2, 1})), ask_inputs(9)):
        assert decode_message(data).to_bytes(message_id=data[9]) == data
    outputs = decode_message(set_outputs(7, {2: True, 1: False}))
    assert not outputs.reset_to_factory_default
    assert [(w.gpo_port_number, w.gpo_data) for w in outputs.gpo_write_datas] == [(1, False), (2, True)]
    watch = decode_message(watch_inputs(8, frozenset({2, 1})))
    (state,) = watch.reader_event_notification_spec.event_notification_states
    assert (int(state.event_type), state.notification_state) == (1, True)
    assert [(s.gpi_port_num, s.config) for s in watch.gpi_port_current_states] == [(1, True), (2, True)]
    asked = decode_message(ask_inputs(9))
    assert (asked.antenna_id, int(asked.requested_data), asked.gpi_port_num) == (0, 9, 0)
