"""Inputs and outputs of simulated readers: a door contact, a motion detector, a lamp; told, told back, and as triggers."""

import pytest
from llrpkit.inventory import build_rospec
from llrpkit.protocol import enums, messages, params


def configure(bench, **more):
    return bench.ask(messages.SET_READER_CONFIG(reset_to_factory_default=False, **more))


def listen(bench, *ports, events=True):
    """Enable inputs, and their events."""
    states = [params.GPIPortCurrentState(gpi_port_num=port, config=True, state=0) for port in ports]
    spec = params.ReaderEventNotificationSpec(
        event_notification_states=[params.EventNotificationState(event_type=1, notification_state=events)]
    )
    answer = configure(bench, gpi_port_current_states=states, reader_event_notification_spec=spec)
    assert int(answer.llrp_status.status_code) == 0


def wire(bench, port, *, high):
    """What is wired to an input changes: what the reader says."""
    before = len(bench.said)
    bench._keep(bench.device.set_input(port, bench.now_us, high=high))
    return bench.said[before:]


def gpi_events(said):
    found = [m.reader_event_notification_data for m in said if isinstance(m, messages.READER_EVENT_NOTIFICATION)]
    return [(one.gpi_event.gpi_port_number, one.gpi_event.gpi_event) for one in found if one.gpi_event is not None]


def config(bench, requested, *, gpi=0, gpo=0):
    return bench.ask(
        messages.GET_READER_CONFIG(antenna_id=0, requested_data=requested, gpi_port_num=gpi, gpo_port_num=gpo)
    )


def inputs(bench, gpi=0):
    told = config(bench, 9, gpi=gpi).gpi_port_current_states
    return {one.gpi_port_num: (one.config, enums.GPIPortState(int(one.state)).name) for one in told}


def test_an_input_nobody_listens_to_is_unknown_and_says_nothing(bench):
    assert inputs(bench) == dict.fromkeys(range(1, 5), (False, "Unknown"))
    assert wire(bench, 2, high=True) == []


def test_a_door_contact_is_told_once_each_time_it_changes(bench):
    listen(bench, 2)
    assert gpi_events(wire(bench, 2, high=True)) == [(2, True)]
    assert wire(bench, 2, high=True) == []
    assert wire(bench, 3, high=True) == []
    assert inputs(bench) == {1: (False, "Unknown"), 2: (True, "High"), 3: (False, "Unknown"), 4: (False, "Unknown")}
    assert gpi_events(wire(bench, 2, high=False)) == [(2, False)]
    assert inputs(bench, gpi=2) == {2: (True, "Low")}


def test_a_client_that_did_not_ask_for_events_hears_none_but_may_ask_for_the_state(bench):
    listen(bench, 1, events=False)
    assert wire(bench, 1, high=True) == []
    assert inputs(bench, gpi=1) == {1: (True, "High")}


def test_a_door_that_opened_while_the_reader_had_no_power_is_open_when_it_is_back(bench):
    bench.device.set_input(1, bench.now_us, high=True)
    bench.device.reboot(bench.now_us)
    bench.connect()
    assert inputs(bench)[1] == (False, "Unknown"), "whom to listen to is forgotten"
    listen(bench, 1)
    assert inputs(bench)[1] == (True, "High")


def test_an_output_is_switched_and_told_back(bench):
    lamp = params.GPOWriteData(gpo_port_number=3, gpo_data=True)
    assert int(configure(bench, gpo_write_datas=[lamp]).llrp_status.status_code) == 0
    assert bench.device.settings.gpos == {1: False, 2: False, 3: True, 4: False}
    told = config(bench, 10).gpo_write_datas
    assert [(one.gpo_port_number, one.gpo_data) for one in told] == [(1, False), (2, False), (3, True), (4, False)]
    assert [one.gpo_port_number for one in config(bench, 10, gpo=3).gpo_write_datas] == [3]


@pytest.mark.parametrize(
    "more",
    [
        {"gpo_write_datas": [params.GPOWriteData(gpo_port_number=9, gpo_data=True)]},
        {"gpi_port_current_states": [params.GPIPortCurrentState(gpi_port_num=9, config=True, state=0)]},
    ],
)
def test_a_port_that_is_not_there_is_refused_and_nothing_is_half_done(bench, more):
    good = {"gpo_write_datas": [params.GPOWriteData(gpo_port_number=1, gpo_data=True)]}
    assert int(configure(bench, **{**good, **more}).llrp_status.status_code) != 0
    assert bench.device.settings.gpos[1] is False
    assert int(config(bench, 9, gpi=9).llrp_status.status_code) != 0
    assert int(config(bench, 10, gpo=9).llrp_status.status_code) != 0


