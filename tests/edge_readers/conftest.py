"""A plain, slow decoder of tag reports, and builders of messages: what the fast path is compared with."""

import importlib.util
import random
import struct
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from edge.readers.details import DETAIL_ABSENT

_spec = importlib.util.spec_from_file_location("readers_hand", Path(__file__).with_name("hand.py"))
sys.modules["readers_hand"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sys.modules["readers_hand"])

TV_SIZES = {1: 2, 2: 8, 3: 8, 4: 8, 5: 8, 6: 1, 7: 2, 8: 2, 9: 4, 10: 2, 11: 2, 12: 2, 13: 12, 14: 2, 15: 2, 16: 4, 17: 2, 18: 4, 19: 2, 20: 2}  # fmt: skip

DETAIL_TVS = {
    10: "inventory_spec_id",
    11: "crc",
    12: "pc",
    14: "spec_index",
    16: "access_spec_id",
    19: "xpc_w1",
    20: "xpc_w2",
}
DETAIL_CUSTOMS = {(25882, 68, 2): "doppler", (25882, 73, 2): "tx_power", (161, 712, 1): "brand_check"}


def tlv(kind, value):
    return struct.pack("!HH", kind, 4 + len(value)) + value


def custom(vendor, subtype, value):
    return tlv(1023, struct.pack("!II", vendor, subtype) + value)


def tv(kind, value, *, signed=False):
    return bytes([0x80 | kind]) + value.to_bytes(TV_SIZES[kind], "big", signed=signed)


def message(kind, body=b"", message_id=0, version=1):
    return struct.pack("!HII", version << 10 | kind, 10 + len(body), message_id) + body


def epc_param(bits, epc):
    return tlv(241, struct.pack("!H", bits) + epc)


