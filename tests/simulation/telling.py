"""What tills write of clients, in histories by seed: notes and names, sealed; words about being written to; people kept at
a store first, with a key that the office gets later. Everything over lines that fail, power cuts and restored offices.

The office decides about clients; a store creates and adds (DESIGN §2). At rest each note stands once in the record of the
id it was written of, whichever box, log or line brought it, and of who was erased none; a name is one that somebody said;
the last word about a channel holds, and of one moment the no; whoever was kept at a store is a client of the house.
"""

import msgspec
import sqlalchemy as sa

from cloud import aliases, tables
from cloud.desk import begin
from cloud.pos.clients import desk, queries, slices
from contract.clients import (
    EDIT,
    KEYS_PER_MESSAGE_MAX,
    ClientCard,
    ClientConsent,
    ClientEdit,
    ClientsAsked,
    PersonKey,
    PersonKeys,
)
from contract.facts import ClientConsented, ClientTold
from edge.clients.edits import Written
from trade.consent import Channel, Proof
from trade.guards import ALL
from web.sealed import KEY_BYTES, NONCE_BYTES, key_id, seal, to_text

from .clientele import CLIENTS, LATER_US, Clientele, ring
from .keepings import WORD
from .world import STORES, ViolationError

TOLD, SAID, MADE = 14, 8, 3
BY = "ana"


