"""Security headers on every answer and a bound on every body. Plain ASGI, so that event streams pass untouched."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES_MAX: Final = 32 << 20
CSP: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
PRIVATE: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
"""On whatever a client's own link or code opens: no browser keeps it, no engine finds it, no link of it tells."""
HSTS: Final = "max-age=31536000"
_PRIVATE: Final = "private"


def keep_private(request: Request) -> None:
    """From here on the answer to this request, a refusal too, carries `PRIVATE`."""
    setattr(request.state, _PRIVATE, True)


def is_private(request: Request) -> bool:
    """Whether a client opened this by a link or code of their own."""
    return bool(getattr(request.state, _PRIVATE, False))


class Guarded:
    """Wraps the app. A body that says it is too long is refused unread, one that does not say so, while it is read."""

    def __init__(self, app: ASGIApp, *, secure: bool, body_bytes_max: int = BODY_BYTES_MAX) -> None:
        self._app = app
        self._secure = secure
        self._body_bytes_max = body_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["state"].get(_PRIVATE):
                    headers.update(PRIVATE)
                if self._secure:
                    headers.setdefault("Strict-Transport-Security", HSTS)
            await send(message)

        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > self._body_bytes_max:
            await send_guarded({"type": "http.response.start", "status": 413, "headers": []})
            await send_guarded({"type": "http.response.body", "body": b""})
            return
        taken = 0

        async def receive_bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._body_bytes_max:
                raise HTTPException(413, f"At most {self._body_bytes_max} bytes.")
            return message

        await self._app(scope, receive_bounded, send_guarded)
