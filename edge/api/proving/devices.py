"""Which device asks, and whether a login is good with it (docs/adr/0039).

A login that was begun at an enrolled device wants that device's proof at every request; a copied cookie alone opens
nothing. Books are read at each request, so that a device which was ended is out with its next one.
"""

from collections.abc import Callable
from typing import Final

from fastapi import Request

from edge.api.proving.proof import GOOD_S, presence_words, read_proof, signed
from edge.books import local
from edge.books.db import Database
from edge.books.rows import DeviceRow
from web.logins import Login

HEADER: Final = "vitrine-device"
"""Of a program; a browser's page writes a cookie of the same words."""
ENDED_KEPT_US: Final = 400 * 86_400_000_000
"""So long the page still tells who ended which device."""
DEVICES_MAX: Final = 200
PROOFS_MAX: Final = 1_000
"""Proofs that were checked a moment ago, so that the parts of one page cost one check."""


class Devices:
    """Owned by the loop thread; what it writes is written on the house's. `db` is the asker's connection."""

    def __init__(self, db: Database, store: str, now_us: Callable[[], int], *, only: bool = False) -> None:
        self.only = only
        """Whether nobody signs in but at an enrolled device."""
        self.proofs_refused_total = 0
        self._db = db
        self._store = store
        self._now_us = now_us
        self._checked: dict[tuple[str, bytes], None] = {}

    @property
    def cookie(self) -> str:
        """Its store is in its name: cookies do not know ports."""
        return f"vitrine-device-{self._store}"

    def at(self, request: Request) -> DeviceRow | None:
        """The device that proves itself with this request."""
        text = request.headers.get(HEADER) or request.cookies.get(self.cookie, "")
        proof = read_proof(text)
        if proof is None:
            return None
        row = local.device(self._db, proof.device)
        now_s = self._now_us() // 1_000_000
        if row is None or row.ended_us or abs(now_s - proof.at_s) > GOOD_S:
            self.proofs_refused_total += 1
            return None
        known = (text, row.public_key)
        if known in self._checked:
            return row
        if not signed(row.public_key, presence_words(self._store, row.device, proof.at_s), proof.signature):
            self.proofs_refused_total += 1
            return None
        while len(self._checked) >= PROOFS_MAX:
            del self._checked[next(iter(self._checked))]
        self._checked[known] = None
        return row

    def holds(self, request: Request, login: Login) -> bool:
        """Whether this login is good with this request."""
        if not login.device:
            return not self.only
        row = self.at(request)
        return row is not None and row.device == login.device

    def till_of(self, device: str) -> str:
        """The till a device is; empty for one that is none, and for none."""
        row = local.device(self._db, device) if device else None
        return row.till if row is not None else ""
