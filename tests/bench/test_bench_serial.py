"""The serial bench times codecs that read exactly what was sent."""

import pytest

from bench import serial


@pytest.mark.parametrize("name", serial.CODECS)
def test_a_codec_reads_what_was_sent_undamaged_and_nothing_else(name):
    codec = serial.CODECS[name]
    stream, sent = serial.mixed(codec, seed=3)
    serial.check(codec, list(serial.received(codec, stream)), sent)
    assert len({len(epc) for epc in sent}) == 2
    assert serial.FRAMES * 0.9 < len(sent) < serial.FRAMES * 0.96


@pytest.mark.parametrize("name", serial.CODECS)
def test_a_codec_that_believed_a_damaged_frame_would_be_caught(name):
    codec = serial.CODECS[name]
    stream, sent = serial.mixed(codec, seed=3)
    with pytest.raises(AssertionError, match="other EPCs"):
        serial.check(codec, list(serial.received(codec, stream)), [*sent, b"\0" * 12])
