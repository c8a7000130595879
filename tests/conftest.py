"""The time of each suite (one folder under tests/), printed after the run."""

from collections import defaultdict
from collections.abc import Iterator

import pytest

_seconds: defaultdict[str, float] = defaultdict(float)
_tests: defaultdict[str, int] = defaultdict(int)


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
