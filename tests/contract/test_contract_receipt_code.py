"""The code on a receipt: typed as people type, it names one chain head."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.receipt_code import ALPHABET, CODE_BYTES, read_code, short_head

HEAD = bytes(range(200, 232))


def test_a_code_is_sixteen_signs_in_four_groups():
    plain = base64.b32encode(HEAD[:CODE_BYTES]).decode()  # RFC 4648, which has other signs
    signs = plain.translate(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET))
    assert short_head(HEAD) == "-".join(signs[at : at + 4] for at in (0, 4, 8, 12))


@given(st.binary(min_size=32, max_size=32))
def test_a_code_names_the_head_it_was_made_of(head):
    code = short_head(head)
    assert read_code(code) == read_code(f" {code.lower().replace('-', ' ')} ") == head[:CODE_BYTES]
    assert set(code) <= {*ALPHABET, "-"}


def test_a_letter_that_looks_like_a_digit_is_read_as_one():
    assert read_code("oOiI-lL00-0000-0000") == read_code("0011-1100-0000-0000")


@pytest.mark.parametrize("typed", ["", "S34W", "S34W-NK6C-SV7C-ZM6H-0", "U34W-NK6C-SV7C-ZM6H", "ß" * 16, "9" * 10_000])
def test_what_is_no_code_is_said_with_where_to_look(typed):
    with pytest.raises(ValueError, match="16 letters and digits"):
        read_code(typed)
