"""A one-use ticket: somebody at a till opens a page of the office without another sign-in, for a look and no more.

The box asks for it over its own line (mutual TLS), so the office knows which store speaks; the box says that it has
looked at the person's PIN, and is believed so far (docs/adr/0040). It opens once, within a minute, for one person, on
one page; from there they look on for ten minutes at whatever their roles show without a second factor
(`cloud/tickets.py`).
"""

import re
from typing import Final

import msgspec

from contract.ids import UserId

GOOD_FOR_S: Final = 60
PATH_CHARS_MAX: Final = 200
PAGES: Final = re.compile(
    r"/(?:clients|client-orders|receipts|pieces|sales|transfers|counts|alarms)(?:/[A-Za-z0-9][A-Za-z0-9:._-]{0,79}){0,2}"
)
"""Pages of the office that a till may open: of a client, a piece or the day, and nothing that is set up there."""


class AskTicket(msgspec.Struct, frozen=True, kw_only=True):
    """From a box: for whom, and for which page of the office."""

    user: UserId
    path: str


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """Where their browser goes, whole: `https://office/ticket/…`."""

    url: str
