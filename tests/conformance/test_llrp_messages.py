"""Every LLRP message this house sends, judged by two who did not make it: llrpkit decodes each and encodes it again byte
for byte, and Wireshark's dissector finds nothing wrong. Both know LLRP 1.0.1 and Impinj's extensions, which is all we
send: no message of 1.1 and no other vendor's parameter is among them, so there is nothing to except.
"""

import dataclasses
import shutil
import struct
import subprocess
from itertools import product

import msgspec
import pytest
from conformance_subjects import SUBJECTS
from llrpkit.protocol import (
    UnknownCustomMessage,
    UnknownCustomParameter,
    UnknownMessage,
    UnknownParameter,
    decode_message,
)

from edge.config import ZoneKind
from edge.readers.access import Bank, Lock, Lockable, LockState, ReadMemory, Target, WriteMemory, read_tid, write_epc
from edge.readers.llrp import accessspecs, gpio, inquiry, messages
from edge.readers.llrp.capabilities import capabilities_of
from edge.readers.llrp.frames import Frame
from edge.readers.profiles import Level, Search, Trigger, known, load_profile
from simulator.llrp import models

EPC, TID = bytes(range(12)), bytes.fromhex("e2801160600002054d2a1c2b")
SENT = {1, 2, 3, 14, 20, 21, 22, 24, 26, 40, 41, 42, 43, 44, 64, 72, 1023}
"""Message types (LLRP 1.1 §16): whoever sends another adds it here, and to `built`."""
ACCESSES = [
    *(access for tag in (Target(Bank.EPC, EPC), Target(Bank.TID, TID), Target(Bank.EPC, EPC, 2)) for access in (
        read_tid(tag),
        write_epc(tag, EPC[::-1], 0xC0FFEE11),
        ReadMemory(tag=tag, bank=Bank.RESERVED, at=2, words=2, password=0xFFFFFFFF),
        WriteMemory(tag=tag, bank=Bank.USER, at=3, data=bytes(64)),
        Lock(tag=tag, password=1, locks=dict(zip(Lockable, [*LockState, LockState.LOCKED], strict=True))),
    )),
]  # fmt: skip


def capabilities(model):
    makers = (
        models.general_capabilities,
        models.llrp_capabilities,
        models.regulatory_capabilities,
        models.air_capabilities,
    )
    return capabilities_of(Frame(11, 1, struct.pack("!HHHH", 287, 8, 0, 0) + b"".join(make(model) for make in makers)))


def rospecs():
    """All places of all profiles, together and each alone, before every model; and every trigger and search mode."""
    for name in known():
        profile = load_profile(name)
        every = dict(enumerate(profile.places.values(), start=1))
        for model in models.MODELS.values():
            reader = capabilities(model)
            yield messages.add_rospec(1, profile, every, reader)
            for port, place in every.items():
                yield messages.add_rospec(2, profile, {port: place}, reader)
    profile = load_profile("impinj-r420")
    place = profile.place(ZoneKind.SAFE)
    for trigger, search, dwell_ms in product(set(Trigger) - {Trigger.GPI}, Search, (0, 250)):
        changed = msgspec.structs.replace(
            place, trigger=trigger, search=search, dwell_ms=dwell_ms, period_ms=2000, report_every_ms=500
        )
        yield messages.add_rospec(3, profile, {1: changed, 2: changed}, reader)
    for level in Level:
        door = msgspec.structs.replace(place, trigger=Trigger.GPI, gpi_port=2, gpi_level=level, gpi_timeout_ms=9000)
        yield messages.add_rospec(3, profile, {1: door}, reader)


def built():
    """What can be said at all, once."""
    yield from rospecs()
    for access in ACCESSES:
        yield accessspecs.add_accessspec(4, access, 7)
    yield accessspecs.enable_accessspec(5)
    yield accessspecs.disable_accessspec(6)
    yield accessspecs.delete_accessspec(7)
    yield accessspecs.delete_accessspec(8, accessspecs.ALL)
    yield accessspecs.get_accessspecs(9)
    yield messages.get_rospecs(10)
    yield messages.configure(11, 1000)
    yield gpio.set_outputs(13, {1: True, 2: False, 4: True})
    yield gpio.watch_inputs(14, frozenset({1, 2}))
    yield gpio.ask_inputs(15)
    yield messages.get_reader_config(16)
    yield inquiry.close_connection(17)


