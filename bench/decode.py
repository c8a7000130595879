"""RO_ACCESS_REPORT → columns: ours, sllurp and llrpkit on the same bytes, equal field by field.

The stream is mixed (`streams.mixed_stream`). Ours decodes it in receive-sized pieces into owned columns, and a checksum
over every column is inside the timed part; the peers get whole messages, already framed, and keep their objects. The
equality of all results is asserted outside the timed part.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import llrpkit.protocol
import msgspec
import sllurp.llrp
from llrpkit.protocol import messages as kit_messages

from bench.figures import Figures, Piece, best_s
from bench.streams import mixed_stream, varied_stream
from contract.ids import ReaderId
from edge.readers.base import PHASE_ABSENT, ReadBatch
from edge.readers.llrp.frames import RECEIVE_BYTES_MAX, RECEIVE_BYTES_MIN, FrameBuffer
from edge.readers.llrp.reports import ReportDecoder

DOES: Final = "RO_ACCESS_REPORT → columns, against sllurp and llrpkit on the same bytes"
TAGS: Final = 200_000
PEER_TAGS: Final = 10_000
"""The peers get a shorter stream of the same making: their speed does not depend on its length."""
PEER_TAGS_PER_PIECE: Final = 100
"""About as long a piece of work, in time, as one of our buffers."""
TIMES: Final = 9
SHORT_TIMES: Final = 2
VARIED_PER_MESSAGE: Final = 200
BUFFER_BYTES: Final = {200: RECEIVE_BYTES_MAX, 1: RECEIVE_BYTES_MIN}
"""Tags per message → bytes per receive: what the driver asks of a socket with a backlog, and of one without."""
OTHER_BYTES: Final = {200: ("64_kib", RECEIVE_BYTES_MIN), 1: ("backlog", RECEIVE_BYTES_MAX)}
"""The other way round, for the record."""
READER: Final = ReaderId("bench")
PACED_READS_PER_S: Final = 1000
TICK_S: Final = 0.02

Row = tuple[bytes, int, int, int, int, int]
"""EPC, antenna, RSSI in dBm, first seen, seen count, phase."""


def run(short: bool = False) -> Figures:  # noqa: FBT001, FBT002 - the form of every bench
    """Short: each piece is timed fewer times, so that others on the machine show more."""
    times = SHORT_TIMES if short else TIMES
    figures: Figures = {}
    for per_message in (200, 1):
        small = mixed_stream(PEER_TAGS, per_message, seed=7)
        rows = check_equal(small)
        long = mixed_stream(TAGS, per_message, seed=8)
        ours = _ours_tags_per_s(long, BUFFER_BYTES[per_message], times)
        peers = {
            "sllurp": _peer_tags_per_s(sllurp_decode, small, per_message, times),
            "llrpkit": _peer_tags_per_s(kit_decode, small, per_message, times),
        }
        figures[f"ours_{per_message}_tags_per_s"] = ours
        for name, speed in peers.items():
            figures[f"{name}_{per_message}_tags_per_s"] = speed
            figures[f"ours_vs_{name}_{per_message}_tags_ratio"] = round(ours / speed, 2)
        figures[f"equal_{per_message}_tags_rows"] = len(rows)
        other, size = OTHER_BYTES[per_message]
        figures[f"ours_{per_message}_{other}_tags_per_s"] = _ours_tags_per_s(long, size, times)
    varied = varied_stream(PEER_TAGS, VARIED_PER_MESSAGE, seed=10)
    check_equal(varied, values=5)  # the peers know no phase of Zebra's
    speed = _ours_tags_per_s(varied_stream(TAGS, VARIED_PER_MESSAGE, seed=11), RECEIVE_BYTES_MAX, times)
    peer = _peer_tags_per_s(sllurp_decode, varied, VARIED_PER_MESSAGE, times)
    figures |= {"ours_varied_tags_per_s": speed, "ours_vs_sllurp_varied_ratio": round(speed / peer, 2)}
    stream = mixed_stream(PEER_TAGS, 1, seed=9)
    for name, pieces in (("one_message_per_buffer", frames(stream)), ("20_ms_buffers", paced(stream))):
        speed = _pieces_tags_per_s(list(pieces), PEER_TAGS)
        figures[f"ours_{name}_tags_per_s"] = speed
        figures[f"ours_vs_sllurp_{name}_ratio"] = round(speed / figures["sllurp_1_tags_per_s"], 2)
    return figures


def check_equal(stream: bytes, values: int = 6) -> list[Row]:
    """All three see the same rows in the same order, in their first values. Raises `AssertionError` otherwise."""
    batches, decoder = our_decode(stream, len(stream))
    rows = [row for batch in batches for row in our_rows(batch)]
    assert not decoder.counts.reports_damaged_total
    ours = [row[:values] for row in rows]
    assert ours == [row[:values] for row in sllurp_rows(stream)], "sllurp reads other rows"
    assert ours == [row[:values] for row in kit_rows(stream)], "llrpkit reads other rows"
    return rows


def our_decode(stream: bytes, size: int) -> tuple[list[ReadBatch], ReportDecoder]:
    """Receive after receive, as the driver does; what is not whole yet waits for the next."""
    decoder = ReportDecoder(READER)
    view = memoryview(stream)
    batches = []
    at = 0
    while at < len(stream):
        decoded = decoder.decode(view[at : at + size], 0)
        assert decoded.consumed, "a message is longer than the buffer"
        at += decoded.consumed
        if decoded.batch is not None:
            batches.append(decoded.batch)
    return batches, decoder


def checksum(batch: ReadBatch) -> int:
    """Touches every byte of every column: all lie in one block, details apart."""
    total = zlib.adler32(batch.block)
    if batch.details is not None:
        for column in msgspec.structs.astuple(batch.details):
            total = total if column is None else zlib.adler32(column.data, total)
    return total


def our_rows(batch: ReadBatch) -> Iterator[Row]:
    columns = (batch.epc_bits, batch.antenna, batch.rssi_cdbm, batch.first_seen_us, batch.seen_count, batch.phase)
    for epc, bits, antenna, rssi, first, seen, phase in zip(batch.epc, *(c.tolist() for c in columns), strict=True):
        yield epc.tobytes()[: bits // 8], antenna, rssi // 100, first, seen, phase


def frames(stream: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(stream):
        (length,) = struct.unpack_from("!I", stream, at + 2)
        yield stream[at : at + length]
        at += length


def paced(stream: bytes) -> Iterator[bytes]:
    """What a socket holds after each tick at 1,000 reads/s, one a message."""
    per_tick = round(PACED_READS_PER_S * TICK_S)
    each = list(frames(stream))
    for low in range(0, len(each), per_tick):
        yield b"".join(each[low : low + per_tick])


def sllurp_decode(message: bytes) -> Any:
    return sllurp.llrp.LLRPMessage(msgbytes=message).msgdict


def kit_decode(message: bytes) -> Any:
    return llrpkit.protocol.decode_message(message)


def sllurp_rows(stream: bytes) -> list[Row]:
    rows: list[Row] = []
    for message in frames(stream):
        for tag in sllurp_decode(message).get("RO_ACCESS_REPORT", {}).get("TagReportData", []):
            phase = tag.get("ImpinjRFPhaseAngle", PHASE_ABSENT)
            rows.append(
                (
                    bytes.fromhex(tag["EPC"].decode()),
                    tag["AntennaID"],
                    tag["PeakRSSI"],
                    tag["FirstSeenTimestampUTC"],
                    tag["TagSeenCount"],
                    phase["PhaseAngle"] if isinstance(phase, dict) else phase,
                )
            )
    return rows


def kit_rows(stream: bytes) -> list[Row]:
    rows: list[Row] = []
    for frame in frames(stream):
        message = kit_decode(frame)
        if not isinstance(message, kit_messages.RO_ACCESS_REPORT):
            continue
        for tag in message.tag_report_datas:
            epc = tag.epc_parameter.epc
            phase = next((c.phase_angle for c in tag.custom if hasattr(c, "phase_angle")), PHASE_ABSENT)
            assert tag.antenna_id
            assert tag.peak_rssi
            assert tag.first_seen_timestamp_utc
            assert tag.tag_seen_count
            rows.append(
                (
                    epc if isinstance(epc, bytes) else epc.data,
                    tag.antenna_id.antenna_id,
                    tag.peak_rssi.peak_rssi,
                    tag.first_seen_timestamp_utc.microseconds,
                    tag.tag_seen_count.tag_count,
                    phase,
                )
            )
    return rows


def _ours_tags_per_s(stream: bytes, size: int, times: int) -> int:
    decoder, view = ReportDecoder(READER), memoryview(stream)
    pieces, at = [], 0
    while at < len(stream):
        pieces.append(view[at : at + size])
        at += decoder.decode(pieces[-1], 0).consumed
    return round(TAGS / best_s([_received(decoder, piece) for piece in pieces], times=times))


def _received(decoder: ReportDecoder, data: bytes | memoryview) -> Piece:
    """Decoding what a receive call has just written into the driver's buffer."""
    buffer = FrameBuffer()

    def ready() -> None:
        buffer.clear()
        buffer.feed(data)

    def work() -> int:
        batch = decoder.decode(buffer.filled(), 0, buffer.roomy).batch
        return checksum(batch) if batch is not None else 0

    return Piece(ready, work)


def _peer_tags_per_s(decode: Callable[[bytes], Any], stream: bytes, per_message: int, times: int) -> int:
    each = list(frames(stream))
    some = max(1, PEER_TAGS_PER_PIECE // per_message)

    def piece(messages: list[bytes]) -> Piece:
        received: list[bytes] = []

        def ready() -> None:
            received[:] = [bytes(bytearray(message)) for message in messages]

        return Piece(ready, lambda: [decode(message) for message in received])

    seconds = best_s([piece(each[low : low + some]) for low in range(0, len(each), some)], times=times)
    return round(PEER_TAGS / seconds)


def _pieces_tags_per_s(pieces: list[bytes], tags: int) -> int:
    decoder = ReportDecoder(READER)
    return round(tags / best_s([_received(decoder, data) for data in pieces], times=3))
