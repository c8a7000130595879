"""What a reader tells only when asked arrives beside the columns, and costs a reader that tells none of it nothing."""

import struct

import numpy as np
import pytest
from llrpkit.protocol import impinj
from llrpkit.protocol import messages as kit_messages
from llrpkit.protocol import params as kit
from readers_hand import SECOND, HandReader, converse, dialogue_for
from sllurp.llrp import LLRPMessage

from contract.ids import ReaderId
from edge.clock import SystemClock
from edge.gauges import reader_gauges
from edge.readers.base import COLUMNS, PHASE_ABSENT, ROW_BYTES, ReadBatch
from edge.readers.details import DETAIL_ABSENT, Details
from edge.readers.llrp.params import UNKNOWN_KINDS_MAX
from edge.readers.llrp.reports import ReportDecoder, decode_reports
from web.metrics import render

R = ReaderId("pad")
TID = bytes.fromhex("e28011602000712345678901")
FEW, MANY = 1, 300


def report(llrp, *params, epc=bytes(12)):
    return llrp.tlv(240, b"\x8d" + epc + llrp.tv(1, 2) + b"".join(params))


def everything(llrp):
    return (
        llrp.tv(14, 1), llrp.tv(10, 2), llrp.tv(16, 0xFFFF_FFFF), llrp.tv(12, 0x3000), llrp.tv(11, 0xBEEF),
        llrp.tv(19, 0x8001), llrp.tv(20, 0), llrp.custom(25882, 68, struct.pack("!h", -16)),
        llrp.custom(25882, 73, struct.pack("!H", 81)), llrp.custom(25882, 58, struct.pack("!ii", 48_868_500, -2_329_000)),
        llrp.custom(25882, 55, struct.pack("!H", 6) + TID), llrp.custom(161, 712, b"\xff"),
    )  # fmt: skip


@pytest.mark.parametrize("count", [FEW, MANY])
def test_every_detail_reaches_its_column(llrp, count):
    batch = decode_reports(llrp.message(61, report(llrp, *everything(llrp)) * count), R).batch
    assert llrp.details_of(batch) == [
        {
            "spec_index": 1, "inventory_spec_id": 2, "access_spec_id": 0xFFFF_FFFF, "pc": 0x3000, "crc": 0xBEEF,
            "xpc_w1": 0x8001, "xpc_w2": 0, "doppler": -16, "tx_power": 81, "latitude": 48_868_500,
            "longitude": -2_329_000, "tid": TID, "brand_check": 255,
        }
    ] * count  # fmt: skip
    assert all(getattr(batch.details, name) is not None for name in Details.__struct_fields__)


@pytest.mark.parametrize("count", [FEW, MANY])
def test_a_reader_that_tells_no_details_has_none(llrp, count):
    assert decode_reports(llrp.message(61, report(llrp) * count), R).batch.details is None


@pytest.mark.parametrize("count", [FEW, MANY])
def test_a_row_that_does_not_tell_says_so_beside_one_that_does(llrp, count):
    some = [
        report(llrp),
        report(llrp, llrp.tv(12, 0x3000)),
        report(llrp, llrp.custom(25882, 55, struct.pack("!H", 2) + TID[:4])),
    ]
    details = decode_reports(llrp.message(61, b"".join(some) * count), R).batch.details
    assert details.pc.tolist() == [DETAIL_ABSENT, 0x3000, DETAIL_ABSENT] * count
    assert details.tid_bytes.tolist() == [0, 0, 4] * count
    assert details.tid.tolist() == [[0] * 4, [0] * 4, list(TID[:4])] * count
    assert details.crc is None


def test_a_damaged_report_takes_its_details_with_it(llrp):
    good = report(llrp, llrp.tv(12, 7))
    liar = report(llrp, llrp.custom(25882, 55, struct.pack("!H", 9) + TID))
    decoder = ReportDecoder(R)
    batch = decoder.decode(llrp.message(61, (good + liar) * MANY + llrp.tlv(240, b"")), 0).batch
    assert batch.details.pc.tolist() == [7] * MANY
    assert batch.details.tid is None
    assert decoder.counts.reports_damaged_total == MANY + 1


def test_a_tid_whose_length_changes_is_another_shape(llrp):
    long = report(llrp, llrp.custom(25882, 55, struct.pack("!H", 6) + TID))
    short = report(llrp, llrp.custom(25882, 55, struct.pack("!H", 5) + TID))
    assert len(long) == len(short)
    details = decode_reports(llrp.message(61, (long + short) * MANY), R).batch.details
    assert details.tid_bytes.tolist() == [12, 10] * MANY


@pytest.mark.parametrize("count", [FEW, MANY])
@pytest.mark.parametrize(
    ("wire", "phase"),
    [(-32768, 2048), (-24364, 2573), (-1, 4095), (0, 0), (16384, 1024), (32767, 2047)],
)
def test_the_phase_of_a_zebra_is_4096ths_of_a_turn_like_any(llrp, count, wire, phase):
    """The second is what an FX9600 was seen to send (A0D4); −32768 means −π."""
    param = llrp.custom(161, 709, struct.pack("!h", wire))
    batch = decode_reports(llrp.message(61, report(llrp, llrp.tv(6, -50, signed=True), param) * count), R).batch
    assert batch.phase.tolist() == [phase] * count
    assert batch.rssi_cdbm.tolist() == [-5000] * count


