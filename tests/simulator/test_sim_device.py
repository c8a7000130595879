"""What a client may ask of the reader and what it gets, in the words of another LLRP implementation."""

import struct

import pytest
from llrpkit.inventory import build_rospec
from llrpkit.protocol import enums, impinj, messages, params

from simulator.llrp.codec import FrameBuffer, ProtocolError
from simulator.llrp.life import LIFE, State, Word
from simulator.llrp.models import MODELS


def status_of(answer):
    return int(answer.llrp_status.status_code)


def add(bench, **asked):
    return bench.ask(messages.ADD_ROSPEC(ro_spec=build_rospec(**asked)))


def reports(said):
    return [m for m in said if isinstance(m, messages.RO_ACCESS_REPORT)]


def events(said):
    return [m.reader_event_notification_data for m in said if isinstance(m, messages.READER_EVENT_NOTIFICATION)]


def test_the_first_thing_a_reader_says_is_that_the_connection_stands(new_bench):
    first = new_bench().connect()
    data = first.reader_event_notification_data
    assert int(data.connection_attempt_event.status) == int(enums.ConnectionAttemptStatusType.Success)
    assert data.timestamp.microseconds > 0


def test_capabilities_tell_a_known_model(bench, pad):
    for one, model in ((bench, "zebra-fx9600"), (pad, "impinj-r420")):
        told = one.ask(messages.GET_READER_CAPABILITIES(requested_data=0))
        general = told.general_device_capabilities
        known = MODELS[model]
        assert (general.device_manufacturer_name, general.max_number_of_antenna_supported) == (
            known.manufacturer,
            known.antennas,
        )
        band = told.regulatory_capabilities.uhf_band_capabilities
        assert next(e.transmit_power_value for e in band.transmit_power_level_table_entrys) == 1000
        modes = band.air_protocol_uhfrf_mode_tables[0].c1_g2_uhfrf_mode_table_entrys
        assert [mode.mode_identifier for mode in modes] == [mode.id for mode in known.modes]
        assert told.llrp_capabilities.max_num_ro_specs == known.ro_specs_max


@pytest.mark.parametrize("requested", [1, 2, 3, 4])
def test_one_part_of_the_capabilities_comes_alone(bench, requested):
    told = bench.ask(messages.GET_READER_CAPABILITIES(requested_data=requested))
    parts = [
        told.general_device_capabilities,
        told.llrp_capabilities,
        told.regulatory_capabilities,
        told.air_protocol_llrp_capabilities,
    ]
    assert [part is not None for part in parts] == [number == requested for number in (1, 2, 3, 4)]


def test_what_is_configured_is_told_back(bench, ok):
    asked = messages.SET_READER_CONFIG(
        reset_to_factory_default=False,
        keepalive_spec=params.KeepaliveSpec(keepalive_trigger_type=1, periodic_trigger_value=1500),
        events_and_reports=params.EventsAndReports(hold_events_and_reports_upon_reconnect=True),
        reader_event_notification_spec=params.ReaderEventNotificationSpec(
            event_notification_states=[params.EventNotificationState(event_type=2, notification_state=True)]
        ),
    )
    assert ok(bench.ask(asked))
    told = bench.ask(messages.GET_READER_CONFIG(antenna_id=0, requested_data=0, gpi_port_num=0, gpo_port_num=0))
    assert told.keepalive_spec.periodic_trigger_value == 1500
    assert told.events_and_reports.hold_events_and_reports_upon_reconnect
    states = {
        int(s.event_type): s.notification_state for s in told.reader_event_notification_spec.event_notification_states
    }
    assert [kind for kind, on in states.items() if on] == [2]
    assert [p.antenna_connected for p in told.antenna_properties] == [True] * 4 + [False] * 4
    assert len(told.antenna_configurations) == 8


# --- the life of a ROSpec -----------------------------------------------------------------------------------


