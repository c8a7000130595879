"""An appraisal: a draft until somebody signs it, then a paper that is never edited. A newer one takes its place."""

from enum import StrEnum
from typing import Final

import msgspec

from trade.machine import Machine


class AppraisalState(StrEnum):
    DRAFT = "draft"
    SIGNED = "signed"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class AppraisalEvent(StrEnum):
    SIGN = "sign"
    DELIVER = "deliver"
    SUPERSEDE = "supersede"
    WITHDRAW = "withdraw"


S, E = AppraisalState, AppraisalEvent
APPRAISAL: Final = Machine[AppraisalState, AppraisalEvent](
    name="appraisal",
    starts=frozenset({S.DRAFT}),
    ends=frozenset({S.SIGNED, S.DELIVERED, S.SUPERSEDED, S.WITHDRAWN}),
    table={
        (S.DRAFT, E.SIGN): S.SIGNED,
        (S.DRAFT, E.WITHDRAW): S.WITHDRAWN,
        (S.SIGNED, E.DELIVER): S.DELIVERED,
        (S.SIGNED, E.SUPERSEDE): S.SUPERSEDED,
        (S.DELIVERED, E.SUPERSEDE): S.SUPERSEDED,
        (S.DELIVERED, E.DELIVER): S.DELIVERED,
    },
)
OLD_AFTER_MONTHS: Final = 36
"""Insurers ask for a newer one after two or three years; the record says so then."""


class AppraisalPaper(msgspec.Struct, frozen=True, kw_only=True):
    """All that is printed. `facts`: name and words of what was found, in the order they are read."""

    number: str
    house: str
    house_lines: tuple[str, ...]
    day: str
    purpose: str
    basis: str
    """What kind of value it is: retail replacement, fair market, estate."""
    title: str
    facts: tuple[tuple[str, str], ...]
    value: str
    appraiser: str
    credentials: str
    note: str = ""
    supersedes: str = ""
    """The number of the one whose place it takes."""
    owner: str = ""
    """Whose it is, where it is a client's own."""
    photos: tuple[bytes, ...] = ()
    """As JPEG."""
