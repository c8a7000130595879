"""A ThingMagic Mercury module: parser, settings and stream of its own. Frames: rfid.md §3.2."""

from typing import Final

from simulator.gen2 import Power, always
from simulator.serial.acts import Do, Selected, act, known, lock, read, write
from simulator.serial.air import ROUND_US, Air

NIBBLES: Final = [
    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
    0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF,
]  # fmt: skip
UNKNOWN, BAD_VALUE, NO_TAG, TOO_HOT = 0x0101, 0x0105, 0x0400, 0x0504
TAG_REFUSED: Final = 0x0420
"""A tag's own code is added to it."""
KEEP_ALIVE_US: Final = 1_000_000
FIELDS: Final = (
    (0x0001, b"\x01"), (0x0002, b""), (0x0004, b""), (0x0008, b"\x0e\x16\x40"), (0x0010, b"\0\0\x01\x27"),
    (0x0020, b"\0\x5a"), (0x0040, b"\x05"), (0x0080, b"\0\0"), (0x0100, b"\x0f"), (0x0200, b"\x04"),
    (0x0400, b"\0"), (0x0800, b"\0"), (0x1000, b"\0\0"),
)  # fmt: skip
"""Metadata by flag; RSSI and antenna are of the tag."""
REGIONS: Final = frozenset({1, 4, 5, 6, 8, 9, 11, 12})
VERSION: Final = bytes.fromhex("12120000 30000002 20180105 01090001 00000010")


def crc16(data: bytes) -> int:
    """Nibble by nibble, as the maker's own code does."""
    crc = 0xFFFF
    for byte in data:
        for nibble in (byte >> 4, byte & 15):
            crc = ((crc << 4) & 0xFFFF | nibble) ^ NIBBLES[crc >> 12]
    return crc


