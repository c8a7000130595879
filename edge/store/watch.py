"""What people do about the watch over the floor: looks, locks, deliveries and the budget of false alarms."""

from contract.facts import AlarmBudgetSet, PieceLooked
from contract.ids import PieceId, ReaderId, UserId, ZoneId
from edge.capture.ear import told
from edge.store.core import Core


class Watching(Core):
    """Everything here is in the books before it is done."""

    @told
    def look(self, piece: PieceId, tags: tuple[str, ...], zone: ZoneId | None, by: UserId, *, found: bool) -> None:
        """A person looked for a piece; `tags` is what the pad of `zone` read. Raises `NotServingError`."""
        fact = PieceLooked(piece=piece, found=found, tags=tags, zone=zone)
        self._record((fact, *self.looking.looked(piece, tags, found=found)), "piece.look", by)

    @told
    def open_lock(self, reader: ReaderId, port: int, seconds: int, why: str, by: UserId) -> None:
        """Open a case or door for seconds; it is in the books before it opens.

        Raises `SignalRefusedError` or `NotServingError`.
        """
        signals = self.pipeline.signals
        fact = signals.open_lock((reader, port), seconds=seconds, why=why, health=self.pipeline.health)
        self._record((fact,), "output.open", by)
        signals.opened((reader, port), seconds, self.clock.mono_us())
        self.wakes.outputs()

    @told
    def begin_restock(self, restock: str, zones: tuple[ZoneId, ...], minutes: int, by: UserId) -> None:
        """A delivery is being put away: movement there accuses nobody. Raises `RestockRefusedError`."""
        deliveries = self.pipeline.watch.deliveries
        if deliveries.is_open(restock):
            return  # asked for twice; what it muted so far is kept
        fact = deliveries.begin(restock, zones, minutes, self.clock.wall_us())
        self._record((fact,), "alarm.restock", by)
        deliveries.began(fact, self.clock.wall_us(), self.clock.mono_us())
        self.pipeline.show(self.clock.mono_us())  # whoever did it looks at once

    @told
    def end_restock(self, restock: str, why: str, by: UserId) -> None:
        """It has been put away; what it did not bring back is said now. Raises `RestockRefusedError`."""
        pipeline = self.pipeline
        self._record((pipeline.watch.deliveries.end(restock, why),), "alarm.restock", by)
        alarm = pipeline.watch.ended(restock, pipeline.evidence)
        if alarm is not None:
            pipeline.say_alarm(alarm, self.clock.mono_us())
        pipeline.show(self.clock.mono_us())

    @told
    def set_budget(self, alarms_per_month_max: float, weights: dict[str, float], by: UserId) -> None:
        """How many false alarms a month the store will bear, and how detectors share them."""
        fact = AlarmBudgetSet(alarms_per_month_max=alarms_per_month_max, weights=weights)
        self._record((fact,), "alarm.budget", by)
        self.pipeline.watch.told(self.books.db)
        self.pipeline.show(self.clock.mono_us())
