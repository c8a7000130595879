"""The serial families, each as its codec, its simulated module, and frames written by hand: what every one must stand."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from edge.readers.m100 import frames as m100_frames
from simulator.serial.m100 import M100


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
    )


FAMILIES = [m100("BB"), m100("AA")]


@pytest.fixture(params=FAMILIES, ids=lambda family: family.name)
def family(request):
    return request.param
