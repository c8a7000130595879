"""Every driver, each with a simulated reader, frames written by hand, and what its framing fixes.

A driver joins the suite by one `Subject` in `SUBJECTS`. `conftest` makes this file importable.
"""

import random
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from conformance_transports import Serial, Shop, Tcp

from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
from edge.config import ReaderConfig
from edge.readers import open_reader
from edge.readers.base import ReaderError
from edge.readers.llrp.frames import FRAME_BYTES_MAX
from edge.readers.m100.frames import PARAMS_MAX
from edge.readers.mercury.frames import FRAME_BYTES_MAX as MERCURY_BYTES_MAX
from edge.readers.profiles import load_profile
from edge.readers.r2000.frames import FRAME_BYTES_MAX as R2000_BYTES_MAX
from edge.readers.uhf288.frames import FRAME_BYTES_MAX as UHF288_BYTES_MAX
from simulator.llrp.codec import FrameBuffer
from simulator.serial.air import Tray
from simulator.serial.m100 import M100
from simulator.serial.mercury import Mercury, framed, record
from simulator.serial.r2000 import R2000
from simulator.serial.uhf288 import UHF288, crc16

STEP_US = 20_000
SENT_MAX = 10_000
QUIET_US = 300_000
"""Longer than a serial line is quiet inside a frame, shorter than anybody would ask why."""


@dataclass(frozen=True)
class Subject:
    name: str
    scheme: str
    profile: str
    device: Callable
    """() → a simulated reader that has just begun, before which nothing lies."""
    at: Callable
    """(folder, **more) → a transport; `empty`: nothing lies before it."""
    tag: Callable[[bytes], bytes]
    """A frame that carries one read of this EPC."""
    unknown: bytes
    """A whole frame that no driver knows."""
    claims: Callable[[int], bytes]
    """A frame whose length says this, filled up with zeros as far as its framing goes."""
    seal: Callable[[bytes], bytes]
    """Make length and checksum of a damaged frame right again."""
    cap: int
    """Longest frame in bytes."""
    model: str
    checked: bool = True
    """Frames carry a checksum, and a frame that stopped is not waited for: a line that loses bytes is lived with."""
    by_tid: bool = True
    module: Callable | None = None
    """Of a serial family: an `Air` → a simulated module."""
    another_baud: int = 57_600
    """That it can be set to."""
    variant: bool = False
    """Differs from the one before it in its frames alone: not in stories that take many seconds."""

    def hand(self, **how):
        return Hand(self, **how)


