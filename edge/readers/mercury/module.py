"""What we say to a Mercury module and what its answers mean. No input or output.

Opcodes and parameters: Mercury API (MIT), `serial_reader_l3.c` and `serial_reader_imp.h`, and messages recorded from
the maker's own tool. The module reads until it is told to stop; a second without a tag says so (status 0400).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from edge.readers.access import Access
from edge.readers.base import MisconfiguredError, ProtocolError, ReaderError
from edge.readers.health import Health
from edge.readers.mercury.frames import (
    CANNOT_READ,
    OPTION_METADATA,
    STATUS_OK,
    Answer,
    KeepAlive,
    Meta,
    Opcode,
    Record,
    encode,
    fault,
    walk,
)
from edge.readers.mercury.tags import TIMEOUT_MS, said
from edge.readers.profiles import Place
from edge.readers.serial.connection import Heard, Say
from edge.readers.serial.dialogue import Ask
from edge.readers.serial.reads import Walked

BAUDS: Final = (115_200, 921_600, 230_400, 460_800, 57_600, 38_400, 19_200, 9_600)
ASKED_AT_BEST: Final = (Opcode.CURRENT_PROGRAM, Opcode.TEMPERATURE, Opcode.GET_REGION, Opcode.GET_READ_POWER)
"""Not every module has these."""
REGIONS: Final[Mapping[str, int]] = {
    "us": 0x01, "india": 0x04, "japan": 0x05, "china": 0x06, "eu": 0x08, "korea": 0x09, "australia": 0x0B,
    "new-zealand": 0x0C,
}  # fmt: skip
"""EU is what the maker calls EU3, Korea KR2: the regulations of today."""
MODELS: Final = {0x00: "M5e", 0x01: "M5e-C", 0x18: "M6e", 0x20: "M6e Micro", 0x30: "M6e Nano"}
"""First byte of the hardware version."""
GEN2: Final = 5
CONTINUOUS, STOP = 1, 2
SEARCH_FLAGS: Final = 0x001B
"""Antennas of the list (3), streaming (8), large populations (10)."""
FLAGS: Final = Meta.READ_COUNT | Meta.RSSI | Meta.ANTENNA | Meta.PHASE | Meta.PROTOCOL
"""Metadata we ask for; whatever comes is walked by the flags in it."""
KEY_VALUE, UNIQUE_FILTER = 1, 0x0C
"""SET_OPTION: the filter that tells each tag once is turned off."""
SESSION, TARGET = 0, 1
SEARCH_LIST: Final = 2
"""SET_ANTENNAS: not the one port of what is done to a tag, but those that are read in turn."""
TARGET_A, TARGET_A_THEN_B = 0x0100, 0x0000
SESSIONS_TO_FLIP: Final = (2, 3)
BOOTLOADER: Final = 1
"""Low two bits of CURRENT_PROGRAM in the boot loader."""
VERSION_BYTES: Final = 16
QUIET_AFTER_US: Final = 2_200_000
ACTS: Final = {Opcode.READ_DATA: "read", Opcode.WRITE_DATA: "write", Opcode.LOCK: "lock"}


class Module:
    """The family's half of a `Dialogue`."""

    quiet_after_us = QUIET_AFTER_US
    varies = True

    def __init__(self, health: Health, places: Mapping[int, Place], region: str) -> None:
        """`places` by antenna port; `region`: a key of `REGIONS`."""
        self.got = b""
        self._health = health
        self._places = dict(sorted(places.items()))
        self._region = region
        self._in_bootloader = False

    def opened(self) -> None:
        self._in_bootloader = False

    def read_as(self, places: Mapping[int, Place]) -> None:
        self._places = dict(sorted(places.items()))

    def walk(self, data: bytes, *, ended: bool) -> Walked:
        return walk(data, ended=ended)

    def words(self, say: Say, access: Access | None) -> Sequence[Ask]:
        match say:
            case Say.HALT:
                return (_ask(Opcode.MULTI_PROTOCOL, bytes((0, 0, STOP))),)
            case Say.IDENTIFY:
                return _ask(Opcode.CURRENT_PROGRAM), _ask(Opcode.VERSION), _ask(Opcode.TEMPERATURE)
            case Say.ASK_SETTINGS:
                return _ask(Opcode.GET_REGION), _ask(Opcode.GET_READ_POWER, bytes((0,)))
            case Say.SET_REGION:
                boot = (_ask(Opcode.BOOT_FIRMWARE),) if self._in_bootloader else ()
                return *boot, _ask(Opcode.SET_REGION, bytes((REGIONS[self._region],)))
            case Say.SET_POWER:
                power, _ = joined(self._places)
                if power is not None:
                    cdbm = round(power * 100).to_bytes(2)
                    return _ask(Opcode.SET_READ_POWER, cdbm), _ask(Opcode.SET_WRITE_POWER, cdbm)
            case Say.SET_AIR:
                return self._air()
            case Say.START:
                settings = (SEARCH_FLAGS, TIMEOUT_MS, FLAGS)
                search = bytes((OPTION_METADATA,)) + b"".join(value.to_bytes(2) for value in settings)
                plan = bytes((0, 0, CONTINUOUS, Opcode.READ_TAGS, 0, 0, GEN2, len(search), Opcode.READ_TAGS))
                return self._antennas(), _ask(Opcode.MULTI_PROTOCOL, plan + search)
            case Say.ACCESS if access is not None:
                return self._port(access), _ask(*said(access))
            case _:
                pass
        return ()

    def meaning(self, frame: msgspec.Struct, pending: int | None) -> tuple[Heard | None, ReaderError | None]:
        match frame:
            case KeepAlive():
                return Heard.ROUND, None
            case Record():
                return None, None
            case Answer(opcode=Opcode.READ_TAGS, status=status):
                heard = Heard.FAILED if status in CANNOT_READ else Heard.REFUSED
                return (None, None) if status == STATUS_OK else (heard, fault(status, "answer"))
            case Answer(opcode=opcode, status=status, data=data):
                if opcode != pending:
                    return None, None
                if status != STATUS_OK:
                    act = ACTS.get(Opcode(opcode), "answer")
                    if opcode in ASKED_AT_BEST:
                        return Heard.DONE, None
                    return Heard.REFUSED, fault(status, act)
                self._learn(opcode, data)
                return Heard.DONE, None
            case _:
                raise ProtocolError(f"{frame} is no frame we know")

    def _learn(self, opcode: int, data: bytes) -> None:
        """Raises `ProtocolError` when the inside of an answer is not what it should be."""
        if opcode == Opcode.VERSION:
            # boot loader, hardware, date of the firmware, firmware: four bytes each
            if len(data) < VERSION_BYTES:
                raise ProtocolError(f"a version of {len(data)} bytes")
            self._health.model = MODELS.get(data[4], f"Mercury hardware {data[4]:02X}")
            self._health.firmware = ".".join(f"{byte:02X}" for byte in data[12:16])
        elif opcode == Opcode.CURRENT_PROGRAM and data:
            self._in_bootloader = data[0] & 3 == BOOTLOADER
        elif opcode == Opcode.GET_REGION and data:
            self._health.region = next((name for name, code in REGIONS.items() if code == data[0]), "")
        elif opcode == Opcode.GET_READ_POWER and len(data) >= 3:
            # the option that was asked, then hundredths of dBm
            self._health.power_dbm = int.from_bytes(data[1:3]) / 100
        elif opcode == Opcode.TEMPERATURE and data:
            self._health.temperature_c = int.from_bytes(data[:1], signed=True)
        elif opcode == Opcode.READ_DATA:
            # option, then metadata flags we asked none of, then the words
            if len(data) < 3:
                raise ProtocolError(f"read data of {len(data)} bytes")
            self.got = data[3:]
        elif opcode in (Opcode.WRITE_DATA, Opcode.LOCK):
            self.got = b""

    def _air(self) -> Sequence[Ask]:
        """Protocol, every read told, session and target."""
        _, session = joined(self._places)
        target = TARGET_A_THEN_B if session in SESSIONS_TO_FLIP else TARGET_A
        return (
            _ask(Opcode.SET_PROTOCOL, bytes((0, GEN2))),
            _ask(Opcode.SET_OPTION, bytes((KEY_VALUE, UNIQUE_FILTER, 0))),
            _ask(Opcode.SET_PROTOCOL_PARAM, bytes((GEN2, SESSION, session))),
            _ask(Opcode.SET_PROTOCOL_PARAM, bytes((GEN2, TARGET)) + target.to_bytes(2)),
        )

    def _antennas(self) -> Ask:
        """All in turn, before every START: an access looks at one alone."""
        return _ask(Opcode.SET_ANTENNAS, bytes((SEARCH_LIST,)) + b"".join(bytes((port, port)) for port in self._places))

    def _port(self, access: Access) -> Ask:
        """Before which antenna the tag lies; the first where that is not told. Raises `MisconfiguredError`."""
        port = access.tag.antenna or min(self._places)
        if port not in self._places:
            raise MisconfiguredError(f"the reader has no antenna {port}; it reads {', '.join(map(str, self._places))}")
        return _ask(Opcode.SET_ANTENNAS, bytes((port, port)))


def joined(places: Mapping[int, Place]) -> tuple[float | None, int]:
    """One power (dBm) for all antennas: nobody gets more than their place may have. One session: the most patient."""
    powers = [place.power_dbm for place in places.values() if place.power_dbm is not None]
    return min(powers, default=None), max(place.session for place in places.values())


def _ask(opcode: Opcode, data: bytes = b"") -> Ask:
    return Ask(encode(opcode, data), opcode)
