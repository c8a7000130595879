"""What we say to an M100/R200 module and what its answers mean. No input or output.

Commands and their parameters: "Communication Protocol V2.1" (YRM100) and "R200 user guide V2.3.3", by command code.
These modules have no command for their temperature, and one antenna port.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from edge.readers.access import Access, Bank
from edge.readers.base import ProtocolError, ReaderError, TagError
from edge.readers.health import Health
from edge.readers.m100.frames import ANTENNA, Answer, Command, Dialect, Failure, RoundOver, encode, fault, walk
from edge.readers.m100.tags import TAG_COMMANDS, asks, told
from edge.readers.profiles import Place
from edge.readers.sayings import words_in
from edge.readers.serial.connection import Heard, Say
from edge.readers.serial.dialogue import Ask
from edge.readers.serial.gen2 import epc_after, q_for
from edge.readers.serial.reads import Walked

BAUDS: Final = (115_200, 57_600, 38_400, 19_200, 9_600, 230_400, 460_800, 921_600)
REGIONS: Final[Mapping[str, int]] = {"china": 1, "us": 2, "eu": 3, "china-800": 4, "korea": 6}
ROUNDS: Final = 0xFFFF
"""As many as one MULTI_POLL may ask for; the module then ends by itself, and is told to go on."""
RESERVED: Final = 0x22
"""First byte of MULTI_POLL's parameters: "reserved", always this value."""
INFO_HARDWARE, INFO_FIRMWARE, INFO_MAKER = 0, 1, 2
SELECT_NEVER: Final = 1
"""SELECT_MODE: no Select before a round, so that an old mask hides nobody."""
QUIET_AFTER_US: Final = 1_000_000
"""Every empty round says so, some tens of times a second."""
SETS: Final = (Command.SET_REGION, Command.SET_SELECT, Command.SET_QUERY, Command.SELECT_MODE, Command.SET_POWER)


class Module:
    """The family's half of a `Dialogue`."""

    quiet_after_us = QUIET_AFTER_US
    varies = True

    def __init__(self, health: Health, place: Place, region: str) -> None:
        """`region`: a key of `REGIONS`, or empty to leave the module as it comes."""
        self.got = b""
        self.dialect: Dialect | None = None
        self._health = health
        self._place = place
        self._region = region
        self._access: Access | None = None
        self._who: bytes | None = None
        """EPC of the tag that is reached; not known yet of one named by its TID."""

    def opened(self) -> None:
        self.dialect = None

    def read_as(self, places: Mapping[int, Place]) -> None:
        self._place = places[ANTENNA]

    def walk(self, data: bytes, *, ended: bool) -> Walked:
        return walk(data, dialect=self.dialect, ended=ended)

    def words(self, say: Say, access: Access | None) -> Sequence[Ask]:
        place = self._place
        match say:
            case Say.HALT if self.dialect is None:
                both = b"".join(encode(dialect, Command.STOP) for dialect in Dialect)
                return (Ask(both, Command.STOP),)
            case Say.HALT:
                return (self._ask(Command.STOP),)
            case Say.IDENTIFY:
                return tuple(self._ask(Command.INFO, bytes((what,))) for what in (INFO_HARDWARE, INFO_FIRMWARE))
            case Say.ASK_SETTINGS:
                return self._ask(Command.GET_REGION), self._ask(Command.GET_POWER)
            case Say.SET_REGION if self._region:
                return (self._ask(Command.SET_REGION, bytes((REGIONS[self._region],))),)
            case Say.SET_POWER if place.power_dbm is not None:
                return (self._ask(Command.SET_POWER, round(place.power_dbm * 100).to_bytes(2)),)
            case Say.SET_AIR:
                query = query_word(place.session, place.population)
                never = self._ask(Command.SELECT_MODE, bytes((SELECT_NEVER,)))
                return (never, self._ask(Command.SET_QUERY, query.to_bytes(2)))
            case Say.START:
                # answered only by what it reads, or by the ends of its rounds
                polls = bytes((RESERVED,)) + ROUNDS.to_bytes(2)
                return (msgspec.structs.replace(self._ask(Command.MULTI_POLL, polls), answers=None),)
            case Say.ACCESS if access is not None:
                self._access = access
                self._who = access.tag.bits if access.tag.bank is Bank.EPC else None
                return asks(access, self._ask)
        return ()

    def meaning(self, frame: msgspec.Struct, pending: int | None) -> tuple[Heard | None, ReaderError | None]:
        match frame:
            case RoundOver(dialect=dialect):
                self.dialect = self.dialect or dialect
                if pending in TAG_COMMANDS:
                    return Heard.REFUSED, fault(0x15)
                return Heard.ROUND, None
            case Failure(dialect=dialect, code=code):
                self.dialect = self.dialect or dialect
                return Heard.REFUSED, fault(code)
            case Answer(dialect=dialect, command=command, body=body):
                self.dialect = self.dialect or dialect
                if command == Command.MULTI_POLL:
                    return Heard.ENDED, None
                return self._answer(command, body) if command == pending else (None, None)
            case _:
                raise ProtocolError(f"{frame} is no frame we know")

    def _answer(self, command: int, body: bytes) -> tuple[Heard, ReaderError | None]:
        """An answer to what we asked. Raises `ProtocolError` when its inside is not what it should be."""
        if command == Command.INFO:
            self._identified(body)
        elif command == Command.GET_REGION:
            self._health.region = next((name for name, code in REGIONS.items() if body == bytes((code,))), "")
        elif command == Command.GET_POWER and len(body) == 2:
            self._health.power_dbm = int.from_bytes(body) / 100
        elif command in TAG_COMMANDS:
            return self._accessed(command, body)
        elif command in SETS and body != b"\0":
            return Heard.REFUSED, ReaderError(f"{Command(command).name} was answered by {body.hex() or 'nothing'}")
        return Heard.DONE, None

    def _identified(self, body: bytes) -> None:
        """Kind of information, then ASCII: "M100 26dBm V1.0"."""
        words = words_in(body[1:].strip(b"\0 "))
        if body[:1] == bytes((INFO_HARDWARE,)):
            self._health.model = words
        elif body[:1] == bytes((INFO_FIRMWARE,)):
            self._health.firmware = words

    def _accessed(self, command: int, body: bytes) -> tuple[Heard, ReaderError | None]:
        """Who answered, then the data read, or 00 for a write or a lock that went well. Raises `ProtocolError`."""
        if self._access is None:
            raise ProtocolError("an answer about a tag that nobody asked for")
        epc, data = told(body)
        if self._who is None and data == self._access.tag.bits:
            self._who = epc
        elif self._who is None or epc not in (self._who, epc_after(self._who, self._access)):
            return Heard.REFUSED, TagError("another tag answered; lay this one alone")
        elif command != Command.READ and data != b"\0":
            return Heard.REFUSED, TagError(f"the tag did not do it: {data.hex() or 'it says nothing'}")
        else:
            self.got = data if command == Command.READ else b""
        return Heard.DONE, None

    def _ask(self, command: Command, body: bytes = b"") -> Ask:
        assert self.dialect is not None, "no command before the dialect is known"
        return Ask(encode(self.dialect, command, body), command)


def query_word(session: int, population: int) -> int:
    """SET_QUERY: DR 8, M 1, pilot tone, all tags, session, target A, Q (EPC Gen2 v2 §6.3.2.12.2.1)."""
    return 1 << 12 | session << 8 | q_for(population) << 3