def random_report(rng):
    """One TagReportData with any mixture of parameters, each at most once."""
    if rng.random() < 0.6:
        epc = b"\x8d" + rng.randbytes(12)
    else:
        bits = rng.choice([0, 1, 7, 16, 64, 96, 127, 128, 198, 256, 496])
        epc = epc_param(bits, rng.randbytes((bits + 7) // 8))
    options = [tv(kind, rng.getrandbits(8 * TV_SIZES[kind])) for kind in TV_SIZES if kind != 13]
    options += [
        custom(25882, 56, rng.randbytes(2)),
        custom(25882, 57, rng.randbytes(2)),
        custom(25882, 68, rng.randbytes(2)),
        custom(25882, 55, struct.pack("!H", rng.choice((0, 4, 6, 6))) + rng.randbytes(12)),
        custom(25882, 55, struct.pack("!H", rng.choice((0, 1, 2))) + rng.randbytes(3)),
        custom(25882, 58, rng.randbytes(8)),
        custom(25882, 73, rng.randbytes(2)),
        custom(161, 709, rng.randbytes(2)),
        custom(161, 712, rng.randbytes(1)),
        custom(161, 1000, rng.randbytes(12)),
        custom(25882, 57, rng.randbytes(4)),
        custom(99, 1, rng.randbytes(rng.randint(0, 9))),
        tlv(349, rng.randbytes(4) + bytes([rng.randint(0, 3)]) + rng.randbytes(4)),
        tlv(rng.choice([350, 351, 352, 353, 354, 360, 361]), rng.randbytes(rng.randint(2, 6))),
        tlv(900, rng.randbytes(rng.randint(0, 9))),
    ]
    return tlv(240, epc + b"".join(rng.sample(options, rng.randint(0, 8))))


def slow_report(data):
    """(row dict, unknown names) of one TagReportData body, or None when it is damaged."""
    row = {"antenna": 0, "channel": 0, "seen": 1, "rospec": 0, "phase": 0xFFFF, "dbm": None, "cdbm": None}
    row["details"] = details = {}
    unknown = []
    at = 0
    while at < len(data):
        kind = data[at]
        if kind & 0x80:
            kind &= 0x7F
            if kind not in TV_SIZES or at + 1 + TV_SIZES[kind] > len(data):
                return None
            value = data[at + 1 : at + 1 + TV_SIZES[kind]]
            at += 1 + TV_SIZES[kind]
            number = int.from_bytes(value)
            if kind == 13:
                row["epc"], row["bits"] = value, 96
            elif kind == 6:
                row["dbm"] = int.from_bytes(value, signed=True)
            else:
                names = {1: "antenna", 7: "channel", 8: "seen", 9: "rospec", 2: "fu", 3: "fp", 4: "lu", 5: "lp"}
                row[names.get(kind, "ignored")] = number
                if kind in DETAIL_TVS:
                    details[DETAIL_TVS[kind]] = number
            continue
        if at + 4 > len(data):
            return None
        kind, size = struct.unpack_from("!HH", data, at)
        kind &= 0x3FF
        value = data[at + 4 : at + size]
        if size < 4 or at + size > len(data):
            return None
        at += size
        if kind == 241:
            if len(value) < 2:
                return None
            bits = int.from_bytes(value[:2])
            count = (bits + 7) // 8
            if bits > 496 or len(value) < 2 + count:
                return None
            number = int.from_bytes(value[2 : 2 + count]) >> (-bits % 8) << (-bits % 8)
            row["epc"], row["bits"] = number.to_bytes(count), bits
        elif kind == 1023:
            if len(value) < 8:
                return None
            vendor, subtype = struct.unpack("!II", value[:8])
            value = value[8:]
            kind = (vendor, subtype, len(value))
            if kind == (25882, 56, 2):
                row["phase"] = int.from_bytes(value)
            elif kind == (25882, 57, 2):
                row["cdbm"] = int.from_bytes(value, signed=True)
            elif kind == (161, 709, 2):
                row["phase"] = int.from_bytes(value, signed=True) % 65536 // 16
            elif kind == (25882, 58, 8):
                details["latitude"] = int.from_bytes(value[:4], signed=True)
                details["longitude"] = int.from_bytes(value[4:], signed=True)
            elif kind in DETAIL_CUSTOMS:
                details[DETAIL_CUSTOMS[kind]] = int.from_bytes(value, signed=subtype == 68)
            elif (vendor, subtype) == (25882, 55):
                words = int.from_bytes(value[:2])
                if len(value) < 2 + 2 * words:
                    return None
                details["tid"] = value[2 : 2 + 2 * words]
            else:
                unknown.append(f"1023/{vendor}/{subtype}")
        elif 349 <= kind <= 354 or 360 <= kind <= 362:
            counted = kind in (349, 350, 354, 362)
            words = int.from_bytes(value[3:5]) if kind in (349, 362) else 0
            if len(value) < 3 + 2 * counted + 2 * words:
                return None
        else:
            unknown.append(str(kind))
    if "epc" not in row:
        return None
    row["rssi"] = row["cdbm"] if row["cdbm"] is not None else -32768 if row["dbm"] is None else row["dbm"] * 100
    row["utc"] = "fu" in row or "lu" in row
    row["up"] = not row["utc"] and ("fp" in row or "lp" in row)
    row["first"], row["last"] = (
        (row.get("fu", 0), row.get("lu", 0)) if row["utc"] else (row.get("fp", 0), row.get("lp", 0))
    )
    return row, unknown


def slow_decode(reports):
    """Expected rows of a list of TagReportData, as `rows_of` gives them."""
    rows = [found[0] for found in (slow_report(report[4:]) for report in reports) if found is not None]
    utc = any(row["utc"] for row in rows)
    for row in rows:
        if utc and row["up"]:
            row["first"] = row["last"] = 0
    return [
        (row["epc"], row["bits"], row["antenna"], row["rssi"], row["phase"], row["channel"], row["seen"], row["first"], row["last"], row["rospec"])
        for row in rows
    ]  # fmt: skip


def slow_details(reports):
    """Expected details of a list of TagReportData, one dict for each, as `details_of` gives them."""
    return [found[0]["details"] for found in (slow_report(report[4:]) for report in reports) if found is not None]


def details_of(batch):
    """For each read what it tells beside its columns."""
    details = [{} for _ in range(0 if batch is None else len(batch))]
    if not details or batch.details is None:
        return details
    told = batch.details
    columns = {name: column for name in told.__struct_fields__ if (column := getattr(told, name)) is not None}
    assert all(len(column) == len(batch) for column in columns.values())
    tids, sizes = columns.pop("tid", None), columns.pop("tid_bytes", None)
    for name, column in columns.items():
        assert (column != DETAIL_ABSENT).any(), "a column nobody tells is none"
        for detail, value in zip(details, column.tolist(), strict=True):
            if value != DETAIL_ABSENT:
                detail[name] = value
    if tids is not None:
        for detail, tid, size in zip(details, tids, sizes.tolist(), strict=True):
            assert not tid[size:].any(), "a TID is padded with zeros"
            if size:
                detail["tid"] = tid[:size].tobytes()
    return details


def rows_of(batch):
    """A batch as tuples, the EPC cut to its bits."""
    if batch is None:
        return []
    columns = (batch.antenna, batch.rssi_cdbm, batch.phase, batch.channel, batch.seen_count, batch.first_seen_us, batch.last_seen_us, batch.rospec_id)  # fmt: skip
    for column in (batch.epc, batch.epc_bits, *columns):
        assert len(column) == len(batch)
        assert column.flags.c_contiguous
        assert column.dtype.isnative
    bits = batch.epc_bits.tolist()
    size = batch.epc.shape[1]
    assert size % 4 == 0
    assert size >= 12
    epcs = [row.tobytes() for row in batch.epc]
    for epc, n in zip(epcs, bits, strict=True):
        assert not any(epc[(n + 7) // 8 :]), "an EPC is padded with zeros"
    return list(
        zip(
            [e[: (n + 7) // 8] for e, n in zip(epcs, bits, strict=True)],
            bits,
            *(c.tolist() for c in columns),
            strict=True,
        )
    )


def report_stream(rng, count, per_message=(1, 40), noise=0.1):
    """(bytes, reports in order): messages of random reports with keepalives and events between them."""
    shapes = [random_report(rng) for _ in range(4)]
    parts, reports = [], []
    while len(reports) < count:
        if rng.random() < noise:
            parts.append(
                rng.choice([message(62), message(63, tlv(246, tlv(128, bytes(8)))), message(100, tlv(287, bytes(4)))])
            )
            continue
        some = [
            rng.choice(shapes) if rng.random() < 0.9 else random_report(rng) for _ in range(rng.randint(*per_message))
        ]
        reports += some
        parts.append(message(61, b"".join(some), rng.getrandbits(32)))
    return b"".join(parts), reports


@pytest.fixture(scope="session")
def llrp():
    """Builders and the slow decoder."""
    return SimpleNamespace(
        tlv=tlv, tv=tv, custom=custom, message=message, epc_param=epc_param, random_report=random_report,
        slow_report=slow_report, slow_decode=slow_decode, rows_of=rows_of, slow_details=slow_details, details_of=details_of, report_stream=report_stream,
        rng=random.Random, np=np,
    )  # fmt: skip
