"""Numbers of a box for `/metrics`: queues, readers, presence, rows. Nothing about people, nothing per piece."""

from collections.abc import Iterator, Sequence
from typing import Final

from contract.facts import ReaderLink, Vision
from contract.ids import ZoneId
from edge.blobs import BlobCache
from edge.clients.slice import Slice
from edge.clock import Clock
from edge.floor.now import MirrorNow, UplinkNow, ZoneNow
from edge.house import House, Mood
from edge.paperwork import Paperwork
from edge.payments.driver import Driver
from edge.readers.health import Health
from edge.receipts import counter
from edge.store import Store
from edge.sync.tally import UplinkTally
from edge.tags import press
from edge.tags.writer import Tally
from edge.till.approvals import Approvals
from web.attempts import Attempts
from web.metrics import Sample
from web.sse import Bulletin


def house_gauges(house: House) -> Iterator[Sample]:
    tally = house.tally
    yield Sample("vitrine_house_running", "1 while the house decides", float(house.mood is Mood.RUNNING))
    yield Sample("vitrine_acts_total", "acts run by the house", tally.acts_total)
    yield Sample("vitrine_acts_refused_busy_total", "acts refused: acts_pending_max", tally.acts_refused_busy_total)
    yield Sample("vitrine_ticks_total", "turns of the house", tally.ticks_total)
    yield Sample("vitrine_tick_seconds_total", "time spent in turns", tally.tick_us_total / 1e6)
    yield Sample("vitrine_tick_seconds_max", "longest turn since the start", tally.tick_us_max / 1e6)
    yield Sample("vitrine_disk_full_total", "writes refused by a full disk", tally.disk_full_total)


def _place_gauges(store: Store) -> Iterator[Sample]:
    places = store.pipeline.places
    calibrated = places.calibrated
    windows, moves = (calibrated.windows_total, calibrated.finder.moves_total) if calibrated is not None else (0, 0)
    yield Sample("vitrine_calibrated_windows_total", "windows placed by the calibration in use", windows)
    yield Sample("vitrine_calibrated_moves_total", "pieces whose signature changed", moves)
    dropped = store.zoning.calibration.pending_dropped_total
    yield Sample("vitrine_walk_batches_dropped_total", "reads of the reference tray that found no room", dropped)
    yield Sample("vitrine_place_windows_total", "windows that could say where pieces lie", places.windows_total)
    yield Sample("vitrine_place_windows_unwitnessed_total", "windows not used", places.windows_unwitnessed_total)


