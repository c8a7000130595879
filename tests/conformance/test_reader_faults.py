"""Every driver over a real transport through what befalls readers: unplugged, reset, silent, noisy, taken by another."""

import asyncio

import pytest
from conformance_stories import play_each, running, until
from conformance_subjects import reader_on, reading

from contract.facts import ReaderLink
from edge.readers.access import Bank, Target, read_tid
from edge.readers.base import TagError, UnreachableError


def seen(batches):
    return {epc.tobytes() for batch in batches for epc in batch.epc}


def test_a_reader_is_identified_and_read(subjects, tmp_path):
    async def story(subject, folder):
        async with subject.at(folder) as place:
            reader = reader_on(subject, place.url)
            async with running(reader) as batches:
                await until(lambda: reader.health.reads_total > 50)
            assert reading(reader)
            assert reader.health.model == subject.model
            assert reader.health.dropped_total == reader.health.unknown_total == 0
            assert sum(map(len, batches)) == reader.health.reads_total
            assert seen(batches) <= set(place.tags)
            assert all((batch.antenna == 1).all() for batch in batches)

    play_each(story, subjects, tmp_path)


def test_a_reader_unplugged_and_plugged_in_is_read_again_and_again(kinds, tmp_path):
    async def story(kind, folder):
        async with kind.at(folder) as place:
            reader = reader_on(kind, place.url)
            async with running(reader):
                for _ in range(3):
                    before, began = reader.health.reads_total, reader.health.alive_since_us
                    await until(lambda n=before: reader.health.reads_total > n + 20)
                    assert reader.health.alive_since_us > began
                    await place.cut()
                    await until(lambda: not reading(reader))
                    await place.back()
                await until(lambda: reading(reader))
                assert reader.health.connects_total >= 4

    play_each(story, kinds, tmp_path)


@pytest.mark.parametrize("empty", [False, True], ids=["while it reads", "while nothing lies before it"])
def test_a_reader_that_stays_away_is_shown_silent_with_the_place_it_should_be_at(kinds, tmp_path, empty):
    async def story(kind, folder):
        async with kind.at(folder, empty=empty) as place:
            reader = reader_on(kind, place.url)
            async with running(reader):
                await until(lambda: reading(reader))
                await place.cut()
                await until(lambda: reader.health.link is ReaderLink.SILENT)
                assert place.address in reader.health.why

    play_each(story, kinds, tmp_path)


@pytest.mark.parametrize("empty", [False, True], ids=["while it reads", "while nothing lies before it"])
def test_a_reader_that_falls_silent_without_a_word_is_noticed_and_read_again_when_it_speaks(kinds, tmp_path, empty):
    async def story(kind, folder):
        async with kind.at(folder, empty=empty) as place:
            reader = reader_on(kind, place.url)
            async with running(reader):
                await until(lambda: reading(reader))
                began = reader.health.alive_since_us
                await place.silence()
                await until(lambda: reader.health.link is ReaderLink.SILENT)
                await place.speak()
                await until(lambda: reading(reader))
                assert reader.health.alive_since_us > began

    play_each(story, kinds, tmp_path)


@pytest.mark.parametrize("fault", ["cut", "silence"])
def test_who_waits_for_a_tag_hears_of_a_reader_that_goes_away_in_the_middle(kinds, tmp_path, fault):
    async def story(kind, folder):
        async with kind.at(folder) as place:
            reader = reader_on(kind, place.url)
            async with running(reader):
                await until(lambda: reading(reader))
                wanted = asyncio.ensure_future(reader.access(read_tid(Target(Bank.EPC, b"\xee" * 12))))
                await asyncio.sleep(0)
                await getattr(place, fault)()
                with pytest.raises((UnreachableError, TagError)):
                    await wanted
                await until(lambda: not reading(reader))
                with pytest.raises(UnreachableError):
                    await reader.access(read_tid(Target(Bank.EPC, b"\xee" * 12)))
                await (place.back if fault == "cut" else place.speak)()
                await until(lambda: reading(reader))

    play_each(story, kinds, tmp_path)


def test_a_reader_that_forgot_everything_is_told_everything_again(kinds, tmp_path):
    async def story(kind, folder):
        async with kind.at(folder) as place:
            reader = reader_on(kind, place.url)
            async with running(reader):
                await until(lambda: reader.health.reads_total > 20)
                await place.reboot()
                before = reader.health.reads_total
                await until(lambda: reader.health.reads_total > before + 20)

    play_each(story, kinds, tmp_path)


def test_a_noisy_line_is_outlived_and_never_gives_a_tag_that_is_not_there(kinds, tmp_path):
    async def story(kind, folder):
        async with kind.at(folder) as place:
            reader = reader_on(kind, place.url)
            async with running(reader) as batches:
                await until(lambda: reader.health.reads_total > 20)
                await place.spoil()
                skipped = reader.health.bytes_skipped_total
                await until(lambda: reader.health.bytes_skipped_total > skipped + 1000)
                await place.speak()
                before = reader.health.reads_total
                await until(lambda: reader.health.reads_total > before + 20 and reading(reader))
            assert seen(batches) <= set(place.tags)

    play_each(story, kinds, tmp_path)


def test_nobody_at_the_address_is_silence_and_not_an_error(kinds, tmp_path):
    async def story(kind, folder):
        reader = reader_on(kind, kind.at(folder).url)
        async with running(reader):
            await until(lambda: reader.health.link is ReaderLink.SILENT)
        assert "cannot" in reader.health.why

    play_each(story, kinds, tmp_path)


def test_two_edges_do_not_share_a_reader(kinds, tmp_path):
    async def story(kind, folder):
        async with kind.at(folder) as place:
            first, second = reader_on(kind, place.url), reader_on(kind, place.url)
            async with running(first):
                await until(lambda: reading(first))
                async with running(second):
                    await until(lambda: second.health.link in (ReaderLink.SILENT, ReaderLink.REFUSED))
                    before = first.health.reads_total
                    await until(lambda: first.health.reads_total > before + 20)
                assert second.health.reads_total == 0
                assert second.health.why

    play_each(story, kinds, tmp_path)
