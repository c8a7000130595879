"""A UHFReader288 or UHFReader18: parser, settings and inventories of its own. Frames: rfid.md §3.3."""

from typing import Final

from simulator.gen2 import Power, always
from simulator.serial.acts import Do, Selected, act, known, lock, read, write
from simulator.serial.air import ROUND_US, Air

FINISHED, MORE, PASSWORD, NO_TAG, TAG_ERROR, UNKNOWN, BAD_VALUE = 0x01, 0x03, 0x05, 0xFB, 0xFC, 0xFE, 0xFF
ANTENNA_GONE: Final = 0xF8
TAGS_PER_FRAME_MAX: Final = 8
GAP_US: Final = 15_000
"""Bytes further apart do not belong together (manual §2)."""
ANTENNA_AT: Final = 7
"""Byte of an inventory's body that says the antenna."""
RSSI_RAW: Final = 0x6B


def crc16(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
    return crc


class UHF288:
    """`old`: a UHFReader18. `indexed`: tells antennas by index, as models with 12 and 16 ports do."""

    def __init__(self, air: Air, *, baud: int = 57_600, old: bool = False, indexed: bool = False) -> None:
        self.air, self.baud, self.old, self.indexed = air, baud, old, indexed
        self.refuses: set[int] = set()
        self.feeds: Power = always
        """Whether the field still feeds a tag, asked before each word that is written."""
        self.dead_antennas: set[int] = set()
        self.heard: list[int] = []
        self.writes_total = 0
        """Settings written into EEPROM, which wears."""
        self.bands, self.power_dbm, self.pushes = (0x31, 0x80), 30, False
        self.power()

    def power(self) -> None:
        """Power comes (back); region, power and mode are kept in EEPROM."""
        self._in = bytearray()
        self._out = bytearray()
        self._inventory: tuple[bytes, int] | None = None
        self._heard_us = self._pushed_us = 0

    def hear(self, data: bytes, now_us: int) -> None:
        if self._inventory is not None:  # deaf while it inventories (manual §2)
            return
        if now_us - self._heard_us > GAP_US:
            self._in.clear()
        self._heard_us = now_us
        self._in += data
        while self._in and len(self._in) > self._in[0]:
            size = self._in[0] + 1
            frame, self._in = bytes(self._in[:size]), self._in[size:]
            if size >= 5 and crc16(frame) == 0:
                self.heard.append(frame[2])
                self._obey(frame[2], frame[3:-2], now_us)
            if self._inventory is not None:
                self._in.clear()

    def advance(self, now_us: int) -> bytes:
        if self._inventory is not None and now_us >= self._inventory[1]:
            asked, self._inventory = self._inventory[0], None
            self._read(asked, now_us)
        if self.pushes and now_us - self._pushed_us >= ROUND_US:
            self._pushed_us = now_us
            for answer in self.air.round(1, 0, self.power_dbm, now_us):
                self._say(0xEE, 0, bytes((1, len(answer.epc))) + answer.epc + bytes((RSSI_RAW,)))
        said, self._out = bytes(self._out), bytearray()
        return said

    def _obey(self, command: int, body: bytes, now_us: int) -> None:
        if self.pushes and command not in (0x21, 0x76):
            return
        if command in self.refuses:
            self._say(command, BAD_VALUE)
        elif command == 0x21:
            more = b"" if self.old else b"\x01\x00\x00\x00"
            kind = 0x09 if self.old else 0x20
            self._say(command, 0, bytes((2, 7, kind, 2, *self.bands, self.power_dbm, 0x14)) + more)
        elif command == 0x01 and (self.old or len(body) > ANTENNA_AT):
            self._inventory = body, now_us + ROUND_US
        elif command in (0x02, 0x03, 0x06):
            self._act(command, body)
        elif command == 0x22 and len(body) == 2:
            self.bands, self.writes_total = (body[0], body[1]), self.writes_total + 1
            self._say(command, 0)
        elif command == 0x2F and len(body) == 1 and body[0] <= 30:
            self.power_dbm, self.writes_total = body[0], self.writes_total + 1
            self._say(command, 0)
        elif command == 0x76 and body == b"\0":
            self.pushes = False
            self._say(command, 0)
        elif command == 0x92 and not self.old:
            self._say(command, 0, b"\x01\x25")
        else:
            self._say(command, UNKNOWN)

    def _read(self, asked: bytes, now_us: int) -> None:
        antenna = 1 if self.old else asked[ANTENNA_AT] - 0x7F
        session = 0 if self.old else asked[1]
        if antenna in self.dead_antennas:
            self._say(0x01, ANTENNA_GONE)
            return
        answers = self.air.round(antenna, session, self.power_dbm, now_us)
        if not answers and self.old:
            self._say(0x01, NO_TAG)
            return
        told = b"" if self.old else bytes((antenna - 1 if self.indexed else 1 << (antenna - 1),))
        for low in range(0, len(answers), TAGS_PER_FRAME_MAX):
            some = answers[low : low + TAGS_PER_FRAME_MAX]
            tail = b"" if self.old else bytes((RSSI_RAW,))
            tags = b"".join(bytes((len(answer.epc),)) + answer.epc + tail for answer in some)
            self._say(0x01, MORE, told + bytes((len(some),)) + tags)
        self._say(0x01, FINISHED, told + b"\0")

    def _act(self, command: int, body: bytes) -> None:
        """Commands to a tag: words to write, its EPC or FF, what is asked, password, and for FF a mask."""
        words, body = (body[0], body[1:]) if command == 0x03 else (0, body)
        by_mask = body[:1] == b"\xff"
        named = 0 if by_mask else 2 * body[0]
        epc, body = body[1 : 1 + named], body[1 + named :]
        size = {0x02: 3, 0x03: 2 + 2 * words, 0x06: 2}[command]
        fields, password, rest = body[:size], body[size : size + 4], body[size + 4 :]
        do = _asked(command, fields, self.feeds)
        who: Selected | None = Selected(bank=1, at=32, bits=8 * named, mask=epc)
        if by_mask:
            who = None if self.old else _masked(rest)
        if do is None or who is None or len(password) != 4 or (rest and not by_mask):
            self._say(command, BAD_VALUE)
            return
        outcome = act(self.air, who, int.from_bytes(password), do)
        if outcome.wrong_password:
            self._say(command, PASSWORD)
        elif outcome.code is not None:
            self._say(command, TAG_ERROR, bytes((outcome.code,)))
        elif not outcome.done:
            self._say(command, NO_TAG)
        else:
            self._say(command, 0, outcome.data)

    def _say(self, command: int, status: int, data: bytes = b"") -> None:
        frame = bytes((len(data) + 5, 0, command, status)) + data
        self._out += frame + crc16(frame).to_bytes(2, "little")


def _masked(rest: bytes) -> Selected | None:
    """MaskMem, MaskAdr, MaskLen, MaskData."""
    if len(rest) < 4 or rest[0] not in (1, 2, 3) or len(rest) != 4 + (rest[3] + 7) // 8:
        return None
    return Selected(bank=rest[0], at=int.from_bytes(rest[1:3]), bits=rest[3], mask=rest[4:])


def _asked(command: int, fields: bytes, feeds: Power) -> Do | None:
    """What a command to a tag asks for, if it is whole."""
    if command == 0x06 and len(fields) == 2 and fields[0] < 5 and fields[1] < 4:
        # not protected, so for ever, protected, so for ever: the permalock bit is named where it is meant
        low, to = 8 - 2 * fields[0], fields[1]
        return lock((0b11 if to & 1 else 0b10) << low, to << low)
    if command == 0x02 and len(fields) == 3 and known(fields[0]) and 0 < fields[2] <= 120:
        return read(fields[0], fields[1], fields[2])
    if command == 0x03 and len(fields) > 2 and known(fields[0]):
        return write(fields[0], fields[1], fields[2:], feeds)
    return None
