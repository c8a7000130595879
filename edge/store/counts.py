"""Counts: begun by a person, a schedule or the office, and what people do to them."""

from collections.abc import Mapping
from contextlib import ExitStack

import structlog

from contract.facts import AnyFact, CountAbandoned, CountPlace, CountStarted
from contract.ids import HOUSE, CountId, PieceId, UserId, ZoneId
from edge.books.local import count_requests
from edge.books.rows import CountRow, zones_of
from edge.capture.ear import told
from edge.counts.counting import CountImpossibleError, CountRefusedError, check_shown
from edge.store.acts import Acts
from edge.till.desk import Done, Refused
from edge.till.queries import verdict_tally
from trade.acts import ApproveCount

log = structlog.get_logger(__name__)


class Counts(Acts):
    """The books and `counting` agree about which counts run."""

    @told
    def start_count(
        self,
        count: CountId,
        place: CountPlace,
        zones: tuple[ZoneId, ...],
        by: UserId,
        *,
        why: str = "",
        due_us: int = 0,
        blind: bool = False,
    ) -> None:
        """Nothing when the books know this count. Raises `CountRefusedError` or `NotServingError`.

        why, due_us: of a schedule.
        """
        if self.books.db.one("count", CountRow, count=count) is not None:
            return  # asked for twice; one that has ended would be judged anew under an approved name
        now_us = self.clock.mono_us()
        facts = self.counting.start(count, place, zones, now_us, why=why, due_us=due_us, blind=blind)
        self._begin_count(count, facts, "count.start", by)

    @told
    def recount(self, count: CountId, zones: tuple[ZoneId, ...], reason: str, by: UserId) -> None:
        """Some zones of a finished count again. Raises `CountRefusedError` or `NotServingError`."""
        facts = self.counting.recount(self._count(count), self.books.db, zones, reason, self.clock.mono_us())
        self._begin_count(count, facts, "count.recount", by)

    @told
    def submit_count(self, count: CountId, quantities: Mapping[ZoneId, int], by: UserId) -> None:
        """What a person counted blind. Raises `CountRefusedError` or `NotServingError`."""
        self._record(self.counting.submit(self._count(count), quantities), "count.submit", by)

    @told
    def explain_count(self, count: CountId, piece: PieceId, reason: str, by: UserId, *, found: bool) -> None:
        """A person answers for a piece that was not read. Raises `CountRefusedError` or `NotServingError`."""
        facts = self.counting.explain(self._count(count), self.books.db, piece, reason, by, found=found)
        self._record(facts, "count.explain", by)

    @told
    def abandon_count(self, count: CountId, reason: str, by: UserId) -> None:
        """Raises `CountRefusedError` or `NotServingError`."""
        self._record(self.counting.abandon(self._count(count), reason), "count.abandon", by)

    def _count(self, count: CountId) -> CountRow:
        row = self.books.db.one("count", CountRow, count=count)
        if row is None:
            raise CountRefusedError(f"There is no count {count}")
        return row

    def _begin_count(self, count: CountId, facts: tuple[AnyFact, ...], why: str, by: UserId) -> None:
        with ExitStack() as undo:
            undo.callback(self.counting.forget, count)  # what is not in the books does not run
            self._record(facts, why, by)
            undo.pop_all()

    def approve_count(self, count: CountId, business_day: str, by: UserId, *, shown: str = "") -> Done | Refused:
        """`shown`: what this person was shown (`standing_of`). Raises `CountRefusedError` when it changed since."""
        if shown:
            check_shown(self._count(count), verdict_tally(self.books.db, count), shown)
        return self.act(ApproveCount(count=count, business_day=business_day), by)

    def _begin_due(self) -> None:
        """Scheduled counts begin, or are said to have been missed."""
        now, missed = self.schedules.look(self.clock.mono_us(), self.clock.wall_us())
        self._record(tuple(missed), "count.miss", HOUSE)
        for one in now:
            what = one.schedule
            try:
                self.start_count(
                    CountId(self.new_id()), what.place, what.zones, HOUSE,
                    why=what.name, due_us=one.due_us, blind=what.blind,
                )  # fmt: skip
            except CountRefusedError as refused:
                self.schedules.refused(one, str(refused))
            else:
                self.schedules.began(one)

    def _take_requests(self) -> None:
        """Counts the office asked for begin as soon as their zones are free."""
        for request in count_requests(self.books.db):
            try:
                self.start_count(request.count, request.place, zones_of(request), HOUSE)
            except CountImpossibleError as refused:
                started = CountStarted(count=request.count, place=request.place, zones=zones_of(request), expected=0)
                abandoned = CountAbandoned(count=request.count, reason=str(refused))
                self._record((started, abandoned), "count.refuse", HOUSE)
            except CountRefusedError as refused:
                log.info("count_request_waits", count=request.count, why=str(refused))
