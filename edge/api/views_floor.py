"""Counts and alarms as the store shows them."""

from contract.facts import CountVerdict, Verdict
from contract.ids import AlarmId, CountId
from edge.api import shapes
from edge.api.shop import Shop
from edge.api.views_pieces import bare, missing
from edge.books import replica
from edge.books.rows import AlarmRow, AlarmState, CountRow, pieces_of, zones_of
from edge.floor import sentences
from edge.floor.alarms import words
from edge.till import queries
from trade import stocktake
from trade.stocktake import CountState

COUNT_WORDS = {CountState.COUNTING: "running"}
ENDINGS = (
    (Verdict.CHECK_BY_HAND, "not read in this count: check it by hand", "not read in this count: check them by hand"),
    (Verdict.MISSING, "missing", "missing"),
    (Verdict.MISPLACED, "lies elsewhere", "lie elsewhere"),
    (Verdict.EXPLAINED, "away with our consent", "away with our consent"),
    (Verdict.UNEXPECTED, "more than expected lies there", "more than expected lie there"),
)


def counts(shop: Shop) -> list[shapes.CountView]:
    """Newest first; their verdicts are counted and not shown."""
    return [_count(shop, row, told=False) for row in queries.counts_newest(shop.db)]


def count(shop: Shop, count_id: CountId) -> shapes.CountView:
    row = queries.count(shop.db, count_id)
    if row is None:
        raise missing("count", count_id)
    return _count(shop, row, told=True)


def how_it_ended(found: int, expected: int, verdicts: tuple[CountVerdict, ...]) -> str:
    """`789 of 791 found; 2 not read in this count: check them by hand.` Nothing unread is ever called found."""
    said = [f"{found:,} of {expected:,} found" if found < expected else f"All {expected:,} found"]
    for verdict, one, more in ENDINGS:
        number = sum(each.verdict is verdict for each in verdicts)
        if number:
            said.append(f"{number:,} {one if number == 1 else more}")
    return "; ".join(said) + "."


def _count(shop: Shop, row: CountRow, *, told: bool) -> shapes.CountView:
    """`told`: with its verdicts."""
    verdicts = tuple(shop.db.rows("verdicts", CountVerdict, count=row.count))
    judged = [(each.verdict, each.p_present) for each in verdicts]
    ended = row.state in (CountState.FINISHED, CountState.APPROVED)
    now = shop.store.counting.now.get(row.count)
    tallies = now.zones if now else tuple((zone, 0, 0) for zone in zones_of(row))
    return shapes.CountView(
        count=row.count,
        place=row.place,
        state=COUNT_WORDS.get(row.state, str(row.state)),
        zones=tuple(shapes.ZoneTallyView(zone=zone, expected=asked, found=found) for zone, asked, found in tallies),
        rounds=row.round,
        expected=row.expected,
        found=row.found,
        p_complete=row.p_complete,
        unread_expected=row.unread_expected,
        why_stopped=row.why_stopped,
        verdicts=tuple(_verdict(shop, each) for each in verdicts if told and each.verdict is not Verdict.FOUND),
        value_minor=row.value_minor,
        weight_mg=row.weight_mg,
        currency=row.currency or shop.config.currency,
        unknown_tags=row.unknown_tags,
        started_us=row.started_us,
        sentence=how_it_ended(row.found, row.expected, verdicts) if ended and told else "",
        p_complete_by_hand=stocktake.p_complete_by_hand(judged),
        to_look_for=stocktake.to_look_for(judged),
    )


def _verdict(shop: Shop, verdict: CountVerdict) -> shapes.VerdictView:
    card = replica.piece(shop.db, verdict.piece)
    return shapes.VerdictView(
        piece=verdict.piece,
        title=f"{card.title} ({card.sku})" if card else verdict.piece,
        verdict=verdict.verdict,
        zone=verdict.zone,
        p_present=verdict.p_present,
        note=verdict.note,
    )


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
