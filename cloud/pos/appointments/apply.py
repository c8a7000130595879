"""What stores said of their appointments. Facts are true: one the table does not foresee leaves the state as it is."""

import json
from typing import Final

import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.pos.appointments import slots
from cloud.tables import appointment
from cloud.work import Heard
from contract.facts import AppointmentClosed, AppointmentEvent, AppointmentPrepared, AppointmentWent, Fact
from trade.appointment import APPOINTMENT, AppointmentState

CASE: Final = "tray"


def heard_of(tokens: Custody, heard: Heard, fact: AppointmentPrepared | AppointmentWent | AppointmentClosed) -> None:
    work = tokens.work
    mine = (appointment.c.appointment == fact.appointment, appointment.c.store == heard.store)
    row = work.tx.row(sa.select(appointment).where(*mine).with_for_update())
    if row is None:
        return
    event = AppointmentEvent.PREPARE if isinstance(fact, AppointmentPrepared) else fact.event
    after = APPOINTMENT.after(AppointmentState(row["state"]), event)
    columns: dict[str, object] = {"changed_us": heard.at_us, **({"state": after} if after is not None else {})}
    if isinstance(fact, AppointmentPrepared):
        pieces = list(dict.fromkeys((*json.loads(row["pieces"]), *fact.pieces)))
        columns |= {"tray_state": "out", "pieces": json.dumps(pieces)}
    elif isinstance(fact, AppointmentClosed):
        slots.free(work.tx, fact.appointment)
        short = bool(fact.unread)
        columns |= {"unread": json.dumps(fact.unread), "why": fact.why}
        if row["tray_state"]:
            columns["tray_state"] = "short" if short else "back"
        if short:
            sentence = f"A tray was closed without {len(fact.unread)} of its pieces, and the appointment says why"
            work.open_case(CASE, sentence, store=heard.store, piece=fact.unread[0], ref=fact.appointment)
    work.tx.run(sa.update(appointment).where(*mine).values(**columns))


APPLY: Final[dict[type[Fact], Applier]] = dict.fromkeys(
    (AppointmentPrepared, AppointmentWent, AppointmentClosed), heard_of
)