def test_every_state_of_the_life_of_a_rospec_is_reached_and_left():
    assert {state for state, _ in LIFE} == set(State) == set(LIFE.values())
    for state in State:
        assert any(was is state and now is not state for (was, _), now in LIFE.items())
    assert {word for _, word in LIFE} == set(Word)


MISUSE = {
    "start while disabled": (lambda b: [add(b), b.ask(messages.START_ROSPEC(ro_spec_id=1))], "M_FieldError"),
    "stop while disabled": (lambda b: [add(b), b.ask(messages.STOP_ROSPEC(ro_spec_id=1))], "M_FieldError"),
    "stop while inactive": (
        lambda b: [add(b), b.ask(messages.ENABLE_ROSPEC(ro_spec_id=1)), b.ask(messages.STOP_ROSPEC(ro_spec_id=1))],
        "M_FieldError",
    ),
    "the same id twice": (lambda b: [add(b), add(b)], "M_ParameterError"),
    "start an unknown one": (lambda b: [b.ask(messages.START_ROSPEC(ro_spec_id=9))], "M_FieldError"),
    "enable an unknown one": (lambda b: [b.ask(messages.ENABLE_ROSPEC(ro_spec_id=9))], "M_FieldError"),
    "delete an unknown one": (lambda b: [b.ask(messages.DELETE_ROSPEC(ro_spec_id=9))], "M_FieldError"),
    "start all": (lambda b: [b.ask(messages.START_ROSPEC(ro_spec_id=0))], "M_FieldError"),
    "id 0": (lambda b: [add(b, ro_spec_id=0)], "M_ParameterError"),
    "an antenna that is not there": (lambda b: [add(b, antennas=[9])], "M_ParameterError"),
    "a mode that is not there": (lambda b: [add(b, mode_index=77)], "M_ParameterError"),
    "a power that is not there": (lambda b: [add(b, transmit_power_index=999)], "M_ParameterError"),
    "a select filter": (lambda b: [add(b, epc_filter="30")], "M_ParameterError"),
    "an input that is not there": (lambda b: [add(b, gpi_trigger_port=9)], "M_ParameterError"),
    "more ROSpecs than fit": (lambda b: [add(b, ro_spec_id=i) for i in range(1, 10)], "M_OverflowParameter"),
    "an unknown AccessSpec": (lambda b: [b.ask(messages.DELETE_ACCESSSPEC(access_spec_id=3))], "M_FieldError"),
    "a wrong part of the configuration": (
        lambda b: [b.ask(messages.GET_READER_CONFIG(antenna_id=0, requested_data=99, gpi_port_num=0, gpo_port_num=0))],
        "M_FieldError",
    ),
}


@pytest.mark.parametrize("misuse", MISUSE)
def test_misuse_is_answered_with_a_status_and_a_reason(bench, misuse):
    act, code = MISUSE[misuse]
    answer = act(bench)[-1]
    assert status_of(answer) == enums.StatusCode[code]
    assert answer.llrp_status.error_description


def test_a_refused_rospec_leaves_nothing_behind(bench, ok):
    assert not ok(add(bench, antennas=[9]))
    assert bench.ask(messages.GET_ROSPECS()).ro_specs == []
    assert ok(add(bench))


def test_a_field_error_names_the_parameter_and_the_field(bench):
    error = add(bench, mode_index=77).llrp_status.parameter_error
    assert (error.parameter_type, error.field_error.field_num) == (335, 0)


def test_delete_zero_deletes_all_and_may_be_repeated(bench, ok):
    add(bench, ro_spec_id=1)
    add(bench, ro_spec_id=2)
    assert ok(bench.ask(messages.DELETE_ROSPEC(ro_spec_id=0)))
    assert ok(bench.ask(messages.DELETE_ROSPEC(ro_spec_id=0)))
    assert ok(bench.ask(messages.DELETE_ACCESSSPEC(access_spec_id=0)))
    assert bench.ask(messages.GET_ROSPECS()).ro_specs == []


