"""The office's page of clients who may be one person: side by side, with what speaks for it; somebody says which."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from cloud import called
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.clients import asked, desk, pairs, profile, queries
from cloud.pos.clients.acts import Clients, answered
from cloud.pos.clients.comparing import Comparing, Stage
from cloud.pos.clients.pairs import Said
from cloud.work import Work
from contract.feed import Permission
from contract.ids import PersonId
from web import figures
from web.front import go, render
from web.logins import Login
from web.policy import allow
from web.words import Words
from web.words import later as later_

Keeper = Annotated[Login, allow(Permission.CLIENTS, of="house")]
Text = Annotated[str, Form(max_length=profile.TEXT_MAX)]
SHOWN: Final = 20
DOUBLES: Final = "/clients/doubles"


@dataclass(frozen=True, slots=True)
class Beside:
    """One of two, as it is shown beside the other. `sales`: how many."""

    person: str
    profile: profile.Profile
    store: str
    owner: str
    made_us: int
    sales: int


@dataclass(frozen=True, slots=True)
class Line:
    """What both are asked for: lines of text each. `alike`: they share some of it."""

    title: Words
    one: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def alike(self) -> bool:
        return bool({_bare(each) for each in self.one} & {_bare(each) for each in self.other})


def add(routes: APIRouter, office: Desk, ring: Keyring, clients: Clients, comparing: Comparing) -> None:
    """Stands before the pages of one client."""

    @routes.get("/doubles")
    def doubles(request: Request, who: Keeper) -> Response:
        with answered(), office.work() as work:
            waiting = pairs.waiting(work.tx, limit=SHOWN)
            beside = [
                (pair, _beside(work, ring, pair.one, who), _beside(work, ring, pair.other, who)) for pair in waiting
            ]
            return render(
                request, "clients/doubles.html", pairs=beside, lines=lines, now=comparing.now, stage=Stage, shown=SHOWN,
                open=pairs.count(work.tx), names=called.stores(work.tx), people=called.people(work.tx),
            )  # fmt: skip

    @routes.post("/doubles/compare")
    def compare(request: Request, who: Keeper) -> Response:
        """All clients of the house anew; what was said of pairs stays."""
        comparing.start(by=who.user)
        return go(request, DOUBLES)

    @routes.post("/doubles/same")
    def same(request: Request, who: Keeper, one: Text, other: Text) -> Response:
        """`one` stands for both."""
        clients.merge(who, asked.PairAsked(one=one, other=other))
        return go(request, DOUBLES)

    @routes.post("/doubles/apart")
    def apart(request: Request, who: Keeper, one: Text, other: Text) -> Response:
        clients.say(who, asked.PairAsked(one=one, other=other), Said.APART)
        return go(request, DOUBLES)

    @routes.post("/doubles/later")
    def later(request: Request, who: Keeper, one: Text, other: Text) -> Response:
        clients.say(who, asked.PairAsked(one=one, other=other), Said.LATER)
        return go(request, DOUBLES)

    @routes.post("/doubles/part")
    def part(request: Request, who: Keeper, merge: Text) -> Response:
        """A merge is undone: two people after all."""
        return go(request, f"/clients/{clients.part(who, merge)}")


def lines(one: Beside, other: Beside) -> list[Line]:
    """What is known of at least one of them, what tells people apart first."""
    a, b = one.profile, other.profile
    asked_for = (
        (later_("Also called"), (a.also_called,), (b.also_called,)),
        (later_("Phone"), a.phones, b.phones),
        (later_("E-mail"), a.emails, b.emails),
        (later_("Address"), tuple(a.address.splitlines()), tuple(b.address.splitlines())),
        (later_("Birthday"), _birthday(a), _birthday(b)),
    )
    found = [Line(title, _told(left), _told(right)) for title, left, right in asked_for]
    return [line for line in found if line.one or line.other]


def _told(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(each for each in texts if each)


def _birthday(seen: profile.Profile) -> tuple[str, ...]:
    own = (each for each in seen.milestones if each.kind == "birthday" and each.relation == "self")
    return tuple(figures.day(each.day) for each in own)


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _beside(work: Work, ring: Keyring, person: PersonId, who: Login) -> Beside:
    opened = desk.look(work, ring, person, by=who.user, how="compare")
    seen = queries.detail(work, ring, person, opened)
    return Beside(person, seen.profile, seen.store, seen.owner, seen.made_us, len(seen.sales))
