"""Lamps, sirens and locks at the outputs of readers: what each is to be now, from alarms, acts and time.

Pure: the loop drives readers to `wanted`. Everything is off unless something of now says otherwise, so a restart of
the box, and a reader's, falls to off. An alarm at an exit lights its lamp and sounds its siren until a person closes
it or the time is over; a lock is opened by a manager, for seconds.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from contract.facts import (
    AlarmKind,
    AlarmRaised,
    AnyFact,
    ReaderLink,
    Severity,
    Vision,
)
from contract.facts.signals import OutputKind, OutputSet
from contract.ids import AlarmId, ReaderId, ZoneId
from edge.books.rows import SignalRow, Way
from edge.config import OutputConfig, ReaderConfig
from edge.readers.health import Health

LAMP_FOR_S: Final = 120
SIREN_FOR_S: Final = 20
"""Long enough to be heard and found; a siren that goes on tells nobody more."""
LOCK_FOR_S_MAX: Final = 60
"""A lock that stays open longer is a door left open: ask again."""
ALARMS_SHOWN_MAX: Final = 64
"""Alarms of one moment that are followed; of more, the oldest are let go, and their zone is lit by the others."""
SECOND_US: Final = 1_000_000

SHOWN_FOR_S: Final = {OutputKind.LAMP: LAMP_FOR_S, OutputKind.SIREN: SIREN_FOR_S}

Port = tuple[ReaderId, int]
Sight = Callable[[ZoneId], tuple[Vision, str]]
"""Whether a zone can be judged, and why not."""


class SignalRefusedError(Exception):
    """An output cannot be set; the message says why and what to do."""


@dataclass(slots=True)
class _Output:
    config: OutputConfig
    on: bool = False
    told: bool = False
    """What the books say."""
    open_until_us: int = 0
    """Of a lock."""


@dataclass(frozen=True, slots=True)
class _Shown:
    alarm: AlarmId
    zone: ZoneId | None
    """None: at every exit."""
    since_us: int
    why: str


class Signals:
    """Every output of the store. `now_us` is monotonic."""

    def __init__(self, readers: Iterable[ReaderConfig]) -> None:
        self.wanted: Mapping[Port, bool] = {}
        """What each output is to be; replaced whole, so that the loop may read it at any moment."""
        self.alarms_let_go_total = 0
        """Alarms not followed: `alarms_shown_max`."""
        self._outputs: dict[Port, _Output] = {
            (reader.id, int(port)): _Output(config) for reader in readers for port, config in reader.outputs.items()
        }
        self._shown: dict[AlarmId, _Shown] = {}
        self._closed: set[AlarmId] = set()
        self.wanted = self._all()

    def load(self, rows: Iterable[SignalRow]) -> None:
        """Begin from what the books say: what was on when the box ended is off, and will be told so."""
        for row in rows:
            output = self._outputs.get((row.reader, row.port))
            if output is not None and row.way is Way.OUT:
                output.told = row.is_on

    def raised(self, fact: AnyFact, now_us: int) -> None:
        """Something was said of the floor: an alarm at an exit is shown there, a siren's at every exit."""
        if not isinstance(fact, AlarmRaised) or not (fact.kind is AlarmKind.EXIT or fact.severity is Severity.SIREN):
            return
        while len(self._shown) >= ALARMS_SHOWN_MAX:
            self._shown.pop(next(iter(self._shown)))
            self.alarms_let_go_total += 1
        at_gate = fact.kind is AlarmKind.EXIT
        why = "a piece left unsold" if at_gate else "pieces of great value left their place"
        self._shown[fact.alarm] = _Shown(fact.alarm, fact.zone if at_gate else None, now_us, why)

    def closed(self, alarm: AlarmId) -> None:
        """A person said what it was."""
        if self._shown.pop(alarm, None) is not None:
            self._closed.add(alarm)

    def open_lock(self, port: Port, *, seconds: int, why: str, health: Mapping[ReaderId, Health]) -> OutputSet:
        """The fact of a lock opened by a person; call `opened` once it is written. Raises `SignalRefusedError`."""
        output = self._outputs.get(port)
        reader, number = port
        if output is None or output.config.kind is not OutputKind.LOCK:
            raise SignalRefusedError(f"there is no lock at output {number} of reader {reader}")
        if not 1 <= seconds <= LOCK_FOR_S_MAX:
            raise SignalRefusedError(f"a lock is opened for 1 to {LOCK_FOR_S_MAX} seconds, not {seconds}")
        link = health[reader].link if reader in health else ReaderLink.CONNECTING
        if link is not ReaderLink.READING:
            # it would open when the reader is back, with nobody before it
            raise SignalRefusedError(f"reader {reader}, which drives {output.config.name}, is {link}; use the key")
        return _set(port, output.config, on=True, why=why, for_s=seconds)

    def opened(self, port: Port, seconds: int, now_us: int) -> None:
        """The opening is in the books: from now on it is wanted."""
        output = self._outputs[port]
        output.on = output.told = True
        output.open_until_us = now_us + seconds * SECOND_US
        self.wanted = self._all()

    def look(self, sight: Sight, health: Mapping[ReaderId, Health], now_us: int) -> list[AnyFact]:
        """One tick: facts for the outputs that are to be otherwise from now on."""
        facts: list[AnyFact] = []
        for port, output in self._outputs.items():
            if output.config.kind is OutputKind.LOCK:
                on, why, alarm = *_judge_lock(output, health.get(port[0]), now_us), None
            else:
                on, why, alarm = self._judge(output, sight, now_us)
            if not on and not output.on and output.told:
                why = "the box was started again"
            output.on = on
            if on != output.told:
                output.told = on
                for_s = SHOWN_FOR_S.get(output.config.kind, 0) if on else 0
                facts.append(_set(port, output.config, on=on, why=why, alarm=alarm, for_s=for_s))
        if facts:
            self.wanted = self._all()
        self._forget(now_us)
        return facts

    def _judge(self, output: _Output, sight: Sight, now_us: int) -> tuple[bool, str, AlarmId | None]:
        kind = output.config.kind
        mine = [shown for shown in self._shown.values() if shown.zone in (None, output.config.zone)]
        fresh = [shown for shown in mine if now_us - shown.since_us < SHOWN_FOR_S[kind] * SECOND_US]
        if not fresh:
            return False, "the time is over" if mine or not self._closed else "the alarm was closed", None
        if kind is OutputKind.SIREN:
            vision, why = sight(output.config.zone)
            if vision is not Vision.SEEING:
                return False, f"nobody sees there: {why}", None
        return True, fresh[-1].why, fresh[-1].alarm

    def _forget(self, now_us: int) -> None:
        self._closed.clear()
        longest_us = max(SHOWN_FOR_S.values()) * SECOND_US
        for shown in [shown for shown in self._shown.values() if now_us - shown.since_us >= longest_us]:
            del self._shown[shown.alarm]

    def _all(self) -> dict[Port, bool]:
        return {port: output.on for port, output in self._outputs.items()}


def _judge_lock(output: _Output, reader: Health | None, now_us: int) -> tuple[bool, str]:
    """A lock whose reader went away is not opened again when it is back: nobody may stand before it then."""
    if reader is None or reader.link is not ReaderLink.READING:
        output.open_until_us = 0
        return False, "its reader went away"
    return now_us < output.open_until_us, "the time is over"


def _set(
    port: Port, config: OutputConfig, *, on: bool, why: str, alarm: AlarmId | None = None, for_s: int = 0
) -> OutputSet:
    reader, number = port
    return OutputSet(
        reader=reader,
        port=number,
        name=config.name,
        kind=config.kind,
        zone=config.zone,
        on=on,
        why=why,
        alarm=alarm,
        for_s=for_s,
    )
