"""What became of an access operation arrives with the tag's read, whole; a damaged result costs its tag report."""

import struct

import pytest
from llrpkit.protocol import decode_message
from llrpkit.protocol import messages as kit_messages
from llrpkit.protocol import params as kit
from sllurp.llrp import LLRPMessage

from contract.ids import ReaderId
from edge.readers.llrp.reports import ReportDecoder, decode_reports
from edge.readers.llrp.results import WORDS, AccessResult, Operation

R = ReaderId("pad")
EPC = bytes(range(12))
COUNTED = {Operation.WRITE, Operation.BLOCK_WRITE}
WORDED = {Operation.READ, Operation.GET_BLOCK_PERMALOCK_STATUS}
TLVS = [kind for kind in Operation if kind is not Operation.CLIENT_REQUEST]


def result_param(llrp, kind, code=0, op_spec=7, data=b"\x12\x34\x56\x78", words_written=3):
    value = struct.pack("!BH", code, op_spec)
    if kind in COUNTED:
        value += struct.pack("!H", words_written)
    if kind in WORDED:
        value += struct.pack("!H", len(data) // 2) + data
    return llrp.tlv(int(kind), value)


def report(llrp, *params, epc=EPC):
    return llrp.tlv(240, b"\x8d" + epc + llrp.tv(1, 2) + llrp.tv(16, 901) + b"".join(params))


@pytest.mark.parametrize("kind", TLVS)
def test_every_result_of_the_standard_arrives_with_its_tag(llrp, kind):
    got = decode_reports(llrp.message(61, report(llrp, result_param(llrp, kind, code=2))), R)
    data = b"\x12\x34\x56\x78" if kind in WORDED else b""
    assert got.results == [AccessResult(901, 7, kind, 2, EPC, data, 3 if kind in COUNTED else 0)]
    assert not got.results[0].done
    assert got.batch.antenna.tolist() == [2]


def test_an_answered_request_to_the_client_is_told_as_done(llrp):
    (result,) = decode_reports(llrp.message(61, report(llrp, llrp.tv(15, 9))), R).results
    assert result == AccessResult(901, 9, Operation.CLIENT_REQUEST, 0, EPC)
    assert (result.done, result.words) == (True, "done")


def test_several_results_of_one_tag_keep_their_order(llrp):
    params = [result_param(llrp, kind, op_spec=i) for i, kind in enumerate(TLVS)]
    got = decode_reports(llrp.message(61, report(llrp, *params)), R)
    assert [(r.op_spec_id, r.kind) for r in got.results] == list(enumerate(TLVS))
    assert len(got.batch) == 1


def test_results_among_many_plain_reads_are_found_wherever_they_stand(llrp):
    plain = llrp.tlv(240, b"\x8d" + bytes(12) + llrp.tv(1, 4))
    with_result = [
        report(llrp, result_param(llrp, Operation.READ, op_spec=i, data=bytes(2 * (i % 3)))) for i in range(9)
    ]
    for layout in (
        [llrp.message(61, plain * 40 + one + plain * 40) for one in with_result],
        [llrp.message(61, one) + llrp.message(61, plain) * 40 for one in with_result],
        [llrp.message(61, plain * 500) + llrp.message(61, llrp.tlv(242, b"") + one) for one in with_result],
    ):
        got = decode_reports(b"".join(layout), R)
        assert [r.op_spec_id for r in got.results] == list(range(9))
        assert [len(r.data) for r in got.results] == [2 * (i % 3) for i in range(9)]
        assert (got.batch.antenna == 2).sum() == 9


def test_results_of_one_call_do_not_come_again_in_the_next(llrp):
    decoder = ReportDecoder(R)
    one = llrp.message(61, report(llrp, result_param(llrp, Operation.LOCK)))
    assert [len(decoder.decode(one * n, 0).results) for n in (1, 200, 1)] == [1, 200, 1]
    assert decoder.decode(llrp.message(62), 0).results == []


@pytest.mark.parametrize("kind", TLVS)
def test_a_result_cut_short_costs_its_report_and_no_other(llrp, kind):
    whole = result_param(llrp, kind)[4:]
    needs = len(whole)
    for times in (1, 60):
        for size in range(needs):
            decoder = ReportDecoder(R)
            good = report(llrp, result_param(llrp, kind))
            got = decoder.decode(
                llrp.message(61, (good + report(llrp, llrp.tlv(int(kind), whole[:size])) + good) * times), 0
            )
            assert (len(got.results), len(got.batch)) == (2 * times, 2 * times)
            assert decoder.counts.reports_damaged_total == times


def test_a_read_that_says_more_words_than_it_brings_is_damaged_even_in_a_known_shape(llrp):
    good = report(llrp, result_param(llrp, Operation.READ))
    liar = report(llrp, llrp.tlv(349, struct.pack("!BHH", 0, 7, 0xFFFF) + bytes(4)))
    assert len(good) == len(liar)
    decoder = ReportDecoder(R)
    got = decoder.decode(llrp.message(61, good * 3 + liar + good), 0)
    assert len(got.results) == 4
    assert decoder.counts.reports_damaged_total == 1


def test_a_makers_own_result_is_stepped_over_and_counted(llrp):
    decoder = ReportDecoder(R)
    got = decoder.decode(llrp.message(61, report(llrp, llrp.custom(25882, 47, bytes(9)))), 0)
    assert (got.results, len(got.batch)) == ([], 1)
    assert decoder.counts.unknown_total == {"1023/25882/47": 1}


def test_a_tlv_numbered_like_the_client_request_is_none(llrp):
    got = decode_reports(llrp.message(61, report(llrp, llrp.tlv(15, b"\x00\x09"))), R)
    assert got.results == []


def test_what_llrpkit_encodes_is_read_as_it_was_meant():
    results = [
        kit.C1G2ReadOpSpecResult(result=0, op_spec_id=1, read_data=[0xE280, 0x1160]),
        kit.C1G2WriteOpSpecResult(result=3, op_spec_id=2, num_words_written=5),
        kit.C1G2KillOpSpecResult(result=1, op_spec_id=3),
        kit.C1G2LockOpSpecResult(result=4, op_spec_id=4),
        kit.C1G2BlockEraseOpSpecResult(result=0, op_spec_id=5),
        kit.C1G2BlockWriteOpSpecResult(result=6, op_spec_id=6, num_words_written=2),
    ]
    tag = kit.TagReportData(
        epc_parameter=kit.EPC_96(epc=EPC),
        access_spec_id=kit.AccessSpecID(access_spec_id=33),
        access_command_op_spec_results=results,
    )
    data = kit_messages.RO_ACCESS_REPORT(tag_report_datas=[tag]).to_bytes()
    assert decode_message(data).tag_report_datas[0].access_command_op_spec_results == results
    got = decode_reports(data, R).results
    assert {r.access_spec_id for r in got} == {33}
    assert [(r.op_spec_id, r.code, r.data, r.words_written) for r in got] == [
        (1, 0, bytes.fromhex("e2801160"), 0), (2, 3, b"", 5), (3, 1, b"", 0), (4, 4, b"", 0), (5, 0, b"", 0), (6, 6, b"", 2),
    ]  # fmt: skip


def test_sllurp_reads_the_same_bytes_the_same_way(llrp):
    for kind in TLVS:
        data = llrp.message(61, report(llrp, result_param(llrp, kind, code=1)))
        (tag,) = LLRPMessage(msgbytes=data).msgdict["RO_ACCESS_REPORT"]["TagReportData"]
        (theirs,) = (value for name, value in tag.items() if name.endswith("OpSpecResult"))
        (ours,) = decode_reports(data, R).results
        assert (theirs["Result"], theirs["OpSpecID"]) == (ours.code, ours.op_spec_id)
        assert theirs.get("ReadData", theirs.get("PermalockStatus", b"")) == ours.data
        assert theirs.get("NumWordsWritten", 0) == ours.words_written


def test_every_code_has_words_and_an_unknown_one_its_number():
    for kind, words in WORDS.items():
        assert len(set(words)) == len(words)
        assert AccessResult(0, 0, kind, 0, EPC).words == "done"
    assert AccessResult(0, 0, Operation.LOCK, 9, EPC).words == "result code 9"
    assert AccessResult(0, 0, Operation.BLOCK_PERMALOCK, 1, EPC).words == "result code 1"