def said():
    """What dialogues said to simulated readers, from the first byte to an access and keepalives."""
    for subject in SUBJECTS:
        if subject.scheme != "llrp":
            continue
        hand = subject.hand()
        hand.go(3)
        for access in ACCESSES[:5]:
            hand.want(access)
            hand.go(4)
        yield from split(b"".join(hand.sent))


def split(data):
    while data:
        size = int.from_bytes(data[2:6])
        yield data[:size]
        data = data[size:]


@pytest.fixture(scope="module")
def every():
    return list(dict.fromkeys([*built(), *said()]))


def kind(data):
    return int.from_bytes(data[:2]) & 0x3FF


def unknown(value, path):
    """Paths of everything llrpkit kept as bytes because it does not know it, or not there."""
    if isinstance(value, UnknownMessage | UnknownCustomMessage | UnknownParameter | UnknownCustomParameter):
        yield f"{path}: {value}"
    elif isinstance(value, list | tuple):
        for place, one in enumerate(value):
            yield from unknown(one, f"{path}[{place}]")
    elif dataclasses.is_dataclass(value):
        yield from unknown(getattr(value, "unbound_params", []), f"{path}, where it may not be")
        for field in dataclasses.fields(value):
            yield from unknown(getattr(value, field.name), f"{path}.{field.name}")


def test_the_messages_are_all_we_send(every):
    assert {kind(data) for data in every} == SENT
    assert all(int.from_bytes(data[:2]) >> 10 == 1 for data in every), "version 1 (LLRP 1.0.1)"


def test_a_conversation_brings_nearly_all_of_them():
    assert {kind(data) for data in said()} >= {1, 3, 20, 21, 22, 24, 40, 41, 42, 64, 72, 1023}


def test_llrpkit_decodes_every_message_and_encodes_it_again_byte_for_byte(every):
    for data in every:
        message = decode_message(data)
        assert list(unknown(message, type(message).__name__)) == []
        assert message.to_bytes() == data


def test_the_judge_would_notice_what_is_not_llrp(every):
    strange = bytearray(next(data for data in every if kind(data) == 24))
    strange[:2] = (1 << 10 | 999).to_bytes(2)
    assert list(unknown(decode_message(bytes(strange)), ""))


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed; ./test installs it")
def test_wireshark_finds_nothing_wrong_in_any(every, tmp_path):
    capture = tmp_path / "ours.pcap"
    capture.write_bytes(pcap(every))
    assert tshark(capture, "llrp", "llrp.type") == [str(kind(data)) for data in every]
    assert tshark(capture, "_ws.malformed || _ws.expert.severity >= 0x00600000", "_ws.expert.message") == []


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed; ./test installs it")
def test_wireshark_would_complain(every, tmp_path):
    """The control: the same messages, each without its last four bytes and with a length that says so."""
    capture = tmp_path / "cut.pcap"
    cut = [data[:2] + (len(data) - 4).to_bytes(4) + data[6:-4] for data in every if len(data) > 40]
    capture.write_bytes(pcap(cut))
    assert tshark(capture, "_ws.malformed || _ws.expert.severity >= 0x00600000", "_ws.expert.message")


def pcap(messages):
    """Raw IPv4 packets to port 5084, one message each, as a capture would show them."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)]
    sent = 1
    for number, data in enumerate(messages):
        tcp = struct.pack(">HHIIBBHHH", 40000, 5084, sent, 1, 0x50, 0x18, 65535, 0, 0)
        ends = b"\x0a\0\0\1" + b"\x0a\0\0\2"
        size = 40 + len(data)
        packet = struct.pack(">BBHHHBBH", 0x45, 0, size, number & 0xFFFF, 0x4000, 64, 6, 0) + ends + tcp + data
        out.append(struct.pack("<IIII", 1_800_000_000, number, size, size) + packet)
        sent += len(data)
    return b"".join(out)


def tshark(capture, wanted, field):
    done = subprocess.run(
        ["tshark", "-n", "-r", str(capture), "-T", "fields", "-E", "aggregator=|", "-Y", wanted, "-e", field],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [one for line in done.stdout.splitlines() for one in line.split("|")]
