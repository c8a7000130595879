"""An office on SQLite and on PostgreSQL, and a store's box made of the contract alone, for tests of the cloud."""

import asyncio
import importlib.util
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from house_templates import empty_office

from cloud.db import Office
from cloud.ingest import Ingest
from cloud.pos.pieces.desk import bring_in
from cloud.pos.stores.desk import open_store
from cloud.rejoin import Rejoins
from cloud.tables import custody, metadata
from cloud.work import begin
from contract.commands import CustodyState, NumberedCommand, decode_command
from contract.entries import Entry, encode_entry, first_head, keys_of, leaf_hash, next_head
from contract.facts import AnyFact, LineKind, SaleLine, SaleRecorded, Stream, Tender, TenderKind
from contract.feed import PieceCard, StoreCard
from contract.ids import LineId, PieceId, SaleId, StoreId, UserId
from contract.messages import Down, JournalRows, Rejoin, Snapshot, Standing, Up
from trade.guards import ALL, Guards

_names = itertools.count(1)
for _name in ("money", "owing", "ways"):
    _spec = importlib.util.spec_from_file_location(f"house_{_name}", Path(__file__).with_name(f"{_name}.py"))
    sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules[_spec.name])


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    """An empty office on each engine."""
    if request.param == "sqlite":
        opened = empty_office()
        yield opened
        opened.close()
        return
    request.getfixturevalue("empty_postgres")
    yield request.getfixturevalue("postgres_office")


@pytest.fixture
def ingest(office: Office) -> Ingest:
    return Ingest(office)


def card(piece: str, *, price_minor: int = 120_000, **changes: object) -> PieceCard:
    values = {
        "piece": PieceId(piece), "sku": f"SKU-{piece}", "title": f"Ring {piece}", "category": "ring", "metal": "gold",
        "fineness": 750, "weight_mg": 4_200, "stones": "diamond 0.3 ct", "price_minor": price_minor, "currency": "EUR",
        "tax_bp": 2_000, "epc": f"{int.from_bytes(piece.encode()[-6:]):024X}",
    }  # fmt: skip
    return PieceCard(**{**values, **changes})


class FakeBox:
    """A store's box as the contract sees it: it writes entries, chains them and sends them. It decides nothing."""

    def __init__(self, office: Office, store: str, *, guards: Guards = ALL, instance: str = "") -> None:
        self.office, self.store, self.guards = office, StoreId(store), guards
        self.instance = instance or f"machine-{store}"
        self.ingest = Ingest(office, guards)
        self.rejoins = Rejoins(office, guards=guards)
        self.term = self.cloud_epoch = self.down_upto = 0
        self.epoch = self.seal = ""
        self.boot, self.messages = "boot-1", 0
        self.rows: dict[Stream, list[bytes]] = {Stream.TRADE: [], Stream.FLOOR: []}
        self.ce: dict[str, int] = {}
        self.now_us = 1_000_000

    def tick(self) -> int:
        self.now_us += 1_000
        return self.now_us

    def join(self, nonce: str = "") -> Snapshot:
        asked = self.plea(nonce)
        answer = self.rejoins.hear(asked, self.tick(), new_epoch=lambda: f"epoch-{next(_names)}")
        assert isinstance(answer, Snapshot), answer
        self.adopt(answer)
        return answer

    def plea(self, nonce: str = "") -> Rejoin:
        return Rejoin(
            store=self.store, instance=self.instance, nonce=nonce or f"nonce-{next(_names)}", term=self.term,
            cloud_epoch=self.cloud_epoch,
        )  # fmt: skip

    def adopt(self, snapshot: Snapshot) -> None:
        self.term, self.epoch, self.cloud_epoch = snapshot.term, snapshot.epoch, snapshot.cloud_epoch
        self.down_upto, self.seal = 0, snapshot.seal
        self.rows = {Stream.TRADE: [], Stream.FLOOR: []}
        self.ce = {row.piece: row.ce for row in snapshot.custody}

    def write(self, *facts: AnyFact, stream: Stream = Stream.TRADE, by: str = "ana") -> bytes:
        seq = len(self.rows[stream]) + 1
        entry = Entry(
            stream=stream, seq=seq, at_us=self.tick(), by=UserId(by), why="test", facts=facts, keys=keys_of(facts)
        )
        body = encode_entry(entry)
        self.rows[stream].append(body)
        return body

    def head(self, seq: int, stream: Stream = Stream.TRADE) -> str:
        head = first_head(self.store, self.epoch, stream)
        for body in self.rows[stream][:seq]:
            head = next_head(head, leaf_hash(body))
        return head.hex()

    def message(self, first: int = 1, last: int | None = None, stream: Stream = Stream.TRADE, **changes: object) -> Up:
        rows = self.rows[stream]
        last = len(rows) if last is None else last
        self.messages += 1
        up = Up(
            store=self.store, instance=self.instance, term=self.term, epoch=self.epoch, stream=stream, first_seq=first,
            rows=tuple(msgspec.Raw(body) for body in rows[first - 1 : last]), head=self.head(last, stream),
            last_seq=len(rows), cloud_epoch=self.cloud_epoch, down_upto=self.down_upto, boot=self.boot,
            message=self.messages, seal=self.seal,
        )  # fmt: skip
        return msgspec.structs.replace(up, **changes)

    def send(self, first: int = 1, last: int | None = None, stream: Stream = Stream.TRADE, **changes: object) -> Down:
        (down,) = self.ingest.hear(self.message(first, last, stream, **changes), self.tick())
        return down

    def obey(self, down: Down) -> list[NumberedCommand]:
        """Take the decisions of an answer, in order."""
        assert down.standing is Standing.OK
        numbered = [decode_command(bytes(raw)) for raw in down.commands]
        assert [each.seq for each in numbered] == list(range(down.first_seq, down.first_seq + len(numbered)))
        for each, seal in zip(numbered, down.seals, strict=True):
            self.down_upto, self.seal = each.seq, seal
            if hasattr(each.command, "ce"):
                self.ce[each.command.piece] = each.command.ce
        return numbered

    def hand_over(self, first: int = 1, stream: Stream = Stream.TRADE, *, epoch: str = "", rows: object = None) -> None:
        bodies = self.rows[stream] if rows is None else rows
        given = JournalRows(
            store=self.store, epoch=epoch or self.epoch, stream=stream, first_seq=first,
            rows=tuple(msgspec.Raw(body) for body in bodies[first - 1 :]),
        )  # fmt: skip
        return self.ingest.take(given, self.tick())


