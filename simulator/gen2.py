"""Memory of one Gen2 tag as EPC Gen2 v2 (ISO/IEC 18000-63) has it: banks, passwords, lock bits, what a tag answers.

A reader begins every access anew: with no password the tag is *open* (or *secured*, if its access password is zero),
with the right one it is secured, with a wrong one it falls silent. Between two accesses the tag has lost its power, so
that its StoredCRC is always that of the PC and EPC it holds (§6.3.2.1.2.1).
"""

import binascii
from collections.abc import Callable
from enum import IntEnum
from typing import Final

import msgspec

WORD: Final = 2
PC_AT, EPC_AT = 1, 2
"""Words of bank EPC: StoredCRC, StoredPC, EPC."""
KILL_AT, ACCESS_AT = 0, 2
"""Words of bank RESERVED, two each."""
EPC_WORDS: Final = 8
"""Longest EPC a tag of the shop holds: 128 bits."""
USER_WORDS: Final = 4


class Bank(IntEnum):
    """§6.3.2.1."""

    RESERVED = 0
    EPC = 1
    TID = 2
    USER = 3


class Code(IntEnum):
    """Error codes a tag backscatters (annex I)."""

    OTHER = 0x00
    NOT_SUPPORTED = 0x01
    OVERRUN = 0x03
    LOCKED = 0x04
    POWER = 0x0B
    NONSPECIFIC = 0x0F


class Field(IntEnum):
    """What has lock bits of its own; the value is its place in a Lock payload, the first one leftmost (figure 6.27)."""

    KILL = 0
    ACCESS = 1
    EPC = 2
    TID = 3
    USER = 4


class TagError(Exception):
    """The tag answers with an error code. `done`: words written before that."""

    def __init__(self, code: Code, done: int = 0) -> None:
        super().__init__(f"tag error {code:#04x} ({code.name.lower()})")
        self.code, self.done = code, done


class SilentError(Exception):
    """The tag does not answer: its power went in the middle, or the password was wrong. `done`: words written."""

    def __init__(self, why: str, done: int = 0, *, password: bool = False) -> None:
        super().__init__(why)
        self.done, self.password = done, password


