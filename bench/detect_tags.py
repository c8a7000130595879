"""Copied tags and the gate: tags in front of antennas, and a whole store with its books for what was sold."""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.detect_size import SOON_S, TUNING_SEED, Size, delays, trade_off
from bench.figures import Figures
from bench.worlds import ZONE_FAMILIES, Passage, Row, gate
from contract.facts import AlarmKind
from contract.feed import FeedPage, FeedRow, PieceCard
from contract.ids import Epoch, PieceId, ReaderId, StoreId, ZoneId
from edge.books.journal import Books
from edge.books.rows import AlarmRow, pieces_of
from edge.config import EdgeConfig, ReaderConfig, ZoneConfig, ZoneKind
from edge.readers.base import PHASE_ABSENT, ReadBatch
from edge.reconcile.detectors import Scene
from edge.reconcile.detectors.budget import Budget, bar_for
from edge.reconcile.detectors.clone import Clone
from edge.reconcile.detectors.strong import Strong
from edge.reconcile.gate import CUSTOMARY, Gate, GateRules
from edge.reconcile.presence.evidence import PRESENT
from edge.reconcile.presence.step import Placement
from edge.reconcile.presence.threshold import MONTH_S
from edge.store import Store
from trade.custody import Token, TokenState

LOOKS: Final = 100
"""Rounds looked at in one go."""
TAGS: Final = 400
WARM_ROUNDS: Final = 700
"""The detector learns for ten minutes which antennas hear each other;"""
COPIES: Final = 12
COPY_EVERY: Final = 90
"""then a copy is laid down every minute and a half, for three between two zones at once are taken for their overlap."""
AFTER_ROUNDS: Final = 600
CARRIED_SHARE: Final = 1 / 3
"""Of each 100 rounds in which somebody takes a tag up and lays it down elsewhere, turned;"""
IN_HAND_S: Final = (4, 60)
"""unread in the hand for so long."""
P_WEIGHT: Final = 0.02
CLONE_BARS: Final = (4.0, 8.0, 12.0, 16.0, 20.0, 28.0, 40.0, 60.0)
SHAPE_NATS: Final = (-2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0)
US: Final = 1_000_000
DOOR: Final = ReaderId("door")
EXIT: Final = ZoneId("exit")


# --- copied tags ---------------------------------------------------------------------------------------------------


class Copies(NamedTuple):
    """Of one run: delay of each copy, rows accused for nothing, innocent peaks in nats."""

    delays_s: list[float]
    false: list[int]
    innocent: list[float]


def clones(size: Size) -> Figures:
    """400 tags in eight zones 1.5 m apart, some near borders; copies lie two zones away or farther."""
    budget = Budget(watched_s=MONTH_S)
    for peak in copied(TUNING_SEED, size.clone_tuning_rounds, copies=0, bar=1e9).innocent:
        budget.meters[AlarmKind.CLONE].innocent(peak)
    share = budget.shares()[AlarmKind.CLONE]
    bar = bar_for(budget.meters[AlarmKind.CLONE].peaks, float(size.clone_tuning_rounds), share, 12.0, 60.0)
    quiet = [copied(seed, size.clone_rounds, copies=0, bar=bar) for seed in size.seeds]
    false, watched_s = sum(len(one.false) for one in quiet), float(size.clone_rounds * len(size.seeds))
    innocent = [nats for one in quiet for nats in one.innocent]
    points = {}
    for level in sorted({*(each for each in CLONE_BARS if each < bar), bar}):
        found = np.array([delay for seed in size.seeds for delay in copied(seed, 0, copies=COPIES, bar=level).delays_s])
        cost = (sum(nats >= level for nats in innocent) + false) * MONTH_S / watched_s
        points[level] = (cost, float((found <= SOON_S).mean()))
    found_s = [delay for seed in size.seeds for delay in copied(seed, 0, copies=COPIES, bar=bar).delays_s]
    return {
        **delays("clone", found_s),
        "clone_bar_nats": bar,
        "clone_store_days_watched": watched_s / 86_400,
        "clone_false_alarms_per_month": false * MONTH_S / watched_s,
        **trade_off("clone", points),
    }


