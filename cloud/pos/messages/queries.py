"""Messages as lists show them: by id; whoever wants the words opens one, which is kept."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud import aliases
from cloud.db import Tx
from cloud.messages import outbox
from cloud.people import Keyring
from cloud.tables import client_look, message
from cloud.work import Work
from contract.ids import PersonId, UserId
from trade.message import MessageState

WAITING: Final = (MessageState.QUEUED, MessageState.SENDING)
FAILED: Final = (MessageState.REFUSED, MessageState.GIVEN_UP, MessageState.BOUNCED)
GROUPS: Final = {"waiting": WAITING, "sent": (MessageState.SENT,), "failed": FAILED}


@dataclass(frozen=True, slots=True)
class MessageRow:
    message: str
    person: str
    channel: str
    kind: str
    template: str
    store: str
    state: str
    made_us: int
    by: str
    next_us: int
    sent_us: int
    changed_us: int
    tries: int
    why: str


@dataclass(frozen=True, slots=True)
class MessageDetail:
    """Empty words: its client was erased."""

    row: MessageRow
    to: str
    subject: str
    text: str


def listing(tx: Tx, *, group: str = "", person: str = "", before_us: int = 0, limit: int = 50) -> list[MessageRow]:
    """Newest first; those that wait by when they are due."""
    column = message.c.next_us if group == "waiting" else message.c.changed_us
    query = sa.select(message).limit(limit)
    query = query.order_by(column, message.c.message) if group == "waiting" else query.order_by(column.desc())
    if group in GROUPS:
        query = query.where(message.c.state.in_(GROUPS[group]))
    if person:
        query = query.where(message.c.person.in_(aliases.ids(tx, person)))
    if before_us:
        query = query.where(column > before_us if group == "waiting" else column < before_us)
    return [_row(row) for row in tx.rows(query)]


def counts(tx: Tx) -> dict[str, int]:
    found = tx.rows(sa.select(message.c.state, sa.func.count().label("n")).group_by(message.c.state))
    by_state = {row["state"]: row["n"] for row in found}
    return {group: sum(by_state.get(state, 0) for state in states) for group, states in GROUPS.items()}


def look(work: Work, ring: Keyring, name: str, *, by: UserId, how: str) -> MessageDetail | None:
    """Opens one for somebody, which is kept for ever. Raises `SealedError`."""
    row = work.tx.row(sa.select(message).where(message.c.message == name))
    if row is None:
        return None
    key = ring.person(work.tx, PersonId(row["person"]))
    if key is None or not row["sealed"]:
        return MessageDetail(_row(row), "", "", "")
    parcel = outbox.opened(key, row)
    work.tx.add(client_look, {"person": row["person"], "at_us": work.now_us, "by": by, "how": how, "found": 1})
    return MessageDetail(_row(row), parcel.to, parcel.subject, parcel.text)


def _row(row: sa.RowMapping) -> MessageRow:
    return MessageRow(**{name: row[name] for name in MessageRow.__dataclass_fields__})
