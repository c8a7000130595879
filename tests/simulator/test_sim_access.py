"""AccessSpecs in the words of another LLRP implementation: which tag is worked on, what comes of it, and what does not."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llrpkit.inventory import build_rospec
from llrpkit.protocol import enums, messages, params
from llrpkit.protocol.codec import BitStr

from simulator.gen2 import Bank
from simulator.llrp import operate
from simulator.llrp.codec import M, Message

PASSWORD = 0xC0FFEE11
NEW = bytes.fromhex("3034257BF400B7800004CB2F")


@pytest.fixture
def pad(new_bench, monkeypatch):
    """The pad reader with three pieces on it; a tag in good coupling answers every command."""
    monkeypatch.setattr(operate, "SILENT_SHARE", 0.0)
    made = new_bench(reader=1)
    made.connect()
    lay(made, 3)
    return made


def lay(bench, n):
    zone = next(key for key in bench.world.places if key.endswith("/pad-1"))
    bench.world.move(bench.now_us, "move", "boutique", pieces=list(bench.world.row_of)[:n], to=zone)


def tags(bench, n=3):
    return [bench.device.engine.tags.tag(row) for row in range(n)]


def on_epc(epc, *, match=True):
    return params.C1G2TargetTag(
        mb=1, match=match, pointer=32, tag_mask=BitStr.from_bytes(b"\xff" * len(epc)), tag_data=BitStr.from_bytes(epc)
    )


def on_tid(tid):
    full = BitStr.from_bytes(b"\xff" * len(tid))
    return params.C1G2TargetTag(mb=2, match=True, pointer=0, tag_mask=full, tag_data=BitStr.from_bytes(tid))


ANY = params.C1G2TargetTag(mb=1, match=True, pointer=32, tag_mask=BitStr(), tag_data=BitStr())


def spec(*ops, id_=1, on=(ANY,), count=0, report=1, antenna=0, ro_spec=0):
    return params.AccessSpec(
        access_spec_id=id_,
        antenna_id=antenna,
        protocol_id=1,
        current_state=False,
        ro_spec_id=ro_spec,
        access_spec_stop_trigger=params.AccessSpecStopTrigger(
            access_spec_stop_trigger=int(count > 0), operation_count_value=count
        ),
        access_command=params.AccessCommand(
            air_protocol_tag_spec=params.C1G2TagSpec(c1_g2_target_tags=list(on)), access_command_op_specs=list(ops)
        ),
        access_report_spec=None if report is None else params.AccessReportSpec(access_report_trigger=report),
    )


def words(data):
    return [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]


def read(bank=2, at=0, n=6, password=0, id_=1):
    return params.C1G2Read(op_spec_id=id_, access_password=password, mb=bank, word_pointer=at, word_count=n)


def write(data, bank=1, at=1, password=0, id_=1, kind=params.C1G2Write):
    return kind(op_spec_id=id_, access_password=password, mb=bank, word_pointer=at, write_data=words(data))


def lock(*payloads, password=0, id_=1):
    made = [params.C1G2LockPayload(privilege=p, data_field=f) for p, f in payloads]
    return params.C1G2Lock(op_spec_id=id_, access_password=password, c1_g2_lock_payloads=made)


def kill(password, id_=1):
    return params.C1G2Kill(op_spec_id=id_, kill_password=password)


def work(bench, one, seconds=1.0):
    """Add, enable, read: the tag reports with results. The ROSpec is taken away again."""
    add = bench.ask(messages.ADD_ACCESSSPEC(access_spec=one))
    assert int(add.llrp_status.status_code) == 0, add.llrp_status.error_description
    bench.ask(messages.ENABLE_ACCESSSPEC(access_spec_id=one.access_spec_id))
    inventory(bench)
    told = [tag for tag in bench.tags(seconds) if tag.access_command_op_spec_results]
    bench.ask(messages.DELETE_ROSPEC(ro_spec_id=0))
    bench.ask(messages.DELETE_ACCESSSPEC(access_spec_id=0))
    return told


def inventory(bench):
    """A ROSpec whose reports name the AccessSpec."""
    asked = build_rospec()
    asked.ro_report_spec.tag_report_content_selector.enable_access_spec_id = True
    bench.ask(messages.ADD_ROSPEC(ro_spec=asked))
    bench.ask(messages.ENABLE_ROSPEC(ro_spec_id=1))
    bench.ask(messages.START_ROSPEC(ro_spec_id=1))


def results(told):
    return [(type(one).__name__, int(one.result)) for tag in told for one in tag.access_command_op_spec_results]


def test_every_tag_in_the_field_tells_its_tid(pad):
    told = work(pad, spec(read(), id_=7))
    found = {
        tag.epc_parameter.epc: b"".join(w.to_bytes(2) for w in tag.access_command_op_spec_results[0].read_data)
        for tag in told
    }
    assert found == {tag.epc: tag.tid for tag in tags(pad)}
    assert {tag.access_spec_id.access_spec_id for tag in told} == {7}


def test_a_tag_is_reached_by_its_epc_by_its_tid_and_by_what_it_is_not(pad):
    first, second, third = tags(pad)
    for on, reached in (
        ([on_epc(second.epc)], {second.epc}),
        ([on_tid(third.tid)], {third.epc}),
        ([on_epc(first.epc, match=False)], {second.epc, third.epc}),
        ([on_epc(first.epc, match=False), on_epc(second.epc, match=False)], {third.epc}),
        ([on_epc(first.epc), on_tid(second.tid)], set()),
    ):
        assert {tag.epc_parameter.epc for tag in work(pad, spec(read(), on=on))} == reached


def test_a_written_tag_is_told_with_its_old_epc_and_answers_with_the_new_one(pad):
    first = tags(pad)[0]
    old = first.epc
    told = work(pad, spec(write(b"\x30\x00" + NEW), on=[on_epc(old)], count=1))
    assert results(told) == [("C1G2WriteOpSpecResult", 0)]
    assert (told[0].epc_parameter.epc, told[0].access_command_op_spec_results[0].num_words_written) == (old, 7)
    pad.inventory()
    heard = {tag.epc_parameter.epc for tag in pad.tags(1.0)}
    assert NEW in heard
    assert old not in heard


def test_an_operation_count_deletes_the_accessspec(pad):
    for count, executed in ((1, 1), (3, 3), (0, None)):
        pad.ask(messages.ADD_ACCESSSPEC(access_spec=spec(read(), count=count)))
        pad.ask(messages.ENABLE_ACCESSSPEC(access_spec_id=1))
        pad.inventory()
        told = [tag for tag in pad.tags(1.0) if tag.access_command_op_spec_results]
        assert len(told) == executed or (executed is None and len(told) > 3)
        left = pad.ask(messages.GET_ACCESSSPECS()).access_specs
        assert len(left) == int(executed is None)
        pad.ask(messages.DELETE_ROSPEC(ro_spec_id=0))


def test_an_accessspec_works_only_while_it_is_enabled_and_is_told_back_with_its_state(pad):
    asked = spec(read())
    assert int(pad.ask(messages.ADD_ACCESSSPEC(access_spec=asked)).llrp_status.status_code) == 0
    pad.inventory()
    for said, state in (
        (None, False),
        (messages.ENABLE_ACCESSSPEC(access_spec_id=1), True),
        (messages.DISABLE_ACCESSSPEC(access_spec_id=0), False),
    ):
        if said is not None:
            pad.ask(said)
        assert any(tag.access_command_op_spec_results for tag in pad.tags(0.5)) == state
        (told,) = pad.ask(messages.GET_ACCESSSPECS()).access_specs
        assert told.current_state == state
        told.current_state = False
        assert told == asked


def test_the_first_accessspec_that_fits_has_the_tag(pad):
    second = tags(pad)[1]
    pad.ask(messages.ADD_ACCESSSPEC(access_spec=spec(read(), id_=5, on=[on_epc(second.epc)])))
    pad.ask(messages.ADD_ACCESSSPEC(access_spec=spec(read(), id_=3)))
    pad.ask(messages.ENABLE_ACCESSSPEC(access_spec_id=0))
    inventory(pad)
    told = [tag for tag in pad.tags(0.5) if tag.access_command_op_spec_results]
    assert {(tag.access_spec_id.access_spec_id, tag.epc_parameter.epc == second.epc) for tag in told} == {
        (5, True),
        (3, False),
    }


def test_an_accessspec_of_another_antenna_or_rospec_leaves_the_tag_alone(bench, pad):
    assert work(pad, spec(read(), ro_spec=9)) == []
    assert work(pad, spec(read(), ro_spec=1, antenna=1))
    assert work(bench, spec(read(), antenna=7)) == []


def test_several_operations_are_done_in_order_until_one_fails(pad):
    first = tags(pad)[0]
    set_up = [
        write(PASSWORD.to_bytes(4), bank=0, at=2, id_=1),
        lock((0, 2), (0, 1), password=PASSWORD, id_=2),
        read(bank=1, at=2, id_=3),
    ]
    assert results(work(pad, spec(*set_up, on=[on_epc(first.epc)], count=1))) == [
        ("C1G2WriteOpSpecResult", 0),
        ("C1G2LockOpSpecResult", 0),
        ("C1G2ReadOpSpecResult", 0),
    ]
    again = work(pad, spec(write(NEW, at=2), read(id_=2), on=[on_tid(first.tid)], count=1))
    assert results(again) == [("C1G2WriteOpSpecResult", enums.C1G2WriteResultType.Tag_Memory_Locked_Error)]
    right = work(pad, spec(write(NEW, at=2, password=PASSWORD), on=[on_tid(first.tid)], count=1))
    assert results(right) == [("C1G2WriteOpSpecResult", 0)]
    assert first.epc == NEW


W, B = enums.C1G2WriteResultType, enums.C1G2BlockWriteResultType
FAILURES = {
    "a wrong password": (write(NEW, at=2, password=5), "C1G2WriteOpSpecResult", W.No_Response_From_Tag),
    "past the end": (write(bytes(8), bank=3, at=2), "C1G2WriteOpSpecResult", W.Tag_Memory_Overrun_Error),
    "a block past the end": (
        write(bytes(8), bank=3, at=2, kind=params.C1G2BlockWrite),
        "C1G2BlockWriteOpSpecResult",
        B.Tag_Memory_Overrun_Error,
    ),
    "the TID": (write(bytes(2), bank=2, at=0), "C1G2WriteOpSpecResult", W.Tag_Memory_Locked_Error),
    "reading past the end": (read(n=7), "C1G2ReadOpSpecResult", enums.C1G2ReadResultType.Nonspecific_Tag_Error),
    "reading with a wrong password": (
        read(password=5),
        "C1G2ReadOpSpecResult",
        enums.C1G2ReadResultType.No_Response_From_Tag,
    ),
    "killing with no password": (kill(0), "C1G2KillOpSpecResult", enums.C1G2KillResultType.Zero_Kill_Password_Error),
    "killing a tag that cannot be": (kill(9), "C1G2KillOpSpecResult", enums.C1G2KillResultType.Nonspecific_Tag_Error),
    "locking with a wrong password": (
        lock((0, 2), password=5),
        "C1G2LockOpSpecResult",
        enums.C1G2LockResultType.No_Response_From_Tag,
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_told_as_what_it_is(pad, failure):
    op, kind, code = FAILURES[failure]
    first = tags(pad)[0]
    before = (first.epc, first.tid, first.locks)
    assert results(work(pad, spec(op, on=[on_epc(first.epc)], count=1))) == [(kind, int(code))]
    assert (first.epc, first.tid, first.locks) == before


def test_a_faint_tag_is_read_but_has_no_power_to_be_written(pad, monkeypatch):
    monkeypatch.setattr(operate, "FAINT_DBM", 0.0)
    first = tags(pad)[0]
    told = work(pad, spec(read(), write(NEW, at=2, id_=2), on=[on_epc(first.epc)], count=1))
    assert results(told) == [("C1G2ReadOpSpecResult", 0), ("C1G2WriteOpSpecResult", W.Insufficient_Power)]
    assert first.epc != NEW


def test_a_tag_that_does_not_answer_a_command_is_no_response(pad, monkeypatch):
    monkeypatch.setattr(operate, "SILENT_SHARE", 1.0)
    monkeypatch.setattr(operate, "WEAK_SILENT_SHARE", 1.0)
    told = work(pad, spec(lock((0, 2)), count=1))
    assert results(told) == [("C1G2LockOpSpecResult", enums.C1G2LockResultType.No_Response_From_Tag)]


def test_a_killed_tag_is_never_read_again(pad):
    first = tags(pad)[0]
    told = work(pad, spec(write(b"\0\0\0\x09", bank=0, at=0, id_=1), kill(9, id_=2), on=[on_epc(first.epc)], count=1))
    assert results(told) == [("C1G2WriteOpSpecResult", 0), ("C1G2KillOpSpecResult", 0)]
    pad.inventory()
    assert {tag.epc_parameter.epc for tag in pad.tags(2.0)} == {tag.epc for tag in tags(pad)[1:]}


@pytest.mark.parametrize("report", [0, None])
def test_results_travel_with_the_report_when_that_is_asked(pad, report):
    pad.ask(messages.ADD_ACCESSSPEC(access_spec=spec(read(), count=3, report=report)))
    pad.ask(messages.ENABLE_ACCESSSPEC(access_spec_id=1))
    pad.inventory(report_every_n=1000)
    assert pad.tags(1.0) == []
    before = len(pad.said)
    pad.ask(messages.STOP_ROSPEC(ro_spec_id=1))
    reports = [m for m in pad.said[before:] if isinstance(m, messages.RO_ACCESS_REPORT)]
    told = [tag for m in reports for tag in m.tag_report_datas]
    assert len(results(told)) == 3
    assert len(told) > 3, "what was read without being worked on is told as well"


@pytest.mark.parametrize("cut", range(8))
def test_power_cut_in_the_middle_of_a_write_leaves_the_tag_half_written(pad, cut):
    first = tags(pad)[0]
    old, data = first.epc, b"\x30\x00" + NEW
    pad.device.cut_power_after(cut)
    told = work(pad, spec(write(data), on=[on_epc(old)], count=1))
    if cut < 7:
        assert pad.device.power_lost
        assert told == [], "a reader without power tells nothing"
    else:
        assert results(told) == [("C1G2WriteOpSpecResult", 0)]
    held = first.read(Bank.EPC, 1, 7, secured=False)
    assert held == data[: 2 * cut] + (b"\x30\x00" + old)[2 * cut :]
    pad.device.reboot(pad.now_us)
    pad.connect()
    pad.inventory()
    assert first.epc in {tag.epc_parameter.epc for tag in pad.tags(1.0)}


MISUSE = {
    "the same id twice": [spec(read()), spec(read())],
    "id 0": [spec(read(), id_=0)],
    "an antenna that is not there": [spec(read(), antenna=9)],
    "two operations of one id": [spec(read(), read())],
    "nine operations": [spec(*(read(id_=i) for i in range(1, 10)))],
    "no words": [spec(write(b""))],
    "an erase": [spec(params.C1G2BlockErase(op_spec_id=1, access_password=0, mb=3, word_pointer=0, word_count=1))],
    "three patterns": [spec(read(), on=(ANY, ANY, ANY))],
    "more than fit": [spec(read(), id_=i) for i in range(1, 34)],
}


@pytest.mark.parametrize("misuse", MISUSE)
def test_an_accessspec_that_cannot_be_is_refused_with_a_reason(pad, misuse):
    answers = [pad.ask(messages.ADD_ACCESSSPEC(access_spec=one)) for one in MISUSE[misuse]]
    assert int(answers[-1].llrp_status.status_code) != 0
    assert answers[-1].llrp_status.error_description
    assert all(int(one.llrp_status.status_code) == 0 for one in answers[:-1])


WHOLE = messages.ADD_ACCESSSPEC(
    access_spec=spec(read(), write(NEW, id_=2), lock((0, 2), id_=3), kill(1, id_=4), on=(on_epc(NEW), on_tid(NEW)))
).to_bytes(message_id=1)[10:]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255), cut=st.integers(0, 40))
def test_a_damaged_accessspec_is_taken_or_refused_and_the_reader_goes_on(pad, at, byte, cut):
    damaged = bytearray(WHOLE)
    damaged[at] = byte
    pad._keep(pad.device.hear(Message(M.ADD_ACCESSSPEC, 9, bytes(damaged[: len(damaged) - cut])), pad.now_us))
    pad.ask(messages.ENABLE_ACCESSSPEC(access_spec_id=0))
    pad.inventory()
    pad.air(0.2)
    pad.ask(messages.DELETE_ROSPEC(ro_spec_id=0))
    pad.ask(messages.DELETE_ACCESSSPEC(access_spec_id=0))
    assert pad.ask(messages.GET_ACCESSSPECS()).access_specs == []
