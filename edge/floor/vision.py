"""Readers and zones: who reads, which zones can be judged at all, and the facts when that changes.

A zone is BLIND when no reader of it is reading with all its antennas there, or when presence says that nearly
everything in it went quiet at once. Blind is never theft (DESIGN law 7).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from contract.facts import AnyFact, ReaderChanged, ReaderHealth, ReaderIdentity, ReaderLink, Vision, ZoneVision
from contract.ids import ReaderId, ZoneId
from edge.books.db import Database
from edge.books.rows import EvidenceRow, Node, ReaderRow, ZoneRow
from edge.floor.coverage import BOX_AWAY, Coverage, Dark
from edge.floor.memory import EVIDENCE
from edge.floor.now import ReaderNow
from edge.floor.zonemap import ZoneMap
from edge.readers.health import Health

RATE_OVER_US: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Told:
    """What the books say of zones and readers already, and when they were last written: UTC µs."""

    zones: Mapping[ZoneId, tuple[Vision, str]]
    readers: Mapping[ReaderId, ReaderHealth]
    dark: Mapping[ReaderId, Dark]
    """Gaps in coverage that are open."""


NO_TAG_SILENT: Final[Mapping[int, str]] = MappingProxyType({})
NOTHING_TOLD: Final = Told({}, {}, {})


def told_before(db: Database) -> Told:
    """A reader that was reading when the books were last written has not been watched since: a gap, at most a minute
    too long after a crash, because what was learned is saved once a minute.
    """
    node, learned = db.one("node", Node), db.one("evidence", EvidenceRow, name=EVIDENCE)
    assert node is not None, "the node row is made when the books are"
    last_us = max(node.last_us, learned.at_us if learned is not None else 0)
    rows = db.rows("readers", ReaderRow)
    return Told(
        zones={row.zone: (row.vision, row.why) for row in db.rows("zones", ZoneRow)},
        readers={
            row.reader: ReaderHealth(
                reader=row.reader,
                link=row.link,
                why=row.why,
                model=row.model,
                firmware=row.firmware,
                serial=row.serial,
                dark_since_us=row.dark_since_us,
            )
            for row in rows
        },
        dark={
            row.reader: Dark(last_us, BOX_AWAY)
            if row.link is ReaderLink.READING
            else Dark(row.dark_since_us or row.since_us, row.why)
            for row in rows
        },
    )


class VisionWatch:
    """Turns health and blindness into facts, once per change. `told` is what the books say already.

    `readers` are the fixed ones: no handheld makes a zone seeing, and none makes it blind (`floor/sweeps.py`).
    """

    def __init__(
        self,
        zones: ZoneMap,
        readers: Iterable[ReaderId],
        told: Told = NOTHING_TOLD,
        *,
        wall_us: Callable[[], int],
        now_us: int,
    ) -> None:
        self.coverage = Coverage(told.dark, wall_us, now_us)
        self._zones = zones
        self._watching = frozenset(readers)
        self._readers_of: dict[int, list[ReaderId]] = {i: [] for i in range(len(zones.zones))}
        for reader in readers:
            for zone in zones.zones_of(reader).tolist():
                self._readers_of[zone].append(reader)
        self._told_zones = dict(told.zones)
        self._told_readers = dict(told.readers)
        self._looked: dict[ReaderId, tuple[ReaderLink, str, str, str, str, int]] = {}
        self._stood: dict[ReaderId, tuple[ReaderLink, str, str, frozenset[int]]] = {}
        self._silent_tags: Mapping[int, str] = {}
        self._quiet: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None
        self._rates: dict[ReaderId, tuple[int, int, float]] = {}

    def look(
        self,
        health: Mapping[ReaderId, Health],
        quiet: np.ndarray[tuple[int], np.dtype[np.bool_]],
        now_us: int,
        silent_tags: Mapping[int, str] = NO_TAG_SILENT,
    ) -> list[AnyFact]:
        """`quiet[z]`: presence calls zone z blind; `silent_tags`: zones whose reference tag is silent, since when, in
        words.

        Facts for what differs from what was told.
        """
        facts: list[AnyFact] = []
        for reader, state in health.items():
            facts += self._reader(reader, state, now_us)
        before, self._silent_tags = self._silent_tags, silent_tags
        turned = {zone for zone in silent_tags.keys() | before.keys() if silent_tags.get(zone) != before.get(zone)}
        for index in sorted(turned.union(self._to_judge(health, quiet))):
            readers = self._readers_of[index]
            if not readers:
                continue  # a zone nobody reads is known by scans; it was never seeing
            zone = self._zones.zones[index].id
            vision, why = self._judge(index, readers, health, quiet=bool(quiet[index]))
            if self._told_zones.get(zone, (None, ""))[0] is not vision:
                facts.append(ZoneVision(zone=zone, vision=vision, why=why, name=self._zones.zones[index].name))
            self._told_zones[zone] = (vision, why)
        return facts

    def _to_judge(
        self, health: Mapping[ReaderId, Health], quiet: np.ndarray[tuple[int], np.dtype[np.bool_]]
    ) -> list[int]:
        """Zones whose readers, or whose quiet, are otherwise than at the last look: at first all of them."""
        stand = {
            reader: (state.link, state.why, state.waits_for, state.antennas_down) for reader, state in health.items()
        }
        was_quiet, self._quiet = self._quiet, quiet.copy()
        was, self._stood = self._stood, stand
        if was_quiet is None:
            return list(self._readers_of)
        zones = set(np.flatnonzero(was_quiet != quiet).tolist())
        if stand != was:
            for reader in stand.keys() | was.keys():
                if stand.get(reader) != was.get(reader) and reader in self._watching:
                    zones.update(self._zones.zones_of(reader).tolist())
        return sorted(zones)

    def vision_of(self, zone: ZoneId) -> tuple[Vision, str]:
        return self._told_zones.get(zone, (Vision.BLIND, "no reader watches this zone"))

    def readers_now(self, health: Mapping[ReaderId, Health], now_us: int) -> tuple[ReaderNow, ...]:
        return tuple(
            ReaderNow(
                reader=reader,
                link=state.link,
                why=state.why,
                model=state.model,
                firmware=state.firmware,
                last_heard_us=state.last_heard_us,
                reads_total=state.reads_total,
                dropped_total=state.dropped_total,
                reads_per_s=self._rate(reader, state.reads_total, now_us),
                exception=state.exception,
                waits_for=state.waits_for,
                temperature_c=state.temperature_c,
                overflows_total=state.overflows_total,
                buffer_percent=state.buffer_percent,
                clock_offset_us=state.clock_offset_us,
                clock_is_uptime=state.clock_is_uptime,
                clock_jumps_total=state.clock_jumps_total,
                serial=state.serial,
                dark_since_us=self.coverage.dark_since_us(reader),
                notes=state.notes,
            )
            for reader, state in health.items()
        )

    def _reader(self, reader: ReaderId, state: Health, now_us: int) -> Iterator[AnyFact]:
        """How it stands, when that is news; the gap that has ended; and whether it is another than before."""
        gap = self.coverage.look(reader, state, now_us) if reader in self._watching else None
        if gap is not None:
            yield gap
        dark_us = self.coverage.dark_since_us(reader)
        stands = (state.link, state.why, state.model, state.firmware, state.serial, dark_us)
        if self._looked.get(reader) == stands:
            return  # as at the last look, after which nothing was left to be said: so in nearly every tick
        self._looked[reader] = stands
        told = self._told_readers.get(reader)
        was = ReaderIdentity(told.model, told.firmware, told.serial) if told is not None else ReaderIdentity()
        now = ReaderIdentity(state.model, state.firmware, state.serial) if state.model else was
        if _differs(was, now):
            yield ReaderChanged(reader=reader, was=was, now=now)
        said = ReaderHealth(
            reader=reader,
            link=state.link,
            why=state.why,
            model=now.model,
            firmware=now.firmware,
            serial=now.serial,
            dark_since_us=dark_us,
        )
        if told != said:
            self._told_readers[reader] = said
            yield said

    def _judge(
        self, index: int, readers: list[ReaderId], health: Mapping[ReaderId, Health], *, quiet: bool
    ) -> tuple[Vision, str]:
        states = [(reader, health[reader]) for reader in readers if reader in health]
        reading = [(reader, state) for reader, state in states if state.link is ReaderLink.READING]
        if not reading:
            told = "; ".join(f"reader {reader} is {state.link}: {state.why}" for reader, state in states)
            return Vision.BLIND, told or "its reader has not been started"
        if not any(index in self._zones.watched_by(reader, state.antennas_down) for reader, state in reading):
            return Vision.BLIND, "; ".join(self._broken(index, reading))
        silent = self._silent_tags.get(index, "")
        if quiet and silent:
            return Vision.BLIND, f"{silent}, nor nearly anything beside it: covered, opened or jammed"
        if quiet:
            name = self._zones.zones[index].name
            return Vision.BLIND, f"nearly everything in {name} went quiet at once: covered, opened or jammed"
        waits = [state for _, state in reading if state.waits_for]
        if len(waits) == len(reading):
            # known to be unwatched, by the store's own wish: nothing is judged there meanwhile, and nobody is alarmed
            return Vision.SEEING, f"read when {waits[0].waits_for} says so"
        return Vision.SEEING, "read every second" + (f"; {silent}, its pieces are" if silent else "")

    def _broken(self, index: int, states: list[tuple[ReaderId, Health]]) -> list[str]:
        """Antennas of a zone that are disconnected, in words."""
        return [
            f"antenna {port} of {reader} is disconnected"
            for reader, state in states
            for port in sorted(state.antennas_down)
            if index in self._zones.zones_at(reader, frozenset({port}))
        ]

    def _rate(self, reader: ReaderId, total: int, now_us: int) -> float:
        since_us, before, rate = self._rates.get(reader, (now_us, total, 0.0))
        if now_us - since_us >= RATE_OVER_US:
            rate = (total - before) * 1e6 / (now_us - since_us)
            since_us, before = now_us, total
        self._rates[reader] = (since_us, before, rate)
        return rate


def _differs(was: ReaderIdentity, now: ReaderIdentity) -> bool:
    """What one of them does not tell is no difference."""
    pairs = ((was.model, now.model), (was.firmware, now.firmware), (was.serial, now.serial))
    return any(before and after and before != after for before, after in pairs)
