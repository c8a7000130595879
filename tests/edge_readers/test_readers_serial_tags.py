"""What may be done to a tag, in the words of each serial family: bytes as the manuals lay them out, and who answered."""

import pytest

from contract.ids import ReaderId
from edge.config import ZoneKind
from edge.readers.access import Bank, Lock, Lockable, LockState, ReadMemory, Target, WriteMemory, read_tid, write_epc
from edge.readers.base import MisconfiguredError, ProtocolError, TagError
from edge.readers.health import Health
from edge.readers.m100 import tags as m100
from edge.readers.m100.frames import Answer, Command, Dialect
from edge.readers.m100.module import Module
from edge.readers.mercury import tags as mercury
from edge.readers.mercury.frames import Opcode
from edge.readers.profiles import load_profile
from edge.readers.serial.connection import Heard, Say
from edge.readers.serial.dialogue import Ask
from edge.readers.serial.gen2 import Reach, check, epc_after, lock_fields
from edge.readers.uhf288 import tags as uhf288
from edge.readers.uhf288.frames import Command as Asked

EPC = bytes.fromhex("30751feb705c5904e3d50d70")
NEW = bytes.fromhex("3034257bf7194e4000001a85")
TID = bytes.fromhex("e2801160600002054d2a1c2b")
BY_EPC, BY_TID = Target(Bank.EPC, EPC), Target(Bank.TID, TID)
PASSWORD = 0x0000FFFF
SHUT = {Lockable.EPC: LockState.LOCKED, Lockable.ACCESS_PASSWORD: LockState.LOCKED_FOR_EVER}


@pytest.mark.parametrize(
    ("locks", "payload"),
    [
        # the manual of the M100 locks the access password so
        ({Lockable.ACCESS_PASSWORD: LockState.LOCKED}, 0x020080),
        ({Lockable.KILL_PASSWORD: LockState.LOCKED}, 0x080200),
        ({Lockable.USER: LockState.LOCKED}, 0x000802),
        ({Lockable.USER: LockState.LOCKED_FOR_EVER}, 0x000C03),
        ({Lockable.EPC: LockState.UNLOCKED}, 0x008000),
        ({Lockable.TID: LockState.UNLOCKED_FOR_EVER}, 0x003004),
    ],
)
def test_a_lock_changes_what_it_names_and_leaves_the_rest(locks, payload):
    mask, action = lock_fields(locks)
    assert mask << 10 | action == payload


def test_a_tag_is_known_by_its_old_epc_and_by_the_one_that_was_written():
    assert epc_after(EPC, read_tid(BY_EPC)) == EPC
    assert epc_after(EPC, WriteMemory(tag=BY_EPC, bank=Bank.USER, at=0, data=b"\1\2")) == EPC
    assert epc_after(EPC, write_epc(BY_EPC, NEW)) == NEW
    assert epc_after(EPC, write_epc(BY_EPC, NEW + NEW[:4])) == NEW + NEW[:4]
    assert epc_after(EPC, write_epc(BY_EPC, NEW[:4])) == NEW[:4]
    assert epc_after(EPC, WriteMemory(tag=BY_EPC, bank=Bank.EPC, at=3, data=b"\1\2")) == EPC[:2] + b"\1\2" + EPC[4:]


def m100_words(access):
    said = m100.asks(access, lambda command, body: Ask(body, command))
    return [(Command(ask.answers), ask.data.hex()) for ask in said]


def test_an_m100_selects_the_tag_and_then_acts():
    select = [(Command.SET_SELECT, "01000000206000" + EPC.hex()), (Command.SELECT_MODE, "02")]
    assert m100_words(read_tid(BY_EPC)) == [*select, (Command.READ, "00000000" + "0200000006")]
    written = "0000ffff" + "01" + "0001" + "0007" + "3000" + NEW.hex()
    assert m100_words(write_epc(BY_EPC, NEW, PASSWORD)) == [*select, (Command.WRITE, written)]
    lock = Lock(tag=BY_EPC, password=PASSWORD, locks={Lockable.ACCESS_PASSWORD: LockState.LOCKED})
    assert m100_words(lock) == [*select, (Command.LOCK, "0000ffff" + "020080")]


def test_an_m100_is_first_asked_whose_tid_that_is():
    select = [(Command.SET_SELECT, "02000000006000" + TID.hex()), (Command.SELECT_MODE, "02")]
    who = (Command.READ, "0000ffff" + "0200000006")
    acts = m100_words(WriteMemory(tag=BY_TID, bank=Bank.RESERVED, at=2, data=b"\1\2\3\4", password=PASSWORD))
    assert acts == [*select, who, (Command.WRITE, "0000ffff" + "00" + "0002" + "0002" + "01020304")]


def test_a_mercury_module_finds_the_tag_by_its_epc_or_tid():
    by_epc, by_tid = "60" + EPC.hex(), "00000000" + "60" + TID.hex()
    read = (Opcode.READ_DATA, "03e8" + "11" + "0000" + "02" + "00000000" + "06" + "00000000" + by_epc)
    assert said(mercury, read_tid(BY_EPC)) == read
    written = "03e8" + "02" + "00000001" + "01" + "0000ffff" + by_tid + "3000" + NEW.hex()
    assert said(mercury, write_epc(BY_TID, NEW, PASSWORD)) == (Opcode.WRITE_DATA, written)
    lock = "03e8" + "01" + "0000ffff" + "00e0" + "00e0" + by_epc
    assert said(mercury, Lock(tag=BY_EPC, password=PASSWORD, locks=SHUT)) == (Opcode.LOCK, lock)


def said(family, access):
    opcode, data = family.said(access)
    return opcode, data.hex()


def uhf288_words(access, *, old=False):
    return [(command, data.hex()) for command, data in uhf288.said(access, old=old)]


