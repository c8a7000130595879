"""AccessSpec messages and what a result says: an `Access` in, bytes out; an `AccessResult` in, the answer out."""

from typing import Any, Final, assert_never

from edge.readers.access import (
    EPC_AT_WORD,
    WORD_BYTES,
    Access,
    Bank,
    Lock,
    Lockable,
    LockState,
    ReadMemory,
    Target,
    WriteMemory,
)
from edge.readers.base import MisconfiguredError, ProtocolError, TagError, TagLockedError, UnreachableError
from edge.readers.llrp.messages import ROSPEC_ID, encode, message
from edge.readers.llrp.results import LOCKED, AccessResult, Operation

ACCESSSPEC_ID: Final = 1
"""Ours. One at a time, so what a crash left over is found again under its id."""
OPSPEC_ID_MAX: Final = 0xFFFF
ALL: Final = 0
GET_ACCESSSPECS: Final = 44
UPON_END_OF_ACCESSSPEC: Final = 1
OPERATION_COUNT: Final = 1
WORD_BITS: Final = 16

LOCKABLES: Final = {
    Lockable.KILL_PASSWORD: 0,
    Lockable.ACCESS_PASSWORD: 1,
    Lockable.EPC: 2,
    Lockable.TID: 3,
    Lockable.USER: 4,
}
"""C1G2LockPayload: DataField (LLRP 1.1 §17.3.1.3.2.5.1)."""
PRIVILEGES: Final = {
    LockState.LOCKED: 0,
    LockState.LOCKED_FOR_EVER: 1,
    LockState.UNLOCKED_FOR_EVER: 2,
    LockState.UNLOCKED: 3,
}
"""C1G2LockPayload: Privilege."""

READER_FAILS: Final = {Operation.READ: 3, Operation.WRITE: 6, Operation.LOCK: 4}
"""Result codes that speak of the reader; all others speak of the tag."""


def add_accessspec(message_id: int, access: Access, op_spec_id: int) -> bytes:
    """ADD_ACCESSSPEC: done once, on the first tag our ROSpec finds that is meant, and reported at once.

    C1G2BlockWrite is never asked for: what a tag makes of more than two words at a time is its own affair
    (Gen2 v2 §6.3.2.12.3.8), and a refusal would cost a round on tags that can do it word by word.

    Raises `MisconfiguredError` for an access that names no tag, or not whole words of its memory.
    """
    if not access.tag.bits:
        raise MisconfiguredError("an access without bits of an EPC or TID would reach any tag; name one")
    if isinstance(access, ReadMemory) and access.words < 1:
        raise MisconfiguredError("a read of no words means the whole bank to a reader; say how many")
    if isinstance(access, WriteMemory) and (not access.data or len(access.data) % WORD_BYTES):
        raise MisconfiguredError(f"a tag is written in whole words, not in {len(access.data)} bytes")
    spec = {
        "AccessSpecID": ACCESSSPEC_ID,
        "AntennaID": access.tag.antenna or ALL,
        "ProtocolID": 1,
        "CurrentState": False,
        "ROSpecID": ROSPEC_ID,
        "AccessSpecStopTrigger": {"AccessSpecStopTriggerType": 1, "OperationCountValue": OPERATION_COUNT},
        "AccessCommand": {
            "TagSpecParameter": {"C1G2TagSpec": {"C1G2TargetTag": [_target(access.tag)]}},
            "OpSpecParameter": [_op_spec(access, op_spec_id)],
        },
        "AccessReportSpec": {"AccessReportTrigger": UPON_END_OF_ACCESSSPEC},
    }
    return encode("ADD_ACCESSSPEC", message_id, {"AccessSpec": spec})


def enable_accessspec(message_id: int) -> bytes:
    return encode("ENABLE_ACCESSSPEC", message_id, {"AccessSpecID": ACCESSSPEC_ID})


def disable_accessspec(message_id: int) -> bytes:
    return encode("DISABLE_ACCESSSPEC", message_id, {"AccessSpecID": ACCESSSPEC_ID})


def delete_accessspec(message_id: int, spec: int = ACCESSSPEC_ID) -> bytes:
    """`spec` `ALL`: whatever anybody left in the reader."""
    return encode("DELETE_ACCESSSPEC", message_id, {"AccessSpecID": spec})


def get_accessspecs(message_id: int) -> bytes:
    """GET_ACCESSSPECS (LLRP 1.1 §16.1.29)."""
    return message(GET_ACCESSSPECS, message_id)


def outcome(access: Access, result: AccessResult) -> bytes:
    """What a result answers. Raises the `ReaderError` whose class says what to do."""
    if result.kind is not _operation(access):
        raise ProtocolError(f"the reader answers a {_operation(access).name} by a result of {result.kind.name}")
    if result.code == READER_FAILS[result.kind]:
        raise UnreachableError(f"{result.words}; try again, and look at the reader if it fails always")
    if not result.done:
        kind = TagLockedError if result.words == LOCKED else TagError
        raise kind(f"{result.words}; lay the tag alone, close to the antenna, and give the right password")
    if isinstance(access, ReadMemory):
        if len(result.data) != access.words * WORD_BYTES:
            raise ProtocolError(f"{access.words} words were asked for, {len(result.data)} bytes came")
        return result.data
    if isinstance(access, WriteMemory) and result.words_written * WORD_BYTES != len(access.data):
        words = len(access.data) // WORD_BYTES
        raise TagError(f"only {result.words_written} of {words} words were written; write the tag again")
    return b""


def _operation(access: Access) -> Operation:
    match access:
        case ReadMemory():
            return Operation.READ
        case WriteMemory():
            return Operation.WRITE
        case Lock():
            return Operation.LOCK
        case _:
            assert_never(access)


def _target(tag: Target) -> dict[str, Any]:
    """C1G2TargetTag: every bit counts. In bank EPC the stored CRC and PC come before the EPC."""
    return {
        "MB": int(tag.bank),
        "M": True,
        "Pointer": EPC_AT_WORD * WORD_BITS if tag.bank is Bank.EPC else 0,
        "TagMask": (b"\xff" * len(tag.bits)).hex(),
        "TagData": tag.bits.hex(),
    }


def _op_spec(access: Access, op_spec_id: int) -> dict[str, Any]:
    common = {"OpSpecID": op_spec_id, "AccessPassword": access.password}
    match access:
        case ReadMemory(bank=bank, at=at, words=words):
            return {"C1G2Read": {**common, "MB": int(bank), "WordPtr": at, "WordCount": words}}
        case WriteMemory(bank=bank, at=at, data=data):
            count = len(data) // WORD_BYTES
            where = {"MB": int(bank), "WordPtr": at, "WriteDataWordCount": count}
            return {"C1G2Write": {**common, **where, "WriteData": data}}
        case Lock(locks=locks):
            payload = [
                {"Privilege": PRIVILEGES[state], "DataField": LOCKABLES[what]}
                for what, state in sorted(locks.items(), key=lambda entry: LOCKABLES[entry[0]])
            ]
            return {"C1G2Lock": {**common, "C1G2LockPayload": payload}}
        case _:
            assert_never(access)
