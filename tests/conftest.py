"""The time of each suite (one folder under tests/), printed after the run; and a broker for whoever needs one."""

import importlib.util
import shutil
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

for _name in ("fuzzing", "hurry"):
    _spec = importlib.util.spec_from_file_location(f"house_{_name}", Path(__file__).with_name(f"{_name}.py"))
    sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules[_spec.name])

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/sbin")

SLOW_FIRST = ("simulation", "faults", "e2e", "vitrine")
"""Suites whose files take longest: a worker that gets one of them last keeps the others waiting."""

_seconds: defaultdict[str, float] = defaultdict(float)
_tests: defaultdict[str, int] = defaultdict(int)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of slow suites first, the others as they come (`./test` tells xdist to keep the order)."""
    root = Path(__file__).parent

    def turn(item: pytest.Item) -> int:
        suite = item.path.relative_to(root).parts[0]
        return SLOW_FIRST.index(suite) if suite in SLOW_FIRST else len(SLOW_FIRST)

    items.sort(key=turn)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    parts = report.nodeid.split("::")[0].split("/")
    suite = parts[1] if len(parts) > 2 else "tidy"
    _seconds[suite] += report.duration
    _tests[suite] += report.when == "call"


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    yield
    terminalreporter.section("time of each suite")
    for suite in sorted(_seconds, key=lambda name: -_seconds[name]):
        terminalreporter.write_line(f"{_seconds[suite]:7.1f} s  {_tests[suite]:5d} tests  {suite}")


class Mosquitto:
    """A broker on a free loopback port, that can be killed and started again. `rules`: more lines of its file."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.conf = folder / "mosquitto.conf"
        self.rules("allow_anonymous true")

    def rules(self, *lines: str) -> None:
        head = (f"listener {self.port} 127.0.0.1", "persistence false", "log_type none")
        self.conf.write_text("\n".join((*head, *lines)) + "\n")

    def start(self) -> None:
        null = subprocess.DEVNULL
        self.child = subprocess.Popen([MOSQUITTO, "-c", str(self.conf)], stdout=null, stderr=null)

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Not started yet."""
    if MOSQUITTO is None:
        pytest.skip("apt install mosquitto")
    made = Mosquitto(tmp_path)
    made.child = None
    yield made
    if made.child is not None:
        made.kill()


@pytest.fixture
def mosquitto(broker: Mosquitto) -> Mosquitto:
    """Started, for anybody."""
    broker.start()
    return broker
