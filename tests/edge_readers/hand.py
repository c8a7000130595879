"""A reader played by hand, and a dialogue to play it with. `conftest` makes it importable as `readers_hand`."""

import struct

from contract.ids import ReaderId
from edge.config import ZoneKind
from edge.readers.health import Health
from edge.readers.llrp.dialogue import Dialogue
from edge.readers.llrp.gpio import UNWIRED
from edge.readers.llrp.timing import Timing
from edge.readers.profiles import load_profile

ANSWERS = {1: 11, 2: 12, 3: 13, 20: 30, 21: 31, 22: 32, 24: 34, 26: 36, 41: 51, 1023: 1023}
SECOND = 1_000_000


class HandReader:
    """A reader played by hand: answers requests, may refuse some, may stop answering."""

    def __init__(self, llrp, *, refuses=(), errors=(), rospec_state=2):
        self.llrp = llrp
        self.refuses, self.errors, self.rospec_state = set(refuses), set(errors), rospec_state
        self.heard = []

    def greet(self, status=0, stamp=None):
        data = (stamp or self.llrp.tlv(128, bytes(8))) + self.llrp.tlv(256, struct.pack("!H", status))
        return self.llrp.message(63, self.llrp.tlv(246, data))

    def status(self, code, words=b""):
        return self.llrp.tlv(287, struct.pack("!HH", code, len(words)) + words)

    def answer(self, data):
        said = b""
        while data:
            word, length, number = struct.unpack_from("!HII", data)
            kind, body, data = word & 0x3FF, data[10:length], data[length:]
            self.heard.append(kind)
            if kind in self.errors:
                said += self.llrp.message(100, self.status(109, b"no such message"), number)
            elif kind in ANSWERS:
                refused = kind in self.refuses or (kind, body) in self.refuses
                found = b""
                if kind == 26:
                    found = self.llrp.tlv(177, struct.pack("!IBB", 1, 0, self.rospec_state))
                prefix = struct.pack("!IB", 25882, 22) if kind == 1023 else b""
                status = self.status(101 if refused else 0, b"not so" if refused else b"")
                said += self.llrp.message(ANSWERS[kind], prefix + status + found, number)
        return said

    def event(self, *params):
        return self.llrp.message(63, self.llrp.tlv(246, self.llrp.tlv(128, bytes(8)) + b"".join(params)))

    def rospec_event(self, kind, rospec=1):
        return self.event(self.llrp.tlv(249, struct.pack("!BII", kind, rospec, 0)))


def dialogue_for(profile="generic-llrp", wires=UNWIRED, **timing):
    found = load_profile(profile)
    return Dialogue(Health(ReaderId("r")), found, {1: found.place(ZoneKind.CASE)}, Timing(**timing), wires)


def converse(dialogue, reader, now_us=SECOND, pieces=None):
    """Connect and go on until neither has anything to say."""
    dialogue.connect(now_us)
    say = reader.greet()
    while say:
        for piece in pieces(say) if pieces else [say]:
            dialogue.hear_bytes(piece, now_us)
        say = reader.answer(dialogue.take())
    return dialogue
