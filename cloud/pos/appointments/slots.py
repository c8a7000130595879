"""Nobody is in two talks at once, nor a room, nor a tray: each quarter of an hour of each is a row of its own."""

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import appointment_slot

QUARTER_US: Final = 900_000_000
LONGEST_US: Final = 32 * QUARTER_US
BUSY: Final = "busy:"
"""Of another calendar: `busy:USER:…`."""


class TakenError(Exception):
    """Somebody, a room or a tray is taken at that time; the message says which."""


def resources(store: str, staff: str, room: str, tray: str) -> dict[str, str]:
    """What an appointment takes, and what people call it. Staff are taken in every store at once."""
    every = {
        f"staff:{staff}": "That adviser",
        f"room:{store}:{room}": f"The room {room}",
        f"tray:{store}:{tray}": f"The tray {tray}",
    }
    return {name: words for name, words in every.items() if not name.endswith(":")}


def quarters(starts_us: int, ends_us: int) -> range:
    """All that are touched."""
    return range(starts_us // QUARTER_US, -(-ends_us // QUARTER_US))


def take(tx: Tx, name: str, wanted: dict[str, str], starts_us: int, ends_us: int) -> None:
    """In place of what it took before. Raises `TakenError`: the transaction has to be given up."""
    free(tx, name)
    for resource, words in sorted(wanted.items()):
        for quarter in quarters(starts_us, ends_us):
            row = {"resource": resource, "quarter": quarter, "appointment": name}
            if not tx.add_new(appointment_slot, row):
                raise TakenError(f"{words} is taken at that time: choose another, or another time")


def take_what_is_free(tx: Tx, name: str, resource: str, wanted: Iterable[int]) -> int:
    """How many quarters were taken by somebody else already."""
    missed = 0
    for quarter in wanted:
        missed += not tx.add_new(appointment_slot, {"resource": resource, "quarter": quarter, "appointment": name})
    return missed


def free(tx: Tx, name: str) -> None:
    tx.run(sa.delete(appointment_slot).where(appointment_slot.c.appointment == name))


def taken_by(tx: Tx, resource: str, starts_us: int, ends_us: int) -> list[str]:
    """Names of appointments, or of busy times, that touch this."""
    span = quarters(starts_us, ends_us)
    mine = (
        appointment_slot.c.resource == resource, appointment_slot.c.quarter >= span.start,
        appointment_slot.c.quarter < span.stop,
    )  # fmt: skip
    return [row["appointment"] for row in tx.rows(sa.select(appointment_slot.c.appointment).where(*mine).distinct())]


def tidy(tx: Tx, before_us: int) -> int:
    """Quarters that are over need not be known any more."""
    return tx.run(sa.delete(appointment_slot).where(appointment_slot.c.quarter < before_us // QUARTER_US))
