"""One reader, as its page shows it."""

from dataclasses import dataclass
from typing import Final

from contract.ids import ReaderId
from edge.api import shapes
from edge.api import views as store_views
from edge.api.history import views as history_views
from edge.api.history.shapes import AntennaView
from edge.api.shop import DAY_US, Shop
from edge.history.questions import Span
from edge.history.rates import Rate
from edge.till import queries
from web.problems import ProblemError

GAPS_LOOKED_AT: Final = 500
GAPS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class PortView:
    """An antenna of the configuration, with where it looks and what it read in the last day."""

    port: str
    zone: str
    zone_name: str
    read: AntennaView | None
    """None: not told, or no round in the last day."""


@dataclass(frozen=True, slots=True)
class OneReaderView:
    """`why` says why the day's rates may not be all there is."""

    reader: shapes.ReaderView
    profile: str
    handheld: bool
    ports: tuple[PortView, ...]
    gaps: tuple[shapes.GapView, ...]
    why: str


async def one(shop: Shop, reader_id: ReaderId) -> OneReaderView:
    """Raises a 404 problem for a reader this store has not."""
    known = next((each for each in shop.config.readers if each.id == reader_id), None)
    shown = next((each for each in store_views.readers(shop) if each.reader == reader_id), None)
    if known is None or shown is None:
        raise ProblemError(404, "not-found", f"This store has no reader {reader_id}", "Choose one of its own readers.")
    to_us = shop.clock.wall_us()
    nothing: list[Rate] = []
    rates, why = await history_views.ask(shop, lambda history: history.read_rates(Span(to_us - DAY_US, to_us)), nothing)
    mine = history_views.antennas([rate for rate in rates if rate.reader == reader_id], history_views.clock(shop))
    read = {str(each.antenna): each for each in mine}
    names = {zone.id: zone.name for zone in shop.config.zones}
    gaps = [row for row in queries.gaps_newest(shop.db, GAPS_LOOKED_AT) if row.reader == reader_id][:GAPS_SHOWN]
    return OneReaderView(
        reader=shown,
        profile=known.profile,
        handheld=known.handheld,
        ports=tuple(
            PortView(port, zone, names.get(zone, str(zone)), read.get(port)) for port, zone in known.antennas.items()
        ),
        gaps=tuple(shapes.GapView(row.reader, row.from_us, row.until_us, row.why) for row in gaps),
        why=why,
    )
