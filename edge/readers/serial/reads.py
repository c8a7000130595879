"""What a serial codec finds in a piece of the stream, and reads as columns. No input or output."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from contract.ids import ReaderId
from edge.readers.base import EPC_BITS_MAX, ReadBatch, epc_columns

EPC_BYTES_MAX: Final = EPC_BITS_MAX // 8

Read = tuple[bytes, int, int, int, int]
"""EPC, antenna, RSSI in cdBm, phase, seen count: a plain tuple, because a full line makes thousands a second."""


class Walked(msgspec.Struct, kw_only=True):
    """What lay in the bytes. `consumed` ends where the next frame begins or may begin."""

    consumed: int = 0
    reads: list[Read] = msgspec.field(default_factory=list)
    frames: list[msgspec.Struct] = msgspec.field(default_factory=list)
    """Everything that is not a read, in order, each a struct of its family."""
    good: int = 0
    """Frames whose checksum held, reads included."""
    skipped: int = 0
    """Bytes at which no frame could begin."""
    damaged: int = 0
    """Frames that were whole but whose checksum, end or inside was wrong."""


def columns(reader: ReaderId, arrived_us: int, reads: Sequence[Read]) -> ReadBatch:
    """`reads` must not be empty. Serial modules tell neither time nor hop-table index: those columns are 0."""
    epcs, antennas, rssis, phases, seen = zip(*reads, strict=True)
    n = len(epcs)
    epc, bits = epc_columns(epcs)
    return ReadBatch.of(
        reader=reader,
        arrived_us=arrived_us,
        epc=epc,
        epc_bits=bits,
        antenna=np.array(antennas, np.uint16),
        rssi_cdbm=np.array(rssis, np.int16),
        phase=np.array(phases, np.uint16),
        channel=np.zeros(n, np.uint16),
        seen_count=np.array(seen, np.uint16),
        first_seen_us=np.zeros(n, np.uint64),
        last_seen_us=np.zeros(n, np.uint64),
        rospec_id=np.zeros(n, np.uint32),
    )
