"""Drives commissionings on the loop thread: one at a time per pad, from the pad's reader to the tag and the books."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable

import structlog

from contract.facts import ReaderLink
from contract.ids import PieceId, ReaderId, UserId, ZoneId
from edge.clock import Clock
from edge.readers.access import Access
from edge.readers.base import ReadBatch, ReaderError, UnreachableError
from edge.readers.health import Health
from edge.tags.commission import Bind, Bound, Commission, Denied, Keep, Kept, Outcome
from edge.tags.key import access_password
from edge.tags.table import State

log = structlog.get_logger(__name__)

TICK_S: Final = 0.05
ACCESS_WITHIN_S: Final = 15.0
"""A driver answers sooner; one that does not is like a reader that went away."""
JOBS_KEPT_MAX: Final = 64
"""Ended ones are forgotten, oldest first."""


@runtime_checkable
class TagReader(Protocol):
    """What is asked of the pad's reader. Those that only tell what they read are none."""

    id: ReaderId
    health: Health

    async def access(self, access: Access) -> bytes:
        """Raises `ReaderError`, whose class says what to do."""
        ...


class TagBooks(Protocol):
    """The store's books, asked on the house thread."""

    async def keep(self, asked: Keep) -> Kept | Denied: ...

    async def bind(self, asked: Bind, by: UserId) -> Bound | Denied: ...


@dataclass(frozen=True, slots=True)
class Pad:
    """A zone where tags are written, and the reader that sees it by these antenna ports."""

    zone: ZoneId
    reader: TagReader
    ports: frozenset[int]


@dataclass(slots=True, eq=False)
class Job:
    """One commissioning somebody began."""

    job: str
    pad: Pad
    by: UserId
    begun_us: int
    """UTC."""
    commission: Commission
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def piece(self) -> PieceId:
        return self.commission.piece


@dataclass(slots=True)
class Tally:
    """For `/metrics`."""

    begun_total: int = 0
    bound_total: int = 0
    refused_total: int = 0
    agains_total: int = 0


class PadTakenError(Exception):
    """A tag is being written there; the message says for which piece."""


class TagWriter:
    """`tell` wakes the pages. `key` gives the store's tag key and may raise `KeyFileError`."""

    def __init__(
        self,
        pads: Mapping[ZoneId, Pad],
        books: TagBooks,
        clock: Clock,
        *,
        key: Callable[[], bytes],
        tell: Callable[[], None],
    ) -> None:
        self.pads = dict(pads)
        self.tally = Tally()
        self.jobs: dict[str, Job] = {}
        self._books = books
        self._clock = clock
        self._key = key
        self._tell = tell
        self._running: dict[ZoneId, Job] = {}
        self._last: dict[ZoneId, tuple[PieceId, bytes]] = {}

    def read(self, batch: ReadBatch) -> None:
        """Reads of any reader; those of a pad where somebody waits for a tag are looked at."""
        for job in self._running.values():
            if job.pad.reader.id == batch.reader:
                job.commission.read(_tags(batch, job.pad.ports), self._clock.mono_us())

    def begin(self, job_id: str, piece: PieceId, zone: ZoneId, by: UserId, replaces: str | None = None) -> Job:
        """Begin; the same `job_id` again is the same job. `replaces` as in `Bind`.

        Raises `PadTakenError`, `KeyFileError`.
        """
        known = self.jobs.get(job_id)
        if known is not None:
            return known
        running = self._running.get(zone)
        if running is not None:
            why = f"A tag for piece {running.piece} is being written on this pad: wait for it, or give it up"
            raise PadTakenError(why)
        key = self._key()
        done, still_there = self._last.get(zone, (piece, b""))
        commission = Commission(
            piece,
            password=lambda tid: access_password(key, tid),
            now_us=self._clock.mono_us(),
            last=still_there if done != piece else b"",
            replaces=replaces,
        )
        job = Job(job_id, self.pads[zone], by, self._clock.wall_us(), commission)
        while len(self.jobs) >= JOBS_KEPT_MAX:
            self.jobs.pop(next(iter(each.job for each in self.jobs.values() if each.commission.over)))
        self.jobs[job_id] = self._running[zone] = job
        self.tally.begun_total += 1
        job.task = asyncio.get_running_loop().create_task(self._work(job), name=f"tag {piece}")
        return job

    def running(self, zone: ZoneId) -> Job | None:
        return self._running.get(zone)

    def abandon(self, job: Job, why: str) -> bool:
        """Give it up; False when it is too late: the binding is being written."""
        given_up = job.commission.abandon(why, self._clock.mono_us())
        if given_up:
            self._end(job)
        return given_up

    async def close(self) -> None:
        """The process ends: what is under way is taken up when it is begun again."""
        tasks = [job.task for job in self._running.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- inside -----------------------------------------------------------------------------------------------

    async def _work(self, job: Job) -> None:
        machine, health = job.commission, job.pad.reader.health
        shown: tuple[State, int, str] | None = None
        try:
            while not machine.over:
                machine.tick(self._clock.mono_us(), reading=health.link is ReaderLink.READING)
                asked = machine.take()
                if asked is None:
                    await asyncio.sleep(TICK_S)
                else:
                    machine.told(await self._do(job, asked), self._clock.mono_us())
                now = (machine.state, len(machine.answering), machine.trouble)
                if now != shown:
                    shown = now
                    self._tell()
        except Exception:  # whatever it is, somebody stands at the pad: they are told, and the log has the rest
            log.exception("tag_commissioning_broke", piece=job.piece, state=machine.state)
            machine.broke()
        finally:
            self._end(job)

    async def _do(self, job: Job, asked: Access | Keep | Bind) -> Outcome:
        match asked:
            case Keep():
                return self._elsewhere(job, asked.tid) or await self._books.keep(asked)
            case Bind():
                return await self._books.bind(asked, job.by)
            case _:
                return await _at_the_tag(job.pad.reader, asked)

    def _elsewhere(self, job: Job, tid: bytes) -> Denied | None:
        """Two pads may hear one tag: a second EPC would be written over the one the books know by then."""
        for other in self._running.values():
            if other is not job and other.commission.tid == tid:
                return Denied(
                    why=f"This tag is being written on another pad, {other.pad.zone}, for piece {other.piece}: "
                    "lay yours alone, further from that one, and begin again"
                )
        return None

    def _end(self, job: Job) -> None:
        if self._running.get(job.pad.zone) is not job:
            return
        del self._running[job.pad.zone]
        machine = job.commission
        bound = machine.state is State.DONE
        self.tally.bound_total += bound
        self.tally.refused_total += not bound
        self.tally.agains_total += machine.agains
        if bound:
            self._last[job.pad.zone] = job.piece, machine.epc
        log.info("tag_commissioned", piece=job.piece, state=machine.state, why=machine.why, agains=machine.agains)
        self._tell()


async def _at_the_tag(reader: TagReader, asked: Access) -> bytes | ReaderError:
    try:
        return await asyncio.wait_for(reader.access(asked), ACCESS_WITHIN_S)
    except TimeoutError:
        return UnreachableError(f"reader {reader.id} did not answer within {ACCESS_WITHIN_S:.0f} s")
    except ReaderError as error:
        return error


def _tags(batch: ReadBatch, ports: frozenset[int]) -> list[tuple[bytes, int]]:
    """(EPC, port) of the rows of these ports, and of those that tell none; each once."""
    columns = zip(batch.epc, batch.epc_bits.tolist(), batch.antenna.tolist(), strict=True)
    return list({(row.tobytes()[: (bits + 7) // 8], port) for row, bits, port in columns if not port or port in ports})
