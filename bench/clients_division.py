"""The night of a large house: a million clients read from a database, divided, and kept, as the office does it."""

import resource
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import sqlalchemy as sa

from bench.figures import Figures
from cloud import schema
from cloud.clienteling.visits import Visits, drawn
from cloud.db import Office, open_office
from cloud.desk import Desk
from cloud.pos.segments.job import Divisions
from cloud.tables import client, client_segment, sale, sale_line, store
from contract.facts import LineKind
from contract.ids import uuid7
from trade.sale import SaleState

CLIENTS: Final = 1_000_000
DAYS: Final = 1_000
HABITS: Final = Visits(0.5, 180.0, 0.8, 2.5)
"""In days: in a thousand of them a client comes 2.3 times."""
AT_ONCE: Final = 20_000
TODAY: Final = np.datetime64("2026-11-29", "D")
NOW_US: Final = 1_796_000_000_000_000
SEED: Final = 779


def division(*, short: bool) -> Figures:
    """Read, learnt and kept, once."""
    count = CLIENTS // 50 if short else CLIENTS
    with tempfile.TemporaryDirectory() as folder:
        office = open_office(f"sqlite:///{Path(folder) / 'office.sqlite3'}")
        schema.create(office)
        began = time.perf_counter()
        sales = _fill(office, count)
        filled_s = time.perf_counter() - began
        desk = Desk(
            office=office, now_us=lambda: NOW_US, mono_us=time.monotonic_ns,
            new_id=lambda: uuid7(time.time_ns() // 1000, b"0123456789"),
        )  # fmt: skip
        divisions = Divisions(desk, "Europe/Paris", run=lambda work: work())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        divisions.start()
        took_s = time.perf_counter() - began
        assert not divisions.progress.why, divisions.progress.why
        with office.reading() as tx:
            kept = int(tx.value(sa.select(sa.func.count()).select_from(client_segment)))
        office.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "division_clients": kept, "division_sales": sales, "division_filled_s": filled_s, "division_s": took_s,
        "division_peak_mib": peak / 1024, "division_peak_before_mib": before / 1024,
    }  # fmt: skip


def _fill(office: Office, count: int) -> int:
    """How many sales there are."""
    rng = np.random.default_rng(SEED)
    age = rng.uniform(1, DAYS, count)
    seen = drawn(HABITS, age, rng)
    with office.transaction() as tx:
        tx.add(store, {"store": "paris", "name": "Paris", "currency": "EUR"})
    rows, sales = _rows(rng, age, seen.frequency, seen.recency), 0
    while some := list(islice(rows, AT_ONCE)):
        with office.transaction() as tx:
            tx.add(client, *({"person": name, "store": "paris"} for name, _, _ in some))
            sold = [(name, f"{name}-{n}", days[n], minors[n]) for name, days, minors in some for n in range(len(days))]
            tx.add(sale, *(
                {"store": "paris", "sale": receipt, "client": name, "business_day": day, "currency": "EUR",
                 "state": SaleState.POSTED, "total_minor": minor}
                for name, receipt, day, minor in sold
            ))  # fmt: skip
            tx.add(sale_line, *(
                {"store": "paris", "sale": receipt, "line": "l", "kind": LineKind.PIECE, "gross_minor": minor}
                for name, receipt, day, minor in sold
            ))  # fmt: skip
            sales += len(sold)
    return sales


def _rows(
    rng: np.random.Generator, age: np.ndarray, frequency: np.ndarray, recency: np.ndarray
) -> Iterator[tuple[str, list[str], list[int]]]:
    """Of each client the days they bought on and for how much: the first, the last, and the others between."""
    for at in range(len(age)):
        later = int(frequency[at])
        between = rng.uniform(0, recency[at], later - 1) if later > 1 else np.empty(0)
        ago = age[at] - np.concatenate(([0.0], between, [recency[at]] if later else []))
        days = sorted({str(TODAY - int(each)) for each in ago})
        minors = np.maximum(rng.lognormal(11.5, 0.8, len(days)), 100).astype(np.int64).tolist()
        yield f"{at:08x}", days, minors
