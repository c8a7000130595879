"""Dividing the clients: at night, and when somebody asks; in a thread, so that pages go on.

Nothing is decided by it: whoever reads the office's pages sees tiers, values and lists of the last time it was done.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import sqlalchemy as sa
import structlog

from cloud import aliases
from cloud.alone import alone
from cloud.db import ContentionError
from cloud.desk import Desk
from cloud.pos.segments import gather, settings
from cloud.pos.segments.learn import Learnt, Model, learn
from cloud.tables import client, client_segment, segment_run
from contract.ids import UserId

NIGHT_HOUR: Final = 3
LOOK_EVERY_S: Final = 60.0
LOOK_FIRST_S: Final = 3.0
"""Once the office answers: what a night missed while it was off is made up for."""
AT_ONCE: Final = 2_000
"""Rows of one transaction: stores are heard between two of them."""
RUNS_KEPT: Final = 400
NOBODY: Final = UserId("")
LOCK: Final = "divisions"
ELSEWHERE: Final = "Another process of this office divides the clients now: look again in a minute"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Progress:
    """`hundredths` of all there is to do; `why`: what failed last."""

    busy: bool = False
    doing: str = ""
    hundredths: int = 0
    why: str = ""


class Divisions:
    """`run` says where the work is done: in a thread of its own, or at once (tests)."""

    def __init__(
        self, desk: Desk, time_zone: str, *, run: Callable[[Callable[[], None]], object] | None = None
    ) -> None:
        self._desk = desk
        self._zone = ZoneInfo(time_zone)
        self._run = run or _in_thread
        self._lock = threading.Lock()
        self.progress = Progress()

    def today(self) -> dt.datetime:
        """By the clock of the house."""
        return dt.datetime.fromtimestamp(self._desk.now_us() / 1e6, self._zone)

    def start(self, by: UserId = NOBODY, *, if_due: bool = False) -> bool:
        """False where it is being done already. `if_due`: and only if it still is, once no other process does it."""
        with self._lock:
            if self.progress.busy:
                return False
            self.progress = Progress(busy=True, doing="Purchases are read")
        self._run(lambda: self._do(by, if_due=if_due))
        return True

    def nightly(self) -> None:
        """Once a day after `NIGHT_HOUR`, and at once where it was never done though there is somebody to divide."""
        if self._is_due():
            self.start(if_due=True)

    def _is_due(self) -> bool:
        with self._desk.look() as work:
            nights = sa.select(sa.func.max(segment_run.c.at_us)).where(segment_run.c.by == NOBODY)
            last_us = int(work.tx.value(nights) or 0)
            anybody = work.tx.value(sa.select(client.c.person).limit(1)) is not None
        last = dt.datetime.fromtimestamp(last_us / 1e6, self._zone) if last_us else None
        return anybody and due(self.today(), last)

    def _do(self, by: UserId, *, if_due: bool) -> None:
        """By one process of the office at a time; a night that another one did meanwhile is not done again."""
        with alone(self._desk.office, LOCK) as mine:
            if not mine:
                self.progress = Progress(why=ELSEWHERE)
            elif if_due and not self._is_due():
                self.progress = Progress()
            else:
                self._divide(by)

    def _divide(self, by: UserId) -> None:
        began, now = time.monotonic(), self.today()
        try:
            # the day that is over: the one that runs has not sold all it will
            day = (now.date() - dt.timedelta(days=1 if by == NOBODY else 0)).isoformat()
            with self._desk.look() as work:
                told = settings.read(work.tx)
                currency = told.currency or gather.house_currency(work.tx)
                bought = gather.bought(work.tx, currency)
                before = gather.tiers_before(work.tx)
            seed = np.random.default_rng(int(day.replace("-", "")))
            learnt = learn(bought, told, before, day=day, rng=seed, tell=self._tell)
            run = self._desk.new_id()
            self._keep(run, learnt, before)
            self._end(run, learnt.model, day, currency, by=by, began=began)
            self.progress = Progress()
        except ContentionError as error:
            self.progress = Progress(why=str(error))
        except Exception:  # noqa: BLE001 - the thread lives on, and whoever asked is told
            _log.exception("clients_not_divided")
            self.progress = Progress(why="something in the sales could not be read: the office's log says what")

    def _tell(self, doing: str, hundredths: int) -> None:
        self.progress = Progress(busy=True, doing=doing, hundredths=hundredths)

    def _keep(self, run: str, learnt: Learnt, before: Mapping[str, tuple[int, str]]) -> None:
        rows, done = learnt.rows(), 0
        while some := [{**row, "run": run} for row in islice(rows, AT_ONCE)]:
            self._tell("Kept with the clients", 85 + 14 * done // learnt.model.clients)
            with self._desk.work() as work:
                work.tx.put(client_segment, *some)
                moved = [row["person"] for row in some if row["tier"] != before.get(str(row["person"]), (0, ""))[0]]
                # their card says their tier: stores that keep it are to hear of it
                mine = sa.update(client).where(client.c.person.in_(moved))
                work.tx.run(mine.values(changed_us=work.now_us))
            done += len(some)

    def _end(self, run: str, model: Model, day: str, currency: str, *, by: UserId, began: float) -> None:
        with self._desk.work() as work:
            tx = work.tx
            erased = sa.select(client.c.person).where(client.c.erased_us != 0)  # while it was reckoned
            tx.run(sa.delete(client_segment).where(client_segment.c.person.in_(erased)))
            tx.run(sa.delete(client_segment).where(client_segment.c.run != run))
            known = sa.select(sa.func.count()).select_from(client).where(client.c.erased_us == 0, ~aliases.ABSORBED)
            prospects = max(int(tx.value(known) or 0) - model.clients, 0)
            model = msgspec.structs.replace(model, prospects=prospects)
            row = {
                "run": run, "day": day, "by": by, "at_us": work.now_us,
                "took_ms": round((time.monotonic() - began) * 1000),
                "currency": currency, "clients": model.clients, "told": msgspec.json.encode(model).decode(),
            }  # fmt: skip
            tx.add(segment_run, row)
            kept = sa.select(segment_run.c.run).order_by(segment_run.c.at_us.desc()).limit(RUNS_KEPT)
            tx.run(sa.delete(segment_run).where(segment_run.c.run.not_in(kept)))


def due(now: dt.datetime, last: dt.datetime | None) -> bool:
    """`last`: when a night did it last, None for never. In one time zone, its changes of the clock included."""
    return last is None or (now.hour >= NIGHT_HOUR and last.date() < now.date())


def keep_nights(divisions: Divisions, others: Sequence[Callable[[], None]], stop: threading.Event) -> None:
    """A thread's whole life: looks each minute what the night asks for."""
    wait_s = LOOK_FIRST_S
    while not stop.wait(wait_s):
        wait_s = LOOK_EVERY_S
        for each in (divisions.nightly, *others):
            try:
                each()
            except ContentionError as error:
                _log.warning("night_contended", why=str(error))
            except Exception:  # noqa: BLE001 - tried again in a minute, and logged each time
                _log.exception("night_work_failed")


def _in_thread(work: Callable[[], None]) -> object:
    thread = threading.Thread(target=work, name="divisions", daemon=True)
    thread.start()
    return thread
