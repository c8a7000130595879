"""Requests that change something must come from our own pages: same origin, and the form token of the login.

A bearer token needs neither, for no browser attaches it by itself.
"""

import hmac
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER: Final = "x-csrf-token"
FIELD: Final = "csrf"
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


def from_our_pages(request: Request) -> bool:
    """Fetch metadata when the browser sends it, Origin otherwise; a client that sends neither is no browser."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


async def carries_form_token(request: Request, expected: str) -> bool:
    """True when the header or the form field holds the login's form token."""
    given = request.headers.get(HEADER)
    if given is None and request.headers.get("content-type", "").startswith(FORMS):
        field = (await request.form()).get(FIELD)
        given = field if isinstance(field, str) else None
    return given is not None and hmac.compare_digest(given.encode(), expected.encode())
