"""The tills' side door: what a register remembers of this box's log comes in, what it is to remember goes out.

A page carries the news in itself; its script keeps them (static/witness.js), says all it knows at
`POST /api/v1/tills/{till}/testimony` whenever it has found the box again, and puts the newest head into a cookie, so
that no request of a register is served by a box that is behind that register. A store without a head office has no
witnesses: there would be nobody to give a stopped box its right back.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

import msgspec
from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints, model_validator

from contract.entries import HEAD_BYTES
from contract.facts import Stream
from contract.feed import Permission
from contract.ids import Epoch, TillId
from edge.api.bodies import Body, Id
from edge.api.shop import Shop, the_shop
from edge.books.rows import Mode
from edge.store import Store
from edge.sync import witness
from edge.sync.testimony import Heard, KeptLog, Testimony
from web.logins import Login
from web.policy import allow
from web.problems import ProblemError

ROWS_KEPT_MAX: Final = 2_000
"""Per log, in a till's memory; the script has the same number."""
CHARACTERS_MAX: Final = 4 << 20
LOGS_MAX: Final = 8
SEPARATOR: Final = "~"
COOKIE: Final = "vitrine-witness-"
"""Followed by the store: cookies do not know ports."""

router = APIRouter(prefix="/api/v1", tags=["tills"])
Seller = Annotated[Login, allow(Permission.SELL)]
TheShop = Annotated[Shop, the_shop()]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Row = Annotated[str, Field(max_length=CHARACTERS_MAX)]
Seal = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]
Seq = Annotated[int, Field(ge=0, lt=1 << 53)]


class LogBody(Body):
    """One log as the till knows it; `rows` are entries word for word, the last one is number `seq`."""

    epoch: Id
    stream: Literal["trade", "floor"] = "trade"
    term: Seq
    seq: Seq
    head: Hash
    seal: Seal = ""
    before: Hash
    rows: Annotated[list[Row], Field(max_length=ROWS_KEPT_MAX, default_factory=list)]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if len(self.rows) > self.seq:
            raise ValueError(f"{len(self.rows)} rows cannot end with number {self.seq}")
        return self


class TestimonyBody(Body):
    logs: Annotated[list[LogBody], Field(max_length=LOGS_MAX, default_factory=list)]

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        if sum(len(row) for log in self.logs for row in log.rows) > CHARACTERS_MAX:
            raise ValueError(f"more than {CHARACTERS_MAX} characters: say one log at a time")
        return self


@dataclass(frozen=True, slots=True)
class SettledView:
    """Up to here the till need not keep that log; `over`: it may forget it."""

    epoch: str
    stream: str
    upto: int
    over: bool


@dataclass(frozen=True, slots=True)
class NewsView:
    """The next rows a till is to keep; see `edge/sync/witness.py`."""

    store: str
    till: str
    term: int
    epoch: str
    upto: int
    safe: int
    first_seq: int
    before: str
    rows: tuple[str, ...]
    heads: tuple[str, ...]
    seq: int
    head: str
    seal: str
    more: bool


@dataclass(frozen=True, slots=True)
class TestimonyView:
    """`why`: the words in which this box has stopped, empty while all is well. `news` then is None.

    `logs_unsealed` were not heard: nothing shows that a box of this store gave them out.
    """

    why: str
    rows_kept: int
    rows_damaged: int
    logs_unsealed: int
    settled: tuple[SettledView, ...]
    news: NewsView | None


@dataclass(frozen=True, slots=True)
class WitnessView:
    """What a register's page carries: the news as JSON, and how many sales only this store has."""

    store: str
    till: str
    news: str
    sales_unsent: int


@router.post("/tills/{till}/testimony")
async def testify(till: str, body: TestimonyBody, who: Seller, shop: TheShop) -> TestimonyView:
    """A till says what it remembers. A box that is behind it stops selling at once, and says so."""
    del who
    if till not in shop.config.tills:
        raise ProblemError(404, "till", f"This store has no till {till!r}", "Open /register?till= with one it has.")
    if shop.config.uplink is None:
        raise ProblemError(409, "no-office", "This store has no head office", "Its tills need not remember anything.")
    said = Testimony(till=TillId(till), logs=tuple(_log(log) for log in body.logs))
    heard = await _hear(shop, said)
    news = None if heard.why else witness.news(shop.db, said.till, said.logs)
    return TestimonyView(
        why=heard.why,
        rows_kept=heard.rows_kept,
        rows_damaged=heard.rows_damaged,
        logs_unsealed=heard.logs_unsealed,
        settled=tuple(SettledView(str(log.epoch), str(log.stream), log.upto, log.over) for log in heard.settled),
        news=None if news is None else NewsView(**msgspec.structs.asdict(news)),
    )


async def as_witness(request: Request, who: Seller, shop: TheShop) -> None:
    """Before anything is done at a register: what its cookie remembers, against this disk."""
    del who
    said = _cookie(request, shop)
    if said is not None and shop.store.mode is Mode.ACTIVE and witness.behind(shop.db, said):
        await _hear(shop, said)


def view(request: Request, shop: Shop, till: TillId) -> WitnessView | None:
    """For a page of this till: the rows it lacks. None where there is no head office."""
    if shop.config.uplink is None:
        return None
    said = _cookie(request, shop)
    news = witness.news(shop.db, till, said.logs if said else ())
    text = "" if news is None else msgspec.json.encode(news).decode()
    return WitnessView(store=shop.config.store, till=till, news=text, sales_unsent=witness.sales_unsent(shop.db))


async def _hear(shop: Shop, said: Testimony) -> Heard:
    return await shop.on_house(lambda: _on_house(shop.store, said))


def _on_house(store: Store, said: Testimony) -> Heard:
    heard = witness.hear(store.books, said)
    store.till_logs_unsealed_total += heard.logs_unsealed
    if heard.rows_kept or (heard.why and store.mode is Mode.ACTIVE):
        store.mode = store.books.node().mode
        store.wakes.tell("store")
    return heard


def _cookie(request: Request, shop: Shop) -> Testimony | None:
    """`term~epoch~seq~head~seal`, as the page's script wrote it; None for anything else."""
    parts = request.cookies.get(f"{COOKIE}{shop.config.store}", "").split(SEPARATOR)
    if shop.config.uplink is None or len(parts) != 5:
        return None
    term, epoch, seq, head, seal = parts
    try:
        log = KeptLog(
            epoch=Epoch(epoch), stream=Stream.TRADE, term=int(term), seq=int(seq), head=bytes.fromhex(head), seal=seal
        )
    except ValueError:
        return None
    sound = 0 <= log.seq < 1 << 53 and 0 <= log.term < 1 << 53 and len(log.head) == HEAD_BYTES
    return Testimony(till=TillId("this till"), logs=(log,)) if sound else None


def _log(body: LogBody) -> KeptLog:
    return KeptLog(
        epoch=Epoch(body.epoch),
        stream=Stream(body.stream),
        term=body.term,
        seq=body.seq,
        head=bytes.fromhex(body.head),
        seal=body.seal,
        before=bytes.fromhex(body.before),
        rows=tuple(row.encode() for row in body.rows),
    )
