"""A zone's history, asked in its pool and told in the store's own hours."""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from contract.facts import PresenceState
from contract.feed import PieceCard
from contract.ids import AlarmId, PieceId, ZoneId
from edge.api import views as store_views
from edge.api.blindness import hidden_zones
from edge.api.history import shapes
from edge.api.shop import DAY_US, HISTORY_WAIT_S, Shop
from edge.capture.around import Reads, around
from edge.capture.frames import CaptureError
from edge.capture.ring import of_alarm
from edge.history.duck import HistoryError
from edge.history.history import History
from edge.history.questions import By, Dwell, Span
from edge.history.rates import HOUR_US, Counted, Rate
from edge.store import Store
from edge.store.core import CAPTURE
from web.logins import Login
from web.problems import ProblemError

MISSING: Final = PresenceState.MISSING
DAYS_MAX: Final = 400
NEIGHBOURS_MAX: Final = 200
TRAYS_SHOWN_MAX: Final = 20
PIECES_SHOWN_MAX: Final = 10
PIECE_DAYS_MAX: Final = 31
"""Which pieces lay here longest is asked of the stays themselves, so of a month at most."""
Result = TypeVar("Result")


class Found(NamedTuple):
    """What the files say of one zone."""

    begin_us: int
    end_us: int
    """From where to where there are stays at all."""
    hours: list[Dwell]
    trays: list[Dwell]
    pieces: list[Dwell]
    rates: list[Rate]
    counted: list[Counted]


NOTHING: Final = Found(0, 0, [], [], [], [], [])


async def zone(shop: Shop, zone_id: ZoneId, days: int) -> shapes.ZoneHistoryView:
    """Raises a 404 problem for a zone this store has not."""
    names = {each.id: each.name for each in shop.config.zones}
    if zone_id not in names:
        raise ProblemError(404, "zone", f"This store has no zone {zone_id!r}", "Choose one of its own zones.")
    to_us = shop.clock.wall_us()
    span = Span(to_us - max(1, min(days, DAYS_MAX)) * DAY_US, to_us, zone_id)
    found, why = await ask(shop, lambda history: _of_zone(history, span), NOTHING)
    span = span._replace(from_us=max(span.from_us, found.begin_us))
    here = [one for one in found.counted if one.believed == zone_id]
    return shapes.ZoneHistoryView(
        zone=zone_id,
        zone_name=names[zone_id],
        days=days,
        from_us=span.from_us,
        to_us=span.to_us,
        piece_hours=sum(one.seconds for one in found.hours) / 3600,
        hours=_by_hour(found, span, clock(shop)),
        trays=_trays(found.trays),
        longest=tuple(_longest(shop, one) for one in found.pieces[:PIECES_SHOWN_MAX]),
        antennas=antennas(found.rates, clock(shop)),
        counted=sum(one.pieces for one in here),
        counted_here=sum(one.pieces for one in here if one.counted == zone_id),
        elsewhere=_elsewhere(here, zone_id, names),
        why=why,
    )


async def read_map(shop: Shop, days: int, who: Login) -> shapes.ReadMapView:
    """Every zone that a reader watched; those whose figures are kept from this person are left out."""
    days = max(1, min(days, DAYS_MAX))
    to_us = shop.clock.wall_us()
    nothing: list[Rate] = []
    rates, why = await ask(shop, lambda history: history.read_rates(Span(to_us - days * DAY_US, to_us)), nothing)
    hidden = hidden_zones(shop, who)
    names = {each.id: each.name for each in shop.config.zones if each.id not in hidden}
    return shapes.ReadMapView(days, _map_of(rates, names, clock(shop)), why)


async def alarm_reads(shop: Shop, alarm: AlarmId, who: Login) -> shapes.AlarmReadsView:
    """Raises a 404 problem for an alarm this store does not know; none of its reads are shown where it is kept from
    this person, as its pieces are.
    """
    shown = store_views.alarm(shop, alarm, who)
    if shown.kept:
        return shapes.AlarmReadsView(alarm, (), (), (), 0, shown.why)
    folder = shop.config.data_dir / CAPTURE
    cards = shop.store.stock.cards
    own = [cards[PieceId(piece.piece)] for piece in shown.pieces if piece.piece in cards]
    near = neighbours(shop.store, own)
    found, why = Reads(), ""
    try:
        found = await asyncio.get_running_loop().run_in_executor(
            shop.tape, lambda: around(of_alarm(folder, alarm), alarm, [card.epc for card in own], near[:NEIGHBOURS_MAX])
        )
    except CaptureError as error:
        why = str(error)
    if not found.at_s:
        why = why or "no capture is kept for this alarm"
    return shapes.AlarmReadsView(alarm, found.at_s, found.own, found.others, found.neighbours, why)


def neighbours(store: Store, own: Sequence[PieceCard]) -> list[str]:
    """EPCs of what lies in the trays of these pieces beside them.

    A mate that is missing too is none: it says nothing of how well the place could be seen.
    """
    trays, gone = {(card.home_zone, card.tray) for card in own}, store.pipeline.news.shown
    beside = (card for card in list(store.stock.cards.values()) if (card.home_zone, card.tray) in trays)
    return [
        card.epc
        for card in beside
        if card not in own and store.stock.status_of(card.piece).expected and gone.get(card.piece) is not MISSING
    ]


def _began(history: History, span: Span) -> int:
    """When the history did: sums are kept by whole hours, and the first of them begins before the first stay."""
    first = min((run.from_us for run in history.files()), default=span.from_us)
    stay = min((run.from_us for run in history.stays.all()), default=first)
    return stay if stay - first < HOUR_US else first


