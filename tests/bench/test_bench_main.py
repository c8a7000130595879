"""`python -m bench`: a short run is never taken for a full one, and plots lie beside the figures they show."""

import importlib
import inspect
import json

import pytest

from bench.__main__ import DRAWN, main, names

FIGURES = {"pieces": 3}


@pytest.fixture
def serial(monkeypatch):
    """A bench with bars, that has run."""
    monkeypatch.setattr("bench.serial.run", lambda short: FIGURES if short else _all(1.0))
    monkeypatch.setattr(
        "bench.serial.plots", lambda figures: {"serial-speed.svg": f"<svg>{len(figures)}</svg>"}, raising=False
    )


def _all(ratio):
    return {f"{codec}_vs_921600_baud_ratio": ratio for codec in ("m100", "mercury", "r2000", "uhf288")}


@pytest.mark.parametrize("name", names())
def test_every_bench_can_be_run_short(name):
    module = importlib.import_module(f"bench.{name}")
    assert module.DOES
    assert inspect.signature(module.run).parameters["short"].default is False


def test_a_short_run_judges_no_bar_and_says_so(serial, capsys):
    assert main(["serial", "--short", "--json"]) == 0
    told = capsys.readouterr().out
    assert "no bar is judged" in told
    report = json.loads(told.splitlines()[-1])
    assert (report["short"], report["bars"]) == (True, [])


def test_the_same_bars_are_judged_in_a_full_run(serial, capsys):
    """The control."""
    assert main(["serial", "--json"]) == 1
    told = capsys.readouterr().out
    assert "MISS m100" in told
    assert json.loads(told.splitlines()[-1])["short"] is False


def test_plots_and_figures_are_written_side_by_side(serial, tmp_path):
    assert main(["serial", "--plots", str(tmp_path / "new")]) == 1
    assert (tmp_path / "new" / "serial-speed.svg").read_text() == "<svg>4</svg>"
    assert json.loads((tmp_path / "new" / "serial.json").read_text())["figures"] == _all(1.0)


def test_one_familys_figures_join_those_of_the_others(monkeypatch, tmp_path):
    said = {"gate": {"gate_passages_of_each": 7}, "clone": {"clone_false_alarms_per_month": 0.5}}
    for name, figures in said.items():
        monkeypatch.setitem(importlib.import_module("bench.detectors").FAMILIES, name, lambda _, told=figures: told)
        assert main(["detectors", "--short", "--only", name, "--plots", str(tmp_path)]) == 0
    kept = json.loads((tmp_path / "detectors.json").read_text())["figures"]
    assert kept == said["gate"] | said["clone"]


def test_a_short_run_does_not_replace_the_plots_of_the_docs(serial, capsys, tmp_path):
    assert main(["serial", "--short", "--plots"]) == 2
    assert "--plots FOLDER" in capsys.readouterr().err
    assert not (DRAWN / "serial.json").exists() or not json.loads((DRAWN / "serial.json").read_text())["short"]
    assert main(["serial", "--short", "--plots", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "serial.json").read_text())["short"] is True


@pytest.mark.parametrize("name", ["decode-speed.svg", "../serial.svg", "serial/a.svg", "serial.html"])
def test_a_plot_of_another_name_is_refused(serial, monkeypatch, tmp_path, name):
    monkeypatch.setattr("bench.serial.plots", lambda _: {name: "<svg/>"}, raising=False)
    with pytest.raises(ValueError, match="has to be called serial-"):
        main(["serial", "--plots", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []
