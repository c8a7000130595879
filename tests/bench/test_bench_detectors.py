"""The detectors' bench: what is summed up, what is drawn, and whose alarm an alarm is."""

import pytest

from bench.detect_floor import Jammed, Said, _is_of
from bench.detect_size import NEVER_S, curve, delays, trade_off
from bench.detectors import plots, run, summary
from contract.facts import AlarmKind


def test_what_is_never_found_counts_and_no_event_at_all_is_a_mistake():
    figures = delays("tray", [10.0, 20.0, float("inf"), 40.0])
    assert (figures["tray_events"], figures["tray_found_share"], figures["tray_found_in_60_s_share"]) == (4, 0.75, 0.75)
    assert figures["tray_p95_s"] <= NEVER_S
    with pytest.raises(ValueError, match="nothing happened in tray"):
        delays("tray", [])


def test_a_curve_is_read_back_from_figures_fewest_false_alarms_first():
    figures = trade_off("jam", {12.0: (0.0, 0.7), 4.0: (9.0, 1.0)})
    assert curve("jam", figures) == ([0.0, 9.0], [0.7, 1.0])
    assert curve("foil", figures) == ([], [])


def test_all_families_together_cost_the_worst_floor_and_the_copies_once_all_are_there():
    floors = {"metal_false_alarms_per_month": 0.2, "clear_false_alarms_per_month": 0.4, "jam_false_alarms_per_month": 0}
    assert "false_alarms_per_month_worst" not in summary(floors)
    both = summary(floors | {"clone_false_alarms_per_month": 0.1})
    assert both["false_alarms_per_month_worst"] == pytest.approx(0.5)


def test_only_what_there_are_figures_of_is_drawn():
    assert plots({}) == {}
    drawn = plots(delays("jam", [30.0, 41.0, 50.0]) | trade_off("jam", {12.0: (0.0, 0.7), 4.0: (9.0, 1.0)}))
    assert sorted(drawn) == ["detectors-delays.svg", "detectors-roc.svg"]


def test_a_jam_has_only_alarms_of_its_own_reader_and_time():
    one = Jammed(reader=2, begins_s=100, ends_s=400)
    said = Said(140, AlarmKind.JAM, (), 2, blamed=False)
    assert _is_of(said, one)
    for wrong in (said._replace(at_s=99), said._replace(at_s=470), said._replace(reader=1), said._replace(kind="tray")):
        assert not _is_of(wrong, one)


def test_a_family_that_there_is_not_is_named_with_those_there_are():
    with pytest.raises(ValueError, match="no family 'foil'; there are: gate, clone"):
        run(short=True, only="foil")