def test_get_rospecs_gives_back_what_was_added_with_its_state(bench):
    spec = build_rospec(antennas=[1, 3], session=2)
    bench.ask(messages.ADD_ROSPEC(ro_spec=spec))
    bench.ask(messages.ENABLE_ROSPEC(ro_spec_id=1))
    (told,) = bench.ask(messages.GET_ROSPECS()).ro_specs
    assert int(told.current_state) == State.INACTIVE
    spec.current_state = enums.ROSpecState.Inactive
    assert told == spec


def test_only_one_rospec_has_the_radio(bench):
    add(bench, ro_spec_id=1)
    add(bench, ro_spec_id=2)
    bench.ask(messages.ENABLE_ROSPEC(ro_spec_id=0))
    bench.ask(messages.START_ROSPEC(ro_spec_id=1))
    assert "is active" in bench.ask(messages.START_ROSPEC(ro_spec_id=2)).llrp_status.error_description


# --- triggers, reports, holding -----------------------------------------------------------------------------


def spec_with(start=None, stop=None, ai_stop=None, report=None, **asked):
    spec = build_rospec(**asked)
    if start is not None:
        spec.ro_boundary_spec.ro_spec_start_trigger = start
    if stop is not None:
        spec.ro_boundary_spec.ro_spec_stop_trigger = stop
    if ai_stop is not None:
        spec.spec_parameters[0].ai_spec_stop_trigger = ai_stop
    if report is not None:
        spec.ro_report_spec.ro_report_trigger, spec.ro_report_spec.n = report
    return spec


IMMEDIATE = params.ROSpecStartTrigger(ro_spec_start_trigger_type=enums.ROSpecStartTriggerType.Immediate)


def duration(ms):
    return params.AISpecStopTrigger(ai_spec_stop_trigger_type=1, duration_trigger=ms)


def test_an_immediate_rospec_reads_when_enabled_and_again_after_its_end(bench):
    bench.ask(messages.ADD_ROSPEC(ro_spec=spec_with(start=IMMEDIATE, ai_stop=duration(1000), report=(1, 0))))
    assert reports(bench.air(2.0)) == []
    bench.ask(messages.ENABLE_ROSPEC(ro_spec_id=1))
    rounds = reports(bench.air(4.5))
    assert len(rounds) == 4, "one report at the end of each second"
    assert all(len(r.tag_report_datas) > 20 for r in rounds)


def test_a_periodic_rospec_keeps_its_period(bench):
    start = params.ROSpecStartTrigger(
        ro_spec_start_trigger_type=enums.ROSpecStartTriggerType.Periodic,
        periodic_trigger_value=params.PeriodicTriggerValue(offset=1000, period=5000),
    )
    bench.ask(messages.ADD_ROSPEC(ro_spec=spec_with(start=start, ai_stop=duration(500), report=(1, 0))))
    began_us = bench.now_us
    bench.ask(messages.ENABLE_ROSPEC(ro_spec_id=1))
    firsts = [
        min(t.first_seen_timestamp_utc.microseconds for t in r.tag_report_datas) - began_us
        for r in reports(bench.air(12.0))
    ]
    assert [round(us / 1e6, 1) for us in firsts] == [1.0, 6.0, 11.0]


def test_a_duration_ends_the_rospec_and_start_begins_it_again(bench):
    stop = params.ROSpecStopTrigger(ro_spec_stop_trigger_type=1, duration_trigger_value=600)
    bench.ask(messages.ADD_ROSPEC(ro_spec=spec_with(stop=stop, report=(2, 0))))
    bench.ask(messages.ENABLE_ROSPEC(ro_spec_id=1))
    for _ in range(2):
        bench.ask(messages.START_ROSPEC(ro_spec_id=1))
        assert len(reports(bench.air(2.0))) == 1
        assert int(bench.ask(messages.GET_ROSPECS()).ro_specs[0].current_state) == State.INACTIVE


