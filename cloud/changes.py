"""What people of the office changed of how the house works: who, when, why, and what it was and is.

Never altered, but once: why orders were sent on stood there in clear, and a migration (r0062) took it out.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import office_change
from cloud.work import Work
from contract.ids import UserId

WHY_CHARACTERS_MIN: Final = 3
WHY_CHARACTERS_MAX: Final = 500
Values = Mapping[str, str]


class WhyError(Exception):
    """A change without its reason; the message says so."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a change, in words."""

    field: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    n: int
    at_us: int
    by: str
    what: str
    subject: str
    store: str
    why: str
    differences: list[Difference]


def checked_why(why: str) -> str:
    """Raises `WhyError`."""
    why = " ".join(why.split())
    if not WHY_CHARACTERS_MIN <= len(why) <= WHY_CHARACTERS_MAX:
        raise WhyError("Say in a few words why it is changed: whoever reads it next year wants to know.")
    return why


def note(
    work: Work, what: str, subject: str, *, by: UserId, why: str, was: Values, now: Values, store: str = ""
) -> bool:
    """Keeps what differs; False, and nothing kept, when nothing does. `what`: `role`, `staff`, `tax`, …"""
    differ = {
        field: [was.get(field, ""), now.get(field, "")]
        for field in {**was, **now}
        if was.get(field, "") != now.get(field, "")
    }
    if not differ:
        return False
    row = {
        "at_us": work.now_us, "by": by, "what": what, "subject": subject, "store": store, "why": checked_why(why),
        "differences": json.dumps(differ, ensure_ascii=False),
    }  # fmt: skip
    work.tx.add(office_change, row)
    return True


def listing(tx: Tx, *, store: str = "", what: str = "", subject: str = "", limit: int = 50) -> list[ChangeRow]:
    """Newest first; when asked, of one store with what is the house's, of one kind, of one subject."""
    query = sa.select(office_change).order_by(office_change.c.n.desc()).limit(limit)
    if store:
        query = query.where(office_change.c.store.in_(["", store]))
    for column, wanted in ((office_change.c.what, what), (office_change.c.subject, subject)):
        if wanted:
            query = query.where(column == wanted)
    return [row_of(row) for row in tx.rows(query)]


def row_of(row: sa.RowMapping) -> ChangeRow:
    return ChangeRow(
        **{name: row[name] for name in ("n", "at_us", "by", "what", "subject", "store", "why")},
        differences=[Difference(field, *both) for field, both in json.loads(row["differences"]).items()],
    )
