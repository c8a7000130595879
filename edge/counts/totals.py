"""Quantity, weight and value by zone and tray: expected, found, explained. What is left is the difference."""

from collections.abc import Iterable, Mapping

import msgspec

from contract.facts import CountTotal, CountVerdict, Verdict
from contract.feed import PieceCard
from contract.ids import PieceId, ZoneId
from edge.config import EdgeConfig
from edge.counts.running import Running
from edge.floor.stock import Stock
from trade.stocktake import FOUND


def totals_of(
    config: EdgeConfig, stock: Stock, running: Running, verdicts: Mapping[PieceId, CountVerdict]
) -> list[CountTotal]:
    """Of what was expected at the start, by where it belonged then; what has no verdict was simply found."""
    sums: dict[tuple[ZoneId, str], CountTotal] = {}
    for row, home in zip(running.rows.tolist(), running.home.tolist(), strict=True):
        piece = stock.catalogue.pieces[row]
        if piece is None:
            continue
        card = stock.cards.get(piece)
        zone, tray = config.zones[home].id, card.tray if card else ""
        said = verdicts.get(piece)
        total = sums.get((zone, tray), CountTotal(zone=zone, tray=tray))
        total = _plus(total, "expected", card, 1)
        if said is None or said.verdict in FOUND:
            total = _plus(total, "found", card, 1)
        elif said.verdict is Verdict.EXPLAINED:
            total = _plus(total, "explained", card, 1)
        sums[zone, tray] = total
    return [sums[key] for key in sorted(sums)]


def adjusted(totals: Iterable[CountTotal], card: PieceCard | None, was: Verdict, now: Verdict) -> list[CountTotal]:
    """Totals after one piece's verdict became another, though its zone was not counted again."""
    steps = (was in FOUND, now in FOUND)
    if card is None or steps[0] == steps[1]:
        return list(totals)
    sign = 1 if steps[1] else -1
    mine = (ZoneId(card.home_zone), card.tray)
    return [_plus(each, "found", card, sign) if (each.zone, each.tray) == mine else each for each in totals]


def by_zone(totals: Iterable[CountTotal]) -> list[CountTotal]:
    """Trays of a zone added up, zones in the order they come."""
    sums: dict[ZoneId, CountTotal] = {}
    for each in totals:
        so_far = sums.get(each.zone, CountTotal(zone=each.zone))
        numbers = {
            name: getattr(so_far, name) + getattr(each, name)
            for name in CountTotal.__struct_fields__
            if name not in ("zone", "tray")
        }
        sums[each.zone] = CountTotal(zone=each.zone, **numbers)
    return list(sums.values())


def _plus(total: CountTotal, column: str, card: PieceCard | None, sign: int) -> CountTotal:
    """One piece more or less in a column's quantity, weight and value."""
    more = {column: sign}
    if card is not None:
        more |= {f"{column}_mg": sign * card.weight_mg, f"{column}_minor": sign * card.price_minor}
    return msgspec.structs.replace(total, **{name: getattr(total, name) + step for name, step in more.items()})