class Hand:
    """A dialogue and its reader, joined by hand, with time as an argument."""

    def __init__(self, subject, *, pieces=None, recorded=False):
        url = "llrp://127.0.0.1" if subject.scheme == "llrp" else f"{subject.scheme}:///dev/x?region=eu"
        self.reader = reader_on(subject, url)
        self.dialogue, self.health = self.reader._dialogue, self.reader.health
        self.now_us = 1_000_000
        self.epcs, self.outcomes = [], []
        self.recorded = [] if recorded else None
        self.sent = deque(maxlen=SENT_MAX)
        self._pieces = pieces
        self.device = subject.device()
        self.reopen()

    def reopen(self):
        """The connection ends, if there is one, the reader restarts, and another begins."""
        self.dialogue.lose(self.now_us, "the story goes on")
        self.device.power()
        (self.dialogue.connect if hasattr(self.dialogue, "connect") else self.dialogue.open)(self.now_us)
        return self

    def go(self, seconds):
        """Let the two talk."""
        for _ in range(int(seconds * 1e6) // STEP_US):
            if self.dialogue.hung_up:
                break
            self.now_us += STEP_US
            if asked := self.dialogue.take():
                self.sent.append(asked)
                self.device.hear(asked, self.now_us)
            said = self.device.advance(self.now_us)
            if self.recorded is not None:
                self.recorded.append(said)
            for piece in self._pieces(said) if self._pieces is not None else [said]:
                self.hear(piece)
            self._collect(self.dialogue.tick(self.now_us))
        return self

    def hear(self, data):
        heard = self.dialogue.hear_bytes if hasattr(self.dialogue, "hear_bytes") else self.dialogue.hear
        self._collect(heard(data, self.now_us))
        return self

    def quiet(self):
        """For a moment nobody says anything."""
        self.now_us += QUIET_US
        self._collect(self.dialogue.tick(self.now_us))
        return self

    def want(self, access):
        """Its outcome comes into `outcomes`, sooner or later."""
        try:
            if hasattr(self.dialogue, "accesses"):
                self.dialogue.accesses.ask(access, self.outcomes.append)
            else:
                self.dialogue.want(access, self.outcomes.append)
        except ReaderError as error:
            self.outcomes.append(error)

    def _collect(self, told):
        for batch in told if isinstance(told, list) else [told]:
            if batch is not None:
                bits = batch.epc_bits.tolist()
                self.epcs += [row.tobytes()[: n // 8] for row, n in zip(batch.epc, bits, strict=True)]


class LlrpDevice:
    """A simulated LLRP reader that takes bytes. It hears no tag; LLRP goes on."""

    def __init__(self, number):
        self.device = Shop(number, empty=True).device
        self.power()

    def power(self):
        self.device.reboot(0)
        self._frames = FrameBuffer()
        self._out = self.device.connected(0)

    def hear(self, data, now_us):
        for received in self._frames.feed(data):
            self._out += self.device.hear(received, now_us)

    def advance(self, now_us):
        said, self._out = self._out + self.device.advance(now_us), b""
        return said


def reader_on(subject, url, *, antennas=("1",), kinds=None):
    config = ReaderConfig(
        id=ReaderId("r"), url=url, profile=subject.profile, antennas={antenna: ZoneId("z") for antenna in antennas}
    )
    return open_reader(config, load_profile(subject.profile), random.Random(3), kinds)


def reading(reader):
    return reader.health.link is ReaderLink.READING


def llrp(profile, number, model, *, variant=False):
    def message(kind, body=b""):
        return struct.pack("!HII", 1 << 10 | kind, 10 + len(body), 7) + body

    def tag(epc):
        values = b"\x8d" + epc if len(epc) == 12 else struct.pack("!HHH", 241, 6 + len(epc), 8 * len(epc)) + epc
        values += b"\x81\0\1" + b"\x89\0\0\0\1"
        return message(61, struct.pack("!HH", 240, 4 + len(values)) + values)

    def claims(length):
        begun = struct.pack("!HII", 1 << 10 | 61, min(length, 2**32 - 1), 7)
        return begun + bytes(max(0, length - 10) if length <= FRAME_BYTES_MAX else 0)

    def seal(data):
        return data[:2] + len(data).to_bytes(4) + data[6:] if len(data) >= 10 else data

    return Subject(
        seal=seal,
        name=profile,
        scheme="llrp",
        profile=profile,
        device=lambda: LlrpDevice(number),
        at=lambda folder, **more: Tcp(number, **more),
        tag=tag,
        unknown=message(900, b"\1\2\3"),
        claims=claims,
        cap=FRAME_BYTES_MAX,
        model=model,
        checked=False,
        variant=variant,
    )


def serial(module, **more):
    """`module`: an `Air` → a simulated module."""
    return Subject(
        module=module,
        device=lambda: module(Tray({})),
        at=lambda folder, **how: Serial(more["scheme"], module, folder, **how),
        **more,
    )


def m100(mark):
    header, end = {"BB": (0xBB, 0x7E), "AA": (0xAA, 0xDD)}[mark]

    def frame(kind, command, body):
        inside = bytes((kind, command)) + len(body).to_bytes(2) + body
        return bytes((header, *inside, sum(inside) & 0xFF, end))

    def claims(length):
        return bytes((header, 2, 0x22)) + min(length, 0xFFFF).to_bytes(2) + bytes(min(length, PARAMS_MAX))

    def seal(data):
        return frame(data[1] % 3, data[2], data[5:-2][:PARAMS_MAX]) if len(data) >= 7 else data

    return serial(
        lambda air: M100(air, mark=mark),
        seal=seal,
        name=f"m100-{mark}",
        scheme="m100",
        profile="m100",
        tag=lambda epc: frame(2, 0x22, b"\xc9" + (len(epc) // 2 << 11).to_bytes(2) + epc + b"\x3a\x76"),
        unknown=frame(2, 0x77, b"\x01\x02\x03"),
        claims=claims,
        cap=PARAMS_MAX + 7,
        model="M100 26dBm V1.0",
        variant=mark == "AA",
    )


def uhf288(*, old):
    def frame(command, status, data):
        body = bytes((len(data) + 5, 0, command, status)) + data
        return body + crc16(body).to_bytes(2, "little")

    def tag(epc):
        if old:
            return frame(1, 3, bytes((1, len(epc))) + epc)
        return frame(1, 3, bytes((1, 1, len(epc))) + epc + b"\x6b")

    def seal(data):
        return frame(data[2], data[3], data[4:-2][:250]) if len(data) >= 6 else data

    return serial(
        lambda air: UHF288(air, baud=115_200, old=old),
        seal=seal,
        name=f"uhfreader{18 if old else 288}",
        scheme="uhf288",
        profile="uhfreader288",
        tag=tag,
        unknown=frame(0x77, 0, b"\x01\x02\x03"),
        claims=lambda length: bytes((min(length, 0xFF), 0, 1, 3)) + bytes(min(length, 0xFF)),
        cap=UHF288_BYTES_MAX,
        model="UHFReader18 type 09" if old else "UHFReader288/86 type 20",
        by_tid=not old,
        variant=old,
    )


def mercury():
    def seal(data):
        return framed(data[2], data[3] << 8 | data[4], data[5:-2][:255]) if len(data) >= 7 else data

    return serial(
        Mercury,
        seal=seal,
        name="mercury",
        scheme="mercury",
        profile="mercury",
        tag=lambda epc: framed(0x22, 0, b"\x10\x00\x1b" + record(epc, flags=0x01FF, rssi_dbm=-60, antenna=1)),
        unknown=framed(0x77, 0, b"\x01\x02\x03"),
        claims=lambda length: bytes((0xFF, min(length, 0xFF), 0x22, 0)) + bytes(min(length, 0xFF)),
        cap=MERCURY_BYTES_MAX,
        model="M6e Nano",
    )


def r2000():
    def frame(command, data):
        head = bytes((0xA0, len(data) + 3, 1, command)) + data
        return head + bytes((-sum(head) & 0xFF,))

    def seal(data):
        return frame(data[3], data[4:-1][:252]) if len(data) >= 5 else data

    return serial(
        R2000,
        seal=seal,
        name="r2000",
        scheme="r2000",
        profile="r2000",
        tag=lambda epc: frame(0x8B, b"\x10" + (len(epc) // 2 << 11).to_bytes(2) + epc + b"\x4a"),
        unknown=frame(0x6E, b"\x01\x02\x03"),
        claims=lambda length: bytes((0xA0, min(length, 0xFF), 1, 0x8B)) + bytes(min(length, 0xFF)),
        cap=R2000_BYTES_MAX,
        model="R2000",
        another_baud=38_400,
        by_tid=False,
    )


SUBJECTS = [
    llrp("zebra-fx9600", 0, "Zebra FX9600"),
    llrp("generic-llrp", 0, "Zebra FX9600", variant=True),
    llrp("impinj-r420", 1, "Impinj Speedway R420", variant=True),
    m100("BB"),
    m100("AA"),
    uhf288(old=False),
    uhf288(old=True),
    mercury(),
    r2000(),
]
SERIAL = [subject for subject in SUBJECTS if subject.module is not None]
