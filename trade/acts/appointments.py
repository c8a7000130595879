"""Acts on appointments at their home store."""

from contract.facts import AppointmentEvent
from contract.ids import AppointmentId, PieceId
from trade.acts.act import Act


class PrepareTray(Act, frozen=True, tag="appointment.prepare"):
    """These pieces go onto the tray of this appointment, and are claimed for it."""

    appointment: AppointmentId
    pieces: tuple[PieceId, ...]
    tray: str = ""


class MoveAppointment(Act, frozen=True, tag="appointment.move"):
    """The client came, or the talk began."""

    appointment: AppointmentId
    event: AppointmentEvent


class CloseAppointment(Act, frozen=True, tag="appointment.close"):
    """It is over, or the client did not come, or it is cancelled. `why`: a piece was not read back."""

    appointment: AppointmentId
    event: AppointmentEvent
    why: str = ""


AppointmentAct = PrepareTray | MoveAppointment | CloseAppointment
