"""The office's pages of messages, and the one page on which a client ends them."""

from collections.abc import Callable, Iterable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cloud import called
from cloud.db import Tx
from cloud.desk import Desk
from cloud.listing import answer, kept, may_take
from cloud.messages import consents, outbox, templates, words
from cloud.messages.outbox import Letter, Ways
from cloud.messages.reach import Reaching
from cloud.people import Keyring
from cloud.pos.http import found
from cloud.pos.messages import queries
from cloud.pos.messages.asking import answered
from contract.feed import Permission
from contract.ids import PersonId, StoreId
from trade.consent import Channel
from web.front import go, render
from web.logins import Login
from web.policy import allow, private
from web.problems import ProblemError
from web.tables import Asked, asked

Seer = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
Keeper = Annotated[Login, allow(Permission.CLIENTS, of="house")]
Writer = Annotated[Login, allow(Permission.SETTINGS, of="everywhere")]
Names = Callable[[Tx, Iterable[str]], dict[str, str]]
List = Annotated[Asked, Depends(asked)]
Group = Annotated[str, Query(pattern="^(waiting|sent|failed)$")]
Line = Annotated[str, Field(max_length=200)]
Word = Annotated[str, Query(max_length=100)]
TITLES: Final = {Channel.EMAIL: "E-mail", Channel.SMS: "SMS", Channel.MESSENGER: "WhatsApp"}


class NewsForm(BaseModel):
    """`at`: the store that writes."""

    channel: Channel
    news: Line
    at: Line


class TemplateForm(BaseModel):
    """`act`: preview, or keep."""

    template: Line
    channel: Channel
    language: Line
    purpose: Line
    subject: Line = ""
    text: Annotated[str, Field(max_length=10_000)]
    why: Annotated[str, Field(max_length=500)] = ""
    act: Line = "preview"


def router(desk: Desk, ring: Keyring, ways: Ways, reach: Reaching, names: Names) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    add_lists(routes, desk, ring, ways, names)
    add_writing(routes, desk, ring, ways, reach)
    add_templates(routes, desk)
    add_stop(routes, desk)
    return routes


def add_lists(routes: APIRouter, desk: Desk, ring: Keyring, ways: Ways, names: Names) -> None:
    @routes.get("/messages")
    def listing(request: Request, who: Seer, what: List, group: Group = "waiting") -> Response:
        out = may_take(who, what)
        with answered(), desk.look() as work:
            table = queries.table(work.tx, what, names, group=group)
            page = answer(
                request, table, "messages/list.html", group=group, counts=queries.counts(work.tx), titles=TITLES,
                carried=sorted(ways.carriers), out=out,
            )  # fmt: skip
        return kept(desk, who, page)

    @routes.get("/messages/{message}")
    def one(request: Request, who: Seer, message: str) -> Response:
        with answered(), desk.work() as work:
            seen = found(queries.look(work, ring, message, by=who.user, how="message"), "such message")
            return render(
                request, "messages/one.html", seen=seen, row=seen.row, titles=TITLES, stores=called.stores(work.tx),
                client=names(work.tx, [seen.row.person]).get(seen.row.person, ""), people=called.people(work.tx),
                may_keep=who.may(Permission.CLIENTS),
            )  # fmt: skip

    @routes.post("/messages/{message}/again")
    def again(request: Request, who: Keeper, message: str) -> Response:
        del who
        with answered(), desk.work() as work:
            fresh = outbox.again(work, ring, message, desk.new_id)
        if not fresh:
            raise ProblemError(409, "message", "This one is not tried again", "It went out, or was tried already.")
        return go(request, f"/messages/{fresh}")


