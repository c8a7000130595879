"""Where a piece was, and who saw it last: the sightings of this box, then its history."""

from dataclasses import asdict
from typing import Final, TypedDict

from contract.ids import PieceId
from edge.api import shapes
from edge.api.shop import Shop
from edge.api.views_pieces import piece
from edge.floor.sightings import NOWHERE, SCANNER
from edge.history.stays import Stay
from edge.reconcile.presence.evidence import PRESENT, PRIOR_ROUNDS, UNKNOWN
from edge.store import Store

DAYS_SHOWN_MAX = 400
STAYS_SHOWN_MAX = 500
UNSURE_READS_DUE: Final = 5.0
"""Reads that were due since the last one: by chance alone one silence in a hundred and fifty is so long."""


async def story(shop: Shop, piece_id: PieceId, days: int) -> shapes.PieceStoryView:
    """Raises a 404 problem for a piece this store does not know."""
    shown = piece(shop, piece_id)
    stays, why = await shop.where_was(piece_id, max(1, min(days, DAYS_SHOWN_MAX)))
    if len(stays) > STAYS_SHOWN_MAX:
        why = f"only the newest {STAYS_SHOWN_MAX} stays are shown"
    at_us, zone, reader, antenna = _last_seen(shop, piece_id, stays)
    silence = await shop.on_house(lambda: _silence(shop.store, piece_id))
    return shapes.PieceStoryView(
        **asdict(shown),
        last_seen_us=at_us,
        last_seen_zone=zone,
        last_seen_by=reader,
        last_seen_antenna=antenna,
        stays=tuple(_stay(shop, stay) for stay in stays[:STAYS_SHOWN_MAX]),
        history_why=why,
        **silence,
    )


class Silence(TypedDict, total=False):
    """What presence knows of a piece; empty while it has not read it where it lies."""

    p: float
    known_rounds: int
    visibility: float
    silent_rounds: int
    reads_due: float
    unsure: bool


def _silence(store: Store, piece_id: PieceId) -> Silence:
    """On the house: the figures behind what an alarm about this piece would say."""
    row, evidence = store.stock.catalogue.row_of(piece_id), store.pipeline.evidence
    if row is None or row >= evidence.rows or evidence.state[row] == UNKNOWN or evidence.home[row] < 0:
        return Silence()
    p, seen = float(evidence.detectability()[row]), float(evidence.visibility[evidence.home[row]])
    rounds = int(evidence.silent_rounds[row])
    due = rounds * p * seen
    unsure = bool(evidence.state[row] == PRESENT) and due >= UNSURE_READS_DUE
    return Silence(
        p=round(p, 3),
        known_rounds=int(evidence.rounds[row] - PRIOR_ROUNDS),
        visibility=round(seen, 3),
        silent_rounds=rounds,
        reads_due=round(due, 1),
        unsure=unsure,
    )


def _last_seen(shop: Shop, piece_id: PieceId, stays: tuple[Stay, ...]) -> tuple[int | None, str, str, int]:
    """(wall µs, zone, reader or scanner, antenna). The antenna is the history's, of the same zone."""
    last = shop.store.stock.last_seen(piece_id)
    newest = max(stays, key=lambda stay: stay.to_us, default=None)
    if last is None:
        return (
            (None, "", "", 0)
            if newest is None
            else (newest.to_us, newest.zone, newest.reader or "scanner", newest.antenna)
        )
    zone = "" if last.zone == NOWHERE else str(shop.config.zones[last.zone].id)
    reader = "scanner" if last.reader == SCANNER else str(shop.config.readers[last.reader].id)
    antenna = newest.antenna if newest is not None and (newest.zone, newest.reader) == (zone, reader) else 0
    return shop.clock.wall_us() - (shop.clock.mono_us() - last.at_us), zone, reader, antenna


def _stay(shop: Shop, stay: Stay) -> shapes.StayView:
    names = {zone.id: zone.name for zone in shop.config.zones}
    return shapes.StayView(
        zone=stay.zone,
        zone_name=names.get(stay.zone, str(stay.zone)),
        from_us=stay.from_us,
        to_us=stay.to_us,
        rounds=stay.rounds,
        by=stay.reader or "scanner",
        antenna=stay.antenna,
    )
