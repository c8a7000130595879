"""Counts as the store shows them, and to whom: a blind one keeps the books' figures from whoever counts."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import msgspec

from contract.facts import CountTotal, CountVerdict, Verdict
from contract.ids import CountId, PieceId, ZoneId
from edge.api import shapes
from edge.api.blindness import hidden_from, hidden_zones
from edge.api.shop import Shop
from edge.api.views_pieces import missing
from edge.books import replica
from edge.books.rows import (
    CountLookRow,
    CountMissedRow,
    CountRow,
    counters_of,
    quantities_of,
    recounting_of,
    tags_of,
    totals_of,
    zones_of,
)
from edge.counts.counting import standing_of
from edge.counts.running import ZoneNeeds
from edge.counts.totals import by_zone
from edge.floor.sightings import NOWHERE
from edge.reconcile.counts.learning import COUNTS_MIN
from edge.till import queries
from trade import stocktake
from trade.stocktake import RUNNING, CountState
from web.logins import Login

MISSED_SHOWN_MAX: Final = 5
COUNT_WORDS: Final = {CountState.COUNTING: "running", CountState.RECOUNTING: "running"}
ENDINGS: Final = (
    (Verdict.FOUND, "of them seen by hand", "of them seen by hand"),
    (Verdict.CHECK_BY_HAND, "not read in this count: check it by hand", "not read in this count: check them by hand"),
    (Verdict.MISSING, "missing", "missing"),
    (Verdict.DUPLICATE, "shares its tag's number: check it by hand", "share their tags' numbers: check them by hand"),
    (Verdict.MISPLACED, "lies elsewhere", "lie elsewhere"),
    (Verdict.EXPLAINED, "away with our consent", "away with our consent"),
    (Verdict.UNEXPECTED, "more than expected lies there", "more than expected lie there"),
    (Verdict.HARD_TO_READ, "hard to read", "hard to read"),
)


def counts(shop: Shop, who: Login) -> list[shapes.CountView]:
    """Newest first; their verdicts are counted and not shown."""
    return [_count(shop, row, who, told=False) for row in queries.counts_newest(shop.db)]


def count(shop: Shop, count_id: CountId, who: Login) -> shapes.CountView:
    """With every verdict; of what was simply read there is none, of a floor nobody could read one for each piece."""
    row = row_of(shop, count_id)
    shown = _count(shop, row, who, told=True)
    if shown.hidden:
        return shown
    verdicts = shop.db.rows("verdicts", CountVerdict, count=row.count)
    return replace(shown, verdicts=tuple(_verdict(shop, each) for each in verdicts))


def summary(shop: Shop, count_id: CountId, who: Login) -> shapes.CountView:
    """Without its verdicts, however many there are; `lines` gives the first of them."""
    return _count(shop, row_of(shop, count_id), who, told=True)


def row_of(shop: Shop, count_id: CountId) -> CountRow:
    """Raises a 404 problem."""
    row = queries.count(shop.db, count_id)
    if row is None:
        raise missing("count", count_id)
    return row


def missed(shop: Shop) -> list[shapes.MissedView]:
    """Scheduled counts that did not begin, newest first."""
    rows = shop.db.rows("counts_missed_newest", CountMissedRow, limit=MISSED_SHOWN_MAX)
    return [shapes.MissedView(row.schedule, row.place, row.due_us, row.why, row.more) for row in rows]


def counts_to_learn(shop: Shop) -> int:
    """How many more counts must teach before one calls a piece missing."""
    return max(COUNTS_MIN - shop.store.counting.lore.lessons.counts, 0)


def how_it_ended(found: int, expected: int, tally: Mapping[Verdict, int]) -> str:
    """`789 of 791 found; 2 not read in this count: check them by hand.` Nothing unread is ever called found."""
    said = [f"{found:,} of {expected:,} found" if found < expected else f"All {expected:,} found"]
    for verdict, one, more in ENDINGS:
        if number := tally.get(verdict, 0):
            said.append(f"{number:,} {one if number == 1 else more}")
    return "; ".join(said) + "."


def zone_totals(totals: Iterable[CountTotal]) -> list[tuple[CountTotal, list[CountTotal]]]:
    """Trays of each zone added up, and what was added."""
    trays: dict[ZoneId, list[CountTotal]] = {}
    for each in totals:
        trays.setdefault(each.zone, []).append(each)
    return [(whole, trays[whole.zone]) for whole in by_zone(each for some in trays.values() for each in some)]


def _count(shop: Shop, row: CountRow, who: Login, *, told: bool) -> shapes.CountView:
    """`told`: with all that a list of counts does not say. No verdict is looked up, they are counted."""
    if hidden_from(row, who) or not hidden_zones(shop, who).isdisjoint(zones_of(row)):
        return _hidden(shop, row)  # an open count beside a blind one, or yesterday's, would tell its figures
    rows = queries.verdict_tally(shop.db, row.count)
    tally = {each.verdict: each.pieces for each in rows}
    ended = row.state in (CountState.FINISHED, CountState.APPROVED)
    now = shop.store.counting.now.get(row.count) if row.state in RUNNING else None
    last = shop.store.counting.now.get(row.count)
    tallies = last.zones if last else tuple((zone, 0, 0) for zone in zones_of(row))
    totals = totals_of(row)
    by_zone = {zone: (asked, found) for zone, asked, found in tallies}
    if not now and totals:
        by_zone = dict.fromkeys(zones_of(row), (0, 0))
        for each in totals:
            asked, found = by_zone.get(each.zone, (0, 0))
            by_zone[each.zone] = (asked + each.expected, found + each.found)
    counted = {each.zone: each.quantity for each in quantities_of(row)}
    unread_expected = now.unread_expected if now else row.unread_expected
    if ended:
        unread_expected = sum(each.hoped for each in rows if each.verdict in stocktake.TO_LOOK_FOR)
    return shapes.CountView(
        count=row.count,
        place=row.place,
        state=COUNT_WORDS.get(row.state, str(row.state)),
        zones=tuple(
            shapes.ZoneTallyView(zone=zone, expected=asked, found=found, counted=counted.get(zone))
            for zone, (asked, found) in by_zone.items()
        ),
        rounds=now.round if now else row.round,
        expected=row.expected if ended or not now else now.expected,
        found=now.found if now else row.found,
        p_complete=now.p_complete if now else row.p_complete,
        unread_expected=unread_expected,
        why_stopped=row.why_stopped,
        verdicts=(),
        value_minor=row.value_minor,
        weight_mg=row.weight_mg,
        currency=row.currency or shop.config.currency,
        unknown_tags=row.unknown_tags,
        started_us=row.started_us,
        sentence=how_it_ended(row.found, row.expected, tally) if ended and told else "",
        p_complete_by_hand=_by_hand(shop, row.count, tally),
        standing=standing_of(row, rows),
        to_look_for=sum(number for verdict, number in tally.items() if verdict in stocktake.TO_LOOK_FOR),
        why=row.why,
        due_us=row.due_us,
        blind=row.blind,
        number=row.number,
        recounting=tuple(recounting_of(row)),
        counted_by=tuple(counters_of(row)),
        approved_by=row.approved_by,
        took_s=row.took_s,
        unknown_more=row.unknown_more,
        left_s=now.left_s if now else None,
        slower=now.slower if now else "",
        needs=tuple(map(_needs, now.needs)) if now and told else (),
        look=now.look if now and told else "",
        totals=tuple(shapes.TotalView(**msgspec.structs.asdict(each)) for each in totals if told),
        tags=tuple(shapes.CountTagView(**msgspec.structs.asdict(each)) for each in tags_of(row) if told),
        looks=_looks(shop, row) if told else (),
        kinds=dict(tally),
    )


def _by_hand(shop: Shop, count: CountId, tally: Mapping[Verdict, int]) -> float | None:
    by_hand = [(verdict, 1.0) for verdict in tally if verdict is not Verdict.MISSING]
    gone = shop.db.rows("verdicts_missing", CountVerdict, count=count) if Verdict.MISSING in tally else []
    return stocktake.p_complete_by_hand([*by_hand, *((each.verdict, each.p_present) for each in gone)])


def _needs(zone: ZoneNeeds) -> shapes.NeedsView:
    return shapes.NeedsView(
        zone=zone.zone,
        unread=zone.unread,
        hoped=round(zone.hoped, 2),
        gone=zone.gone,
        untagged=zone.untagged,
        rounds=zone.rounds,
        sentence=zone.sentence(),
    )


def _hidden(shop: Shop, row: CountRow) -> shapes.CountView:
    """A blind count for whoever counts: how far it is, and no figure of books or readers."""
    now = shop.store.counting.now.get(row.count)
    running = row.state in RUNNING
    return shapes.CountView(
        count=row.count,
        place=row.place,
        state=COUNT_WORDS.get(row.state, str(row.state)),
        zones=tuple(shapes.ZoneTallyView(zone=zone, expected=0, found=0) for zone in zones_of(row)),
        rounds=now.round if now and running else row.round,
        expected=0,
        found=0,
        p_complete=0.0,
        unread_expected=0.0,
        why_stopped="",
        verdicts=(),
        value_minor=0,
        weight_mg=0,
        currency=shop.config.currency,
        unknown_tags=0,
        started_us=row.started_us,
        why=row.why,
        due_us=row.due_us,
        blind=row.blind,
        hidden=True,
        number=row.number,
        counted_by=tuple(counters_of(row)),
    )


def _looks(shop: Shop, row: CountRow) -> tuple[shapes.LookView, ...]:
    """Every look of this count as it ended, the first one first."""
    return tuple(
        shapes.LookView(
            number=look.number,
            zones=tuple(msgspec.json.decode(look.zones, type=list[ZoneId])),
            rounds=look.rounds,
            expected=look.expected,
            found=look.found,
            p_complete=look.p_complete,
            why_stopped=look.why_stopped,
            ended_us=look.ended_us,
        )
        for look in shop.db.rows("count_looks", CountLookRow, count=row.count)
    )


def _verdict(shop: Shop, verdict: CountVerdict) -> shapes.VerdictView:
    card = shop.store.stock.cards.get(verdict.piece) or replica.piece(shop.db, verdict.piece)
    return shapes.VerdictView(
        piece=verdict.piece,
        title=f"{card.title} ({card.sku})" if card else verdict.piece,
        verdict=verdict.verdict,
        zone=verdict.zone,
        p_present=verdict.p_present,
        note=verdict.note,
        at_us=verdict.at_us,
        tray=card.tray if card else "",
        weight_mg=card.weight_mg if card else 0,
        price_minor=card.price_minor if card else 0,
        photo=card.photo if card else "",
        category=card.category if card else "",
        by=verdict.by,
    )


class Lines(NamedTuple):
    """The first verdicts of a count, and how many more there are."""

    shown: tuple[shapes.VerdictView, ...] = ()
    more: int = 0


def lines(shop: Shop, of: shapes.CountView, only: str, most: int) -> Lines:
    """What is to be looked for first and the most valuable of it, with where that was read last; `only`: this kind."""
    if of.hidden:
        return Lines()
    first = shop.db.rows("verdicts_first", CountVerdict, count=of.count, only=only, most=most)
    shown = tuple(_seen(shop, _verdict(shop, each)) for each in first)
    asked = sum(number for verdict, number in of.kinds.items() if only in ("", verdict))
    return Lines(shown, asked - len(shown))


def _seen(shop: Shop, verdict: shapes.VerdictView) -> shapes.VerdictView:
    """With when and where a reader or a scanner read the piece last since the box started."""
    last = shop.store.stock.last_seen(PieceId(verdict.piece)) if verdict.verdict in stocktake.TO_LOOK_FOR else None
    if last is None:
        return verdict
    zone = "" if last.zone == NOWHERE else shop.config.zones[last.zone].name
    return replace(verdict, seen_us=shop.clock.wall_us() - (shop.clock.mono_us() - last.at_us), seen_zone=zone)
