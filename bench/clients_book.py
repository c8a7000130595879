"""The client book of a large house: profiles opened and clients searched among a million, on SQLite and PostgreSQL.

People are made of Faker's names of three countries, as often as it gives them, each sealed with a key of their own, as
the office keeps them. The time of an answer is the best of three, since others work on this machine too; p99 is over
the answers. What is asked: beginnings of names, both names, whole names misspelt in one letter, e-mail
addresses, phone numbers, and names that nobody has.
"""

import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, cast

import sqlalchemy as sa

from bench.figures import Figures
from cloud import schema
from cloud.db import Office, Tx
from cloud.people import Keyring, PersonKey, WordKey
from cloud.pos.clients import desk, profile, queries, seeking
from cloud.pos.clients.profile import Milestone, Note, Pin, Profile
from cloud.sealing import KEY_BYTES, passing
from cloud.tables import client, client_consent, client_visit, person_key, person_word, sale, sale_line
from cloud.work import begin
from contract.ids import PersonId, UserId
from contract.names import of_person
from trade.guards import ALL

LOCALES: Final = ("fr_FR", "de_DE", "en_GB")
NAMES: Final = 20_000
"""Drawn from Faker for each country once; people are drawn from them."""
ASKED: Final = 300
REPEATS: Final = 3
PAGE: Final = 5_000
POOLED_PAGES_MIN: Final = 3
TOLD_EVERY_S: Final = 5.0
SALES_EVERY: Final = 20
BY: Final = UserId("bench")
NOW_US: Final = 1_764_400_000_000_000


def person(at: int) -> PersonId:
    return PersonId(f"01990000-0000-7000-8{at % 4096:03x}-{at * 2_654_435_761 % (1 << 48):012x}")


class People:
    """`profile(at)` is the same person for ever."""

    def __init__(self, seed: int) -> None:
        from faker import Faker  # noqa: PLC0415  only those who test have it

        self._names: list[list[tuple[str, str]]] = []
        for locale in LOCALES:
            maker = Faker(locale)
            maker.seed_instance(seed)
            self._names.append([(maker.first_name(), maker.last_name()) for _ in range(NAMES)])

    def profile(self, at: int) -> Profile:
        rng = random.Random(at)
        names = self._names[at % len(LOCALES)]
        given, family = rng.choice(names)[0], rng.choice(names)[1]
        number = f"+33{600_000_000 + at}"
        return Profile(
            given_name=given, family_name=family, language=LOCALES[at % 3][:2], phones=(number,),
            emails=(f"{given}.{family}.{at}@example.com".replace(" ", "").lower(),),
            address=f"{rng.randrange(1, 200)} Musterallee\n{rng.randrange(10_000, 99_999)} Beispielstadt",
            pins=(Pin(about=profile.Likes.STONE, text="Sapphires", by=BY, at_us=NOW_US),),
            notes=tuple(Note(note=f"n{n}", text="Comes on Saturdays", by=BY, at_us=NOW_US) for n in range(3)),
            milestones=(Milestone(milestone="m", kind=profile.Day.BIRTHDAY, day="1984-05-17"),),
        )  # fmt: skip


def asked(people: People, count: int, rng: random.Random) -> Iterator[str]:
    """What people type."""
    forms: tuple[Callable[[Profile], str], ...] = (
        lambda one: one.given_name[:3],
        lambda one: one.family_name[:5],
        lambda one: f"{one.given_name} {one.family_name}",
        lambda one: f"{one.given_name[:3]} {one.family_name[:3]}",
        lambda one: f"{one.family_name} {one.given_name[:4]}",
        lambda one: f"{one.given_name[:4]}x{one.given_name[5:]} {one.family_name}",
        lambda one: one.emails[0],
        lambda one: one.phones[0],
        lambda one: f"0{one.phones[0][3:]}",
        lambda _: f"nobody{rng.randrange(10**6)} qqq",
    )
    for at in range(ASKED):
        yield forms[at % len(forms)](people.profile(rng.randrange(count)))


