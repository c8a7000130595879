"""A counter's scale that speaks MT-SICS or SBI: a pan with a weight that comes to rest after a while."""

from typing import Final

from simulator.gen2 import Power, always

REST_US: Final = 700_000
"""After something was laid on it."""
RANGE_MG: Final = 620_000


class Scale:
    """Without I/O, for `Line`. `lay` puts so many milligrams on the pan."""

    def __init__(self, *, sbi: bool = False, baud: int = 9600) -> None:
        self.baud = baud
        self.feeds: Power = always
        self.sbi = sbi
        self.weight_mg = 0
        self.busy = self.mute = False
        self._since_us = 0
        self._now_us = 0
        self._heard = b""
        self._said = b""

    def power(self) -> None:
        self._heard = self._said = b""

    def lay(self, weight_mg: int) -> None:
        self.weight_mg = weight_mg
        self._since_us = self._now_us

    def hear(self, data: bytes, now_us: int) -> None:
        self._now_us = now_us
        self._heard += data
        while b"\n" in self._heard:
            line, _, self._heard = self._heard.partition(b"\n")
            if not self.mute:
                self._said += self._answer(line.strip())

    def advance(self, now_us: int) -> bytes:
        self._now_us = now_us
        said, self._said = self._said, b""
        return said

    def _answer(self, asked: bytes) -> bytes:
        rest = self._now_us - self._since_us >= REST_US
        grams = f"{self.weight_mg / 1000:.3f}"
        if self.sbi:
            if asked != b"\x1bP":
                return b""
            if self.weight_mg > RANGE_MG:
                return b"      High      \r\n"
            sign = "-" if self.weight_mg < 0 else "+"
            return f"{sign}{abs(self.weight_mg) / 1000:>10.3f} {'g' if rest else ' '}  \r\n".encode()
        if asked != b"SI":
            return b"ES\r\n"
        if self.busy:
            return b"S I\r\n"
        if self.weight_mg > RANGE_MG:
            return b"S +\r\n"
        return f"S {'S' if rest else 'D'} {grams:>10} g\r\n".encode()
