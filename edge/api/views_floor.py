"""Alarms as the store shows them."""

from contract.ids import AlarmId
from edge.api import shapes
from edge.api.shop import Shop
from edge.api.views_pieces import bare, missing
from edge.books import replica
from edge.books.rows import AlarmRow, AlarmState, pieces_of
from edge.floor import sentences
from edge.floor.alarms import words
from edge.till import queries


def alarms(shop: Shop, *, everything: bool) -> list[shapes.AlarmView]:
    rows = queries.alarms_newest(shop.db) if everything else queries.alarms_open(shop.db)
    return [_alarm(shop, row) for row in rows]


def alarm(shop: Shop, alarm_id: AlarmId) -> shapes.AlarmView:
    row = shop.db.one("alarm", AlarmRow, alarm=alarm_id)
    if row is None:
        raise missing("alarm", alarm_id)
    return _alarm(shop, row)


def _alarm(shop: Shop, row: AlarmRow) -> shapes.AlarmView:
    names = {zone.id: zone.name for zone in shop.config.zones}
    zone_name = names.get(row.zone, str(row.zone))
    called = sentences.several([sentences.called(replica.piece(shop.db, each), each) for each in pieces_of(row)])
    return shapes.AlarmView(
        alarm=row.alarm,
        kind=row.kind,
        pieces=tuple(bare(shop, each) for each in pieces_of(row)),
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
