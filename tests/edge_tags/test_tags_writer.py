"""The writer on the loop: whatever breaks, who stands at the pad is told, and the pad is free again."""

import asyncio

import numpy as np

from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
from edge import commissioning
from edge.clock import SystemClock
from edge.readers.health import Health
from edge.tags.table import State
from edge.tags.writer import Pad, TagWriter, _tags


class OnTheLoop:
    """The bench's pad as a reader that is asked on the loop."""

    def __init__(self, pad, clock):
        self.id, self.pad, self.clock = ReaderId("r"), pad, clock
        self.health = Health(reader=self.id, link=ReaderLink.READING)

    async def access(self, access):
        return self.pad.do(access, self.clock.mono_us())


class Batch:
    """Columns of a `ReadBatch` that the writer looks at."""

    def __init__(self, reads, reader="r"):
        self.reader = reader
        self.epc = np.array([list(epc) for epc, _ in reads], np.uint8).reshape(-1, 12)
        self.epc_bits = np.full(len(reads), 96, np.uint16)
        self.antenna = np.array([port for _, port in reads], np.uint16)


class Books:
    """The bench's books; `broken` is what a disk may do in the last moment."""

    def __init__(self, bench, broken=None):
        self.bench, self.broken = bench, broken

    async def keep(self, asked):
        return commissioning.keep(self.bench.store, asked)

    async def bind(self, asked, by):
        if self.broken is not None:
            broken, self.broken = self.broken, None
            raise broken
        return commissioning.bind(self.bench.store, asked, by)


async def write(writer, pad, clock, name):
    job = writer.begin(name, "p1", ZoneId("pad"), "max")
    async with asyncio.timeout(60):
        while not job.task.done():
            writer.read(Batch(pad.reads(clock.mono_us())))
            await asyncio.sleep(0.05)
    return job.commission


def test_books_that_break_at_the_last_moment_are_told_and_the_tag_is_finished_the_next_time(bench, make):
    async def story():
        tag, clock = make.tag(1), SystemClock()
        pad = make.pad(tag)
        books, told = Books(bench, RuntimeError("the disk is on fire")), []
        reader = OnTheLoop(pad, clock)
        writer = TagWriter(
            {ZoneId("pad"): Pad(ZoneId("pad"), reader, frozenset({1}))}, books, clock,
            key=lambda: make.key, tell=lambda: told.append(1),
        )  # fmt: skip
        first = await write(writer, pad, clock, "j1")
        assert first.state is State.REFUSED
        assert first.why.startswith("The box failed while binding")
        assert bench.card("p1").epc == ""
        assert writer.running(ZoneId("pad")) is None
        second = await write(writer, pad, clock, "j2")
        assert second.state is State.DONE
        assert bench.card("p1").epc == tag.epc.hex().upper()
        assert (writer.tally.bound_total, writer.tally.refused_total) == (1, 1)
        assert told

    asyncio.run(story())


def test_only_reads_of_the_pad_s_own_antennas_count_and_those_that_name_none():
    reads = [(bytes(12), 1), (bytes(12), 1), (bytes(11) + b"\1", 2), (bytes(11) + b"\2", 0)]
    assert sorted(_tags(Batch(reads), frozenset({1}))) == [(bytes(12), 1), (bytes(11) + b"\2", 0)]
