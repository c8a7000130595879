"""An M100/R200 module: parser, settings and rounds of its own. Frames: rfid.md §3.1; nothing shared with our driver."""

from typing import Final

from simulator.gen2 import Power, always
from simulator.serial.acts import Do, Selected, act, known, lock, read, write
from simulator.serial.air import ROUND_US, Air

MARKS: Final = {"BB": (0xBB, 0x7E), "AA": (0xAA, 0xDD)}
NO_TAG, BAD_PASSWORD, BAD_COMMAND = 0x15, 0x16, 0x17
FAILED: Final = {0x39: (0x09, 0xA0), 0x49: (0x10, 0xB0), 0x82: (0x13, 0xC0)}
"""Of a command to a tag: nobody answered, and what a tag's own code is added to."""
TAG_CRC: Final = b"\x3a\x76"
"""A module does not check it again, and neither does anybody else."""
REGIONS: Final = frozenset({1, 2, 3, 4, 6})
POWER_CDBM_MAX: Final = 2600
DEFAULT_QUERY: Final = 0x1020


class M100:
    """`mark`: "BB" or "AA". `refuses`: commands answered by error 17."""

    def __init__(self, air: Air, *, mark: str = "BB", baud: int = 115_200) -> None:
        self.air, self.baud = air, baud
        self.refuses: set[int] = set()
        self.feeds: Power = always
        """Whether the field still feeds a tag, asked before each word that is written."""
        self.ends_unsaid = False
        """Some firmware says nothing when its rounds are over."""
        self.heard: list[int] = []
        self._header, self._end = MARKS[mark]
        self.power()

    def power(self) -> None:
        """Power comes (back): everything as delivered."""
        self.region, self.power_cdbm, self.query = 1, POWER_CDBM_MAX, DEFAULT_QUERY
        self.mask, self.select_mode = Selected(bank=1, at=0, bits=0, mask=b""), 1
        self.rounds = 0
        self.round_us = 0
        self._in = bytearray()
        self._out = bytearray()

    def hear(self, data: bytes, now_us: int) -> None:
        for byte in data:
            if not self._in and byte != self._header:
                continue
            self._in.append(byte)
            size = 7 + int.from_bytes(self._in[3:5]) if len(self._in) >= 5 else 7
            if size > 128:
                self._in.clear()
            elif len(self._in) == size:
                frame, self._in = bytes(self._in), bytearray()
                if frame[-1] == self._end and frame[1] == 0 and sum(frame[1:-2]) % 256 == frame[-2]:
                    self.heard.append(frame[2])
                    self._obey(frame[2], frame[5:-2], now_us)

    def advance(self, now_us: int) -> bytes:
        if self.rounds and now_us >= self.round_us:
            self.round_us = now_us + ROUND_US
            self._round(now_us)
            self.rounds -= 1
            if not self.rounds and not self.ends_unsaid:
                self._say(1, 0x27, b"\0")
        said, self._out = bytes(self._out), bytearray()
        return said

    def _round(self, now_us: int) -> None:
        session = self.query >> 8 & 3
        answers = self.air.round(1, session, self.power_cdbm / 100, now_us)
        for answer in answers:
            pc = (len(answer.epc) // 2 << 11).to_bytes(2)
            self._say(2, 0x22, bytes((answer.rssi_dbm % 256,)) + pc + answer.epc + TAG_CRC)
        if not answers:
            self._fail(NO_TAG)

    def _obey(self, command: int, body: bytes, now_us: int) -> None:
        if command in self.refuses:
            self._fail(BAD_COMMAND)
        elif command == 0x28:
            self.rounds = 0
            self._say(1, command, b"\0")
        elif command == 0x27 and len(body) == 3 and body[0] == 0x22:
            self.rounds, self.round_us = int.from_bytes(body[1:]), now_us
        elif command == 0x22:
            self._round(now_us)
        elif command == 0x03 and body in (b"\0", b"\1", b"\2"):
            self._say(1, command, body + (b"M100 26dBm V1.0", b"V2.3.5", b"MagicRF")[body[0]])
        elif command in FAILED and (do := self._asked(command, body)) is not None:
            self._act(command, int.from_bytes(body[:4]), do)
        elif command == 0x08:
            self._say(1, command, bytes((self.region,)))
        elif command == 0xB7:
            self._say(1, command, self.power_cdbm.to_bytes(2))
        elif self._set(command, body):
            self._say(1, command, b"\0")
        else:
            self._fail(BAD_COMMAND)

    def _set(self, command: int, body: bytes) -> bool:
        """Whether this setting was taken."""
        value = int.from_bytes(body)
        if command == 0x07 and value in REGIONS:
            self.region = value
        elif command == 0xB6 and len(body) == 2 and value <= POWER_CDBM_MAX:
            self.power_cdbm = value
        elif command == 0x0E and len(body) == 2:
            self.query = value
        elif command == 0x12 and value <= 2:
            self.select_mode = value
        elif command == 0x0C and len(body) == 7 + (body[5] + 7) // 8 and body[0] & 3:
            self.mask = Selected(bank=body[0] & 3, at=int.from_bytes(body[1:5]), bits=body[5], mask=body[7:])
        else:
            return False
        return True

    def _asked(self, command: int, body: bytes) -> Do | None:
        """What a command to a tag asks for, if it is whole."""
        at, words = int.from_bytes(body[5:7]), int.from_bytes(body[7:9])
        if command == 0x82 and len(body) == 7:
            payload = int.from_bytes(body[4:])
            return lock(payload >> 10 & 0x3FF, payload & 0x3FF)
        if len(body) < 9 or not known(body[4]):
            return None
        if command == 0x39 and len(body) == 9:
            return read(body[4], at, words)
        if command == 0x49 and words and len(body) == 9 + 2 * words:
            return write(body[4], at, body[9:], self.feeds)
        return None

    def _act(self, command: int, password: int, do: Do) -> None:
        """Without a Select before it a module would take any tag: this one then takes none."""
        nobody, refused = FAILED[command]
        outcome = act(self.air, self.mask, password, do) if self.select_mode != 1 else None
        if outcome is None or outcome.tag is None:
            self._fail(nobody)
        elif outcome.wrong_password:
            self._fail(BAD_PASSWORD, outcome.epc)
        elif outcome.code is not None:
            self._fail(refused + outcome.code, outcome.epc)
        else:
            self._say(1, command, self._tag(outcome.epc) + (outcome.data if command == 0x39 else b"\0"))

    def _tag(self, epc: bytes) -> bytes:
        return bytes((2 + len(epc),)) + (len(epc) // 2 << 11).to_bytes(2) + epc

    def _fail(self, code: int, epc: bytes | None = None) -> None:
        self._say(1, 0xFF, bytes((code,)) + (self._tag(epc) if epc is not None else b""))

    def _say(self, kind: int, command: int, body: bytes) -> None:
        inside = bytes((kind, command)) + len(body).to_bytes(2) + body
        self._out += bytes((self._header,)) + inside + bytes((sum(inside) % 256, self._end))