def made(office: Office, people: People, count: int) -> Keyring:
    """A book of so many, written in the order of its indexes: a million inserts elsewhere would take an hour. People
    are sealed by every core, as the office seals them, and written many rows at a time.
    """
    ring = Keyring(passing(), os.urandom)
    with office.transaction() as tx:
        house = ring.words_made(tx)
    engine = office.engine.dialect.name
    keyed: list[tuple[Any, ...]] = []
    tell = Progress(f"{engine}: people sealed and written", count)
    maker = Maker(people, ring, house)
    for rows in maker.pages(count):
        keyed += rows.pop(person_word)
        with office.transaction() as tx:
            for table, some in rows.items():
                _write(tx, table, some)
        tell.done(len(rows[client]))
    tell.end()
    _say(f"{engine}: {len(keyed):,} words sorted")
    keyed.sort()
    (by_person,) = (
        person_word.indexes
    )  # built at the end: a million times two dozen inserts elsewhere in it take an hour
    with office.transaction() as tx:
        by_person.drop(tx.connection)
    tell = Progress(f"{engine}: words written", len(keyed))
    for first in range(0, len(keyed), 10 * PAGE):
        some = keyed[first : first + 10 * PAGE]
        with office.transaction() as tx:
            _write(tx, person_word, some)
        tell.done(len(some))
    tell.end()
    _say(f"{engine}: words indexed by their person")
    with office.transaction() as tx:
        by_person.create(tx.connection)
    if engine == "postgresql":
        _say(f"{engine}: analysed")
        with office.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
    return ring


Rows = dict[sa.Table, list[tuple[Any, ...]]]
COLUMNS: Final[dict[sa.Table, tuple[str, ...]]] = {
    client: ("person", "store", "owner", "sealed", "made_us", "changed_us"),
    person_key: ("person", "wrapped", "key_id", "made_us"),
    client_consent: ("person", "channel", "given", "said_us", "proof", "text_version"),
    client_visit: ("visit", "person", "at_us", "sealed"),
    sale: ("store", "sale", "client", "currency", "total_minor", "recorded_us"),
    sale_line: ("store", "sale", "line", "description"),
    person_word: ("word", "person"),
}
"""Of each table what is written, in this order; the rest is as the table begins it."""


class Maker:
    """People as rows. `pages` makes them on every core, where there are enough to be worth it."""

    def __init__(self, people: People, ring: Keyring, house: WordKey) -> None:
        self._people, self._ring, self._house = people, ring, house

    def pages(self, count: int) -> Iterator[Rows]:
        """In their order."""
        pages = [(first, min(first + PAGE, count)) for first in range(0, count, PAGE)]
        if len(pages) < POOLED_PAGES_MIN:
            yield from (self.page(page) for page in pages)
            return
        # forked: keys are not to be pickled, and whoever makes rows touches no connection
        with multiprocessing.get_context("fork").Pool(os.cpu_count(), _makers.append, (self,)) as pool:
            for rows in pool.imap(_page, pages):
                yield dict(zip(COLUMNS, rows, strict=True))

    def page(self, page: tuple[int, int]) -> Rows:
        rows: Rows = {table: [] for table in COLUMNS}
        for at in range(*page):
            self._add(rows, at)
        return rows

    def _add(self, rows: Rows, at: int) -> None:
        name, one = person(at), self._people.profile(at)
        bare = self._ring.chance(KEY_BYTES)
        self._ring.take(cast("Tx", _Nowhere(rows[person_key])), name, bare, now_us=NOW_US)
        key = PersonKey(name, bare, self._ring.chance)
        sealed = key.seal(desk.PROFILE, profile.encode(one))
        rows[client].append((name, "paris", f"user-{at % 50}", sealed, NOW_US, NOW_US + at))
        rows[person_word] += [(self._house.word(each), name) for each in words_of(one)]
        if at % SALES_EVERY == 0:
            rows[client_consent].append((name, "email", 1, NOW_US, "signed", "1"))
            seen = key.seal(f"{desk.VISIT}:v{at}", b"Rings")
            rows[client_visit].append((f"v{at}", name, NOW_US, seen))
            for n in range(3):
                rows[sale].append(("paris", f"s{at}-{n}", name, "EUR", 100_000, NOW_US))
                rows[sale_line].append(("paris", f"s{at}-{n}", "1", "Ring"))


