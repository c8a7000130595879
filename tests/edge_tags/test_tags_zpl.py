"""What the label printer is told and what it answers: nothing a piece is called commands it, nothing it says breaks us."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import epc as codec
from contract.feed import PieceCard
from contract.ids import PieceId
from edge.readers.base import MisconfiguredError, ProtocolError
from edge.tags.labels import digital_link, fields
from edge.tags.zpl import (
    ANSWER_BYTES_MAX,
    FIELD_CHARS_MAX,
    FIELDS,
    Answers,
    ReadBack,
    Status,
    field,
    label,
    load_template,
    parse_template,
    templates,
)
from simulator.printer import Printer, parse

SGTIN = codec.encode(codec.Sgtin96(company="0614141", item="812345", serial=6789))
GOOD = 'name="x"\ndots_per_mm=12\nwidth_mm=68\nlength_mm=12\nposition_mm=0\nvoid_mm=9\ntid_bytes=12\nzpl="^FO1,1^A0N,20{title}^FS"'


def card(**more):
    keys = {
        "piece": PieceId("p1"), "sku": "R-1", "title": "Ring with a sapphire", "category": "ring", "metal": "gold",
        "fineness": 750, "weight_mg": 3200, "stones": "sapphire 1.02 ct", "price_minor": 120_050, "currency": "EUR",
        "tax_bp": 2000, "epc": "",
    }  # fmt: skip
    return PieceCard(**(keys | more))


def empty(**more):
    return dict.fromkeys(FIELDS, "") | more


@pytest.mark.parametrize("name", templates())
def test_every_label_shipped_is_understood_by_a_printer_of_another_make(name):
    printer = Printer(random.Random(1))
    said = printer.hear(label(load_template(name), fields(card(), SGTIN), SGTIN, 7))
    (out,) = printer.out
    assert not out.void
    assert printer.unknown == []
    assert "Ring with a sapphire" in out.texts
    assert "1200.50 EUR" in out.texts
    assert out.codes == ("QA,https://id.gs1.org/01/80614141123458/21/6789",)
    assert out.epc == SGTIN
    answers = Answers().feed(said)
    assert answers == [ReadBack(7, "T", out.tid), ReadBack(7, "E", SGTIN)]


@given(text=st.text(max_size=60))
def test_whatever_a_piece_is_called_prints_and_commands_nothing(text):
    """With no escape, `^XZ` in a title would end the label, and `^RFW` would write another tag."""
    unknown = []
    template = load_template("loop")
    plain = parse(label(template, empty(), SGTIN, 1).decode(), [])
    asked = parse(label(template, empty(title=text, sku=text, qr=text), SGTIN, 1).decode(), unknown)
    assert unknown == []
    assert (len(asked.work), asked.verify, len(asked.texts)) == (len(plain.work), plain.verify, len(plain.texts))
    shown = "".join(char if char.isprintable() else " " for char in text)
    assert asked.texts[0] == shown[:FIELD_CHARS_MAX]
    assert asked.work[0].data == SGTIN.hex().upper()


def test_control_without_the_escape_a_title_would_write_another_tag():
    evil = "x^FS^RFW,H,0,12,A^FD" + "00" * 12
    raw = label(load_template("loop"), empty(), SGTIN, 1).decode().replace("^FH_^FD^FS", f"^FD{evil}^FS", 1)
    assert (
        len(parse(raw, []).work)
        == len(parse(label(load_template("loop"), empty(title=evil), SGTIN, 1).decode(), []).work) + 1
    )


def test_a_caret_a_tilde_and_an_accent_are_written_in_hexadecimal():
    assert field("Or ^~_é") == "^FH_^FDOr _5E_7E_5F_C3_A9"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("{title}", "no field weight"),
        ("tid_bytes=12", "colour"),
        ("width_mm=68", "width_mm"),
    ],
)
def test_a_mistake_in_a_label_is_named_with_its_mend(change, told):
    new = {"{title}": "{weight}", "tid_bytes=12": "tid_bytes=12\ncolour=1", "width_mm=68": "width_mm=0"}[change]
    with pytest.raises(MisconfiguredError, match=told):
        parse_template("x", GOOD.replace(change, new))
    with pytest.raises(MisconfiguredError, match="rat-tail"):
        load_template("../secret")


def test_an_epc_that_is_no_gs1_number_stands_in_the_code_as_it_is():
    own = bytes.fromhex("F0A1") + bytes(10)
    assert digital_link(own) == own.hex().upper()
    assert digital_link(SGTIN, "https://id.example/") == "https://id.example/01/80614141123458/21/6789"


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"labels": 0}, "out of tags: put in a new roll"),
        ({"head_open": True}, "head open: close it"),
        ({"ribbon_out": True}, "out of ribbon"),
        ({"paused": True}, "paused: press its pause key"),
        ({}, ""),
    ],
)
def test_a_printers_status_is_said_in_words(state, told):
    printer = Printer(random.Random(1))
    for name, value in state.items():
        setattr(printer, name, value)
    (status,) = Answers().feed(printer.hear(b"~HS"))
    assert isinstance(status, Status)
    assert told in status.trouble
    assert bool(status.trouble) == bool(told)


def test_answers_come_in_any_pieces():
    printer = Printer(random.Random(1))
    data = label(load_template("rat-tail"), empty(), SGTIN, 3)
    stream = printer.hear(b"~HS" + data + b"~HS") + printer.hear(b"~HS")
    whole = Answers().feed(stream)
    assert [type(each) for each in whole].count(ReadBack) == 2
    for size in (1, 3, 7):
        answers = Answers()
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert [each for piece in pieces for each in answers.feed(piece)] == whole


def test_what_is_no_printers_answer_has_an_end():
    with pytest.raises(ProtocolError):
        Answers().feed(b"HTTP/1.1 400 Bad Request\r\n" * (ANSWER_BYTES_MAX // 26 + 1))


@pytest.mark.parametrize("seed", range(4))
def test_damaged_answers_raise_nothing_but_a_protocol_error(seed):
    rng = random.Random(seed)
    printer = Printer(rng)
    good = printer.hear(label(load_template("loop"), empty(), SGTIN, 3)) + printer.hear(b"~HS")
    for _ in range(500):
        damaged = bytearray(good)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(damaged))
            damaged[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
        try:
            Answers().feed(bytes(damaged))
        except ProtocolError:
            continue
