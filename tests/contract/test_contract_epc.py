import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import epc
from contract.epc import EpcError, Sgtin96

TDS_EXAMPLES = [
    ("3034257BF7194E4000001A85", "urn:epc:tag:sgtin-96:1.0614141.812345.6789"),
    ("3074257BF7194E4000001A85", "urn:epc:tag:sgtin-96:3.0614141.812345.6789"),
]


@st.composite
def tags(draw):
    row = draw(st.sampled_from(epc.PARTITIONS))
    return Sgtin96(
        company=f"{draw(st.integers(0, 10**row.company_digits - 1)):0{row.company_digits}d}",
        item=f"{draw(st.integers(0, 10**row.item_digits - 1)):0{row.item_digits}d}",
        serial=draw(st.integers(0, epc.SERIAL_MAX)),
        filter=draw(st.integers(0, 7)),
    )


@pytest.mark.parametrize(("raw", "uri"), TDS_EXAMPLES)
def test_the_examples_of_the_standard_read_both_ways(raw, uri):
    assert epc.decode(bytes.fromhex(raw)).tag_uri == uri
    assert epc.encode(epc.parse(uri)).hex().upper() == raw


def test_the_example_of_the_standard_is_the_gtin_on_its_label():
    tag = epc.parse("urn:epc:tag:sgtin-96:1.0614141.812345.6789")
    assert tag.gtin14 == "80614141123458"
    assert epc.split_gtin14("80614141123458", 7) == ("0614141", "812345")
    assert tag.pure_identity == "urn:epc:id:sgtin:0614141.812345.6789"


@given(tags())
def test_a_tag_survives_bytes_and_names(tag):
    assert epc.decode(epc.encode(tag)) == tag
    assert epc.parse(tag.tag_uri) == tag
    assert epc.parse(tag.pure_identity).pure_identity == tag.pure_identity
    assert epc.check_digit(tag.gtin14[:-1]) == tag.gtin14[-1]
    assert epc.split_gtin14(tag.gtin14, len(tag.company)) == (tag.company, tag.item)


@given(st.lists(tags(), max_size=20))
def test_columns_say_the_same_as_one_tag_at_a_time(batch):
    raw = np.frombuffer(b"".join(epc.encode(tag) for tag in batch), np.uint8).reshape(-1, 12)
    columns, valid = epc.decode_sgtin96(raw)
    assert valid.all()
    assert [int(n) for n in columns.serial] == [tag.serial for tag in batch]
    assert [int(n) for n in columns.company] == [int(tag.company) for tag in batch]
    assert np.array_equal(epc.encode_sgtin96(columns), raw)


@given(st.binary(min_size=12, max_size=12))
def test_whatever_is_called_valid_encodes_back_to_the_same_bits(raw):
    columns, valid = epc.decode_sgtin96(np.frombuffer(raw, np.uint8).reshape(1, 12))
    if valid[0]:
        assert epc.encode_sgtin96(columns).tobytes() == raw
        assert epc.encode(epc.decode(raw)) == raw
    else:
        assert epc.name(raw, 96) == f"urn:epc:raw:96.x{raw.hex().upper()}"
        with pytest.raises(EpcError, match="raw EPC"):
            epc.decode(raw)


def test_about_one_random_tag_in_515_looks_like_an_sgtin():
    rng = np.random.default_rng(7)
    share = epc.decode_sgtin96(rng.integers(0, 256, (400_000, 12), np.uint8))[1].mean()
    assert 1 / 700 < share < 1 / 400


@pytest.mark.parametrize(
    "uri",
    [
        "urn:epc:tag:sgtin-96:8.0614141.812345.1",
        "urn:epc:tag:sgtin-96:1.0614141.81234.1",
        "urn:epc:tag:sgtin-96:1.0614141.812345.01",
        "urn:epc:tag:sgtin-96:1.06141.81234567.1",
        f"urn:epc:tag:sgtin-96:1.0614141.812345.{epc.SERIAL_MAX + 1}",
        "urn:epc:tag:sgtin-96:1.٠٦١٤١٤١.812345.1",
        "urn:epc:id:sscc:0614141.1234567890",
        "",
    ],
)
def test_a_wrong_name_is_refused_in_words(uri):
    with pytest.raises(EpcError):
        epc.parse(uri)


def test_a_column_out_of_range_names_its_row_and_field():
    columns, _ = epc.decode_sgtin96(np.frombuffer(bytes.fromhex(TDS_EXAMPLES[0][0]) * 2, np.uint8).reshape(2, 12))
    columns.serial[1] = epc.SERIAL_MAX + 1
    with pytest.raises(EpcError, match="row 1: serial"):
        epc.encode_sgtin96(columns)


def test_a_gtin_with_a_mistyped_digit_is_refused():
    with pytest.raises(EpcError, match="check digit"):
        epc.split_gtin14("80614141123459", 7)


@given(st.lists(st.binary(min_size=1, max_size=31).map(lambda b: (b + b).hex().upper()), max_size=8))
def test_hex_of_any_length_survives_the_matrix(texts):
    matrix, bits = epc.pack_hex(texts)
    assert matrix.shape[1] % 4 == 0
    assert matrix.shape[1] >= 12
    assert epc.to_hex(matrix, bits) == texts


@pytest.mark.parametrize("text", ["", "XYZ", "30", "00" * 64])
def test_hex_that_is_no_epc_is_refused(text):
    with pytest.raises(EpcError):
        epc.pack_hex([text])
