"""Appointments as pages show them."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.messages import outbox, quiet
from cloud.people import Keyring
from cloud.pos.appointments import desk
from cloud.remarks import Remarks
from cloud.tables import appointment, client_look, piece, store_place
from cloud.work import Work
from contract.ids import PersonId, UserId
from trade.appointment import APPOINTMENT, OFFICE_DECIDES, AppointmentState

SHOWN_MAX: Final = 300
PLAIN: Final = (
    "appointment", "store", "person", "staff", "room", "tray", "starts_us", "ends_us", "state", "tray_state", "answer",
    "sequence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AppointmentRow:
    """`day`, `begins` and `ends` by the clock of its store. `tray_state`: empty, out, back or short."""

    appointment: str
    store: str
    person: str
    staff: str
    room: str
    tray: str
    starts_us: int
    ends_us: int
    state: str
    tray_state: str
    answer: str
    sequence: int
    why: str
    day: str
    begins: str
    ends: str
    pieces: list[str]
    unread: list[str]
    possible: list[str]


@dataclass(frozen=True, slots=True)
class Places:
    rooms: list[str]
    trays: list[str]


def day(tx: Tx, words: Remarks, *, store: str, on: dt.date) -> list[AppointmentRow]:
    """Of that day by the store's clock, by their time."""
    zone = outbox.zone_of(tx, store)
    from_us, until_us = quiet.moment(on, 0, zone), quiet.moment(on + dt.timedelta(days=1), 0, zone)
    mine = (appointment.c.store == store, appointment.c.starts_us < until_us, appointment.c.ends_us > from_us)
    query = sa.select(appointment).where(*mine).order_by(appointment.c.starts_us, appointment.c.appointment)
    return [shown(tx, words, row) for row in tx.rows(query.limit(SHOWN_MAX))]


def waiting(tx: Tx, words: Remarks, *, store: str) -> list[AppointmentRow]:
    """Asked for and not confirmed, soonest first."""
    mine = (appointment.c.store == store, appointment.c.state == AppointmentState.REQUESTED)
    query = sa.select(appointment).where(*mine).order_by(appointment.c.starts_us).limit(SHOWN_MAX)
    return [shown(tx, words, row) for row in tx.rows(query)]


def one(tx: Tx, words: Remarks, name: str) -> AppointmentRow | None:
    row = tx.row(sa.select(appointment).where(appointment.c.appointment == name))
    return None if row is None else shown(tx, words, row)


def note(work: Work, ring: Keyring, name: str, *, by: UserId, how: str) -> str:
    """What is to be known beforehand; that it was opened is kept. Raises `SealedError`."""
    row = work.tx.row(sa.select(appointment).where(appointment.c.appointment == name))
    key = None if row is None or not row["sealed"] else ring.person(work.tx, PersonId(row["person"]))
    if row is None or key is None:
        return ""
    work.tx.add(client_look, {"person": row["person"], "at_us": work.now_us, "by": by, "how": how, "found": 1})
    return key.open(f"appointment:{name}", bytes(row["sealed"])).decode()


def places(tx: Tx, store: str) -> Places:
    rows = tx.rows(sa.select(store_place).where(store_place.c.store == store).order_by(store_place.c.name))
    named = [(row["kind"], row["name"]) for row in rows]
    return Places(
        [name for kind, name in named if kind == desk.ROOM], [name for kind, name in named if kind == desk.TRAY]
    )  # fmt: skip


def titles(tx: Tx, pieces: Sequence[str]) -> dict[str, str]:
    """Of pieces that the office knows."""
    query = sa.select(piece.c.piece, piece.c.title).where(piece.c.piece.in_(pieces))
    return {each["piece"]: each["title"] for each in tx.rows(query)} if pieces else {}


def shown(tx: Tx, words: Remarks, row: Any) -> AppointmentRow:
    zone = outbox.zone_of(tx, row["store"])
    begins, ends = (dt.datetime.fromtimestamp(row[each] // 1_000_000, zone) for each in ("starts_us", "ends_us"))
    state = AppointmentState(row["state"])
    possible = sorted({str(event) for at, event in APPOINTMENT.table if at is state}) if state in OFFICE_DECIDES else []
    return AppointmentRow(
        **{name: row[name] for name in PLAIN}, why=words.open(row["why"]), day=begins.date().isoformat(),
        begins=f"{begins:%H:%M}", ends=f"{ends:%H:%M}", pieces=json.loads(row["pieces"]),
        unread=json.loads(row["unread"]), possible=possible,
    )  # fmt: skip
