"""Which device answers: asked at every connection, told as one, and no reason not to read."""

import struct

import pytest
from llrpkit.protocol import decode_message, messages
from llrpkit.protocol import params as P  # noqa: N812 - the many names of a protocol
from readers_hand import HandReader, converse, dialogue_for

from edge.readers.base import ProtocolError
from edge.readers.llrp.connection import State
from edge.readers.llrp.frames import Frame
from edge.readers.llrp.identity import get_identification, serial_of
from simulator.llrp.models import MODELS, general_capabilities

MAC = bytes.fromhex("001625fffe0a0b0c")


def answer(kind, reader_id):
    found = P.Identification(id_type=kind, reader_id=reader_id)
    status = P.LLRPStatus(status_code=0, error_description="")
    return messages.GET_READER_CONFIG_RESPONSE(llrp_status=status, identification=found).to_bytes()[10:]


class Named(HandReader):
    """Tells capabilities and an identification."""

    def __init__(self, llrp, model="impinj-r420", reader_id=MAC, **more):
        super().__init__(llrp, **more)
        self.model, self.reader_id = MODELS[model], reader_id

    def answer(self, data):
        kind, number = (
            (struct.unpack_from("!H", data)[0] & 0x3FF, struct.unpack_from("!HII", data)[2]) if data else (0, 0)
        )
        if kind == 1:
            return self.llrp.message(11, self.status(0) + general_capabilities(self.model), number)
        if kind == 2 and 2 not in self.refuses:
            return self.llrp.message(12, answer(0, self.reader_id), number)
        return super().answer(data)


def test_the_question_is_the_standards():
    asked = decode_message(get_identification(7))
    assert (asked.message_id, asked.antenna_id, int(asked.requested_data)) == (7, 0, 1)
    assert asked.to_bytes() == get_identification(7)


@pytest.mark.parametrize(
    ("kind", "told", "shown"),
    [(0, MAC, "00:16:25:ff:fe:0a:0b:0c"), (1, bytes.fromhex("3034257bf7194e4000000001"), "3034257BF7194E4000000001")],
)
def test_a_mac_address_and_an_epc_are_read_as_another_implementation_writes_them(kind, told, shown):
    assert serial_of(Frame(12, 1, answer(kind, told))) == shown


def test_a_reader_that_does_not_say_who_it_is_has_no_serial(llrp):
    assert serial_of(Frame(12, 1, HandReader(llrp).status(0))) == ""


@pytest.mark.parametrize("value", [b"", b"\0\0", b"\0\0\x09" + MAC, b"\0\xff\xff" + bytes(70)])
def test_an_identification_that_lies_about_its_length_is_damage(llrp, value):
    with pytest.raises(ProtocolError):
        serial_of(Frame(12, 1, HandReader(llrp).status(0) + llrp.tlv(218, value)))


def test_model_firmware_and_serial_are_known_before_it_reads(llrp):
    health = converse(dialogue_for(), Named(llrp)).health
    assert (health.model, health.firmware) == ("Impinj Speedway R420", MODELS["impinj-r420"].firmware)
    assert health.serial == "00:16:25:ff:fe:0a:0b:0c"


def test_another_device_at_the_address_is_told_whole_and_never_half(llrp):
    dialogue = converse(dialogue_for(), Named(llrp))
    dialogue.lose(2_000_000, "connection lost: reset")
    other = Named(llrp, model="zebra-fx9600", reader_id=bytes(8))
    seen = []

    def pieces(data):
        for byte in data:
            yield bytes([byte])
            seen.append((dialogue.health.model, dialogue.health.serial))

    converse(dialogue, other, 3_000_000, pieces=pieces)
    assert set(seen) == {
        ("Impinj Speedway R420", "00:16:25:ff:fe:0a:0b:0c"), ("Zebra FX9600", "00:00:00:00:00:00:00:00")
    }  # fmt: skip


@pytest.mark.parametrize("how", ["refuses", "errors"])
def test_a_reader_that_refuses_to_say_who_it_is_is_read_all_the_same(llrp, how):
    dialogue = converse(dialogue_for(), HandReader(llrp, **{how: {2}}))
    assert (dialogue.state, dialogue.health.serial) == (State.READING, "")
