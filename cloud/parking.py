"""Rows we cannot understand yet: stored and covered by `upto`, but parked with every later row of the same keys."""

import hashlib
import re
from collections.abc import Callable, Container, Iterable
from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from cloud.logs import Name, Numbered
from cloud.tables import case_file, parked, parked_key
from cloud.work import Heard, Work
from contract.entries import Entry, decode_entry, decode_header, keys_of
from contract.facts import Stream
from contract.ids import HOUSE, Epoch, StoreId

KEY_MAX: Final = 400
"""Longer than any honest name; an index of PostgreSQL takes no key above 2,704 bytes."""
SHARED_KEYS: Final = ("piece:", "sale:", "person:", "order:")
"""These name the same thing in every store; a till's name is its store's own."""


_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000").search
"""A NUL in a text of a JSON body, and not a backslash before the word u0000."""

Decode = Callable[[bytes], Entry]
"""Gives the entry, or raises `msgspec.DecodeError` for one of a newer contract."""


class Read(NamedTuple):
    """What could be read of a row: its keys, and the entry unless `why` says what is the matter."""

    keys: frozenset[str]
    entry: Entry | None
    why: str


def read_row(store: StoreId, stream: Stream, seq: int, body: bytes, decode: Decode = decode_entry) -> Read:
    """Never raises: damage and news of a newer contract are reasons to park."""
    try:
        entry = decode(body)
    except msgspec.DecodeError as error:
        return Read(_header_keys(store, body), None, f"not understood: {error}")
    keys = frozenset(scoped(store, entry.keys or keys_of(entry.facts)))
    if _NUL(body):
        return Read(keys, None, "a text in it contains the character NUL, which no database keeps")
    if (entry.stream, entry.seq) != (stream, seq):
        return Read(keys, None, f"row says {entry.stream} {entry.seq}, but came as {stream} {seq}")
    return Read(keys, entry, "")


def _header_keys(store: StoreId, body: bytes) -> frozenset[str]:
    try:
        return frozenset(scoped(store, decode_header(body).keys))
    except msgspec.DecodeError:
        return frozenset()


def scoped(store: StoreId, keys: Iterable[str]) -> list[str]:
    return [_kept(key if key.startswith(SHARED_KEYS) else f"{store}/{key}") for key in keys]


def _kept(key: str) -> str:
    """The key as a database can keep it: one of another shape than any honest name goes by its digest."""
    if len(key) <= KEY_MAX and "\0" not in key:
        return key
    return f"{key.partition(':')[0][:KEY_MAX]}:sha256:{hashlib.sha256(key.encode()).hexdigest()}".replace("\0", "")


def taken_keys(work: Work, keys: Iterable[str]) -> set[str]:
    """Those of these keys that a parked row holds."""
    if work.nothing_parked is None:
        work.nothing_parked = work.tx.value(sa.select(parked_key.c.n).limit(1)) is None
    if work.nothing_parked:
        return set()
    asked, taken = sorted(set(keys)), set[str]()
    for at in range(0, len(asked), 500):
        query = sa.select(parked_key.c.key).where(parked_key.c.key.in_(asked[at : at + 500]))
        taken.update(row["key"] for row in work.tx.rows(query.distinct()))
    return taken


def park(work: Work, log: Name, row: Numbered, keys: frozenset[str], why: str, *, late: bool = False) -> None:
    """Keep the row, and make later rows of the same things wait behind it."""
    kept = {**log._asdict(), **row._asdict(), "why": why, "late": int(late), "parked_us": work.now_us}
    work.nothing_parked = False
    if not work.tx.add_new(parked, kept):
        return
    n = work.tx.value(sa.select(sa.func.max(parked.c.n)).where(log.mine(parked)))
    work.tx.put(parked_key, *({"key": key, "n": n} for key in sorted(keys)))


STUCK: Final = "row not applied"


def open_case(work: Work, log: Name, seq: int, why: str) -> None:
    """A row that is well formed and cannot be true for us is a matter for a person, not for an upgrade."""
    place = f"{log.epoch}/{log.stream}/{seq}"
    sentence = f"Row {seq} of {log.store} ({log.stream}) is kept but could not be applied: {why}"
    work.open_case(STUCK, sentence, store=log.store, ref=place)


def _close_case(work: Work, store: StoreId, place: str) -> None:
    mine = (case_file.c.kind == STUCK, case_file.c.store == store, case_file.c.ref == place)
    closing = sa.update(case_file).where(*mine, case_file.c.closed_us.is_(None))
    work.tx.run(closing.values(closed_us=work.now_us, closed_by=HOUSE, outcome="the row was applied"))


Apply = Callable[[Heard, Entry], None]
Place = tuple[StoreId, Epoch, Stream, int]


def resume(work: Work, apply: Apply, *, decode: Decode = decode_entry, skip: Container[Place] = ()) -> int:
    """After an upgrade: apply parked rows in order, as far as they are understood now; returns how many.

    `skip` are rows that were tried and could not be applied; they go on waiting, and so do those behind them.
    """
    waiting = work.tx.rows(sa.select(parked).where(parked.c.applied_us.is_(None)).order_by(parked.c.n))
    blocked: set[str] = set()
    done = 0
    for row in waiting:
        store, epoch, stream, seq = StoreId(row["store"]), Epoch(row["epoch"]), Stream(row["stream"]), int(row["seq"])
        read = read_row(store, stream, seq, bytes(row["body"]), decode)
        if read.entry is None or (store, epoch, stream, seq) in skip or read.keys & blocked:
            blocked |= read.keys
            continue
        work.tx.run(sa.delete(parked_key).where(parked_key.c.n == row["n"]))
        work.tx.run(sa.update(parked).where(parked.c.n == row["n"]).values(applied_us=work.now_us))
        apply(heard_as(store, epoch, stream, seq, read.entry, late=bool(row["late"])), read.entry)
        _close_case(work, store, f"{epoch}/{stream}/{seq}")
        done += 1
    return done


def heard_as(
    store: StoreId, epoch: Epoch, stream: Stream, seq: int, entry: Entry, *, late: bool = False, again: bool = False
) -> Heard:
    """Where the facts of an entry came from."""
    return Heard(
        store=store, epoch=epoch, stream=stream, seq=seq, at_us=entry.at_us, by=entry.by, why=entry.why, late=late,
        again=again,
    )  # fmt: skip
