"""What tills wrote of clients, taken into their profiles: field by field, as if typed here.

Rows wait in the order they were written until the key of their person is here: keys come over HTTPS, rows over MQTT,
and either may be first. Of who was erased nothing is taken.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from cloud.people import Keyring
from cloud.pos.clients import desk
from cloud.pos.clients import profile as profiles
from cloud.pos.clients.apply import WAITING
from cloud.pos.clients.profile import ClientError, Finger, Note, Profile, RingSize, Source, Wish
from cloud.tables import client, client_heard, person_key
from cloud.work import Work
from contract.clients import EDIT, ClientEdit
from contract.ids import PersonId, StoreId, UserId
from web.sealed import SealBrokenError, key_id, unseal

AT_ONCE: Final = 200
"""Rows of one unit of work; the rest with the next."""
WHY: Final = "at the till"
TAKEN, REFUSED, LOST = "taken", "refused", "lost"
_decode = msgspec.json.Decoder(ClientEdit).decode


def absorb(work: Work, ring: Keyring, person: PersonId | None = None, *, key: bytes = b"") -> int:
    """Everything that waits and can be read, or what waits of one person. How many rows were taken.

    `key`: under which a store sealed it, where the office had another key of this person before that one came.
    """
    key_here = sa.exists().where(person_key.c.person == client_heard.c.person)
    query = sa.select(client_heard).where(client_heard.c.state == WAITING, key_here)
    if person is not None:
        query = query.where(client_heard.c.person == person)
    order = (client_heard.c.at_us, client_heard.c.store, client_heard.c.epoch, client_heard.c.seq, client_heard.c.n)
    # of two boxes that ask at once the second waits, and takes none of them again
    rows = work.tx.rows(query.order_by(*order).limit(AT_ONCE).with_for_update())
    return sum(_take(work, ring, row, key) for row in rows)


def _take(work: Work, ring: Keyring, row: sa.RowMapping, given: bytes) -> bool:
    person = PersonId(row["person"])
    key = given or ring.bare_of(work.tx, person)
    if not key or key_id(key) != row["key_id"]:
        return False  # the key it was sealed under may still come
    try:
        edit = _decode(unseal(key, person, EDIT, bytes(row["sealed"])))
    except (SealBrokenError, msgspec.DecodeError):
        return _settle(work, row, LOST, "it is not what was sealed")
    try:
        _write(work, ring, person, edit, row)
    except ClientError as error:
        return _settle(work, row, REFUSED, str(error))
    return _settle(work, row, TAKEN, "")


def _settle(work: Work, row: sa.RowMapping, state: str, why: str) -> bool:
    mine = sa.and_(*(client_heard.c[name] == row[name] for name in ("store", "epoch", "seq", "n")))
    work.tx.run(sa.update(client_heard).where(mine).values(state=state, why=why))
    return state == TAKEN


def _write(work: Work, ring: Keyring, person: PersonId, edit: ClientEdit, row: sa.RowMapping) -> None:
    """Raises `ClientError`."""
    by, name = UserId(row["by"]), f"{row['store']}:{row['epoch']}:{row['seq']}:{row['n']}"
    given = profiles.typed(
        {field: value for field in profiles.TYPED if (value := getattr(edit, field, None)) is not None}
    )
    known = work.tx.value(sa.select(client.c.person).where(client.c.person == person))
    if known is None:
        entries = _entries(Profile(), edit, name, by=by, at_us=row["at_us"])
        desk.create(work, ring, person, {**given, **entries}, by=by, store=StoreId(row["store"]), why=WHY)
        return

    def alter(was: Profile) -> Profile:
        return replace(was, **given, **_entries(was, edit, name, by=by, at_us=row["at_us"]))

    desk.change(work, ring, person, alter, by=by, why=WHY)


def _entries(was: Profile, edit: ClientEdit, name: str, *, by: UserId, at_us: int) -> Mapping[str, Any]:
    """Lists grown by what was written; a size of the same finger takes the place of the old one."""
    try:
        sizes = tuple(
            RingSize(
                finger=Finger(each.finger), circumference_um=each.circumference_um, source=Source(each.source),
                day=profiles.day(each.day),
            )
            for each in edit.sizes
        )  # fmt: skip
    except ValueError as error:
        raise ClientError("A size is told of a finger and with where it comes from") from error
    fingers = {each.finger for each in sizes}
    notes = tuple(
        Note(note=f"{name}:{n}", text=profiles.line(text, "note", profiles.NOTE_MAX), by=by, at_us=at_us)
        for n, text in enumerate(edit.notes)
    )
    wishes = tuple(
        Wish(
            wish=f"{name}:{n}", text=profiles.line(each.text, "wish", profiles.NOTE_MAX), piece=each.piece, by=by,
            at_us=at_us,
        )
        for n, each in enumerate(edit.wishes)
    )  # fmt: skip
    return {
        "sizes": (*(each for each in was.sizes if each.finger not in fingers), *sizes),
        "notes": (*was.notes, *notes),
        "wishes": (*was.wishes, *wishes),
    }
