"""The same commissioning through real drivers: an LLRP reader on a socket, serial modules on a pseudo-terminal."""

import asyncio
import contextlib
import random

import numpy as np
import pytest
from house_hurry import HURRIED, PACE

from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
from edge import commissioning
from edge.config import ReaderConfig, ZoneKind
from edge.readers import open_reader
from edge.readers.profiles import load_profile
from edge.tags.key import access_password
from edge.tags.table import State
from edge.tags.writer import Pad, TagWriter
from simulator import gen2
from simulator.llrp.device import Device
from simulator.llrp.server import LlrpServer
from simulator.radio import Radio
from simulator.serial.air import Tray
from simulator.serial.line import Line
from simulator.serial.m100 import M100
from simulator.serial.mercury import Mercury
from simulator.serial.r2000 import R2000
from simulator.serial.uhf288 import UHF288
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import Away, World

PATIENCE_S = 60.0
MODULES = {
    "m100": ("m100", M100),
    "mercury": ("mercury", Mercury),
    "uhf288": ("uhfreader288", lambda air: UHF288(air, baud=115_200, old=False)),
}


now_us = HURRIED.now_us


class Till:
    """The simulated boutique's pad reader, with a few of its pieces' tags laid on it one by one."""

    def __init__(self):
        layout = load_layout("boutique")
        stock = make_stock(seed=7, store_number=1, n=60, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
        self.world = World([(layout, stock)])
        self.store = layout.store
        self.reader = next(r for r in layout.readers if any(self._kind(layout, a.zone) == "pad" for a in r.antennas))
        self.antenna = next(a for a in self.reader.antennas if self._kind(layout, a.zone) == "pad")
        self.tags = Tags(self.world)
        radio = Radio(self.world, layout.store, 7, now_us())
        radio.detectability[:] = 0.95  # tags as they lie flat on a pad, one by one
        self.device = Device(self.reader, "r", radio, self.tags, np.random.default_rng(5))
        self.server = LlrpServer(self.device, now_us, pace=PACE)
        self._put([piece.card.piece for piece in stock], Away.HAND)

    def _kind(self, layout, zone):
        return next(each.kind for each in layout.zones if each.id == zone)

    def _put(self, pieces, to):
        self.world.move(now_us(), "move", self.store, pieces=pieces, to=to)

    def lay(self, *rows):
        pieces = [piece.card.piece for piece in self.world.stock]
        self._put(pieces, Away.HAND)
        self._put([pieces[row] for row in rows], f"{self.store}/{self.antenna.zone}")

    def tag(self, row):
        return self.tags.tag(row)


class House:
    """The bench's books, asked as the writer asks them."""

    def __init__(self, bench):
        self.bench = bench

    async def keep(self, asked):
        return commissioning.keep(self.bench.store, asked)

    async def bind(self, asked, by):
        return commissioning.bind(self.bench.store, asked, by)


@contextlib.asynccontextmanager
async def writing(bench, reader, key):
    pad = Pad(ZoneId("pad"), reader, frozenset({1}))
    writer = TagWriter({pad.zone: pad}, House(bench), HURRIED, key=lambda: key, tell=lambda: None)
    reader._tick_s /= PACE
    task = asyncio.create_task(reader.run(writer.read, HURRIED))
    try:
        yield writer
    finally:
        await writer.close()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def write(writer, piece):
    job = writer.begin(f"{piece} {len(writer.jobs)}", piece, ZoneId("pad"), "max")
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.shield(job.task)
    return job.commission


def open_pad(url, profile, port=1):
    config = ReaderConfig(id=ReaderId("r"), url=url, profile=profile, antennas={str(port): ZoneId("pad")})
    return open_reader(config, load_profile(profile), random.Random(3), {port: ZoneKind.PAD})


def is_bound(bench, piece, tag, key):
    card = bench.card(piece)
    assert (card.epc, card.tid) == (tag.epc.hex().upper(), tag.tid.hex().upper())
    assert tag.locks[gen2.Field.EPC].pwd
    assert tag.locks[gen2.Field.ACCESS].pwd
    assert int.from_bytes(tag.memory().reserved[4:]) == access_password(key, tag.tid)
    return True


def test_tags_on_the_pad_of_an_llrp_reader_are_written_through_a_power_cut_in_a_write(bench, make):
    async def story():
        till = Till()
        await till.server.start("127.0.0.1", 0)
        reader = open_pad(f"llrp://127.0.0.1:{till.server.port}", "generic-llrp", till.antenna.port)
        try:
            async with writing(bench, reader, make.key) as writer:
                writer.pads[ZoneId("pad")] = Pad(ZoneId("pad"), reader, frozenset({till.antenna.port}))
                till.lay(3)
                assert (await write(writer, "p1")).state is State.DONE
                assert is_bound(bench, "p1", till.tag(3), make.key)
                till.lay(4, 5)
                refused = await write(writer, "p2")
                assert "answer" in refused.why
                assert bench.card("p2").epc == ""
                till.lay(4)
                till.device.cut_power_after(3)
                done = await write(writer, "p2")
                assert (done.state, done.agains > 0) == (State.DONE, True)
                assert is_bound(bench, "p2", till.tag(4), make.key)
        finally:
            await till.server.stop()

    asyncio.run(story())


@pytest.mark.parametrize("family", MODULES)
def test_tags_are_written_through_serial_modules_the_same_way(bench, make, tmp_path, family):
    profile, module = MODULES[family]
    tid = bytes.fromhex("E28011606000020912345678")

    async def story():
        tray = Tray({bytes.fromhex("E20000000000000000000000"): tid})
        line = Line(module(tray), tmp_path / "port", now_us, pace=PACE)
        reader = open_pad(f"{family}://{line.path}?region=eu&baud=115200", profile)
        async with line, writing(bench, reader, make.key) as writer:
            async with asyncio.timeout(PATIENCE_S):
                while reader.health.link is not ReaderLink.READING:  # noqa: ASYNC110 - told by its health
                    await asyncio.sleep(0.02)
            done = await write(writer, "p1")
            assert (done.state, done.why) == (State.DONE, "")
            (tag,) = tray.near()
            assert is_bound(bench, "p1", tag, make.key)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("scheme", "profile", "module"),
    [("r2000", "r2000", R2000), ("uhf288", "uhfreader288", lambda air: UHF288(air, baud=115_200, old=True))],
    ids=["r2000", "uhfreader18"],
)
def test_a_module_that_knows_tags_by_their_epc_alone_refuses_in_words_and_leaves_the_tag_alone(
    bench, make, tmp_path, scheme, profile, module
):
    blank, tid = bytes.fromhex("E20000000000000000000000"), bytes.fromhex("E28011606000020912345678")

    async def story():
        tray = Tray({blank: tid})
        line = Line(module(tray), tmp_path / "port", now_us, pace=PACE)
        reader = open_pad(f"{scheme}://{line.path}?region=eu&baud=115200", profile)
        async with line, writing(bench, reader, make.key) as writer:
            async with asyncio.timeout(PATIENCE_S):
                while reader.health.link is not ReaderLink.READING:  # noqa: ASYNC110 - told by its health
                    await asyncio.sleep(0.02)
            refused = await write(writer, "p1")
            assert refused.state is not State.DONE
            assert "TID" in refused.why
            assert bench.card("p1").epc == ""
            assert tray.tags == {blank: tid}

    asyncio.run(story())
