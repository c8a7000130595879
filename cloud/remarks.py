"""What stores wrote of clients in their own words, opened: the keys of remarks, each under its person's own key.

A box makes them and brings them over its door (docs/adr/0032). Who destroys a person's key has destroyed theirs; a key
that did not come yet, or whose person was erased, says so in the place of the words.
"""

from typing import Any, Final, TypeVar

import msgspec
import sqlalchemy as sa

from cloud.db import Tx
from cloud.people import Keyring, PersonKey
from cloud.sealing import SealedError
from cloud.tables import client, remark_key, remark_reader
from cloud.work import Work
from contract import remarks as wire
from contract.ids import PersonId, StoreId
from contract.remarks import FIELD, FORGOTTEN, NOT_HERE, RemarkKey, RemarkKeys, RemarkKeysKept, mapped
from web.sealed import KEY_BYTES, SealBrokenError, from_text, key_id, to_text, unseal, wrap
from web.sealed import seal as seal_with

Thing = TypeVar("Thing", bound=msgspec.Struct)
GONE: Final = b""
"""What is left of the key of somebody who was erased."""
OFFICE: Final = StoreId("")
"""In the place of a store: who wrote it sits at the office."""


class Remarks:
    """For one look: keys that were opened stay open as long as it lives."""

    def __init__(self, tx: Tx, ring: Keyring) -> None:
        self._tx, self._ring = tx, ring
        self._known: dict[str, tuple[PersonId, bytes] | str] = {}

    def open(self, text: str) -> str:
        return wire.opened(text, self._open)

    def read(self, thing: Thing) -> Thing:
        """With all its remarks in words."""
        return mapped(thing, self.open)

    def _open(self, name: str, sealed: bytes) -> str:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._key(name)
        if isinstance(known, str):
            return known
        try:
            return unseal(known[1], known[0], FIELD, sealed).decode(errors="replace")
        except SealBrokenError:
            return NOT_HERE

    def _key(self, name: str) -> tuple[PersonId, bytes] | str:
        """The person and the key; or what stands in the place of the words."""
        row = self._tx.row(sa.select(remark_key.c.person, remark_key.c.sealed).where(remark_key.c.key_id == name))
        if row is None:
            return NOT_HERE
        person = PersonId(row["person"])
        try:
            key = self._ring.person(self._tx, person)
            return FORGOTTEN if key is None or not row["sealed"] else (person, _bare(key, name, bytes(row["sealed"])))
        except SealedError:
            return NOT_HERE  # the file of the office's key is another one: what else there is of orders is shown


def seal(work: Work, ring: Keyring, person: PersonId, text: str) -> str:
    """What the office's own staff write of a client, with the key it has for that; of who was erased that alone."""
    gone = work.tx.value(sa.select(client.c.erased_us).where(client.c.person == person).with_for_update())
    if not text or gone:
        return text and FORGOTTEN
    own = ring.person(work.tx, person) or ring.new_person(work.tx, person, now_us=work.now_us)
    mine = (remark_key.c.person == person, remark_key.c.store == OFFICE)
    row = work.tx.row(sa.select(remark_key.c.key_id, remark_key.c.sealed).where(*mine).order_by(remark_key.c.key_id))
    if row is not None:
        name = str(row["key_id"])
        key = _bare(own, name, bytes(row["sealed"]))
    else:
        key = ring.chance(KEY_BYTES)
        name = key_id(key)
        made = {"key_id": name, "store": OFFICE, "person": person, "at_us": work.now_us}
        work.tx.add(remark_key, {**made, "sealed": own.seal(_field(name), key)})
    return wire.token(name, seal_with(key, person, FIELD, text.encode(), ring.chance))


def trade_keys(work: Work, ring: Keyring, store: StoreId, told: RemarkKeys) -> RemarkKeysKept:
    """Keeps a box's new keys, and gives those of its store that it lacks. Raises `SealBrokenError`, `SealedError`."""
    for each in told.keys:
        _take(work, ring, store, each)
    work.tx.settle()
    rows = work.tx.rows(_readable(store, told).limit(wire.KEYS_PER_MESSAGE_MAX))
    box = from_text(told.box_key)
    return RemarkKeysKept(
        taken=tuple(each.key_id for each in told.keys),
        keys=tuple(_given(work, ring, row, box) for row in rows),
        upto_us=rows[-1]["at_us"] if rows else told.after_us,
        upto=rows[-1]["key_id"] if rows else told.after,
        more=len(rows) == wire.KEYS_PER_MESSAGE_MAX,
    )


def _readable(store: StoreId, told: RemarkKeys) -> "sa.Select[Any]":
    """Keys that the store made, and those of orders that came to it, in the order they became its own."""
    name, sealed, person = remark_key.c.key_id, remark_key.c.sealed, remark_key.c.person
    made = sa.select(name, person, sealed, remark_key.c.at_us).where(remark_key.c.store == store)
    given = sa.select(name, person, sealed, remark_reader.c.at_us).where(remark_key.c.store != store)
    given = given.join(remark_reader, remark_reader.c.key_id == name).where(remark_reader.c.store == store)
    all_of = sa.union_all(made, given).subquery()
    later = sa.and_(all_of.c.at_us == told.after_us, all_of.c.key_id > told.after)
    after = sa.or_(all_of.c.at_us > told.after_us, later)
    return sa.select(all_of).where(after).order_by(all_of.c.at_us, all_of.c.key_id)


def forget(tx: Tx, person: PersonId) -> None:
    tx.run(sa.update(remark_key).where(remark_key.c.person == person).values(sealed=GONE))


def _take(work: Work, ring: Keyring, store: StoreId, told: RemarkKey) -> None:
    key, person = from_text(told.key), told.person
    if len(key) != KEY_BYTES or key_id(key) != told.key_id:
        raise SealBrokenError("a key has 32 bytes, and the name that is made of them")
    row = {"key_id": told.key_id, "store": store, "person": person, "at_us": work.now_us}
    if work.tx.value(sa.select(client.c.erased_us).where(client.c.person == person)):
        work.tx.add_new(remark_key, {**row, "sealed": GONE})
        return
    own = ring.person(work.tx, person) or ring.new_person(work.tx, person, now_us=work.now_us)
    if work.tx.add_new(remark_key, {**row, "sealed": own.seal(_field(told.key_id), key)}):
        mine = remark_reader.c.key_id == told.key_id  # their order was here before the key: they have asked in vain
        work.tx.run(sa.update(remark_reader).where(mine).values(at_us=work.now_us))


def _given(work: Work, ring: Keyring, row: sa.RowMapping, box: bytes) -> RemarkKey:
    person, name = PersonId(row["person"]), str(row["key_id"])
    own = ring.person(work.tx, person) if row["sealed"] else None
    if own is None:
        return RemarkKey(person=person, key_id=name)
    wrapped = wrap(_bare(own, name, bytes(row["sealed"])), person, box, ring.chance)
    return RemarkKey(person=person, key_id=name, key=to_text(wrapped))


def _bare(own: PersonKey, name: str, sealed: bytes) -> bytes:
    return own.open(_field(name), sealed)


def _field(name: str) -> str:
    return f"remark key {name}"
