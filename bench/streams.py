"""A reader's byte stream as a shop gives it: two report shapes, keepalives and events, a few unknown parameters.

And one as several makers would give it at their most talkative: EPCs of many lengths, vendors' parameters, details."""

import random
import struct
from typing import Final

EPOCH_US: Final = 1_750_000_000_000_000
UNKNOWN_VENDOR: Final = 61621


def tlv(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, 4 + len(value)) + value


def custom(vendor: int, subtype: int, value: bytes) -> bytes:
    return tlv(1023, struct.pack("!II", vendor, subtype) + value)


def message(kind: int, body: bytes = b"", message_id: int = 0) -> bytes:
    return struct.pack("!HII", 1 << 10 | kind, 10 + len(body), message_id) + body


def tag_report(rng: random.Random, at_us: int, *, long_epc: bool, unknown: bool) -> bytes:
    """One TagReportData: EPC-96 or EPCData of 128 bits, antenna, RSSI, first seen, seen count, Impinj phase."""
    epc = rng.randbytes(16 if long_epc else 12)
    values = (
        (tlv(241, struct.pack("!H", 128) + epc) if long_epc else b"\x8d" + epc)
        + struct.pack("!BH", 0x81, rng.randint(1, 4))
        + struct.pack("!Bb", 0x86, rng.randint(-75, -35))
        + struct.pack("!BQ", 0x82, at_us)
        + struct.pack("!BH", 0x88, rng.randint(1, 9))
        + (custom(UNKNOWN_VENDOR, 7, rng.randbytes(4)) if unknown else b"")
        + custom(25882, 56, struct.pack("!H", rng.randint(0, 4095)))
    )
    return tlv(240, values)


def varied_report(rng: random.Random, at_us: int) -> bytes:
    """One TagReportData: an EPC of one of six lengths, and what one of three makers tells beside it, or none."""
    bits = rng.choice((0, 64, 96, 128, 256, 496))
    epc = rng.randbytes(bits // 8) if bits else rng.randbytes(12)
    maker, dbm = rng.randrange(4), rng.randint(-75, -35)
    impinj = (
        struct.pack("!BH", 0x8C, len(epc) // 2 << 11)
        + struct.pack("!BH", 0x8B, rng.getrandbits(16))
        + custom(25882, 57, struct.pack("!h", 100 * dbm + rng.randrange(100)))
        + custom(25882, 56, struct.pack("!H", rng.randint(0, 4095)))
        + custom(25882, 68, struct.pack("!h", rng.randint(-200, 200)))
        + custom(25882, 55, struct.pack("!H", 6) + rng.randbytes(12))
    )
    zebra = custom(161, 709, struct.pack("!h", rng.randint(-32768, 32767))) + custom(161, 712, b"\xff")
    unknown = custom(UNKNOWN_VENDOR, 7, rng.randbytes(4))
    return tlv(
        240,
        (tlv(241, struct.pack("!H", bits) + epc) if bits else b"\x8d" + epc)
        + struct.pack("!BH", 0x81, rng.randint(1, 4))
        + struct.pack("!Bb", 0x86, dbm)
        + struct.pack("!BQ", 0x82, at_us)
        + struct.pack("!BH", 0x88, rng.randint(1, 9))
        + (b"", impinj, zebra, unknown)[maker],
    )


def varied_stream(tags: int, tags_per_message: int, seed: int) -> bytes:
    """`tags` reports as `varied_report` makes them, in whole messages."""
    rng = random.Random(seed)
    parts: list[bytes] = []
    for low in range(0, tags, tags_per_message):
        count = min(tags_per_message, tags - low)
        reports = (varied_report(rng, EPOCH_US + low + i) for i in range(count))
        parts.append(message(61, b"".join(reports), low))
    return b"".join(parts)


def mixed_stream(tags: int, tags_per_message: int, seed: int) -> bytes:
    """`tags` reports, a tenth of them with 128-bit EPCs, 1 % with an unknown parameter; 5 % of the messages are
    keepalives and antenna events."""
    rng = random.Random(seed)
    parts: list[bytes] = []
    left, number = tags, 0
    while left:
        number += 1
        if rng.random() < 0.05:
            stamp = tlv(128, struct.pack("!Q", EPOCH_US + number))
            event = tlv(246, stamp + tlv(255, struct.pack("!BH", 1, rng.randint(1, 4))))
            parts.append(message(62, b"", number) if rng.random() < 0.5 else message(63, event, number))
            continue
        count = min(left, tags_per_message)
        reports = (
            tag_report(rng, EPOCH_US + 1000 * number + i, long_epc=rng.random() < 0.1, unknown=rng.random() < 0.01)
            for i in range(count)
        )
        parts.append(message(61, b"".join(reports), number))
        left -= count
    return b"".join(parts)
