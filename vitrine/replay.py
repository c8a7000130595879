"""`vitrine replay CAPTURE`: the same house hears again what it heard, and says what it says now beside what it said.

The code is the store's own; time is the capture's. What was recorded and what is said now are compared fact by fact,
ids left out: equal, or the first difference is named.
"""

import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from contract.entries import Entry, decode_entry
from contract.facts import AlarmRaised, AnyFact, ClaimKind, CountFinished, ReaderLink
from contract.feed import FeedPage
from contract.ids import PieceId, ReaderId
from edge.books.journal import Books
from edge.books.rows import Mode
from edge.capture.ear import Ear, is_told
from edge.capture.frames import Batch, Begin, CaptureError, Did, Event, Learned, Stood, Tick, Written, events_of
from edge.capture.recorder import HEALTH
from edge.capture.ring import SUFFIX
from edge.capture.still import UNFIT, WORDS_MAX, Album, Outside, StillError
from edge.config import EdgeConfig
from edge.floor.stock import Status
from edge.readers.base import Look, ReadBatch
from edge.readers.health import Health
from edge.store import Store
from trade.custody import TokenState

UNFIT_HERE: Final = (*UNFIT, StillError, sqlite3.Error, msgspec.DecodeError)
"""What the house says to what it never told; the place in the code is in the error's cause."""
HEALTH_TOLD: Final = frozenset({*HEALTH, "inputs", "antennas_down"})
TOLD: Final = (AlarmRaised, CountFinished)
"""Facts that a person reads; the others are compared only."""


class Hands:
    """The capture's clock."""

    def __init__(self) -> None:
        self.now_us = self.at_us = 0

    def mono_us(self) -> int:
        return self.now_us

    def wall_us(self) -> int:
        return self.at_us


class Silent:
    """Stands for the history and the recorder of the captured house."""

    def hear(self, *_: object) -> list[AnyFact]:
        return []

    def heard(self, *_: object) -> None:
        return None


class Alarms(Ear):
    """Hears which alarms an act writes by itself."""

    def __init__(self) -> None:
        self.said: list[AlarmRaised] = []

    def wrote(self, entries: Sequence[Entry]) -> None:
        self.said += [fact for entry in entries for fact in entry.facts if isinstance(fact, AlarmRaised)]


class Able:
    """Stands for a reader that a count asks to look otherwise: what it then did was told as its health."""

    def __init__(self, reader: ReaderId, health: Mapping[ReaderId, Health]) -> None:
        self.id = reader
        self._health = health

    @property
    def looks(self) -> tuple[str, ...]:
        known = self._health.get(self.id)
        return Health(self.id).looks if known is None else known.looks

    def vary(self, number: int) -> None:
        """Nothing: the capture says when it was so."""
        del number


@dataclass(frozen=True, slots=True)
class Said:
    """A fact of the replay; `then` is what was recorded at the same place, None where nothing was."""

    wall_us: int
    fact: AnyFact
    then: AnyFact | None

    @property
    def alarm(self) -> str:
        """The id by which the store knows the alarm."""
        fact = self.then if isinstance(self.then, AlarmRaised) else self.fact
        return str(fact.alarm) if isinstance(fact, AlarmRaised) else ""


@dataclass(slots=True)
class Told:
    """What a replay found."""

    store: str = ""
    began_us: int = 0
    ended_us: int = 0
    ticks: int = 0
    reads: int = 0
    segments: int = 0
    idle_segments: int = 0
    """Of these, files of a box that was not serving yet, as at its first start: it said nothing."""
    cold: str = ""
    """Why it began as after a restart, without the memory of the captured house."""
    recorded: list[tuple[int, AnyFact]] = field(default_factory=list)
    replayed: list[tuple[int, AnyFact]] = field(default_factory=list)

    @property
    def differs(self) -> str:
        """The first difference in words; empty when every fact is equal."""
        for at, (then, now) in enumerate(zip(self.recorded, self.replayed, strict=False)):
            if plain(then[1]) != plain(now[1]):
                return f"fact {at + 1} was {_brief(then[1])}, and is {_brief(now[1])} now"
        less, more = sorted((self.recorded, self.replayed), key=len)
        if len(more) == len(less):
            return ""
        which = "was said and is not now" if more is self.recorded else "is said now and was not then"
        return f"fact {len(less) + 1}, {_brief(more[len(less)][1])}, {which}"

    def said(self) -> Iterator[Said]:
        """Alarms and verdicts of the replay, in order, each with what was recorded for it."""
        waiting = [fact for _, fact in self.recorded if isinstance(fact, TOLD)]
        for wall_us, fact in self.replayed:
            if isinstance(fact, TOLD):
                then = next((each for each in waiting if plain(each) == plain(fact)), None)
                if then is not None:
                    waiting.remove(then)
                yield Said(wall_us, fact, then)


