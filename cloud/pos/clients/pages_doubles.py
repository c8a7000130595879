"""The office's page of clients who may be one person: side by side, with what speaks for it; somebody says which."""

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
from web.front import go, render
from web.logins import Login
from web.policy import allow

Keeper = Annotated[Login, allow(Permission.CLIENTS, of="house")]
Line = Annotated[str, Form(max_length=profile.TEXT_MAX)]
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
                request, "clients/doubles.html", pairs=beside, now=comparing.now, stage=Stage, shown=SHOWN,
                open=pairs.count(work.tx), names=called.stores(work.tx), people=called.people(work.tx),
            )  # fmt: skip

    @routes.post("/doubles/compare")
    def compare(request: Request, who: Keeper) -> Response:
        """All clients of the house anew; what was said of pairs stays."""
        comparing.start(by=who.user)
        return go(request, DOUBLES)

    @routes.post("/doubles/same")
    def same(request: Request, who: Keeper, one: Line, other: Line) -> Response:
        """`one` stands for both."""
        clients.merge(who, asked.PairAsked(one=one, other=other))
        return go(request, DOUBLES)

    @routes.post("/doubles/apart")
    def apart(request: Request, who: Keeper, one: Line, other: Line) -> Response:
        clients.say(who, asked.PairAsked(one=one, other=other), Said.APART)
        return go(request, DOUBLES)

    @routes.post("/doubles/later")
    def later(request: Request, who: Keeper, one: Line, other: Line) -> Response:
        clients.say(who, asked.PairAsked(one=one, other=other), Said.LATER)
        return go(request, DOUBLES)

    @routes.post("/doubles/part")
    def part(request: Request, who: Keeper, merge: Line) -> Response:
        """A merge is undone: two people after all."""
        return go(request, f"/clients/{clients.part(who, merge)}")


def _beside(work: Work, ring: Keyring, person: PersonId, who: Login) -> Beside:
    opened = desk.look(work, ring, person, by=who.user, how="compare")
    seen = queries.detail(work, ring, person, opened)
    return Beside(person, seen.profile, seen.store, seen.owner, seen.made_us, len(seen.sales))
