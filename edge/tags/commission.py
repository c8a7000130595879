"""One commissioning by the table: what the pad, the tag and the books say in; what to ask of them out. Pure.

`now_us` is monotonic. Whoever drives it calls `tick` until there is something to `take`, does that, and tells it.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from contract.ids import PieceId
from edge.readers.access import (
    ACCESS_PASSWORD_AT_WORD,
    PC_AT_WORD,
    WORD_BYTES,
    Access,
    Bank,
    Lock,
    Lockable,
    LockState,
    ReadMemory,
    Target,
    WriteMemory,
    read_tid,
    write_epc,
)
from edge.readers.base import MisconfiguredError, ReaderError, TagError, TagLockedError
from edge.tags.memory import TID_WORDS, epc_in, is_serialised
from edge.tags.table import ENDS, TABLE, Heard, Say, State
from edge.tags.words import why_refused

ALONE_US: Final = 1_000_000
"""How long a tag must answer alone: a pad reads each tag several times in it, a weak neighbour at least once."""
LAY_US: Final = 120_000_000
"""How long the pad may stay empty before nobody is waited for any more."""
STALE_US: Final = 600_000
"""Reads of a tag just taken away, or of an EPC just overwritten, that were under way have arrived by then."""
LISTEN_US: Final = 600_000
QUIET_US: Final = 5_000_000
"""After its write the tag has so long to be heard under its new EPC."""
READER_US: Final = 90_000_000
"""How long a reader may be away before we give up; it is dialled for ever."""
AWAY_US: Final = 2_500_000
"""A reader that does not read for so long is away; a serial module stops its reads for an access to a tag."""
AGAINS_MAX: Final = 12
"""How often one tag is begun again, whether it or its reader failed."""
TID_READS: Final = 4
"""Of two tags with one EPC each answers about every second time: both are met in 7 of 8 cases here, and the old EPC
that answers after the write gives the other away in the eighth."""
STRANGER_TRIES: Final = 3
"""So often a tag must not do what a stranger asks before it counts as locked, where the reader passes no reason on."""
OUR_LOCKS: Final = {Lockable.EPC: LockState.LOCKED, Lockable.ACCESS_PASSWORD: LockState.LOCKED}
"""Not for ever: who has the store's key may write again."""


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """For the books, before anything is written: may this tag become the piece's, and under which EPC?"""

    piece: PieceId
    tid: bytes
    epc: bytes
    """As the tag says it now: its old one, or half of a new one."""
    replaces: str | None = None
    """As in `Bind`."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """It may, and the books know it."""

    epc: bytes


class Bind(msgspec.Struct, frozen=True, kw_only=True):
    """For the books, at the end. `read_back` is the tag's own word."""

    piece: PieceId
    tid: bytes
    epc: bytes
    read_back: bytes
    replaces: str | None = None
    """EPC in hex of the tag that the piece had when a person was let begin; empty for none, None: not looked at."""


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """It stands in the journal."""


class Denied(msgspec.Struct, frozen=True, kw_only=True):
    """The books, or the rules, say no, in words."""

    why: str


Ask = Access | Keep | Bind
Outcome = bytes | ReaderError | Kept | Bound | Denied


