"""Codes by time: RFC 6238's own vectors, and what is near them."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.pos.staff import totp

SHA1 = b"12345678901234567890"
SHA256 = b"12345678901234567890123456789012"
SHA512 = b"1234567890123456789012345678901234567890123456789012345678901234"
VECTORS = [
    (59, "94287082", "46119246", "90693936"),
    (1_111_111_109, "07081804", "68084774", "25091201"),
    (1_111_111_111, "14050471", "67062674", "99943326"),
    (1_234_567_890, "89005924", "91819424", "93441116"),
    (2_000_000_000, "69279037", "90698825", "38618901"),
    (20_000_000_000, "65353130", "77737706", "47863826"),
]
"""RFC 6238, appendix B: time in seconds, TOTP of eight digits with SHA-1, SHA-256 and SHA-512."""


@pytest.mark.parametrize(("second", "sha1", "sha256", "sha512"), VECTORS)
def test_the_vectors_of_the_standard(second, sha1, sha256, sha512):
    step = totp.step_of(second * 1_000_000)
    for secret, digest, expected in (
        (SHA1, hashlib.sha1, sha1), (SHA256, hashlib.sha256, sha256), (SHA512, hashlib.sha512, sha512),
    ):  # fmt: skip
        assert totp.code(secret, step, digits=8, digest=digest) == expected


@given(st.binary(min_size=20, max_size=20), st.integers(1, 2**33), st.integers(-4, 4))
def test_a_code_fits_one_step_to_either_side_and_no_further(secret, second, off):
    now_us = second * 1_000_000
    typed = totp.code(secret, max(0, totp.step_of(now_us) + off))
    step = totp.step_fitting(secret, typed, now_us, after=-1)
    if abs(off) <= totp.STEPS_OFF_MAX:
        assert step is not None
        assert totp.code(secret, step) == typed
    elif step is not None:
        assert totp.code(secret, step) == typed, "two steps may show the same six digits"


@given(st.binary(min_size=20, max_size=20), st.integers(1, 2**33))
def test_a_code_is_never_good_twice(secret, second):
    now_us = second * 1_000_000
    typed = totp.code(secret, totp.step_of(now_us))
    step = totp.step_fitting(secret, typed, now_us, after=-1)
    later = totp.step_fitting(secret, typed, now_us, after=step)
    assert later is None or later > step


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345\n"])
def test_nonsense_fits_nothing(typed):
    assert totp.step_fitting(SHA1, typed, 59_000_000, after=-1) is None


def test_an_app_is_told_in_its_own_words():
    link = totp.link(SHA1, user="ada", house="Maison Auclair")
    assert link == "otpauth://totp/Maison%20Auclair:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Maison%20Auclair"
    assert totp.text(SHA1) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