def copied(seed: int, rounds: int, *, copies: int, bar: float) -> Copies:
    """So many rounds after the warm ones; with copies as many as they need. Nothing is carried while copies lie."""
    world = Row(ZONE_FAMILIES["1.5m"], seed)
    zones = world.family.zones
    places = np.concatenate([world.clear(3 * TAGS // 4), world.near(TAGS // 4)])
    biases, home = world.biases(TAGS), world.zone_of(places[:, 0])
    other = world.clear(TAGS)
    far = np.flatnonzero(np.abs(world.zone_of(other[:, 0]) - home) >= 2)[:copies]
    copied_biases, strong = world.biases(len(far)), Strong(zones)
    laid = WARM_ROUNDS + COPY_EVERY * np.arange(len(far))
    clone = Clone(np.abs(np.subtract.outer(np.arange(zones), np.arange(zones))) <= 1, bar)
    placement = Placement(home, np.full(TAGS, -1, np.int32), np.ones(TAGS, np.bool_), np.ones(zones, np.bool_))
    nothing, all_zones = np.zeros(TAGS, np.bool_), np.arange(zones, dtype=np.int32)
    state, nats = np.full(TAGS, PRESENT, np.int8), np.zeros(TAGS, np.float32)
    read_us, p = np.zeros(TAGS, np.int64), np.full(TAGS, 0.9, np.float32)
    found: dict[int, float] = {}
    false: list[int] = []
    innocent: list[float] = []
    last = WARM_ROUNDS + (COPY_EVERY * len(far) + AFTER_ROUNDS if copies else rounds)
    for now_s in range(1, last + 1):
        turn = (now_s - 1) % LOOKS
        if turn == 0:
            held = np.zeros((TAGS, LOOKS), np.bool_)
            if not copies and world.rng.random() < CARRIED_SHARE:
                row = int(world.rng.integers(TAGS))
                places[row], biases[row] = world.clear(1)[0], world.biases(1)[0]
                home[row] = world.zone_of(places[row, :1])[0]
                held[row, : int(world.rng.integers(*IN_HAND_S))] = True
            looks, second = world.look(places, biases, LOOKS), world.look(other[far], copied_biases, LOOKS)
        heard = looks[:, turn]
        heard[held[:, turn]] = np.nan
        there = laid < now_s
        heard[far[there]] = np.fmax(heard[far[there]], second[there, turn])
        row_of, zone_of = np.nonzero(np.isfinite(heard))
        scene = Scene(
            now_us=now_s * US, reader=0, zones=all_zones, row=row_of.astype(np.int32), zone=zone_of.astype(np.int32),
            rssi_cdbm=(heard[row_of, zone_of] * 100).astype(np.int16), placement=placement, state=state, nats=nats,
            read_us=read_us, p=p, sold=nothing, shown=nothing, stays=placement.vouches,
        )  # fmt: skip
        p += P_WEIGHT * (np.isfinite(heard[np.arange(TAGS), home]) - p)
        for said in clone.hear(scene, strong.of(scene)):
            if said.rows[0] in far[there]:
                found.setdefault(said.rows[0], now_s - float(laid[far == said.rows[0]][0]))
            elif now_s > WARM_ROUNDS:
                false.append(said.rows[0])
        if turn == LOOKS - 1:
            innocent += clone.innocent()
    return Copies([found.get(row, np.inf) for row in far.tolist()], false, innocent)


# --- the gate ------------------------------------------------------------------------------------------------------


def gates(size: Size) -> Figures:
    """Walked out, walked past at 2.5 m, lying near for ten minutes: by the customary rules, and by others."""
    heard = {passage: _passages(passage, size) for passage in Passage}
    figures: Figures = {"gate_passages_of_each": size.passages * len(size.seeds)}
    for passage, each in heard.items():
        figures[f"gate_{passage}_said_share"] = _said_share(each, CUSTOMARY)
    some = size.passages // 10
    for at, nats in enumerate(SHAPE_NATS):
        rules = GateRules(shape_nats=nats)
        figures[f"gate_roc_{at}_bar"] = nats
        figures[f"gate_roc_{at}_out_share"] = _said_share(heard[Passage.OUT][:: size.passages // some], rules)
        figures[f"gate_roc_{at}_past_share"] = _said_share(heard[Passage.PAST][:: size.passages // some], rules)
    return figures | _through_a_store(size)


Reads = tuple[NDArray[np.float64], NDArray[np.float64]]


def _passages(passage: Passage, size: Size) -> list[Reads]:
    rngs: Iterator[np.random.Generator] = (np.random.default_rng([seed, 7]) for seed in size.seeds)
    return [gate(rng, passage) for rng in rngs for _ in range(size.passages)]


def _said_share(heard: list[Reads], rules: GateRules) -> float:
    return float(np.mean([_passes(*one, rules) for one in heard]))


def _passes(at_s: NDArray[np.float64], rssi_dbm: NDArray[np.float64], rules: GateRules) -> bool:
    one, row, single = Gate(rules), np.zeros(1, np.int32), np.ones(1, np.uint16)
    return any(
        one.hear(int(at * 1e6), row, np.array([rssi * 100], np.int16), single)
        for at, rssi in zip(at_s.tolist(), rssi_dbm.tolist(), strict=True)
    )


class _Clock:
    """Time that the bench moves."""

    def __init__(self) -> None:
        self.now = US

    def mono_us(self) -> int:
        return self.now

    def wall_us(self) -> int:
        return self.now + 1_700_000_000_000_000


def _through_a_store(size: Size) -> Figures:
    """A whole store, its books in memory: every other piece is sold by its token, and each is carried out alone."""
    pieces = 2 * size.books_passages
    rng, clock = np.random.default_rng([size.seeds[0], 8]), _Clock()
    with tempfile.TemporaryDirectory() as folder:
        store = _store(Path(folder), pieces, clock)
        for number in range(pieces):
            clock.now += 70 * US
            at_s, rssi_dbm = gate(rng, Passage.OUT)
            for at, rssi in zip(at_s.tolist(), rssi_dbm.tolist(), strict=True):
                store.pipeline.deliver(_batch(clock.now + int(at * US), number, rssi))
                store.tick(clock.now + int(at * US), writing=True)
        told = [
            piece for row in store.books.db.rows("alarms_newest", AlarmRow, limit=10_000) for piece in pieces_of(row)
        ]
        store.books.close()
    return {
        "gate_sold_passages": size.books_passages,
        "gate_sold_alarms": sum(_is_sold(int(piece[1:])) for piece in told),
        "gate_unsold_alarms": sum(not _is_sold(int(piece[1:])) for piece in told),
    }


def _is_sold(number: int) -> bool:
    return number % 2 == 0


def _store(folder: Path, pieces: int, clock: _Clock) -> Store:
    config = EdgeConfig(
        store=StoreId("bench"), name="Bench", currency="EUR", data_dir=folder,
        readers=(ReaderConfig(id=DOOR, url="llrp://127.0.0.1:1", profile="generic-llrp", antennas={"1": EXIT}),),
        zones=(ZoneConfig(id=EXIT, name="Exit", kind=ZoneKind.EXIT),),
    )  # fmt: skip
    books = Books.open(None, store=config.store, instance="bench")
    with books.transaction() as tx:
        tx.db.run("node_joined", term=(1 << 32) | 1, epoch="e1", cloud_epoch=1, instance="bench")
        tx.new_log(config.store, Epoch("e1"))
        for number in range(pieces):
            state = TokenState.SOLD if _is_sold(number) else TokenState.HERE
            tx.db.run_struct("token_set", Token(piece=PieceId(f"p{number}"), ce=1, state=state))
    store = Store(config, books, clock, random.Random(1))
    rows = tuple(FeedRow(rev=1 + at, scope="*", key=f"piece:p{at}", body=_card(at)) for at in range(pieces))
    store.take_feed(FeedPage(rows=rows, upto=pieces, more=False))
    return store


def _card(number: int) -> PieceCard:
    return PieceCard(
        piece=PieceId(f"p{number}"), sku=f"R-{number}", title=f"Ring {number}", category="ring", metal="gold",
        fineness=750, weight_mg=3200, stones="", price_minor=120_000, currency="EUR", tax_bp=2000,
        epc=_epc(number).hex().upper(), home_zone=EXIT,
    )  # fmt: skip


def _epc(number: int) -> bytes:
    return bytes.fromhex("E280AA") + number.to_bytes(9, "big")


def _batch(arrived_us: int, number: int, rssi_dbm: float) -> ReadBatch:
    one = np.ones(1, np.uint16)
    return ReadBatch.of(
        reader=DOOR, arrived_us=arrived_us, epc=np.frombuffer(_epc(number), np.uint8).reshape(1, 12).copy(),
        epc_bits=np.full(1, 96, np.uint16), antenna=one, rssi_cdbm=np.array([rssi_dbm * 100], np.int16),
        phase=np.full(1, PHASE_ABSENT, np.uint16), channel=np.zeros(1, np.uint16), seen_count=one,
        first_seen_us=np.zeros(1, np.uint64), last_seen_us=np.zeros(1, np.uint64), rospec_id=np.ones(1, np.uint32),
    )  # fmt: skip
