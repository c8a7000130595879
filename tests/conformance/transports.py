"""Real transports to a simulated reader, each with the ways it can fail. `conftest` makes it importable.

cut, back        unplugged, or reset and nobody listening; and there again, as after a power cut
silence, speak   neither a byte nor an end: the reader lost its power, or hangs
spoil            noise among what it says
reboot           everything it was told is forgotten
cut_writing      power fails when so many more words are written to a tag; `speak` gives it back
"""

import asyncio
import contextlib
import random
import socket
import struct

import numpy as np
from house_hurry import HURRIED, PACE
from house_ports import free_port

from simulator.llrp.device import Device
from simulator.llrp.server import Fault as LlrpFault
from simulator.llrp.server import LlrpServer
from simulator.radio import Radio
from simulator.serial.air import Tray
from simulator.serial.line import Fault, Line
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import World

TAGS = {bytes([n]) * 12: bytes([n + 100]) * 12 for n in range(1, 7)}
NOISE_BYTES = 64


now_us = HURRIED.now_us


class Serial:
    """A module behind a pseudo-terminal. `module`: an `Air` → a module."""

    def __init__(self, scheme, module, folder, *, empty=False, query="baud=115200&region=eu"):
        self.air = Tray({} if empty else TAGS)
        self.line = Line(module(self.air), folder / "port", now_us, pace=PACE)
        self.address = str(self.line.path)
        self.url = f"{scheme}://{self.line.path}?{query}"

    async def __aenter__(self):
        await self.line.__aenter__()
        return self

    async def __aexit__(self, *_):
        await self.line.__aexit__()

    @property
    def tags(self):
        """EPC → TID of what lies before it now."""
        return self.air.tags

    async def cut(self):
        self.line.unplug()

    async def back(self):
        self.line.plug()

    async def silence(self):
        self.line.fault = Fault.SILENT

    async def speak(self):
        self.line.fault = Fault.NONE

    async def spoil(self):
        self.line.fault = Fault.GARBAGE

    async def reboot(self):
        self.line.module.power()

    async def cut_writing(self, words):
        self.line.cut_power_after(words)


class Shop:
    """One LLRP reader of the simulated boutique: six pieces before its first antenna, or none; all others are away."""

    def __init__(self, number, *, empty=False):
        layout = load_layout("boutique")
        stock = make_stock(seed=7, store_number=1, n=60, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
        world = World([(layout, stock)])
        reader = layout.readers[number]
        world.place[:] = world.place_of["road"]
        if not empty:
            world.place[: len(TAGS)] = world.place_of[f"{layout.store}/{reader.antennas[0].zone}"]
        self.tags = Tags(world)
        radio = Radio(world, layout.store, 7, now_us())
        self.device = Device(reader, "r", radio, self.tags, np.random.default_rng(5))


class Tcp:
    """An LLRP reader behind a proxy that can fail as a network does."""

    def __init__(self, number, *, empty=False):
        self.shop = Shop(number, empty=empty)
        self.server = LlrpServer(self.shop.device, now_us, pace=PACE)
        self.proxy = Proxy()
        self.address = "127.0.0.1"
        self.url = f"llrp://127.0.0.1:{self.proxy.port}"

    async def __aenter__(self):
        await self.server.start("127.0.0.1", 0)
        self.proxy.to_port = self.server.port
        await self.proxy.listen()
        return self

    async def __aexit__(self, *_):
        await self.proxy.close()
        await self.server.stop()

    @property
    def tags(self):
        tags = self.shop.tags
        return {tags.epc_of(row): tags.tid[row].tobytes() for row in range(len(TAGS))}

    async def cut(self):
        await self.proxy.close()
        self.shop.device.reboot(now_us())

    async def back(self):
        await self.proxy.listen()

    async def silence(self):
        self.proxy.mute = True

    async def speak(self):
        await self.server.set_fault(LlrpFault.NONE)
        self.proxy.reset()
        self.proxy.mute = self.proxy.noisy = False

    async def spoil(self):
        self.proxy.noisy = True

    async def reboot(self):
        self.shop.device.reboot(now_us())
        self.proxy.reset()

    async def cut_writing(self, words):
        await self.server.set_fault(LlrpFault.CUT_WRITING, words=words)


class Proxy:
    """Passes bytes on between a client and `to_port`, in pieces of any size."""

    def __init__(self, sizes=lambda: 1 << 16):
        self.port, self.to_port = free_port(), 0
        self.mute = self.noisy = False
        self._sizes = sizes
        self._chance = random.Random(3)
        self._server = None
        self._writers = set()
        self._tasks = set()

    async def listen(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def close(self):
        if self._server is not None:
            self._server.close()
        self.reset()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def reset(self):
        """RST to both ends of every connection."""
        for writer in list(self._writers):
            sock = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def _serve(self, reader, writer):
        task = asyncio.ensure_future(self._pass(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass(self, reader, writer):
        self._writers.add(writer)
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            self._writers.discard(writer)
            writer.transport.abort()
            return
        self._writers.add(up_writer)
        ways = [self._way(reader, up_writer), self._way(up_reader, writer, down=True)]
        pumps = [asyncio.ensure_future(way) for way in ways]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for end in (writer, up_writer):
                self._writers.discard(end)
                end.close()

    async def _way(self, reader, writer, *, down=False):
        while data := await reader.read(4096):
            while self.mute:  # noqa: ASYNC110 - a fault that a story sets and ends
                await asyncio.sleep(0.02)
            if down and self.noisy:
                data = self._chance.randbytes(NOISE_BYTES) + data
            while data:
                size = self._sizes() if down else len(data)
                writer.write(data[:size])
                data = data[size:]
                await asyncio.sleep(0)
