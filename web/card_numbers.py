"""No card number comes in, and no sign that nobody sees: every text of a request is looked at first. Plain ASGI.

Queries, addresses, forms, JSON, uploaded texts; of photos and PDFs only the names, since their bytes are full of digits
that mean nothing. What is refused is neither kept nor written to a log. Doors between machines carry rows that were
looked at when they were typed, and are told by their path.
"""

import re
from collections.abc import Iterable, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import msgspec
from fastapi import Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract.pan import has_card_number, redacted
from web.asking import who_asks
from web.problems import ProblemError, answer, problem_of, reads_html

MACHINES: Final = ("/edge/",)
"""Doors of boxes: mutual TLS, no person types there."""
TYPES: Final = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/")
NO_TEXT: Final = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n", b"RIFF")
"""How PDF, JPEG, PNG and WebP begin."""
BOUNDARY: Final = re.compile(r"""boundary="?([^";,\s]+)""", re.IGNORECASE)
DEPTH_MAX: Final = 30
TYPED: Final = ("application/json", "application/x-www-form-urlencoded")
UNSEEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1c\x1e\x1f\x7f]")
"""Control characters, but for tabs, new lines, and what scanners put between the fields of a GS1 code."""
TITLE: Final = "This looks like a card number"
DETAIL: Final = "Card numbers are never kept here: take it out. The terminal's reference says which payment it was."
UNKEPT: Final = "This holds a sign that nobody sees"
ANEW: Final = "It may have come with pasting: type it anew, and send it again."


class CardNumbers:
    """Wraps the app; refuses with a 422 problem."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(MACHINES):
            await self._app(scope, receive, send)
            return
        if any(map(has_card_number, _address(scope))):
            await _refuse(scope, receive, send)
            return
        if any(map(UNSEEN.search, _address(scope))):
            await _refuse(scope, receive, send, UNKEPT)
            return
        declared = Headers(scope=scope).get("content-type", "")
        kind = declared.lower()
        if not kind.startswith(TYPES):
            await self._app(scope, receive, send)
            return
        try:
            body, gone = await _read(receive)
        except HTTPException as error:
            # the app's own handlers stand further in: nobody else would answer it
            await (await problem_of(Request(scope), error))(scope, receive, send)
            return
        if gone:
            return
        texts = _parts(declared, body) if kind.startswith("multipart/") else _texts(kind, body)
        if any(map(has_card_number, texts)):
            await _refuse(scope, receive, send)
            return
        if kind.startswith(TYPED) and (name := _unseen(kind, body)) is not None:
            await _refuse(scope, receive, send, UNKEPT.replace("This", f"The field {name}") if name else UNKEPT)
            return
        await self._app(scope, _again(body, receive), send)


async def _refuse(scope: Scope, receive: Receive, send: Send, unkept: str = "") -> None:
    # the address itself may hold the number, and a page would show it
    clean = {**scope, "path": redacted(scope["path"]), "query_string": b"", "state": {}}
    request = Request(clean, receive)
    if reads_html(request):
        await who_asks(request)
    problem = ProblemError(422, "unseen-sign", unkept, ANEW)
    card = ProblemError(422, "card-number", TITLE, DETAIL)
    await answer(request, problem if unkept else card)(scope, receive, send)


def _unseen(kind: str, body: bytes) -> str | None:
    """The field of a form that holds a control character, empty for JSON; None where there is none."""
    if kind.startswith("application/json"):
        return "" if any(map(UNSEEN.search, _texts(kind, body))) else None
    fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return next((name for name, value in fields if UNSEEN.search(value)), None)


def _address(scope: Scope) -> Iterable[str]:
    yield scope["path"]
    for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
        yield name
        yield value
    referer = Headers(scope=scope).get("referer", "")
    if referer:
        yield unquote(referer)


def _texts(kind: str, body: bytes) -> Iterable[str]:
    """Every text in a body; one that cannot be read is the route's to refuse, and is looked at as it is."""
    text = body.decode("utf-8", "replace")
    if kind.startswith("application/x-www-form-urlencoded"):
        for name, value in parse_qsl(text, keep_blank_values=True):
            yield name
            yield value
    elif kind.startswith("application/json"):
        try:
            yield from _strings(msgspec.json.decode(body))
        except (msgspec.DecodeError, RecursionError):
            yield text
    else:
        yield text


def _parts(declared: str, body: bytes) -> Iterable[str]:
    """Of a form with files: fields, headers, and files but for photos and PDFs. Without a boundary all of it."""
    named = BOUNDARY.search(declared)
    for part in body.split(f"--{named[1]}".encode()) if named else [body]:
        head, _, inside = part.partition(b"\r\n\r\n")
        yield head.decode("utf-8", "replace")
        if not inside.startswith(NO_TEXT):
            yield inside.decode("utf-8", "replace")


def _strings(value: Any, depth: int = 0) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif depth < DEPTH_MAX and isinstance(value, list):
        for each in value:
            yield from _strings(each, depth + 1)
    elif depth < DEPTH_MAX and isinstance(value, dict):
        for name, each in value.items():
            yield str(name)
            yield from _strings(each, depth + 1)


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """The whole body, bounded by `Guarded` outside; true: whoever sent it went away."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"", True
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts), False


def _again(body: bytes, receive: Receive) -> Receive:
    told = False

    async def once() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


def keep_out(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A step of structlog: whatever is said, no card number is written."""
    for name, value in event.items():
        event[name] = _clean(value)
    return event


def _clean(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, bytes):
        return _clean(value.decode("utf-8", "backslashreplace"))
    if depth < DEPTH_MAX and isinstance(value, dict):
        return {_clean(name): _clean(each, depth + 1) for name, each in value.items()}
    if depth < DEPTH_MAX and isinstance(value, list | tuple | set | frozenset):
        return [_clean(each, depth + 1) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return redacted(text) if has_card_number(text) else value
