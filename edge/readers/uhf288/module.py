"""What we say to a UHFReader288, 86 or 18 and what its answers mean. No input or output.

"UHF RFID Reader UR-series manual" v1.14, by section. Each inventory is asked for: one antenna, at most `SCAN_100_MS`,
and the next when it has ended. UHFReader18 is known by the shorter answer to INFO, and asked in its own way.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from edge.readers.access import Access, Bank
from edge.readers.base import MisconfiguredError, ProtocolError, ReaderError
from edge.readers.health import Health
from edge.readers.profiles import Place
from edge.readers.serial.connection import Heard, Say
from edge.readers.serial.dialogue import Ask
from edge.readers.serial.gen2 import q_for
from edge.readers.serial.reads import Walked
from edge.readers.uhf288.frames import Answer, Command, Pushed, Status, encode, fault, walk
from edge.readers.uhf288.tags import said

BAUDS: Final = (57_600, 115_200, 38_400, 19_200, 9_600)
REGIONS: Final[Mapping[str, tuple[int, int]]] = {"china": (1, 19), "us": (2, 49), "korea": (3, 31), "eu": (4, 14)}
"""Band (§8.4.2), and its highest channel; the lowest is 0."""
SCAN_100_MS: Final = 3
"""Longest inventory, in tenths of a second: a reader that inventories does not listen."""
ANTENNA_1: Final = 0x80
MASK_NOTHING: Final = bytes((Bank.EPC, 0, 0, 0))
SESSIONS_TO_FLIP: Final = (2, 3)
"""Tags keep their flag there for seconds: ask those at A in one turn and those at B in the next (rfid.md §5)."""
ANSWERING: Final = 0
UNTOLD: Final = (0, 0), -1
"""Channels and power of no reader."""
"""Work mode in which the reader does what it is asked."""
INFO_OLD_BYTES: Final = 8
QUIET_AFTER_US: Final = 1_200_000
ENDS: Final = (Status.FINISHED, Status.TIMEOUT, Status.FULL, Status.NO_TAG, Status.ANTENNA)
"""After these an inventory is over."""
ACTS: Final = {Command.READ: "read", Command.WRITE: "write", Command.LOCK: "lock"}


class Module:
    """The family's half of a `Dialogue`."""

    quiet_after_us = QUIET_AFTER_US

    def __init__(self, health: Health, places: Mapping[int, Place], region: str) -> None:
        """`places` by antenna port; `region`: a key of `REGIONS`, or empty to leave the reader as it comes."""
        self.got = b""
        self.old = False
        self.port = min(places)
        self._health = health
        self._places = dict(sorted(places.items()))
        self._region = region
        self._turns = 0
        self._pushes = self._deaf = False
        self._channels, self._power = UNTOLD

    @property
    def varies(self) -> bool:
        """A UHFReader18 is told neither session nor target."""
        return not self.old

    def opened(self) -> None:
        # one that answered INFO and nothing else the last time pushes by itself and has no tag to tell of
        self._pushes = self._pushes or self._deaf
        self._deaf = False
        self._turns = 0

    def read_as(self, places: Mapping[int, Place]) -> None:
        self._places = dict(sorted(places.items()))

    def walk(self, data: bytes, *, ended: bool) -> Walked:
        return walk(data, port=self.port, old=self.old, ended=ended)

    def words(self, say: Say, access: Access | None) -> Sequence[Ask]:
        match say:
            case Say.HALT:
                self._channels, self._power = UNTOLD  # what it does not tell this time is set anew
                return (_ask(Command.INFO),)
            case Say.IDENTIFY if not self.old:
                self._deaf = True
                answering = (_ask(Command.SET_WORK_MODE, bytes((ANSWERING,))),) if self._pushes else ()
                return (*answering, _ask(Command.TEMPERATURE))
            case Say.SET_REGION if self._region and self._channels != channels(self._region):
                # kept in EEPROM, which wears: written only when it is another
                return (_ask(Command.SET_REGION, bytes(channels(self._region))),)
            case Say.SET_POWER:
                # one power for all antennas: nobody gets more than their place may have
                power = min((p.power_dbm for p in self._places.values() if p.power_dbm is not None), default=None)
                if power is not None and int(power) != self._power:
                    return (_ask(Command.SET_POWER, bytes((int(power),))),)
            case Say.START:
                return (msgspec.structs.replace(self._inventory(), answers=None),)
            case Say.ACCESS if access is not None:
                return self._accessed(access)
            case _:
                pass
        return ()

    def meaning(self, frame: msgspec.Struct, pending: int | None) -> tuple[Heard | None, ReaderError | None]:
        match frame:
            case Pushed():
                self._pushes = True
                return Heard.ROUND, None
            case Answer(command=Command.INVENTORY, status=status, data=data):
                if status == Status.STATISTICS:
                    return None, None
                down = self._health.antennas_down
                self._health.antennas_down = down | {self.port} if status == Status.ANTENNA else down - {self.port}
                return (Heard.ENDED, None) if status in ENDS else (Heard.REFUSED, fault(status, data, "answer"))
            case Answer(command=command, status=status, data=data):
                self._deaf = self._deaf and command in (Command.INFO, Command.SET_WORK_MODE)
                if command != pending:
                    # a reader that did not understand a command may not repeat it
                    return (Heard.REFUSED, fault(status, data, "answer")) if status >= Status.ANTENNA else (None, None)
                if status != Status.DONE:
                    return Heard.REFUSED, fault(status, data, ACTS.get(Command(command), "answer"))
                self._learn(command, data)
                return Heard.DONE, None
            case _:
                raise ProtocolError(f"{frame} is no frame we know")

    def _learn(self, command: int, data: bytes) -> None:
        """INFO (§8.4.1): two bytes of version, type, protocols, highest and lowest channel, power, scan time, of newer
        readers antennas and more. Raises `ProtocolError`.
        """
        if command == Command.INFO:
            if len(data) < INFO_OLD_BYTES:
                raise ProtocolError(f"reader information of {len(data)} bytes")
            self.old = len(data) == INFO_OLD_BYTES
            self._health.firmware = f"{data[0]}.{data[1]}"
            self._health.model = f"UHFReader{'18' if self.old else '288/86'} type {data[2]:02X}"
            self._channels, self._power = (data[4], data[5]), data[6]
            named = (name for name in REGIONS if channels(name) == self._channels)
            self._health.region, self._health.power_dbm = next(named, ""), float(self._power)
        elif command == Command.TEMPERATURE:
            if len(data) != 2:
                raise ProtocolError(f"a temperature of {len(data)} bytes")
            self._health.temperature_c = data[1] if data[0] else -data[1]
        elif command == Command.SET_WORK_MODE:
            self._pushes = False
        elif command == Command.READ:
            self.got = data
        elif command in (Command.WRITE, Command.LOCK):
            self.got = b""

    def _inventory(self) -> Ask:
        """The next antenna's turn (§8.2.1): Q, session, no mask, target, antenna, time."""
        if self.old:
            return _ask(Command.INVENTORY)
        ports = list(self._places)
        turn, which = divmod(self._turns, len(ports))
        self._turns += 1
        self.port = ports[which]
        place = self._places[self.port]
        target = turn % 2 if place.session in SESSIONS_TO_FLIP else 0
        head = bytes((q_for(place.population), place.session))
        return _ask(Command.INVENTORY, head + MASK_NOTHING + bytes((target, ANTENNA_1 + self.port - 1, SCAN_100_MS)))

    def _accessed(self, access: Access) -> Sequence[Ask]:
        """Raises `MisconfiguredError`: of several antennas no command to a tag can choose one."""
        if access.tag.antenna is not None and set(self._places) != {access.tag.antenna}:
            raise MisconfiguredError("a reader of this kind works on tags through one antenna alone; connect no other")
        return [_ask(command, data) for command, data in said(access, old=self.old)]


def channels(region: str) -> tuple[int, int]:
    """MaxFre, MinFre: the band's four bits lie in the upper two of each (§8.4.2)."""
    band, highest = REGIONS[region]
    return (band >> 2) << 6 | highest, (band & 3) << 6


def _ask(command: Command, data: bytes = b"") -> Ask:
    return Ask(encode(command, data), command)