def _of_zone(history: History, span: Span) -> Found:
    """In the pool."""
    month = span._replace(from_us=max(span.from_us, span.to_us - PIECE_DAYS_MAX * DAY_US))
    return Found(
        begin_us=_began(history, span),
        end_us=max((run.to_us for run in history.files()), default=span.to_us),
        hours=history.dwell(span, By.HOUR),
        trays=history.dwell(span, By.TRAY),
        pieces=history.dwell(month, By.PIECE),
        rates=history.read_rates(span),
        counted=history.accuracy(span),
    )


async def ask(shop: Shop, question: Callable[[History], Result], otherwise: Result) -> tuple[Result, str]:
    """What the history answers, or else why it does not."""
    if shop.store.chronicle is None:
        return otherwise, "no history is kept here"
    asked = asyncio.get_running_loop().run_in_executor(shop.archive, question, shop.store.chronicle.history)
    try:
        return await asyncio.wait_for(asked, HISTORY_WAIT_S), shop.store.chronicle.history.why_less
    except HistoryError as error:
        return otherwise, str(error)
    except TimeoutError:
        return otherwise, f"the history did not answer within {HISTORY_WAIT_S:.0f} s; try again"


def clock(shop: Shop) -> Callable[[int], int]:
    """Hours since 1970 in UTC → the hour of the day where the store is."""
    zone = ZoneInfo(shop.config.time_zone)
    return lambda nth: dt.datetime.fromtimestamp(nth * 3600, zone).hour


def _by_hour(found: Found, span: Span, hour_of: Callable[[int], int]) -> tuple[shapes.HourView, ...]:
    """Pieces on average: piece-seconds over the seconds there were of that hour of the day.

    The first hour of all began when history did, and the last goes on: they have the seconds that were kept of them.
    """
    if not found.hours:
        return ()
    seconds, there = [0.0] * 24, [0.0] * 24
    end_us = min(span.to_us, found.end_us)
    for nth in range(span.from_us // HOUR_US, -(-end_us // HOUR_US)):
        kept_us = min((nth + 1) * HOUR_US, end_us) - max(nth * HOUR_US, found.begin_us)
        there[hour_of(nth)] += max(0, kept_us) / 1e6
    for one in found.hours:
        seconds[hour_of(int(one.key))] += one.seconds
    return tuple(shapes.HourView(h, seconds[h] / there[h] if there[h] else 0.0) for h in range(24))


def _trays(trays: list[Dwell]) -> tuple[shapes.TrayView, ...]:
    fullest = sorted(trays, key=lambda one: (-one.seconds, one.key))
    return tuple(shapes.TrayView(one.key, one.seconds / 3600) for one in fullest[:TRAYS_SHOWN_MAX])


def _longest(shop: Shop, one: Dwell) -> shapes.LongestView:
    card = shop.store.stock.cards.get(PieceId(one.key))
    return shapes.LongestView(one.key, "" if card is None else card.title, one.seconds / 3600)


def antennas(rates: list[Rate], hour_of: Callable[[int], int]) -> tuple[shapes.AntennaView, ...]:
    """Reads a round, of each antenna and by hour of the day."""
    sums: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for one in rates:
        day = sums.setdefault((one.reader, one.antenna), [(0, 0)] * 24)
        reads, rounds = day[hour_of(one.hour)]
        day[hour_of(one.hour)] = (reads + one.reads, rounds + one.rounds)
    told = {reader for reader, antenna in sums if antenna}
    return tuple(
        shapes.AntennaView(reader, antenna, _rate(*map(sum, zip(*day, strict=True))), tuple(_rate(*at) for at in day))
        for (reader, antenna), day in sorted(sums.items())
        if antenna or reader not in told
    )


def _map_of(
    rates: list[Rate], names: dict[ZoneId, str], hour_of: Callable[[int], int]
) -> tuple[shapes.ZoneRateView, ...]:
    """A zone's reads are those of all its antennas; its rounds are each reader's once, whatever its antennas."""
    reads: dict[str, list[int]] = {}
    rounds: dict[tuple[str, str, int], int] = {}
    for one in rates:
        reads.setdefault(one.zone, [0] * 24)[hour_of(one.hour)] += one.reads
        key = (one.zone, one.reader, one.hour)
        rounds[key] = max(rounds.get(key, 0), one.rounds)
    there: dict[str, list[int]] = {zone: [0] * 24 for zone in reads}
    for (zone, _, hour), count in rounds.items():
        there[zone][hour_of(hour)] += count
    return tuple(
        shapes.ZoneRateView(
            zone,
            name,
            _rate(sum(reads[zone]), sum(there[zone])),
            tuple(_rate(*at) for at in zip(reads[zone], there[zone], strict=True)),
        )
        for zone, name in names.items()
        if zone in reads
    )


def _rate(reads: int, rounds: int) -> float | None:
    return reads / rounds if rounds else None


def _elsewhere(here: list[Counted], zone_id: ZoneId, names: dict[ZoneId, str]) -> tuple[shapes.ElsewhereView, ...]:
    sums: dict[str, int] = {}
    for one in here:
        if one.counted != zone_id:
            sums[one.counted] = sums.get(one.counted, 0) + one.pieces
    most = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(shapes.ElsewhereView(zone, names.get(ZoneId(zone), zone), pieces) for zone, pieces in most)
