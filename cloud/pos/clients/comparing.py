"""All clients of the house compared, in a thread of its own, when somebody asks for it: the queue is made anew.

Cards are read in parts, each a look of its own, so that no other page waits; what is compared is in memory only.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
import structlog

from cloud.aliases import ABSORBED
from cloud.clienteling.identity.people import PEOPLE_MAX, Card
from cloud.db import ContentionError
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.clients import desk, pairs, queries
from cloud.pos.clients.likeness import card
from cloud.sealing import SealedError
from cloud.tables import client
from contract.ids import UserId

CARDS_MAX: Final = min(500_000, PEOPLE_MAX)
"""Cards of one comparison: about a gigabyte of memory, and some minutes."""
AT_ONCE: Final = 500
_log = structlog.get_logger()


class Stage(StrEnum):
    IDLE = "idle"
    READING = "reading"
    COMPARING = "comparing"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Progress:
    """`done` of `total` cards were read; `found` pairs wait; `why`: what failed."""

    stage: Stage = Stage.IDLE
    done: int = 0
    total: int = 0
    found: int = 0
    why: str = ""
    at_us: int = 0

    @property
    def busy(self) -> bool:
        return self.stage in (Stage.READING, Stage.COMPARING)


class Comparing:
    """One comparison at a time. `run` says where the work is done: in a thread of its own, or at once (tests)."""

    def __init__(
        self, office: Desk, ring: Keyring, *, run: Callable[[Callable[[], None]], object] | None = None
    ) -> None:  # fmt: skip
        self._office, self._ring = office, ring
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "comparing") if run is None else None
        self._run = run or self._in_thread
        self.now = Progress()

    def _in_thread(self, work: Callable[[], None]) -> object:
        assert self._pool is not None, "only who works in a thread has a pool"
        return self._pool.submit(work)

    def start(self, *, by: UserId) -> bool:
        """False when one is under way already."""
        with self._lock:
            if self.now.busy:
                return False
            self.now = Progress(Stage.READING)
        self._run(lambda: self._do(by))
        return True

    def _do(self, by: UserId) -> None:
        now = self.now
        try:
            cards = self._read(now)
            now.stage = Stage.COMPARING
            now.found = self._compare(cards, by)
            now.stage = Stage.DONE
        except (SealedError, ContentionError, ValueError) as error:
            now.why, now.stage = str(error), Stage.FAILED
        except Exception:  # noqa: BLE001 - the thread lives on, and who looks at the queue is told
            _log.error("comparing_failed")  # without a traceback: it could tell what stood in the cards
            now.why, now.stage = "something in it went wrong: nothing was changed; try again", Stage.FAILED
        now.at_us = self._office.now_us()

    def _read(self, now: Progress) -> list[Card]:
        """Every client once: of several ids the one that stands for them."""
        with self._office.look() as work:
            kept = sa.select(sa.func.count()).select_from(client).where(client.c.erased_us == 0, ~ABSORBED)
            now.total = int(work.tx.value(kept) or 0)
        if now.total > CARDS_MAX:
            raise ValueError(f"{now.total} clients are more than are compared at once ({CARDS_MAX})")
        cards: list[Card] = []
        after = ""
        while True:
            query = queries.sealed_rows().where(client.c.person > after, ~ABSORBED).order_by(client.c.person)
            with self._office.look() as work:
                rows = work.tx.rows(query.limit(AT_ONCE))
                cards += [card(row.person, profile) for row, profile in queries.opened(self._ring, rows)]
            now.done = len(cards)
            if len(rows) < AT_ONCE or len(cards) > CARDS_MAX:
                return cards
            after = rows[-1]["person"]

    def _compare(self, cards: list[Card], by: UserId) -> int:
        from cloud.clienteling.identity.matching import suggestions  # noqa: PLC0415 - loads much, and seldom

        with self._office.look() as work:
            apart = pairs.known_apart(work.tx)
        found = suggestions(cards, known_apart=apart)
        with self._office.work() as work:
            desk.looked(work, by=by, how="compare", found=len(cards))
            return pairs.keep(work, found)
