"""Numbers of gem certificates: which laboratory writes them how. A number of another form was mistyped."""

import re
from typing import Final, NamedTuple


class Form(NamedTuple):
    """How a laboratory numbers: the pattern, and the same in words."""

    pattern: re.Pattern[str]
    words: str


FORMS: Final = {
    "GIA": Form(re.compile(r"(LG)?[0-9]{7,10}"), "7 to 10 digits, LG before them for laboratory-grown"),
    "IGI": Form(re.compile(r"(LG)?[0-9]{7,10}"), "7 to 10 digits, LG before them for laboratory-grown"),
    "HRD": Form(re.compile(r"(LG)?[0-9]{8,14}"), "8 to 14 digits"),
    "AGS": Form(re.compile(r"(LG)?[0-9]{7,13}"), "7 to 13 digits"),
    "GCAL": Form(re.compile(r"(LG)?[0-9]{6,12}"), "6 to 12 digits"),
    "EGL": Form(re.compile(r"[A-Z0-9]{6,14}"), "6 to 14 letters and digits"),
    "GRS": Form(re.compile(r"(GRS)?[0-9]{4}-[0-9]{6}T?"), "the year and six digits, as GRS2026-012345"),
    "SSEF": Form(re.compile(r"[0-9]{4,7}"), "4 to 7 digits"),
    "GUBELIN": Form(re.compile(r"[0-9]{6,10}"), "6 to 10 digits"),
}  # fmt: skip
LAB: Final = re.compile(r"[A-Z][A-Z0-9]{1,11}")
OTHER: Final = re.compile(r"[A-Z0-9][A-Z0-9/-]{2,23}")
"""Of a laboratory we have no form for."""


def wrong(certificate: str) -> str:
    """Why `GIA 2141438171` cannot be right, with the mend; empty when it can."""
    lab, _, number = certificate.partition(" ")
    if not LAB.fullmatch(lab) or not number:
        return f"{certificate!r}: write the laboratory and the number, as GIA 2141438171"
    form = FORMS.get(lab)
    if form is None:
        return "" if OTHER.fullmatch(number) else f"{certificate!r}: a number has 3 to 24 capitals, digits, - and /"
    return "" if form.pattern.fullmatch(number) else f"{certificate!r}: {lab} numbers have {form.words}"


def is_lab_grown(certificate: str) -> bool:
    """The number begins with LG: the stone must be sold as laboratory-grown."""
    return certificate.partition(" ")[2].startswith("LG")
