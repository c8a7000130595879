"""A small store with a reader on the bench; the client's side is spoken by llrpkit's codec, which is not ours."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import pytest
from llrpkit.inventory import build_rospec
from llrpkit.protocol import decode_message, enums, messages

from simulator.app import Outside, plan
from simulator.llrp.codec import FrameBuffer
from simulator.llrp.device import Device
from simulator.radio import Radio
from simulator.stock import make_stock
from simulator.store import Weather, load_layout
from simulator.tags import Tags
from simulator.world import World

START_US = 1_800_000_000_000_000
CALM = Weather(shadow_every_s=0, fade_every_s=0, stray_share=0)


def small_world(*, pieces: int = 60, weather: Weather = CALM, seed: int = 7, hung: bool = False) -> World:
    """`hung`: with the reference tags of its zones."""
    shipped = load_layout("boutique")
    zones = tuple(msgspec.structs.replace(z, reference=z.reference if hung else "") for z in shipped.zones)
    layout = msgspec.structs.replace(shipped, weather=weather, zones=zones)
    stock = make_stock(seed=seed, store_number=1, n=pieces, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
    return World([(layout, stock)])


@dataclass
class Bench:
    """One device and a client without a socket. `ask` sends and returns the answer, `air` lets time pass."""

    device: Device
    world: World
    now_us: int = START_US
    said: list[Any] = field(default_factory=list)
    raw: bytes = b""
    _next_id: int = 100

    def connect(self) -> Any:
        self._keep(self.device.connected(self.now_us))
        return self.said[0]

    def ask(self, message: Any) -> Any:
        self._next_id += 1
        before = len(self.said)
        for one in FrameBuffer().feed(message.to_bytes(message_id=self._next_id)):
            self._keep(self.device.hear(one, self.now_us))
        answers = [m for m in self.said[before:] if m.message_id == self._next_id]
        return answers[0] if answers else None

    def air(self, seconds: float) -> list[Any]:
        """Everything said while `seconds` pass, in steps of what is due, as a server does it."""
        before, end_us = len(self.said), self.now_us + int(seconds * 1e6)
        while self.now_us < end_us:
            self.now_us = min(end_us, max(self.now_us + 1, self.device.due_us(self.now_us)))
            self._keep(self.device.advance(self.now_us))
        return self.said[before:]

    def inventory(self, **asked: Any) -> Any:
        """Add, enable and start a ROSpec made by llrpkit; returns the answer to ADD_ROSPEC."""
        added = self.ask(messages.ADD_ROSPEC(ro_spec=build_rospec(**asked)))
        self.ask(messages.ENABLE_ROSPEC(ro_spec_id=asked.get("ro_spec_id", 1)))
        self.ask(messages.START_ROSPEC(ro_spec_id=asked.get("ro_spec_id", 1)))
        return added

    def tags(self, seconds: float) -> list[Any]:
        """TagReportData of the reports that come in `seconds`."""
        return [
            tag for m in self.air(seconds) if isinstance(m, messages.RO_ACCESS_REPORT) for tag in m.tag_report_datas
        ]

    def _keep(self, said: bytes) -> None:
        self.raw += said
        at = 0
        while at < len(said):
            length = int.from_bytes(said[at + 2 : at + 6])
            heard = decode_message(said[at : at + length])
            assert heard.to_bytes(message_id=heard.message_id) == said[at : at + length], "another codec writes it so"
            self.said.append(heard)
            at += length


def make_bench(*, reader: int = 0, seed: int = 7, **world: Any) -> Bench:
    place = small_world(seed=seed, **world)
    layout = next(iter(place.layouts.values()))
    radio = Radio(place, layout.store, seed, START_US)
    chance = np.random.default_rng([seed, 5])
    return Bench(Device(layout.readers[reader], "r", radio, Tags(place), chance), place)


@pytest.fixture
def bench() -> Bench:
    """The case reader of the boutique (an FX9600: four antennas, eight ROSpecs), connected."""
    made = make_bench()
    made.connect()
    return made


@pytest.fixture
def pad() -> Bench:
    """The pad reader (an R420: one antenna, one ROSpec), connected."""
    made = make_bench(reader=1)
    made.connect()
    return made


@pytest.fixture
def new_bench() -> Callable[..., Bench]:
    return make_bench


@pytest.fixture
def new_world() -> Callable[..., World]:
    return small_world


@pytest.fixture
def ok() -> Callable[[Any], bool]:
    return lambda answer: int(answer.llrp_status.status_code) == int(enums.StatusCode.M_Success)


def boutique(**more: Any) -> Outside:
    return Outside(plan(("boutique",), 11, pieces={"boutique": 200}, **more).config)


@pytest.fixture
def run() -> Callable[[Callable[[Outside], Any]], Any]:
    """Plays a scene with a boutique of its own, opened before and closed after."""

    def playing(scene: Callable[[Outside], Any]) -> Any:
        async def play() -> Any:
            outside = boutique()
            await outside.start()
            try:
                return await scene(outside)
            finally:
                await outside.stop()

        return asyncio.run(play())

    return playing
