"""How a count ends: a verdict in words for every piece that was not simply found, and the totals of what was.

A piece is found only by a read within the count. One that was read a moment before it is "check by hand", with the
time of that read; nothing is called missing that presence still believes in.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import CountFinished, CountPlace, CountVerdict, Verdict
from contract.ids import CountId, PieceId, ReaderId, ZoneId
from edge.config import EdgeConfig
from edge.floor.pipeline import Pipeline
from edge.floor.rounds import Round
from edge.floor.sentences import ago
from edge.floor.stock import Stock
from edge.floor.zonemap import NO_ZONE
from edge.reconcile.counts import Count, Judged
from trade.custody import TokenState

FOUND: Final = (Verdict.FOUND, Verdict.MISPLACED)
UNREAD: Final = (Verdict.MISSING, Verdict.CHECK_BY_HAND)


@dataclass(frozen=True, slots=True)
class CountNow:
    """A count as pages see it while it runs; `zones` are (zone, expected, found)."""

    count: CountId
    round: int
    zones: tuple[tuple[ZoneId, int, int], ...]


@dataclass(slots=True)
class Running:
    count: CountId
    place: CountPlace
    zones: tuple[int, ...]
    rows: NDArray[np.int32]
    """Every row expected at the start, tagged or not; the tagged ones are the count's."""
    tagged: NDArray[np.bool_]
    model: Count
    readers: frozenset[ReaderId]
    witnessed: NDArray[np.bool_]
    """By zone: whether any round of this count could speak about it."""
    began_us: int
    heard_us: int
    buffer: dict[ReaderId, Round] = field(default_factory=dict)


class Report:
    """Words and totals, from what the house knows at the end."""

    def __init__(self, config: EdgeConfig, stock: Stock, pipeline: Pipeline) -> None:
        self._config = config
        self._stock = stock
        self._pipeline = pipeline

    def finished(self, running: Running, why: str, now_us: int) -> CountFinished:
        """The end of a count, with a verdict for everything that was not simply found."""
        said = running.model.progress()
        verdicts = self._verdicts(running, now_us)
        lacking = {verdict.piece for verdict in verdicts if verdict.verdict not in FOUND}
        pieces = [self._stock.catalogue.pieces[row] for row in running.rows.tolist()]
        cards = [self._stock.cards[piece] for piece in pieces if piece in self._stock.cards and piece not in lacking]
        return CountFinished(
            count=running.count,
            place=running.place,
            rounds=said.round,
            expected=len(running.rows),
            found=len(cards),
            p_complete=round(said.p_complete, 6),
            why_stopped=why,
            verdicts=verdicts,
            value_minor=sum(card.price_minor for card in cards),
            weight_mg=sum(card.weight_mg for card in cards),
            currency=self._config.currency,
            unknown_tags=running.model.unknown_tags()[0],
        )

    def _verdicts(self, running: Running, now_us: int) -> tuple[CountVerdict, ...]:
        """Everything but what was simply found; a piece that has left with our consent meanwhile is explained."""
        out: list[CountVerdict] = []
        for judged in running.model.verdicts():
            piece = self._stock.catalogue.pieces[judged.row]
            if piece is not None and judged.verdict is not Verdict.FOUND:
                out.append(self._explained(piece, judged, running, now_us))
        for row in running.rows[~running.tagged].tolist():
            piece = self._stock.catalogue.pieces[row]
            if piece is not None:
                zone = self._config.zones[int(self._stock.home[row])].id
                note = self._stock.epc_refused.get(piece, "it has no tag")
                out.append(
                    CountVerdict(piece=piece, verdict=Verdict.CHECK_BY_HAND, zone=zone, p_present=0.5, note=note)
                )
        return (*out, *self._away(running))

    def _explained(self, piece: PieceId, judged: Judged, running: Running, now_us: int) -> CountVerdict:
        verdict, zone, p_present = judged.verdict, judged.zone, judged.p_present
        away = self._stock.status_of(piece).away_because
        note = away
        if verdict in UNREAD:
            elsewhere = self._elsewhere(piece, zone, now_us)
            if away:
                verdict = Verdict.EXPLAINED
            elif elsewhere is not None:
                verdict, zone, p_present = Verdict.MISPLACED, elsewhere, 1.0
            else:
                note = self._unread(piece, zone, running, now_us)
        if verdict is Verdict.MISPLACED:
            home = self._stock.cards[piece].home_zone if piece in self._stock.cards else ""
            names = {str(each.id): each.name for each in self._config.zones}
            note = f"belongs to {names.get(home, home)}"
        return CountVerdict(
            piece=piece, verdict=verdict, zone=self._config.zones[zone].id, p_present=round(p_present, 4), note=note
        )

    def _unread(self, piece: PieceId, zone: int, running: Running, now_us: int) -> str:
        """What the person who looks for it by hand should know: a read before the count is no read of the count."""
        said = "not read in this count" if running.witnessed[zone] else "nobody could read there during this count"
        last = self._stock.last_seen(piece)
        if last is None:
            return f"{said}, nor since the box was started"
        return f"{said}; last read {ago((now_us - last.at_us) / 1e6)}"

    def _elsewhere(self, piece: PieceId, zone: int, now_us: int) -> int | None:
        """Another zone that has read the piece just now, outside of this count."""
        last = self._stock.last_seen(piece)
        if last is None or not self._pipeline.seen(piece, now_us):
            return None
        return last.zone if last.zone not in (NO_ZONE, zone) else None

    def _away(self, running: Running) -> list[CountVerdict]:
        """Pieces of these zones that this store holds and that are out with our consent since before the count."""
        size = len(self._stock)
        rows = np.flatnonzero(np.isin(self._stock.home[:size], running.zones) & ~self._stock.expected[:size])
        known = set(running.rows.tolist())
        out = []
        for row in rows.tolist():
            piece = self._stock.catalogue.pieces[row]
            if piece is None or row in known or self._stock.status_of(piece).custody is not TokenState.HERE:
                continue
            zone = self._config.zones[int(self._stock.home[row])].id
            note = self._stock.status_of(piece).away_because
            out.append(CountVerdict(piece=piece, verdict=Verdict.EXPLAINED, zone=zone, p_present=0.0, note=note))
        return out
