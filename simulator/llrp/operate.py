"""What an AccessSpec asks of a tag (LLRP 1.0.1 §16.2.1.3) and what comes of it: parameters in, result parameters out.

Result codes are those of 1.0.1 (§16.2.1.5): a read has no code of its own for locked or missing memory, and a wrong
password is a tag that fell silent. The first OpSpec that fails ends the work on its tag (§11.2.1).
"""

import struct
from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np

from simulator.gen2 import Code, Field, Power, SilentError, Tag, TagError
from simulator.llrp.codec import P, Param, RefusedError, Status, params, tlv, unpack

SILENT_SHARE: Final = 0.01
"""Commands a tag in good coupling does not answer."""
WEAK_DBM, FAINT_DBM = -68.0, -74.0
"""Below the first a tag answers no better than four times in five; below the second it has no power to write."""
WEAK_SILENT_SHARE: Final = 0.2
COMMAND_US, WORD_US = 4_000, 12_000
"""Time on the air of a command, and of each word the tag has to burn into its memory."""
OP_SPECS_MAX: Final = 8

FAILED: Final[dict[int, dict[Code | None, int]]] = {
    P.C1G2_READ_RESULT: {None: 2},
    P.C1G2_WRITE_RESULT: {Code.OVERRUN: 1, Code.LOCKED: 2, Code.POWER: 3, None: 5},
    P.C1G2_BLOCK_WRITE_RESULT: {Code.OVERRUN: 1, Code.LOCKED: 2, Code.POWER: 3, None: 5},
    P.C1G2_KILL_RESULT: {Code.POWER: 2, None: 4},
    P.C1G2_LOCK_RESULT: {Code.POWER: 1, None: 3},
}
"""Result code by result parameter and what the tag said; None: nothing. Any other error of the tag is `OTHER`."""
OTHER: Final = {
    P.C1G2_READ_RESULT: 1,
    P.C1G2_WRITE_RESULT: 4,
    P.C1G2_BLOCK_WRITE_RESULT: 4,
    P.C1G2_KILL_RESULT: 3,
    P.C1G2_LOCK_RESULT: 2,
}
ZERO_KILL_PASSWORD: Final = 1
PRIVILEGES: Final = {0: 0b10, 1: 0b11, 2: 0b01, 3: 0b00}
"""C1G2LockPayload Privilege → action bits: lock, lock for ever, unlock for ever, unlock (§16.2.1.3.2.5.1)."""


class Pattern(msgspec.Struct, frozen=True):
    """C1G2TargetTag: the tag matches where `mask` has ones, or does not, by `match`. No bits: any tag."""

    bank: int
    match: bool
    pointer: int
    bits: int
    mask: bytes
    data: bytes

    def holds(self, tag: Tag) -> bool:
        return tag.matches(self.bank, self.pointer, self.data, bits=self.bits, care=self.mask) == self.match


class OpSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. `kind` is its parameter type; `data` words to write, `words` to read, `lock` mask and action."""

    kind: int
    id: int
    password: int
    bank: int = 0
    at: int = 0
    words: int = 0
    data: bytes = b""
    lock: tuple[int, int] = (0, 0)


class Done(msgspec.Struct, frozen=True):
    """OpSpecResult parameters, whether the tag's memory may have changed, and the air time it took."""

    results: bytes
    changed: bool
    spent_us: int


def parse_tag_spec(param: Param) -> tuple[Pattern, ...]:
    """C1G2TagSpec: one or two patterns, both of which have to hold (§16.2.1.3.1)."""
    found = [_pattern(one) for one in params(param.body) if one.kind == P.C1G2_TARGET_TAG]
    if not 1 <= len(found) <= 2:
        raise RefusedError(
            Status.P_MISSING_PARAMETER, f"{len(found)} target tags; give one or two", parameter=param.kind
        )
    return tuple(found)


def _pattern(param: Param) -> Pattern:
    first, pointer, bits = unpack(">BHH", param.body, param.kind)
    size = (bits + 7) // 8
    data_bits = int.from_bytes(param.body[5 + size : 7 + size])
    data = param.body[7 + size :]
    if data_bits > bits or len(data) < (data_bits + 7) // 8 or len(param.body) < 7 + size:
        raise RefusedError(Status.P_FIELD_ERROR, "tag data longer than its mask", parameter=param.kind, field=4)
    return Pattern(first >> 6, bool(first & 0x20), pointer, bits, param.body[5 : 5 + size], data)