def record(epc: bytes, *, flags: int, rssi_dbm: int, antenna: int) -> bytes:
    """What follows the search flags in a streamed tag."""
    own = {0x0002: bytes((rssi_dbm % 256,)), 0x0004: bytes((antenna * 17,))}
    fields = b"".join(own.get(flag, value) for flag, value in FIELDS if flags & flag)
    pc = (len(epc) // 2 << 11).to_bytes(2)
    return flags.to_bytes(2) + b"\x01" + fields + (8 * len(epc) + 32).to_bytes(2) + pc + epc + b"\x4a\x4a"


def framed(opcode: int, status: int, data: bytes = b"") -> bytes:
    body = bytes((len(data), opcode)) + status.to_bytes(2) + data
    return b"\xff" + body + crc16(body).to_bytes(2)


class Mercury:
    """`in_bootloader`: only a few commands work until the firmware is started."""

    def __init__(self, air: Air, *, baud: int = 115_200, in_bootloader: bool = False) -> None:
        self.air, self.baud = air, baud
        self.refuses: set[int] = set()
        self.feeds: Power = always
        """Whether the field still feeds a tag, asked before each word that is written."""
        self.hot = False
        self.heard: list[int] = []
        self._boots_into_loader = in_bootloader
        self.power()

    def power(self) -> None:
        """Power comes (back): everything as delivered."""
        self.in_bootloader = self._boots_into_loader
        self.region, self.power_cdbm, self.session, self.target = 0, 2700, 0, 0x0100
        self.antennas, self.protocol = [1], 0
        self.reading: int | None = None
        """Metadata flags asked for, while it reads."""
        self._round_us = self._said_us = 0
        self._in = bytearray()
        self._out = bytearray()

    def hear(self, data: bytes, now_us: int) -> None:
        for byte in data:
            if not self._in and byte != 0xFF:
                continue
            self._in.append(byte)
            if len(self._in) > 1 and len(self._in) == self._in[1] + 5:
                frame, self._in = bytes(self._in), bytearray()
                if crc16(frame[1:-2]) == int.from_bytes(frame[-2:]):
                    self.heard.append(frame[2])
                    self._obey(frame[2], frame[3:-2], now_us)

    def advance(self, now_us: int) -> bytes:
        if self.reading is not None and now_us >= self._round_us:
            self._round_us = now_us + ROUND_US
            self._round(now_us, self.reading)
        said, self._out = bytes(self._out), bytearray()
        return said

    def _round(self, now_us: int, flags: int) -> None:
        if self.hot:
            self.reading = None
            self._say(0x22, TOO_HOT)
            return
        for antenna in self.antennas:
            for answer in self.air.round(antenna, self.session, self.power_cdbm / 100, now_us):
                told = record(answer.epc, flags=flags, rssi_dbm=answer.rssi_dbm, antenna=antenna)
                self._say(0x22, 0, b"\x10\x00\x1b" + told)
                self._said_us = now_us
        if now_us - self._said_us >= KEEP_ALIVE_US:
            self._said_us = now_us
            self._say(0x22, NO_TAG)

    def _obey(self, opcode: int, body: bytes, now_us: int) -> None:
        if self.in_bootloader and opcode not in (0x03, 0x04, 0x0C):
            self._say(opcode, UNKNOWN)
        elif opcode in self.refuses:
            self._say(opcode, BAD_VALUE)
        elif opcode == 0x2F and body[2:3] == b"\x02":
            self.reading = None
            self._say(opcode, 0, b"\x02")
        elif opcode == 0x2F and len(body) == 16 and body[2] == 1 and self.protocol == 5 and self.region:
            self.reading, self._said_us = int.from_bytes(body[14:16]), now_us
            self._say(opcode, 0, b"\x01")
        elif opcode == 0x03:
            self._say(opcode, 0, VERSION)
        elif opcode == 0x04:
            self.in_bootloader = False
            self._say(opcode, 0)
        elif opcode == 0x0C:
            self._say(opcode, 0, b"\x11" if self.in_bootloader else b"\x12")
        elif opcode == 0x67:
            self._say(opcode, 0, bytes((self.region,)))
        elif opcode == 0x62 and body == b"\0":
            self._say(opcode, 0, b"\0" + self.power_cdbm.to_bytes(2))
        elif opcode == 0x72:
            self._say(opcode, 0, b"\x1f")
        elif opcode in (0x24, 0x25, 0x28):
            self._act(opcode, body)
        else:
            self._say(opcode, 0 if self._set(opcode, body) else BAD_VALUE)

    def _set(self, opcode: int, body: bytes) -> bool:
        """Whether this setting was taken."""
        value = int.from_bytes(body)
        if opcode == 0x97 and value in REGIONS:
            self.region = value
        elif opcode == 0x92 and len(body) == 2 and value <= 2700:
            self.power_cdbm = value
        elif opcode == 0x93 and body == b"\0\x05":
            self.protocol = 5
        elif opcode == 0x91 and body[:1] == b"\x02" and len(body) % 2:
            self.antennas = list(body[1::2])
        elif opcode == 0x91 and len(body) == 2:
            self.antennas = [body[0]]
        elif opcode == 0x9B and body[:2] == b"\x05\x00" and body[2] < 4:
            self.session = body[2]
        elif opcode == 0x9B and body[:2] == b"\x05\x01" and len(body) == 4:
            self.target = int.from_bytes(body[2:])
        else:
            return opcode == 0x9A or (opcode == 0x94 and value <= 2700)
        return True

    def _act(self, opcode: int, body: bytes) -> None:
        """Commands to a tag: timeout, option, then each in its own order; the option says how the tag is selected."""
        option, told = body[2] & 7, b""
        if opcode == 0x25:
            password, fields, rest = body[3:7], body[7:11], body[11:]
        elif opcode == 0x28:
            told = body[2:5] if body[2] & 0x10 else body[2:3]
            fields, rest = body[2 + len(told) : 8 + len(told)], body[8 + len(told) :]
            password, rest = rest[:4], rest[4:]
        else:
            fields, password, rest = body[3:8], body[8:12], body[12:]
        who, data = _selected(option, rest)
        do = _asked(opcode, fields, data, self.feeds)
        if who is None or do is None:
            self._say(opcode, BAD_VALUE)
            return
        outcome = act(self.air, who, int.from_bytes(password), do)
        if outcome.code is not None:
            self._say(opcode, TAG_REFUSED + outcome.code)
        elif not outcome.done:
            self._say(opcode, NO_TAG)
        else:
            self._say(opcode, 0, told + outcome.data)

    def _say(self, opcode: int, status: int, data: bytes = b"") -> None:
        self._out += framed(opcode, status, data)


def _selected(option: int, rest: bytes) -> tuple[Selected | None, bytes]:
    """(who, what follows): 1 the EPC from its beginning, 2 to 4 TID, user memory and EPC from a bit that is told."""
    at = 32
    if option in (2, 3, 4):
        at, rest = int.from_bytes(rest[:4]), rest[4:]
    if option not in (1, 2, 3, 4) or not rest:
        return None, b""
    size = (rest[0] + 7) // 8
    bank = {1: 1, 2: 2, 3: 3, 4: 1}[option]
    return Selected(bank=bank, at=at, bits=rest[0], mask=rest[1 : 1 + size]), rest[1 + size :]


def _asked(opcode: int, fields: bytes, data: bytes, feeds: Power) -> Do | None:
    """What a command to a tag asks for, if it is whole."""
    if opcode == 0x25 and len(fields) == 4:
        return lock(int.from_bytes(fields[:2]), int.from_bytes(fields[2:]))
    if opcode == 0x28 and len(fields) == 6 and known(fields[0]) and not data:
        return read(fields[0], int.from_bytes(fields[1:5]), fields[5])
    if opcode == 0x24 and len(fields) == 5 and known(fields[4]) and data and len(data) % 2 == 0:
        return write(fields[4], int.from_bytes(fields[:4]), data, feeds)
    return None
