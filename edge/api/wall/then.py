"""The plan at a moment of the last hours, and what moved before it. A frame is made when it is asked for.

A frame costs one look at the house's open stays and one question to the history, however long the span is; so the span
is never drawn as a film that a small box would have to make beforehand.
"""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Final

from contract.facts import Vision
from contract.ids import PieceId, ReaderId, ZoneId
from edge.api import shapes
from edge.api import views as store_views
from edge.api.blindness import hidden_zones
from edge.api.shop import HISTORY_WAIT_S, Shop
from edge.api.wall.shapes import FrameView, MarkView, MoveView, SpanView
from edge.floor.alarms import words
from edge.history.duck import HistoryError
from edge.history.questions import Lay
from edge.till import queries
from web.logins import Login

HOURS_MAX: Final = 24
MINUTE_US: Final = 60 * 1_000_000
STEP_MIN: Final = 5
"""Minutes from one frame to the next, and how far back moves are looked for."""
MOVES_MAX: Final = 20
MARKS_MAX: Final = 40


async def frame(shop: Shop, who: Login, at_us: int) -> FrameView:
    """The store as it was read at `at_us`; without zones whose figures are kept from this person."""
    now, before, why = await _looks(shop, at_us, at_us - STEP_MIN * MINUTE_US)
    hidden = hidden_zones(shop, who)
    kept = {piece for piece, card in list(shop.store.stock.cards.items()) if card.home_zone in hidden} if hidden else ()
    shown = {piece: zone for piece, zone in now.items() if zone not in hidden and piece not in kept}
    earlier = {piece: zone for piece, zone in before.items() if zone not in hidden and piece not in kept}
    told = bool(now) == bool(before)  # else the history begins or ends between them, and no piece has moved for that
    moved = [piece for piece in shown.keys() | earlier.keys() if told and shown.get(piece) != earlier.get(piece)]
    prices = {piece: _price(shop, piece) for piece in moved}
    first = sorted(moved, key=lambda piece: (-prices[piece], piece))[:MOVES_MAX]
    return FrameView(
        at_us=at_us,
        pieces=dict(Counter(shown.values())),
        total=len(shown),
        moves=tuple(_move(shop, piece, earlier.get(piece), shown.get(piece)) for piece in first),
        moves_total=len(moved),
        why=why,
        told=told,
    )


async def _looks(shop: Shop, *moments: int) -> tuple[dict[PieceId, ZoneId], dict[PieceId, ZoneId], str]:
    """Both moments, and why they may lack something."""
    chronicle = shop.store.chronicle
    if chronicle is None:
        return {}, {}, "no history is kept here"
    young = await shop.on_house(lambda: [chronicle.lay_at(at_us) for at_us in moments])
    kept, why = [list[Lay]()] * len(moments), chronicle.history.why_less
    asked = asyncio.get_running_loop().run_in_executor(
        shop.archive, lambda: [chronicle.history.lay_at(at_us) for at_us in moments]
    )
    try:
        kept = await asyncio.wait_for(asked, HISTORY_WAIT_S)
    except HistoryError as error:
        why = str(error)
    except TimeoutError:
        why = f"the history did not answer within {HISTORY_WAIT_S:.0f} s; try again"
    first, second = (placed([*old, *new]) for old, new in zip(kept, young, strict=True))
    return first, second, why


def placed(lays: list[Lay]) -> dict[PieceId, ZoneId]:
    """Each piece in one zone: the one whose stay had most rounds, for a neighbour's antenna overhears a few."""
    best: dict[PieceId, Lay] = {}
    for lay in lays:
        known = best.get(lay.piece)
        if known is None or (lay.rounds, lay.zone) > (known.rounds, known.zone):
            best[lay.piece] = lay
    return {piece: lay.zone for piece, lay in best.items()}


def span_of(shop: Shop, hours: int, until_us: int, nth: int | None) -> SpanView:
    """The span a person looks at: hours that end at `until_us`, and the moment they chose of it, the last by default.

    Nobody looks into the future, and further back than `HOURS_MAX` the history of a zone tells more.
    """
    now_us = shop.clock.wall_us()
    step_us = MINUTE_US * (1 if hours == 1 else STEP_MIN)
    until_us = min(until_us or now_us, now_us) // MINUTE_US * MINUTE_US
    steps = hours * 3600 * 1_000_000 // step_us
    chosen = steps if nth is None else max(0, min(nth, steps))
    from_us = until_us - steps * step_us
    return SpanView(
        hours=hours,
        from_us=from_us,
        until_us=until_us,
        steps=steps,
        nth=chosen,
        at_us=from_us + chosen * step_us,
        step_us=step_us,
        latest=now_us - until_us < step_us,
    )


def zones_then(shop: Shop, at_us: int) -> tuple[shapes.ZoneView, ...]:
    """The zones as they stood: blind where every reader of a zone was in a gap, and nothing called missing."""
    dark = {gap.reader: gap.why for gap in queries.gaps_at(shop.db, at_us)}
    dark |= {each.reader: each.why for each in shop.floor.readers if each.dark_since_us and each.dark_since_us <= at_us}
    eyes: dict[str, list[ReaderId]] = {}
    for reader in shop.config.readers:
        for zone in set(reader.antennas.values()):
            eyes.setdefault(zone, []).append(reader.id)
    blind = {zone: dark[readers[0]] for zone, readers in eyes.items() if all(each in dark for each in readers)}
    return tuple(
        replace(
            zone,
            vision=Vision.BLIND if zone.zone in blind else Vision.SEEING,
            why=blind.get(zone.zone, ""),
            missing=0,
        )
        for zone in store_views.zones(shop)
    )


def marks(shop: Shop, span: SpanView) -> tuple[MarkView, ...]:
    """Alarms of the span: when they were raised is where one wants to look."""
    rows = queries.alarms_between(shop.db, span.from_us, span.until_us + span.step_us, MARKS_MAX)
    return tuple(
        MarkView(
            alarm=row.alarm,
            title=words.TITLES[row.kind],
            at_us=row.raised_us,
            nth=min(span.steps, -(-(row.raised_us - span.from_us) // span.step_us)),
        )
        for row in reversed(rows)
    )


def _price(shop: Shop, piece: PieceId) -> int:
    card = shop.store.stock.cards.get(piece)
    return 0 if card is None else card.price_minor


def _move(shop: Shop, piece: PieceId, before: ZoneId | None, after: ZoneId | None) -> MoveView:
    names = {zone.id: zone.name for zone in shop.config.zones}
    card = shop.store.stock.cards.get(piece)
    return MoveView(
        piece=piece,
        title=str(piece) if card is None else card.title,
        price_minor=_price(shop, piece),
        from_name="" if before is None else names.get(before, str(before)),
        to_name="" if after is None else names.get(after, str(after)),
    )
