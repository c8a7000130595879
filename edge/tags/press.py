"""The store's label printers: batches begun by people, one at a time per printer, remembered while they matter."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from random import Random
from typing import Final

import structlog

from contract.ids import PieceId, UserId
from edge.config import PrinterConfig
from edge.readers.base import MisconfiguredError, ReaderError
from edge.tags.printer import Printer
from edge.tags.printing import BROKE, Batch, LabelBooks, LabelPrinter, Stand
from edge.tags.zpl import JOB_MAX, Template, load_template

log = structlog.get_logger(__name__)

BATCHES_KEPT_MAX: Final = 64
"""Ended ones are forgotten, oldest first."""

Dial = Callable[[PrinterConfig], AbstractAsyncContextManager[LabelPrinter]]


class PrinterTakenError(Exception):
    """This printer prints another batch; the message says so."""


@dataclass(slots=True)
class Tally:
    """For `/metrics`."""

    batches_total: int = 0
    bound_total: int = 0
    refused_total: int = 0
    voids_total: int = 0


@dataclass(slots=True, eq=False)
class Job:
    """One batch somebody began."""

    name: str
    printer: PrinterConfig
    by: UserId
    begun_us: int
    """UTC."""
    batch: Batch
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def over(self) -> bool:
        """The printer is let go too: it talks with one at a time."""
        return self.task is not None and self.task.done()


def dial(config: PrinterConfig) -> Printer:
    return Printer(config.host, config.port)


class Press:
    """`tell` wakes the pages. Raises `MisconfiguredError` for a label that is not there."""

    def __init__(
        self,
        printers: Sequence[PrinterConfig],
        books: LabelBooks,
        chance: Random,
        *,
        tell: Callable[[], None],
        dial: Dial = dial,
    ) -> None:
        self.printers: Mapping[str, PrinterConfig] = {each.id: each for each in printers}
        self.tally = Tally()
        self.jobs: dict[str, Job] = {}
        self._templates: dict[str, Template] = {each.id: _template(each) for each in printers}
        self._books = books
        self._chance = chance
        self._tell = tell
        self._dial = dial

    def begin(self, name: str, printer: str, pieces: Mapping[PieceId, str], by: UserId, now_us: int) -> Job:
        """Begin at one of `printers`; the same `name` again is the same batch. `pieces`: what each `Bind.replaces`.

        Raises `PrinterTakenError`.
        """
        known = self.jobs.get(name)
        if known is not None:
            return known
        if any(job.printer.id == printer and not job.over for job in self.jobs.values()):
            raise PrinterTakenError(f"Printer {printer} prints another batch: wait for its end")
        config = self.printers[printer]
        # an answer that is late by a whole connection is to an older number
        first_job = self._chance.randint(1, JOB_MAX)
        batch = Batch(
            tuple(pieces),
            self._templates[printer],
            by,
            replaces=pieces,
            resolver=config.resolver,
            first_job=first_job,
        )
        job = Job(name, config, by, now_us, batch)
        while len(self.jobs) >= BATCHES_KEPT_MAX:
            self.jobs.pop(next(each.name for each in self.jobs.values() if each.over))
        self.jobs[name] = job
        self.tally.batches_total += 1
        job.task = asyncio.get_running_loop().create_task(self._work(job), name=f"labels {name}")
        return job

    async def close(self) -> None:
        """The process ends: what was printed and not bound is refused in words, as at any other end."""
        tasks = [job.task for job in self.jobs.values() if job.task is not None and not job.over]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, job: Job) -> None:
        batch = job.batch
        try:
            async with self._dial(job.printer) as printer:
                await batch.run(printer, self._books, self._tell)
        except ReaderError as error:
            batch.end(str(error), self._tell)
        except Exception:  # whatever it is, somebody waits for labels: they are told, and the log has the rest
            log.exception("label_batch_broke", batch=job.name)
            if not batch.over:
                batch.end(BROKE, self._tell)
        finally:
            lines = batch.lines.values()
            self.tally.bound_total += sum(line.stand is Stand.BOUND for line in lines)
            self.tally.refused_total += sum(line.stand is Stand.REFUSED for line in lines)
            self.tally.voids_total += sum(line.voids for line in lines)


def _template(printer: PrinterConfig) -> Template:
    try:
        return load_template(printer.label)
    except MisconfiguredError as error:
        raise MisconfiguredError(f"printer {printer.id}: {error}") from error