def test_phases_of_two_makers_in_one_stream_do_not_mix(llrp):
    some = [
        report(llrp, llrp.custom(161, 709, b"\x40\x00")),
        report(llrp, llrp.custom(25882, 56, b"\x04\x01")),
        report(llrp),
    ]
    batch = decode_reports(llrp.message(61, b"".join(some) * MANY), R).batch
    assert batch.phase.tolist() == [1024, 1025, PHASE_ABSENT] * MANY


@pytest.mark.parametrize("subtype", [123, 450, 1000])
def test_a_zebra_parameter_nobody_has_held_against_a_reader_is_counted_by_type(llrp, subtype):
    decoder = ReportDecoder(R)
    decoder.decode(llrp.message(61, report(llrp, llrp.custom(161, subtype, bytes(12))) * MANY), 0)
    assert decoder.counts.unknown_total == {f"1023/161/{subtype}": MANY}


def test_details_of_another_size_than_we_know_are_unknown(llrp):
    decoder = ReportDecoder(R)
    params = [llrp.custom(25882, 68, bytes(4)), llrp.custom(25882, 58, bytes(4)), llrp.custom(161, 712, b"")]
    assert decoder.decode(llrp.message(61, report(llrp, *params)), 0).batch.details is None
    assert decoder.counts.unknown_total.total() == 3


def test_what_llrpkit_and_sllurp_make_of_the_same_bytes_is_the_same():
    tag = kit.TagReportData(
        epc_parameter=kit.EPC_96(epc=bytes(12)),
        spec_index=kit.SpecIndex(spec_index=3),
        inventory_parameter_spec_id=kit.InventoryParameterSpecID(inventory_parameter_spec_id=4),
        access_spec_id=kit.AccessSpecID(access_spec_id=5),
        air_protocol_tag_datas=[kit.C1G2_PC(pc_bits=0x3400), kit.C1G2_CRC(crc=0x1D0F)],
        custom=[
            impinj.ImpinjSerializedTID(t_id=[0xE280, 0x1160]),
            impinj.ImpinjRFDopplerFrequency(doppler_frequency=-33),
            impinj.ImpinjGPSCoordinates(latitude=1_000_000, longitude=-2_000_000),
        ],
    )
    data = kit_messages.RO_ACCESS_REPORT(tag_report_datas=[tag]).to_bytes()
    details = decode_reports(data, R).batch.details
    assert (details.spec_index[0], details.inventory_spec_id[0], details.access_spec_id[0]) == (3, 4, 5)
    assert (details.pc[0], details.crc[0], details.doppler[0]) == (0x3400, 0x1D0F, -33)
    assert (details.latitude[0], details.longitude[0]) == (1_000_000, -2_000_000)
    assert details.tid.tobytes() == bytes.fromhex("e2801160")
    (theirs,) = LLRPMessage(msgbytes=data).msgdict["RO_ACCESS_REPORT"]["TagReportData"]
    assert theirs["ImpinjSerializedTID"]["TID"] == details.tid.tobytes()
    assert theirs["ImpinjRFDopplerFrequency"] == details.doppler[0]


def test_a_batch_made_of_columns_gives_them_back(llrp):
    n = 5
    columns = {name: np.arange(n).astype(form) + 1 for name, form in COLUMNS.items()}
    epc = np.arange(n * 16, dtype=np.uint8).reshape(n, 16)
    batch = ReadBatch.of(R, 9, epc, **columns)
    assert len(batch) == n
    assert len(batch.block) == n * (ROW_BYTES + 16)
    assert (batch.epc == epc).all()
    for name, column in columns.items():
        given = getattr(batch, name)
        assert (given == column).all()
        assert given.dtype == column.dtype
        assert not given.flags.writeable
    with pytest.raises(AssertionError):
        ReadBatch.of(R, 9, epc, **{**columns, "antenna": columns["antenna"][:2]})


def test_what_nobody_knows_is_shown_by_kind_at_metrics_and_by_no_more_kinds_than_the_limit(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    unknown = [llrp.custom(161, 1000, bytes(12)), *(llrp.custom(7, i, b"") for i in range(2 * UNKNOWN_KINDS_MAX))]
    for param in unknown:
        dialogue.hear_bytes(llrp.message(61, report(llrp, param)), SECOND)
    metrics = render(reader_gauges([dialogue.health], SystemClock())).decode()
    kinds = [line for line in metrics.splitlines() if line.startswith("vitrine_reader_unknown_kinds_total{")]
    assert 'vitrine_reader_unknown_kinds_total{kind="1023/161/1000",reader="r"} 1.0' in kinds
    assert len(kinds) == UNKNOWN_KINDS_MAX + 1
    assert sum(float(line.split()[-1]) for line in kinds) == len(unknown) == dialogue.health.unknown_total
