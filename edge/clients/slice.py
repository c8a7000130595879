"""The slice on the disk: sealed cards, wrapped keys and keyed words, in a file of its own beside the books.

It is no part of the books and of no backup, and can be thrown away at any time: the office brings it anew. It is closed
until somebody says in which log the box serves and whom it has to forget: a disk that was copied or put back knows
people who were erased since.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from contract import names
from contract.clients import CARD, EDIT, ClientCard, SealedClient, SlicePage
from contract.ids import PersonId
from edge.clients.db import ClientsDb
from edge.clients.edits import Written, with_edits
from edge.clients.keys import BoxKeys
from web.sealed import SealBrokenError, dialled, from_text, seal, to_text, unseal, unwrap, word, wrap

FOLDER: Final = "clients"
FOUND_MAX: Final = 50
CANDIDATES_MAX: Final = 200
"""Cards opened for one question."""
RARITY_MAX: Final = 2_000
AT_ONCE: Final = 500
RESTORED_US: Final = 31 * 86_400_000_000
"""An office may be put back to a backup of so long ago, and then lacks the keys that it was brought since."""
OURS, BROUGHT = 1, 2
"""Of who was kept here first: the office lacks their key, or has had it; of everybody else 0."""
Chance = Callable[[int], bytes]
_card = msgspec.json.Decoder(ClientCard).decode
_written = msgspec.json.Decoder(Written).decode


class ClosedError(Exception):
    """Clients of this box cannot be seen now; the message says until when."""


class FoundHere(NamedTuple):
    """`more`: there were more than are shown."""

    cards: list[ClientCard]
    more: bool


class Standing(NamedTuple):
    """How far changes are here, when the office was last heard, and when all of it was brought; µs."""

    upto_us: int
    heard_us: int
    whole_us: int


class Slice:
    """One folder, for whatever thread. `chance` gives nonces and keys of the moment."""

    def __init__(self, folder: Path, keys: BoxKeys, chance: Chance) -> None:
        self._db = ClientsDb(folder)
        if not self._db.number("has_source"):  # made by a box before edits were given back
            self._db.run("add_source")
        self._db.run("index_source")
        self.edits_broken_total = 0
        self._keys, self._chance = keys, chance
        self._open = False
        self.why_closed = "this box has not heard yet whom it must forget; it asks the office"

    @property
    def public(self) -> str:
        """What the office wraps keys for."""
        return self._keys.public

    # --- open or closed -------------------------------------------------------------------------------------------

    def open(self, epoch: str, forget: Iterable[PersonId]) -> bool:
        """At a start: forget whom the books know to be erased; open where this log is the one it was opened in last.

        A box of before the table `joined` forgot whom it was told, and left their key there.
        """
        self.forget(forget)
        if self._db.run("drop_keys_of_forgotten"):
            self._db.leave_no_trace()
        self._open = bool(epoch) and self._state()["epoch"] == epoch
        return self._open

    def admit(self, epoch: str) -> None:
        """The office has said, in this log, whom to forget, and it is done. A new log may be of an office that was put
        back to a backup: it is brought again what it was brought lately.
        """
        if self.is_new(epoch):
            with self._db.work():
                self._db.run("set_epoch", epoch=epoch)
                self._db.run("bring_again")
                self._db.run("bring_again_joined")
        self._open = True

    def is_new(self, epoch: str) -> bool:
        """This slice was opened in another log."""
        return bool(self._state()["epoch"] != epoch)

    def close_for(self, why: str) -> None:
        """Until `admit`: this box does not serve its store now."""
        self._open, self.why_closed = False, why

    @property
    def is_open(self) -> bool:
        return self._open

    def stop(self) -> None:
        self._open = False
        self._db.close()

    # --- brought by the office ------------------------------------------------------------------------------------

    def standing(self) -> Standing:
        state = self._state()
        return Standing(state["upto_us"], state["heard_us"], state["whole_us"])

    def begin_pass(self) -> None:
        """From here on a whole pass: at its end, who was not brought goes."""
        self._db.run("begin_pass")

    def take(self, page: SlicePage, *, now_us: int) -> int:
        """A page of the office; who was forgotten here stays so. How many cards are lacking, or could not be opened."""
        lacking = 0
        with self._db.work():
            for each in page.clients:
                lacking += not (self._keep(each) if each.card else self._still(each))
            for person in page.gone:
                self._drop(person)
                self._db.run("drop_key", person=person)
            self._db.run("set_upto", upto_us=page.upto_us, heard_us=now_us)
        return lacking

    def begin_anew(self) -> None:
        """Cards that the office believes to be here are not: the next pass brings all of them."""
        self._db.run("set_upto", upto_us=0, heard_us=self.standing().heard_us)
        self._db.run("end_pass", whole_us=0)

    def _still(self, each: SealedClient) -> bool:
        """Named alone, because nothing changed: kept, unless it is not here."""
        mark = {"person": each.person, "changed_us": each.changed_us, "pass": self._state()["pass"]}
        return bool(self._db.number("is_forgotten", person=each.person) or self._db.run("still", **mark))

    def end_pass(self, *, now_us: int) -> int:
        """Who was not brought in this pass is kept no longer. How many they were. Of who was kept here first none, as
        long as the office may be another tomorrow.
        """
        gone = 0
        self._db.run("settled", before_us=now_us - RESTORED_US)
        self._db.run("settled_joined", before_us=now_us - RESTORED_US)
        while old := self._db.rows("of_other_passes", **{"pass": self._state()["pass"], "most": AT_ONCE}):
            with self._db.work():
                for row in old:
                    self._drop(row["person"])
            gone += len(old)
        self._db.run("end_pass", whole_us=now_us)
        if gone:
            self._db.leave_no_trace()
        return gone

    def adopt(self, each: SealedClient) -> bool:
        """A client the office gave just now, kept because something is written of them here. Raises `ClosedError`."""
        self._must_be_open()
        with self._db.work():
            return self._keep(each)

    def _keep(self, each: SealedClient, *, ours: int = 0) -> bool:
        """False when the card cannot be opened by this box."""
        if self._db.number("is_forgotten", person=each.person):
            return True
        try:
            key, sealed = from_text(each.key), from_text(each.card)
            card = self._opened(each.person, key, sealed)
        except (SealBrokenError, msgspec.DecodeError):
            return False
        values: dict[str, Any] = {"person": each.person, "key": key, "card": sealed, "changed_us": each.changed_us}
        ours = ours or self._still_ours(each.person, key)
        self._hand_edits(card, key)
        self._db.run("put", **values, **{"pass": self._state()["pass"], "ours": ours})
        self._db.run("drop_key", person=each.person)
        self._db.run("drop_other", person=each.person)  # whoever stood for them does so no more
        for other in card.others:
            self._join(other)
        self._db.run("settle_edits", person=each.person, heard_us=card.heard_us, others=json.dumps(card.others))
        self._index(self._whole(card, key))
        return True

    def _hand_edits(self, card: ClientCard, wrapped: bytes) -> None:
        """What was written here of one of their ids, and not told back yet, stands with who stands for all of them now:
        with another id after a merge, with their own again after it was undone, and under their new key.
        """
        to = card.person
        rows = self._db.rows("edits_to_hand", ids=json.dumps((to, *card.others)))
        theirs = unwrap(wrapped, to, self._keys.private) if rows else b""
        for row in rows:
            self._db.run("drop_edit", person=row["person"], at_us=row["at_us"], n=row["n"])
            try:
                own = unwrap(row["key"], row["person"], self._keys.private)
                bare = unseal(own, row["person"], EDIT, row["sealed"])
            except SealBrokenError:
                self.edits_broken_total += 1
                continue
            source = row["source"] or row["person"]
            kept = {"at_us": row["at_us"], "consent": row["consent"], "source": "" if source == to else source}
            self._db.run("put_edit", person=to, sealed=seal(theirs, to, EDIT, bare, self._chance), **kept)

    def _join(self, person: PersonId) -> None:
        """Seen under another id, or under none. A key that was made here stays as long as an office that was put back
        may lack it: what is sealed with it in the journal is opened by no other. Forgetting them destroys it.
        """
        self._db.run("keep_key", person=person)
        self._drop(person)

    def _still_ours(self, person: PersonId, wrapped: bytes) -> int:
        """Kept here first, and the office's card lies under the key that was made here: it has had it."""
        row = self._db.one("made_here", person=person)
        try:
            made = unwrap(row["key"], person, self._keys.private) if row is not None else b""
        except SealBrokenError:
            return 0
        return BROUGHT if made == unwrap(wrapped, person, self._keys.private) else 0

    def _index(self, card: ClientCard) -> None:
        """The words it is found by, keyed, and its other ids: the card itself stays sealed."""
        self._db.run("drop_words", person=card.person)
        self._db.run("drop_also", person=card.person)
        named = f"{card.given_name} {card.family_name} {card.also_called}"
        numbers = [digits for number in card.phones for digits in dialled(number)]
        for text in sorted(names.of_person(named, card.emails, numbers)):
            self._db.run("put_word", word=self._word(text), person=card.person)
        for other in card.others:
            self._db.run("put_also", other=other, person=card.person)

    def _word(self, text: str) -> str:
        return word(self._keys.words, text).hex()

    # --- forgotten ------------------------------------------------------------------------------------------------

    def forget(self, persons: Iterable[PersonId]) -> int:
        """For ever: key, card, words, and what waits of each; also what comes later. How many were new."""
        told, new = list(persons), 0
        for at in range(0, len(told), AT_ONCE):
            with self._db.work():
                for person in told[at : at + AT_ONCE]:
                    if self._db.run("forget", person=person) > 0:
                        self._drop(person)
                        self._db.run("drop_other", person=person)
                        self._db.run("drop_key", person=person)
                        new += 1
        if new:
            self._db.leave_no_trace()
        return new

    def is_forgotten(self, person: PersonId) -> bool:
        return bool(self._db.number("is_forgotten", person=person))

    def _drop(self, person: str) -> None:
        for name in ("drop_words", "drop_also", "drop_edits", "drop"):
            self._db.run(name, person=person)

    # --- seen -----------------------------------------------------------------------------------------------------

    def one(self, person: PersonId) -> ClientCard | None:
        """By any id of theirs. Raises `ClosedError`."""
        self._must_be_open()
        row = self._db.one("one", person=person)
        return None if row is None else self._seen(row)

    def called(self, persons: Iterable[PersonId]) -> dict[PersonId, str]:
        """Names of those who are kept here, by the id asked for; each of them is opened. Raises `ClosedError`."""
        cards = ((person, self.one(person)) for person in persons)
        return {person: card.name for person, card in cards if card is not None}

    def find(self, query: str) -> FoundHere:
        """By beginnings of names, an e-mail address, a number, or an id; the nearest first. Raises `ClosedError`."""
        self._must_be_open()
        known = self.one(PersonId(query.strip()))
        if known is not None:
            return FoundHere([known], more=False)
        for parts in (names.of_query(query), names.nearly(query)):
            persons = self._matching(parts)
            rows = [self._db.one("one", person=each) for each in persons[:CANDIDATES_MAX]]
            cards = [card for row in rows if row is not None and (card := self._seen(row)) is not None]
            if cards:
                cards.sort(key=lambda card: (-_nearness(query, card), card.name))
                return FoundHere(cards[:FOUND_MAX], more=len(persons) > FOUND_MAX)
        return FoundHere([], more=False)

    def found_here_alone(self, query: str) -> list[ClientCard]:
        """People made here whom the office does not know yet. None while this is closed."""
        if not self._open or not self._db.number("any_ours"):
            return []
        return [card for card in self.find(query).cards if self._db.number("is_ours", person=card.person)]

    def count(self) -> int:
        return self._db.number("count")

    def _matching(self, parts: list[list[str]]) -> list[str]:
        """Of several parts the rarest is looked up, and the others are asked of what it found."""
        keyed = [[self._word(each) for each in part] for part in parts]
        if not keyed:
            return []
        keyed.sort(key=lambda part: self._db.number("rarity", words=json.dumps(part), most=RARITY_MAX))
        first, others = json.dumps(keyed[0]), json.dumps(keyed[1:])
        found = self._db.rows("matching", first=first, others=others, most=CANDIDATES_MAX + 1)
        return [row["value"] for row in found]

    def opened(self, each: SealedClient) -> ClientCard | None:
        """A card the office gave just now, with what was written here since; None when it is not for this box."""
        if self._db.number("is_forgotten", person=each.person):
            return None
        try:
            key = from_text(each.key)
            return self._whole(self._opened(each.person, key, from_text(each.card)), key)
        except (SealBrokenError, msgspec.DecodeError):
            return None

    def _seen(self, row: dict[str, Any]) -> ClientCard | None:
        try:
            return self._whole(self._opened(PersonId(row["person"]), row["key"], row["card"]), row["key"])
        except (SealBrokenError, msgspec.DecodeError):
            return None

    def _opened(self, person: PersonId, wrapped: bytes, sealed: bytes) -> ClientCard:
        return _card(unseal(unwrap(wrapped, person, self._keys.private), person, CARD, sealed))

    def _whole(self, card: ClientCard, wrapped: bytes) -> ClientCard:
        """With what was written here and the office has not told back yet."""
        rows = self._db.rows("edits", person=card.person, others=json.dumps(card.others))
        if not rows:
            return card
        key = unwrap(wrapped, card.person, self._keys.private)
        return with_edits(card, [_written(unseal(key, card.person, EDIT, row["sealed"])) for row in rows])

    # --- written here ---------------------------------------------------------------------------------------------

    def key_of(self, person: PersonId) -> bytes | None:
        """The person's key, to seal what is written of them; None for who is not kept here. Raises `ClosedError`."""
        self._must_be_open()
        row = self._db.one("one", person=person)
        return None if row is None else unwrap(row["key"], row["person"], self._keys.private)

    def make(self, card: ClientCard, key: bytes, *, at_us: int) -> None:
        """Somebody new, kept here first, until the office has their key. Raises `ClosedError`."""
        self._must_be_open()
        wrapped = wrap(key, card.person, from_text(self.public), self._chance)
        sealed = seal(key, card.person, CARD, msgspec.json.encode(card), self._chance)
        each = SealedClient(person=card.person, key=to_text(wrapped), card=to_text(sealed), changed_us=at_us)
        with self._db.work():
            self._keep(each, ours=OURS)

    def unmake(self, person: PersonId) -> None:
        """What was made a moment ago could not be written into the books: it never was."""
        with self._db.work():
            self._drop(person)

    def write(self, person: PersonId, written: Written) -> None:
        """What was written just now, until the office tells it back. Raises `ClosedError`."""
        key = self.key_of(person)
        if key is None:
            return
        sealed = seal(key, person, EDIT, msgspec.json.encode(written), self._chance)
        with self._db.work():
            consent = int(written.consent is not None)
            self._db.run("put_edit", person=person, at_us=written.at_us, sealed=sealed, consent=consent, source="")
            card = self.one(person)
            if card is not None:
                self._index(card)

    def to_bring(self, most: int) -> list[tuple[PersonId, bytes]]:
        """People kept here first, whose key the office lacks."""
        rows = self._db.rows("ours", most=most)
        return [(PersonId(row["person"]), unwrap(row["key"], row["person"], self._keys.private)) for row in rows]

    def brought(self, persons: Iterable[PersonId]) -> None:
        for person in persons:
            self._db.run("brought", person=person)
            self._db.run("brought_joined", person=person)

    def _must_be_open(self) -> None:
        if not self._open:
            raise ClosedError(self.why_closed)

    def _state(self) -> dict[str, Any]:
        row = self._db.one("state")
        assert row is not None, "the row is made with the file"
        return row


def _nearness(query: str, card: ClientCard) -> float:
    """Of each word typed whether a name is it, or begins with it."""
    typed = names.plain(query).split()
    named = names.plain(f"{card.given_name} {card.family_name} {card.also_called}").split()
    return sum(1.0 if each in named else 0.5 if any(n.startswith(each) for n in named) else 0.0 for each in typed)