_makers: Final[list[Maker]] = []
"""Of a process that makes pages: the one it began with."""


def _page(page: tuple[int, int]) -> list[list[tuple[Any, ...]]]:
    return list(_makers[-1].page(page).values())


def _write(tx: Tx, table: sa.Table, rows: list[tuple[Any, ...]]) -> None:
    """Through the driver itself: COPY on PostgreSQL, one statement run many times on SQLite."""
    columns = COLUMNS[table]
    names = ", ".join(f'"{column}"' for column in columns)
    if not rows:
        return
    if tx.dialect == "sqlite":
        marks = ", ".join("?" * len(columns))
        tx.connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)
        return
    cursor = tx.connection.connection.cursor()
    with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _say(text: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Progress:
    """How far a long step is and how fast, now and then, where somebody who waits can see it."""

    def __init__(self, what: str, count: int) -> None:
        self._what, self._count = what, count
        self._done, self._began, self._told = 0, time.monotonic(), time.monotonic()

    def done(self, more: int) -> None:
        self._done += more
        if time.monotonic() - self._told >= TOLD_EVERY_S:
            self.end()

    def end(self) -> None:
        self._told = time.monotonic()
        each_s = self._done / max(self._told - self._began, 1e-9)
        _say(f"{self._what}: {self._done:,} of {self._count:,}, {each_s:,.0f}/s")


def words_of(one: Profile) -> set[str]:
    """As `cloud.pos.clients.words.of_profile` makes them; a test holds that. These numbers need no parsing."""
    digits = one.phones[0].removeprefix("+")
    return of_person(f"{one.given_name} {one.family_name}", one.emails, (digits, digits[2:]))


class _Nowhere:
    """Takes the row of a key, to be written with others."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = rows

    def add_new(self, table: sa.Table, row: dict[str, Any]) -> bool:
        self._rows.append(tuple(row[column] for column in COLUMNS[table]))
        return True


def timed(asks: list[Callable[[], object]]) -> list[float]:
    """ms of each answer, sorted."""
    took = []
    for ask in asks:
        times = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            ask()
            times.append((time.perf_counter() - began) * 1_000)
        took.append(min(times))
    return sorted(took)


def measured(office: Office, count: int, seed: int, *, fresh: bool = True) -> Figures:
    """`fresh`: the office has no tables yet."""
    if fresh:
        schema.create(office)
    people = People(seed)
    began = time.perf_counter()
    ring = made(office, people, count)
    made_s = time.perf_counter() - began
    rng = random.Random(seed)

    def find(query: str) -> object:
        with office.reading() as tx:
            return seeking.find(tx, ring, query)

    def open_one(name: PersonId) -> object:
        """As the page does: the look is kept, then everything of them is read."""
        with office.transaction() as tx:
            work = begin(tx, ALL, NOW_US)
            seen = desk.look(work, ring, name, by=BY, how="bench")
            return queries.detail(work, ring, name, seen)

    _say(f"{office.engine.dialect.name}: {ASKED} searches, {REPEATS} times each")
    found = timed([partial(find, query) for query in asked(people, count, rng)])
    some = [rng.randrange(count // SALES_EVERY) * SALES_EVERY if n % 2 else rng.randrange(count) for n in range(ASKED)]
    _say(f"{office.engine.dialect.name}: {ASKED} profiles opened, {REPEATS} times each")
    opened = timed([partial(open_one, person(at)) for at in some])
    for at in some[:20]:
        with office.reading() as tx:
            assert seeking.find(tx, ring, people.profile(at).emails[0]).rows, "everybody is found by their address"
    figures: Figures = {"made_s": made_s}
    for name, took in (("search", found), ("open", opened)):
        figures |= {
            f"{name}_p50_ms": took[len(took) // 2],
            f"{name}_p99_ms": took[min(len(took) - 1, len(took) * 99 // 100)],
        }
    return figures
