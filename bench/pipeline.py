"""Receive buffer → catalogue → rounds → presence → facts in the books, as the edge runs it, on one core.

20,000 pieces in 400 zones before 16 readers; 1 % of them move a minute, 5 % of the reads are of strange tags. The
speed is that of a saturated box: so many reads come in each tick that deciding costs as long as it takes, and reads per
second of processor time are counted from the first byte to the facts' commit, disk included. Each figure is the median
over seconds of the store's time. Beforehand the same code hears fewer reads of the same making, moves and thefts among
them, and every presence fact it wrote is held against those of `bench.reference`.

The edge is a process of its own, whole, with its pages, books and history, on loopback sockets of simulated readers.
EdgeX's rule is quoted, not run: its own figure is 86 reads/s at 10,000 tags (Go, a snapshot of all tags per read).
"""

import contextlib
import gc
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.edge_process import SECONDS as EDGE_SECONDS
from bench.edge_process import SHORT_SECONDS as EDGE_SHORT_SECONDS
from bench.edge_process import edge_figures
from bench.edge_process import plots as edge_plots
from bench.figures import Figures
from bench.reference import Reference, Said
from bench.shelves import READERS, Shelves, config_of, fill, reader_id
from contract.entries import decode_entry
from contract.facts import PiecePresence, ReaderLink, Stream
from contract.ids import Epoch
from edge.books.journal import Books
from edge.house import TICK_US
from edge.readers.health import Health
from edge.readers.llrp.inbox import Inbox
from edge.reconcile.counts.tally import tally
from edge.reconcile.epc_table import EpcTable
from edge.reconcile.presence.evidence import Evidence
from edge.reconcile.presence.step import CUSTOMARY, Placement, Round, step
from edge.store import Store

DOES: Final = "bytes → presence → facts on one core, equal to a slow reference; reconcile; the whole edge process"
PIECES: Final = 20_000
MANY: Final = 100_000
SHORT_PIECES: Final = 2_000
READS_PER_S: Final = 1_000_000
TICKS_PER_S: Final = 1_000_000 // TICK_US
SECONDS: Final = 12
WARM_SECONDS: Final = 3
SHORT_SECONDS: Final = 4
EQUAL_SECONDS: Final = 58
"""Less than the minute after which the store's own threshold is fitted."""
EQUAL_READS_PER_PIECE_S: Final = 3
EQUAL_ALARM_NATS: Final = 9.0
"""A threshold so low that thefts, and harmless gaps too, are missing within that minute: more to compare."""
EQUAL_SEED, SPEED_SEED = 41, 42
GONE_SHARE: Final = 0.02
GONE_AT_S, BACK_AT_S = 12, 50
ROUNDS: Final = 40
TIMES: Final = 15
EPOCH: Final = Epoch("bench")
WALL_US: Final = 1_750_000_000_000_000


def run(short: bool = False) -> Figures:  # noqa: FBT001, FBT002 - the form of every bench
    """Short: the reference hears 2,000 pieces, speeds are those of fewer seconds, the edge runs for two minutes."""
    figures: Figures = {}
    figures |= equal(SHORT_PIECES if short else PIECES)
    seconds = SHORT_SECONDS if short else SECONDS
    for pieces in (PIECES, MANY):
        figures |= speed(pieces, seconds)
    figures[f"ours_{MANY}_vs_{PIECES}_pieces_ratio"] = round(
        figures[f"ours_{MANY}_pieces_reads_per_s"] / figures[f"ours_{PIECES}_pieces_reads_per_s"], 2
    )
    for pieces in (PIECES, MANY):
        figures[f"presence_{pieces}_pieces_round_ms"] = round(presence_ms(pieces), 3)
    figures[f"reconcile_{MANY}_against_{MANY}_ms"] = round(reconcile_ms(MANY), 3)
    return figures | edge_figures(EDGE_SHORT_SECONDS if short else EDGE_SECONDS)


def plots(figures: Figures) -> dict[str, str]:
    """The box by the minute."""
    return edge_plots(figures)


# --- a store --------------------------------------------------------------------------------------------------


class HandClock:
    """The store's time, moved by the bench."""

    def __init__(self) -> None:
        self.now_us = 1_000_000

    def mono_us(self) -> int:
        return self.now_us

    def wall_us(self) -> int:
        return WALL_US + self.now_us