def test_a_uhfreader_compares_the_whole_epc_or_a_mask_in_the_tid():
    by_epc, mask = "06" + EPC.hex(), "02" + "0000" + "60" + TID.hex()
    assert uhf288_words(read_tid(BY_EPC)) == [(Asked.READ, by_epc + "020006" + "00000000")]
    assert uhf288_words(read_tid(BY_TID)) == [(Asked.READ, "ff" + "020006" + "00000000" + mask)]
    written = "07" + by_epc + "0101" + "3000" + NEW.hex() + "0000ffff"
    assert uhf288_words(write_epc(BY_EPC, NEW, PASSWORD), old=True) == [(Asked.WRITE, written)]
    assert uhf288_words(Lock(tag=BY_TID, password=PASSWORD, locks=SHUT)) == [
        (Asked.LOCK, "ff" + "0202" + "0000ffff" + mask),
        (Asked.LOCK, "ff" + "0103" + "0000ffff" + mask),
    ]


def test_an_old_uhfreader_says_that_it_cannot_tell_tags_by_their_tid():
    with pytest.raises(MisconfiguredError, match="name the tag by its EPC"):
        uhf288.said(read_tid(BY_TID), old=True)


@pytest.mark.parametrize(
    ("access", "words"),
    [
        (read_tid(Target(Bank.EPC, b"")), "name the tag"),
        (read_tid(Target(Bank.EPC, EPC[:3])), "name the tag"),
        (read_tid(Target(Bank.EPC, bytes(32))), "1 to 15 words"),
        (read_tid(Target(Bank.USER, EPC)), "name the tag"),
        (read_tid(BY_EPC, 0), "reads 1 to 10 words"),
        (read_tid(BY_EPC, 11), "reads 1 to 10 words"),
        (ReadMemory(tag=BY_EPC, bank=Bank.USER, at=256, words=1), "reads 1 to 10 words, up to word 255"),
        (WriteMemory(tag=BY_EPC, bank=Bank.USER, at=0, data=b""), "writes 1 to 4 whole words"),
        (WriteMemory(tag=BY_EPC, bank=Bank.USER, at=0, data=b"\1\2\3"), "writes 1 to 4 whole words"),
        (WriteMemory(tag=BY_EPC, bank=Bank.USER, at=0, data=bytes(10)), "writes 1 to 4 whole words"),
        (Lock(tag=BY_EPC, password=1, locks={}), "which part"),
    ],
)
def test_what_no_command_can_hold_is_refused_in_words(access, words):
    reach = Reach(target_bytes=30, read_words=10, write_words=4, at_words=255)
    with pytest.raises(MisconfiguredError, match=words):
        check(access, reach)


@pytest.mark.parametrize("reach", [m100.REACH, mercury.REACH, uhf288.REACH, uhf288.REACH_OLD])
def test_the_longest_of_every_act_fits_into_a_frame(reach):
    tag = Target(Bank.EPC, bytes(reach.target_bytes))
    accesses = [
        ReadMemory(tag=tag, bank=Bank.USER, at=reach.at_words, words=reach.read_words),
        WriteMemory(tag=tag, bank=Bank.USER, at=reach.at_words, data=bytes(2 * reach.write_words)),
        Lock(tag=tag, password=0xFFFFFFFF, locks=dict.fromkeys(Lockable, LockState.LOCKED)),
    ]
    for access in accesses:
        if reach is m100.REACH:
            m100.asks(access, lambda command, body: Ask(body, command))
        elif reach is mercury.REACH:
            assert len(mercury.said(access)[1]) <= 0xFF
        else:
            assert all(len(data) + 4 <= 0xFF for _, data in uhf288.said(access, old=not reach.by_tid))


def answered(module, command, epc, data):
    body = bytes((2 + len(epc),)) + (len(epc) // 2 << 11).to_bytes(2) + epc + data
    return module.meaning(Answer(Dialect.BB, command, body), command)


def asked(access):
    module = Module(Health(ReaderId("r")), load_profile("m100").place(ZoneKind.PAD), "eu")
    module.dialect = Dialect.BB
    module.words(Say.ACCESS, access)
    return module


def test_another_tags_answer_is_refused_by_an_m100():
    heard, error = answered(asked(read_tid(BY_EPC)), Command.READ, NEW, TID)
    assert heard is Heard.REFUSED
    assert isinstance(error, TagError)
    assert "another tag" in str(error)
    for name in (EPC, NEW):
        assert answered(asked(write_epc(BY_EPC, NEW)), Command.WRITE, name, b"\0") == (Heard.DONE, None)


def test_a_tag_named_by_its_tid_must_say_that_tid_and_stay_who_it_is():
    heard, error = answered(asked(write_epc(BY_TID, NEW)), Command.READ, EPC, TID[::-1])
    assert (heard, type(error)) == (Heard.REFUSED, TagError)
    module = asked(write_epc(BY_TID, NEW))
    assert answered(module, Command.READ, EPC, TID) == (Heard.DONE, None)
    assert answered(module, Command.WRITE, EPC[::-1], b"\0")[0] is Heard.REFUSED
    assert answered(module, Command.WRITE, NEW, b"\0") == (Heard.DONE, None)


def test_an_answer_of_an_m100_that_names_nobody_or_does_nothing_is_no_success():
    module = asked(Lock(tag=BY_EPC, password=1, locks=SHUT))
    for body in (b"", b"\x0e", bytes((14,)) + b"\x30\x00" + EPC[:10]):
        with pytest.raises(ProtocolError):
            module.meaning(Answer(Dialect.BB, Command.LOCK, body), Command.LOCK)
    assert answered(module, Command.LOCK, EPC, b"\1")[0] is Heard.REFUSED
