"""RO_ACCESS_REPORT from columns: one numpy template per content selector, filled a dwell at a time.

A demo has thousands of reads a second on shared cores; an object per tag would cost more than the rest together.
"""

import functools
import struct
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from simulator.llrp.clock import Clock
from simulator.llrp.codec import HEADER_BYTES, VERSION, M, P, message, tlv
from simulator.llrp.models import IMPINJ
from simulator.llrp.spec import Content
from simulator.radio import Seen
from simulator.tags import EPC_BYTES, Tags

Bytes = npt.NDArray[np.uint8]


class Heard(msgspec.Struct, frozen=True):
    """Reads of one or more dwells waiting for their report; one element per TagReportData."""

    rows: npt.NDArray[np.int64]
    antenna: npt.NDArray[np.uint16]
    channel: npt.NDArray[np.uint16]
    rssi_cdbm: npt.NDArray[np.int16]
    count: npt.NDArray[np.uint16]
    first_us: npt.NDArray[np.int64]
    last_us: npt.NDArray[np.int64]
    phase: npt.NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, start: int, stop: int) -> "Heard":
        return Heard(*(getattr(self, name)[start:stop] for name in Heard.__struct_fields__))

    def where(self, kept: npt.NDArray[np.bool_]) -> "Heard":
        return Heard(*(getattr(self, name)[kept] for name in Heard.__struct_fields__))


def heard(seen: Seen, antenna: int, clock: Clock) -> Heard:
    """Times are those of the reader's clock when it heard the tags: a later jump does not change them."""
    n = len(seen.rows)
    return Heard(
        rows=seen.rows,
        antenna=np.full(n, antenna, dtype=np.uint16),
        channel=np.full(n, seen.channel, dtype=np.uint16),
        rssi_cdbm=seen.rssi_cdbm,
        count=seen.count,
        first_us=clock.read_all(seen.first_us),
        last_us=clock.read_all(seen.last_us),
        phase=seen.phase,
    )


def join(parts: list[Heard]) -> Heard:
    """One after the other, nothing merged."""
    return parts[0] if len(parts) == 1 else Heard(*(_column(parts, name) for name in Heard.__struct_fields__))


def merge(parts: list[Heard]) -> Heard:
    """One TagReportData per tag and antenna (§14.2.3): counts add up, RSSI is the peak, times span all reads."""
    every = join(parts)
    key = every.rows * 65_536 + every.antenna
    order = np.argsort(key, kind="stable")
    starts = np.nonzero(np.diff(key[order], prepend=-1))[0]
    if len(starts) == len(key):
        return every
    lead = order[starts]
    return Heard(
        rows=every.rows[lead],
        antenna=every.antenna[lead],
        channel=every.channel[lead],
        rssi_cdbm=np.maximum.reduceat(every.rssi_cdbm[order], starts),
        count=np.minimum(np.add.reduceat(every.count[order].astype(np.int64), starts), 0xFFFF).astype(np.uint16),
        first_us=np.minimum.reduceat(every.first_us[order], starts),
        last_us=np.maximum.reduceat(every.last_us[order], starts),
        phase=every.phase[lead],
    )


def encode(content: Content, ids: tuple[int, int, int], tags: Tags, reads: Heard) -> Bytes:
    """TagReportData parameters, one row of bytes each; shape (n, size). `ids`: ROSpec, SpecIndex, inventory spec."""
    out = np.repeat(_template(content, ids), len(reads))
    out["epc"] = tags.epc[reads.rows]
    fill = {
        "antenna": reads.antenna,
        "rssi": reads.rssi_cdbm // 100,
        "channel": reads.channel,
        "first": reads.first_us,
        "last": reads.last_us,
        "count": reads.count,
        "pc": tags.pc[reads.rows],
        "crc": tags.crc[reads.rows],
        "cdbm": reads.rssi_cdbm,
        "phase": reads.phase,
        "tid": tags.tid[reads.rows],
    }
    names = out.dtype.names or ()
    for name, column in fill.items():
        if name in names:
            out[name] = column
    return out.view(np.uint8).reshape(len(reads), out.dtype.itemsize)


def encode_each(
    content: Content, ids: tuple[int, int, int], tags: Tags, reads: Heard, *, access_spec: int = 0, results: bytes = b""
) -> list[bytes]:
    """The same, one by one: for EPCs that are not of 96 bits, and with what an AccessSpec did (`results`)."""
    bare = msgspec.structs.replace(content, impinj_rssi=False, impinj_phase=False, impinj_tid=False)
    plain = [row.tobytes() for row in encode(bare, ids, tags, reads)]
    customs = [row.tobytes()[len(head) :] for head, row in zip(plain, encode(content, ids, tags, reads), strict=True)]
    made = []
    for row, head, tail in zip(reads.rows.tolist(), plain, customs, strict=True):
        fields = head[4 + 13 :]
        if content.access_spec_id:
            fields = fields[:-4] + access_spec.to_bytes(4)
        made.append(tlv(P.TAG_REPORT_DATA, _epc(tags.epc_of(row)) + fields + results + tail))
    return made