# --- triggers -----------------------------------------------------------------------------------------------


def value(port, *, high, timeout=0):
    return params.GPITriggerValue(gpi_port_num=port, gpi_event=high, timeout=timeout)


def gated(*, start=None, stop=None, ai_stop=None, id_=1):
    spec = build_rospec(ro_spec_id=id_, report_every_n=1)
    if start is not None:
        spec.ro_boundary_spec.ro_spec_start_trigger = params.ROSpecStartTrigger(
            ro_spec_start_trigger_type=enums.ROSpecStartTriggerType.GPI, gpi_trigger_value=start
        )
    if stop is not None:
        spec.ro_boundary_spec.ro_spec_stop_trigger = params.ROSpecStopTrigger(
            ro_spec_stop_trigger_type=2, duration_trigger_value=0, gpi_trigger_value=stop
        )
    if ai_stop is not None:
        spec.spec_parameters[0].ai_spec_stop_trigger = params.AISpecStopTrigger(
            ai_spec_stop_trigger_type=2, duration_trigger=0, gpi_trigger_value=ai_stop
        )
    return spec


def enable(bench, spec):
    assert int(bench.ask(messages.ADD_ROSPEC(ro_spec=spec)).llrp_status.status_code) == 0
    bench.ask(messages.ENABLE_ROSPEC(ro_spec_id=spec.ro_spec_id))


def state(bench):
    return int(bench.ask(messages.GET_ROSPECS()).ro_specs[0].current_state)


INACTIVE, ACTIVE = 1, 2


def test_motion_before_the_gate_starts_the_reading_and_its_end_stops_it(bench):
    listen(bench, 1)
    enable(bench, gated(start=value(1, high=True), stop=value(1, high=False)))
    for _ in range(2):
        assert bench.tags(1.0) == []
        wire(bench, 1, high=True)
        assert bench.tags(1.0)
        assert state(bench) == ACTIVE
        wire(bench, 1, high=False)
        assert state(bench) == INACTIVE
        assert bench.tags(1.0) == []


def test_the_wrong_edge_the_wrong_port_and_an_input_nobody_listens_to_start_nothing(bench):
    listen(bench, 1, 2)
    enable(bench, gated(start=value(1, high=False)))
    wire(bench, 2, high=False)
    wire(bench, 1, high=True)
    assert state(bench) == INACTIVE
    wire(bench, 1, high=False)
    assert state(bench) == ACTIVE
    bench.ask(messages.DELETE_ROSPEC(ro_spec_id=0))
    enable(bench, gated(start=value(4, high=True)))
    wire(bench, 4, high=True)
    assert state(bench) == INACTIVE


def test_a_stop_trigger_waits_no_longer_than_its_timeout(bench):
    listen(bench, 1)
    enable(bench, gated(start=value(1, high=True), stop=value(1, high=False, timeout=1500)))
    wire(bench, 1, high=True)
    bench.air(1.0)
    assert state(bench) == ACTIVE
    bench.air(1.0)
    assert state(bench) == INACTIVE


def test_an_aispec_ends_at_an_input_or_after_its_timeout(bench):
    listen(bench, 1)
    spec = gated(start=value(2, high=True), ai_stop=value(1, high=True, timeout=2000))
    listen(bench, 2)
    enable(bench, spec)
    wire(bench, 2, high=True)
    bench.air(0.5)
    assert state(bench) == ACTIVE
    wire(bench, 1, high=True)
    assert state(bench) == INACTIVE, "its only AISpec is over"
    wire(bench, 2, high=False)
    wire(bench, 2, high=True)
    bench.air(1.5)
    assert state(bench) == ACTIVE
    bench.air(1.0)
    assert state(bench) == INACTIVE


def test_an_input_leaves_a_running_rospec_of_another_alone(bench):
    listen(bench, 1)
    enable(bench, gated(start=value(1, high=True)))
    bench.inventory(ro_spec_id=2)
    wire(bench, 1, high=True)
    told = bench.ask(messages.GET_ROSPECS()).ro_specs
    assert [(one.ro_spec_id, int(one.current_state)) for one in told] == [(1, INACTIVE), (2, ACTIVE)]


@pytest.mark.parametrize("spec", [gated(stop=value(0, high=True)), gated(ai_stop=value(5, high=True))])
def test_a_trigger_at_an_input_that_is_not_there_is_refused(bench, spec):
    assert int(bench.ask(messages.ADD_ROSPEC(ro_spec=spec)).llrp_status.status_code) != 0
