"""A few tag reports at once, as a tick of a quiet reader brings them: plain Python, same meaning as `reports`."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from contract.ids import ReaderId
from edge.readers.base import ProtocolError, ReadBatch
from edge.readers.llrp.frames import HEADER_BYTES, Frame
from edge.readers.llrp.params import TYPE_TAG_REPORT_DATA, UnknownTvError
from edge.readers.llrp.runs import step_frames
from edge.readers.llrp.spans import tlv_at
from edge.readers.llrp.templates import NOT_TOLD, Template, Templates

EPC_BYTES_MIN: Final = 12
FIRST_SEEN: Final = list(NOT_TOLD).index("first_seen_us")
UNKNOWN_KINDS_MAX: Final = 64
"""Kinds of unknown parameters counted each by its name; a reader that makes up more is counted as `other`."""
LAST_SEEN: Final = list(NOT_TOLD).index("last_seen_us")


@dataclass(slots=True)
class Counts:
    """What a decoder saw since it began."""

    frames_total: int = 0
    reads_total: int = 0
    reports_damaged_total: int = 0
    bytes_skipped_total: int = 0
    resyncs_total: int = 0
    stamps_dropped_total: int = 0
    unknown_total: Counter[str] = field(default_factory=Counter)

    def know(self, names: tuple[str, ...], times: int) -> None:
        """Count parameters that were stepped over."""
        for name in names:
            known = name in self.unknown_total or len(self.unknown_total) < UNKNOWN_KINDS_MAX
            self.unknown_total[name if known else "other"] += times

    def damage(self, error: ProtocolError) -> None:
        """Count a tag report that could not be read."""
        self.reports_damaged_total += 1
        if isinstance(error, UnknownTvError):
            self.know((f"tv:{error.tv}",), 1)


@dataclass(frozen=True, slots=True)
class Decoded:
    """`consumed` bytes are done with; `others` are all messages but tag reports, in order."""

    batch: ReadBatch | None
    others: list[Frame]
    consumed: int
    frames: int = 0
    resyncs: int = 0


def decode_few(data: bytes, templates: Templates, counts: Counts, reader: ReaderId, arrived_us: int) -> Decoded:
    """All whole messages of `data`; counts what it meets."""
    frames = step_frames(data)
    counts.frames_total += frames.count
    counts.bytes_skipped_total += frames.skipped
    counts.resyncs_total += frames.resyncs
    rows: list[list[int]] = []
    epcs: list[bytes] = []
    used: list[Template] = []
    for start, length in frames.reports:
        at, end = start + HEADER_BYTES, start + length
        while at < end:
            tlv = tlv_at(data, at, end)
            if tlv is None:
                counts.reports_damaged_total += 1
                break
            if tlv.kind == TYPE_TAG_REPORT_DATA:
                try:
                    template, values = templates.read(data[at : at + tlv.length])
                except ProtocolError as error:
                    counts.damage(error)
                else:
                    rows.append(template.row(values))
                    epcs.append(data[at + template.epc_at : at + template.epc_at + template.epc_bytes])
                    used.append(template)
            else:
                counts.know((tlv.name,), 1)
            at += tlv.length
    batch = _batch(rows, epcs, used, counts, reader=reader, arrived_us=arrived_us) if rows else None
    return Decoded(batch, frames.others, frames.consumed, frames.count, frames.resyncs)


def _batch(
    rows: list[list[int]], epcs: list[bytes], used: list[Template], counts: Counts, *, reader: ReaderId, arrived_us: int
) -> ReadBatch:
    utc = any(template.utc for template in used)
    uptime = any(template.uptime for template in used)
    for i, template in enumerate(used):
        counts.know(template.unknown, 1)
        spare = -template.epc_bits % 8
        if spare:
            epcs[i] = epcs[i][:-1] + bytes([epcs[i][-1] & 0xFF << spare & 0xFF])
        if utc and template.uptime:
            rows[i][FIRST_SEEN] = rows[i][LAST_SEEN] = 0
            counts.stamps_dropped_total += 1
    counts.reads_total += len(rows)
    width = max(EPC_BYTES_MIN, *(-(-template.epc_bytes // 4) * 4 for template in used))
    epc = np.frombuffer(bytearray().join(epc.ljust(width, b"\0") for epc in epcs), np.uint8).reshape(-1, width)
    antenna, rssi, phase, channel, seen, first, last, rospec = zip(*rows, strict=True)
    return ReadBatch(
        reader=reader,
        arrived_us=arrived_us,
        epc=epc,
        epc_bits=np.array([template.epc_bits for template in used], np.uint16),
        antenna=np.array(antenna, np.uint16),
        rssi_cdbm=np.array(rssi, np.int16),
        phase=np.array(phase, np.uint16),
        channel=np.array(channel, np.uint16),
        seen_count=np.array(seen, np.uint16),
        first_seen_us=np.array(first, np.uint64),
        last_seen_us=np.array(last, np.uint64),
        rospec_id=np.array(rospec, np.uint32),
        uptime=uptime and not utc,
    )
