"""An R2000 reader with the A0 protocol: parser, settings and inventories of its own. Frames: rfid.md §3.4."""

from typing import Final

from simulator.gen2 import Power, always
from simulator.serial.acts import Do, Selected, act, known, lock, read, write
from simulator.serial.air import ROUND_US, Air

DONE, FAILED, NO_ANTENNA, NO_TAG, PASSWORD, BAD_VALUE = 0x10, 0x11, 0x22, 0x36, 0x40, 0x41
REFUSED: Final = {0x81: 0x32, 0x82: 0x33, 0x83: 0x34}
LOCKS: Final = {0: (0b10, 0b00), 1: (0b10, 0b10), 2: (0b11, 0b01), 3: (0b11, 0b11)}
"""Open, locked, open for ever, locked for ever → mask and action."""
REGIONS: Final = {1: (7, 59), 2: (0, 6), 3: (43, 53)}
FREQUENCY: Final = 4
WEAKEST_DBM: Final = 20
"""Of a power that is set for now."""


class R2000:
    """`dead_antennas`: numbered from 1. `refuses`: commands answered by error 11."""

    def __init__(self, air: Air, *, baud: int = 115_200) -> None:
        self.air, self.baud = air, baud
        self.refuses: set[int] = set()
        self.dead_antennas: set[int] = set()
        self.feeds: Power = always
        """Whether the field still feeds a tag, asked before each word that is written."""
        self.heard: list[int] = []
        self.writes_total = 0
        """Settings written into flash, which wears."""
        self.region, self._kept_dbm = bytes((1, 7, 59)), 30
        self.power()

    def power(self) -> None:
        """Power comes (back); region and power are kept in flash."""
        self.power_dbm = self._kept_dbm
        self._in = bytearray()
        self._out = bytearray()
        self._antenna, self._match = 0, b""
        self._inventory: tuple[int, int] | None = None
        """Rounds to go, and when the next begins."""
        self._session = self._total = 0

    def hear(self, data: bytes, now_us: int) -> None:
        if self._inventory is not None:  # deaf while it inventories
            return
        self._in += data
        while len(self._in) > 1:
            size = self._in[1] + 2
            if self._in[0] != 0xA0:
                del self._in[0]
            elif len(self._in) < size:
                break
            else:
                frame, self._in = bytes(self._in[:size]), self._in[size:]
                if size >= 5 and sum(frame) % 256 == 0:
                    self.heard.append(frame[3])
                    self._obey(frame[3], frame[4:-1], now_us)
                    if self._inventory is not None:  # nor does it hear what came in the same breath
                        self._in.clear()

    def advance(self, now_us: int) -> bytes:
        while self._inventory is not None and now_us >= self._inventory[1]:
            rounds, due_us = self._inventory
            self._round(now_us)
            self._inventory = (rounds - 1, due_us + ROUND_US) if rounds > 1 else None
            if self._inventory is None:
                self._say(0x8B, bytes((self._antenna,)) + b"\0\x50" + self._total.to_bytes(4))
        said, self._out = bytes(self._out), bytearray()
        return said

    def _round(self, now_us: int) -> None:
        for answer in self.air.round(self._antenna + 1, self._session, self.power_dbm, now_us):
            pc = (len(answer.epc) // 2 << 11).to_bytes(2)
            told = bytes((FREQUENCY << 2 | self._antenna,)) + pc + answer.epc
            self._say(0x8B, told + bytes((answer.rssi_dbm + 129,)))
            self._total += 1

    def _obey(self, command: int, body: bytes, now_us: int) -> None:
        if command in self.refuses:
            self._say(command, bytes((FAILED,)))
        elif command == 0x8B and len(body) == 3 and body[0] < 4 and body[1] < 2 and body[2]:
            self._session, self._total = body[0], 0
            if self._antenna + 1 in self.dead_antennas:
                self._say(command, bytes((NO_ANTENNA,)))
            else:
                self._inventory = body[2], now_us + ROUND_US
        elif command in REFUSED:
            self._act(command, body)
        else:
            told = {0x72: b"\x05\x02", 0x77: bytes((self.power_dbm,)), 0x79: self.region, 0x7B: b"\x01\x22"}.get(
                command
            )
            if told is None:
                told = bytes((DONE if self._set(command, body) else BAD_VALUE,))
            self._say(command, told)

    def _set(self, command: int, body: bytes) -> bool:
        """Whether this setting was taken."""
        if command == 0x74 and len(body) == 1 and body[0] < 4:
            self._antenna = body[0]
        elif command == 0x76 and len(body) == 1 and body[0] <= 33:
            self.power_dbm = self._kept_dbm = body[0]
            self.writes_total += 1
        elif command == 0x66 and len(body) == 1 and WEAKEST_DBM <= body[0] <= 33:
            self.power_dbm = body[0]
        elif command == 0x78 and len(body) == 3 and body[0] in REGIONS and self._within(body):
            self.region, self.writes_total = body, self.writes_total + 1
        elif command == 0x85 and body[:1] == b"\0" and len(body) == 2 + body[1]:
            self._match = body[2:]
        else:
            return False
        return True

    @staticmethod
    def _within(body: bytes) -> bool:
        low, high = REGIONS[body[0]]
        return low <= body[1] <= body[2] <= high

    def _act(self, command: int, body: bytes) -> None:
        """The matched tag, or nobody: such a reader would take any."""
        password, do = self._asked(command, body)
        if do is None or not self._match:
            self._say(command, bytes((BAD_VALUE,)))
            return
        outcome = act(self.air, Selected(bank=1, at=32, bits=8 * len(self._match), mask=self._match), password, do)
        if outcome.wrong_password:
            self._say(command, bytes((PASSWORD,)))
        elif outcome.code is not None:
            self._say(command, bytes((REFUSED[command],)))
        elif not outcome.done:
            self._say(command, bytes((NO_TAG,)))
        else:
            tag = (len(outcome.epc) // 2 << 11).to_bytes(2) + outcome.epc + b"\x3a\x76" + outcome.data
            last = len(outcome.data) if command == 0x81 else DONE
            self._say(command, b"\0\1" + bytes((len(tag),)) + tag + bytes((last, FREQUENCY << 2 | self._antenna, 1)))

    def _asked(self, command: int, body: bytes) -> tuple[int, Do | None]:
        """Password, and what a command to a tag asks for, if it is whole."""
        if command == 0x81 and len(body) == 7 and known(body[0]) and body[2]:
            return int.from_bytes(body[3:]), read(body[0], body[1], body[2])
        password = int.from_bytes(body[:4])
        if command == 0x82 and len(body) > 7 and known(body[4]) and len(body) == 7 + 2 * body[6]:
            return password, write(body[4], body[5], body[7:], self.feeds)
        if command == 0x83 and len(body) == 6 and 0 < body[4] < 6 and body[5] in LOCKS:
            mask, action = LOCKS[body[5]]
            low = 2 * (body[4] - 1)
            return password, lock(mask << low, action << low)
        return 0, None

    def _say(self, command: int, data: bytes) -> None:
        frame = bytes((0xA0, len(data) + 3, 1, command)) + data
        self._out += frame + bytes((-sum(frame) % 256,))