def add_writing(routes: APIRouter, desk: Desk, ring: Keyring, ways: Ways, reach: Reaching) -> None:
    @routes.post("/clients/{person}/write")
    def write(
        request: Request, who: Keeper, person: str, told: Annotated[NewsForm, Form()]
    ) -> Response:  # fmt: skip
        """A line about the client's own order or repair, in the house's words around it."""
        at, news = told.at, told.news
        if not news.strip():
            raise ProblemError(422, "message", "Write what there is to tell", "Go back and write a line.")
        with answered(), desk.work() as work:
            seen = found(reach(work, PersonId(person)), "such client")
            store = called.stores(work.tx).get(at, at)
            fields = seen.fields(
                house=ways.house, store=store, adviser=called.people(work.tx).get(who.user, ""), news=news
            )  # fmt: skip
            letter = Letter(
                key=f"written:{desk.new_id()}", person=PersonId(person), channel=told.channel, template="order",
                to=seen.address(work.tx, ring, told.channel), fields=fields, language=seen.language, store=StoreId(at),
                by=who.user,
            )  # fmt: skip
            message = outbox.put(work, ring, ways, letter, desk.new_id)
        return go(request, f"/messages/{message}")


def add_templates(routes: APIRouter, desk: Desk) -> None:
    def form(
        request: Request, given: words.Template, *, new: bool, problem: str = "", example: words.Written | None = None,
        why: str = "",
    ) -> Response:  # fmt: skip
        purpose = words.PURPOSES.get(given.purpose)
        return render(
            request, "messages/template.html", status=422 if problem else 200, given=given, problem=problem, new=new,
            example=example, purposes=words.PURPOSES, titles=TITLES, why=why,
            fields=sorted(purpose.examples) if purpose else [],
        )  # fmt: skip

    @routes.get("/messages/templates/all")
    def listing(request: Request, who: Seer) -> Response:
        with desk.look() as work:
            return render(
                request, "messages/templates.html", rows=templates.listing(work.tx), titles=TITLES,
                purposes=words.PURPOSES, may_write=Permission.SETTINGS in who.powers.everywhere,
            )  # fmt: skip

    @routes.get("/messages/templates/edit")
    def edit(
        request: Request, who: Writer, template: Word = "", channel: Channel = Channel.EMAIL, language: Word = "en"
    ) -> Response:  # fmt: skip
        del who
        with desk.look() as work:
            held = templates.one(work.tx, template, channel, language) if template else None
        new = words.Template(template, channel, language, template or "campaign", "", "")
        return form(request, held or new, new=held is None, example=words.preview(held) if held else None)

    @routes.post("/messages/templates/edit")
    def keep(
        request: Request, who: Writer, told: Annotated[TemplateForm, Form()]
    ) -> Response:  # fmt: skip
        """Looked at first, then kept."""
        given = words.Template(
            told.template.strip(), told.channel, told.language.strip(), told.purpose, told.subject, told.text
        )
        try:
            example = words.preview(given)
            if told.act == "keep":
                with answered(), desk.work() as work:
                    templates.put(work, given, by=who.user, why=told.why)
                return go(request, "/messages/templates/all")
        except (words.TemplateError, ProblemError) as error:
            return form(request, given, new=True, problem=str(error), why=told.why)
        return form(request, given, new=True, example=example, why=told.why)


def add_stop(routes: APIRouter, desk: Desk) -> None:
    """No login, and no form token: whoever holds the link was sent it, and all it can do is say no."""

    @routes.get("/stop/{token}", dependencies=[private()])
    def ask(request: Request, token: str) -> Response:
        """Programs that look at every link of a mail must not end anything: a person presses the button."""
        with desk.look() as work:
            channel = consents.channel_of(work.tx, token)
        return render(
            request, "messages/stop.html", status=200 if channel else 404, channel=channel, done=False, token=token,
            titles=TITLES,
        )  # fmt: skip

    @routes.post("/stop/{token}", dependencies=[private()])
    def stop(request: Request, token: str) -> Response:
        with desk.work() as work:
            channel = consents.stop(work, token)
        return render(
            request, "messages/stop.html", status=200 if channel else 404, channel=channel, done=True, token=token,
            titles=TITLES,
        )  # fmt: skip
