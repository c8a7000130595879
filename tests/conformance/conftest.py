"""The serial families, each as its codec, its simulated module, and frames written by hand: what every one must stand."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from edge.readers.m100 import frames as m100_frames
from edge.readers.mercury import frames as mercury_frames
from edge.readers.uhf288 import frames as uhf288_frames
from simulator.serial.m100 import M100
from simulator.serial.mercury import Mercury, framed, record
from simulator.serial.uhf288 import UHF288, crc16


@dataclass(frozen=True)
class Family:
    name: str
    scheme: str
    profile: str
    walk: Callable
    module: Callable
    """An `Air` → a simulated module."""
    tag: Callable[[bytes], bytes]
    """A frame that carries one read of this EPC."""
    unknown: bytes
    """A whole frame with a good checksum that no driver knows."""
    with_length: Callable[[int], bytes]
    """The beginning of a frame that claims to be so long."""
    cap: int
    """Longest frame in bytes."""
    model: str
    variant: bool = False
    """Differs from the one before it in its frames alone."""


def m100(mark):
    header, end = {"BB": (0xBB, 0x7E), "AA": (0xAA, 0xDD)}[mark]

    def frame(kind, command, body):
        inside = bytes((kind, command)) + len(body).to_bytes(2) + body
        return bytes((header, *inside, sum(inside) & 0xFF, end))

    def tag(epc):
        return frame(2, 0x22, b"\xc9" + (len(epc) // 2 << 11).to_bytes(2) + epc + b"\x3a\x76")

    return Family(
        name=f"m100-{mark}",
        scheme="m100",
        profile="m100",
        walk=m100_frames.walk,
        module=lambda air, **more: M100(air, mark=mark, **more),
        tag=tag,
        unknown=frame(2, 0x77, b"\x01\x02\x03"),
        with_length=lambda length: bytes((header, 2, 0x22)) + min(length, 0xFFFF).to_bytes(2),
        cap=m100_frames.PARAMS_MAX + 7,
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

    return Family(
        name=f"uhfreader{18 if old else 288}",
        scheme="uhf288",
        profile="uhfreader288",
        walk=lambda data, **more: uhf288_frames.walk(data, old=old, **more),
        module=lambda air, baud=115_200: UHF288(air, baud=baud, old=old),
        tag=tag,
        unknown=frame(0x77, 0, b"\x01\x02\x03"),
        with_length=lambda length: bytes((min(length, 0xFF), 0, 1, 3)),
        cap=uhf288_frames.FRAME_BYTES_MAX,
        model="UHFReader18 type 09" if old else "UHFReader288/86 type 20",
        variant=old,
    )


MERCURY = Family(
    name="mercury",
    scheme="mercury",
    profile="mercury",
    walk=mercury_frames.walk,
    module=Mercury,
    tag=lambda epc: framed(0x22, 0, b"\x10\x00\x1b" + record(epc, flags=0x01FF, rssi_dbm=-60, antenna=1)),
    unknown=framed(0x77, 0, b"\x01\x02\x03"),
    with_length=lambda length: bytes((0xFF, min(length, 0xFF), 0x22, 0)),
    cap=mercury_frames.FRAME_BYTES_MAX,
    model="M6e Nano",
)
FAMILIES = [m100("BB"), m100("AA"), uhf288(old=False), uhf288(old=True), MERCURY]


@pytest.fixture(params=FAMILIES, ids=lambda family: family.name)
def family(request):
    return request.param


@pytest.fixture(params=[f for f in FAMILIES if not f.variant], ids=lambda family: family.name)
def kind(request):
    """One of each kind, for stories that take seconds."""
    return request.param
