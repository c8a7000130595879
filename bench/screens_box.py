"""The box that `bench screens` looks at: a whole edge in a process of its own, full of pieces, alarms and readers.

Its readers are away, which is the dearer case: every zone is blind and says so. What moves is made by hand, at the
pipeline, so that it is known to the microsecond when it was true.
"""

import asyncio
import os
import threading
import time
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from bench.shelves import Shelves, config_of, fill, zone_id
from contract.facts import AlarmKind, AlarmRaised, CountPlace, Severity
from contract.feed import FeedPage, FeedRow, Role, StaffCard
from contract.ids import AlarmId, CountId, PieceId, UserId
from edge.app import create
from edge.life import Edge, listen, live
from edge.own_books import set_pin

ANTENNAS: Final = 4
SEED: Final = 43
USER: Final = UserId("lou")
PIN: Final = "2468"
COUNT: Final = CountId("all-shelves")
"""Runs from the beginning on, over every piece there is."""
CHANGES_PER_S: Final = 50
ACROSS: Final = 20
"""Zones in a row of the plan."""


class Size(NamedTuple):
    pieces: int
    alarms: int
    readers: int


def box(pipe: Connection, folder: str, size: Size) -> None:
    """Says its port when it is filled; then hears `alarm N`, `move`, `rest` and `cpu`, and answers each."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    shelves = Shelves(size.pieces, SEED, size.readers, ANTENNAS)
    config = config_of(shelves, Path(folder), ports=[1] * size.readers)
    config = msgspec.structs.replace(
        config,
        zones=tuple(
            msgspec.structs.replace(zone, x=nth % ACROSS * 2.0, y=nth // ACROSS * 2.0, width=1.6, height=0.7)
            for nth, zone in enumerate(config.zones)
        ),
    )
    edge = create(config)
    fill(edge.store, shelves)
    lou = StaffCard(user=USER, name="Lou", roles=(Role.MANAGER, Role.LOSS_PREVENTION, Role.ASSOCIATE))
    row = FeedRow(rev=1 << 40, scope="*", key="staff:lou", body=lou)
    edge.store.take_feed(FeedPage(rows=(row,), upto=1 << 40, more=False))
    set_pin(config, USER, PIN)
    for nth in range(size.alarms):
        edge.store.pipeline.news.say([alarm(nth, Severity.NOTICE)])
        if nth % 100 == 99:
            edge.store.tick(edge.clock.mono_us(), writing=True)
    edge.store.tick(edge.clock.mono_us(), writing=True)
    edge.store.start_count(COUNT, CountPlace.SHELF, (), USER)
    listener = listen(config)
    threading.Thread(target=_obey, args=(pipe, edge), daemon=True).start()
    pipe.send(listener.getsockname()[1])
    asyncio.run(live(edge, listener))


def alarm(nth: int, severity: Severity) -> AlarmRaised:
    """One of a piece that left its shelf."""
    return AlarmRaised(
        alarm=AlarmId(f"a{nth}"),
        kind=AlarmKind.MISSING,
        pieces=(PieceId(f"p{nth}"),),
        zone=zone_id(0),
        sentence="Silent for 31 s: read in none of 31 rounds, where 29 reads were due.",
        evidence_nats=27.0,
        rounds=31,
        value_minor=120_000,
        currency="EUR",
        severity=severity,
    )


def _obey(pipe: Connection, edge: Edge) -> None:
    moving = threading.Event()
    threading.Thread(target=_move, args=(edge, moving), daemon=True).start()
    while True:
        what, _, given = pipe.recv().partition(" ")
        if what == "alarm":
            pipe.send(edge.house.submit(partial(_raise, edge, int(given))).result(timeout=10))
        else:
            (moving.set if what == "move" else moving.clear)()
            pipe.send("done")


def _raise(edge: Edge, nth: int) -> float:
    """On the house: the evidence is complete; the next tick writes it. Gives when, in seconds since 1970."""
    edge.store.pipeline.news.say([alarm(nth, Severity.SIREN)])
    return time.time()


def _move(edge: Edge, moving: threading.Event) -> None:
    """Fifty changes a second that a person can see: another number in another zone."""
    rng = np.random.default_rng(SEED)
    while True:
        moving.wait()
        time.sleep(1 / CHANGES_PER_S)
        floor = edge.store.pipeline.floor
        at = int(rng.integers(len(floor.zones)))
        one = replace(floor.zones[at], present=int(rng.integers(500)))
        edge.store.pipeline.floor = replace(floor, zones=(*floor.zones[:at], one, *floor.zones[at + 1 :]))
        edge.store.wakes.tell("floor")
