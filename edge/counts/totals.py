"""Quantity, weight and value by zone and tray: expected, found, explained. What is left is the difference."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
import numpy as np

from contract.facts import CountTotal, CountVerdict, Verdict
from contract.feed import PieceCard
from contract.ids import PieceId, ZoneId
from edge.config import EdgeConfig
from edge.counts.running import Running
from edge.floor.stock import Stock
from trade.stocktake import FOUND

COLUMNS: Final = ("expected", "found", "explained")
UNITS: Final = ("", "_mg", "_minor")


def totals_of(
    config: EdgeConfig, stock: Stock, running: Running, verdicts: Mapping[PieceId, CountVerdict]
) -> list[CountTotal]:
    """Of what was expected at the start, by where it belonged then; what has no verdict was simply found."""
    told = [
        (home, card, verdicts.get(piece))
        for row, home in zip(running.rows.tolist(), running.home.tolist(), strict=True)
        if (piece := stock.catalogue.pieces[row]) is not None
        for card in [stock.cards.get(piece)]
    ]
    keys = [(config.zones[home].id, card.tray if card else "") for home, card, _ in told]
    places = sorted(set(keys))
    number = {place: at for at, place in enumerate(places)}
    place = np.array([number[key] for key in keys], np.intp)
    each = np.array([(1, card.weight_mg, card.price_minor) if card else (1, 0, 0) for _, card, _ in told], np.int64)
    found = np.array([said is None or said.verdict in FOUND for *_, said in told], np.bool_)
    explained = np.array([said is not None and said.verdict is Verdict.EXPLAINED for *_, said in told], np.bool_)
    sums = np.zeros((len(COLUMNS), len(places), 3), np.int64)
    for at, which in enumerate((np.ones(len(told), np.bool_), found, explained)):
        np.add.at(sums[at], place[which], each.reshape(-1, 3)[which])
    return [
        CountTotal(zone=zone, tray=tray, **_named(sums[:, at, :].tolist())) for at, (zone, tray) in enumerate(places)
    ]


def _named(sums: list[list[int]]) -> dict[str, int]:
    """Quantity, weight and value of each column, by the names they have in a fact."""
    return {
        f"{column}{unit}": value
        for column, values in zip(COLUMNS, sums, strict=True)
        for unit, value in zip(UNITS, values, strict=True)
    }


def adjusted(totals: Iterable[CountTotal], card: PieceCard | None, was: Verdict, now: Verdict) -> list[CountTotal]:
    """Totals after one piece's verdict became another, though its zone was not counted again."""
    kept = list(totals)
    mine = None if card is None else tray_of(kept, ZoneId(card.home_zone), card, was, now)
    return [rejudged(each, card, was, now) if each is mine else each for each in kept]


def rejudged(total: CountTotal, card: PieceCard | None, was: Verdict, now: Verdict) -> CountTotal:
    """A tray's total after the verdict of one of its pieces became another."""
    for column, verdicts in (("found", FOUND), ("explained", (Verdict.EXPLAINED,))):
        if step := (now in verdicts) - (was in verdicts):
            total = _plus(total, column, card, step)
    return total


def tray_of(
    totals: Iterable[CountTotal], zone: ZoneId, card: PieceCard | None, was: Verdict, now: Verdict
) -> CountTotal | None:
    """The total that a piece of this zone is part of. One that was put into another tray since is part of one that
    lacks a piece: no tray has more than was expected of it.
    """
    able = [each for each in totals if each.zone == zone and _sound(rejudged(each, card, was, now))]
    tray = card.tray if card else ""
    return next((each for each in able if each.tray == tray), able[0] if able else None)


def _sound(total: CountTotal) -> bool:
    return min(total.found, total.explained) >= 0 and total.found + total.explained <= total.expected


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
