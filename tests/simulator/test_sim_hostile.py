"""Nonsense from a client costs it an answer, never the reader."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llrpkit.inventory import build_rospec
from llrpkit.protocol import messages

from simulator.llrp.codec import M, Message

ROSPEC = messages.ADD_ROSPEC(
    ro_spec=build_rospec(antennas=[1, 2], session=2, search_mode=2, mode_index=1, enable_impinj_reports=True)
).to_bytes(message_id=1)[10:]
ANSWERED = [M.GET_READER_CAPABILITIES, M.GET_READER_CONFIG, M.SET_READER_CONFIG, M.ADD_ROSPEC, M.CUSTOM_MESSAGE]
ANSWERED += [M.DELETE_ROSPEC, M.START_ROSPEC, M.STOP_ROSPEC, M.ENABLE_ROSPEC, M.DISABLE_ROSPEC, M.GET_ROSPECS]
ANSWERED += [M.ADD_ACCESSSPEC, M.DELETE_ACCESSSPEC, M.ENABLE_ACCESSSPEC, M.DISABLE_ACCESSSPEC, M.GET_ACCESSSPECS]
quick = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(kind=st.sampled_from(ANSWERED), body=st.binary(max_size=60))
def test_any_body_gets_an_answer(bench, kind, body):
    before = len(bench.said)
    bench._keep(bench.device.hear(Message(kind, 9, body), bench.now_us))
    assert any(m.message_id == 9 for m in bench.said[before:])


@quick
@given(at=st.integers(0, len(ROSPEC) - 1), byte=st.integers(0, 255), cut=st.integers(0, 3), reader=st.integers(0, 1))
def test_a_damaged_rospec_is_taken_or_refused_and_the_reader_goes_on(bench, pad, at, byte, cut, reader):
    one = (bench, pad)[reader]
    damaged = bytearray(ROSPEC)
    damaged[at] = byte
    body = bytes(damaged[: len(damaged) - cut])
    one._keep(one.device.hear(Message(M.ADD_ROSPEC, 9, body), one.now_us))
    one.ask(messages.ENABLE_ROSPEC(ro_spec_id=0))
    for id_ in list(one.device.engine.specs):
        one.ask(messages.START_ROSPEC(ro_spec_id=id_))
    one.air(0.3)
    one.ask(messages.DELETE_ROSPEC(ro_spec_id=0))
    assert one.ask(messages.GET_ROSPECS()).ro_specs == []
