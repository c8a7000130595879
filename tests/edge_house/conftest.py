"""A small jeweller's for the house's tests: zones, readers, a clock that the test moves, reads made by hand."""

import random
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pytest
from house_templates import lay_books

from contract.facts import ReaderLink
from contract.feed import FeedPage, FeedRow, PieceCard, Role, StaffCard, StoreCard
from contract.ids import Epoch, PieceId, ReaderId, StoreId, TillId, UserId, ZoneId
from edge import app as edge_app
from edge import own_books
from edge.books.journal import Books
from edge.books.rows import Mode
from edge.config import EdgeConfig, ReaderConfig, ZoneConfig, ZoneKind
from edge.readers.base import PHASE_ABSENT, ReadBatch
from edge.readers.details import Details
from edge.readers.health import Health
from edge.store import Store
from edge.store.wakes import Wakes
from trade.custody import Token, TokenState

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient


class HandClock:
    """Time that moves when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def mono_us(self) -> int:
        return self.now

    def wall_us(self) -> int:
        return self.now + 1_700_000_000_000_000


HAND = ReaderId("hand")
CASE, OTHER = list(range(1, 9)), list(range(21, 25))
"""Pieces of the case, and of the second one where a store has it."""


@dataclass(slots=True)
class HandHealth(Health):
    """A reader's health as the test sets it: reading, unless it says otherwise."""

    reader: ReaderId = HAND
    link: ReaderLink = ReaderLink.READING
    why: str = ""
    model: str = "hand"
    firmware: str = "1"


def epc_of(number: int) -> bytes:
    return bytes.fromhex("E280AA") + number.to_bytes(9, "big")


def a_batch(
    reader: str,
    arrived_us: int,
    epcs: list[bytes],
    antenna: int | list[int] = 1,
    rssi: int = -5500,
    details: Details | None = None,
) -> ReadBatch:
    n = len(epcs)
    ports = [antenna] * n if isinstance(antenna, int) else antenna
    return ReadBatch.of(
        reader=ReaderId(reader),
        arrived_us=arrived_us,
        epc=np.frombuffer(b"".join(epcs), np.uint8).reshape(n, 12).copy(),
        epc_bits=np.full(n, 96, np.uint16),
        antenna=np.array(ports, np.uint16),
        rssi_cdbm=np.full(n, rssi, np.int16),
        phase=np.full(n, PHASE_ABSENT, np.uint16),
        channel=np.zeros(n, np.uint16),
        seen_count=np.ones(n, np.uint16),
        first_seen_us=np.zeros(n, np.uint64),
        last_seen_us=np.zeros(n, np.uint64),
        rospec_id=np.ones(n, np.uint32),
        details=details,
    )


def a_config(data_dir: Path) -> EdgeConfig:
    zones = (("safe", ZoneKind.SAFE), ("case", ZoneKind.CASE), ("pad", ZoneKind.PAD), ("exit", ZoneKind.EXIT))
    readers = (
        ("r-safe", {"1": "safe"}),
        ("r-case", {"1": "case", "2": "case"}),
        ("r-pad", {"1": "pad"}),
        ("r-exit", {"1": "exit"}),
    )
    return EdgeConfig(
        store=StoreId("paris"),
        name="Paris",
        currency="EUR",
        data_dir=data_dir,
        zones=tuple(ZoneConfig(id=ZoneId(name), name=name.title(), kind=kind) for name, kind in zones),
        readers=tuple(
            ReaderConfig(
                id=ReaderId(name),
                url="llrp://127.0.0.1:1",
                profile="generic-llrp",
                antennas={p: ZoneId(z) for p, z in ports.items()},
            )
            for name, ports in readers
        ),
        tills=(TillId("till-1"), TillId("till-2")),
    )


def a_card(number: int, *, zone: str = "case", tray: str = "", price_minor: int = 120_000) -> PieceCard:
    return PieceCard(
        piece=PieceId(f"p{number}"),
        sku=f"R-{number}",
        title=f"Ring {number}",
        category="ring",
        metal="gold",
        fineness=750,
        weight_mg=3200,
        stones="",
        price_minor=price_minor,
        currency="EUR",
        tax_bp=2000,
        epc=epc_of(number).hex().upper(),
        home_zone=zone,
        tray=tray,
    )


