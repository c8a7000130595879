"""Appraisals of what is a client's own, over the API: what the office's pages do (`pages_things`), for programs."""

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cloud import appraising
from cloud.appraising import Appraisal
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.clients import desk, things
from cloud.pos.clients.pages_things import Appraiser, DraftWords, Line, Seer, ThingWords, answer, subject, told
from cloud.pos.clients.things import Draft, Known, Thing
from cloud.pos.http import Asked, found
from contract.ids import PersonId
from trade.record import PRICE_MINOR_MAX
from web.images import BYTES_MAX
from web.logins import Login
from web.problems import ProblemError

HOW: Final = "api"
Words = Annotated[str, Field(max_length=appraising.TEXT_MAX)]


class ThingAsked(Asked, ThingWords):
    """As somebody of the house found it; `declared` is what its owner said of it and nobody could examine."""


class DraftAsked(Asked, DraftWords):
    """`of`: the thing that was appraised before (`thing` in the list); empty: a new one."""

    thing: ThingAsked
    value_minor: Annotated[int, Field(ge=0, le=PRICE_MINOR_MAX)]

    def draft(self) -> Draft:
        written = self.model_dump(exclude={"thing", "of"})
        return Draft(thing=Thing(**self.thing.model_dump()), **written)


class SignAsked(Asked):
    """`supersedes`: a signed one of the same thing, whose place it takes."""

    credentials: Words
    basis: Words
    supersedes: Line = ""


class ToldAsked(Asked):
    """How it was handed over, or why it is withdrawn."""

    words: Words


@dataclass(frozen=True, slots=True)
class AppraisalSeen:
    """`thing` is the same for all appraisals of it; `photos` are SHA-256, `appraisal.sha256` that of the signed PDF."""

    thing: str
    number: str
    described: dict[str, str]
    appraisal: Appraisal
    photos: list[str]


def seen(known: Known) -> AppraisalSeen:
    return AppraisalSeen(
        known.of, known.number, msgspec.to_builtins(known.thing), known.told, [each.sha256 for each in known.photos]
    )


def router(office: Desk, ring: Keyring) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/clients/{person}/appraisals", tags=["clients"])
    add_looking(routes, office, ring)
    add_changing(routes, office, ring)
    return routes


def add_looking(routes: APIRouter, office: Desk, ring: Keyring) -> None:
    @routes.get("")
    def listing(who: Seer, person: str) -> list[AppraisalSeen]:
        """Of their own things, under all their ids, newest day first; that they were opened is kept."""
        with told(), office.work() as work:
            desk.look(work, ring, PersonId(person), by=who.user, how=HOW)
            return [seen(each) for each in things.listing(work.tx, ring, PersonId(person))]

    @routes.get("/{appraisal}/papers/{sha256}")
    def paper(who: Seer, person: str, appraisal: str, sha256: str, *, thumb: bool = False) -> Response:
        """A photo, or the signed PDF; who opens it is kept."""
        with told(), office.work() as work:
            kept = things.paper(work.tx, ring, PersonId(person), appraisal, sha256, thumb=thumb)
            kept = found(kept, f"paper {sha256} of appraisal {appraisal}")
            desk.looked(work, by=who.user, how="paper", person=person)
        return answer(kept, appraisal)


def add_changing(routes: APIRouter, office: Desk, ring: Keyring) -> None:
    @routes.post("", status_code=201)
    def begin(who: Appraiser, person: str, asked: DraftAsked) -> dict[str, str]:
        """A draft. 409 says what is missing; nothing of it stands in clear."""
        name = office.new_id()
        with told(), office.work() as work:
            things.begin(work, ring, PersonId(person), asked.draft(), new_id=name, by=who.user, of=asked.of)
        return {"appraisal": name, "number": appraising.number(name)}

    @routes.post("/{appraisal}/photos", status_code=201)
    async def photo(request: Request, who: Appraiser, person: str, appraisal: str) -> dict[str, str]:
        """Of a draft, the file itself as the body. Answers with its SHA-256 as kept, without the camera's data."""
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > BYTES_MAX:
                raise ProblemError(413, "too-large", "Too large", f"At most {BYTES_MAX >> 20} MiB: take a smaller one.")
        return {"sha256": await run_in_threadpool(keep, person, appraisal, bytes(data), who)}

    def keep(person: str, appraisal: str, data: bytes, who: Login) -> str:
        with told(), office.work() as work:
            desk.read(work, ring, PersonId(person))
            return things.add_photo(work, ring, PersonId(person), appraisal, data, by=who.user)

    @routes.post("/{appraisal}/sign", status_code=201)
    def sign(who: Appraiser, person: str, appraisal: str, asked: SignAsked) -> Appraisal:
        """Drawn as a PDF that is sealed, kept under its hash and never altered."""
        with told(), office.work() as work:
            of = subject(work, ring, person, appraisal)
            return appraising.sign(
                work, of, appraisal, asked.credentials, asked.basis, by=who.user, supersedes=asked.supersedes
            )  # fmt: skip

    @routes.post("/{appraisal}/delivered", status_code=204)
    def delivered(who: Appraiser, person: str, appraisal: str, asked: ToldAsked) -> None:
        with told(), office.work() as work:
            appraising.deliver(work, subject(work, ring, person, appraisal), appraisal, asked.words, by=who.user)

    @routes.post("/{appraisal}/withdrawn", status_code=204)
    def withdrawn(who: Appraiser, person: str, appraisal: str, asked: ToldAsked) -> None:
        with told(), office.work() as work:
            appraising.withdraw(work, subject(work, ring, person, appraisal), appraisal, asked.words, by=who.user)
