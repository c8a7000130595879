"""What may be done to one tag, through every driver alike: read, written, locked, refused, by its EPC or its TID."""

import asyncio

import pytest
from conformance_stories import play_each, running, until
from conformance_subjects import reader_on, reading

from edge.readers.access import Bank, Lock, Lockable, LockState, ReadMemory, Target, WriteMemory, read_tid, write_epc
from edge.readers.base import MisconfiguredError, ReaderError, TagError

NEW = bytes.fromhex("3034257bf7194e4000001a85")
PASSWORD = 0xC0FFEE11
SHUT = {Lockable.EPC: LockState.LOCKED, Lockable.ACCESS_PASSWORD: LockState.LOCKED}


TRIES = 20
"""Of whoever works on tags: now and then one does not hear a command, or is not heard."""


def by_epc(epc):
    return Target(Bank.EPC, epc)


async def surely(reader, access):
    for _ in range(TRIES):
        try:
            return await reader.access(access)
        except TagError as error:
            if "does not answer" not in str(error):
                raise
    pytest.fail(f"no tag answered {access}")


async def refused(reader, access):
    """By a tag that answers: it is locked."""
    with pytest.raises(TagError, match="lock"):
        await surely(reader, access)


def told(subjects, tmp_path, story):
    """A story of a reader that reads, and of one tag before it."""

    async def whole(subject, folder):
        async with subject.at(folder) as place:
            reader = reader_on(subject, place.url)
            async with running(reader) as batches:
                await until(lambda: reading(reader))
                epc, tid = next(iter(place.tags.items()))
                await story(reader, place, batches, epc, tid)
                await until(lambda: reading(reader))

    play_each(whole, subjects, tmp_path)


def test_a_tag_is_written_and_then_read_under_its_new_epc(subjects, tmp_path):
    async def story(reader, place, batches, epc, tid):
        assert await surely(reader, read_tid(by_epc(epc))) == tid
        assert await surely(reader, read_tid(by_epc(epc), 2)) == tid[:4]
        assert await surely(reader, write_epc(by_epc(epc), NEW)) == b""
        batches.clear()
        await until(lambda: any((batch.epc == list(NEW)).all(axis=1).any() for batch in batches))
        assert await surely(reader, read_tid(by_epc(NEW))) == tid
        assert place.tags[NEW] == tid
        assert epc not in place.tags

    told(subjects, tmp_path, story)


def test_a_tag_is_reached_by_its_tid_whatever_its_epc_has_become(subjects, tmp_path):
    async def story(reader, place, batches, epc, tid):
        tag = Target(Bank.TID, tid)
        # half of a write: the length of eight words, two of the EPC
        await surely(reader, WriteMemory(tag=tag, bank=Bank.EPC, at=1, data=b"\x40\x00" + NEW[:4]))
        await surely(reader, write_epc(tag, NEW))
        assert await surely(reader, ReadMemory(tag=tag, bank=Bank.EPC, at=2, words=6)) == NEW
        assert place.tags[NEW] == tid

    told([subject for subject in subjects if subject.by_tid], tmp_path, story)


def test_who_knows_tags_by_their_epc_alone_says_so(subjects, tmp_path):
    async def story(reader, place, batches, epc, tid):
        with pytest.raises(MisconfiguredError, match="by its EPC"):
            await reader.access(read_tid(Target(Bank.TID, tid)))

    told([subject for subject in subjects if not subject.by_tid], tmp_path, story)


def test_power_cut_in_the_middle_of_a_write_leaves_half_an_epc_that_is_mended_by_the_tid(subjects, tmp_path):
    async def story(reader, place, batches, epc, tid):
        tag, half = Target(Bank.TID, tid), NEW[:4] + epc[4:]
        while half not in place.tags:
            await place.cut_writing(3)
            with pytest.raises(ReaderError):
                await reader.access(write_epc(tag, NEW))
        await place.speak()
        await until(lambda: reading(reader))
        assert place.tags[half] == tid
        await surely(reader, write_epc(tag, NEW))
        assert place.tags[NEW] == tid

    told([subject for subject in subjects if subject.by_tid], tmp_path, story)