class Lock(msgspec.Struct, frozen=True):
    """Lock bits of a field (table 6.49). `pwd`: only who is secured may write (a password: read or write)."""

    pwd: bool = False
    permanent: bool = False


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What a tag keeps without power; what a restart of the simulator keeps. `locks` in the order of `Field`."""

    reserved: bytes
    epc: bytes
    tid: bytes
    user: bytes
    locks: tuple[Lock, ...]
    killed: bool = False


Power = Callable[[], bool]
"""Asked before each word is written: does the field still feed the tag?"""


def always() -> bool:
    return True


def crc16(data: bytes) -> int:
    """CRC-16 of the air interface (annex F)."""
    return binascii.crc_hqx(data, 0xFFFF) ^ 0xFFFF


def pc_of(epc: bytes) -> int:
    """StoredPC of an EPC of whole words, without toggle, UMI or XPC."""
    return len(epc) // WORD << 11


class Tag:
    """One tag. Words are 16 bits; `secured` is what `access` said."""

    def __init__(
        self, epc: bytes, tid: bytes, *, user_words: int = USER_WORDS, epc_words: int = EPC_WORDS, access: int = 0
    ) -> None:
        held = pc_of(epc).to_bytes(2) + epc
        self._banks: dict[Bank, bytearray] = {
            Bank.RESERVED: bytearray(4) + bytearray(access.to_bytes(4)),
            Bank.EPC: bytearray(2) + bytearray(held.ljust(WORD * (1 + max(epc_words, len(epc) // WORD)), b"\0")),
            Bank.TID: bytearray(tid),
            Bank.USER: bytearray(WORD * user_words),
        }
        self.locks: dict[Field, Lock] = {field: Lock() for field in Field}
        self.locks[Field.TID] = Lock(pwd=True, permanent=True)
        self.killed = False
        self._renew_crc()

    # --- what an inventory hears ------------------------------------------------------------------------------

    @property
    def pc(self) -> int:
        return int.from_bytes(self._banks[Bank.EPC][2:4])

    @property
    def epc(self) -> bytes:
        """As many words as the PC claims: after half a write these need not be the words anybody meant."""
        return bytes(self._banks[Bank.EPC][4 : 4 + WORD * (self.pc >> 11)])

    @property
    def crc(self) -> int:
        return int.from_bytes(self._banks[Bank.EPC][:2])

    @property
    def tid(self) -> bytes:
        return bytes(self._banks[Bank.TID])

    def matches(self, bank: int, pointer: int, mask: bytes, *, bits: int, care: bytes | None = None) -> bool:
        """Whether the `bits` bits of memory from bit `pointer` are `mask`, where `care` (default: everywhere) has ones.

        A mask that reaches past the memory does not match (§6.3.2.12.1.1); a tag never says its passwords this way.
        """
        if bits == 0:
            return True
        held = self._banks.get(Bank(bank), bytearray()) if bank in tuple(Bank) else bytearray()
        if bank == Bank.RESERVED or pointer + bits > 8 * len(held):
            return False
        there = int.from_bytes(held) >> (8 * len(held) - pointer - bits) & ((1 << bits) - 1)
        return (there ^ _bits(mask, bits)) & (_bits(care, bits) if care is not None else -1) == 0

    # --- access -----------------------------------------------------------------------------------------------

    def access(self, password: int) -> bool:
        """Begin an access; True when secured. Raises `SilentError` for a wrong password (§6.3.2.12.3.6)."""
        self._alive()
        own = int.from_bytes(self._banks[Bank.RESERVED][4:8])
        if password and password != own:
            raise SilentError("the access password is wrong", password=True)
        return password == own

    def read(self, bank: int, at: int, words: int, *, secured: bool) -> bytes:
        """`words` 0: to the end of the bank. Raises `TagError`."""
        self._alive()
        held = self._held(bank, at, words or 1)
        end = at + words if words else len(held) // WORD
        if bank == Bank.RESERVED:
            for word in range(at, end):
                self._may(self._field(Bank.RESERVED, word), secured=secured)
        return bytes(held[WORD * at : WORD * end])

    def write(self, bank: int, at: int, data: bytes, *, secured: bool, power: Power = always) -> int:
        """One word after the other, as a reader has to (§6.3.2.12.3.3). Returns the words written.

        Raises `TagError`, or `SilentError` when power fails; both say how many words are already new.
        """
        self._alive()
        for done, low in enumerate(range(0, len(data), WORD)):
            word = data[low : low + WORD]
            try:
                held = self._held(bank, at + done, 1)
                self._writable(Bank(bank), at + done, word, secured=secured)
            except TagError as error:
                raise TagError(error.code, done) from error
            if not power():
                raise SilentError("power failed during the write", done)
            held[WORD * (at + done) : WORD * (at + done + 1)] = word
            self._renew_crc()
        return len(data) // WORD

    def block_write(self, bank: int, at: int, data: bytes, *, secured: bool, power: Power = always) -> int:
        """All words in one command (§6.3.2.12.3.7): what is refused is refused whole; power may still fail half-way."""
        self._alive()
        self._held(bank, at, len(data) // WORD)
        for done, low in enumerate(range(0, len(data), WORD)):
            self._writable(Bank(bank), at + done, data[low : low + WORD], secured=secured)
        return self.write(bank, at, data, secured=secured, power=power)

    def lock(self, mask: int, action: int, *, secured: bool) -> None:
        """Lock payload of 10 mask and 10 action bits (§6.3.2.12.3.5). Done whole or not at all. Raises `TagError`."""
        self._alive()
        if not secured:
            raise TagError(Code.LOCKED)
        new = dict(self.locks)
        for field in Field:
            low = 8 - 2 * field
            care, want = mask >> low & 3, action >> low & 3
            old = self.locks[field]
            pwd = bool(want & 2) if care & 2 else old.pwd
            permanent = bool(want & 1) if care & 1 else old.permanent
            if old.permanent and (pwd != old.pwd or not permanent):
                raise TagError(Code.LOCKED)
            new[field] = Lock(pwd=pwd, permanent=permanent)
        self.locks = new

    def kill(self, password: int, *, power: Power = always) -> None:
        """For ever (§6.3.2.12.3.4). Raises `TagError` where there is no kill password, `SilentError` if it is wrong."""
        self._alive()
        own = int.from_bytes(self._banks[Bank.RESERVED][:4])
        if own == 0:
            raise TagError(Code.NONSPECIFIC)
        if password != own:
            raise SilentError("the kill password is wrong", password=True)
        if not power():
            raise TagError(Code.POWER)
        self.killed = True

    # --- keeping it -------------------------------------------------------------------------------------------

    def memory(self) -> Memory:
        reserved, epc, tid, user = (bytes(self._banks[bank]) for bank in Bank)
        locks = tuple(self.locks[field] for field in Field)
        return Memory(reserved=reserved, epc=epc, tid=tid, user=user, locks=locks, killed=self.killed)

    def restore(self, kept: Memory) -> None:
        for bank, held in zip(Bank, (kept.reserved, kept.epc, kept.tid, kept.user), strict=True):
            self._banks[bank] = bytearray(held)
        self.locks = dict(zip(Field, kept.locks, strict=True))
        self.killed = kept.killed

    # --- inside -----------------------------------------------------------------------------------------------

    def _alive(self) -> None:
        if self.killed:
            raise SilentError("a killed tag answers nobody")

    def _held(self, bank: int, at: int, words: int) -> bytearray:
        held = self._banks[Bank(bank)]
        if WORD * (at + words) > len(held):
            raise TagError(Code.OVERRUN)
        return held

    def _writable(self, bank: Bank, at: int, word: bytes, *, secured: bool) -> None:
        if bank is Bank.EPC and at == 0:
            raise TagError(Code.NOT_SUPPORTED)  # the StoredCRC is the tag's own
        self._may(self._field(bank, at), secured=secured)
        if bank is Bank.EPC and at == PC_AT and word[0] >> 3 > len(self._banks[Bank.EPC]) // WORD - EPC_AT:
            raise TagError(Code.OVERRUN)  # a length no EPC of this tag can have (§6.3.2.1.2.2)

    def _may(self, field: Field, *, secured: bool) -> None:
        lock = self.locks[field]
        if lock.pwd and (lock.permanent or not secured):
            raise TagError(Code.LOCKED)

    @staticmethod
    def _field(bank: Bank, at: int) -> Field:
        if bank is Bank.RESERVED:
            return Field.KILL if at < ACCESS_AT else Field.ACCESS
        return {Bank.EPC: Field.EPC, Bank.TID: Field.TID, Bank.USER: Field.USER}[bank]

    def _renew_crc(self) -> None:
        held = self._banks[Bank.EPC]
        held[:2] = crc16(bytes(held[2 : 4 + WORD * (self.pc >> 11)])).to_bytes(2)


def _bits(data: bytes, bits: int) -> int:
    """The first `bits` bits, as a number."""
    whole = (bits + 7) // 8
    return int.from_bytes(data[:whole].ljust(whole, b"\0")) >> (8 * whole - bits)