def floor_gauges(store: Store, blind: frozenset[ZoneId]) -> Iterator[Sample]:
    """`blind`: zones that are counted blind, whose figures nobody is told: whoever counts may read this too."""
    pipeline, floor = store.pipeline, store.pipeline.floor
    intake, rounds, news = pipeline.intake, pipeline.rounds_tally, pipeline.news
    catalogue = store.stock.catalogue
    yield Sample("vitrine_reads_total", "tag reports looked up", intake.reads_total)
    yield Sample("vitrine_batches_dropped_total", "batches dropped: batches_pending_max", intake.batches_dropped_total)
    yield Sample("vitrine_rounds_witnessed_total", "reader rounds that count", rounds.witnessed_total)
    yield Sample("vitrine_rounds_unwitnessed_total", "reader rounds without a witness", rounds.unwitnessed_total)
    yield Sample("vitrine_gaps_short_total", "gaps in coverage under a second", pipeline.gaps_short_total)
    yield Sample("vitrine_round_reads_dropped_total", "reads dropped: reads_per_round_max", rounds.reads_dropped_total)
    yield Sample("vitrine_floor_facts_total", "floor facts written", news.facts_total)
    yield Sample("vitrine_floor_facts_dropped_total", "facts dropped: facts_pending_max", news.facts_dropped_total)
    yield Sample("vitrine_alarms_total", "alarms raised since the start", news.alarms_total)
    watch = pipeline.watch
    yield Sample("vitrine_alarms_muted_total", "not raised: a delivery was under way", watch.deliveries.muted_total)
    yield Sample("vitrine_exits_peaceful_total", "passages that raised nothing", watch.exits.peaceful_total)
    dropped = watch.returned.dropped_total
    yield Sample("vitrine_returned_dropped_total", "pieces that came back, not followed: followed_max", dropped)
    yield Sample("vitrine_tids_dropped_total", "tags' own numbers: tids_pending_max", intake.tids_dropped_total)
    yield Sample("vitrine_unknown_heard_total", "different unknown EPCs heard", catalogue.unknown_heard_total)
    unsealed = store.till_logs_unsealed_total
    yield Sample("vitrine_till_logs_unsealed_total", "logs told by tills that no box of ours gave out", unsealed)
    held, let_go = pipeline.inputs.changes_held_total, pipeline.signals.alarms_let_go_total
    yield Sample("vitrine_input_changes_held_total", "not told one by one: changes_per_minute_max", held)
    yield Sample("vitrine_signal_alarms_let_go_total", "alarms no lamp follows: alarms_shown_max", let_go)
    yield from _place_gauges(store)
    yield Sample("vitrine_moves_total", "pieces that lie elsewhere than before", news.moves_total)
    yield Sample("vitrine_unknown_tags", "tags in the air that are no piece of ours", floor.unknown_tags)
    strangers = pipeline.strangers
    yield Sample("vitrine_unknown_tags_lying", "of them in a zone, strays left out", floor.unknown_lying)
    yield Sample("vitrine_strays_total", "unknown tags left out, minute by minute: next door's", strangers.strays_total)
    yield Sample("vitrine_strangers_dropped_total", "not followed: notes_max, pending_max", strangers.dropped_total)
    strange = store.passes.unknown_dropped_total
    yield Sample("vitrine_pass_unknown_dropped_total", "strange tags not kept: unknown_tags_max", strange)
    yield Sample("vitrine_unknown_reads_dropped_total", "dropped: unknown_epcs_max", catalogue.unknown_dropped_total)
    yield Sample(
        "vitrine_near_reads_dropped_total", "dropped at pads and gates: pieces_max", pipeline.near_reads_dropped_total
    )
    yield Sample("vitrine_alarm_threshold_nats", "evidence an alarm needs", floor.threshold_nats)
    if store.chronicle is not None:
        told = store.chronicle
        yield Sample("vitrine_history_stays_total", "stays written to the history", told.stays_written_total)
        yield Sample("vitrine_history_stays_lost_total", "stays lost: stays_pending_max", told.stays_lost_total)
        yield Sample("vitrine_history_sums_lost_total", "rates and counts lost: sums_pending_max", told.sums_lost_total)
        yield Sample("vitrine_history_writes_failed_total", "writes tried again", told.writes_failed_total)
        yield Sample("vitrine_history_tidies_failed_total", "times it was not tidied", told.tidies_failed_total)
        yield Sample("vitrine_history_bytes", "on the disk, when it was last tidied", told.history.bytes)
        yield Sample("vitrine_history_files_damaged", "cannot be read, set aside as .damaged", told.history.damaged)
        yield Sample("vitrine_history_clock_set_back_total", "wrong dates set right", told.clock_set_back_total)
        yield Sample("vitrine_history_files_dropped_total", "for age or size: days, mib", told.history.dropped_total)
    yield from _zone_gauges(floor.zones, blind)


def _zone_gauges(zones: Sequence[ZoneNow], blind: frozenset[ZoneId]) -> Iterator[Sample]:
    for zone in zones:
        label = (("zone", str(zone.zone)),)
        seeing = float(zone.vision is Vision.SEEING)
        yield Sample("vitrine_zone_seeing", "1 while the zone can be judged", seeing, label)
        if zone.zone in blind:
            continue
        yield Sample("vitrine_zone_expected", "pieces that ought to be here", zone.expected, label)
        yield Sample("vitrine_zone_missing", "pieces missed here", zone.missing, label)


def capture_gauges(store: Store) -> Iterator[Sample]:
    """What became of what the pipeline heard."""
    if store.recorder is not None:
        kept = store.recorder
        yield Sample("vitrine_capture_segments_total", "files of the capture begun", kept.segments_total)
        yield Sample("vitrine_capture_events_lost_total", "not captured: events_pending_max", kept.events_lost_total)
        yield Sample("vitrine_capture_writes_failed_total", "writes of the capture lost", kept.writes_failed_total)
        yield Sample("vitrine_capture_stills_failed_total", "files without memory", kept.stills_failed_total)


CLOCK_OFFSET: Final = "our UTC − the reader's, or our monotonic time − the uptime it tells"