def test_a_locked_tag_is_written_only_by_who_knows_its_password(subjects, tmp_path):
    async def story(reader, place, batches, epc, tid):
        password = WriteMemory(tag=by_epc(epc), bank=Bank.RESERVED, at=2, data=PASSWORD.to_bytes(4))
        await surely(reader, password)
        await surely(reader, Lock(tag=by_epc(epc), password=PASSWORD, locks=SHUT))
        await refused(reader, write_epc(by_epc(epc), NEW))
        with pytest.raises(TagError):
            await reader.access(write_epc(by_epc(epc), NEW, PASSWORD ^ 1))
        with pytest.raises(TagError):
            await reader.access(ReadMemory(tag=by_epc(epc), bank=Bank.RESERVED, at=2, words=2))
        assert place.tags[epc] == tid
        await surely(reader, write_epc(by_epc(epc), NEW, PASSWORD))
        assert place.tags[NEW] == tid
        await surely(reader, Lock(tag=by_epc(NEW), password=PASSWORD, locks={Lockable.EPC: LockState.UNLOCKED}))
        await surely(reader, write_epc(by_epc(NEW), epc))

    told(subjects, tmp_path, story)


def test_what_is_locked_for_ever_stays(subjects, tmp_path):
    async def story(reader, place, batches, epc, tid):
        await surely(reader, WriteMemory(tag=by_epc(epc), bank=Bank.RESERVED, at=2, data=PASSWORD.to_bytes(4)))
        for_ever = {Lockable.EPC: LockState.LOCKED_FOR_EVER}
        await surely(reader, Lock(tag=by_epc(epc), password=PASSWORD, locks=for_ever))
        await refused(reader, write_epc(by_epc(epc), NEW, PASSWORD))
        with pytest.raises(TagError):
            await reader.access(Lock(tag=by_epc(epc), password=PASSWORD, locks={Lockable.EPC: LockState.UNLOCKED}))
        assert epc in place.tags

    told(subjects, tmp_path, story)


def test_a_tag_that_is_not_there_is_told_as_such_and_no_other_is_touched(subjects, tmp_path):
    async def story(reader, place, batches, epc, tid):
        before = dict(place.tags)
        for access in (read_tid(by_epc(b"\xee" * 12)), write_epc(by_epc(b"\xee" * 12), NEW)):
            with pytest.raises(TagError):
                await reader.access(access)
        with pytest.raises(TagError):
            await reader.access(ReadMemory(tag=by_epc(epc), bank=Bank.USER, at=200, words=4))
        assert place.tags == before

    told(subjects, tmp_path, story)


def test_what_nobody_could_do_is_refused_at_once(subjects, tmp_path):
    async def story(reader, place, batches, epc, tid):
        for access in (
            read_tid(by_epc(b"")),
            read_tid(by_epc(epc), 0),
            WriteMemory(tag=by_epc(epc), bank=Bank.USER, at=0, data=b"odd"),
        ):
            with pytest.raises(MisconfiguredError):
                await reader.access(access)

    told(subjects, tmp_path, story)


def test_several_who_want_something_at_once_are_all_served(subjects, tmp_path):
    async def story(reader, place, batches, epc, tid):
        tags = dict(place.tags)
        answers = await asyncio.gather(*(surely(reader, read_tid(by_epc(epc))) for epc in tags))
        assert answers == list(tags.values())

    told(subjects, tmp_path, story)


def test_what_nobody_waits_for_any_more_is_not_done(subjects, tmp_path):
    async def story(reader, place, batches, epc, tid):
        first = asyncio.ensure_future(reader.access(read_tid(by_epc(b"\xee" * 12))))
        second = asyncio.ensure_future(reader.access(write_epc(by_epc(epc), NEW)))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(TagError):
            await first
        assert await surely(reader, read_tid(by_epc(epc))) == tid
        assert NEW not in place.tags

    told(subjects, tmp_path, story)
