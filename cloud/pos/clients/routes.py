"""Clients over HTTP. What is looked for stands in the body: a name in an address would stay in histories and logs."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from cloud import aliases
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.clients import asked, desk, erasing, pairs, queries, seeking, timeline
from cloud.pos.clients import owned as owning
from cloud.pos.clients.acts import Clients, answered
from cloud.pos.clients.comparing import Comparing, Progress
from cloud.pos.http import ROWS_PER_PAGE, Limit
from contract.feed import Permission
from contract.ids import PersonId
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

Seer = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
Keeper = Annotated[Login, allow(Permission.CLIENTS, of="house")]
Rights = Annotated[Login, allow(Permission.CLIENT_RIGHTS, of="everywhere")]
Book = Literal["mine", "all"]
Grown = Literal["sizes", "pins", "notes", "milestones", "wishes", "engravings", "stops"]
US_MAX = 2**63 - 1
"""No database keeps more."""
Pairs = Annotated[int, Query(ge=1, le=200)]


def router(office: Desk, ring: Keyring, comparing: Comparing) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/clients", tags=["clients"])
    clients = Clients(office, ring)
    add_doubles(routes, office, clients, comparing)
    add_looking(routes, office, ring, clients)
    add_changing(routes, clients)
    return routes


def add_looking(routes: APIRouter, office: Desk, ring: Keyring, clients: Clients) -> None:
    @routes.get("")
    def book(
        who: Seer,
        book: Book = "mine",
        after_us: Annotated[int, Query(ge=0, le=US_MAX)] = 0,
        limit: Limit = ROWS_PER_PAGE,
    ) -> list[queries.ClientRow]:
        """One's own client book, or all clients; newest changed first, those changed before `after_us` when given."""
        owner = who.user if book == "mine" else ""
        with answered(), office.look() as work:
            return queries.book(work.tx, ring, owner=owner, after_us=after_us, limit=limit)

    @routes.post("/search")
    def search(who: Seer, told: asked.SearchAsked) -> seeking.Found:
        """By beginnings of names, an e-mail address, a phone number or an id. The nearest first."""
        with answered(), office.work() as work:
            found = seeking.find(work.tx, ring, told.query)
            desk.looked(work, by=who.user, how="search", found=len(found.rows))
            return found

    @routes.get("/{person}")
    def detail(who: Seer, person: str) -> queries.ClientDetail:
        """A profile with its purchases; that it was opened is kept."""
        return clients.open(who, person, how="api")

    @routes.get("/{person}/timeline")
    def events(who: Seer, person: str) -> list[timeline.Event]:
        """Everything that happened with them, newest first; that it was opened is kept."""
        seen = clients.open(who, person, how="api")
        with answered(), office.look() as work:
            return timeline.timeline(work.tx, seen)

    @routes.get("/{person}/owned")
    def pieces(who: Seer, person: str) -> dict[str, Any]:
        """Their pieces with certificates and newest appraisal, and what these tell of their taste."""
        clients.open(who, person, how="api")
        with answered(), office.look() as work:
            found = owning.owned(work.tx, aliases.ids(work.tx, person))
        return {"pieces": found, "tastes": owning.tastes(found), "budgets": owning.budgets(found)}

    @routes.get("/{person}/changes")
    def changes(who: Seer, person: str, limit: Limit = ROWS_PER_PAGE) -> list[queries.Change]:
        """Who changed what, when and why; newest first."""
        with answered(), office.work() as work:
            desk.look(work, ring, PersonId(person), by=who.user, how="api")
            return queries.changes(work.tx, ring, PersonId(person), limit=limit)

    @routes.get("/{person}/looks")
    def looks(who: Rights, person: str, limit: Limit = ROWS_PER_PAGE) -> list[queries.LookSeen]:
        """Who opened this profile; newest first."""
        del who
        with office.look() as work:
            return queries.looks(work.tx, PersonId(person), limit=limit)

    @routes.get("/{person}/export")
    def export(who: Rights, person: str) -> dict[str, Any]:
        """Everything the house knows of a person, for that person."""
        with answered(), office.work() as work:
            return erasing.export(work, ring, PersonId(person), by=who.user)

    @routes.post("/{person}/erase")
    def erase(who: Rights, person: str, told: asked.EraseAsked) -> dict[str, str]:
        """For ever. Sales and accounts stay, under an id that names nobody."""
        with answered(), office.work() as work:
            erasing.erase(office.office, work, PersonId(person), told.reason, by=who.user)
        return {"person": person, "kept": "nothing that was sealed"}