def parse_op_spec(param: Param) -> OpSpec:
    """Any OpSpec of `OPERATIONS`. Raises `RefusedError` for one this reader does not do, and for lengths that lie."""
    if param.kind not in OPERATIONS:
        why = f"operation {param.kind} is not offered; read, write, block write, lock and kill are"
        raise RefusedError(Status.P_UNSUPPORTED_PARAMETER, why, parameter=param.kind)
    id_, password = unpack(">HI", param.body, param.kind)
    rest = param.body[6:]
    if param.kind == P.C1G2_KILL:
        return OpSpec(kind=param.kind, id=id_, password=password)
    if param.kind == P.C1G2_LOCK:
        return OpSpec(kind=param.kind, id=id_, password=password, lock=_lock_payload(rest))
    bank, at, words = unpack(">BHH", rest, param.kind)
    data = rest[5:]
    if param.kind != P.C1G2_READ and (words == 0 or len(data) != 2 * words):
        why = f"{words} words announced, {len(data)} bytes given"
        raise RefusedError(Status.P_FIELD_ERROR, why, parameter=param.kind, field=4)
    return OpSpec(kind=param.kind, id=id_, password=password, bank=bank >> 6, at=at, words=words, data=data)


def _lock_payload(body: bytes) -> tuple[int, int]:
    """Mask and action bits of all C1G2LockPayload parameters together."""
    mask = action = 0
    for one in params(body):
        privilege, field = unpack(">BB", one.body, one.kind)
        if privilege not in PRIVILEGES or field not in tuple(Field):
            raise RefusedError(
                Status.P_FIELD_ERROR, f"no lock {privilege} of field {field}", parameter=one.kind, field=0
            )
        low = 8 - 2 * field
        mask |= 3 << low
        action = action & ~(3 << low) | PRIVILEGES[privilege] << low
    if not mask:
        raise RefusedError(Status.P_MISSING_PARAMETER, "a lock needs a payload", parameter=P.C1G2_LOCK)
    return mask, action


def work(tag: Tag, ops: tuple[OpSpec, ...], *, rssi_dbm: float, chance: np.random.Generator, power: Power) -> Done:
    """Every operation in its order, until one fails. `power` is asked before each word: the reader may lose its own."""
    results, changed, spent_us = b"", False, 0
    for op in ops:
        answered, does, rest = OPERATIONS[op.kind]
        spent_us += COMMAND_US + WORD_US * len(op.data) // 2
        changed |= op.kind != P.C1G2_READ
        try:
            _couples(op, rssi_dbm, chance)
            results += tlv(answered, struct.pack(">BH", 0, op.id) + does(tag, op, power))
        except (TagError, SilentError) as error:
            results += tlv(answered, struct.pack(">BH", _code(answered, op, error), op.id) + rest(error.done))
            break
    return Done(results, changed, spent_us)


def _couples(op: OpSpec, rssi_dbm: float, chance: np.random.Generator) -> None:
    """Raises what a tag that is hard to reach gives: silence, or too little power to write (reading needs less)."""
    if chance.random() < (WEAK_SILENT_SHARE if rssi_dbm < WEAK_DBM else SILENT_SHARE):
        raise SilentError("the tag did not hear, or was not heard")
    if op.kind != P.C1G2_READ and rssi_dbm < FAINT_DBM:
        raise TagError(Code.POWER)


def _code(answered: int, op: OpSpec, error: TagError | SilentError) -> int:
    if op.kind == P.C1G2_KILL and op.password == 0:
        return ZERO_KILL_PASSWORD
    return FAILED[answered].get(error.code if isinstance(error, TagError) else None, OTHER[P(answered)])


def _read(tag: Tag, op: OpSpec, power: Power) -> bytes:
    del power
    data = tag.read(op.bank, op.at, op.words, secured=tag.access(op.password))
    return struct.pack(">H", len(data) // 2) + data


def _write(tag: Tag, op: OpSpec, power: Power) -> bytes:
    return tag.write(op.bank, op.at, op.data, secured=tag.access(op.password), power=power).to_bytes(2)


def _block_write(tag: Tag, op: OpSpec, power: Power) -> bytes:
    return tag.block_write(op.bank, op.at, op.data, secured=tag.access(op.password), power=power).to_bytes(2)


def _lock(tag: Tag, op: OpSpec, power: Power) -> bytes:
    secured = tag.access(op.password)
    if not power():
        raise SilentError("power failed before the lock")
    tag.lock(*op.lock, secured=secured)
    return b""


def _kill(tag: Tag, op: OpSpec, power: Power) -> bytes:
    tag.kill(op.password, power=power)
    return b""


def _words(done: int) -> bytes:
    return done.to_bytes(2)


def _nothing(done: int) -> bytes:
    del done
    return b""


Does = Callable[[Tag, OpSpec, Power], bytes]
OPERATIONS: Final[dict[int, tuple[P, Does, Callable[[int], bytes]]]] = {
    P.C1G2_READ: (P.C1G2_READ_RESULT, _read, lambda _: b"\0\0"),
    P.C1G2_WRITE: (P.C1G2_WRITE_RESULT, _write, _words),
    P.C1G2_BLOCK_WRITE: (P.C1G2_BLOCK_WRITE_RESULT, _block_write, _words),
    P.C1G2_KILL: (P.C1G2_KILL_RESULT, _kill, _nothing),
    P.C1G2_LOCK: (P.C1G2_LOCK_RESULT, _lock, _nothing),
}
"""OpSpec → its result parameter, how it is done, and what follows the result code when it failed."""