@dataclass
class Box:
    """A store without threads, and the receive buffers of its readers."""

    store: Store
    clock: HandClock
    inboxes: list[Inbox]
    healths: list[Health]

    def receive(self, reader: int, data: bytes) -> None:
        """What a socket would give, into the buffer, and on to the tick."""
        inbox, view = self.inboxes[reader], memoryview(data)
        while view:
            with inbox.room() as room:
                count = min(len(room), len(view))
                room[:count] = view[:count]
            batch = inbox.received(count, self.clock.now_us).batch
            if batch is not None:
                self.store.pipeline.deliver(batch)
            view = view[count:]
        self.healths[reader].last_heard_us = self.clock.now_us

    def tick(self) -> None:
        self.store.tick(self.clock.now_us, writing=True)

    def said(self) -> list[Said]:
        """Every presence fact of the journal, with its tick: two entries of one tick lie a µs apart."""
        rows = self.store.books.journal(EPOCH, Stream.FLOOR, 1, 1 << 30)
        return [
            Said((row.at_us - WALL_US) // TICK_US * TICK_US, fact.piece, fact.state, fact.zone)
            for row in rows
            for fact in decode_entry(row.body).facts
            if isinstance(fact, PiecePresence)
        ]


@contextlib.contextmanager
def box_of(shelves: Shelves, alarm_nats: float = CUSTOMARY.alarm_nats) -> Iterator[Box]:
    with tempfile.TemporaryDirectory() as folder:
        config, clock = config_of(shelves, Path(folder), alarm_nats=alarm_nats), HandClock()
        books = Books.open(Path(folder) / "books.sqlite3", store=config.store, instance="bench")
        with books.transaction() as tx:
            tx.new_log(config.store, EPOCH)
            tx.db.run("node_joined", term=1, epoch=EPOCH, cloud_epoch=0, instance="bench")
        store = Store(config, books, clock, random.Random(1))
        fill(store, shelves)
        healths = [Health(reader.id, link=ReaderLink.READING, why="", alive_since_us=1) for reader in config.readers]
        store.pipeline.health = {health.reader: health for health in healths}
        try:
            yield Box(store, clock, [Inbox(health) for health in healths], healths)
        finally:
            books.close()


def told_in(shelves: Shelves, reads_per_s: int) -> list[list[bytes]]:
    """A second's bytes: by tick, by reader."""
    each = max(1, reads_per_s // TICKS_PER_S // READERS)
    return [[shelves.said(reader, each) for reader in range(READERS)] for _ in range(TICKS_PER_S)]


# --- the figures ----------------------------------------------------------------------------------------------


def equal(pieces: int, seconds: int = EQUAL_SECONDS) -> Figures:
    """The facts of the pipeline and of the reference. Raises `AssertionError` where they differ."""
    shelves = Shelves(pieces, EQUAL_SEED)
    with box_of(shelves, EQUAL_ALARM_NATS) as box:
        stock = box.store.stock
        cards = {card.epc: (stock.catalogue.row_of(card.piece), str(card.piece)) for card in shelves.cards()}
        assert [row for row, _ in cards.values()] == list(range(pieces)), "rows are given in order"
        reference = Reference(
            box.store.config, {epc: (int(row or 0), name) for epc, (row, name) in cards.items()},
            shelves.home.tolist(), box.store.pipeline.rules,
        )  # fmt: skip
        for second in range(seconds):
            shelves.second()
            if second == GONE_AT_S:
                shelves.take_away(int(pieces * GONE_SHARE))
            if second == BACK_AT_S:
                shelves.bring_back()
            for said in told_in(shelves, pieces * EQUAL_READS_PER_PIECE_S):
                box.clock.now_us += TICK_US
                for reader, data in enumerate(said):
                    box.receive(reader, data)
                    reference.received(reader_id(reader), data)
                box.tick()
                reference.tick(box.clock.now_us)
        ours, theirs = sorted(box.said()), sorted(reference.said)
        assert ours == theirs, _differences(ours, theirs)
        moved, returned = _changes(ours)
        return {
            "equal_facts": len(ours),
            "equal_missing_facts": sum(said.state == "missing" for said in ours),
            "equal_returned_facts": returned,
            "equal_moved_facts": moved,
            "equal_reads": box.store.pipeline.intake.reads_total,
            "equal_strange_reads": reference.strange_reads,
        }


def _changes(told: list[Said]) -> tuple[int, int]:
    """Facts by which a piece has another zone, or is there again."""
    last: dict[str, Said] = {}
    moved = returned = 0
    for said in told:
        before = last.get(said.piece, said)
        moved += before.zone != said.zone
        returned += before.state == "missing" and said.state == "present"
        last[said.piece] = said
    return moved, returned


def _differences(ours: list[Said], theirs: list[Said]) -> str:
    only = sorted(set(ours) - set(theirs))[:5], sorted(set(theirs) - set(ours))[:5]
    return f"{len(ours)} facts here and {len(theirs)} in the reference; only here {only[0]}, only there {only[1]}"


def speed(pieces: int, seconds: int) -> Figures:
    """Reads per second of processor time, and the longest tick."""
    shelves, spent, longest_s, received = Shelves(pieces, SPEED_SEED), [], 0.0, 0
    with box_of(shelves) as box:
        for second in range(WARM_SECONDS + seconds):
            shelves.second()
            cpu_s = 0.0
            before = box.store.pipeline.intake.reads_total
            ticks = told_in(shelves, READS_PER_S)
            gc.collect()
            for said in ticks:
                box.clock.now_us += TICK_US
                began_s = time.process_time()
                for reader, data in enumerate(said):
                    box.receive(reader, data)
                box.tick()
                tick_s = time.process_time() - began_s
                cpu_s += tick_s
                if second >= WARM_SECONDS:
                    longest_s = max(longest_s, tick_s)
            received = box.store.pipeline.intake.reads_total - before
            assert received == len(ticks) * READERS * (READS_PER_S // TICKS_PER_S // READERS), "reads were lost"
            if second >= WARM_SECONDS:
                spent.append(received / cpu_s)
        tally_of = box.store.pipeline.rounds_tally
        assert not tally_of.reads_dropped_total, "rounds were too small for the reads of this bench"
        assert tally_of.witnessed_total >= READERS * (seconds - 1), "rounds were judged"
    return {
        f"ours_{pieces}_pieces_reads_per_s": round(float(np.median(spent))),
        f"ours_{pieces}_pieces_least_reads_per_s": round(min(spent)),
        f"ours_{pieces}_pieces_tick_max_ms": round(1000 * longest_s, 2),
    }


def presence_ms(pieces: int) -> float:
    """Median of a round of every zone at once."""
    rng = np.random.default_rng(1)
    zones = pieces // 50
    home = np.repeat(np.arange(zones, dtype=np.int32), 50)
    placement = Placement(
        home, (np.arange(pieces) // 8).astype(np.int32), np.ones(pieces, np.bool_), np.ones(zones, np.bool_)
    )
    evidence, seeing, times = Evidence(zones), np.ones(zones, np.bool_), []
    for second in range(1, ROUNDS + 1):
        rows = np.flatnonzero(rng.random(pieces) < 0.85).astype(np.int32)
        heard = Round(second * 1_000_000, seeing, rows, home[rows])
        began_s = time.process_time()
        step(evidence, placement, heard)
        times.append(time.process_time() - began_s)
    return float(np.median(times[ROUNDS // 4 :]) * 1000)


def reconcile_ms(pieces: int) -> float:
    """EPCs that were heard, in any order, against what is expected: look-up and verdicts; the median of some."""
    shelves = Shelves(pieces, SPEED_SEED)
    table, bits = EpcTable(), np.full(pieces, 96, np.uint16)
    table.insert(shelves.epc, bits, np.arange(pieces, dtype=np.int32))
    order = shelves.rng.permutation(pieces)
    heard = shelves.epc[order]
    heard[: pieces // 50, 4:] ^= 0xFF  # 2 % are no pieces, and as many are missing
    zones = shelves.home[order]
    zones[-pieces // 50 :] = (zones[-pieces // 50 :] + 1) % shelves.zones
    times = []
    for _ in range(TIMES):
        began_s = time.process_time()
        told = tally(shelves.home, table.find(heard, bits), zones)
        times.append(time.process_time() - began_s)
    assert len(told.missing) == told.strangers == pieces // 50
    assert len(told.elsewhere) == pieces // 50
    return float(np.median(times) * 1000)