def add_doubles(routes: APIRouter, office: Desk, clients: Clients, comparing: Comparing) -> None:
    @routes.get("/doubles")
    def doubles(who: Keeper, limit: Pairs = 50) -> list[pairs.Pair]:
        """Clients who may be one person, the surest first."""
        del who
        with office.look() as work:
            return pairs.waiting(work.tx, limit=limit)

    @routes.post("/doubles/compare", status_code=202)
    def compare(who: Keeper) -> Progress:
        """All clients of the house are compared anew; ask again how far it is."""
        comparing.start(by=who.user)
        return comparing.now

    @routes.get("/doubles/progress")
    def progress(who: Keeper) -> Progress:
        del who
        return comparing.now

    @routes.post("/doubles/same")
    def same(who: Keeper, told: asked.PairAsked) -> dict[str, str]:
        """The same person: `one` stands for both. 409 when both have verified numbers that differ."""
        return {"person": clients.merge(who, told)}

    @routes.post("/doubles/apart", status_code=204)
    def apart(who: Keeper, told: asked.PairAsked) -> None:
        """Two people, for ever: they are not asked about again."""
        clients.say(who, told, pairs.Said.APART)

    @routes.post("/doubles/later", status_code=204)
    def later(who: Keeper, told: asked.PairAsked) -> None:
        clients.say(who, told, pairs.Said.LATER)

    @routes.post("/merges/{merge}/undo")
    def undo(who: Keeper, merge: str) -> dict[str, str]:
        """Two people after all: each is again what was written of it."""
        return {"person": clients.part(who, merge)}


def add_changing(routes: APIRouter, clients: Clients) -> None:
    @routes.post("", status_code=201)
    def create(who: Keeper, told: asked.NewAsked) -> dict[str, str]:
        """409 when somebody of the house is likely the same person, unless `sure`."""
        if not told.sure and (alike := clients.alike(who, told, store=told.at)):
            names = ", ".join(each.row.person for each in alike)
            raise ProblemError(
                409, "alike", "They may be a client already", f"Look at {names}; or say that you are sure."
            )
        return {"person": clients.create(who, told, store=told.at, person=told.person)}

    @routes.patch("/{person}", status_code=204)
    def change(who: Keeper, person: str, told: asked.FieldsAsked) -> None:
        """Sets the fields that are given, and leaves the others."""
        clients.change(who, person, told)

    @routes.post("/{person}/sizes", status_code=204)
    def size(who: Keeper, person: str, told: asked.SizeAsked) -> None:
        """Of one finger; it takes the place of what was known of that finger."""
        clients.size(who, person, told)

    @routes.post("/{person}/pins", status_code=204)
    def pin(who: Keeper, person: str, told: asked.PinAsked) -> None:
        clients.pin(who, person, told)

    @routes.post("/{person}/notes", status_code=204)
    def note(who: Keeper, person: str, told: asked.NoteAsked) -> None:
        clients.note(who, person, told)

    @routes.post("/{person}/wishes", status_code=204)
    def wish(who: Keeper, person: str, told: asked.WishAsked) -> None:
        clients.wish(who, person, told)

    @routes.post("/{person}/engravings", status_code=204)
    def engraving(who: Keeper, person: str, told: asked.EngravingAsked) -> None:
        clients.engraving(who, person, told)

    @routes.post("/{person}/verified", status_code=204)
    def verified(who: Keeper, person: str, told: asked.VerifiedAsked) -> None:
        """They answered one of their numbers, or gave back a code that was sent to it."""
        clients.verified(who, person, told)

    @routes.post("/{person}/stops", status_code=204)
    def stop(who: Keeper, person: str, told: asked.StopAsked) -> None:
        """They died, or what was between two of them ended: no letter speaks of those days any more."""
        clients.stop(who, person, told)

    @routes.post("/{person}/milestones", status_code=204)
    def milestone(who: Keeper, person: str, told: asked.MilestoneAsked) -> None:
        clients.milestone(who, person, told)

    @routes.post("/{person}/{name}/take", status_code=204)
    def take(who: Keeper, person: str, name: Grown, told: asked.TakeAsked) -> None:
        """One entry of such a list is gone; the changes keep it."""
        clients.take(who, person, name, told)

    @routes.post("/{person}/consents", status_code=204)
    def consent(who: Keeper, person: str, told: asked.ConsentAsked) -> None:
        """One word of the client about one channel; a no wins over every yes that was said before it."""
        clients.consent(who, person, told)

    @routes.post("/{person}/owner", status_code=204)
    def owner(who: Keeper, person: str, told: asked.OwnerAsked) -> None:
        """Into another client book; nobody's when empty."""
        clients.hand_over(who, person, told)

    @routes.post("/{person}/visits", status_code=204)
    def visit(who: Keeper, person: str, told: asked.VisitAsked) -> None:
        """They came and bought nothing; `visit` is an id made elsewhere, so that a repeat is refused."""
        clients.visit(who, person, told)
