"""A store that had no line for 72 hours, and people who sell on while its rows go out.

100,000 facts of the floor and 2,000 sales wait in books on a disk, every commit synced. The office is a process of its
own on PostgreSQL; bytes go both ways. Tills sell live before the line is back and while the backlog drains, and the
longest wait of both is told; no row of the floor may arrive before the last sale of the backlog.
"""

import multiprocessing as mp
import random
import tempfile
import threading
import time
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from bench.figures import Figures
from bench.pos_office import FACTS_PER_ROW, NOW_US, Store, open_house, presence_of, server
from bench.pos_till import spread
from cloud import schema
from cloud.db import open_office
from cloud.ingest import Ingest
from contract.facts import Stream
from contract.ids import PieceId
from contract.messages import Down, decode_down, decode_up, encode
from edge.books.rows import Counter
from edge.clock import SystemClock
from edge.house import House

FACTS: Final = 100_000
SALES: Final = 2_000
FACTS_SHORT, SALES_SHORT = 2_000, 40
TILLS: Final = 8
THINKS_S: Final = 0.5
"""Between two sales of a till, on average."""
BEFORE_S, BEFORE_SHORT_S = 30.0, 3.0
LIVE_PIECES: Final = 5_000
END: Final = b""


def figures_of(*, short: bool) -> Figures:
    """Raises what a till or the line raised."""
    facts, sales = (FACTS_SHORT, SALES_SHORT) if short else (FACTS, SALES)
    spawn = mp.get_context("spawn")
    with server() as url, tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        office = open_office(url)
        schema.create(office)
        (store,) = open_house(office, sales + LIVE_PIECES, count=1, folder=Path(folder))
        office.close()
        _days_without_a_line(store, facts, sales)
        ours, theirs = spawn.Pipe()
        child = spawn.Process(target=_office, args=(theirs, url), daemon=True)
        child.start()
        try:
            return _back(store, ours, sales, BEFORE_SHORT_S if short else BEFORE_S)
        finally:
            child.kill()
            child.join()
            store.close()


def _days_without_a_line(store: Store, facts: int, sales: int) -> None:
    rng = random.Random(3)
    for _ in range(facts // FACTS_PER_ROW):
        store.saw([presence_of(rng, 0, 1) for _ in range(FACTS_PER_ROW)])
    for n in range(sales):
        store.sell(PieceId(f"p{n}"))


def _office(line: Connection, url: str) -> None:
    """Hears what comes, in its own process, until the line is closed."""
    ingest = Ingest(open_office(url))
    while (body := line.recv_bytes()) != END:
        downs = ingest.hear(decode_up(body), NOW_US)
        line.send([encode(down) for down in downs])


def _back(store: Store, line: Connection, sold: int, before_s: float) -> Figures:
    house, over, waits = House(_still, SystemClock()), threading.Event(), list[tuple[float, float]]()
    errors: list[BaseException] = []
    pieces = iter([PieceId(f"p{n}") for n in range(sold, sold + LIVE_PIECES)])
    one_by_one = threading.Lock()

    def till(at: int) -> None:
        chance = random.Random(at)
        while not over.wait(chance.expovariate(1 / THINKS_S)):
            with one_by_one:
                piece = next(pieces)
            began_s = time.perf_counter()
            house.submit(partial(store.sell, piece)).result()
            waits.append((began_s, time.perf_counter() - began_s))

    def kept(at: int) -> None:
        try:
            till(at)
        except BaseException as error:  # noqa: BLE001 - carried to the bench's own thread
            errors.append(error)
            over.set()

    trade, floor = (house_counter(store, stream) for stream in (Stream.TRADE, Stream.FLOOR))
    threads = [threading.Thread(target=kept, args=(at,)) for at in range(TILLS)]
    house.start()
    for thread in threads:
        thread.start()
    over.wait(before_s)
    began_s, early = time.perf_counter(), 0
    while not over.is_set():
        ups = house.submit(store.messages).result()
        for up in ups:
            line.send_bytes(encode(up))
            for body in line.recv():
                told: Down = decode_down(body)
                house.submit(partial(store.told, told)).result()
        now = {stream: house.submit(partial(house_counter, store, stream)).result() for stream in Stream}
        if now[Stream.TRADE].upto < trade.seq:
            early = now[Stream.FLOOR].upto
        if now[Stream.FLOOR].upto >= floor.seq:
            break
    drained_s = time.perf_counter() - began_s
    over.set()
    for thread in threads:
        thread.join()
    house.stop(lambda: None)
    if errors:
        raise errors[0]
    line.send_bytes(END)
    rows = trade.seq + floor.seq
    return {
        "offline_floor_facts": floor.seq * FACTS_PER_ROW,
        "offline_sales": sold,
        "offline_rows": rows,
        "drain_s": round(drained_s, 1),
        "drain_rows_per_s": round(rows / drained_s),
        "floor_rows_before_trade": early,
        **spread("offline_sale", [took_s for at_s, took_s in waits if at_s < began_s]),
        **spread("drain_sale", [took_s for at_s, took_s in waits if at_s >= began_s]),
    }


def house_counter(store: Store, stream: Stream) -> Counter:
    """How far a stream of the present log is."""
    found = [each for each in store.books.db.rows("counters", Counter) if each.stream is stream]
    return found[-1]


def _still(now_us: int, *, writing: bool) -> None:
    """The floor stands still meanwhile."""
    del now_us, writing
