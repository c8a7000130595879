"""Logins kept in the books of this box, so that a restart signs nobody out. Only the SHA-256 of a token is kept.

Writing is the house's; who asks never waits for it. What is not written yet is answered from `_waiting`, and stays
there while the disk is full: a shift must be closed by somebody.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Final

import structlog

from edge.books import local
from edge.books.db import Database
from edge.books.journal import Books
from edge.house import House, HouseBusyError, HouseStoppedError
from web.logins import LoginRow

log = structlog.get_logger(__name__)

WAITING_MAX: Final = 500


class BookLogins:
    """`db` is the asker's connection, `books` the house's. `until_us` of a row is its last use plus idleness."""

    blocking = False

    def __init__(self, db: Database, books: Books, house: House, *, idle_us: int, now_us: Callable[[], int]) -> None:
        self.waiting_lost_total = 0
        self._db = db
        self._books = books
        self._house = house
        self._idle_us = idle_us
        self._now_us = now_us
        self._waiting: dict[bytes, LoginRow | None] = {}
        """By token; None: ended."""
        self._lock = Lock()

    def put_login(self, row: LoginRow) -> None:
        until_us = row.used_us + self._idle_us
        self._write(
            row.token_sha256,
            row,
            lambda: local.add_login(
                self._books,
                token=row.token_sha256,
                user=row.user,
                since_us=row.began_us,
                until_us=until_us,
                device=row.device,
            ),
        )

    def get_login(self, token_sha256: bytes) -> LoginRow | None:
        with self._lock:
            if token_sha256 in self._waiting:
                return self._waiting[token_sha256]
        kept = local.login(self._db, token_sha256, self._now_us())
        if kept is None:
            return None
        used_us = kept.until_us - self._idle_us
        return LoginRow(
            token_sha256=kept.token, user=kept.user, began_us=kept.since_us, used_us=used_us, device=kept.device
        )

    def drop_login(self, token_sha256: bytes) -> None:
        now_us = self._now_us()
        self._write(token_sha256, None, lambda: local.drop_login(self._books, token_sha256, now_us))

    def _write(self, token: bytes, row: LoginRow | None, act: Callable[[], None]) -> None:
        with self._lock:
            self._waiting.pop(token, None)
            self._waiting[token] = row
            while len(self._waiting) > WAITING_MAX:
                self._waiting.pop(next(iter(self._waiting)))
                self.waiting_lost_total += 1
        try:
            self._house.submit(act).add_done_callback(lambda done: self._written(token, row, done))
        except (HouseBusyError, HouseStoppedError) as error:
            log.warning("login_not_written", why=str(error))

    def _written(self, token: bytes, row: LoginRow | None, done: Future[None]) -> None:
        """On the house thread: the books know it now; unless they could not be written."""
        if done.exception() is not None:
            log.warning("login_not_written", why=str(done.exception()))
            return
        with self._lock:
            if token in self._waiting and self._waiting[token] is row:
                del self._waiting[token]
