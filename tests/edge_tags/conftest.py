"""A pad with simulated tags, the books of a real store, and power that fails where a test wants it."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from house_templates import lay_books

from contract.feed import FeedPage, FeedRow, PieceCard, Role, StaffCard
from contract.ids import Epoch, UserId
from edge import commissioning
from edge.books import replica
from edge.books.journal import Books
from edge.config import EdgeConfig, ReaderConfig, TagScheme, TagsConfig, ZoneConfig, ZoneKind
from edge.readers.access import Access, Bank, Lock, Lockable, LockState, ReadMemory
from edge.readers.base import TagError, TagLockedError, UnreachableError
from edge.store import Store
from edge.tags.commission import Bind, Commission, Keep
from edge.tags.key import access_password
from edge.tags.table import State
from simulator import gen2
from trade.custody import Token, TokenState

KEY = bytes(range(32))
STEP_US = 50_000
FIELDS = {
    Lockable.KILL_PASSWORD: gen2.Field.KILL,
    Lockable.ACCESS_PASSWORD: gen2.Field.ACCESS,
    Lockable.EPC: gen2.Field.EPC,
    Lockable.TID: gen2.Field.TID,
    Lockable.USER: gen2.Field.USER,
}
SCHEME = TagsConfig(scheme=TagScheme.SGTIN_96, company="4012345", item="012345")


def a_tag(number: int, epc: bytes = b"") -> gen2.Tag:
    """As it comes from the factory: every EPC of the reel the same, every TID its own."""
    return gen2.Tag(epc or bytes.fromhex("E20000000000000000000000"), bytes.fromhex(f"E28011606000{number:012X}"))


@dataclass
class HandClock:
    now: int = 10_000_000

    def mono_us(self) -> int:
        return self.now

    def wall_us(self) -> int:
        return 1_700_000_000_000_000 + self.now


class PadOfTags:
    """A reader with one antenna. `cut_at` is the number of words after which the tag, or the reader, loses its power."""

    def __init__(self, *tags: gen2.Tag, seed: int = 1) -> None:
        self.tags = list(tags)
        self.up_from_us = 0
        self.chance = random.Random(seed)
        self.weak: set[int] = set()
        self.tells_locked = True
        self.accesses = 0
        self.fail_next: list[str] = []

    def up(self, now_us: int) -> bool:
        return now_us >= self.up_from_us

    def reads(self, now_us: int) -> list[tuple[bytes, int]]:
        if not self.up(now_us):
            return []
        return [(tag.epc, 1) for at, tag in enumerate(self.tags) if at not in self.weak or self.chance.random() < 0.2]

    def do(self, access: Access, now_us: int) -> bytes:
        """One access. How it fails is told by `fail_next`: `before`, `after` (the answer is lost), `half`, `tag`, `lie`."""
        self.accesses += 1
        if not self.up(now_us):
            raise UnreachableError("the reader is away")
        how = self.fail_next.pop(0) if self.fail_next else ""
        if how == "before":
            raise self._cut(now_us)
        words = self.chance.randrange(1, 7) if how in ("half", "tag") else 1 if how == "lie" else 99
        power = iter([True] * words)
        try:
            answer = self._at_the_tag(access, lambda: next(power, False))
        except (gen2.TagError, gen2.SilentError) as error:
            if how == "half":
                raise self._cut(now_us) from error
            if how == "lie":
                return b""
            says = self.tells_locked and getattr(error, "code", None) is gen2.Code.LOCKED
            raise (TagLockedError if says else TagError)(str(error)) from error
        if how in ("after", "half"):
            raise self._cut(now_us)
        if how == "tag":
            raise TagError("the tag does not answer")
        return answer

    def _cut(self, now_us: int) -> UnreachableError:
        self.up_from_us = now_us + 3_000_000
        return UnreachableError("the reader lost its power")

    def _at_the_tag(self, access: Access, power: gen2.Power) -> bytes:
        bits = access.tag.bits
        matching = [tag for tag in self.tags if (tag.epc if access.tag.bank == Bank.EPC else tag.tid) == bits]
        if not matching:
            raise gen2.SilentError("no such tag in the field")
        tag = self.chance.choice(matching)
        secured = tag.access(access.password)
        if isinstance(access, ReadMemory):
            return tag.read(access.bank, access.at, access.words, secured=secured)
        if isinstance(access, Lock):
            mask = action = 0
            for what, how in access.locks.items():
                mask |= 3 << 8 - 2 * FIELDS[what]
                bits_of = {LockState.LOCKED: 2, LockState.UNLOCKED: 0, LockState.LOCKED_FOR_EVER: 3}[how]
                action |= bits_of << 8 - 2 * FIELDS[what]
            tag.lock(mask, action, secured=secured)
            return b""
        tag.write(access.bank, access.at, access.data, secured=secured, power=power)
        return b""


def a_card(number: int) -> PieceCard:
    return PieceCard(
        piece=f"p{number}", sku=f"R-{number}", title=f"Ring {number}", category="ring", metal="gold", fineness=750,
        weight_mg=3200, stones="", price_minor=120_000, currency="EUR", tax_bp=2000, epc="",
    )  # fmt: skip


@dataclass
class Bench:
    """A store that writes tags; `run` drives one commissioning to its end, as the writer does."""

    store: Store
    clock: HandClock
    key: bytes = KEY
    last: bytes = b""
    by: str = "max"
    ends: list[Commission] = field(default_factory=list)

    def begin(self, piece: str) -> Commission:
        return Commission(
            piece, password=lambda tid: access_password(self.key, tid), now_us=self.clock.now, last=self.last
        )

    def run(self, piece: str, pad: PadOfTags, *, steps: int | None = None, at=lambda _: None) -> Commission:
        """`steps`: so many acts, then the box loses its power. `at` is called before each act."""
        commission = self.begin(piece)
        for _ in range(20_000):
            if commission.over:
                break
            self.clock.now += STEP_US
            commission.read(pad.reads(self.clock.now), self.clock.now)
            commission.tick(self.clock.now, reading=pad.up(self.clock.now))
            asked = commission.take()
            if asked is None:
                continue
            if steps is not None and (steps := steps - 1) < 0:
                return commission
            at(commission)
            commission.told(self.do(asked, pad), self.clock.now)
        assert commission.over
        if commission.state is State.DONE:
            self.last = commission.epc
        return commission

    def do(self, asked, pad):
        if isinstance(asked, Keep):
            return commissioning.keep(self.store, asked)
        if isinstance(asked, Bind):
            return commissioning.bind(self.store, asked, self.by)
        try:
            return pad.do(asked, self.clock.now)
        except (TagError, UnreachableError) as error:
            return error

    def card(self, piece: str) -> PieceCard:
        return replica.piece(self.store.books.db, piece)

    def restart(self) -> None:
        """The box comes back: only its books are left."""
        self.store.reload()


def a_bench(
    path: Path | None, data_dir: Path, pieces: int = 3, tags: TagsConfig | None = SCHEME, term: int = 1
) -> Bench:
    config = EdgeConfig(
        store="paris", name="Paris", currency="EUR", data_dir=data_dir, tags=tags,
        zones=(ZoneConfig(id="pad", name="Pad", kind=ZoneKind.PAD),),
        readers=(ReaderConfig(id="r", url="llrp://127.0.0.1:1", profile="generic-llrp", antennas={"1": "pad"}),),
    )  # fmt: skip
    clock = HandClock()
    books = Books.open(path, store="paris", instance="box", image=lay_books(path))
    with books.transaction() as tx:
        tx.db.run("node_joined", term=(1 << 32) | term, epoch="e1", cloud_epoch=1, instance="box")
        tx.new_log("paris", Epoch("e1"))
        for number in range(1, pieces + 1):
            tx.db.run_struct("token_set", Token(piece=f"p{number}", ce=1, state=TokenState.HERE))
    store = Store(config, books, clock, random.Random(7))
    bench = Bench(store, clock)
    cards = [a_card(number) for number in range(1, pieces + 1)]
    staff = [StaffCard(user=UserId(user), name=user.title(), roles=(Role.MANAGER,)) for user in ("ana", "max")]
    told = {**{f"piece:{card.piece}": card for card in cards}, **{f"staff:{each.user}": each for each in staff}}
    rows = tuple(FeedRow(rev=at, scope="*", key=key, body=body) for at, (key, body) in enumerate(told.items(), 1))
    store.take_feed(FeedPage(rows=rows, upto=len(rows), more=False))
    return bench


@dataclass
class Tools:
    """What tests make things with (helper modules are not importable under importlib mode)."""

    tag: object = field(default=staticmethod(a_tag))
    pad: object = field(default=PadOfTags)
    bench: object = field(default=staticmethod(a_bench))
    card: object = field(default=staticmethod(a_card))
    scheme: TagsConfig = SCHEME
    key: bytes = KEY


@pytest.fixture
def make() -> Tools:
    return Tools()


@pytest.fixture
def bench(tmp_path) -> Bench:
    return a_bench(None, tmp_path)


@pytest.fixture
def password():
    return lambda tag: access_password(KEY, tag.tid)


@pytest.fixture
def replaced():
    return msgspec.structs.replace
