"""Lists on their way in: uploaded, tried (nothing is kept), then imported whole; in a thread, so that pages go on.

What waits is in the memory of this process and bounded; what was imported is in the database. A list that was lost with
the process is uploaded again: nothing of it was kept, or all of it, and then it changes nothing.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import structlog

from cloud.db import ContentionError, is_of_the_row
from cloud.desk import Desk
from cloud.pos.pieces import importing
from cloud.pos.pieces.importing import Asked, Listed
from cloud.pos.pieces.sheets import Decimals, Sheet, SheetError, read
from contract.commands import CustodyState
from contract.ids import StoreId, UserId

LISTS_MAX: Final = 8
"""Lists in memory at once, each up to `sheets.FILE_BYTES_MAX`; of those that are over the oldest goes."""
NAME_LENGTH_MAX: Final = 120
_log = structlog.get_logger()


class Stage(StrEnum):
    TRYING = "trying"
    TRIED = "tried"
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Waiting:
    """One list. `done` of `total` rows were read so far; `why`: what failed."""

    id: str
    name: str
    by: UserId
    data: bytes
    asked: Asked
    stage: Stage = Stage.TRYING
    sheet: Sheet | None = None
    listed: Listed = field(default_factory=Listed)
    done: int = 0
    total: int = 0
    why: str = ""

    @property
    def busy(self) -> bool:
        return self.stage in (Stage.TRYING, Stage.IMPORTING)


class FullError(Exception):
    """So many lists are under way that another has to wait."""


class Lists:
    """`run` says where the work is done: in a thread of its own, or at once (tests)."""

    def __init__(self, desk: Desk, *, run: Callable[[Callable[[], None]], object] | None = None) -> None:
        self._desk = desk
        self._waiting: dict[str, Waiting] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "lists") if run is None else None
        self._run = run or self._in_thread

    def _in_thread(self, work: Callable[[], None]) -> object:
        assert self._pool is not None, "only who works in a thread has a pool"
        return self._pool.submit(work)

    def take(
        self, data: bytes, name: str, *, store: StoreId, decimals: Decimals, state: CustodyState, by: UserId,
        with_cost: bool,
    ) -> Waiting:  # fmt: skip
        """Begins to try it. Raises `FullError`."""
        asked = Asked(
            sha256=hashlib.sha256(data).hexdigest(), decimals=decimals, store=store, state=state, with_cost=with_cost
        )
        one = Waiting(self._desk.new_id(), name[:NAME_LENGTH_MAX] or "list", by, data, asked)
        with self._lock:
            over = [each for each in self._waiting.values() if not each.busy]
            if len(self._waiting) >= LISTS_MAX and not over:
                raise FullError(f"{LISTS_MAX} lists are being read now: try again in a minute")
            if len(self._waiting) >= LISTS_MAX:
                del self._waiting[over[0].id]
            self._waiting[one.id] = one
        self._run(lambda: self._try(one))
        return one

    def find(self, name: str, by: UserId) -> Waiting | None:
        """A list is its uploader's alone."""
        one = self._waiting.get(name)
        return one if one is not None and one.by == by else None

    def kept(self) -> list[Waiting]:
        """Every list in memory, in the order in which they came."""
        with self._lock:
            return list(self._waiting.values())

    def tell(self, one: Waiting, told: Mapping[str, str]) -> None:
        """A person's word about headings; it is tried anew."""
        if not one.busy:
            one.asked = importing.with_told(one.asked, told)
            one.stage = Stage.TRYING
            self._run(lambda: self._try(one))

    def go(self, one: Waiting) -> None:
        """Import what was tried without errors. Twice is once."""
        with self._lock:
            if one.stage is not Stage.TRIED or not one.listed.ready:
                return
            one.stage = Stage.IMPORTING
        self._run(lambda: self._import(one))

    def _try(self, one: Waiting) -> None:
        self._do(one, Stage.TRIED, dry_run=True)

    def _import(self, one: Waiting) -> None:
        self._do(one, Stage.DONE, dry_run=False)

    def _do(self, one: Waiting, then: Stage, *, dry_run: bool) -> None:
        def tell(done: int, of: int) -> None:
            one.done, one.total = done, of

        try:
            one.sheet = one.sheet or read(one.data, one.asked.decimals)
            one.total = len(one.sheet.rows)
            with self._desk.work() as work:
                listed = importing.bring_in(
                    work, one.sheet, one.asked, by=one.by, name=one.name, dry_run=dry_run, tell=tell
                )
            one.listed = listed
            one.stage = then if listed.ready else Stage.TRIED
        except (SheetError, ContentionError) as error:
            one.why, one.stage = str(error), Stage.FAILED
        except Exception as error:  # noqa: BLE001 - the thread lives on, and the list's uploader is told
            _log.exception("list_failed", of_the_list=is_of_the_row(error))
            one.why, one.stage = "something in it could not be kept: nothing was imported", Stage.FAILED
