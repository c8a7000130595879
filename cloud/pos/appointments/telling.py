"""What a store is told: its appointments of today and tomorrow stand in its feed, and go from it when they are over."""

import datetime as dt
import json
from typing import Any, Final

import sqlalchemy as sa

from cloud import feed
from cloud.desk import Desk
from cloud.messages import outbox
from cloud.tables import appointment
from cloud.work import Work
from contract.feed import AppointmentCard
from contract.ids import AppointmentId, PersonId, PieceId, StoreId, UserId
from trade.appointment import AppointmentState

AHEAD_US: Final = 2 * 86_400_000_000
"""So long before it begins: a store that is offline in the morning has what it needs."""
BEHIND_US: Final = 86_400_000_000
AT_ONCE: Final = 200
NOT_YET: Final = (AppointmentState.REQUESTED, AppointmentState.CANCELLED)


def tell(work: Work, row: Any) -> None:
    """As it is now, if its store knows it or is to know it by now."""
    near = work.now_us - BEHIND_US < row["ends_us"] and row["starts_us"] < work.now_us + AHEAD_US
    if row["told"] and not near:
        _put(work, row, None, told=0)
    elif row["told"] or (near and row["state"] not in NOT_YET):
        _put(work, row, card(row), told=1)


def card(row: Any) -> AppointmentCard:
    return AppointmentCard(
        appointment=AppointmentId(row["appointment"]), store=StoreId(row["store"]), person=PersonId(row["person"]),
        staff=UserId(row["staff"]), starts_us=row["starts_us"], ends_us=row["ends_us"], room=row["room"],
        tray=row["tray"], pieces=tuple(PieceId(each) for each in json.loads(row["pieces"])), sequence=row["sequence"],
        cancelled=row["state"] == AppointmentState.CANCELLED,
    )  # fmt: skip


def step(desk: Desk, *, now_us: int) -> int:
    """What comes near is told, what is over is taken back. How many rows of the feed that made."""
    near = (
        appointment.c.told == 0, appointment.c.starts_us < now_us + AHEAD_US,
        appointment.c.ends_us > now_us - BEHIND_US, appointment.c.state.not_in(NOT_YET),
    )  # fmt: skip
    over = (appointment.c.told == 1, appointment.c.ends_us <= now_us - BEHIND_US)
    with desk.look() as work:
        found = [
            row["appointment"]
            for where in (near, over)
            for row in work.tx.rows(sa.select(appointment.c.appointment).where(*where).limit(AT_ONCE))
        ]
    for name in found:
        with desk.work() as work:
            query = sa.select(appointment).where(appointment.c.appointment == name).with_for_update()
            row = work.tx.row(query)
            if row is not None:
                tell(work, row)
    return len(found)


def local(work: Work, row: Any) -> dt.datetime:
    """When it begins, by the clock of its store."""
    return dt.datetime.fromtimestamp(row["starts_us"] // 1_000_000, outbox.zone_of(work.tx, row["store"]))


def _put(work: Work, row: Any, body: AppointmentCard | None, *, told: int) -> None:
    mine = sa.update(appointment).where(appointment.c.appointment == row["appointment"])
    work.tx.run(mine.values(told=told))
    work.tell(feed.News(f"appointment:{row['appointment']}", body, scope=row["store"]))
