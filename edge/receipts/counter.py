"""What the tills' printers were told to print: one job at a time each, remembered while somebody may look for it.

A job never holds a sale up: it is begun after the sale stands in the books, and its end is shown, whatever it is.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

import structlog

from contract.ids import GiveId, ReceiptId, TillId
from edge.config import ReceiptPrinterConfig
from edge.receipts.printer import NotPrintedError, ReceiptPrinter, UnknownError
from edge.receipts.status import Status
from trade.receipt import Receipt
from web.receipts.escpos import kick, receipt_bytes

JOBS_KEPT_MAX: Final = 200
"""Over all tills; ended ones are forgotten, oldest first."""
JOBS_WAITING_MAX: Final = 20
"""Of one till: behind a printer that hangs there is no queue a client would wait in."""
BROKE: Final = "Something went wrong here: print again, as a copy, and tell whoever looks after this box."

log = structlog.get_logger(__name__)


class JobState(StrEnum):
    WAITING = "waiting"
    PRINTING = "printing"
    PRINTED = "printed"
    FAILED = "failed"
    """Nothing whole came out: the same job may be printed again."""
    UNKNOWN = "unknown"
    """It may have come out: what is printed next is a copy."""


OVER: Final = frozenset({JobState.PRINTED, JobState.FAILED, JobState.UNKNOWN})


class Prints(Protocol):
    async def print(self, data: bytes) -> Status: ...
    async def status(self) -> Status: ...
    async def kick(self, data: bytes) -> None: ...


Dial = Callable[[ReceiptPrinterConfig], AbstractAsyncContextManager[Prints]]


class NoPrinterError(Exception):
    """This till has no receipt printer, or no drawer on it; the message says what to do instead."""


class PrinterBusyError(Exception):
    """Too much waits already; the message says what to look at."""


@dataclass(slots=True, eq=False)
class Job:
    """One receipt on its way to paper."""

    give: GiveId
    receipt: ReceiptId
    till: TillId
    copy: int
    gift: bool
    state: JobState = JobState.WAITING
    words: str = ""
    paper_low: bool = False


@dataclass(slots=True)
class Tally:
    """For `/metrics`."""

    printed_total: int = 0
    failed_total: int = 0
    unknown_total: int = 0
    kicks_total: int = 0
    kicks_failed_total: int = 0


@dataclass(slots=True)
class Counter:
    """The receipt printers of a store. `tell` wakes the pages."""

    printers: Mapping[TillId, ReceiptPrinterConfig]
    tell: Callable[[], None]
    dial: Dial = ReceiptPrinter
    jobs: dict[GiveId, Job] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    drawer_words: dict[TillId, str] = field(default_factory=dict)
    """Why a drawer did not open the last time it should have; gone once it does."""
    _locks: dict[tuple[str, int], asyncio.Lock] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def printer_of(self, till: TillId) -> ReceiptPrinterConfig:
        """Raises `NoPrinterError`."""
        config = self.printers.get(till)
        if config is None:
            raise NoPrinterError(f"{till} has no receipt printer: print the page with the browser, or send it by mail.")
        return config

    def check(self, till: TillId) -> None:
        """Whether a job could be taken now, before anything is written. Raises `NoPrinterError`, `PrinterBusyError`."""
        self.printer_of(till)
        waiting = [job for job in self.jobs.values() if job.till == till and job.state not in OVER]
        if len(waiting) >= JOBS_WAITING_MAX:
            raise PrinterBusyError(f"{len(waiting)} receipts wait at the printer of {till}: see to the printer first.")

    def begin(self, give: GiveId, receipt: Receipt, till: TillId) -> Job:
        """Print it as soon as the printer is free. A job that failed is begun anew under its name, any other is told.

        Raises `NoPrinterError`, `PrinterBusyError`.
        """
        known = self.jobs.get(give)
        if known is not None and known.state is not JobState.FAILED:
            return known
        self.check(till)
        job = Job(give, receipt.receipt, till, receipt.copy, receipt.gift)
        self.jobs.pop(give, None)
        self.jobs[give] = job
        self._forget_old()
        self._start(self._work(job, self.printer_of(till), receipt), f"receipt {give}")
        return job

    def kick(self, till: TillId) -> None:
        """Open the till's drawer, in the background. Without a drawer on a printer nothing is done."""
        config = self.printers.get(till)
        if config is None or not config.drawer_pin:
            return
        self._start(self._kick(till, config), f"drawer {till}")

    def of(self, receipt: ReceiptId) -> list[Job]:
        """Jobs of a receipt, oldest first."""
        return [job for job in self.jobs.values() if job.receipt == receipt]

    async def status(self, till: TillId) -> Status:
        """The printer as it stands now; its silence is a trouble like any other. Raises `NoPrinterError`."""
        config = self.printer_of(till)
        async with self._lock(config):
            try:
                async with self.dial(config) as printer:
                    return await printer.status()
            except NotPrintedError as error:
                return Status(trouble=str(error))

    async def close(self) -> None:
        """The process ends. What was being printed is in the books, and may be asked for again as a copy."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, job: Job, config: ReceiptPrinterConfig, receipt: Receipt) -> None:
        try:
            data = await asyncio.to_thread(
                receipt_bytes, receipt, columns=config.columns, dots=config.dots, pages=config.code_pages
            )
            async with self._lock(config):
                self._said(job, JobState.PRINTING)
                async with self.dial(config) as printer:
                    status = await printer.print(data)
            job.paper_low = status.paper_low
            self.tally.printed_total += 1
            self._said(job, JobState.PRINTED)
        except NotPrintedError as error:
            self.tally.failed_total += 1
            self._said(job, JobState.FAILED, str(error))
        except UnknownError as error:
            self.tally.unknown_total += 1
            self._said(job, JobState.UNKNOWN, str(error))
        except Exception:  # whatever it is, somebody waits for paper: they are told, and the log has the rest
            log.exception("receipt_broke", give=job.give)
            self.tally.unknown_total += 1
            self._said(job, JobState.UNKNOWN, BROKE)

    async def _kick(self, till: TillId, config: ReceiptPrinterConfig) -> None:
        try:
            async with self._lock(config), self.dial(config) as printer:
                await printer.kick(kick(config.drawer_pin))
            self.tally.kicks_total += 1
            self.drawer_words.pop(till, None)
        except NotPrintedError as error:
            self.tally.kicks_failed_total += 1
            self.drawer_words[till] = str(error)
        self.tell()

    def _said(self, job: Job, state: JobState, words: str = "") -> None:
        job.state, job.words = state, words
        self.tell()

    def _lock(self, config: ReceiptPrinterConfig) -> asyncio.Lock:
        return self._locks.setdefault((config.host, config.port), asyncio.Lock())

    def _forget_old(self) -> None:
        over = [give for give, job in self.jobs.items() if job.state in OVER]
        for give in over[: max(0, len(self.jobs) - JOBS_KEPT_MAX)]:
            del self.jobs[give]

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def counter(printers: Sequence[ReceiptPrinterConfig], tell: Callable[[], None], dial: Dial = ReceiptPrinter) -> Counter:
    return Counter({each.till: each for each in printers}, tell, dial)
