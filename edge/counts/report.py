"""How a count ends: a verdict in words for every piece that was not simply found, and the totals of what was.

A piece is found only by a read within the count. One that was read a moment before it is "check by hand", with the
time of that read; nothing is called missing that presence still believes in. The expected list is the one of the
start, and what happened since (sold, received, moved, taken to the bench) explains itself with its time.
"""

from math import prod
from typing import Final

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from contract.facts import AlarmKind, CountExplained, CountFinished, CountTag, CountTotal, CountVerdict, Verdict
from contract.ids import CountId, PieceId, ZoneId
from edge.books.rows import AlarmRow, AlarmState, pieces_of
from edge.config import EdgeConfig
from edge.counts.happened import Happened
from edge.counts.others import Others
from edge.counts.running import Running
from edge.counts.totals import adjusted, rejudged, totals_of
from edge.floor.pipeline import Pipeline
from edge.floor.sentences import ago
from edge.floor.stock import Stock
from edge.floor.strangers import Lying
from edge.floor.zonemap import NO_ZONE
from edge.reconcile.counts.count import Judged
from trade.custody import TokenState

UNREAD: Final = frozenset({Verdict.MISSING, Verdict.CHECK_BY_HAND})
HARD_SHARE_MAX: Final = 0.25
"""A piece read in no more than this share of a count's rounds is hard to read,"""
HARD_ROUNDS_MIN: Final = 6
"""once there were so many: in fewer a miss or two is nothing."""
MOVED_P: Final = 0.95
"""P(present) of a piece that lay elsewhere in the earlier look and no longer does: sooner put away than gone."""
OFTEN_MIN: Final = 2
"""Rounds that read a tag which is named; one of a single round is only counted."""
TAGS_TOLD_MAX: Final = 50
ALARMS_ASKED_MAX: Final = 200


