"""What a client's card tells a store beside their profile: tier and perks, points, and what to show them next.

Nouns that know clients by id alone are asked here; the card is sealed with what they say (`cloud.pos.clients.slices`).
"""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from cloud.clienteling.next_piece import Piece
from cloud.ledger import day_of
from cloud.pos.clients.profile import Likes, Pin
from cloud.pos.clients.slices import Standings, Whose
from cloud.pos.loyalty import queries as loyalty
from cloud.pos.segments import queries as segments
from cloud.pos.segments import settings as tiers
from cloud.pos.suggestions import queries as suggestions
from cloud.pos.suggestions.pairs import Pairs
from cloud.pos.suggestions.queries import Pins
from cloud.work import Work
from contract.clients import ClientNext, ClientPoints, ClientStanding
from contract.ids import StoreId

NEXT_MAX: Final = 3
"""Pieces that a card names."""
KEPT_NEAR_MAX: Final = 100
"""Pieces of a store, those that came in last, that are weighed for each card of a whole slice: 50,000 of them are made
in one pass. Who is looked at with a line to the office is shown the best of all there are near.
"""


def pins_of(pins: Sequence[Pin]) -> Pins:
    told = {
        kind: tuple(each.text for each in pins if each.about is kind)
        for kind in (Likes.METAL, Likes.STONE, Likes.DESIGNER)
    }
    return Pins(*told.values())


class ClientStandings:
    """For the doors of stores; what styles go together is learnt once an hour."""

    def __init__(self) -> None:
        self._pairs = Pairs()

    def kept(self, work: Work, store: StoreId) -> Standings:
        """For cards that a store keeps: without a line to us it can give its own pieces alone."""
        return lambda whose: self._told(work, whose, suggestions.near(work.tx, store, itself=True, most=KEPT_NEAR_MAX))

    def seen(self, work: Work, store: StoreId) -> Standings:
        """For who is looked at now."""
        return lambda whose: self._told(work, whose, suggestions.near(work.tx, store))

    def _told(self, work: Work, whose: Sequence[Whose], near: Sequence[sa.RowMapping]) -> list[ClientStanding]:
        tx = work.tx
        every = sorted({each for one in whose for each in one.ids})
        stands, steps = segments.of_clients(tx, every), tiers.read(tx)
        rows = loyalty.accounts_of(tx, every, day_of(work.now_us))
        points = [row for row in rows if row.balance_minor > 0 and not row.blocked]
        found = []
        for one, ideas in zip(whose, self._next(work, whose, every, near), strict=True):
            mine = max((stands[each] for each in one.ids if each in stands), key=lambda of: of.tier, default=None)
            step = steps.step(mine.tier) if mine is not None else None
            told = ClientStanding(
                tier=step.name if step else "", since=mine.tier_since if mine and step else "",
                perks=step.perks if step else "", points=_points(one, points), next=ideas,
            )  # fmt: skip
            found.append(told)
        return found

    def _next(
        self, work: Work, whose: Sequence[Whose], every: Sequence[str], near: Sequence[sa.RowMapping]
    ) -> list[tuple[ClientNext, ...]]:
        bought: dict[str, list[Piece]] = {}
        head = {each: one.ids[0] for one in whose for each in one.ids}
        for who, each in suggestions.bought_by(work.tx, every):
            bought.setdefault(head[who], []).append(each)
        pairs = self._pairs.now(work)
        found = []
        for one in whose:
            mine = bought.get(one.ids[0], [])
            shown = suggestions.fitting(mine, near, pins_of(one.pins), pairs, at_most=NEXT_MAX)
            told = (
                ClientNext(
                    piece=each.piece, title=each.title, price_minor=each.price_minor, currency=each.currency,
                    store=each.store, reasons=each.reasons[:NEXT_MAX],
                )
                for each in shown
            )  # fmt: skip
            found.append(tuple(told))
        return found


def _points(one: Whose, rows: Sequence[loyalty.PointsRow]) -> tuple[ClientPoints, ...]:
    """Of all ids of a client, by currency; of what lapses, that which lapses first."""
    told: dict[str, ClientPoints] = {}
    for row in rows:
        if row.client not in one.ids:
            continue
        was = told.get(row.currency, ClientPoints(currency=row.currency, balance_minor=0))
        lapses = min(filter(None, (was.lapses, row.lapses)), default="")
        soon = sum(each.lapses_minor for each in (was, row) if each.lapses == lapses) if lapses else 0
        told[row.currency] = ClientPoints(
            currency=row.currency, balance_minor=was.balance_minor + row.balance_minor, lapses_minor=soon, lapses=lapses
        )
    return tuple(told[currency] for currency in sorted(told))
