"""A whole box and a simulated reader: a door is heard, a lock opens on a word, and everything falls to off."""

import asyncio
import signal
import time

import numpy as np

from contract.facts.signals import InputKind, OutputKind
from contract.ids import ReaderId, StoreId, UserId, ZoneId
from edge import app as edge_app
from edge.books.rows import SignalRow
from edge.config import EdgeConfig, InputConfig, OutputConfig, ReaderConfig, ZoneConfig, ZoneKind
from edge.life import listen, live
from simulator.llrp.device import Device
from simulator.llrp.server import LlrpServer
from simulator.radio import Radio
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import World

PATIENCE_S = 60.0
GATE = ReaderId("gate")
LAMP, LOCK = 1, 2


async def until(condition):
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 — the other side is a socket, which sets no event
            await asyncio.sleep(0.02)


def a_reader():
    layout = load_layout("boutique")
    stock = make_stock(seed=7, store_number=1, n=20, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
    world = World([(layout, stock)])
    now_us = time.time_ns() // 1000
    device = Device(
        layout.readers[0], "r", Radio(world, layout.store, 7, now_us), Tags(world), np.random.default_rng(5)
    )
    return LlrpServer(device, lambda: time.time_ns() // 1000)


def a_store(data_dir, port):
    zone = ZoneId("exit-1")
    return EdgeConfig(
        store=StoreId("paris"),
        name="Paris",
        currency="EUR",
        data_dir=data_dir,
        http_port=0,
        zones=(ZoneConfig(id=zone, name="Door", kind=ZoneKind.EXIT),),
        readers=(
            ReaderConfig(
                id=GATE,
                url=f"llrp://127.0.0.1:{port}",
                profile="generic-llrp",
                antennas={"1": zone},
                inputs={"1": InputConfig(name="Back door", kind=InputKind.DOOR, zone=zone)},
                outputs={
                    str(LAMP): OutputConfig(name="Lamp", kind=OutputKind.LAMP, zone=zone),
                    str(LOCK): OutputConfig(name="Lock", kind=OutputKind.LOCK, zone=zone),
                },
            ),
        ),
    )


def test_a_lock_opens_on_a_managers_word_falls_shut_by_itself_and_when_the_box_stops(tmp_path):
    async def story():
        server = a_reader()
        await server.start("127.0.0.1", 0)
        edge = edge_app.create(a_store(tmp_path, server.port))
        high, store = server.device.settings, edge.store
        box = asyncio.create_task(live(edge, listen(edge.config)))

        def told():
            return {row.name: (row.is_on, row.by) for row in edge.shop.db.rows("signals", SignalRow)}

        async def open_for(seconds):
            word = edge.house.submit(lambda: store.open_lock(GATE, LOCK, seconds, "a client waits", UserId("max")))
            await asyncio.wrap_future(word)

        await until(lambda: store.pipeline.health[GATE].inputs == {1: False})
        server.set_input(1, high=True)
        await until(lambda: told().get("Back door") == (True, "house"))
        assert not high.gpos[LOCK]
        await open_for(1)
        await until(lambda: high.gpos[LOCK])
        assert told()["Lock"] == (True, "max")
        await until(lambda: not high.gpos[LOCK])
        assert told()["Lock"] == (False, "house")
        await open_for(60)
        await until(lambda: high.gpos[LOCK])
        signal.raise_signal(signal.SIGTERM)
        assert await box == 0
        await until(lambda: not high.gpos[LOCK])
        assert not high.gpos[LAMP]
        await server.stop()

    asyncio.run(story())
