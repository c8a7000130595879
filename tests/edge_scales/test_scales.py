"""Scales: what they say, and a whole weighing over a pseudo-terminal."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.scales import Family, ScaleConfig
from edge.scales.codec import ScaleError, Weighed, read_line
from edge.scales.scale import weigh
from simulator.serial.line import Line
from simulator.serial.scale import Scale


@pytest.mark.parametrize(
    ("family", "line", "weighed"),
    [
        (Family.MT_SICS, b"S S     100.00 g", Weighed(100_000, True)),
        (Family.MT_SICS, b"S D      12.345 g", Weighed(12_345, False)),
        (Family.MT_SICS, b"S S      -0.005 g", Weighed(-5, True)),
        (Family.MT_SICS, b"S S      1.2345 g", Weighed(1_235, True)),
        (Family.MT_SICS, b"S S      5.00 ct", Weighed(1_000, True)),
        (Family.MT_SICS, b"S S      1.000 ozt", Weighed(31_103, True)),
        (Family.SBI, b"+    12.345 g  ", Weighed(12_345, True)),
        (Family.SBI, b"+    12.345    ", Weighed(12_345, False)),
        (Family.SBI, b"N     -    1.20 g  ", Weighed(-1_200, True)),
    ],
)
def test_a_line_is_read_as_its_family_writes_it(family, line, weighed):
    assert read_line(family, line) == weighed


@pytest.mark.parametrize(
    ("family", "line", "words"),
    [
        (Family.MT_SICS, b"S I", "busy"),
        (Family.MT_SICS, b"S +", "more on the scale than it can weigh"),
        (Family.MT_SICS, b"S -", "set the scale to zero"),
        (Family.MT_SICS, b"ES", "another language"),
        (Family.MT_SICS, b"+ 1.0 g", "set to MT-SICS"),
        (Family.MT_SICS, b"S S 1.0 stone", "set it to grams"),
        (Family.MT_SICS, b"S S 999999.0 kg", "more than any"),
        (Family.SBI, b"      High      ", "more on the scale"),
        (Family.SBI, b"???", "set to SBI"),
        (Family.SBI, b"\xff\xfe", "speed"),
        (Family.SBI, b"1" * 65, "speed"),
    ],
)
def test_what_is_no_weight_is_told_in_words(family, line, words):
    with pytest.raises(ScaleError, match=words):
        read_line(family, line)


@given(st.sampled_from(Family), st.binary(max_size=80))
def test_noise_is_a_weight_or_a_trouble_in_words_and_nothing_else(family, line):
    told = ""
    try:
        told = str(read_line(family, line).weight_mg)
    except ScaleError as error:
        told = str(error)
    assert told


def weighing(tmp_path, scale, family=Family.MT_SICS, *, laid=12_340):
    """A real port, opened by a thread as the till does."""
    config = ScaleConfig(till="till-1", port=tmp_path / "scale", family=family, baud=9600)

    async def run():
        async with Line(scale, config.port, lambda: time.monotonic_ns() // 1000):
            scale.lay(laid)
            return await asyncio.to_thread(weigh, config)

    return asyncio.run(run())


@pytest.mark.parametrize("family", Family)
def test_a_weight_is_told_once_it_has_come_to_rest(tmp_path, family):
    assert weighing(tmp_path, Scale(sbi=family is Family.SBI), family) == 12_340


def test_a_scale_that_is_off_or_not_there_is_told_in_words(tmp_path):
    scale = Scale()
    scale.mute = True
    with pytest.raises(ScaleError, match="does not answer"):
        weighing(tmp_path, scale)
    with pytest.raises(ScaleError, match="does not answer"):
        weigh(ScaleConfig(till="till-1", port=tmp_path / "nothing"))


def test_a_scale_that_is_busy_or_overloaded_says_so(tmp_path):
    busy = Scale()
    busy.busy = True
    with pytest.raises(ScaleError, match="busy"):
        weighing(tmp_path, busy)
    with pytest.raises(ScaleError, match="more on the scale"):
        weighing(tmp_path, Scale(), laid=700_000)


def test_a_scale_of_the_other_family_is_told_apart(tmp_path):
    with pytest.raises(ScaleError, match="set to SBI"):
        weighing(tmp_path, Scale(sbi=False), Family.SBI)
