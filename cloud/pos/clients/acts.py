"""What pages and API do alike with clients: an act, its checks, and its errors as problems."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cloud import aliases
from cloud.changes import WhyError
from cloud.clienteling.identity.merging import MergeRefusedError
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.clients import absorbing, asked, desk, likeness, merging, pairs, profile, queries
from cloud.pos.clients.asked import FieldsAsked
from cloud.pos.clients.profile import ClientError
from cloud.sealing import SealedError
from contract.feed import Permission
from contract.ids import PersonId, StoreId, UserId
from trade.consent import Said
from trade.ring_sizes import SizeError, read
from web.logins import Login
from web.policy import require
from web.problems import ProblemError

Wrong = (ClientError, SizeError, WhyError)


@contextmanager
def answered() -> Iterator[None]:
    """What is wrong with what was asked is a 422, nobody of this id a 404, a key that is not there a 503."""
    try:
        yield
    except Wrong as error:
        raise ProblemError(422, "client", str(error)) from error
    except desk.UnknownClientError as error:
        raise ProblemError(404, "not-found", "There is no such client", str(error)) from error
    except MergeRefusedError as error:
        raise ProblemError(409, "merge", "These two are not joined", str(error)) from error
    except merging.UnknownMergeError as error:
        raise ProblemError(404, "not-found", "This merge does not hold", str(error)) from error
    except SealedError as error:
        raise ProblemError(503, "sealed", "Clients cannot be opened now", str(error)) from error


class Clients:
    """Every act of somebody at the office with a client, each one transaction. Raises 403, 404, 422, 503 problems."""

    def __init__(self, office: Desk, ring: Keyring) -> None:
        self.office = office
        self.ring = ring

    def create(self, who: Login, told: FieldsAsked, *, store: str, person: str = "") -> PersonId:
        new = PersonId(person or self.office.new_id())
        given = self._typed(told)
        require(who, Permission.CLIENTS, store=store)
        with answered(), self.office.work() as work:
            desk.create(work, self.ring, new, given, by=who.user, store=StoreId(store), why=told.why)
        return new

    def alike(self, who: Login, told: FieldsAsked, *, store: str) -> list[likeness.Likely]:
        """Clients of the house who may be this new one; that they were looked through is kept."""
        given = self._typed(told)
        require(who, Permission.CLIENTS, store=store)
        with answered(), self.office.work() as work:
            new = profile.checked(dataclasses.replace(profile.Profile(), **given))
            found = likeness.likely(work.tx, self.ring, new)
            if found:
                desk.looked(work, by=who.user, how="alike", found=len(found))
            return found

    def open(self, who: Login, person: str, *, how: str) -> queries.ClientDetail:
        """Under the id that stands for all ids of this client."""
        with answered(), self.office.work() as work:
            head = aliases.heads(work.tx, [person])[person]
            absorbing.absorb(work, self.ring, head)
            opened = desk.look(work, self.ring, head, by=who.user, how=how)
            return queries.detail(work, self.ring, head, opened)

    def own(self, who: Login, person: str, *, how: str) -> profile.Profile:
        """What is written of this id alone: for whoever is about to change it."""
        with answered(), self.office.work() as work:
            return desk.look(work, self.ring, PersonId(person), by=who.user, how=how)

    def say(self, who: Login, told: asked.PairAsked, said: pairs.Said) -> None:
        """Two people, or later: of two clients, and for ever."""
        with answered(), self.office.work() as work:
            for person in (told.one, told.other):
                desk.read(work, self.ring, PersonId(person))
            pairs.say(work, told.one, told.other, said, by=who.user)

    def merge(self, who: Login, told: asked.PairAsked) -> PersonId:
        """`one` stands for both from now on; the id it is known by."""
        with answered(), self.office.work() as work:
            one, other = PersonId(told.one), PersonId(told.other)
            return merging.merge(work, self.ring, one, other, self.office.new_id(), by=who.user)

    def part(self, who: Login, merge: str) -> PersonId:
        """Undoes a merge; the id that stood for both."""
        with answered(), self.office.work() as work:
            return merging.undo(work, merge, by=who.user)

    def change(self, who: Login, person: str, told: FieldsAsked) -> None:
        self._alter(who, person, desk.setting(self._typed(told)), told.why)

    def size(self, who: Login, person: str, told: asked.SizeAsked) -> None:
        with answered():
            new = profile.RingSize(
                finger=told.finger, circumference_um=read(told.size, told.system), source=told.source,
                day=profile.day(told.day),
            )  # fmt: skip
        self._alter(who, person, desk.adding("sizes", new), told.why)

    def pin(self, who: Login, person: str, told: asked.PinAsked) -> None:
        with answered():
            text = _something(profile.line(told.text, "preference"), "Say what they prefer")
        new = profile.Pin(about=told.about, text=text, by=who.user, at_us=self.office.now_us())
        self._alter(who, person, desk.adding("pins", new), told.why)

    def note(self, who: Login, person: str, told: asked.NoteAsked) -> None:
        with answered():
            text = _something(profile.line(told.text, "note", profile.NOTE_MAX), "Write the note")
        new = profile.Note(note=self.office.new_id(), text=text, by=who.user, at_us=self.office.now_us())
        self._alter(who, person, desk.adding("notes", new), told.why)

    def wish(self, who: Login, person: str, told: asked.WishAsked) -> None:
        with answered():
            text, piece = profile.line(told.text, "wish", profile.NOTE_MAX), told.piece.strip()
            _something(text or piece, "Say what they would like")
        new = profile.Wish(
            wish=self.office.new_id(), text=text, piece=piece, by=who.user, at_us=self.office.now_us()
        )  # fmt: skip
        self._alter(who, person, desk.adding("wishes", new), told.why)

    def engraving(self, who: Login, person: str, told: asked.EngravingAsked) -> None:
        with answered():
            text = _something(profile.line(told.text, "engraving", profile.NOTE_MAX), "Write what is engraved")
        new = profile.Engraving(
            engraving=self.office.new_id(), text=text, piece=told.piece.strip(), by=who.user,
            at_us=self.office.now_us(),
        )  # fmt: skip
        self._alter(who, person, desk.adding("engravings", new), told.why)

    def verified(self, who: Login, person: str, told: asked.VerifiedAsked) -> None:
        def alter(was: profile.Profile) -> profile.Profile:
            if told.phone not in was.phones:
                raise ClientError("This is none of their numbers: reload the page")
            return dataclasses.replace(was, verified_phone=told.phone)

        self._alter(who, person, alter, told.why)

    def stop(self, who: Login, person: str, told: asked.StopAsked) -> None:
        new = profile.Ended(what=told.what, by=who.user, at_us=self.office.now_us())
        self._alter(who, person, desk.adding("stops", new), told.why)

    def milestone(self, who: Login, person: str, told: asked.MilestoneAsked) -> None:
        with answered():
            new = profile.Milestone(
                milestone=self.office.new_id(), kind=told.kind, day=profile.day(told.day), relation=told.relation,
                name=profile.line(told.name, "name"), person=told.person.strip(),
            )  # fmt: skip
        self._alter(who, person, desk.adding("milestones", new), told.why)

    def take(self, who: Login, person: str, name: str, told: asked.TakeAsked) -> None:
        self._alter(who, person, desk.without(name, told.at), told.why)

    def consent(self, who: Login, person: str, told: asked.ConsentAsked) -> None:
        require(who, Permission.CLIENTS, store=told.at)
        version = profile.line(told.text_version, "text version")
        said = Said(
            told.channel, told.given, told.said_us or self.office.now_us(), who.user, told.proof, version
        )  # fmt: skip
        with answered(), self.office.work() as work:
            desk.hear_consent(work, PersonId(person), said, store=StoreId(told.at))

    def hand_over(self, who: Login, person: str, told: asked.OwnerAsked) -> None:
        """Out of one's own client book, or into it when it is in nobody's; whoever sees staff moves any."""
        with answered(), self.office.work() as work:
            was = desk.owner_of(work, PersonId(person))
            if was not in ("", who.user) and not who.may(Permission.SEE_STAFF):
                raise ProblemError(
                    403, "client-book", "This client is in somebody else's book", "Ask them, or who sees the staff."
                )
            desk.hand_over(work, self.ring, PersonId(person), UserId(told.owner), by=who.user, why=told.why)

    def visit(self, who: Login, person: str, told: asked.VisitAsked) -> None:
        require(who, Permission.CLIENTS, store=told.at)
        visit = told.visit or self.office.new_id()
        with answered(), self.office.work() as work:
            desk.visited(
                work, self.ring, PersonId(person), visit, told.text, by=who.user, store=StoreId(told.at)
            )  # fmt: skip

    def _typed(self, told: FieldsAsked) -> dict[str, Any]:
        given = {name: value for name in profile.TYPED if (value := getattr(told, name)) is not None}
        with answered():
            return profile.typed(given, country=told.country)

    def _alter(self, who: Login, person: str, alter: desk.Alter, why: str) -> None:
        with answered(), self.office.work() as work:
            desk.change(work, self.ring, PersonId(person), alter, by=who.user, why=why)


def _something(text: str, otherwise: str) -> str:
    if not text:
        raise ClientError(f"{otherwise}: it is empty")
    return text