def test_an_aispec_ends_when_enough_tags_are_seen(bench):
    trigger = params.TagObservationTrigger(trigger_type=0, number_of_tags=10, number_of_attempts=0, t=0, timeout=5000)
    ai_stop = params.AISpecStopTrigger(ai_spec_stop_trigger_type=3, duration_trigger=0, tag_observation_trigger=trigger)
    bench.ask(messages.ADD_ROSPEC(ro_spec=spec_with(ai_stop=ai_stop, report=(1, 0))))
    bench.ask(messages.ENABLE_ROSPEC(ro_spec_id=1))
    bench.ask(messages.START_ROSPEC(ro_spec_id=1))
    (report,) = reports(bench.air(5.0))
    assert len(report.tag_report_datas) >= 10


@pytest.mark.parametrize("n", [1, 7])
def test_n_tag_reports_make_a_message(bench, n):
    bench.inventory(report_every_n=n)
    got = reports(bench.air(1.0))
    assert len(got) > 5
    assert {len(r.tag_report_datas) for r in got} == {n}
    ids = [r.message_id for r in got]
    assert ids == sorted(set(ids))


def test_stop_flushes_what_is_left_over(bench):
    bench.inventory(report_every_n=1000)
    assert reports(bench.air(1.0)) == []
    bench.ask(messages.STOP_ROSPEC(ro_spec_id=1))
    assert reports(bench.said)


def test_get_report_gives_what_no_trigger_would(bench):
    bench.ask(messages.ADD_ROSPEC(ro_spec=spec_with(report=(0, 0))))
    bench.ask(messages.ENABLE_ROSPEC(ro_spec_id=1))
    bench.ask(messages.START_ROSPEC(ro_spec_id=1))
    assert reports(bench.air(3.0)) == []
    bench.ask(messages.GET_REPORT())
    (report,) = reports(bench.said)
    seen = [(t.epc_parameter.epc, t.antenna_id.antenna_id) for t in report.tag_report_datas]
    assert len(seen) == len(set(seen)), "one TagReportData per tag and antenna"
    assert max(t.tag_seen_count.tag_count for t in report.tag_report_datas) > 1


def test_the_content_selector_is_obeyed_bit_by_bit(bench):
    every = ("ro_spec_id", "spec_index", "inventory_parameter_spec_id", "antenna_id", "channel_index", "peak_rssi")
    for wanted in every:
        spec = spec_with(ro_spec_id=3)
        selector = spec.ro_report_spec.tag_report_content_selector
        for name in (*every, "first_seen_timestamp", "last_seen_timestamp", "tag_seen_count", "access_spec_id"):
            setattr(selector, f"enable_{name}", name == wanted)
        bench.ask(messages.ADD_ROSPEC(ro_spec=spec))
        bench.ask(messages.ENABLE_ROSPEC(ro_spec_id=3))
        bench.ask(messages.START_ROSPEC(ro_spec_id=3))
        tag = bench.tags(1.0)[0]
        assert [name for name in every if getattr(tag, name) is not None] == [wanted]
        assert tag.first_seen_timestamp_utc is None
        assert tag.tag_seen_count is None
        bench.ask(messages.DELETE_ROSPEC(ro_spec_id=0))


