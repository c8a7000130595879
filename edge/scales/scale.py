"""One weighing: the port is opened, the scale asked until the weight has come to rest, the port closed again.

Nothing holds the port between weighings, so that a scale may be unplugged, or its own program look at it.
"""

import time
from typing import Final

import serial

from edge.config.scales import ScaleConfig
from edge.scales.codec import LINE_BYTES_MAX, WORDS, ScaleError, read_line

WAIT_S: Final = 4.0
"""A class II scale comes to rest within three seconds on a steady counter."""
ANSWER_S: Final = 1.0


def weigh(config: ScaleConfig) -> int:
    """Milligrams, at rest. Blocks for at most `WAIT_S`: call it from a thread. Raises `ScaleError`."""
    try:
        with serial.Serial(
            str(config.port), config.baud, timeout=ANSWER_S, write_timeout=ANSWER_S, exclusive=True
        ) as port:
            return _at_rest(config, port, time.monotonic() + WAIT_S)
    except serial.SerialException as error:
        raise ScaleError(f"The scale at {config.port} does not answer: see its cable, and that it is on") from error


def _at_rest(config: ScaleConfig, port: serial.Serial, until_s: float) -> int:
    port.reset_input_buffer()
    words = WORDS[config.family]
    while time.monotonic() < until_s:
        port.write(words.ask)
        line = port.read_until(b"\n", LINE_BYTES_MAX + 1)
        if not line:
            raise ScaleError(f"The scale at {config.port} does not answer: see its cable, and that it is on")
        weighed = read_line(config.family, line.rstrip(b"\r\n"))
        if weighed.stable:
            return weighed.weight_mg
    raise ScaleError("The weight does not come to rest: shield the scale from draught and hands, and weigh again")