class Replay:
    """One house made of a capture's beginning. `cold`: leave its memory out and begin as after a restart."""

    def __init__(self, *, cold: bool = False) -> None:
        self.told = Told()
        self._cold = cold
        self._clock = Hands()
        self._store: Store | None = None
        self._number = 0

    def hear(self, event: Event) -> None:
        """Raises `CaptureError` for what does not follow."""
        if isinstance(event, Begin):
            self._begin(event)
            return
        if self._store is None and self.told.idle_segments:
            return
        if self._store is None:
            raise CaptureError("this capture does not begin with what the house knew; give a whole .capture file")
        match event:
            case Tick():
                self._tick(event, self._store)
            case Written(entries=bodies):
                self._write(bodies, self._store)
            case Learned(page=page):
                self._store.take_feed(msgspec.json.decode(page, type=FeedPage))
            case Did():
                self._do(event, self._store)
            case Stood(pieces=pieces):
                for piece, custody, claim, ref in pieces:
                    kind = None if claim is None else ClaimKind(claim)
                    self._store.stock.stand(PieceId(piece), Status(TokenState(custody), kind, ref))

    def _begin(self, begin: Begin) -> None:
        self.told.segments += 1
        follows = self._store is not None and begin.number == self._number + 1
        self._number = begin.number
        self.told.store = begin.store
        self.told.began_us = self.told.began_us or begin.wall_us
        self._at(begin.now_us, begin.wall_us)
        if follows:
            return  # the replay is there already, by what it heard
        config = msgspec.json.decode(begin.config, type=EdgeConfig, dec_hook=_path)
        config = msgspec.structs.replace(config, data_dir=Path(tempfile.gettempdir()) / "vitrine-replay", uplink=None)
        books = Books.open(None, store=config.store, instance="replay")
        books.db.begin()
        known = set(books.db.tables())
        for table, rows in begin.tables.items():
            if table not in known:
                raise CaptureError(f"this capture has a table {table!r} that these books have not: another version's")
            books.db.clear(table)
            books.db.fill(table, rows)
        books.db.commit()
        if books.node().mode is not Mode.ACTIVE:
            self.told.idle_segments += 1
            self._store = None
            return
        self._store = Store(config, books, self._clock, random.Random(begin.number))  # noqa: S311 — ids, by seed
        health = self._store.pipeline.health
        self._store.counting.looks.varying = {each.id: Able(each.id, health) for each in config.readers}
        if begin.still and not self._cold:
            self._take_up(begin, self._store)
        else:
            self.told.cold = begin.why or "as it was asked"

    def _take_up(self, begin: Begin, store: Store) -> None:
        _, outside = store.still()
        silent = Silent()
        try:
            memory = Album(begin.still, Outside({**outside.things, "chronicle": silent, "recorder": silent})).first()
        except StillError as error:
            self.told.cold = str(error)
            return
        store.take_up(memory)
        store.pipeline.intake.forget_waiting()

    def _tick(self, tick: Tick, store: Store) -> None:
        self._at(tick.now_us, tick.wall_us)
        self.told.ticks += 1
        self.told.ended_us = tick.wall_us
        for reader, fields in tick.health.items():
            health = store.pipeline.health.setdefault(ReaderId(reader), Health(ReaderId(reader)))
            for name, value in fields.items():
                if name not in HEALTH_TOLD:
                    raise CaptureError(f"this capture tells of {name!r} of a reader, which no house does")
                setattr(health, name, _FORMS.get(name, _same)(value))
        for one in tick.batches:
            self.told.reads += _deliver(one, store)
        self._recorded(tick.wall_us, tick.facts)
        out = store.turn(tick.now_us, writing=tick.writing)
        self.told.replayed += [(tick.wall_us, fact) for fact in out.written]

    def _do(self, did: Did, store: Store) -> None:
        """What a person did, and the alarms that came of it at once."""
        if not is_told(Store, did.name):
            raise CaptureError(f"this capture wants a house to do {did.name!r}, which none tells of")
        self._at(did.now_us, did.wall_us)
        self._recorded(did.wall_us, did.facts)
        given, named = Album(did.given, Outside({})).first()
        store.ear = ear = Alarms()
        getattr(store, did.name)(*given, **named)
        self.told.replayed += [(did.wall_us, alarm) for alarm in ear.said]

    def _recorded(self, wall_us: int, facts: bytes) -> None:
        if facts:
            self.told.recorded += [(wall_us, fact) for fact in msgspec.json.decode(facts, type=list[AnyFact])]

    def _write(self, bodies: Sequence[bytes], store: Store) -> None:
        """Entries of people and the office: their facts come true as they did."""
        for body in bodies:
            entry = decode_entry(body)
            with store.books.transaction() as tx:
                written = tx.write(at_us=entry.at_us, by=entry.by, why=entry.why, facts=entry.facts)
            store.notice(written)

    def _at(self, now_us: int, wall_us: int) -> None:
        self._clock.now_us, self._clock.at_us = now_us, wall_us