def sale(box: FakeBox, name: str, *pieces: str, price_minor: int = 120_000, receipt: int = 1) -> SaleRecorded:
    tax = price_minor - round(price_minor / 1.2)
    lines = tuple(
        SaleLine(
            line=LineId(f"{name}-{n}"), kind=LineKind.PIECE, description=f"Ring {piece}", list_price_minor=price_minor,
            gross_minor=price_minor, tax_bp=2_000, tax_minor=tax, piece=PieceId(piece), ce=box.ce.get(piece, 0),
        )
        for n, piece in enumerate(pieces, 1)
    )  # fmt: skip
    total = price_minor * len(pieces)
    return SaleRecorded(
        sale=SaleId(name), till="till-1", shift="shift-1", receipt_number=receipt, business_day="2026-11-22",
        associate=UserId("ana"), currency="EUR", lines=lines, total_minor=total, tax_minor=tax * len(pieces),
        tenders=(Tender(kind=TenderKind.CARD, amount_minor=total),),
    )  # fmt: skip


class House:
    """An office with stores, boxes and pieces."""

    def __init__(self, office: Office, guards: Guards = ALL) -> None:
        self.office, self.guards = office, guards
        self.boxes: dict[str, FakeBox] = {}

    def store(self, name: str, *pieces: str, state: CustodyState = CustodyState.HERE, join: bool = True) -> FakeBox:
        with self.office.transaction() as tx:
            work = begin(tx, self.guards, 1)
            open_store(work, StoreCard(store=StoreId(name), name=name.title(), currency="EUR"))
            result = bring_in(work, [card(piece) for piece in pieces], StoreId(name), state=state)
            assert result.errors == []
        box = self.boxes[name] = FakeBox(self.office, name, guards=self.guards)
        if join:
            box.join()
        return box

    def token(self, piece: str) -> tuple[str, str, str]:
        """(holder, state, sale); an empty holder is the office."""
        with self.office.reading() as tx:
            row = tx.row(sa.select(custody).where(custody.c.piece == piece))
        assert row is not None
        return row["holder"], row["state"], row["sale"]

    card = staticmethod(card)
    sale = staticmethod(sale)

    def without(self, **guards: bool) -> "House":
        """The same house with guards removed: for controls."""
        self.guards = msgspec.structs.replace(self.guards, **guards)
        for box in self.boxes.values():
            box.guards, box.ingest.guards, box.rejoins.guards = self.guards, self.guards, self.guards
        return self

    def rows(self, query: sa.Select) -> list[dict]:
        with self.office.reading() as tx:
            return [dict(row) for row in tx.rows(query)]


@pytest.fixture
def house(office: Office) -> House:
    return House(office)


class Browser:
    """Speaks HTTP to an ASGI app in this process, one request at a time."""

    def __init__(self, app: object) -> None:
        self._app = app

    def get(self, path: str, **given: object) -> httpx.Response:
        return self.ask("GET", path, **given)

    def post(self, path: str, **given: object) -> httpx.Response:
        return self.ask("POST", path, **given)

    def put(self, path: str, **given: object) -> httpx.Response:
        return self.ask("PUT", path, **given)

    def ask(self, method: str, path: str, **given: object) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, **given)

        return asyncio.run(once())


@pytest.fixture(scope="session")
def browse() -> type[Browser]:
    return Browser


@pytest.fixture(scope="session")
def texts_of() -> Callable[[Office], bytes]:
    def texts(office: Office) -> bytes:
        """Every value of every table, as text and as bytes."""
        with office.reading() as tx:
            return b"\n".join(
                bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                for table in metadata.sorted_tables
                for row in tx.rows(sa.select(table))
                for value in row.values()
            )

    return texts


@pytest.fixture(scope="session")
def house_type() -> type[House]:
    return House


@pytest.fixture(scope="session")
def box_type() -> type[FakeBox]:
    return FakeBox
