"""Frames changed at random, by the million: nothing but ProtocolError leaves, and no memory is kept."""

import pytest
from house_fuzzing import FRAMES, FRAMES_LONG, flat_memory, mutated

from contract.ids import ReaderId
from edge.readers.base import ProtocolError
from edge.readers.llrp.capabilities import capabilities_of
from edge.readers.llrp.events import event_of, rospec_states, status_of
from edge.readers.llrp.frames import FRAME_BYTES_MAX, RECEIVE_BYTES_MAX, Frame, FrameBuffer
from edge.readers.llrp.reports import ReportDecoder
from edge.readers.llrp.settings import settings_of
from simulator.llrp import models

R = ReaderId("gate")
FRAMES_PER_RECEIVE = 25
PARSERS = {
    63: (event_of,),
    11: (capabilities_of, status_of),
    36: (rospec_states,),
    12: (settings_of,),
    100: (status_of,),
}


def seeds(llrp, rng):
    """Frames a reader may send: reports of any shape, with results; events; answers; capabilities of every model."""
    status = llrp.tlv(287, b"\x00\x65\x00\x06not so")
    stamp = llrp.tlv(128, bytes(8))
    events = [
        llrp.tlv(kind, rng.randbytes(size))
        for kind, size in ((247, 5), (248, 3), (249, 9), (250, 1), (251, 0), (252, 12), (253, 9), (254, 9), (255, 3), (256, 2), (257, 0))
    ]  # fmt: skip
    frames = [llrp.message(63, llrp.tlv(246, stamp + event)) for event in events]
    frames += [llrp.message(63, llrp.tlv(246, llrp.tlv(129, bytes(8)) + b"".join(events)))]
    frames += [llrp.message(kind, status, kind) for kind in (30, 33, 34, 100)]
    frames += [llrp.message(36, status + llrp.tlv(177, b"\0\0\0\1\0\2") * 3)]
    config = (
        llrp.tlv(218, bytes(9)) + llrp.tlv(220, b"\1" + bytes(4)) + llrp.tlv(221, bytes(5)) + llrp.tlv(225, bytes(4))
    )
    frames += [llrp.message(12, status + config + llrp.tlv(219, bytes(3)) + llrp.tlv(226, b"\x80"))]
    for model in models.MODELS.values():
        body = models.general_capabilities(model) + models.llrp_capabilities(model)
        frames.append(
            llrp.message(11, status + body + models.regulatory_capabilities(model) + models.air_capabilities(model))
        )
    reports = [llrp.random_report(rng) for _ in range(40)]
    frames += [llrp.message(61, one) for one in reports]
    frames += [llrp.message(61, b"".join(rng.choices(reports, k=rng.randint(2, 12)))) for _ in range(40)]
    return frames


def fitted(data, frame):
    """With the kind of `frame` and a length that fits again."""
    return frame[0:2] + len(data).to_bytes(4) + data[6:] if len(data) >= 10 else data


def changed(frame, frames, rng):
    return mutated(frame, frames, rng, seal=lambda data: fitted(data, frame))


def outlive(llrp, times, seed):
    """Feed so many mutated frames to one decoder, and to the parser of each; returns how many parsers objected."""
    rng = llrp.rng(seed)
    frames = seeds(llrp, rng)
    buffer, decoder, objections = FrameBuffer(), ReportDecoder(R), 0
    for done in range(0, times, FRAMES_PER_RECEIVE):
        some = [changed(rng.choice(frames), frames, rng) for _ in range(FRAMES_PER_RECEIVE)]
        for frame in some:
            for parse in PARSERS.get(frame[1] if len(frame) > 10 else 0, ()):
                try:
                    parse(Frame(frame[1], 0, frame[10:]))
                except ProtocolError:
                    objections += 1
        for piece in some if done % 2 else [b"".join(some)]:
            buffer.feed(piece)
            with buffer.filled() as waiting:
                got = decoder.decode(waiting, 0)
            assert 0 <= got.consumed <= len(buffer)
            buffer.consume(got.consumed)
            assert len(buffer) <= FRAME_BYTES_MAX + RECEIVE_BYTES_MAX
            if got.batch is not None:
                assert len(llrp.rows_of(got.batch)) == len(got.batch)
        if len(buffer) > 1 << 16:
            buffer.clear()  # a length that lies within the cap would swallow all that follows
    return objections, decoder


def hold(llrp, times):
    outlive(llrp, 5000, seed=1)
    with flat_memory():
        objections, decoder = outlive(llrp, times, seed=2)
    assert objections > times // 100, "the mutations reach the parsers"
    assert decoder.counts.reads_total > times // 4, "most frames are still read"
    assert decoder.counts.reports_damaged_total > times // 100
    assert decoder.counts.resyncs_total > times // 1000


def test_fifty_thousand_mutated_frames_raise_nothing_and_leave_no_memory_behind(llrp):
    hold(llrp, FRAMES)


@pytest.mark.long
def test_a_million_mutated_frames_raise_nothing_and_leave_no_memory_behind(llrp):
    hold(llrp, FRAMES_LONG)