def reader_gauges(readers: Sequence[Health], clock: Clock) -> Iterator[Sample]:
    utc_ahead_us = clock.wall_us() - clock.mono_us()
    for reader in readers:
        label = (("reader", str(reader.reader)),)
        reading = float(reader.link is ReaderLink.READING)
        yield Sample("vitrine_reader_reading", "1 while the reader reads", reading, label)
        waits = float(bool(reader.waits_for))
        yield Sample("vitrine_reader_waiting", "1 while it waits for its input", waits, label)
        yield Sample("vitrine_reader_connects_total", "connections made", reader.connects_total, label)
        yield Sample("vitrine_reader_bytes_total", "bytes received", reader.bytes_total, label)
        yield Sample("vitrine_reader_reads_total", "tag reports of this reader", reader.reads_total, label)
        yield Sample("vitrine_reader_dropped_total", "tag reports that could not be read", reader.dropped_total, label)
        yield Sample("vitrine_reader_exceptions_total", "troubles it told of itself", reader.exceptions_total, label)
        yield Sample("vitrine_reader_bytes_skipped_total", "bytes of no message", reader.bytes_skipped_total, label)
        yield Sample("vitrine_reader_unknown_total", "parameters we do not know", reader.unknown_total, label)
        for kind, times in reader.unknown_kinds:
            kinds = (*label, ("kind", kind))
            yield Sample("vitrine_reader_unknown_kinds_total", "of each kind: unknown_kinds_max", times, kinds)
        outputs = reader.outputs_refused_total
        yield Sample("vitrine_reader_outputs_refused_total", "outputs it would not set", outputs, label)
        refused = reader.accesses_refused_total
        yield Sample("vitrine_reader_accesses_total", "accesses to tags", reader.accesses_total, label)
        yield Sample("vitrine_reader_accesses_failed_total", "those not done", reader.accesses_failed_total, label)
        yield Sample("vitrine_reader_accesses_refused_total", "not taken: accesses_pending_max", refused, label)
        yield Sample("vitrine_reader_overflows_total", "report buffers run over", reader.overflows_total, label)
        yield Sample("vitrine_reader_buffer_warnings_total", "of its buffer", reader.buffer_warnings_total, label)
        yield Sample("vitrine_reader_surveys_total", "RF surveys it told of", reader.surveys_total, label)
        if reader.survey_loudest is not None:
            khz, dbm = reader.survey_loudest
            at = (*label, ("khz", str(khz)))
            yield Sample("vitrine_reader_survey_loudest_dbm", "peak of the last survey", dbm, at)
        yield Sample("vitrine_reader_clock_jumps_total", "jumps of its clock", reader.clock_jumps_total, label)
        if reader.clock_offset_us is not None:
            behind_s = (reader.clock_offset_us + (0 if reader.clock_is_uptime else utc_ahead_us)) / 1e6
            yield Sample("vitrine_reader_clock_offset_seconds", CLOCK_OFFSET, behind_s, label)
        yield Sample(
            "vitrine_reader_messages_lost_total", "lost: messages_pending_max", reader.messages_lost_total, label
        )
        yield Sample("vitrine_reader_late_total", "tag reports that came too late to count", reader.late_total, label)
        yield Sample("vitrine_reader_retained_total", "messages older than our link", reader.retained_total, label)
        held = reader.messages_held_total
        forgotten = reader.shapes_forgotten_total
        yield Sample("vitrine_reader_resyncs_total", "times its bytes made no message", reader.resyncs_total, label)
        yield Sample("vitrine_reader_stamps_dropped_total", "uptime among UTC", reader.stamps_dropped_total, label)
        yield Sample("vitrine_reader_shapes_forgotten_total", "of tag reports: shapes_max", forgotten, label)
        yield Sample("vitrine_reader_messages_held_total", "messages that waited: messages_per_tick_max", held, label)


def mirror_gauges(mirror: MirrorNow, mono_us: int) -> Iterator[Sample]:
    if mirror.configured:
        yield Sample(
            "vitrine_mirror_up", "1 while the mirror of the journal is written", float(not mirror.trouble(mono_us))
        )
        behind_s = mirror.behind_us(mono_us) / 1e6
        yield Sample("vitrine_mirror_behind_seconds", "since the mirror had everything last", behind_s)
        yield Sample("vitrine_mirror_rows_total", "rows written to the mirror", mirror.rows_total)
        yield Sample("vitrine_mirror_errors_total", "times the mirror could not be written", mirror.errors_total)


def link_gauges(uplink: UplinkNow, link: UplinkTally, store: Store) -> Iterator[Sample]:
    yield Sample("vitrine_uplink_up", "1 while the broker link stands", float(uplink.up))
    unknown = float(bool(store.unknown_command))
    yield Sample("vitrine_uplink_command_unknown", "1 while a command waits for an upgrade of this box", unknown)
    unbelieved = store.sync.acks_unbelieved_total
    yield Sample("vitrine_uplink_acks_unbelieved_total", "of another log than we wrote", unbelieved)
    yield Sample("vitrine_uplink_connects_total", "connections to the broker", link.connects_total)
    yield Sample("vitrine_uplink_published_total", "messages handed over", link.published_total)
    yield Sample("vitrine_uplink_received_total", "messages heard", link.received_total)
    yield Sample("vitrine_uplink_retained_total", "messages that stood at the broker, not heard", link.retained_total)
    yield Sample("vitrine_uplink_refused_down_total", "messages not taken: no link", link.refused_down_total)
    yield Sample("vitrine_uplink_refused_full_total", "messages not taken: in_flight_max", link.refused_full_total)
    yield Sample("vitrine_uplink_downs_dropped_total", "answers dropped: downs_pending_max", link.downs_dropped_total)
    yield Sample("vitrine_uplink_downs_damaged_total", "answers of no contract of ours", link.downs_damaged_total)


