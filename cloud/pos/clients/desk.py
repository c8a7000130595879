"""Clients made, changed, opened and handed on. A change keeps who, when, why, what it was and what it is, sealed."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from cloud import aliases
from cloud.changes import checked_why
from cloud.people import Keyring, PersonKey
from cloud.pos.clients import profile as profiles
from cloud.pos.clients import words
from cloud.pos.clients.profile import ClientError, Profile
from cloud.tables import client, client_change, client_consent, client_look, client_visit, person_key, person_word
from cloud.work import Work
from contract.ids import PersonId, StoreId, UserId
from trade.consent import Said

PROFILE: Final = "profile"
CHANGE: Final = "change"
VISIT: Final = "visit"
OWNER: Final = "owner"
MADE: Final = "made"
"""The field of the first change of a client."""
AHEAD_US_MAX: Final = 86_400_000_000
"""A word said tomorrow is a slip of the pen, and would outlive every later one."""

Alter = Callable[[Profile], Profile]


class UnknownClientError(LookupError):
    """Nobody is called so, or they were erased."""


def create(
    work: Work, ring: Keyring, person: PersonId, given: Mapping[str, Any], *, by: UserId, store: StoreId, why: str
) -> Profile:
    """Somebody new, in the client book of whoever keeps them. Raises `ClientError`, `SealedError`, `WhyError`."""
    new = profiles.checked(Profile(**given))
    row = {
        "person": person, "store": store, "owner": by, "sealed": b"", "made_us": work.now_us, "made_by": by,
        "changed_us": work.now_us,
    }  # fmt: skip
    if not work.tx.add_new(client, row):
        raise ClientError("There is a client with this id already, or there was: give the new one another")
    key = ring.new_person(work.tx, person, now_us=work.now_us)
    _keep(work, ring, person, new, key=key, was=None)
    _note(work, person, MADE, "", new.name, key=key, by=by, why=why)
    return new


_SEALED: Final = (
    sa.select(client.c.sealed, person_key.c.person, person_key.c.wrapped, person_key.c.key_id)
    .join(person_key, person_key.c.person == client.c.person)
    .where(client.c.person == sa.bindparam("person"), client.c.erased_us == 0)
)
"""Built once, and asked in one round trip with its key."""


def read(work: Work, ring: Keyring, person: PersonId) -> Profile:
    """For the office's own use; a person looks by `look`. Raises `UnknownClientError`, `SealedError`."""
    row = work.tx.row(_SEALED, {"person": person})
    if row is None:
        raise UnknownClientError(f"There is no client {person}, or they were erased: look for them by name")
    return profiles.decode(ring.unwrap(row).open(PROFILE, bytes(row["sealed"])))


def look(work: Work, ring: Keyring, person: PersonId, *, by: UserId, how: str) -> Profile:
    """Opens a profile for somebody, which is kept for ever. Raises `UnknownClientError`, `SealedError`."""
    opened = read(work, ring, person)
    looked(work, by=by, how=how, person=person)
    return opened


def looked(work: Work, *, by: UserId, how: str, person: PersonId | str = "", found: int = 1) -> None:
    """`how`: page, api, export, search."""
    work.tx.add(client_look, {"person": person, "at_us": work.now_us, "by": by, "how": how, "found": found})


def change(work: Work, ring: Keyring, person: PersonId, alter: Alter, *, by: UserId, why: str) -> list[str]:
    """Names of the fields that differ after `alter`; none: nothing is kept.

    Raises `ClientError`, `UnknownClientError`, `SealedError`, `WhyError`.
    """
    lock(work, person)
    was = read(work, ring, person)
    now = profiles.checked(alter(was))
    differ = [name for name in profiles.FIELDS if getattr(was, name) != getattr(now, name)]
    if not differ:
        return []
    key = ring.person(work.tx, person)
    assert key is not None, "the profile was opened with it a moment ago"
    _keep(work, ring, person, now, key=key, was=was)
    for name in differ:
        _note(work, person, name, getattr(was, name), getattr(now, name), key=key, by=by, why=why)
    return differ


def setting(given: Mapping[str, Any]) -> Alter:
    """Sets these fields and leaves the others: two people who change different fields lose nothing."""
    return lambda was: dataclasses.replace(was, **given)


def adding(name: str, entry: Any) -> Alter:
    """One more entry of `sizes`, `pins`, `notes` or `milestones`; a size of the same finger takes its place."""

    def alter(was: Profile) -> Profile:
        entries = getattr(was, name)
        if name == "sizes":
            entries = tuple(each for each in entries if each.finger != entry.finger)
        elif name == "stops":
            entries = tuple(each for each in entries if each.what != entry.what)
        grown: dict[str, Any] = {name: (*entries, entry)}
        return dataclasses.replace(was, **grown)

    return alter