STAFF = (
    StaffCard(user=UserId("ana"), name="Ana", roles=(Role.ASSOCIATE,)),
    StaffCard(user=UserId("max"), name="Max", roles=(Role.MANAGER,)),
    StaffCard(user=UserId("lou"), name="Lou", roles=(Role.LOSS_PREVENTION,)),
)


def join(books: Books) -> None:
    """What a rejoin would have done: this box serves."""
    with books.transaction() as tx:
        tx.db.run("node_joined", term=1, epoch="e1", cloud_epoch=1, instance="box")
        tx.new_log(StoreId("paris"), Epoch("e1"))


def give(books: Books, *numbers: int, state: TokenState = TokenState.HERE, first_ce: int = 1) -> None:
    """Tokens, as grants of the cloud would have brought them."""
    with books.transaction() as tx:
        for number in numbers:
            tx.db.run_struct("token_set", Token(piece=PieceId(f"p{number}"), ce=first_ce, state=state))


class Shop:
    """A whole store without threads: time, readers and people are the test's."""

    def __init__(
        self, config: EdgeConfig, clock: HandClock, cards: list[PieceCard], *, path: Path | None = None
    ) -> None:
        self.config, self.clock = config, clock
        self.told: list[str] = []
        self.books = Books.open(path, store=config.store, instance="box", image=lay_books(path))
        if self.books.node().mode is not Mode.ACTIVE:
            join(self.books)
            give(self.books, *(int(card.piece[1:]) for card in cards))
        self.store = Store(config, self.books, clock, random.Random(7), Wakes(self.told.append, lambda: None))
        rows = [FeedRow(rev=n + 1, scope="*", key=f"piece:{card.piece}", body=card) for n, card in enumerate(cards)]
        rows += [
            FeedRow(rev=len(cards) + n + 1, scope="*", key=f"staff:{each.user}", body=each)
            for n, each in enumerate(STAFF)
        ]
        self.store.take_feed(FeedPage(rows=tuple(rows), upto=len(rows), more=False))
        self.health = {ReaderId(reader.id): HandHealth() for reader in config.readers}
        self.store.pipeline.health = self.health
        self.dead: set[str] = set()
        self.chance = np.random.default_rng(3)

    def read(
        self, reader: str, numbers: list[int], antenna: int = 1, rssi: int = -5500, details: Details | None = None
    ) -> None:
        """A reader reports these pieces now."""
        if reader not in self.dead and numbers:
            epcs = [epc_of(n) for n in numbers]
            self.store.pipeline.deliver(a_batch(reader, self.clock.now, epcs, antenna, rssi, details))

    def run(
        self, seconds: float, *, lying: dict[str, list[int]] | None = None, p: float = 0.9, a_second: int = 10
    ) -> None:
        """So many seconds of `a_second` ticks (few, to spare the machine); `lying`: which pieces each reader's zone holds, each read with chance p a second."""
        for turn in range(int(seconds * a_second)):
            self.clock.now += 1_000_000 // a_second
            for reader, health in self.health.items():
                if reader not in self.dead:
                    health.last_heard_us = self.clock.now
            if turn % a_second == a_second // 2:
                for reader, numbers in (lying or {}).items():
                    self.read(reader, [n for n in numbers if self.chance.random() < p])
            self.store.tick(self.clock.now, writing=True)

    def facts(self, kind: type | None = None) -> list:
        """Every fact of the journal, oldest first."""
        from contract.entries import decode_entry
        from contract.facts import Stream

        rows = [row for stream in Stream for row in self.books.journal(Epoch("e1"), stream, 1, 10_000)]
        facts = [fact for row in sorted(rows, key=lambda row: row.at_us) for fact in decode_entry(row.body).facts]
        return [fact for fact in facts if kind is None or isinstance(fact, kind)]


