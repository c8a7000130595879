"""Numbers of a box for `/metrics`: queues, readers, presence, rows. Nothing about people, nothing per piece."""

from collections.abc import Iterator

from contract.facts import ReaderLink, Vision
from edge.floor.now import UplinkNow
from edge.house import House, Mood
from edge.metrics import Sample
from edge.store import Store
from web.sse import Bulletin


def gauges(house: House, store: Store, bulletin: Bulletin, uplink: UplinkNow) -> Iterator[Sample]:
    """Every sample of this box, when somebody asks."""
    tally = house.tally
    yield Sample("vitrine_house_running", "1 while the house decides", float(house.mood is Mood.RUNNING))
    yield Sample("vitrine_acts_total", "acts run by the house", tally.acts_total)
    yield Sample("vitrine_acts_refused_busy_total", "acts refused: acts_pending_max", tally.acts_refused_busy_total)
    yield Sample("vitrine_ticks_total", "turns of the house", tally.ticks_total)
    yield Sample("vitrine_tick_seconds_total", "time spent in turns", tally.tick_us_total / 1e6)
    yield Sample("vitrine_tick_seconds_max", "longest turn since the start", tally.tick_us_max / 1e6)
    yield Sample("vitrine_disk_full_total", "writes refused by a full disk", tally.disk_full_total)
    yield from _floor(store)
    yield Sample("vitrine_uplink_up", "1 while the broker link stands", float(uplink.up))
    yield Sample("vitrine_event_listeners", "pages that listen", len(bulletin))
    yield Sample(
        "vitrine_event_listeners_refused_total", "pages refused: listeners_max", bulletin.listeners_refused_total
    )


def _floor(store: Store) -> Iterator[Sample]:
    pipeline, floor = store.pipeline, store.pipeline.floor
    intake, rounds, news = pipeline.intake, pipeline.rounds_tally, pipeline.news
    catalogue = store.stock.catalogue
    yield Sample("vitrine_reads_total", "tag reports looked up", intake.reads_total)
    yield Sample("vitrine_batches_dropped_total", "batches dropped: batches_pending_max", intake.batches_dropped_total)
    yield Sample("vitrine_rounds_witnessed_total", "reader rounds that count", rounds.witnessed_total)
    yield Sample("vitrine_rounds_unwitnessed_total", "reader rounds without a witness", rounds.unwitnessed_total)
    yield Sample("vitrine_round_reads_dropped_total", "reads dropped: reads_per_round_max", rounds.reads_dropped_total)
    yield Sample("vitrine_floor_facts_total", "floor facts written", news.facts_total)
    yield Sample("vitrine_floor_facts_dropped_total", "facts dropped: facts_pending_max", news.facts_dropped_total)
    yield Sample("vitrine_alarms_total", "alarms raised since the start", news.alarms_total)
    places = pipeline.places
    yield Sample("vitrine_place_windows_total", "windows that could say where pieces lie", places.windows_total)
    yield Sample("vitrine_place_windows_unwitnessed_total", "windows not used", places.windows_unwitnessed_total)
    yield Sample("vitrine_moves_total", "pieces that lie elsewhere than before", news.moves_total)
    yield Sample("vitrine_unknown_tags", "tags in the air that are no piece of ours", floor.unknown_tags)
    yield Sample("vitrine_unknown_reads_dropped_total", "dropped: unknown_epcs_max", catalogue.unknown_dropped_total)
    yield Sample("vitrine_alarm_threshold_nats", "evidence an alarm needs", floor.threshold_nats)
    if store.chronicle is not None:
        told = store.chronicle
        yield Sample("vitrine_history_stays_total", "stays written to the history", told.stays_written_total)
        yield Sample("vitrine_history_stays_lost_total", "stays lost: stays_pending_max", told.stays_lost_total)
        yield Sample("vitrine_history_writes_failed_total", "writes tried again", told.writes_failed_total)
    for reader in floor.readers:
        label = (("reader", str(reader.reader)),)
        reading = float(reader.link is ReaderLink.READING)
        yield Sample("vitrine_reader_reading", "1 while the reader reads", reading, label)
        yield Sample("vitrine_reader_reads_total", "tag reports of this reader", reader.reads_total, label)
        yield Sample("vitrine_reader_dropped_total", "tag reports that could not be read", reader.dropped_total, label)
    for zone in floor.zones:
        label = (("zone", str(zone.zone)),)
        seeing = float(zone.vision is Vision.SEEING)
        yield Sample("vitrine_zone_seeing", "1 while the zone can be judged", seeing, label)
        yield Sample("vitrine_zone_expected", "pieces that ought to be here", zone.expected, label)
        yield Sample("vitrine_zone_missing", "pieces missed here", zone.missing, label)
