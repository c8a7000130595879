"""Appointments at their home store: a tray made ready with pieces, the client there, the tray back.

Until it is prepared the office decides about an appointment; from then on the store that holds its pieces.
"""

from enum import StrEnum

from contract.facts.fact import Fact
from contract.ids import AppointmentId, PieceId, UserId
from contract.remarks import Remark


class AppointmentEvent(StrEnum):
    CONFIRM = "confirm"
    PREPARE = "prepare"
    """A tray with pieces is made ready; more of them later too."""
    ARRIVE = "arrive"
    BEGIN = "begin"
    FINISH = "finish"
    MISS = "miss"
    """The client did not come."""
    CANCEL = "cancel"


class AppointmentPrepared(Fact, frozen=True, tag="appointment.prepared"):
    """These pieces went onto its tray; each is claimed beside it."""

    appointment: AppointmentId
    pieces: tuple[PieceId, ...]
    tray: str = ""


class AppointmentWent(Fact, frozen=True, tag="appointment.went"):
    """The client came, or the talk began."""

    appointment: AppointmentId
    event: AppointmentEvent


class AppointmentClosed(Fact, frozen=True, tag="appointment.closed"):
    """`event` says how. `unread`: pieces of the tray that nobody read back, with the reason somebody gave."""

    appointment: AppointmentId
    event: AppointmentEvent
    unread: tuple[PieceId, ...] = ()
    why: Remark = ""
    approved_by: UserId = UserId("")