class Commission:
    """`password` derives the access password of a TID; `last` is an EPC that may still lie there from before."""

    def __init__(
        self,
        piece: PieceId,
        *,
        password: Callable[[bytes], int],
        now_us: int,
        last: bytes = b"",
        replaces: str | None = None,
    ) -> None:
        self.piece = piece
        self.replaces = replaces
        self.state = State.WAITING
        self.tid = self.was = self.epc = self.read_back = b""
        self.why = ""
        """In a refusal: why, and what to do."""
        self.trouble = ""
        """What went wrong last; it is tried again."""
        self.locked = False
        self.agains = 0
        self.answering: dict[bytes, int] = {}
        """EPC → first heard, of this listening."""
        self._ports: Counter[int] = Counter()
        self._password = password
        self._last = last
        self._since_us = self._reading_us = now_us
        self._tids: list[bytes] = []
        self._strangers = 0
        self._say = Say.NOTHING

    @property
    def over(self) -> bool:
        return self.state in ENDS

    # --- in ---------------------------------------------------------------------------------------------------

    def read(self, tags: Iterable[tuple[bytes, int]], now_us: int) -> None:
        """EPCs that answered on the pad, each with its antenna port (0: not told)."""
        if self.state in (State.SINGULATING, State.LISTENING) and now_us - self._since_us >= STALE_US:
            for epc, port in tags:
                self.answering.setdefault(epc, now_us)
                if port:
                    self._ports[port] += 1

    def tick(self, now_us: int, *, reading: bool) -> None:
        """Time passed. `reading`: the pad's reader works."""
        waited_us = now_us - self._since_us
        if reading:
            self._reading_us = now_us
        if self.state is State.WAITING:
            if reading:
                self._hear(Heard.READING, now_us)
            elif waited_us >= READER_US:
                self._hear(Heard.SPENT, now_us)
        elif self.state not in (State.SINGULATING, State.LISTENING):
            return
        elif now_us - self._reading_us >= AWAY_US:
            self._again(Heard.GONE, now_us)
        elif self.state is State.SINGULATING:
            self._singulate(now_us)
        else:
            self._listen(now_us, reading=reading)

    def told(self, outcome: Outcome, now_us: int) -> None:
        """What became of what was taken last."""
        self._say = Say.NOTHING
        match outcome:
            case Kept(epc=epc):
                self.epc = epc
                self._hear(Heard.DONE, now_us)
            case Denied(why=why):
                self.why = why
                self._hear(Heard.DENIED, now_us)
            case Bound():
                self._hear(Heard.DONE, now_us)
            case TagError():
                self._failed(outcome, now_us)
            case MisconfiguredError():
                self.trouble = str(outcome)
                self._hear(Heard.CANNOT, now_us)
            case ReaderError():
                self.trouble = str(outcome)
                self._again(Heard.GONE, now_us)
            case _:
                self._answered(outcome, now_us)

    def abandon(self, why: str, now_us: int) -> bool:
        """A person gives up; False when the books are being asked to bind and the answer is to be awaited."""
        if (self.state, Heard.ABANDONED) in TABLE:
            self.trouble = why
            self._hear(Heard.ABANDONED, now_us)
        return self.state is State.REFUSED

    def broke(self) -> None:
        """Something failed that should not: nobody knows how far it was, and the next attempt finds out."""
        self.why = f"The box failed while {self.state.replace('_', ' ')} (its log says why): begin again with this tag"
        self.state, self._say = State.REFUSED, Say.NOTHING

    # --- out --------------------------------------------------------------------------------------------------

    def take(self) -> Ask | None:
        """What to do now, if anything; tell what became of it by `told`."""
        ours = self._password(self.tid) if self.tid else 0
        mine = ours if self.locked else 0
        match self._say:
            case Say.READ_TID:
                return read_tid(self._target(Bank.EPC, self.was), TID_WORDS)
            case Say.KEEP:
                return Keep(piece=self.piece, tid=self.tid, epc=self.was, replaces=self.replaces)
            case Say.READ_KEY:
                return self._key(0)
            case Say.READ_KEY_WITH_OURS:
                return self._key(ours)
            case Say.READ_EPC:
                words = 1 + len(self.epc) // WORD_BYTES
                tag = self._target(Bank.TID, self.tid)
                return ReadMemory(tag=tag, bank=Bank.EPC, at=PC_AT_WORD, words=words, password=mine)
            case Say.WRITE_EPC:
                return write_epc(self._target(Bank.TID, self.tid), self.epc, mine)
            case Say.WRITE_AS_A_STRANGER:
                return write_epc(self._target(Bank.TID, self.tid), self.epc)
            case Say.WRITE_KEY:
                tag, data = self._target(Bank.TID, self.tid), ours.to_bytes(4)
                return WriteMemory(tag=tag, bank=Bank.RESERVED, at=ACCESS_PASSWORD_AT_WORD, data=data, password=mine)
            case Say.LOCK:
                return Lock(tag=self._target(Bank.TID, self.tid), password=ours, locks=OUR_LOCKS)
            case Say.BIND:
                return Bind(
                    piece=self.piece, tid=self.tid, epc=self.epc, read_back=self.read_back, replaces=self.replaces
                )
            case _:
                return None

    def _key(self, password: int) -> ReadMemory:
        tag = self._target(Bank.TID, self.tid)
        return ReadMemory(tag=tag, bank=Bank.RESERVED, at=ACCESS_PASSWORD_AT_WORD, words=2, password=password)

    def _target(self, bank: Bank, bits: bytes) -> Target:
        port = self._ports.most_common(1)
        return Target(bank, bits, port[0][0] if port else None)

    # --- inside -----------------------------------------------------------------------------------------------

    def _singulate(self, now_us: int) -> None:
        if not self.answering or self._last in self.answering:
            if now_us - self._since_us >= LAY_US:
                self._hear(Heard.NOBODY, now_us)
            elif self.answering and now_us - min(self.answering.values()) >= ALONE_US:
                self.answering.clear()  # the tag before is being taken away
        elif now_us - min(self.answering.values()) >= ALONE_US:
            if len(self.answering) > 1:
                self._hear(Heard.SEVERAL, now_us)
            else:
                (self.was,) = self.answering
                self._tids.clear()
                self._hear(Heard.ALONE, now_us)

    def _listen(self, now_us: int, *, reading: bool) -> None:
        waited_us = now_us - self._since_us - STALE_US
        if not reading:
            self._since_us = now_us  # nobody listens yet
        elif set(self.answering) - {self.epc}:
            self._hear(Heard.SEVERAL, now_us)
        elif waited_us >= LISTEN_US and self.answering:
            self._hear(Heard.ALONE, now_us)
        elif waited_us >= QUIET_US:
            self.trouble = "the tag is not heard under its new EPC"
            self._again(Heard.NOBODY, now_us)

    def _answered(self, data: bytes, now_us: int) -> None:
        """Bytes of the tag, none for a write or a lock."""
        match self.state:
            case State.READING_TID:
                self._read_tid(data, now_us)
            case State.PROBING:
                self.locked = False
                self._hear(Heard.DONE, now_us)
            case State.TRYING_OURS | State.PROVING_KEY:
                fits = data == self._password(self.tid).to_bytes(4)
                self.locked = fits
                self._compare(fits, now_us)
            case State.CHECKING | State.VERIFYING | State.READING_BACK:
                self.read_back = epc_in(data)
                self._compare(self.read_back == self.epc, now_us)
            case _:
                self._hear(Heard.DONE, now_us)

    def _read_tid(self, data: bytes, now_us: int) -> None:
        self._tids.append(data)
        if data != self._tids[0]:
            self._hear(Heard.OTHER, now_us)
        elif len(data) != WORD_BYTES * TID_WORDS or not is_serialised(data):
            self.why = (
                f"This tag's own number ({data.hex().upper() or 'none'}) is not one that no other tag has: "
                "use tags with a serialised TID of 96 bits"
            )
            self._hear(Heard.OTHER, now_us)
        elif len(self._tids) < TID_READS:
            self._say = Say.READ_TID
        else:
            self.tid = data
            self._hear(Heard.DONE, now_us)

    def _compare(self, fits: bool, now_us: int) -> None:  # noqa: FBT001 — the one thing it is told
        if fits:
            self._hear(Heard.DONE, now_us)
        elif self.state is State.CHECKING:
            self._hear(Heard.OTHER, now_us)
        else:
            self.trouble = "the tag holds something else than was written"
            self._again(Heard.OTHER, now_us)

    def _failed(self, why: TagError, now_us: int) -> None:
        """What a locked tag refuses is an answer where we ask for it; everywhere else it is begun again."""
        proven = isinstance(why, TagLockedError) or self._strangers == STRANGER_TRIES - 1
        if self.state is State.PROVING_LOCK and not proven:
            self._strangers += 1
            self._say = Say.WRITE_AS_A_STRANGER  # it may only not have answered
        elif self.state in (State.PROBING, State.PROVING_LOCK):
            self._hear(Heard.FAILED, now_us)
        else:
            self.trouble = str(why)
            self._again(Heard.FAILED, now_us)

    def _again(self, heard: Heard, now_us: int) -> None:
        self.agains += 1
        self._hear(Heard.SPENT if self.agains > AGAINS_MAX else heard, now_us)

    def _hear(self, heard: Heard, now_us: int) -> None:
        before = self.state
        row = TABLE.get((before, heard))
        if row is None:
            return  # no news in this state
        self.state, self._say = row
        self._since_us = self._reading_us = now_us
        if self.state is State.REFUSED:
            self.why = self.why or why_refused(before, heard, self.trouble, len(self.answering))
        elif self.state is State.SINGULATING:
            self._ports.clear()
            self.answering.clear()
        elif self.state is State.LISTENING:
            self.answering.clear()
        elif self.state is State.PROVING_LOCK:
            self._strangers = 0
        assert self.state is not State.BINDING or self.read_back == self.epc != b"", "bound is what was read back"
