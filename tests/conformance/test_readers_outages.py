"""A reader that dies in every way at every moment: it is shown as no witness, and read again once it is back.

Between the driver and the simulated reader stands a proxy that knows LLRP's frames: it cuts, freezes or half-opens the
connection at a chosen message, while the line is idle or while somebody is writing.
"""

import asyncio
import contextlib
import random
import socket
import struct
from typing import NamedTuple

import numpy as np
import pytest
from conformance_stories import play, play_each, running, until
from house_hurry import HURRIED, PACE

from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
from edge.config import ReaderConfig
from edge.readers import open_reader
from edge.readers.llrp.connection import State
from edge.readers.profiles import load_profile
from simulator.llrp.device import Device
from simulator.llrp.server import LlrpServer
from simulator.radio import Radio
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import World

STALLED_S = 3600
"""As good as for ever: it is cancelled when the story ends."""
ADD_ROSPEC, ADDED, ENABLED, STARTED, KEEPALIVE, REPORT = 20, 30, 34, 32, 62, 61


class Moody:
    """A proxy that does `how` to the first connection, when the reader says a message of this type for the nth time.

    reset: RST to both. farewell: FIN. freeze: neither direction passes any more, TCP stands. half-open: nothing from
    the reader passes any more, and what the driver writes is swallowed, as by a router that forgot the connection.
    """

    def __init__(self, server, how, kind, times=1):
        self._server, self._how, self._kind, self._left = server, how, kind, times
        self.struck = False
        self.connections = 0
        self._tasks = set()

    async def __aenter__(self):
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._listening.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._listening.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _serve(self, reader, writer):
        self._tasks.add(asyncio.ensure_future(self._between(reader, writer)))

    async def _between(self, reader, writer):
        self.connections += 1
        if self.struck and self._how == "freeze" and self.connections == 2:
            with contextlib.closing(writer):
                await asyncio.sleep(STALLED_S)  # still frozen: the driver connects, and nobody greets it
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        up = asyncio.ensure_future(self._up(reader, up_writer, swallow=not self.struck and self._how == "half-open"))
        self._tasks.add(up)
        try:
            while True:
                head = await up_reader.readexactly(10)
                word, length, _ = struct.unpack("!HII", head)
                frame = head + await up_reader.readexactly(length - 10)
                if not self.struck and word & 0x3FF == self._kind:
                    self._left -= 1
                    if self._left == 0:
                        self.struck = True
                        await self._strike(writer, up_writer, frame)
                        return
                writer.write(frame)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            up.cancel()
            for each in (writer, up_writer):
                each.close()

    async def _strike(self, writer, up_writer, frame):
        if self._how == "torn":
            writer.write(frame[: len(frame) // 2])
            await writer.drain()
        if self._how in ("reset", "torn"):
            for each in (writer, up_writer):
                option = struct.pack("ii", 1, 0)
                each.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
                each.transport.abort()
        elif self._how in ("freeze", "half-open"):
            up_writer.transport.abort()
            await asyncio.sleep(STALLED_S)

    async def _up(self, reader, writer, *, swallow):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                if not (swallow and self.struck):
                    writer.write(data)


def a_server():
    layout = load_layout("boutique")
    stock = make_stock(seed=7, store_number=1, n=60, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
    world = World([(layout, stock)])
    radio = Radio(world, layout.store, 7, now_us())
    return LlrpServer(Device(layout.readers[0], "r", radio, Tags(world), np.random.default_rng(5)), now_us, pace=PACE)


now_us = HURRIED.now_us


def reader_on(port):
    config = ReaderConfig(
        id=ReaderId("r"),
        url=f"llrp://127.0.0.1:{port}",
        profile="zebra-fx9600",
        antennas={"1": ZoneId("z"), "2": ZoneId("z")},
    )
    return open_reader(config, load_profile(config.profile), random.Random(3))


def is_read_again(reader):
    before = reader.health.reads_total
    return lambda: reader.health.link is ReaderLink.READING and reader.health.reads_total > before


class Blow(NamedTuple):
    """What happens to the line, and at which message of the reader's."""

    how: str
    kind: int

    @property
    def name(self):
        return f"{self.how}-{self.kind}"


async def beside_a_server(story):
    server = a_server()
    await server.start("127.0.0.1", 0)
    try:
        await story(server)
    finally:
        await server.stop()


def play_one(story):
    play(lambda: beside_a_server(story))


def play_blows(story, blows, folder):
    play_each(lambda blow, _: beside_a_server(lambda server: story(server, blow)), blows, folder)


@pytest.mark.parametrize("how", ["reset", "torn", "farewell"])
def test_a_connection_that_ends_at_any_moment_is_no_witness_and_made_again(how, tmp_path):
    async def story(server, blow):
        async with Moody(server, *blow) as proxy:
            reader = reader_on(proxy.port)
            links = set()
            async with running(reader):
                await until(lambda: proxy.struck)
                await until(lambda: links.add(reader.health.link) or (len(links) and reader.health.connects_total >= 2))
                assert links - {ReaderLink.READING}, "somebody could see that it was not reading"
                await until(is_read_again(reader))
            assert (reader.health.dropped_total, reader.health.bytes_skipped_total) == (0, 0)

    play_blows(story, [Blow(how, kind) for kind in (ADDED, ENABLED, STARTED, KEEPALIVE, REPORT)], tmp_path)


def test_a_connection_that_stands_and_says_nothing_is_shown_silent_and_made_again(tmp_path):
    async def story(server, blow):
        async with Moody(server, *blow) as proxy:
            reader = reader_on(proxy.port)
            async with running(reader):
                await until(lambda: proxy.struck)
                await until(lambda: reader.health.link is ReaderLink.SILENT)
                await until(is_read_again(reader))
            assert reader.health.connects_total >= 2

    play_blows(story, [Blow("freeze", KEEPALIVE), Blow("freeze", ADDED), Blow("half-open", REPORT)], tmp_path)


@pytest.mark.parametrize("kind", [ADDED, ENABLED])
def test_a_reader_that_reboots_between_add_and_start_is_set_up_anew(kind):
    async def story(server):
        async with Moody(server, "reset", kind) as proxy:
            reader = reader_on(proxy.port)
            async with running(reader):
                await until(lambda: proxy.struck)
                server.device.reboot(now_us())  # its ROSpecs are gone with its power
                assert server.device.engine.specs == {}
                await until(is_read_again(reader))
            assert list(server.device.engine.specs) == [1]

    play_one(story)


def test_a_reader_that_another_client_holds_is_shown_as_held_and_read_when_it_is_let_go():
    async def story(server):
        other_reader, other = await asyncio.open_connection("127.0.0.1", server.port)
        await other_reader.readexactly(10)
        reader = reader_on(server.port)
        async with running(reader):
            await until(lambda: reader.health.link is ReaderLink.REFUSED)
            assert "another client holds this reader" in reader.health.why
            other.close()
            await until(is_read_again(reader))

    play_one(story)


def test_a_reader_that_takes_nothing_we_write_is_given_up():
    """Half-open while writing: the peer's window is shut, and keepalive answers pile up."""

    async def story(server):
        del server
        flood = struct.pack("!HII", 1 << 10 | KEEPALIVE, 10, 7) * 20_000

        async def speak(writer):
            writer.transport.pause_reading()
            stamp = struct.pack("!HHQ", 128, 12, 1)
            greeting = stamp + struct.pack("!HHH", 256, 6, 0)
            data = struct.pack("!HH", 246, 4 + len(greeting)) + greeting
            writer.write(struct.pack("!HII", 1 << 10 | 63, 10 + len(data), 1) + data)
            with contextlib.closing(writer), contextlib.suppress(ConnectionError):
                while True:
                    writer.write(flood)
                    await writer.drain()

        speaking = set()
        deaf = await asyncio.start_server(
            lambda _, writer: speaking.add(asyncio.ensure_future(speak(writer))), "127.0.0.1", 0
        )
        reader = reader_on(deaf.sockets[0].getsockname()[1])
        whys = set()
        async with running(reader):
            await until(lambda: whys.add(reader.health.why) or reader.health.connects_total >= 2)
        deaf.close()
        for task in speaking:
            task.cancel()
        await asyncio.gather(*speaking, return_exceptions=True)
        assert reader._dialogue.state is not State.READING
        assert any("does not take what we send" in why or "no answer while" in why for why in whys)

    play_one(story)


def test_a_line_that_dies_again_and_again_is_read_in_between_for_ever():
    async def story(server):
        rng = random.Random(3)
        reader = reader_on(server.port)
        async with running(reader):
            for _ in range(4):
                await until(is_read_again(reader))
                await asyncio.sleep(rng.random() / 2)
                server._drop_client("the switch blinked")
            await until(is_read_again(reader))
        assert reader.health.connects_total >= 5

    play_one(story)
