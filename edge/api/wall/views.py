"""The wall as it stands: few alarms in full, the next ones as lines, the plan, and the month's reckoning."""

from typing import Any, Final

from contract.facts import Vision
from contract.ids import AlarmId, PieceId, UserId
from edge.api import shapes, views
from edge.api.shop import Shop
from edge.api.wall.shapes import AlarmsPage, FloorView, HeedView, StepView, TrailView, WallView
from edge.api.ways import YOUNG_US, Way, way
from edge.books import replica
from edge.books.rows import AlarmState
from edge.history.stays import joined
from edge.till import queries
from web.logins import Login

CARDS_MAX: Final = 2
ROWS_MAX: Final = 6
CLOSED_MAX: Final = 4
PIECES_MAX: Final = 4
"""Of one alarm, the most valuable."""
ROW_PIECES_MAX: Final = 2
PAGE_ALARMS: Final = 50
GROWING_US: Final = 30 * 1_000_000
"""So long after an alarm its piece may be read at the next antenna, and nothing else of the floor changes by it."""
MONTH_US: Final = 30 * 24 * 3600 * 1_000_000


Zones = tuple[shapes.ZoneView, ...]


async def wall(shop: Shop, who: Login, zones: Zones | None = None) -> WallView:
    """All of it. What it costs does not grow with the alarms there are. `zones`: where they were looked up already."""
    loudest = views.told(shop, who, queries.alarms_open(shop.db, CARDS_MAX + ROWS_MAX), PIECES_MAX)
    cards = tuple(loudest[:CARDS_MAX])
    newest = queries.alarms_paged(shop.db, AlarmState.CLOSED, limit=CLOSED_MAX)
    tally = queries.alarms_tally(shop.db, shop.clock.wall_us() - MONTH_US)
    return WallView(
        cards=cards,
        rows=tuple(loudest[CARDS_MAX:]),
        open_total=tally.open,
        growing=any(shop.clock.wall_us() - alarm.raised_us < GROWING_US for alarm in cards),
        heeded=_heeded(shop, loudest),
        closed=tuple(views.told(shop, who, newest, 1)),
        **await _floor(shop, zones or views.zones(shop, who), cards, tally),
    )


async def floor(shop: Shop, who: Login, zones: Zones) -> FloorView:
    """Without the words about alarms: a page asks for it several times a second while the floor moves."""
    cards = tuple(views.told(shop, who, queries.alarms_open(shop.db, CARDS_MAX), 1))
    tally = queries.alarms_tally(shop.db, shop.clock.wall_us() - MONTH_US)
    return FloorView(**await _floor(shop, zones, cards, tally))


async def _floor(
    shop: Shop, zones: Zones, cards: tuple[shapes.AlarmView, ...], tally: queries.AlarmTally
) -> dict[str, Any]:
    guarded = [zone for zone in zones if zone.expected]
    return {
        "trails": await _trails(shop, cards),
        "blind": tuple(zone for zone in zones if zone.vision is Vision.BLIND),
        "tallies": {zone.zone: (zone.present, zone.expected) for zone in guarded},
        "present": sum(zone.present for zone in guarded),
        "expected": sum(zone.expected for zone in guarded),
        "hard_to_read": sum(zone.hard_to_read for zone in guarded),
        "not_read_yet": sum(zone.not_read_yet for zone in guarded),
        "month_total": tally.lately,
        "month_false": tally.false_lately,
    }


def page(shop: Shop, who: Login, number: int, state: AlarmState | None) -> AlarmsPage:
    """`state` None: open ones and closed ones; number 1 is the newest page."""
    number = max(1, number)
    rows = queries.alarms_paged(shop.db, state, limit=PAGE_ALARMS + 1, skip=(number - 1) * PAGE_ALARMS)
    found = views.told(shop, who, rows, ROW_PIECES_MAX)
    tally = queries.alarms_tally(shop.db, shop.clock.wall_us() - MONTH_US)
    return AlarmsPage(tuple(found[:PAGE_ALARMS]), number, len(found) > PAGE_ALARMS, tally.open)


def heed(shop: Shop, alarm: AlarmId, who: Login) -> None:
    """This person looks after it. Raises a 404 problem for an alarm that is not there."""
    views.alarm(shop, alarm, who)
    shop.heeding.take(alarm, who.user, shop.clock.wall_us())
    shop.bulletin.tell("alarms")


def _heeded(shop: Shop, alarms: list[shapes.AlarmView]) -> dict[str, HeedView]:
    found = {}
    for alarm in alarms:
        heed = shop.heeding.of(alarm.alarm)
        if heed is not None:
            person = replica.staff(shop.db, UserId(heed.by))
            found[alarm.alarm] = HeedView(heed.by, person.name if person else str(heed.by), heed.since_us)
    return found


async def _trails(shop: Shop, cards: tuple[shapes.AlarmView, ...]) -> tuple[TrailView, ...]:
    """Of the most valuable piece of each alarm that is drawn; none of what is kept from this person."""
    names = {zone.id: zone.name for zone in shop.config.zones}
    found = []
    for nth, alarm in enumerate(cards):
        if not alarm.pieces:
            continue
        piece = alarm.pieces[0].piece
        steps = await _way(shop, alarm, PieceId(piece))
        shown = tuple(StepView(zone, names.get(zone, str(zone)), at_us) for zone, at_us in steps)
        found.append(TrailView(alarm.alarm, piece, nth, shown))
    return tuple(found)


async def _way(shop: Shop, alarm: shapes.AlarmView, piece: PieceId) -> Way:
    """A young alarm's piece may still be read somewhere, and its stays are in memory; later they are on the disk."""
    now_us, young = shop.clock.mono_us(), shop.clock.wall_us() - alarm.raised_us < YOUNG_US
    known, chronicle = shop.ways.known(alarm.alarm, now_us), shop.store.chronicle
    if known is not None or chronicle is None:
        return known or ()
    if young:
        stays = joined(await shop.on_house(lambda: chronicle.recent(piece)))
    else:
        stays = list((await shop.where_was(piece, 1))[0])
    found = way(stays, alarm.raised_us, alarm.zone)
    return shop.ways.keep(alarm.alarm, found, now_us, stands=not young)