def without(name: str, at: int) -> Alter:
    """The entry at this place is gone. Raises `ClientError` when there is none."""

    def alter(was: Profile) -> Profile:
        entries = getattr(was, name)
        if not 0 <= at < len(entries):
            raise ClientError("This is not there any more: reload the page")
        left: dict[str, Any] = {name: (*entries[:at], *entries[at + 1 :])}
        return dataclasses.replace(was, **left)

    return alter


def hand_over(work: Work, ring: Keyring, person: PersonId, owner: UserId, *, by: UserId, why: str) -> None:
    """Into another client book; nobody's when empty. Raises `UnknownClientError`, `SealedError`, `WhyError`."""
    lock(work, person)
    key = ring.person(work.tx, person)
    was = work.tx.value(sa.select(client.c.owner).where(client.c.person == person, client.c.erased_us == 0))
    if key is None or was is None:
        raise UnknownClientError(f"There is no client {person}, or they were erased: look for them by name")
    if was != owner:
        work.tx.run(sa.update(client).where(client.c.person == person).values(owner=owner, changed_us=work.now_us))
        _note(work, person, OWNER, was, owner, key=key, by=by, why=why)


def owner_of(work: Work, person: PersonId) -> str:
    return str(work.tx.value(sa.select(client.c.owner).where(client.c.person == person)) or "")


def hear_consent(work: Work, person: PersonId, said: Said, *, store: StoreId) -> None:
    """One word of a client, with its proof. Raises `ClientError`, `UnknownClientError`."""
    if said.said_us > work.now_us + AHEAD_US_MAX:
        raise ClientError("Nobody has said anything tomorrow: correct the day")
    if not profiles.line(said.text_version, "text version"):
        raise ClientError("Say which version of the text the client was shown: without it a yes proves nothing")
    if work.tx.value(sa.select(client.c.person).where(client.c.person == person, client.c.erased_us == 0)) is None:
        raise UnknownClientError(f"There is no client {person}, or they were erased: look for them by name")
    row = {
        "person": person, "channel": said.channel, "given": int(said.given), "said_us": said.said_us,
        "at_us": work.now_us, "by": said.by, "proof": said.proof, "text_version": said.text_version, "store": store,
    }  # fmt: skip
    work.tx.add(client_consent, row)
    _touch(work, person)


def visited(work: Work, ring: Keyring, person: PersonId, visit: str, text: str, *, by: UserId, store: StoreId) -> None:
    """Somebody came and bought nothing. Raises `ClientError`, `UnknownClientError`, `SealedError`."""
    read(work, ring, person)
    key = ring.person(work.tx, person)
    assert key is not None, "the profile was opened with it a moment ago"
    told = profiles.line(text, "what they looked at", profiles.NOTE_MAX)
    row = {
        "visit": visit, "person": person, "store": store, "at_us": work.now_us, "by": by,
        "sealed": key.seal(f"{VISIT}:{visit}", told.encode()),
    }  # fmt: skip
    if not work.tx.add_new(client_visit, row):
        raise ClientError("This visit is kept already: reload the page")
    _touch(work, person)


def _touch(work: Work, person: PersonId) -> None:
    """Stores that keep this client are to hear of it (`slices`)."""
    aliases.touch(work.tx, person, now_us=work.now_us)


def lock(work: Work, person: PersonId) -> None:
    """Of two people who change one client the second waits; SQLite has one writer anyway."""
    work.tx.row(sa.select(client.c.person).where(client.c.person == person).with_for_update())


def _keep(work: Work, ring: Keyring, person: PersonId, now: Profile, *, key: PersonKey, was: Profile | None) -> None:
    house = ring.words_made(work.tx)
    sealed = key.seal(PROFILE, profiles.encode(now))
    mine = client.c.person == person
    work.tx.run(sa.update(client).where(mine).values(sealed=sealed, changed_us=work.now_us))
    if was is not None and (head := aliases.heads(work.tx, [person])[person]) != person:
        _touch(work, head)
    before = set() if was is None else words.of_profile(was)
    after = words.of_profile(now)
    gone = words.keyed(before - after, house)
    if gone:
        work.tx.run(sa.delete(person_word).where(person_word.c.person == person, person_word.c.word.in_(gone)))
    work.tx.add(person_word, *({"word": word, "person": person} for word in words.keyed(after - before, house)))


def _note(
    work: Work, person: PersonId, field: str, was: Any, now: Any, *, key: PersonKey, by: UserId, why: str
) -> None:
    told = json.dumps({"was": msgspec.to_builtins(was), "now": msgspec.to_builtins(now), "why": checked_why(why)})
    sealed = key.seal(f"{CHANGE}:{field}:{work.now_us}", told.encode())
    row = {"person": person, "at_us": work.now_us, "by": by, "field": field, "sealed": sealed}
    work.tx.add(client_change, row)