class Report:
    """Words and totals, from what the house knows at the end."""

    def __init__(self, config: EdgeConfig, stock: Stock, pipeline: Pipeline, happened: Happened) -> None:
        self._config = config
        self._stock = stock
        self._pipeline = pipeline
        self.happened = happened

    def finished(self, running: Running, why: str, now_us: int) -> CountFinished:
        """The end of a count or of a recount, with a verdict for everything that was not simply found."""
        said = running.model.progress()
        verdicts = {each.piece: each for each in self._verdicts(running, now_us)}
        totals = totals_of(self._config, self._stock, running, verdicts)
        before = running.before
        if before.number:
            zones = {self._config.zones[zone].id for zone in running.zones}
            rows = {self._stock.catalogue.pieces[row] for row in running.rows.tolist()}
            totals = [*(each for each in before.totals if each.zone not in zones), *totals]
            elsewhere = self._elsewhere_only(running)
            for was in before.verdicts:
                mine = was.piece in rows or self._home_in(was.piece, running)
                now = verdicts.get(was.piece)
                if now is None and was.piece in elsewhere and was.verdict in (*UNREAD, Verdict.MISPLACED):
                    verdicts[was.piece] = self._still_elsewhere(was.piece, elsewhere[was.piece])
                if mine or (now is not None and now.verdict is not Verdict.UNEXPECTED):
                    continue
                verdicts[was.piece] = merged = self._merged(was, now, running)
                totals = adjusted(totals, self._stock.cards.get(was.piece), was.verdict, merged.verdict)
        here = running.strangers.lying()
        tags = self._tags(running, here)
        unknown, more = running.model.unknown_tags(np.array([index for _, _, index in here], np.int32))
        return CountFinished(
            count=running.count,
            place=running.place,
            rounds=said.round,
            expected=sum(each.expected for each in totals),
            found=sum(each.found for each in totals),
            p_complete=round(self._p_complete(verdicts), 6),
            why_stopped=why,
            verdicts=tuple(verdicts.values()),
            value_minor=sum(each.found_minor for each in totals),
            weight_mg=sum(each.found_mg for each in totals),
            currency=self._config.currency,
            unknown_tags=unknown,
            tags=tags,
            totals=tuple(totals),
            zones=tuple(self._config.zones[zone].id for zone in running.zones) if before.number else (),
            number=before.number + 1,
            took_s=round((now_us - running.began_us) / 1e6, 1),
            unknown_more=round(more, 1),
        )

    def explained(
        self, count: CountId, verdicts: dict[PieceId, CountVerdict], said: CountVerdict, tray: CountTotal
    ) -> CountExplained:
        """A finished count after a person answered for one piece of this tray; `verdicts`: as they stood before."""
        was = verdicts[said.piece].verdict
        total = rejudged(tray, self._stock.cards.get(said.piece), was, said.verdict)
        p_complete = round(self._p_complete(verdicts | {said.piece: said}), 6)
        return CountExplained(count=count, verdict=said, was=was, p_complete=p_complete, total=total)

    def _p_complete(self, verdicts: dict[PieceId, CountVerdict]) -> float:
        """That nothing with a tag is there and unread, of all looks together: what is explained is no doubt, and what
        has no tag no reader can speak about.
        """
        unread = (each for each in verdicts.values() if each.verdict in UNREAD and self._tagged(each.piece))
        return prod(1 - each.p_present for each in unread)

    def _tagged(self, piece: PieceId) -> bool:
        row = self._stock.catalogue.row_of(piece)
        return row is not None and self._stock.catalogue.is_tagged(row)

    def _elsewhere_only(self, running: Running) -> dict[PieceId, ZoneId]:
        """Pieces that this look read in another of its zones and not at home, whether or not that alone would tell."""
        named = {self._stock.catalogue.pieces[row]: zone for row, zone in running.model.elsewhere_only().items()}
        return {piece: self._config.zones[zone].id for piece, zone in named.items() if piece is not None}

    def _still_elsewhere(self, piece: PieceId, zone: ZoneId) -> CountVerdict:
        """Two looks have not read it at home: that is no chance any more."""
        note = f"{self.happened.belongs(piece)}; two looks read it in {self.happened.called(zone)} and not at home"
        return CountVerdict(piece=piece, verdict=Verdict.MISPLACED, zone=zone, p_present=1.0, note=note)

    def _home_in(self, piece: PieceId, running: Running) -> bool:
        row = self._stock.catalogue.row_of(piece)
        return row is not None and int(self._stock.home[row]) in running.zones

    def _merged(self, was: CountVerdict, now: CountVerdict | None, running: Running) -> CountVerdict:
        """A piece of a zone that was not counted again: what the first look said, unless it was met in this one."""
        zones = {self._config.zones[zone].id for zone in running.zones}
        if now is not None and (was.by or was.verdict in (*UNREAD, Verdict.MISPLACED)):
            note = f"{self.happened.belongs(was.piece)}; read in {self.happened.called(now.zone)} by this look"
            return msgspec.structs.replace(now, verdict=Verdict.MISPLACED, note=note)
        if was.verdict is Verdict.MISPLACED and was.zone in zones:
            note = f"read in {self.happened.called(was.zone)} by the earlier look, and not again"
            home = self._home(was.piece)
            zone = was.zone if home == NO_ZONE else self._config.zones[home].id
            return msgspec.structs.replace(was, verdict=Verdict.CHECK_BY_HAND, zone=zone, p_present=MOVED_P, note=note)
        return was

    # --- verdicts ---------------------------------------------------------------------------------------------

    def _verdicts(self, running: Running, now_us: int) -> list[CountVerdict]:
        """Everything but what was simply found; what is away with our consent since before is said too."""
        out: list[CountVerdict] = []
        cloned = self._cloned()
        rounds = dict(zip(running.rows[running.tagged].tolist(), running.reads.tolist(), strict=True))
        others = Others(running)
        for judged in running.model.verdicts(self._curious(running, cloned)):
            piece = self._stock.catalogue.pieces[judged.row]
            if piece is None:
                continue
            if judged.verdict is Verdict.UNEXPECTED:
                out.append(self._unexpected(piece, judged, running))
            elif judged.verdict in UNREAD:
                out.append(self._unread(piece, judged, others, now_us))
            else:
                said = self._read(piece, judged, running, rounds.get(judged.row, 0), cloned=piece in cloned)
                out += [] if said is None else [said]
        for row in running.rows[~running.tagged].tolist():
            piece = self._stock.catalogue.pieces[row]
            if piece is not None:
                out.append(self._untagged(piece, row))
        told = {each.piece for each in out if each.verdict is not Verdict.UNEXPECTED}
        out += [each for each in self._away(running) if each.piece not in told]
        return out

    def _curious(self, running: Running, cloned: set[PieceId]) -> NDArray[np.bool_]:
        """By tagged row: of which more may have to be said even if it was found."""
        rows = running.rows[running.tagged]
        looked = running.witnessed[running.home[running.tagged]]
        twice = [row for row in (self._stock.catalogue.row_of(piece) for piece in cloned) if row is not None]
        out = ~self._stock.expected[rows] | _hard(running.reads, looked) | np.isin(rows, twice)
        return np.asarray(out, np.bool_)

    def _read(
        self, piece: PieceId, judged: Judged, running: Running, rounds: int, *, cloned: bool
    ) -> CountVerdict | None:
        """Of a piece that was read; None: it was simply found."""
        zone = self._config.zones[judged.zone]
        away, home = self.happened.away(piece), self._home(piece)
        looked = int(running.witnessed[judged.zone])
        rounds = min(rounds, looked)  # one of half the antennas reads too, and is no witness of the zone
        verdict, note, at_us = judged.verdict, "", 0
        if away is not None:
            note, at_us = away
            verdict, note = Verdict.EXPLAINED, f"{note}; read here before"
        elif judged.verdict is Verdict.MISPLACED and home == judged.zone:
            verdict, note = Verdict.EXPLAINED, f"its place became {zone.name} during this count"
        elif judged.verdict is Verdict.MISPLACED:
            note = f"{self.happened.belongs(piece)}; read in {rounds} of {looked} rounds here"
        elif cloned:
            verdict = Verdict.DUPLICATE
            note = f"two tags carry its number, read in {rounds} of {looked} rounds: look which of them hangs on it"
        elif bool(_hard(rounds, running.witnessed[judged.zone])):
            verdict, note = Verdict.HARD_TO_READ, f"read in {rounds} of {looked} rounds; turn its tag, or hang another"
        else:
            return None
        p_present = 0.5 if verdict is Verdict.DUPLICATE else round(judged.p_present, 4)
        return CountVerdict(
            piece=piece, verdict=verdict, zone=zone.id, p_present=p_present, note=note, at_us=at_us, rounds=rounds
        )

    def _unread(self, piece: PieceId, judged: Judged, others: Others, now_us: int) -> CountVerdict:
        verdict, zone, p_present, at_us = judged.verdict, judged.zone, judged.p_present, 0
        explained = self.happened.away(piece) or self.happened.at_bench(piece, now_us)
        elsewhere = self._elsewhere(piece, zone, now_us)
        if explained is not None:
            verdict = Verdict.EXPLAINED
            note, at_us = explained
        elif elsewhere is not None:
            verdict, zone, p_present = Verdict.MISPLACED, elsewhere, 1.0
            note = f"{self.happened.belongs(piece)}; {self._read_there(piece, elsewhere, now_us)}"
            if self._home(piece) == elsewhere:
                verdict, note = Verdict.EXPLAINED, f"its place became {self._config.zones[zone].name} during this count"
        else:
            note = self._silent(piece, others.words(judged), now_us)
        return CountVerdict(
            piece=piece,
            verdict=verdict,
            zone=self._config.zones[zone].id,
            p_present=round(p_present, 6),
            note=note,
            at_us=at_us,
        )

    def _unexpected(self, piece: PieceId, judged: Judged, running: Running) -> CountVerdict:
        """Known to the house and not on the list: come in meanwhile, or not where it should be."""
        looked, verdict, at_us = int(running.witnessed[judged.zone]), Verdict.UNEXPECTED, 0
        note = f"{self.happened.belongs(piece)}; read in {judged.rounds} of {looked} rounds here"
        came_us = running.joined.get(judged.row)
        if came_us is not None and self._stock.status_of(piece).expected:
            verdict, at_us = Verdict.EXPLAINED, came_us
            note = f"came to belong here{self.happened.at(came_us)}, during this count"
        zone = self._config.zones[judged.zone].id
        return CountVerdict(piece=piece, verdict=verdict, zone=zone, p_present=1.0, note=note, at_us=at_us)

    def _untagged(self, piece: PieceId, row: int) -> CountVerdict:
        taken = self._stock.epc_refused.get(piece)
        return CountVerdict(
            piece=piece,
            verdict=Verdict.CHECK_BY_HAND if taken is None else Verdict.DUPLICATE,
            zone=self._config.zones[int(self._stock.home[row])].id,
            p_present=0.5,
            note="it has no tag" if taken is None else taken,
        )

    def _silent(self, piece: PieceId, figures: str, now_us: int) -> str:
        """What the person who looks for it by hand should know: a read before the count is no read of the count."""
        said = figures or "nobody could read there during this count"
        last = self._stock.last_seen(piece)
        if last is None:
            return f"{said}, nor since the box was started"
        return f"{said}; last read {ago((now_us - last.at_us) / 1e6)}"

    def _read_there(self, piece: PieceId, zone: int, now_us: int) -> str:
        last = self._stock.last_seen(piece)
        assert last is not None, "who was read elsewhere was read"
        return f"read in {self._config.zones[zone].name} {ago((now_us - last.at_us) / 1e6)}"

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
            note, at_us = self.happened.away(piece) or ("", 0)
            out.append(
                CountVerdict(piece=piece, verdict=Verdict.EXPLAINED, zone=zone, p_present=0.0, note=note, at_us=at_us)
            )
        return out

    # --- tags -------------------------------------------------------------------------------------------------

    def _tags(self, running: Running, here: list[Lying]) -> tuple[CountTag, ...]:
        """Tags that nobody knows and that lie here, strays left out, the most read first."""
        told = [each for each in here if each.rounds >= OFTEN_MIN]
        return tuple(
            CountTag(
                epc=self._stock.catalogue.unknown_epc(index),
                verdict=Verdict.UNKNOWN_TAG,
                zone=self._config.zones[zone].id,
                rounds=rounds,
                note=f"read in {rounds} of {running.model.round} rounds; no piece of the house carries it",
            )
            for rounds, zone, index in told[:TAGS_TOLD_MAX]
        )

    def _cloned(self) -> set[PieceId]:
        """Pieces of which two tags carry the EPC, as an open alarm says."""
        rows = self._pipeline.books.db.rows("alarms_in", AlarmRow, state=AlarmState.OPEN, limit=ALARMS_ASKED_MAX)
        return {piece for row in rows if row.kind is AlarmKind.CLONE for piece in pieces_of(row)}

    def _home(self, piece: PieceId) -> int:
        row = self._stock.catalogue.row_of(piece)
        return NO_ZONE if row is None else int(self._stock.home[row])


def _hard(rounds: ArrayLike, looked: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether so few of the rounds that looked for a piece read it."""
    often = np.asarray(rounds) > HARD_SHARE_MAX * np.asarray(looked)
    return np.asarray((looked >= HARD_ROUNDS_MIN) & ~often, np.bool_)
