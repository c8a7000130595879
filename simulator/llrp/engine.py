"""The reader's work without I/O: ROSpecs along `LIFE`, dwell after dwell over the antennas, reports when due."""

from typing import Final

import numpy as np

from simulator.llrp import events
from simulator.llrp.access import AccessSpecs, AccessTrigger
from simulator.llrp.clock import Clock
from simulator.llrp.codec import M, P, RefusedError, Status, message, params, unpack
from simulator.llrp.collect import Collected, Ids, Source
from simulator.llrp.events import EventType
from simulator.llrp.life import LIFE, Ended, Pending, Run, State, Word
from simulator.llrp.reports import heard
from simulator.llrp.settings import Settings
from simulator.llrp.spec import Content, Edge, ReportTrigger, RoSpec, StartTrigger, parse_ro_spec
from simulator.radio import Radio, silence
from simulator.store import Reader
from simulator.tags import Tags

LAG_US_MAX: Final = 1_000_000
"""Air time that a stalled process may still catch up with; more is skipped (`lag_skipped_total`)."""
OPEN_PORT_US: Final = 10_000


class Engine:
    """Methods return what the reader has to say afterwards: reports and events, framed, in order."""

    def __init__(
        self,
        reader: Reader,
        key: str,
        radio: Radio,
        tags: Tags,
        *,
        settings: Settings,
        ids: Ids,
        clock: Clock,
        chance: np.random.Generator,
    ) -> None:
        self.reader, self.key, self.radio, self.tags = reader, key, radio, tags
        self.settings, self.model, self.ids, self.chance = settings, settings.model, ids, chance
        self.clock: Final = clock
        self.antennas: Final = {antenna.port: antenna for antenna in reader.antennas}
        self.dead: set[int] = set()
        self.deaf = False
        self.lag_skipped_total = 0
        self.specs: dict[int, RoSpec] = {}
        self.states: dict[int, State] = {}
        self.next_start_us: dict[int, int] = {}
        self._next_turn: dict[int, int] = {}
        self.run: Run | None = None
        self.pending: Pending | None = None
        self._collected = Collected(tags, ids, clock)
        self.access: Final = AccessSpecs(self.model.access_specs_max, self.model.antennas, self._fed)
        self.cut_after: int | None = None
        self.power_lost = False

    def forget(self) -> None:
        """All ROSpecs and AccessSpecs are gone, and what they had collected."""
        self.access.specs.clear()
        self.specs.clear()
        self.states.clear()
        self.next_start_us.clear()
        self._next_turn.clear()
        self._collected.clear()
        self.run = self.pending = None

    def due_us(self, now_us: int) -> int:
        """When `advance` has something to do next."""
        times = [now_us + LAG_US_MAX]
        if self.pending is not None:
            times.append(self.pending.end_us)
        elif self.next_start_us:
            times += self.next_start_us.values()
        return min(times)

    def advance(self, now_us: int) -> bytes:
        """Dwells end and begin, triggers fire."""
        if self.pending is not None and now_us - self.pending.end_us > LAG_US_MAX:
            self.lag_skipped_total += 1
            self._put_off(now_us)
        out = [self._triggers(now_us)]
        while self.run is not None and self.pending is not None and self.pending.end_us <= now_us:
            out.append(self._end_dwell(self.run, self.pending))
            if self.run is None:
                out.append(self._triggers(now_us))
        return b"".join(out)

    def event(self, now_us: int, kind: EventType, event: bytes) -> bytes:
        """A notification, if the client asked for this kind."""
        if not self.settings.notifies(kind):
            return b""
        return message(
            M.READER_EVENT_NOTIFICATION, self.ids.take(1), events.notification(self.clock.stamp(now_us), event)
        )

    # --- ROSpecs ----------------------------------------------------------------------------------------------

    def add(self, body: bytes) -> bytes:
        inner = list(params(body))
        if len(inner) != 1 or inner[0].kind != P.RO_SPEC:
            raise RefusedError(Status.M_MISSING_PARAMETER, "ADD_ROSPEC carries exactly one ROSpec")
        spec = parse_ro_spec(inner[0], self.model, self.settings.air)
        if spec.id in self.specs:
            why = f"ROSpec {spec.id} exists already; delete it first"
            raise RefusedError(Status.P_FIELD_ERROR, why, parameter=P.RO_SPEC, field=0)
        if len(self.specs) >= self.model.ro_specs_max:
            why = f"this reader keeps {self.model.ro_specs_max} ROSpec; delete one first"
            raise RefusedError(Status.M_OVERFLOW_PARAMETER, why)
        self.specs[spec.id] = spec
        self.states[spec.id] = State.DISABLED
        return b""

    def delete(self, body: bytes, now_us: int) -> bytes:
        said = b""
        for id_ in self._named(body):
            if self.run is not None and self.run.spec.id == id_:
                said += self.end_run(now_us)
            del self.specs[id_], self.states[id_]
            self.next_start_us.pop(id_, None)
            self._next_turn.pop(id_, None)
        return said

    def enable(self, body: bytes, now_us: int) -> bytes:
        for id_ in self._named(body):
            if self._step(id_, Word.ENABLE) is State.DISABLED:
                spec = self.specs[id_]
                if spec.start is StartTrigger.IMMEDIATE:
                    self.next_start_us[id_] = now_us
                if spec.start is StartTrigger.PERIODIC:
                    self.next_start_us[id_] = now_us + spec.offset_ms * 1000
        return self._triggers(now_us)

    def disable(self, body: bytes, now_us: int) -> bytes:
        said = b""
        for id_ in self._named(body):
            if self._step(id_, Word.DISABLE) is State.ACTIVE:
                said += self.end_run(now_us)
            self.next_start_us.pop(id_, None)
        return said

    def start(self, body: bytes, now_us: int) -> bytes:
        (id_,) = self._named(body, every=False)
        if self.run is not None and self.run.spec.id != id_:
            raise RefusedError(Status.M_FIELD_ERROR, f"ROSpec {self.run.spec.id} is active; stop it first", field=0)
        self._step(id_, Word.START)
        return self._begin_run(self.specs[id_], now_us)

    def stop(self, body: bytes, now_us: int) -> bytes:
        (id_,) = self._named(body, every=False)
        self._step(id_, Word.STOP)
        self.next_start_us.pop(id_, None)
        return self.end_run(now_us)

    def tell(self) -> bytes:
        """Every ROSpec with its state."""
        return b"".join(spec.with_state(self.states[id_]) for id_, spec in self.specs.items())

    def input_changed(self, edge: Edge, now_us: int) -> bytes:
        """A GPI that the client enabled has changed: stop triggers first, then start triggers (§11.2.1)."""
        said = b""
        if self.run is not None and (ended := self.run.heard(edge, now_us)) is not Ended.NOTHING:
            said += self._go_on(self.run, ended, self.pending.ai_index if self.pending else 0, now_us)
        waiting = [id_ for id_, spec in self.specs.items() if spec.start_on == edge]
        for id_ in waiting:
            if self.run is None and self.states[id_] is State.INACTIVE:
                self._step(id_, Word.TRIGGER)
                said += self._begin_run(self.specs[id_], now_us)
        return said

    def _named(self, body: bytes, *, every: bool = True) -> list[int]:
        """The ROSpecs a message means; 0 means all where that is allowed."""
        (id_,) = unpack(">I", body, 0)
        if id_ == 0 and every:
            return list(self.specs)
        if id_ not in self.specs:
            raise RefusedError(Status.M_FIELD_ERROR, f"there is no ROSpec {id_}", field=0)
        return [id_]

    def _step(self, id_: int, word: Word) -> State:
        """Move a ROSpec along `LIFE`; returns where it stood."""
        stood = self.states[id_]
        if (stood, word) not in LIFE:
            raise RefusedError(Status.M_FIELD_ERROR, f"cannot {word} ROSpec {id_}: it is {stood.name.lower()}", field=0)
        self.states[id_] = LIFE[stood, word]
        return stood

    def _triggers(self, now_us: int) -> bytes:
        """Start the earliest ROSpec whose time has come, if the radio is free."""
        due = sorted((at, id_) for id_, at in self.next_start_us.items() if at <= now_us)
        if self.run is not None or not due:
            return b""
        at, id_ = due[0]
        spec = self.specs[id_]
        self._step(id_, Word.TRIGGER)
        if spec.start is StartTrigger.PERIODIC and spec.period_ms:
            passed = (now_us - at) // (spec.period_ms * 1000) + 1
            self.next_start_us[id_] = at + passed * spec.period_ms * 1000
        else:
            del self.next_start_us[id_]
        return self._begin_run(spec, max(at, now_us - LAG_US_MAX))

    def _begin_run(self, spec: RoSpec, now_us: int) -> bytes:
        self.run = Run(spec, now_us, self._next_turn.get(spec.id, 0))
        self._begin_dwell(self.run)
        return self.event(now_us, EventType.ROSPEC, events.ro_spec(started=True, ro_spec_id=spec.id))

    def end_run(self, now_us: int) -> bytes:
        """The active ROSpec is over; what it collected leaves."""
        assert self.run is not None
        spec = self.run.spec
        self._next_turn[spec.id] = self.run.next_turn
        self.run = self.pending = None
        said = self._report(spec, everything=True)
        return said + self.event(now_us, EventType.ROSPEC, events.ro_spec(started=False, ro_spec_id=spec.id))

    # --- air --------------------------------------------------------------------------------------------------

    def _begin_dwell(self, run: Run) -> None:
        port, ai = run.antenna, run.ai
        budget_us = run.budget_us(self.reader.dwell_ms * 1000)
        wired = self.antennas.get(port)
        if wired is None or port in self.dead:
            # The reader measures the return loss of an open port and leaves it at once.
            seen = silence(min(budget_us, OPEN_PORT_US))
        elif self.deaf:
            seen = silence(budget_us)
        else:
            seen = self.tags.alive(
                self.radio.dwell(
                    self.key, wired, ai.settings[port], now_us=run.clock_us, budget_us=budget_us, rng=self.chance
                )
            )
        self.pending = Pending(port, run.ai_index, ai.inventory_id, seen, run.clock_us + seen.spent_us)

    def _put_off(self, now_us: int) -> None:
        """Skip air time that cannot be caught up with: the dwell under way ends now."""
        assert self.run is not None
        self.run.clock_us = now_us
        self._begin_dwell(self.run)

    def _end_dwell(self, run: Run, dwell: Pending) -> bytes:
        report = run.spec.report or self.settings.report
        out = b""
        if len(dwell.seen.rows):
            source = (run.spec.id, dwell.ai_index + 1, dwell.inventory_id)
            self._collected.add(source, heard(dwell.seen, dwell.antenna, self.clock))
            if self.access.any_enabled():
                out = self._work(run, dwell, source, report.content)
        if self.power_lost:
            self.run = self.pending = None
            return b""
        return out + self._go_on(run, run.dwelt(dwell.seen), dwell.ai_index, dwell.end_us)

    def _go_on(self, run: Run, ended: Ended, ai_index: int, now_us: int) -> bytes:
        """What a dwell or an input brought to its end is told; then the next dwell, or none."""
        report = run.spec.report or self.settings.report
        if ended is not Ended.NOTHING:
            out = self._report(run.spec, everything=report.trigger is ReportTrigger.N_TAGS_OR_END_OF_AISPEC)
            out += self.event(now_us, EventType.AISPEC, events.ai_spec_ended(run.spec.id, ai_index + 1))
        else:
            out = self._report(run.spec, everything=False)
        if ended is Ended.ROSPEC:
            self._step(run.spec.id, Word.END)
            out += self.end_run(now_us)
            if run.spec.start is StartTrigger.IMMEDIATE:
                self.next_start_us[run.spec.id] = now_us
        else:
            self._begin_dwell(run)
        return out

    def _work(self, run: Run, dwell: Pending, source: Source, content: Content) -> bytes:
        """AccessSpecs on the tags of a dwell, in the order they answered; it takes the reader longer then."""
        out = b""
        for at in np.argsort(dwell.seen.first_us, kind="stable").tolist():
            row, rssi_dbm = int(dwell.seen.rows[at]), float(dwell.seen.rssi_cdbm[at]) / 100
            outcome = self.access.execute(
                self.tags.tag(row), antenna=dwell.antenna, ro_spec=run.spec.id, rssi_dbm=rssi_dbm, chance=self.chance
            )
            if outcome is None:
                continue
            spec, done = outcome
            run.clock_us += done.spent_us
            told = self._collected.worked(
                source, content, row=row, antenna=dwell.antenna, access_spec=spec.id, results=done.results
            )
            if done.changed:
                self.tags.worked_on(row)
            if self.power_lost:
                break
            if (self.settings.access_report if spec.report is None else spec.report) is AccessTrigger.AT_END:
                out += self._collected.told(source, told)
        return out

    def _fed(self) -> bool:
        """Whether the reader has power for one more word; `cut_after` words from now it has none (`power_lost`)."""
        if self.cut_after is not None and not self.power_lost:
            self.power_lost = self.cut_after == 0
            self.cut_after -= 1
        return not self.power_lost

    def _report(self, spec: RoSpec, *, everything: bool) -> bytes:
        return self._collected.due(spec.report or self.settings.report, everything=everything)

    def collected(self) -> bytes:
        """GET_REPORT: everything collected so far."""
        return self._collected.everything(self.run.spec.report or self.settings.report) if self.run else b""
