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


class TwoPads:
    """Two pads of one writer, each with what lies on it; a tag may be heard on both."""

    def __init__(self, bench, make, *tags):
        self.clock, self.make = SystemClock(), make
        self.pads = [make.pad(*here) for here in tags]
        zones = [ZoneId("pad"), ZoneId("bench")]
        self.readers = [OnTheLoop(pad, self.clock) for pad in self.pads]
        for number, reader in enumerate(self.readers):
            reader.id = ReaderId(f"r{number}")
        pads = {
            zone: Pad(zone, reader, frozenset({1})) for zone, reader in zip(zones, self.readers, strict=True)
        }  # fmt: skip
        self.writer = TagWriter(pads, Books(bench), self.clock, key=lambda: make.key, tell=lambda: None)

    async def write(self, *pieces):
        zones = (ZoneId("pad"), ZoneId("bench"))
        jobs = [
            self.writer.begin(f"j {zone}", piece, zone, "ana", "") for piece, zone in zip(pieces, zones, strict=True)
        ]
        async with asyncio.timeout(60):
            while not all(job.task.done() for job in jobs):
                for pad, reader in zip(self.pads, self.readers, strict=True):
                    self.writer.read(Batch(pad.reads(self.clock.mono_us()), reader.id))
                await asyncio.sleep(0.02)
        return [job.commission for job in jobs]


def test_a_tag_that_two_pads_hear_is_written_for_one_piece_only_and_says_what_the_books_say(bench, make):
    tag = make.tag(1)
    ends = asyncio.run(TwoPads(bench, make, [tag], [tag]).write("p1", "p2"))
    assert sorted(end.state for end in ends) == [State.DONE, State.REFUSED]
    assert "another pad" in next(end.why for end in ends if end.state is State.REFUSED)
    bound = next(end.piece for end in ends if end.state is State.DONE)
    assert bench.card(bound).epc == tag.epc.hex().upper()


def test_a_piece_on_two_pads_gets_one_tag_and_the_other_is_never_replaces_it_by_the_way(bench, make):
    first, second = make.tag(1), make.tag(2)
    ends = asyncio.run(TwoPads(bench, make, [first], [second]).write("p1", "p1"))
    assert sorted(end.state for end in ends) == [State.DONE, State.REFUSED]
    assert "meanwhile" in next(end.why for end in ends if end.state is State.REFUSED)
    assert bench.card("p1").binding == 1
    bound = first if ends[0].state is State.DONE else second
    assert bench.card("p1").epc == bound.epc.hex().upper()


def test_a_tag_begun_for_a_piece_that_got_one_since_is_left_as_it_is(bench, make):
    bench.run("p1", make.pad(make.tag(1)))
    bound, second = bench.card("p1").epc, make.tag(2)
    before = second.epc
    pads = TwoPads(bench, make, [second], [make.tag(3)])
    first, _ = asyncio.run(pads.write("p1", "p2"))
    assert (first.state, second.epc, bench.card("p1").epc) == (State.REFUSED, before, bound)
