"""What we say to an R2000 reader and what its answers mean. No input or output.

"UHF RFID Reader Serial Interface Protocol" V3.7, by command. Each inventory is asked for, antenna by antenna, and does
not listen until it has ended. Region and power are kept in flash, which wears: they are set only where they are others.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from edge.readers.access import Access
from edge.readers.base import MisconfiguredError, ProtocolError, ReaderError, TagError
from edge.readers.health import Health
from edge.readers.profiles import Place
from edge.readers.r2000.frames import ANTENNA_MISSING, DONE, Answer, Command, RoundOver, encode, fault, walk
from edge.readers.r2000.tags import asks, told
from edge.readers.serial import least_power
from edge.readers.serial.connection import Heard, Say
from edge.readers.serial.dialogue import Ask
from edge.readers.serial.gen2 import epc_after
from edge.readers.serial.reads import Walked

BAUDS: Final = (115_200, 38_400)
REGIONS: Final[Mapping[str, tuple[int, int, int]]] = {"us": (1, 7, 59), "eu": (2, 0, 6), "china": (3, 43, 53)}
"""Region, lowest and highest frequency by number: 0 to 6 are 865 to 868 MHz, 7 to 59 are 902 to 928 MHz."""
SESSIONS_TO_FLIP: Final = (2, 3)
"""Tags keep their flag there for seconds: ask those at A in one turn and those at B in the next (rfid.md §5)."""
ROUNDS: Final = 3
"""Of one inventory: some 100 ms in which the reader does not listen."""
QUIET_AFTER_US: Final = 1_200_000
SETS: Final = (
    Command.SET_ANTENNA,
    Command.SET_POWER,
    Command.SET_POWER_FOR_NOW,
    Command.SET_REGION,
    Command.SET_MATCH,
)
TAG_COMMANDS: Final = (Command.READ, Command.WRITE, Command.LOCK)


class Module:
    """The family's half of a `Dialogue`."""

    quiet_after_us = QUIET_AFTER_US
    varies = True

    def __init__(self, health: Health, places: Mapping[int, Place], region: str) -> None:
        """`places` by antenna port; `region`: a key of `REGIONS`, or empty to leave the reader as it comes."""
        self.got = b""
        self.port = min(places)
        self._health = health
        self._places = dict(sorted(places.items()))
        self._region = region
        self._always = least_power(places)
        """What is kept in flash; a look sets another power for now."""
        self._weakens = any(look.less_db for place in places.values() for look in place.looks)
        self._now: int | None = None
        """What was set for now; None: not known, the reader may have kept a look's."""
        self._turns = 0
        self._frequencies = self._powers = b""
        self._access: Access | None = None

    def opened(self) -> None:
        self._turns = 0

    def read_as(self, places: Mapping[int, Place]) -> None:
        self._places = dict(sorted(places.items()))

    def walk(self, data: bytes, *, ended: bool) -> Walked:
        return walk(data, ended=ended)

    def words(self, say: Say, access: Access | None) -> Sequence[Ask]:
        match say:
            case Say.HALT:
                return (_ask(Command.GET_FIRMWARE),)
            case Say.IDENTIFY:
                self._frequencies = self._powers = b""  # what it does not tell this time is set anew
                self._now = None
                return _ask(Command.TEMPERATURE), _ask(Command.GET_REGION), _ask(Command.GET_POWER)
            case Say.SET_REGION if self._region and self._frequencies != bytes(REGIONS[self._region]):
                return (_ask(Command.SET_REGION, bytes(REGIONS[self._region])),)
            case Say.SET_POWER:
                return self._power()
            case Say.START:
                return self._inventory()
            case Say.ACCESS if access is not None:
                self._access = access
                return (_ask(Command.SET_ANTENNA, bytes((self._at(access) - 1,))), *asks(access, _ask))
            case _:
                pass
        return ()

    def meaning(self, frame: msgspec.Struct, pending: int | None) -> tuple[Heard | None, ReaderError | None]:
        match frame:
            case RoundOver():
                self._health.antennas_down -= {self.port}
                return Heard.ENDED, None
            case Answer(command=Command.INVENTORY, data=data):
                if data[0] != ANTENNA_MISSING:
                    return Heard.REFUSED, fault(data[0])
                self._health.antennas_down |= {self.port}
                return Heard.ENDED, None
            case Answer(command=command, data=data) if command == pending:
                return self._answer(command, data)
            case Answer():
                return None, None
            case _:
                raise ProtocolError(f"{frame} is no frame we know")

    def _answer(self, command: int, data: bytes) -> tuple[Heard, ReaderError | None]:
        """An answer to what we asked. Raises `ProtocolError` when its inside is not what it should be."""
        if command in TAG_COMMANDS:
            return self._accessed(command, data)
        if command in SETS:
            if len(data) != 1:
                raise ProtocolError(f"{Command(command).name} was answered by {len(data)} bytes")
            return (Heard.DONE, None) if data == bytes((DONE,)) else (Heard.REFUSED, fault(data[0]))
        if command == Command.GET_FIRMWARE:
            if len(data) != 2:
                raise ProtocolError(f"a firmware of {len(data)} bytes")
            self._health.model, self._health.firmware = "R2000", f"{data[0]}.{data[1]}"
        elif command == Command.TEMPERATURE and len(data) == 2:  # not every reader has a thermometer
            self._health.temperature_c = data[1] if data[0] else -data[1]
        elif command == Command.GET_REGION:
            self._frequencies = data
            self._health.region = next((name for name, told in REGIONS.items() if bytes(told) == data), "")
        elif command == Command.GET_POWER:
            self._powers = data
            self._health.power_dbm = float(max(data, default=0))
        return Heard.DONE, None

    def _accessed(self, command: int, data: bytes) -> tuple[Heard, ReaderError | None]:
        """Who answered is checked. Raises `ProtocolError`."""
        if self._access is None:
            raise ProtocolError("an answer about a tag that nobody asked for")
        if len(data) == 1:
            return Heard.REFUSED, fault(data[0])
        try:
            epc, words = told(command, data)
        except TagError as error:
            return Heard.REFUSED, error
        wanted = self._access.tag.bits
        if epc not in (wanted, epc_after(wanted, self._access)):
            return Heard.REFUSED, TagError("another tag answered; lay this one alone")
        self.got = words
        return Heard.DONE, None

    def _power(self) -> Sequence[Ask]:
        """As always into flash, where it is another. Where looks are weaker, for now too, whichever it is."""
        asks, wanted = [], least_power(self._places)
        if self._always is not None and set(self._powers) != {self._always}:
            self._powers = bytes((self._always,))
            asks.append(_ask(Command.SET_POWER, self._powers))
        if self._weakens and wanted is not None and wanted != self._now:
            self._now = wanted
            asks.append(_ask(Command.SET_POWER_FOR_NOW, bytes((wanted,))))
        return asks

    def _inventory(self) -> Sequence[Ask]:
        """The next antenna's turn: session, target, rounds."""
        ports = list(self._places)
        turn, which = divmod(self._turns, len(ports))
        self._turns += 1
        self.port = ports[which]
        session = self._places[self.port].session
        target = turn % 2 if session in SESSIONS_TO_FLIP else 0
        rounds = msgspec.structs.replace(_ask(Command.INVENTORY, bytes((session, target, ROUNDS))), answers=None)
        return _ask(Command.SET_ANTENNA, bytes((self.port - 1,))), rounds

    def _at(self, access: Access) -> int:
        """Before which antenna the tag lies; the first where that is not told. Raises `MisconfiguredError`."""
        port = access.tag.antenna or min(self._places)
        if port not in self._places:
            raise MisconfiguredError(f"the reader has no antenna {port}; it reads {', '.join(map(str, self._places))}")
        return port


def _ask(command: Command, data: bytes = b"") -> Ask:
    return Ask(encode(command, data), command)