def tag_gauges(tally: Tally) -> Iterator[Sample]:
    yield Sample("vitrine_tags_begun_total", "tags begun to be written", tally.begun_total)
    yield Sample("vitrine_tags_bound_total", "tags written, locked and bound to a piece", tally.bound_total)
    yield Sample("vitrine_tags_refused_total", "tags refused or given up", tally.refused_total)
    yield Sample("vitrine_tags_agains_total", "times a tag was begun again after a failure", tally.agains_total)


def label_gauges(tally: press.Tally) -> Iterator[Sample]:
    yield Sample("vitrine_label_batches_total", "batches of labels begun", tally.batches_total)
    yield Sample("vitrine_labels_bound_total", "labels printed, read back and bound to a piece", tally.bound_total)
    yield Sample("vitrine_labels_refused_total", "pieces of batches that got no label", tally.refused_total)
    yield Sample("vitrine_labels_void_total", "labels thrown away: they could not be written", tally.voids_total)


def paper_gauges(work: Paperwork) -> Iterator[Sample]:
    evicted, forgotten = work.papers.evicted_total, work.papers.forgotten_total
    yield Sample("vitrine_order_papers_evicted_total", "papers of orders that made room for newer ones", evicted)
    yield Sample("vitrine_order_papers_refused_total", "papers of orders the office never takes", work.refused_total)
    yield Sample("vitrine_order_papers_forgotten_total", "clients whose papers were destroyed here", forgotten)


def client_gauges(kept: Slice | None) -> Iterator[Sample]:
    broken = kept.edits_broken_total if kept is not None else 0
    yield Sample("vitrine_client_edits_broken_total", "words of tills about clients that could not be opened", broken)


def picture_gauges(cache: BlobCache) -> Iterator[Sample]:
    yield Sample("vitrine_pictures_damaged_total", "photos of the cache that were damaged", cache.damaged_total)
    yield Sample("vitrine_pictures_evicted_total", "photos that made room for newer ones", cache.evicted_total)
    yield Sample("vitrine_pictures_refused_total", "photos taken here that the office never takes", cache.refused_total)


def receipt_gauges(tally: counter.Tally) -> Iterator[Sample]:
    yield Sample("vitrine_receipts_printed_total", "receipts that came out whole", tally.printed_total)
    yield Sample("vitrine_receipts_failed_total", "receipts that did not come out", tally.failed_total)
    yield Sample("vitrine_receipts_unknown_total", "receipts of which nobody knows", tally.unknown_total)
    yield Sample("vitrine_drawer_kicks_total", "drawers opened", tally.kicks_total)
    yield Sample("vitrine_drawer_kicks_failed_total", "drawers that could not be opened", tally.kicks_failed_total)


def terminal_gauges(drivers: Sequence[Driver]) -> Iterator[Sample]:
    """How often card terminals left us in doubt."""
    doubts = sum(each.doubts_total for each in drivers)
    yield Sample("vitrine_payment_doubts_total", "requests that a card terminal did not answer", doubts)


def people_gauges(
    bulletin: Bulletin, attempts: Attempts, logins_lost_total: int, approvals: Approvals, proofs_refused_total: int
) -> Iterator[Sample]:
    """How the doors stand; nothing about who came through them."""
    yield Sample("vitrine_event_listeners", "pages that listen", len(bulletin))
    refused, replaced = bulletin.listeners_refused_total, bulletin.messages_replaced_total
    yield Sample("vitrine_event_listeners_refused_total", "pages refused: listeners_max", refused)
    yield Sample("vitrine_events_replaced_total", "events that a newer one of the same name replaced", replaced)
    yield Sample("vitrine_attempts_evicted_total", "names forgotten: people_max", attempts.people_evicted_total)
    asked = approvals.asked_evicted_total
    yield Sample("vitrine_approvals_evicted_total", "refusals that nobody can approve any more: asked_max", asked)
    yield Sample(
        "vitrine_device_proofs_refused_total", "proofs of devices that were old, ended or forged", proofs_refused_total
    )
    yield Sample("vitrine_logins_unwritten_lost_total", "logins lost: waiting_max", logins_lost_total)
