"""Messages over HTTP, and the door for carriers, who are not signed in: their word counts under its signature."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from cloud.changes import WHY_CHARACTERS_MAX
from cloud.desk import Desk
from cloud.messages import bounces, outbox, templates, words
from cloud.messages.bounces import Bounce
from cloud.messages.post import Post
from cloud.messages.providers import signed
from cloud.people import Keyring
from cloud.pos.http import ROWS_PER_PAGE, Asked, Limit, found
from cloud.pos.messages import queries
from cloud.pos.messages.asking import answered
from contract.feed import Permission
from trade.consent import Channel
from web.logins import Login
from web.policy import allow, public
from web.problems import ProblemError

Seer = Annotated[Login, allow(Permission.SEE_CLIENTS, of="house")]
Keeper = Annotated[Login, allow(Permission.CLIENTS, of="house")]
Writer = Annotated[Login, allow(Permission.SETTINGS, of="everywhere")]
Secret = Callable[[Channel], bytes]
READ: Final[dict[Channel, Callable[[bytes], list[Bounce]]]] = {
    Channel.EMAIL: bounces.of_mail, Channel.SMS: bounces.of_sms, Channel.MESSENGER: bounces.of_whatsapp,
}  # fmt: skip
Group = Annotated[str, Query(pattern="^(waiting|sent|failed)?$")]
Line = Annotated[str, Field(max_length=200)]


class TemplateAsked(Asked):
    template: Line
    channel: Annotated[Channel, Field(strict=False)]
    language: Line
    purpose: Line
    subject: Line = ""
    text: Annotated[str, Field(max_length=10_000)]
    why: Annotated[str, Field(max_length=WHY_CHARACTERS_MAX)]


def router(desk: Desk, ring: Keyring, post: Post, secret: Secret) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/messages", tags=["messages"])

    @routes.get("")
    def listing(
        who: Seer, group: Group = "", person: Annotated[str, Query(max_length=64)] = "", limit: Limit = ROWS_PER_PAGE
    ) -> list[queries.MessageRow]:
        """Newest first, without their words; those that wait by when they are due."""
        del who
        with desk.look() as work:
            return queries.listing(work.tx, group=group, person=person, limit=limit)

    @routes.get("/templates")
    def every_template(who: Seer) -> list[words.Template]:
        """The words of the house, and those it came with where it wrote none."""
        del who
        with desk.look() as work:
            return [each for each, _ in templates.listing(work.tx)]

    @routes.put("/templates")
    def put_template(who: Writer, told: TemplateAsked) -> words.Written:
        """Keeps it, and answers with an example of what a client would read."""
        given = words.Template(
            told.template, told.channel, told.language, told.purpose, told.subject, told.text
        )  # fmt: skip
        with answered(), desk.work() as work:
            return words.preview(templates.put(work, given, by=who.user, why=told.why))

    @routes.get("/{message}")
    def one(who: Seer, message: str) -> queries.MessageDetail:
        """With its words; that it was opened is kept."""
        with answered(), desk.work() as work:
            return found(queries.look(work, ring, message, by=who.user, how="api"), "such message")

    @routes.post("/{message}/again", status_code=201)
    def again(who: Keeper, message: str) -> dict[str, str]:
        """One that was refused or given up is tried again, as a new one."""
        del who
        with answered(), desk.work() as work:
            fresh = outbox.again(work, ring, message, desk.new_id)
        if not fresh:
            raise ProblemError(
                409, "message", "This one is not tried again", "It waits, went out, or was tried again already."
            )
        return {"message": fresh}

    @routes.post("/heard/{channel}", dependencies=[public()])
    async def heard(
        request: Request, channel: Channel, x_hub_signature_256: Annotated[str, Header(max_length=200)] = ""
    ) -> dict[str, int]:
        """What came back: a returned mail as it is, or a provider's own JSON; its HMAC in `X-Hub-Signature-256`."""
        raw = await _bounded(request)
        return {"heard": await run_in_threadpool(_hear, channel, raw, x_hub_signature_256)}

    def _hear(channel: Channel, raw: bytes, signature: str) -> int:
        known = secret(channel) if channel in READ else b""
        if not known or not signed(raw, known, signature):
            raise ProblemError(403, "signature", "This is not signed by whom we know", "See hook_secret_file.")
        return sum(post.hear(each, channel=channel) for each in READ[channel](raw))

    return routes


async def _bounded(request: Request) -> bytes:
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > bounces.BYTES_MAX:
            raise ProblemError(413, "too-large", "This is too large", f"At most {bounces.BYTES_MAX} bytes are heard.")
    return bytes(parts)
