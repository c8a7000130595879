"""Alarms as the store shows them."""

from collections.abc import Mapping, Sequence
from typing import Final

from contract.facts import AlarmKind
from contract.feed import PieceCard
from contract.ids import AlarmId, PieceId, ZoneId
from edge.api import shapes
from edge.api.blindness import hidden_zones
from edge.api.shop import Shop
from edge.api.views_pieces import missing, no_card, of_card
from edge.books import replica
from edge.books.rows import AlarmRow, AlarmState, pieces_of
from edge.floor import sentences
from edge.floor.alarms import words
from edge.till import queries
from web.logins import Login

PIECES_MAX: Final = 200
"""Of one alarm that are told."""
KEPT: Final = "A blind count is under way here; which pieces it is about is shown when its figures are in."


def alarms(shop: Shop, who: Login, *, everything: bool) -> list[shapes.AlarmView]:
    """Of zones whose figures are kept from this person only that there is an alarm."""
    rows = queries.alarms_newest(shop.db) if everything else queries.alarms_open(shop.db)
    return told(shop, who, rows)


def told(shop: Shop, who: Login, rows: Sequence[AlarmRow], pieces_max: int = PIECES_MAX) -> list[shapes.AlarmView]:
    """These alarms with the most valuable of their pieces."""
    hidden = hidden_zones(shop, who)
    names = {zone.id: zone.name for zone in shop.config.zones}
    return [_alarm(shop, row, hidden, names, pieces_max) for row in rows]


def alarm(shop: Shop, alarm_id: AlarmId, who: Login) -> shapes.AlarmView:
    row = shop.db.one("alarm", AlarmRow, alarm=alarm_id)
    if row is None:
        raise missing("alarm", alarm_id)
    return told(shop, who, [row], PIECES_MAX)[0]


def tells_of(shop: Shop, row: AlarmRow, hidden: frozenset[ZoneId]) -> bool:
    """Whether an alarm tells what is expected in one of these zones. What passes a gate is told whatever is counted."""
    if row.zone in hidden:
        return True
    cards = (replica.piece(shop.db, each) for each in pieces_of(row)) if row.kind is AlarmKind.BOOKS and hidden else ()
    return any(card is not None and card.home_zone in hidden for card in cards)


def _kept(row: AlarmRow, zone_name: str) -> shapes.AlarmView:
    return shapes.AlarmView(
        alarm=row.alarm,
        kind=row.kind,
        pieces=(),
        zone=row.zone,
        zone_name=zone_name,
        sentence=KEPT,
        why=KEPT,
        evidence_nats=0.0,
        rounds=0,
        value_minor=0,
        currency=row.currency,
        raised_us=row.raised_us,
        open=row.state is AlarmState.OPEN,
        outcome=row.outcome,
        note="",
        severity=row.severity,
        title=words.TITLES[row.kind],
        advice=words.ADVICE[row.kind],
        kept=True,
    )


def _most_valuable(cards: Mapping[PieceId, PieceCard | None], most: int) -> list[PieceId]:
    """The first `most` by price; a piece without a card comes last."""

    def price(each: PieceId) -> int:
        card = cards[each]
        return 0 if card is None else -card.price_minor

    return sorted(cards, key=price)[:most]


def _alarm(
    shop: Shop, row: AlarmRow, hidden: frozenset[ZoneId], names: Mapping[ZoneId, str], pieces_max: int
) -> shapes.AlarmView:
    zone_name = names.get(row.zone, str(row.zone))
    if tells_of(shop, row, hidden):
        return _kept(row, zone_name)
    cards = {each: replica.piece(shop.db, each) for each in pieces_of(row)}
    called = sentences.several([sentences.called(card, each) for each, card in cards.items()])
    return shapes.AlarmView(
        alarm=row.alarm,
        kind=row.kind,
        pieces=tuple(of_card(shop, cards[each] or no_card(each)) for each in _most_valuable(cards, pieces_max)),
        pieces_total=len(pieces_of(row)),
        zone=row.zone,
        zone_name=zone_name,
        sentence=row.sentence,
        why=sentences.beside_its_title(row.sentence, called, zone_name),
        evidence_nats=row.evidence_nats,
        rounds=row.rounds,
        value_minor=row.value_minor,
        currency=row.currency,
        raised_us=row.raised_us,
        open=row.state is AlarmState.OPEN,
        outcome=row.outcome,
        note=row.note,
        severity=row.severity,
        title=words.TITLES[row.kind],
        advice=words.ADVICE[row.kind],
    )