def test_impinj_content_comes_only_when_asked(pad):
    zone = next(key for key in pad.world.places if key.endswith("/pad-1"))
    pieces = list(pad.world.row_of)[:5]
    pad.world.move(pad.now_us, "move", "boutique", pieces=pieces, to=zone)
    pad.inventory(enable_impinj_reports=True, include_phase=True, include_tid=True)
    tag = pad.tags(1.0)[0]
    found = {type(one).__name__ for one in tag.custom}
    assert found == {"ImpinjPeakRSSI", "ImpinjRFPhaseAngle", "ImpinjSerializedTID"}
    tid = next(one for one in tag.custom if isinstance(one, impinj.ImpinjSerializedTID))
    row = next(i for i, p in enumerate(pad.world.stock) if bytes.fromhex(p.card.epc) == tag.epc_parameter.epc)
    assert b"".join(word.to_bytes(2) for word in tid.t_id).hex().upper() == pad.world.stock[row].card.tid
    pad.ask(messages.DELETE_ROSPEC(ro_spec_id=0))
    pad.inventory()
    assert pad.tags(1.0)[0].custom == []


def test_pc_and_crc_are_those_of_the_tag(bench):
    spec = spec_with()
    memory = spec.ro_report_spec.tag_report_content_selector.air_protocol_epc_memory_selectors[0]
    memory.enable_crc = memory.enable_pc_bits = True
    bench.ask(messages.ADD_ROSPEC(ro_spec=spec))
    bench.ask(messages.ENABLE_ROSPEC(ro_spec_id=1))
    bench.ask(messages.START_ROSPEC(ro_spec_id=1))
    tag = bench.tags(1.0)[0]
    pc, crc = (one for one in tag.air_protocol_tag_datas)
    crc_of = 0xFFFF
    for byte in struct.pack(">H", pc.pc_bits) + tag.epc_parameter.epc:
        crc_of ^= byte << 8
        for _ in range(8):
            crc_of = ((crc_of << 1) ^ 0x1021 if crc_of & 0x8000 else crc_of << 1) & 0xFFFF
    assert (pc.pc_bits, crc.crc) == (0x3000, crc_of ^ 0xFFFF)


def test_events_come_to_whoever_asked_for_them(bench):
    bench.inventory(duration_ms=300)
    assert events(bench.air(1.0)) == []
    bench.ask(messages.DELETE_ROSPEC(ro_spec_id=0))
    wanted = [params.EventNotificationState(event_type=kind, notification_state=True) for kind in (2, 6, 8)]
    spec = params.ReaderEventNotificationSpec(event_notification_states=wanted)
    bench.ask(messages.SET_READER_CONFIG(reset_to_factory_default=False, reader_event_notification_spec=spec))
    before = len(bench.said)
    bench.inventory(duration_ms=300)
    bench.air(1.0)
    got = events(bench.said[before:])
    assert [int(e.ro_spec_event.event_type) for e in got if e.ro_spec_event] == [0, 1]
    assert [e.ai_spec_event.spec_index for e in got if e.ai_spec_event] == [1]
    bench.raw += bench.device.set_antenna(2, bench.now_us, dead=True)
    assert bench.raw[-1] == 2, "the antenna event names the port"


def test_keepalives_come_at_their_period_and_silence_ends_the_connection(bench):
    spec = params.KeepaliveSpec(keepalive_trigger_type=1, periodic_trigger_value=500)
    bench.ask(messages.SET_READER_CONFIG(reset_to_factory_default=False, keepalive_spec=spec))
    for _ in range(6):
        assert len([m for m in bench.air(0.5) if isinstance(m, messages.KEEPALIVE)]) == 1
        bench.ask(messages.KEEPALIVE_ACK())
    assert not bench.device.client_gone
    bench.air(3.0)
    assert bench.device.client_gone


def test_a_reader_asked_to_hold_keeps_reports_until_they_are_enabled(bench):
    hold = params.EventsAndReports(hold_events_and_reports_upon_reconnect=True)
    bench.ask(messages.SET_READER_CONFIG(reset_to_factory_default=False, events_and_reports=hold))
    bench.inventory()
    bench.device.disconnected()
    assert reports(bench.air(2.0)) == []
    bench.connect()
    assert reports(bench.air(1.0)) == []
    before = len(bench.said)
    bench.ask(messages.ENABLE_EVENTS_AND_REPORTS())
    assert len(reports(bench.said[before:])) > 50