def two_cases(config: EdgeConfig, clock: HandClock, *, antennas: bool = False) -> Shop:
    """A store with a second case: under a reader of its own, or under the second antenna of the first one's."""
    zones = (*config.zones, msgspec.structs.replace(config.zones[1], id=ZoneId("case-2"), name="Case 2"))
    readers = list(config.readers)
    if antennas:
        at = next(at for at, each in enumerate(readers) if each.id == "r-case")
        readers[at] = msgspec.structs.replace(readers[at], antennas={**readers[at].antennas, "2": ZoneId("case-2")})
    else:
        url, two = "llrp://127.0.0.1:1", {"1": ZoneId("case-2")}
        readers.append(ReaderConfig(id=ReaderId("r-two"), url=url, profile="generic-llrp", antennas=two))
    config = msgspec.structs.replace(config, zones=zones, readers=tuple(readers))
    return Shop(config, clock, [a_card(n) for n in CASE] + [a_card(n, zone="case-2") for n in OTHER])


@pytest.fixture
def config(tmp_path: Path) -> EdgeConfig:
    return a_config(tmp_path)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@dataclass
class Tools:
    """What tests make things with (helper modules are not importable under importlib mode)."""

    batch: object = field(default=a_batch)
    epc: object = field(default=epc_of)
    health: object = field(default=HandHealth)
    config: object = field(default=a_config)
    clock: object = field(default=HandClock)
    card: object = field(default=a_card)
    shop: object = field(default=Shop)
    two_cases: object = field(default=two_cases)
    give: object = field(default=give)
    staff: tuple = STAFF


@pytest.fixture
def make() -> Tools:
    return Tools()


class Face:
    """A box whose house steps by itself at each act; requests go through the real app."""

    def __init__(self, config, clock, make):
        self.clock, self.make = clock, make
        config = msgspec.structs.replace(config, readers=())
        lay_books(config.data_dir / own_books.BOOKS_FILE)
        self.edge = edge_app.create(config, clock=clock)
        make.give(self.edge.store.books, *CASE)
        cards = [make.card(n) for n in CASE]
        rows = [FeedRow(rev=n + 1, scope="*", key=f"piece:{card.piece}", body=card) for n, card in enumerate(cards)]
        rows += [
            FeedRow(rev=100 + n, scope="*", key=f"staff:{each.user}", body=each) for n, each in enumerate(make.staff)
        ]
        rows.append(
            FeedRow(rev=150, scope="*", key="store:lyon", body=StoreCard(store="lyon", name="Lyon", currency="EUR"))
        )
        self.edge.store.take_feed(FeedPage(rows=tuple(rows), upto=200, more=False))
        self.edge.store.reload()
        self.config = config
        own_books.set_pin(config, "ana", "4711")
        self.client = TestClient(self.edge.api)
        self.bearers = {}

    def bearer(self, user):
        if user not in self.bearers:
            own_books.set_pin(self.config, user, "4711")
            answer = self.client.post("/api/v1/login", json={"user": user, "pin": "4711"})
            assert answer.status_code == 200, answer.text
            self.client.cookies.clear()
            self.bearers[user] = {"authorization": f"Bearer {answer.json()['token']}"}
        return self.bearers[user]

    def get(self, path, user="ana"):
        return self.client.get(f"/api/v1{path}", headers=self.bearer(user))

    def post(self, path, body=None, user="ana"):
        return self.client.post(f"/api/v1{path}", json=body or {}, headers=self.bearer(user))

    def scan(self, *numbers):
        return self.post("/scan", {"pieces": [f"p{n}" for n in numbers]})

    def open_cart(self, *numbers):
        assert self.post("/shifts", {"till": "till-1", "float_minor": 20_000}).status_code == 201
        sale = self.post("/sales", {"till": "till-1"}).json()["sale"]
        for number in numbers:
            added = self.post(f"/sales/{sale}/lines", {"piece": f"p{number}", "override": "held in the hand"})
            assert added.status_code == 201, added.text
        return sale


@pytest.fixture(scope="session")
def face_type() -> type[Face]:
    return Face


@pytest.fixture
def face(config, clock, make):
    face = Face(config, clock, make)
    yield face
    face.edge.shop.db.close()
    face.edge.store.books.close()
