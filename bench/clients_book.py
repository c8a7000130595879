"""The client book of a large house: profiles opened and clients searched among a million, on SQLite and PostgreSQL.

People are made of Faker's names of three countries, as often as it gives them, each sealed with a key of their own, as
the office keeps them. The time of an answer is the best of three, since others work on this machine too; p99 is over
the answers. What is asked: beginnings of names, both names, whole names misspelt in one letter, e-mail
addresses, phone numbers, and names that nobody has.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, cast

import sqlalchemy as sa

from bench.figures import Figures
from cloud import schema
from cloud.db import Office, Tx
from cloud.people import Keyring
from cloud.pos.clients import desk, profile, queries, seeking
from cloud.pos.clients.profile import Milestone, Note, Pin, Profile
from cloud.sealing import passing
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
    """A book of so many, written in the order of its indexes: a million inserts elsewhere would take an hour."""
    ring = Keyring(passing(), os.urandom)
    with office.transaction() as tx:
        house = ring.words_made(tx)
    keyed: list[tuple[bytes, str]] = []
    for first in range(0, count, PAGE):
        rows: dict[sa.Table, list[dict[str, Any]]] = {client: [], person_key: [], client_consent: [], client_visit: []}
        sales: list[dict[str, Any]] = []
        lines: list[dict[str, Any]] = []
        with office.transaction() as tx:
            for at in range(first, min(first + PAGE, count)):
                name, one = person(at), people.profile(at)
                key = ring.new_person(cast("Tx", _Nowhere(rows[person_key])), name, now_us=NOW_US)
                sealed = key.seal(desk.PROFILE, profile.encode(one))
                row = {"person": name, "store": "paris", "owner": f"user-{at % 50}", "sealed": sealed}
                rows[client].append({**row, "made_us": NOW_US, "changed_us": NOW_US + at})
                keyed += [(house.word(each), name) for each in words_of(one)]
                if at % SALES_EVERY == 0:
                    told = {"person": name, "channel": "email", "given": 1, "said_us": NOW_US, "proof": "signed"}
                    rows[client_consent].append({**told, "text_version": "1"})
                    seen = key.seal(f"{desk.VISIT}:v{at}", b"Rings")
                    rows[client_visit].append({"visit": f"v{at}", "person": name, "at_us": NOW_US, "sealed": seen})
                    for n in range(3):
                        told = {"store": "paris", "sale": f"s{at}-{n}", "client": name, "currency": "EUR"}
                        sales.append({**told, "total_minor": 100_000, "recorded_us": NOW_US})
                        lines.append({"store": "paris", "sale": f"s{at}-{n}", "line": "1", "description": "Ring"})
            for table, some in (*rows.items(), (sale, sales), (sale_line, lines)):
                tx.add(table, *some)
    keyed.sort()
    (by_person,) = (
        person_word.indexes
    )  # built at the end: a million times two dozen inserts elsewhere in it take an hour
    with office.transaction() as tx:
        by_person.drop(tx.connection)
    mark = "?" if office.engine.dialect.name == "sqlite" else "%s"
    write = f"INSERT INTO {person_word.name} (word, person) VALUES ({mark}, {mark})"
    for first in range(0, len(keyed), 10 * PAGE):
        with office.transaction() as tx:
            tx.connection.exec_driver_sql(write, keyed[first : first + 10 * PAGE])
    with office.transaction() as tx:
        by_person.create(tx.connection)
    if office.engine.dialect.name == "postgresql":
        with office.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
    return ring


def words_of(one: Profile) -> set[str]:
    """As `cloud.pos.clients.words.of_profile` makes them; a test holds that. These numbers need no parsing."""
    digits = one.phones[0].removeprefix("+")
    return of_person(f"{one.given_name} {one.family_name}", one.emails, (digits, digits[2:]))


class _Nowhere:
    """Takes the row of a key, to be written with others."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def row(self, _query: object) -> None:
        return None

    def add(self, _table: object, row: dict[str, Any]) -> None:
        self._rows.append(row)


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

    found = timed([partial(find, query) for query in asked(people, count, rng)])
    some = [rng.randrange(count // SALES_EVERY) * SALES_EVERY if n % 2 else rng.randrange(count) for n in range(ASKED)]
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