def test_without_holding_what_nobody_heard_is_lost_and_counted(bench):
    bench.inventory()
    bench.device.disconnected()
    bench.air(2.0)
    before = len(bench.said)
    bench.connect()
    assert reports(bench.said[before:]) == []
    assert bench.device.unheard_total > 0
    assert reports(bench.air(1.0)), "the ROSpec went on"


def test_unknown_messages_and_versions_get_an_error_message(bench):
    for one, code in (
        (struct.pack(">HII", (1 << 10) | 45, 10, 7), "M_UnsupportedMessage"),
        (struct.pack(">HII", (2 << 10) | 46, 10, 7), "M_UnsupportedVersion"),
        (struct.pack(">HIIIB", (1 << 10) | 1023, 15, 7, 25882, 99), "M_UnsupportedMessage"),
    ):
        bench._keep(bench.device.hear(FrameBuffer().feed(one)[0], bench.now_us))
        answer = bench.said[-1]
        assert isinstance(answer, messages.ERROR_MESSAGE)
        assert (answer.message_id, status_of(answer)) == (7, enums.StatusCode[code])


def test_impinj_extensions_are_enabled_on_an_impinj_only(pad, bench, ok):
    assert ok(pad.ask(impinj.IMPINJ_ENABLE_EXTENSIONS()))
    assert isinstance(bench.ask(impinj.IMPINJ_ENABLE_EXTENSIONS()), messages.ERROR_MESSAGE)


def test_bytes_in_any_pieces_make_the_same_messages():
    data = b"".join(struct.pack(">HII", (1 << 10) | 62, 10, i) for i in range(5))
    buffer = FrameBuffer()
    got = [m for i in range(len(data)) for m in buffer.feed(data[i : i + 1])]
    assert [m.id for m in got] == [0, 1, 2, 3, 4]
    with pytest.raises(ProtocolError):
        FrameBuffer().feed(b"\x04\x3e\xff\xff\xff\xff\x00\x00\x00\x00")


def test_a_truncated_rospec_is_refused_not_fatal(bench):
    whole = messages.ADD_ROSPEC(ro_spec=build_rospec()).to_bytes(message_id=5)
    for cut in range(12, len(whole), 7):
        body = whole[10:cut]
        frame = struct.pack(">HII", (1 << 10) | 20, 10 + len(body), 5) + body
        bench._keep(bench.device.hear(FrameBuffer().feed(frame)[0], bench.now_us))
        assert status_of(bench.said[-1]) != 0
    assert bench.device.engine.specs == {}


def test_a_dead_antenna_reads_nothing_and_a_deaf_reader_neither(bench):
    bench.inventory()
    assert {t.antenna_id.antenna_id for t in bench.tags(2.0)} == {1, 2, 3, 4}
    bench.device.set_antenna(2, bench.now_us, dead=True)
    bench.air(0.6)
    assert {t.antenna_id.antenna_id for t in bench.tags(2.0)} == {1, 3, 4}
    bench.device.set_deaf(deaf=True)
    bench.air(0.6)
    assert bench.tags(2.0) == []
    bench.device.set_deaf(deaf=False)
    bench.air(0.6)
    assert bench.tags(2.0)


def test_the_same_seed_says_the_same_bytes(new_bench):
    def day(seed):
        bench = new_bench(seed=seed)
        bench.connect()
        bench.inventory(session=1)
        bench.air(5.0)
        return bench.raw

    assert day(3) == day(3)
    assert day(3) != day(4)


def test_a_stalled_process_skips_air_time_instead_of_flooding(bench):
    bench.inventory()
    bench.air(1.0)
    bench.now_us += 60_000_000
    before = len(bench.raw)
    bench._keep(bench.device.advance(bench.now_us))
    assert bench.device.engine.lag_skipped_total == 1
    assert len(bench.raw) - before < 50_000
