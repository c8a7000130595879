"""`python -m bench clients`: its figures have the names that its bars ask for."""

from bench.__main__ import bars_of
from bench.clients import run


def test_segments_of_a_short_run_are_measured_and_their_bar_is_found():
    figures = run(short=True, only="segments")
    assert figures["segments_clients"] == 50_000
    assert 0.5 < figures["segments_kept_share"] < 1
    assert [bar.name for bar in bars_of("clients", figures, partly=True)] == ["segments_s"]
