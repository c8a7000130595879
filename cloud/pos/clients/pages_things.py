"""The office's pages of what is a client's own and is appraised: drafts, photos, signatures, papers.

Who sees clients sees them, and that is kept; who appraises pieces of the house appraises these.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, UploadFile
from pydantic import BaseModel, Field
from starlette.responses import Response

from cloud import appraising, called
from cloud.appraising import BASES, AppraisalError
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.clients import desk, things
from cloud.pos.clients.acts import answered
from cloud.pos.clients.things import Draft, OfClient, Thing
from cloud.pos.http import CONTROL, conflicts, found
from cloud.work import Work
from contract.feed import Permission
from contract.ids import PersonId
from web.forms import amount_minor
from web.front import go, render
from web.images import BYTES_MAX, JPEG, Accepted, BlobError
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

Seer = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
Appraiser = Annotated[Login, allow(Permission.PIECES, of="house")]
SEES: Final = [allow(Permission.SEE_CLIENTS, of="house")]
Words = Annotated[str, Form(max_length=appraising.TEXT_MAX)]
Line = Annotated[str, Field(max_length=appraising.NAME_LENGTH_MAX)]
Text = Annotated[str, Field(max_length=things.WORDS_MAX)]
SAFE: Final = {"Cache-Control": "no-store", "Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}


class ThingWords(BaseModel):
    """As somebody of the house found it; `declared` is what its owner said of it and nobody could examine."""

    title: Line
    metals: Text = ""
    weight: Text = ""
    stones: Text = ""
    marks: Text = ""
    condition: Text = ""
    declared: Text = ""


class DraftWords(BaseModel):
    """`of`: the thing that was appraised before; empty: a new one."""

    currency: Annotated[str, Field(max_length=3)]
    purpose: Line
    appraiser: Line
    day: Annotated[str, Field(max_length=10)]
    note: Annotated[str, Field(max_length=appraising.NOTE_LENGTH_MAX)] = ""
    of: Line = ""


class DraftForm(ThingWords, DraftWords):
    """Of a page: all in one, and its value as a person types it."""

    value: Annotated[str, Field(max_length=20)]

    def draft(self) -> Draft:
        thing = Thing(**{name: CONTROL.sub(" ", getattr(self, name)) for name in Thing.__struct_fields__})
        return Draft(
            thing=thing, value_minor=amount_minor(self.value, self.currency, "Value"), currency=self.currency,
            purpose=self.purpose.strip(), appraiser=self.appraiser.strip(), day=self.day, note=self.note.strip(),
        )  # fmt: skip


@contextmanager
def told() -> Iterator[None]:
    """What it cannot become is a 409, what cannot be kept a 422; nothing was changed."""
    with conflicts(AppraisalError, code="appraisal"), answered():
        try:
            yield
        except desk.UnknownClientError:
            raise
        except BlobError as error:
            raise ProblemError(422, "photo", "This cannot be kept", str(error)) from error
        except LookupError as error:
            raise ProblemError(404, "not-found", "There is no such appraisal", str(error)) from error


def router(office: Desk, ring: Keyring) -> APIRouter:
    """Stands before the pages of one client."""
    routes = APIRouter(prefix="/clients", include_in_schema=False, dependencies=SEES)
    add_looking(routes, office, ring)
    add_changing(routes, office, ring)
    return routes


def add_looking(routes: APIRouter, office: Desk, ring: Keyring) -> None:
    @routes.get("/appraisals/{appraisal}")
    def of(request: Request, who: Seer, appraisal: str) -> Response:
        """From a paper that was checked to whose it is."""
        del who
        with office.look() as work:
            person = found(things.owner(work.tx, appraisal), f"appraisal {appraisal}")
        return go(request, f"/clients/{person}/appraisals")

    @routes.get("/{person}/appraisals")
    def listing(request: Request, who: Seer, person: str, again: str = "") -> Response:
        """`again`: an appraisal whose thing is appraised anew, so that the form begins with what it said."""
        with told(), office.work() as work:
            profile = desk.look(work, ring, PersonId(person), by=who.user, how="page")
            known = things.listing(work.tx, ring, PersonId(person))
            begun = next((each for each in known if each.told.appraisal == again), None)
            return render(
                request, "clients/appraisals.html", person=person, profile=profile, known=known, again=begun,
                people=called.people(work.tx), bases=BASES, may_edit=who.may(Permission.PIECES),
                photos_max=things.PHOTOS_MAX, fields=things.FACTS,
            )  # fmt: skip

    @routes.get("/{person}/appraisals/{appraisal}/papers/{sha256}")
    def paper(who: Seer, person: str, appraisal: str, sha256: str, *, thumb: bool = False) -> Response:
        """A photo to look at, or the signed PDF to be kept; who opens it is kept."""
        with told(), office.work() as work:
            kept = things.paper(work.tx, ring, PersonId(person), appraisal, sha256, thumb=thumb)
            kept = found(kept, f"paper {sha256} of appraisal {appraisal}")
            if not thumb:
                desk.looked(work, by=who.user, how="paper", person=person)
        return answer(kept, appraisal)


def add_changing(routes: APIRouter, office: Desk, ring: Keyring) -> None:
    @routes.post("/{person}/appraisals")
    def begin(request: Request, who: Appraiser, person: str, form: Annotated[DraftForm, Form()]) -> Response:
        with told(), office.work() as work:
            new_id = office.new_id()
            things.begin(work, ring, PersonId(person), form.draft(), new_id=new_id, by=who.user, of=form.of)
        return _back(request, person, new_id)

    @routes.post("/{person}/appraisals/{appraisal}/photos")
    def photo(request: Request, who: Appraiser, person: str, appraisal: str, file: UploadFile) -> Response:
        data = file.file.read(BYTES_MAX + 1)
        with told(), office.work() as work:
            things.add_photo(work, ring, PersonId(person), appraisal, data, by=who.user)
        return _back(request, person, appraisal)

    @routes.post("/{person}/appraisals/{appraisal}/sign")
    def sign(
        request: Request, who: Appraiser, person: str, appraisal: str, *, credentials: Words, basis: Words,
        supersedes: Words = "",
    ) -> Response:  # fmt: skip
        with told(), office.work() as work:
            of = subject(work, ring, person, appraisal)
            appraising.sign(work, of, appraisal, credentials, basis, by=who.user, supersedes=supersedes)
        return _back(request, person, appraisal)

    @routes.post("/{person}/appraisals/{appraisal}/delivered")
    def delivered(request: Request, who: Appraiser, person: str, appraisal: str, to: Words) -> Response:
        with told(), office.work() as work:
            appraising.deliver(work, subject(work, ring, person, appraisal), appraisal, to, by=who.user)
        return _back(request, person, appraisal)

    @routes.post("/{person}/appraisals/{appraisal}/withdrawn")
    def withdrawn(request: Request, who: Appraiser, person: str, appraisal: str, why: Words) -> Response:
        with told(), office.work() as work:
            appraising.withdraw(work, subject(work, ring, person, appraisal), appraisal, why, by=who.user)
        return _back(request, person, appraisal)


def answer(kept: Accepted, appraisal: str) -> Response:
    """A picture to be shown, anything else to be kept as a file that is called by its number."""
    name = f'attachment; filename="appraisal-{appraising.number(appraisal)}.pdf"'
    seen = {} if kept.media == JPEG else {"Content-Disposition": name}
    return Response(kept.body, media_type=kept.media, headers={**SAFE, **seen})


def subject(work: Work, ring: Keyring, person: str, appraisal: str) -> OfClient:
    """Locked, so that of two who sign at once the second sees what the first did. A 404 for one not theirs."""
    desk.lock(work, PersonId(person))
    desk.read(work, ring, PersonId(person))
    known = things.one(work.tx, ring, PersonId(person), appraisal)
    return OfClient(work, ring, PersonId(person), found(known, f"appraisal {appraisal} of this client").of)


def _back(request: Request, person: str, appraisal: str) -> Response:
    return go(request, f"/clients/{person}/appraisals#a-{appraisal}")
