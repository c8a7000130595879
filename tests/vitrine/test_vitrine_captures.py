"""`vitrine capture` and `vitrine replay`, as a person uses them."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contract.facts import AlarmRaised
from vitrine.__main__ import app

_spec = importlib.util.spec_from_file_location(
    "capture_shop", Path(__file__).parents[1] / "edge_capture" / "conftest.py"
)
_shop = sys.modules["capture_shop"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_shop)
run = CliRunner().invoke
TOML = """
store = "paris"
name = "Paris"
currency = "EUR"
data_dir = "{folder}"
"""


@pytest.fixture(scope="module")
def passed(tmp_path_factory):
    """A ring goes out at the door: (configuration file, alarm)."""
    folder = tmp_path_factory.mktemp("passed")
    shop = _shop.a_shop(folder)
    shop.run(5, lying={"r-case": list(range(1, 11))}, p=1.0)
    shop.run(4, lying={"r-case": list(range(2, 11)), "r-exit": [1]}, p=1.0)
    shop.run(3, lying={"r-case": list(range(2, 11))}, p=1.0)
    shop.store.ear.stop()
    config = folder / "edge.toml"
    config.write_text(TOML.format(folder=folder))
    return config, shop.facts(AlarmRaised)[0]


def test_the_last_minutes_are_taken_away_and_heard_again(passed, tmp_path):
    config, alarm = passed
    kept = tmp_path / "evening.capture"
    taken = run(app, ["capture", "-c", str(config), str(kept), "--minutes", "5"])
    assert taken.exit_code == 0, taken.output
    assert "vitrine replay" in taken.output
    heard = run(app, ["replay", str(kept)])
    assert heard.exit_code == 0, heard.output
    assert alarm.sentence in heard.output
    assert alarm.alarm in heard.output
    assert "Equal to what was recorded" in heard.output
    again = run(app, ["capture", "-c", str(config), str(kept)])
    assert again.exit_code != 0


def test_one_alarm_is_told_for_programs_too(passed, tmp_path):
    config, alarm = passed
    kept = tmp_path / "alarm.capture"
    assert run(app, ["capture", "-c", str(config), str(kept), "--alarm", alarm.alarm]).exit_code == 0
    told = json.loads(run(app, ["replay", str(kept), "--alarm", alarm.alarm, "--json"]).output)
    assert told["equal"]
    assert [(one["alarm"], one["said"]) for one in told["said"]] == [(alarm.alarm, alarm.sentence)]
    other = run(app, ["replay", str(kept), "--alarm", "another"])
    assert (other.exit_code, "is not in it" in other.output) == (1, True)


@pytest.mark.parametrize("name", ["../kept", "", "nothing"])
def test_an_alarm_of_which_nothing_is_kept_is_said(passed, tmp_path, name):
    config, _ = passed
    asked = run(app, ["capture", "-c", str(config), str(tmp_path / "x.capture"), "--alarm", name or "."])
    assert asked.exit_code != 0
    assert not (tmp_path / "x.capture").exists()
