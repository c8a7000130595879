"""Messages as lists show them: by id; whoever wants the words opens one, which is kept."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cloud import aliases
from cloud.db import Tx
from cloud.listing import listed_many, when
from cloud.messages import outbox
from cloud.people import Keyring
from cloud.tables import client_look, message
from cloud.work import Work
from contract.ids import PersonId, UserId
from trade.message import MessageState
from web.tables import Asked, Column, Listed
from web.words import later

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


@dataclass(frozen=True, slots=True)
class Named:
    """`client` empty: erased."""

    row: MessageRow
    client: str


def table(
    tx: Tx, what: Asked, names: Callable[[Tx, Iterable[str]], dict[str, str]], *, group: str
) -> Listed[Named]:  # fmt: skip
    """Newest first; those that wait by when they are due. `names`: of clients, by id."""

    def made(found: Sequence[sa.RowMapping]) -> list[Named]:
        called = names(tx, (row["person"] for row in found))
        return [Named(_row(row), called.get(row["person"], "")) for row in found]

    column = message.c.next_us if group == "waiting" else message.c.changed_us
    columns: tuple[Column[Named], ...] = (
        Column("client", later("Client"), lambda each: each.client, sorts=False),
        Column("what", later("What"), lambda each: each.row.template),
        Column("by", later("By"), lambda each: each.row.channel),
        Column(
            "when", later("Due") if group == "waiting" else later("When"),
            lambda each: when(each.row.next_us if group == "waiting" else each.row.changed_us),
        ),
        Column("state", later("How it is"), lambda each: each.row.state),
        Column("why", later("Why"), lambda each: each.row.why, shown=False),
    )  # fmt: skip
    of = message.c
    return listed_many(
        tx, sa.select(message).where(of.state.in_(GROUPS[group])), columns, what, made,
        by={"what": of.template, "by": of.channel, "when": column, "state": of.state},
        first=(column if group == "waiting" else column.desc(), of.message),
        seek=(of.template, of.channel, of.state, of.why),
    )  # fmt: skip


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
