"""The fold of appointments: each is one row, made by the pure fold of `trade.appointment`."""

from typing import Final

import msgspec

from contract.facts import AppointmentClosed, AppointmentPrepared, AppointmentWent
from contract.ids import AppointmentId
from edge.books.db import Database
from edge.books.rows import Body
from trade.appointment import APPOINTMENT, Appointment, apply

_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_decode: Final = msgspec.json.Decoder(Appointment).decode


def load(db: Database, appointment: AppointmentId) -> Appointment | None:
    row = db.one("appointment", Body, appointment=appointment)
    return None if row is None else _decode(row.body)


def load_open(db: Database) -> tuple[Appointment, ...]:
    """Those that have begun here and are not over."""
    return tuple(_decode(row.body) for row in db.rows("appointments_open", Body))


def changed(db: Database, fact: AppointmentPrepared | AppointmentWent | AppointmentClosed, at_us: int) -> None:
    one = apply(load(db, fact.appointment) or Appointment(appointment=fact.appointment), fact, at_us)
    db.run(
        "appointment_set",
        appointment=one.appointment,
        state=one.state,
        ended=int(one.state in APPOINTMENT.ends),
        changed_us=one.changed_us,
        body=_encode(one),
    )
