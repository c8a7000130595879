"""What staff write of a client, sealed before it enters the books: a key for each client, made here, kept here wrapped.

They lie in a folder of their own, in no backup. The office keeps them too, under each person's own key, and gives them
back to a box that was restored; forgetting somebody is destroying theirs at both.
"""

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Protocol

from contract import remarks as wire
from contract.ids import PersonId
from contract.remarks import FIELD, FORGOTTEN, NOT_HERE, RemarkKey, RemarkKeys, RemarkKeysKept
from edge.clients.db import ClientsDb
from edge.clients.keys import BoxKeys
from web.sealed import KEY_BYTES, SealBrokenError, from_text, key_id, seal, to_text, unseal, unwrap, wrap

NAME: Final = "remarks"
KNOWN_MAX: Final = 2_000
"""Keys held open in memory; then they are opened anew."""
PAGES_MAX: Final = 500
Chance = Callable[[int], bytes]


class Door(Protocol):
    """The office's door for keys of remarks."""

    async def remark_keys(self, told: RemarkKeys) -> RemarkKeysKept: ...


class Remarks:
    """For whatever thread. `folder` None: in memory. `may_open`: whether this box knows by now whom it must forget."""

    def __init__(
        self, folder: Path | None, keys: BoxKeys, chance: Chance, may_open: Callable[[], bool] = lambda: True
    ) -> None:
        self._db = ClientsDb(folder, NAME)
        self._keys, self._chance, self._may_open = keys, chance, may_open
        self._known: dict[str, tuple[PersonId, bytes]] = {}
        self.made: Callable[[], None] = lambda: None
        """Called when a key was made that the office has not got."""
        self._start_anew_under_another_key()

    def _start_anew_under_another_key(self) -> None:
        """Of a box whose key file is another one now nothing here opens: the office is asked for all of it again."""
        row = self._db.one("any")
        if row is not None and not self._bare(row["person"], row["key"]):
            with self._db.work():
                self._db.run("drop_readable")
                self._db.run("set_upto", upto_us=0, upto="")

    def seal(self, person: PersonId, text: str) -> str:
        """What may stand in the books; of somebody who was forgotten that alone. What is sealed already stays."""
        if not text or wire.is_token(text):
            return text
        if self._db.number("is_forgotten", person=person):
            return FORGOTTEN
        name, key = self._key_of(person)
        return wire.token(name, seal(key, person, FIELD, text.encode(), self._chance))

    def open(self, text: str) -> str:
        """The words, as far as this box has their keys."""
        return wire.opened(text, self._open)

    def _open(self, name: str, sealed: bytes) -> str:
        known = self._known.get(name)
        if known is None:
            row = self._db.one("one", key_id=name)
            if row is None or not self._may_open():
                return NOT_HERE
            if not row["key"]:
                return FORGOTTEN
            person = PersonId(row["person"])
            try:
                known = (person, unwrap(row["key"], person, self._keys.private))
            except SealBrokenError:
                return NOT_HERE
            self._keep_open(name, known)
        elif not self._may_open():
            return NOT_HERE
        try:
            return unseal(known[1], known[0], FIELD, sealed).decode(errors="replace")
        except SealBrokenError:
            return NOT_HERE

    def _key_of(self, person: PersonId) -> tuple[str, bytes]:
        row = self._db.one("of_person", person=person)
        if row is not None:
            try:
                return row["key_id"], unwrap(row["key"], person, self._keys.private)
            except SealBrokenError:
                pass  # a new one is made
        key = self._chance(KEY_BYTES)
        name = key_id(key)
        with self._db.work():
            self._db.run("put", key_id=name, person=person, key=self._wrapped(person, key), ours=1)
        self._keep_open(name, (person, key))
        self.made()
        return name, key

    def _wrapped(self, person: PersonId, key: bytes) -> bytes:
        return wrap(key, person, from_text(self._keys.public), self._chance)

    def _keep_open(self, name: str, known: tuple[PersonId, bytes]) -> None:
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[name] = known

    def forget(self, persons: Iterable[PersonId]) -> None:
        """For ever, also what comes later: their remarks open for nobody any more."""
        new = False
        with self._db.work():
            for person in persons:
                if self._db.run("forget", person=person):
                    self._db.run("drop", person=person)
                    new = True
        if new:
            self._known.clear()
            self._db.leave_no_trace()

    def bring_again(self) -> None:
        """The office may have been put back to a backup: it is brought all keys that were made here once more."""
        self._db.run("bring_again")

    # --- with the office ------------------------------------------------------------------------------------------

    async def sync(self, door: Door) -> None:
        """New keys go up, those that this box lacks come down."""
        for _ in range(PAGES_MAX):
            told = self._told()
            kept = await door.remark_keys(told)
            self._take(kept)
            if not kept.more and len(told.keys) < wire.KEYS_PER_MESSAGE_MAX:
                return

    def _told(self) -> RemarkKeys:
        state = self._db.one("state")
        assert state is not None, "the row is made with the file"
        keys: list[RemarkKey] = []
        after, most = "", wire.KEYS_PER_MESSAGE_MAX
        while len(keys) < most and (rows := self._db.rows("ours", after=after, most=most)):
            for row in rows:  # those that another box key sealed are passed over, not waited for
                if (key := self._bare(row["person"], row["key"])) and len(keys) < most:
                    keys.append(RemarkKey(person=row["person"], key_id=row["key_id"], key=to_text(key)))
            after = rows[-1]["key_id"]
        return RemarkKeys(
            box_key=self._keys.public, keys=tuple(keys), after_us=state["upto_us"], after=state["upto"]
        )  # fmt: skip

    def _bare(self, person: PersonId, wrapped: bytes) -> bytes:
        try:
            return unwrap(wrapped, person, self._keys.private)
        except SealBrokenError:
            return b""

    def _take(self, kept: RemarkKeysKept) -> None:
        gone = False
        with self._db.work():
            for name in kept.taken:
                self._db.run("brought", key_id=name)
            for each in kept.keys:
                if self._db.number("is_forgotten", person=each.person):
                    continue
                self._db.run("put", key_id=each.key_id, person=each.person, key=from_text(each.key), ours=0)
                gone = gone or not each.key
            if kept.upto_us:
                self._db.run("set_upto", upto_us=kept.upto_us, upto=kept.upto)
        if gone:
            self._known.clear()
            self._db.leave_no_trace()

    def stop(self) -> None:
        self._db.close()


def in_memory(store: str) -> Remarks:
    """Of a store whose books are no file: a simulated one, the same keys by the same store."""
    chance = random.Random(f"remarks of {store}").randbytes  # noqa: S311 - nothing outlives this process
    return Remarks(None, BoxKeys(chance(KEY_BYTES), chance(KEY_BYTES)), chance)
