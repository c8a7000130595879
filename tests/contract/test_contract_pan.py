"""No card number passes, and what the house itself writes is never taken for one."""

import random
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.pan import ISSUERS, REDACTED, card_numbers, has_card_number, is_card_number, luhn, redacted

APART = ("", " ", "-", "  ", " - ", ".", "\u00a0", "\u2011", "/", "\n")


@st.composite
def numbers(draw):
    """A valid number of some issuer; of thirteen digits only those that are no GTIN."""
    issuer = draw(st.sampled_from(ISSUERS))
    length = draw(st.sampled_from(sorted(issuer.lengths)))
    begin = str(draw(st.integers(issuer.low, issuer.high)))
    body = begin + "".join(draw(st.lists(st.sampled_from("0123456789"), min_size=length, max_size=length)))
    body = body[: length - 1]
    check = next(digit for digit in "0123456789" if luhn(body + digit))
    whole = body + check
    weighed = sum(int(digit) * (3 if at & 1 else 1) for at, digit in enumerate(reversed(whole)))
    return whole if length != 13 or weighed % 10 else "4242424242424242"


@st.composite
def typed(draw):
    digits = draw(numbers())
    cuts = draw(st.lists(st.booleans(), min_size=len(digits), max_size=len(digits)))
    sign = draw(st.sampled_from(APART))
    return "".join(digit + (sign if cut else "") for digit, cut in zip(digits, cuts, strict=True)).strip(" -./\n")


@given(
    typed(),
    st.sampled_from(("", "card ", "no. 12, ", "Ring 750: ", "(", "№ ")),
    st.sampled_from(("", " exp 12/27", ".", ")")),
)
def test_a_card_number_is_found_however_it_is_typed(number, before, after):
    text = f"{before}{number}{after}"
    assert has_card_number(text)
    clean = redacted(text)
    assert REDACTED in clean
    assert not has_card_number(clean)


def test_a_number_beside_others_is_found_by_itself():
    assert redacted("2026 4111 1111 1111 1111 7") == f"2026 {REDACTED} 7"
    assert redacted("3714 496353 98431; 4000-0566-5566-5556") == f"{REDACTED}; {REDACTED}"
    assert has_card_number("٤١١١ ١١١١ ١١١١ ١١١١"), "in another script"
    assert has_card_number("4111111111111111=27121010000"), "as a stripe holds it"


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112", "411111111111111", "2026-11-29 10:31:07.123456", "+49 170 1234567", "GIA 2141438171",
        "DE89 3704 0044 0532 0130 00", "GB82 WEST 1234 5698 7654 32", "NO93 8601 1117 947", "4006381333931",
        "urn:epc:id:sgtin:4012345.012345.678901234", "3014F5E2A41C2B4003ADE68B", "1732878000000000", "0.75 ct, 6.12 × 6.15",
        "(01)04012345678901(21)123456", "",
    ],
)  # fmt: skip
def test_what_people_write_in_a_jewelry_store_is_none(text):
    assert card_numbers(text) == []


def test_no_identifier_of_the_house_is_ever_refused():
    """EPCs of 96 bits in hex and in digits, TIDs, UUIDs, digests, serial numbers of SGTINs, receipts: 60,000 of them."""
    chance = random.Random(7)
    texts = []
    for _ in range(10_000):
        bits = chance.getrandbits(96)
        company, item, serial = chance.randrange(10**7), chance.randrange(10**6), chance.getrandbits(38)
        texts += [
            f"{bits:024X}",
            f"{bits:029d}",
            str(uuid.UUID(int=chance.getrandbits(128))),
            f"{chance.getrandbits(256):064x}",
            f"urn:epc:id:sgtin:{company:07d}.{item:06d}.{serial}",
            str(serial),
        ]
    assert [text for text in texts if has_card_number(text)] == []
    # the control: as bare digits of a card's length they would be
    bare = [re.sub(r"\D", "", text)[:16] for text in texts]
    assert any(map(is_card_number, bare))