def replay(paths: Sequence[Path], *, cold: bool = False) -> Told:
    """Everything these files hold. Raises `CaptureError`."""
    running = Replay(cold=cold)
    for event in events_of(paths):
        try:
            running.hear(event)
        except UNFIT_HERE as error:
            words = f"{paths[0]} does not fit this program, after {running.told.ticks} turns: {error!r}"
            raise CaptureError(words[:WORDS_MAX]) from error
    if not running.told.segments:
        raise CaptureError(
            f"{paths[0]} has no whole beginning: it was cut off, or is only being begun; take another file"
        )
    if running.told.segments == running.told.idle_segments:
        raise CaptureError("the captured box was not serving: it said nothing that could be replayed")
    return running.told


def files_of(path: Path) -> list[Path]:
    """A file, or those of a folder: of an alarm, of the ring, or an edge's whole `capture`. Raises `CaptureError`."""
    folder = path / "ring" if (path / "ring").is_dir() else path
    found = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else [path]
    if not found or not found[0].is_file():
        raise CaptureError(f"{path} holds no capture; `capture` in an edge's data_dir does, once it has run a second")
    return found


def plain(fact: AnyFact) -> AnyFact:
    """A fact without the id that only names it."""
    return msgspec.structs.replace(fact, alarm="") if isinstance(fact, AlarmRaised) else fact


def _brief(fact: AnyFact) -> str:
    """What it is, of what, and what it says; of what says nothing in words, all of it."""
    of = next((str(told) for name in _ABOUT if (told := getattr(fact, name, ""))), "")
    words = next((told for name in _WORDS if (told := getattr(fact, name, ""))), "")
    said = repr(words) if words else ", ".join(f"{k} {v}" for k, v in msgspec.structs.asdict(fact).items() if v != of)
    state = getattr(fact, "link", "") or getattr(fact, "state", "") or getattr(fact, "vision", "")
    return f"{type(fact).__name__} of {of or 'the store'}: {f'{state}, ' if state else ''}{said}"[:WORDS_MAX]


_ABOUT: Final = ("piece", "reader", "zone", "count", "restock")
_WORDS: Final = ("sentence", "why", "why_stopped")


def _deliver(one: Batch, store: Store) -> int:
    details = Album(one.details, Outside({})).first() if one.details else None
    batch = ReadBatch(
        reader=ReaderId(one.reader),
        arrived_us=one.arrived_us,
        block=one.block,
        epc_bytes=one.epc_bytes,
        uptime=one.uptime,
        details=details,
        arrived_utc_us=one.arrived_utc_us,
        boot=one.boot,
    )
    store.pipeline.deliver(batch)
    return len(batch)


def _same(value: Any) -> Any:
    return value


_FORMS: Final[dict[str, Callable[[Any], Any]]] = {
    "link": ReaderLink,
    "antennas_down": frozenset,
    "look": lambda told: Look(told[0], told[1], frozenset(told[2]) if len(told) > 2 else frozenset()),
    "looks": tuple,
    "inputs": lambda inputs: {int(port): bool(high) for port, high in inputs.items()},
}


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError("Expected `str`, a path")
