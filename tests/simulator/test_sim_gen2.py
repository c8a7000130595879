"""The memory of one tag: what a reader may do to it, and what is left when power goes in the middle."""

import binascii
import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llrpkit.protocol import params

from simulator.gen2 import Bank, Code, Field, Lock, SilentError, Tag, TagError, pc_of
from simulator.serial.air import Shop, Tray
from simulator.tags import Tags

EPC = bytes.fromhex("3034257BF400B7800004CB2F")
TID = bytes.fromhex("E28011902000000000000001")
PASSWORD = 0xC0FFEE11
epcs = st.integers(0, 8).flatmap(lambda words: st.binary(min_size=2 * words, max_size=2 * words))
LOCK_EPC = (0b00_00_11_00_00, 0b00_00_10_00_00)
LOCK_ALL = (0b11_11_11_00_11, 0b10_10_10_00_10)


def tag(password=0):
    made = Tag(EPC, TID)
    if password:
        made.write(Bank.RESERVED, 2, password.to_bytes(4), secured=True)
    return made


def code(work):
    with pytest.raises(TagError) as refused:
        work()
    return refused.value.code


def power_for(words):
    left = iter([True] * words)
    return lambda: next(left, False)


@given(old=epcs, new=epcs)
def test_a_tag_that_was_written_answers_with_its_new_epc_and_a_crc_over_pc_and_epc(old, new):
    one = Tag(old, TID)
    assert one.write(Bank.EPC, 1, pc_of(new).to_bytes(2) + new, secured=True) == 1 + len(new) // 2
    assert (one.epc, one.pc, one.tid) == (new, len(new) // 2 << 11, TID)
    held = one.read(Bank.EPC, 1, 1 + len(new) // 2, secured=False)
    assert one.crc == binascii.crc_hqx(held, 0xFFFF) ^ 0xFFFF
    assert one.read(Bank.EPC, 0, 1, secured=False) == one.crc.to_bytes(2)


@given(new=epcs, words=st.integers(0, 9))
def test_power_lost_during_a_write_leaves_the_first_words_new_and_the_rest_old(new, words):
    one = tag()
    before = one.read(Bank.EPC, 1, 0, secured=False)
    data = pc_of(new).to_bytes(2) + new
    if words < len(data) // 2:
        with pytest.raises(SilentError) as cut:
            one.write(Bank.EPC, 1, data, secured=True, power=power_for(words))
        assert cut.value.done == words
    else:
        one.write(Bank.EPC, 1, data, secured=True, power=power_for(words))
    held = one.read(Bank.EPC, 1, 0, secured=False)
    at = 2 * min(words, len(data) // 2)
    assert held == data[:at] + before[at:]
    assert one.epc == held[2 : 2 + 2 * (held[0] >> 3)], "the PC may be of the new EPC, the words after it of the old"


@given(st.lists(st.tuples(st.sampled_from(list(Bank)), st.integers(0, 12), st.binary(min_size=2, max_size=8))))
def test_a_tid_never_changes_and_memory_never_grows(writes):
    one = tag()
    sizes = {bank: len(one.read(bank, 0, 0, secured=True)) for bank in Bank}
    for bank, at, data in writes:
        with contextlib.suppress(TagError):
            one.write(bank, at, data[: len(data) // 2 * 2], secured=True)
    assert one.tid == TID
    assert {bank: len(one.read(bank, 0, 0, secured=True)) for bank in Bank} == sizes


masks = st.integers(0, 1023)


@given(st.lists(st.tuples(masks, masks), max_size=6))
def test_a_permanent_lock_is_never_undone_and_a_refused_one_changes_nothing(payloads):
    one = tag()
    for mask, action in payloads:
        before, taken = dict(one.locks), False
        with contextlib.suppress(TagError):
            one.lock(mask, action, secured=True)
            taken = True
        assert taken or one.locks == before
        for field, lock in before.items():
            if lock.permanent:
                assert one.locks[field] == lock


def test_a_locked_epc_is_written_only_by_who_gives_the_password():
    one = tag(PASSWORD)
    one.lock(*LOCK_EPC, secured=one.access(PASSWORD))
    assert code(lambda: one.write(Bank.EPC, 2, b"\0\0", secured=one.access(0))) is Code.LOCKED
    one.write(Bank.EPC, 2, b"\xab\xcd", secured=one.access(PASSWORD))
    assert one.epc[:2] == b"\xab\xcd"
    assert one.read(Bank.EPC, 2, 6, secured=one.access(0)) == one.epc, "a lock of the EPC hides nothing"


def test_a_lock_for_ever_holds_against_the_password_too():
    one = tag(PASSWORD)
    one.lock(0b00_00_11_00_00, 0b00_00_11_00_00, secured=True)
    assert code(lambda: one.write(Bank.EPC, 2, b"\0\0", secured=one.access(PASSWORD))) is Code.LOCKED
    assert code(lambda: one.lock(0b00_00_11_00_00, 0, secured=True)) is Code.LOCKED


def test_a_field_that_is_open_for_ever_can_never_be_locked():
    one = tag()
    one.lock(0b00_00_11_00_00, 0b00_00_01_00_00, secured=True)
    assert one.locks[Field.EPC] == Lock(pwd=False, permanent=True)
    assert code(lambda: one.lock(*LOCK_EPC, secured=True)) is Code.LOCKED
    one.write(Bank.EPC, 2, b"\0\0", secured=False)


def test_locked_passwords_are_read_by_nobody_without_them():
    one = tag(PASSWORD)
    assert one.read(Bank.RESERVED, 2, 2, secured=one.access(0)) == PASSWORD.to_bytes(4)
    one.lock(*LOCK_ALL, secured=one.access(PASSWORD))
    for at, words in ((0, 2), (2, 2), (0, 0), (1, 2)):
        assert code(lambda at=at, words=words: one.read(Bank.RESERVED, at, words, secured=False)) is Code.LOCKED
    assert one.read(Bank.RESERVED, 2, 2, secured=one.access(PASSWORD)) == PASSWORD.to_bytes(4)


def test_who_is_not_secured_locks_nothing():
    one = tag(PASSWORD)
    assert code(lambda: one.lock(*LOCK_EPC, secured=one.access(0))) is Code.LOCKED
    with pytest.raises(SilentError, match="wrong"):
        one.access(PASSWORD + 1)


def test_a_block_is_written_whole_or_refused_whole():
    one = tag()
    assert code(lambda: one.block_write(Bank.USER, 2, bytes(8), secured=True)) is Code.OVERRUN
    assert one.read(Bank.USER, 0, 0, secured=True) == bytes(8)
    with pytest.raises(TagError) as half:
        one.write(Bank.USER, 2, b"\xff" * 8, secured=True)
    assert half.value.done == 2, "word by word, what fits is written before the end is met"


def test_a_length_no_epc_of_the_tag_can_have_is_refused():
    one = tag()
    assert code(lambda: one.write(Bank.EPC, 1, (9 << 11).to_bytes(2), secured=True)) is Code.OVERRUN
    assert code(lambda: one.write(Bank.EPC, 0, b"\0\0", secured=True)) is Code.NOT_SUPPORTED
    assert one.epc == EPC


def test_a_killed_tag_answers_nobody_ever_again():
    one = tag()
    assert code(lambda: one.kill(0)) is Code.NONSPECIFIC
    one.write(Bank.RESERVED, 0, b"\0\0\0\x07", secured=True)
    with pytest.raises(SilentError):
        one.kill(8)
    one.kill(7)
    for work in (
        lambda: one.access(0),
        lambda: one.read(Bank.TID, 0, 1, secured=True),
        lambda: one.write(Bank.USER, 0, b"\0\0", secured=True),
        lambda: one.lock(0, 0, secured=True),
    ):
        with pytest.raises(SilentError, match="killed"):
            work()


@given(at=st.integers(0, 140), bits=st.integers(0, 140))
def test_a_select_mask_matches_what_is_there_and_nothing_beyond_the_memory(at, bits):
    one = tag()
    held = one.read(Bank.TID, 0, 0, secured=False)
    there = "".join(f"{byte:08b}" for byte in held)[at : at + bits]
    mask = int(there.ljust(-(-bits // 8) * 8, "0") or "0", 2).to_bytes(-(-bits // 8) or 1)
    inside = bits == 0 or at + bits <= 96
    assert one.matches(Bank.TID, at, mask, bits=bits) == inside
    if inside and bits:
        wrong = bytes([mask[0] ^ 0x80]) + mask[1:]
        assert not one.matches(Bank.TID, at, wrong, bits=bits)
        care = bytes([0x7F]) + b"\xff" * (len(mask) - 1)
        assert one.matches(Bank.TID, at, wrong, bits=bits, care=care)


def test_nobody_guesses_a_password_by_select():
    one = tag(PASSWORD)
    assert not one.matches(Bank.RESERVED, 32, PASSWORD.to_bytes(4), bits=32)


@given(new=epcs)
def test_what_a_restart_keeps_is_the_whole_tag(new):
    one, other = tag(PASSWORD), Tag(b"", TID)
    one.write(Bank.EPC, 1, pc_of(new).to_bytes(2) + new, secured=True)
    one.lock(*LOCK_ALL, secured=True)
    other.restore(one.memory())
    assert (other.memory(), other.epc, other.locks) == (one.memory(), new, one.locks)


# --- the tags of the shop -----------------------------------------------------------------------------------


def test_a_tag_of_the_shop_answers_with_what_was_written_also_after_it_was_locked(bench):
    tags = bench.device.engine.tags
    zone = bench.world.where("boutique")["case-1"]
    short, long, gone = (bench.world.row_of[piece] for piece in zone[:3])
    for row, new in ((short, b"\x11" * 12), (long, b"\x22" * 16)):
        one = tags.tag(row)
        one.write(Bank.EPC, 1, pc_of(new).to_bytes(2) + new, secured=True)
        one.lock(*LOCK_EPC, secured=True)
        tags.worked_on(row)
    before = tags.epc_of(gone)
    tags.tag(gone).write(Bank.RESERVED, 0, b"\0\0\0\x01", secured=True)
    tags.tag(gone).kill(1)
    tags.worked_on(gone)
    bench.inventory()
    read = bench.tags(3.0)
    told = [one.epc_parameter for one in read]
    whole = {one.epc for one in told if isinstance(one, params.EPC_96)}
    other = {one.epc.data for one in told if isinstance(one, params.EPCData)}
    assert b"\x11" * 12 in whole
    assert other == {b"\x22" * 16}
    assert before not in whole


def test_the_tags_somebody_wrote_are_written_after_a_restart_too(new_world):
    world = new_world()
    tags = Tags(world)
    tags.tag(3).write(Bank.EPC, 1, pc_of(b"\x33" * 8).to_bytes(2) + b"\x33" * 8, secured=True)
    tags.worked_on(3)
    again = Tags(new_world())
    again.restore(tags.save() | {"gone": tags.tag(3).memory()})
    assert (again.epc_of(3), again.epc_of(4)) == (b"\x33" * 8, tags.epc_of(4))
    assert list(tags.save()) == [world.stock[3].card.piece]


def test_tags_on_a_tray_answer_with_what_was_written():
    tray = Tray({EPC: TID, bytes(12): TID[::-1]})
    (one, _) = tray.near()
    one.write(Bank.EPC, 1, pc_of(b"\x44" * 12).to_bytes(2), secured=True, power=power_for(1))
    tray.write(EPC, b"\x44" * 12)
    assert [answer.epc for answer in tray.round(1, 0, 30.0, 0)] == [b"\x44" * 12, bytes(12)]
    assert tray.tags == {b"\x44" * 12: TID, bytes(12): TID[::-1]}


def test_a_module_works_on_the_tags_before_its_antennas_and_on_none_in_a_jammed_store(pad):
    world, engine = pad.world, pad.device.engine
    pieces = list(world.row_of)[:3]
    world.move(pad.now_us, "move", "boutique", pieces=pieces, to="boutique/pad-1")
    shop = Shop(engine.radio, engine.tags, pad.device.engine.reader.antennas, "m", np.random.default_rng(1))
    assert len(shop.near()) == 3
    shop.write(shop.near()[0].epc, b"\x55" * 12)
    assert b"\x55" * 12 in {answer.epc for answer in shop.round(1, 0, 30.0, pad.now_us)}
    engine.radio.jammed = True
    assert shop.near() == []
    assert shop.round(1, 0, 30.0, pad.now_us) == []
