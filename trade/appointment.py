"""Appointments: one table, the first half of it the office's and the rest the store's."""

from enum import StrEnum
from typing import Final

import msgspec

from contract.facts import AppointmentClosed, AppointmentEvent, AppointmentPrepared, AppointmentWent
from contract.ids import AppointmentId, PieceId
from trade.machine import Machine


class AppointmentState(StrEnum):
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    PREPARED = "prepared"
    ARRIVED = "arrived"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


_S, _E = AppointmentState, AppointmentEvent
APPOINTMENT: Final = Machine[AppointmentState, AppointmentEvent](
    name="appointment",
    starts=frozenset({_S.REQUESTED}),
    ends=frozenset({_S.DONE, _S.NO_SHOW, _S.CANCELLED}),
    table={
        (_S.REQUESTED, _E.CONFIRM): _S.CONFIRMED,
        (_S.REQUESTED, _E.CANCEL): _S.CANCELLED,
        (_S.CONFIRMED, _E.PREPARE): _S.PREPARED,
        (_S.CONFIRMED, _E.ARRIVE): _S.ARRIVED,
        (_S.CONFIRMED, _E.MISS): _S.NO_SHOW,
        (_S.CONFIRMED, _E.CANCEL): _S.CANCELLED,
        (_S.PREPARED, _E.PREPARE): _S.PREPARED,
        (_S.PREPARED, _E.ARRIVE): _S.ARRIVED,
        (_S.PREPARED, _E.MISS): _S.NO_SHOW,
        (_S.PREPARED, _E.CANCEL): _S.CANCELLED,
        # the client wants to see another piece
        (_S.ARRIVED, _E.PREPARE): _S.ARRIVED,
        (_S.ARRIVED, _E.BEGIN): _S.IN_PROGRESS,
        (_S.ARRIVED, _E.FINISH): _S.DONE,
        (_S.ARRIVED, _E.CANCEL): _S.CANCELLED,
        (_S.IN_PROGRESS, _E.PREPARE): _S.IN_PROGRESS,
        (_S.IN_PROGRESS, _E.FINISH): _S.DONE,
    },
)
OFFICE_DECIDES: Final = frozenset({_S.REQUESTED, _S.CONFIRMED})
"""From `prepared` on the pieces are out, and the store ends it."""
CLOSING: Final = frozenset({_E.FINISH, _E.MISS, _E.CANCEL})
WORDS: Final = {
    _S.REQUESTED: "asked for, and not confirmed by the office yet",
    _S.CONFIRMED: "confirmed",
    _S.PREPARED: "prepared",
    _S.ARRIVED: "waiting: the client is here",
    _S.IN_PROGRESS: "in progress",
    _S.DONE: "over",
    _S.NO_SHOW: "closed: the client did not come",
    _S.CANCELLED: "cancelled",
}


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """As a store's books have it, beside the card of the feed. `pieces`: everything that ever lay on its tray."""

    appointment: AppointmentId
    state: AppointmentState = AppointmentState.CONFIRMED
    tray: str = ""
    pieces: tuple[PieceId, ...] = ()
    changed_us: int = 0


def apply(one: Appointment, fact: AppointmentPrepared | AppointmentWent | AppointmentClosed, at_us: int) -> Appointment:
    """Facts are true: one that the table does not foresee leaves the state as it is."""
    event = AppointmentEvent.PREPARE if isinstance(fact, AppointmentPrepared) else fact.event
    state = APPOINTMENT.after(one.state, event) or one.state
    if isinstance(fact, AppointmentPrepared):
        pieces = tuple(dict.fromkeys((*one.pieces, *fact.pieces)))
        return msgspec.structs.replace(one, state=state, tray=fact.tray or one.tray, pieces=pieces, changed_us=at_us)
    return msgspec.structs.replace(one, state=state, changed_us=at_us)
