"""What was written to a client and when they were expected, with its words: for the person it is about."""

from typing import Any

import sqlalchemy as sa

from cloud import aliases
from cloud.db import Tx
from cloud.messages import outbox
from cloud.people import Keyring
from cloud.tables import appointment, message, reminder
from contract.ids import PersonId


def written(tx: Tx, ring: Keyring, person: PersonId) -> dict[str, list[dict[str, Any]]]:
    """Messages, appointments and days they were reminded of, of all their ids. Raises `SealedError`."""
    persons = sorted(aliases.ids(tx, person))
    keys = {each: ring.person(tx, PersonId(each)) for each in persons}
    found: dict[str, list[dict[str, Any]]] = {"messages": [], "appointments": []}
    for row in tx.rows(sa.select(message).where(message.c.person.in_(persons)).order_by(message.c.made_us)):
        told = {name: value for name, value in row.items() if name != "sealed"}
        key = keys[row["person"]]
        if key is not None and row["sealed"]:
            parcel = outbox.opened(key, row)
            told |= {"to": parcel.to, "subject": parcel.subject, "text": parcel.text}
        found["messages"].append(told)
    mine = sa.select(appointment).where(appointment.c.person.in_(persons)).order_by(appointment.c.starts_us)
    for row in tx.rows(mine):
        told = {name: value for name, value in row.items() if name != "sealed"}
        key = keys[row["person"]]
        if key is not None and row["sealed"]:
            told["note"] = key.open(f"appointment:{row['appointment']}", bytes(row["sealed"])).decode()
        found["appointments"].append(told)
    days = sa.select(reminder).where(reminder.c.person.in_(persons)).order_by(reminder.c.day)
    found["reminders"] = [dict(row) for row in tx.rows(days)]
    return found