def frame_each(reports: list[bytes], per_message: int, first_id: int) -> bytes:
    """RO_ACCESS_REPORTs of up to `per_message` tag reports of any length."""
    cuts = range(0, len(reports), per_message)
    return b"".join(
        message(M.RO_ACCESS_REPORT, (first_id + i) & 0xFFFFFFFF, b"".join(reports[cut : cut + per_message]))
        for i, cut in enumerate(cuts)
    )


def _epc(epc: bytes) -> bytes:
    """EPC-96 as TV 13, any other as EPCData (§16.2.7.3.1, §16.2.7.3.2)."""
    if len(epc) == EPC_BYTES:
        return bytes([0x80 | 13]) + epc
    return tlv(P.EPC_DATA, struct.pack(">H", 8 * len(epc)) + epc)


def frame(rows: Bytes, per_message: int, first_id: int) -> bytes:
    """RO_ACCESS_REPORT messages of `per_message` tag reports each, ids counting up; `len(rows)` must divide."""
    size = rows.shape[1] * per_message
    out = np.empty((len(rows) // per_message, HEADER_BYTES + size), dtype=np.uint8)
    head = np.frombuffer(struct.pack(">HI", (VERSION << 10) | M.RO_ACCESS_REPORT, HEADER_BYTES + size), dtype=np.uint8)
    out[:, :6] = head
    ids = ((first_id + np.arange(len(out), dtype=np.int64)) & 0xFFFFFFFF).astype(">u4")
    out[:, 6:10] = ids.view(np.uint8).reshape(-1, 4)
    out[:, 10:] = rows.reshape(len(out), size)
    return out.tobytes()


@functools.lru_cache(maxsize=64)
def _template(content: Content, ids: tuple[int, int, int]) -> npt.NDArray[np.void]:
    """A TagReportData with every fixed byte in place, in the order of LLRP 1.0.1 §16.2.7.3."""
    ro_spec, spec_index, inventory = ids
    fields: list[tuple[str, str, int, int | None]] = [
        ("ro_spec", ">u4", 9, ro_spec) if content.ro_spec_id else _NONE,
        ("spec_index", ">u2", 14, spec_index) if content.spec_index else _NONE,
        ("inventory", ">u2", 10, inventory) if content.inventory_spec_id else _NONE,
        ("antenna", ">u2", 1, None) if content.antenna else _NONE,
        ("rssi", "i1", 6, None) if content.peak_rssi else _NONE,
        ("channel", ">u2", 7, None) if content.channel else _NONE,
        ("first", ">u8", 3 if content.uptime else 2, None) if content.first_seen else _NONE,
        ("last", ">u8", 5 if content.uptime else 4, None) if content.last_seen else _NONE,
        ("count", ">u2", 8, None) if content.seen_count else _NONE,
        ("pc", ">u2", 12, None) if content.pc else _NONE,
        ("crc", ">u2", 11, None) if content.crc else _NONE,
        ("access_spec", ">u4", 16, 0) if content.access_spec_id else _NONE,
    ]
    fields = [field for field in fields if field is not _NONE]
    customs = [
        *([("tid_words", ">u2", 55, 6, "tid", "(12,)u1")] if content.impinj_tid else []),
        *([("", "", 56, 0, "phase", ">u2")] if content.impinj_phase else []),
        *([("", "", 57, 0, "cdbm", ">i2")] if content.impinj_rssi else []),
    ]
    layout: list[tuple[str, str]] = [("kind", ">u2"), ("length", ">u2"), ("epc_tv", "u1"), ("epc", "(12,)u1")]
    for name, form, _, _ in fields:
        layout += [(f"{name}_tv", "u1"), (name, form)]
    for count, count_form, _, _, name, form in customs:
        layout += [(f"{name}_head", "(12,)u1"), *([(count, count_form)] if count else []), (name, form)]
    out = np.zeros(1, dtype=np.dtype(layout))
    out["kind"], out["length"], out["epc_tv"] = P.TAG_REPORT_DATA, out.dtype.itemsize, 0x80 | 13
    for name, _, tv, value in fields:
        out[f"{name}_tv"] = 0x80 | tv
        if value is not None:
            out[name] = value
    for count, _, subtype, words, name, form in customs:
        size = 12 + (2 if count else 0) + np.dtype(form).itemsize
        out[f"{name}_head"] = np.frombuffer(struct.pack(">HHII", P.CUSTOM, size, IMPINJ, subtype), dtype=np.uint8)
        if count:
            out[count] = words
    return out


_NONE: Final = ("", "", 0, None)


def _column(parts: list[Heard], name: str) -> Any:
    return np.concatenate([getattr(part, name) for part in parts])
