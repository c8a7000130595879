"""The bench compares like with like: three decoders, the same bytes, the same rows."""

import json

import pytest

from bench.__main__ import bars_of, main, names
from bench.decode import check_equal, frames
from bench.streams import mixed_stream, varied_stream

HELD = {
    "ours_vs_sllurp_200_tags_ratio": 100.0,
    "ours_vs_sllurp_1_tags_ratio": 50.0,
    "ours_vs_sllurp_one_message_per_buffer_ratio": 4.0,
}


@pytest.mark.parametrize("per_message", [1, 200])
def test_ours_sllurp_and_llrpkit_read_the_same_rows(per_message):
    assert len(check_equal(mixed_stream(600, per_message, seed=3))) == 600


def test_all_three_read_the_same_rows_of_many_makers():
    assert len(check_equal(varied_stream(600, 200, seed=3), values=5)) == 600


def test_a_decoder_that_read_one_value_differently_would_be_caught(monkeypatch):
    stream = mixed_stream(300, 1, seed=3)
    monkeypatch.setattr("bench.decode.our_rows", lambda batch: [("changed",)] * len(batch))
    with pytest.raises(AssertionError, match="other rows"):
        check_equal(stream)


def test_the_stream_has_keepalives_events_two_shapes_and_unknown_parameters():
    kinds = [int.from_bytes(f[:2]) & 0x3FF for f in frames(mixed_stream(4000, 1, seed=4))]
    lengths = {len(f) for f in frames(mixed_stream(4000, 1, seed=4)) if f[1] == 61}
    others = sum(kind in {62, 63} for kind in kinds) / len(kinds)
    assert 0.03 < others < 0.07
    assert len(lengths) == 4


def test_a_missed_bar_is_told_and_a_held_one_too():
    figures = {**HELD, "ours_vs_sllurp_200_tags_ratio": 79.9, "ours_vs_sllurp_1_tags_ratio": 40.0}
    assert {bar.name: bar.ok for bar in bars_of("decode", figures)} == {
        "ours_vs_sllurp_200_tags_ratio": False,
        "ours_vs_sllurp_1_tags_ratio": True,
        "ours_vs_sllurp_one_message_per_buffer_ratio": True,
    }


def test_benches_are_listed_and_an_unknown_one_is_refused(capsys):
    assert "decode" in names()
    assert main([]) == 0
    assert "decode" in capsys.readouterr().out
    assert main(["no-such-bench"]) == 2


def test_the_last_line_of_json_is_one_object(capsys, monkeypatch):
    monkeypatch.setattr("bench.decode.run", lambda short: HELD)
    assert main(["decode", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["bench"] == "decode"
    assert told["figures"] == HELD
    assert all(set(bar) == {"name", "value", "bar", "ok"} and bar["ok"] for bar in told["bars"])
    assert told["machine"]["cores"] >= 1
