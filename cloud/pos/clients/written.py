"""What was written to a client, what they ordered and when they were expected: for the person it is about."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from cloud import aliases
from cloud.db import Tx
from cloud.messages import outbox
from cloud.people import Keyring, PersonKey
from cloud.remarks import Remarks
from cloud.tables import appointment, client_order, message, order_paper, piece_past, reminder
from contract.ids import PersonId
from trade.orders.order import Order
from trade.orders.papers import JSON

_order: Final = msgspec.json.Decoder(Order).decode


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
    return found | _ordered(tx, ring, persons, keys)


def _ordered(
    tx: Tx, ring: Keyring, persons: Sequence[str], keys: Mapping[PersonId, PersonKey | None]
) -> dict[str, list[dict[str, Any]]]:
    """Their orders with every word and paper, and what they said of pieces they sold. Raises `SealedError`."""
    words = Remarks(tx, ring)
    orders = tx.rows(sa.select(client_order.c.store, client_order.c.body).where(client_order.c.client.in_(persons)))
    papers = sa.select(order_paper).where(order_paper.c.person.in_(persons)).order_by(order_paper.c.at_us)
    past = sa.select(piece_past).where(piece_past.c.client.in_(persons)).order_by(piece_past.c.at_us)
    return {
        "orders": [
            {"store": row["store"], **msgspec.to_builtins(words.read(_order(bytes(row["body"]))))} for row in orders
        ],
        "order_papers": [_paper(row, keys[PersonId(row["person"])]) for row in tx.rows(papers)],
        "sold_to_the_house": [
            {**row, "provenance": words.open(row["provenance"]), "proof": words.open(row["proof"])}
            for row in tx.rows(past)
        ],
    }  # fmt: skip


def _paper(row: sa.RowMapping, key: PersonKey | None) -> dict[str, Any]:
    """A text as it is, everything else base64."""
    told = {name: value for name, value in row.items() if name not in ("sealed", "thumb", "person")}
    if key is None or not row["sealed"]:
        return told
    body = key.open(f"order paper {row['sha256']}", bytes(row["sealed"]))
    is_text = row["media"] == JSON
    return told | {
        "text" if is_text else "base64": body.decode() if is_text else base64.b64encode(body).decode("ascii")
    }