class Telling(Clientele):
    """Mixed into a driver's `Sim`."""

    def __init__(self, *given, **more):
        self.texts, self.told, self.said, self.made = {}, {}, {}, []
        """Nonce → what was sealed; row → [(person, edit)]; row → [consent]; people kept at a store first."""
        super().__init__(*given, **more)

    def lay_out(self, **more):
        super().lay_out(**more)
        for what, times in ((self.tell, TOLD), (self.consent, SAID), (self.keep_somebody, MADE)):
            for _ in range(times):
                self.at(self.rng.random() * self.span, what)

    # --- at a store ---------------------------------------------------------------------------------------------

    def somebody(self, box):
        """Whom a till has before it, and their key: out of its own cards, else asked of the office. As `client_desk.key`."""
        kept, person = self.slices[box.store], self.rng.choice([*CLIENTS, *self.made])
        if kept.key_of(person) is None and self.head.up and not box.cut:
            with self.head.office.transaction() as tx:
                asked = ClientsAsked(box_key=kept.public, by=BY, person=person)
                try:
                    found = slices.search(begin(tx, self.guards, self.wall_us()), ring(), box.store, asked)
                except desk.UnknownClientError:
                    return None
            for each in found.clients:
                kept.adopt(each)
        card, key = kept.one(person), kept.key_of(person)
        if card is None or key is None:
            self.stat("not known at the till")
            return None
        if card.person != person:
            self.stat("told of somebody by another id")
        return card.person, key

    def at_a_till(self):
        box = self.main[self.rng.choice(STORES)]
        if self.resting or not box.serving:
            return None, None
        return box, self.somebody(box)

    def write(self, box, fact, why):
        with box.books.transaction() as tx:
            entries = tx.write(at_us=self.wall_us(), by=BY, why=why, facts=(fact,))
        return entries[-1].at_us

    def sealed(self, person, key, edit):
        sealed = seal(key, person, EDIT, msgspec.json.encode(edit), self.rng.randbytes)
        nonce, body = to_text(sealed[:NONCE_BYTES]), to_text(sealed[NONCE_BYTES:])
        self.texts[nonce] = edit
        return ClientTold(person=person, key_id=key_id(key), nonce=nonce, bytes=body)

    def tell(self):
        box, found = self.at_a_till()
        if not found:
            return
        (person, key), name = found, self.new_id()
        called = f"{WORD} {name}" if self.rng.random() < 0.3 else None
        edit = ClientEdit(notes=(f"{WORD} likes {name}",), also_called=called)
        at_us = self.write(box, self.sealed(person, key, edit), "client.told")
        self.slices[box.store].write(person, Written(at_us=at_us, by=BY, edit=edit))

    def consent(self):
        box, found = self.at_a_till()
        if not found:
            return
        (person, _), given, now_us = found, self.rng.random() < 0.5, self.wall_us()
        if self.rng.random() < 0.3 and self.said:
            now_us = self.rng.choice([each.said_us for some in self.said.values() for each in some])
        fact = ClientConsented(
            person=person, channel=Channel.EMAIL, given=given, said_us=now_us, proof=Proof.SPOKEN, text_version="1"
        )
        at_us = self.write(box, fact, "client.consented")
        word = ClientConsent(channel=Channel.EMAIL, given=given, said_us=now_us)
        self.slices[box.store].write(person, Written(at_us=at_us, by=BY, consent=word))

    def keep_somebody(self):
        """New, and nobody asks the office. Should the power go between card and books, they come again."""
        box = self.main[self.rng.choice(STORES)]
        if self.resting or not box.serving:
            return
        person, key = f"n-{self.new_id()}", self.rng.randbytes(KEY_BYTES)
        edit = ClientEdit(made=True, given_name=f"{WORD} {person}", family_name="Neu", notes=(f"{WORD} new {person}",))
        card = ClientCard(person=person, given_name=edit.given_name, family_name=edit.family_name)
        self.slices[box.store].make(card, key, at_us=self.wall_us())
        self.made.append(person)
        self.write(box, self.sealed(person, key, edit), "client.made")

    def take_cards(self, store, work):
        """Keys go up before cards come down, as `edge.clients.syncing`."""
        kept, box = self.slices[store], self.main[store]
        kept.admit(box.books.node().epoch)
        keys = [PersonKey(person=person, key=to_text(key)) for person, key in kept.to_bring(KEYS_PER_MESSAGE_MAX)]
        if keys:
            kept.brought(slices.take_keys(work, ring(), PersonKeys(keys=tuple(keys))).persons)
        super().take_cards(store, work)

    # --- what the bystander notes -------------------------------------------------------------------------------

    def witness(self, box, fact, place):
        match fact:
            case ClientTold():
                edit = self.texts[fact.nonce]
                self.told.setdefault(place, []).append((fact.person, edit))
                self.stat("kept at a store first" if edit.made else "told of a client")
                if not self.head.up or box.cut:
                    self.stat("told without a line")
            case ClientConsented():
                self.said.setdefault(place, []).append(fact)
                self.stat("said about being written to")
        super().witness(box, fact, place)

    # --- at rest ------------------------------------------------------------------------------------------------

    def judge(self):
        super().judge()
        known = self.head.rows()
        told = [each for place, some in self.told.items() if place in known for each in some]
        said = [each for place, some in self.said.items() if place in known for each in some]
        with self.head.office.transaction() as tx:
            work = begin(tx, ALL, self.wall_us() + LATER_US)
            for person in (*CLIENTS, *self.made):
                mine = [edit for whom, edit in told if whom == person]
                if person in self.gone:
                    self.judge_left(tx, person)
                elif person in CLIENTS or mine:
                    self.judge_record(work, person, mine)
            for ids in {aliases.ids(tx, person) for person in CLIENTS}:
                if not self.gone & set(ids):
                    self.judge_word(tx, ids, said)

    def judge_record(self, work, person, told):
        try:
            record = desk.read(work, ring(), person)
        except desk.UnknownClientError:
            raise ViolationError(f"C8 {person} was kept at a store, and is no client of the house") from None
        wanted = sorted(text for edit in told for text in edit.notes)
        if sorted(note.text for note in record.notes) != wanted:
            raise ViolationError(f"C8 of {person} was written {wanted}, and their record has {record.notes}")
        names = {edit.also_called for edit in told if edit.also_called}
        if record.also_called not in (names or {""}):
            raise ViolationError(f"C8 {person} is called {record.also_called!r}, and was called {names}")

    def judge_left(self, tx, person):
        rows = tx.rows(sa.select(tables.client.c.sealed).where(tables.client.c.person == person))
        if any(row["sealed"] for row in rows):
            raise ViolationError(f"C8 something is kept of {person}, who was erased")

    def judge_word(self, tx, ids, said):
        mine = [each for each in said if each.person in ids]
        last = max(((each.said_us, not each.given) for each in mine), default=None)
        holds = queries.standing(queries.consents(tx, *ids)).get(Channel.EMAIL)
        if (None if holds is None else (holds.said_us, not holds.given)) != last:
            raise ViolationError(f"C9 the last word of {ids} is {last}, and {holds} holds")


def bring(driver):
    """This driver module, which has clients already, with what tills write of them. Returns it."""
    driver.Sim = type(
        "Sim", (Telling, *driver.Sim.__bases__[1:]), {"Box": driver.Sim.Box, "Head": driver.Sim.Head}
    )  # fmt: skip
    return driver
