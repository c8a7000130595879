"""Serial codecs: frames → columns, against what a line of 921,600 baud can carry.

The stream is mixed: a tenth of the EPCs have 128 bits, 5 % of the frames are no tags, and one frame in a thousand is
damaged. It comes in pieces as the driver reads them; owned columns and a checksum over them are inside the timing, the
comparison with what was sent is not.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bench.decode import checksum
from bench.figures import Figures, Piece, best_s
from contract.ids import ReaderId
from edge.readers.m100 import frames as m100
from edge.readers.mercury import frames as mercury
from edge.readers.r2000 import frames as r2000
from edge.readers.serial.driver import READ_BYTES
from edge.readers.serial.reads import Walked, columns
from edge.readers.uhf288 import frames as uhf288

DOES: Final = "serial frames → columns per codec, against what 921,600 baud can carry"
FRAMES: Final = 40_000
LINE_BYTES_PER_S: Final = 921_600 / 10
"""Start bit, eight bits, stop bit."""
TIMES: Final = 7
SHORT_TIMES: Final = 2
READER: Final = ReaderId("bench")


@dataclass(frozen=True)
class Codec:
    """`tag` and `other` write frames by the manual, not by our encoder."""

    walk: Callable[[bytes], Walked]
    tag: Callable[[bytes, random.Random], bytes]
    other: bytes


def m100_tag(epc: bytes, rng: random.Random) -> bytes:
    pc = (len(epc) // 2 << 11).to_bytes(2)
    inside = b"\x02\x22" + (len(epc) + 5).to_bytes(2) + bytes((rng.randint(180, 220),)) + pc + epc + rng.randbytes(2)
    return b"\xbb" + inside + bytes((sum(inside) & 0xFF, 0x7E))


def uhf288_tag(epc: bytes, rng: random.Random) -> bytes:
    body = bytes((len(epc) + 9, 0, 1, 3, 1, 1, len(epc))) + epc + bytes((rng.randint(90, 120),))
    return body + uhf288.crc(body).to_bytes(2, "little")


def mercury_tag(epc: bytes, rng: random.Random) -> bytes:
    metadata = b"\x00\x67\x01\x01" + bytes((rng.randint(180, 220), 0x11)) + b"\x00\x2d\x05"
    pc = (len(epc) // 2 << 11).to_bytes(2)
    data = b"\x10\x00\x1b" + metadata + (8 * len(epc) + 32).to_bytes(2) + pc + epc + rng.randbytes(2)
    body = bytes((len(data), 0x22, 0, 0)) + data
    return b"\xff" + body + mercury.crc(body).to_bytes(2)


def r2000_tag(epc: bytes, rng: random.Random) -> bytes:
    pc = (len(epc) // 2 << 11).to_bytes(2)
    frame = bytes((0xA0, len(epc) + 7, 1, 0x8B, 0x10)) + pc + epc + bytes((rng.randint(60, 100),))
    return frame + bytes((-sum(frame) & 0xFF,))


CODECS: Final = {
    "m100": Codec(lambda data: m100.walk(data, dialect=m100.Dialect.BB), m100_tag, bytes.fromhex("bb01ff000115167e")),
    "mercury": Codec(mercury.walk, mercury_tag, bytes.fromhex("ff0022040084e0")),
    "r2000": Codec(r2000.walk, r2000_tag, bytes.fromhex("a00a018b00005000000000") + b"\x7a"),
    "uhf288": Codec(lambda data: uhf288.walk(data, port=1), uhf288_tag, bytes.fromhex("0700010101001e4b")),
}


def run(short: bool = False) -> Figures:  # noqa: FBT001, FBT002 - the form of every bench
    """Short: each piece is timed fewer times, so that others on the machine show more."""
    figures: Figures = {}
    for name, codec in CODECS.items():
        stream, sent = mixed(codec, seed=7)
        pieces = list(received(codec, stream))
        check(codec, pieces, sent)
        seconds = best_s([_piece(codec, data) for data in pieces], times=SHORT_TIMES if short else TIMES)
        figures[f"{name}_frames_per_s"] = round(FRAMES / seconds)
        figures[f"{name}_vs_921600_baud_ratio"] = round(len(stream) / seconds / LINE_BYTES_PER_S, 1)
    return figures


def mixed(codec: Codec, seed: int) -> tuple[bytes, list[bytes]]:
    """The stream, and the EPCs that lie in it undamaged."""
    rng = random.Random(seed)
    parts, sent = [], []
    for _ in range(FRAMES):
        if rng.random() < 0.05:
            parts.append(codec.other)
            continue
        epc = rng.randbytes(16 if rng.random() < 0.1 else 12)
        frame = codec.tag(epc, rng)
        if rng.random() < 0.001:
            frame = frame[:9] + bytes((frame[9] ^ 1,)) + frame[10:]
        else:
            sent.append(epc)
        parts.append(frame)
    return b"".join(parts), sent


def received(codec: Codec, stream: bytes) -> list[bytes]:
    """What the codec sees at each read of the driver: what was left over, and what came."""
    pieces, rest = [], b""
    for low in range(0, len(stream), READ_BYTES):
        pieces.append(rest + stream[low : low + READ_BYTES])
        rest = pieces[-1][codec.walk(pieces[-1]).consumed :]
    return pieces


def check(codec: Codec, pieces: list[bytes], sent: list[bytes]) -> None:
    """Raises `AssertionError` if anything sent undamaged was not read, or anything else was."""
    got = [read[0] for data in pieces for read in codec.walk(data).reads]
    assert got == sent, "the codec reads other EPCs than were sent"


def _piece(codec: Codec, data: bytes) -> Piece:
    def work() -> int:
        walked = codec.walk(data)
        return checksum(columns(READER, 0, walked.reads)) if walked.reads else 0

    return Piece(lambda: None, work)
