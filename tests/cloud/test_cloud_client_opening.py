"""What opening a profile asks of the database: few round trips, each of which goes by an index, and the look is kept."""

import re

import pytest
import sqlalchemy as sa

from cloud.people import Keyring
from cloud.pos.clients import desk, merging, queries
from cloud.sealing import passing
from cloud.tables import client, client_look, sale, sale_line
from cloud.work import begin
from contract.ids import PersonId, UserId
from trade.guards import ALL

EVA, EVELYN, BY = PersonId("eva"), PersonId("evelyn"), UserId("ada")
ASKED_MAX = 9
"""The office's life, the profile, the look, the row, consents, purchases with their lines, returns, accounts, visits."""

OTHERS = 300
"""Sales of other clients: among few lines a database goes through all of them as soon as by an index."""


@pytest.fixture
def ring(office):
    ring = Keyring(passing())
    with office.transaction() as tx:
        work = begin(tx, ALL, 1)
        for person in (EVA, EVELYN):
            desk.create(work, ring, person, {"given_name": person.title()}, by=BY, store="paris", why="new")
        for store, name, client, at_us in (
            ("paris", "s1", EVA, 5),
            ("milan", "s1", EVA, 7),
            ("paris", "s2", EVELYN, 6),
        ):
            told = {"store": store, "sale": name, "client": client, "currency": "EUR", "recorded_us": at_us}
            tx.add(sale, told)
            for n in "12":
                line = {"store": store, "sale": name, "line": n, "description": f"{store} {name} {n}"}
                tx.add(sale_line, line)
        tx.add(sale, {"store": "paris", "sale": "s3", "client": EVA, "currency": "EUR", "recorded_us": 3})
        for n in range(OTHERS):
            told = {"store": "lyon", "sale": f"o{n}", "client": f"c{n}", "currency": "EUR", "recorded_us": 100 + n}
            tx.add(sale, told)
            tx.add(sale_line, {"store": "lyon", "sale": f"o{n}", "line": "1", "description": "another's"})
    return ring


def opened(office, ring, person=EVA):
    """The profile, and what was asked for it."""
    asked = []

    def note(_connection, _cursor, statement, values, *_more):
        asked.append((statement, values))

    sa.event.listen(office.engine, "before_cursor_execute", note)
    try:
        with office.transaction() as tx:
            work = begin(tx, ALL, 9)
            return queries.detail(work, ring, person, desk.look(work, ring, person, by=BY, how="page")), asked
    finally:
        sa.event.remove(office.engine, "before_cursor_execute", note)


def test_a_profile_is_opened_in_nine_round_trips_and_the_look_is_one_of_them(office, ring):
    _, asked = opened(office, ring)
    statements = [statement for statement, _ in asked if not statement.startswith("BEGIN")]
    assert len(statements) <= ASKED_MAX, statements
    with office.reading() as tx:
        assert [row["by"] for row in tx.rows(sa.select(client_look))] == [BY]


def test_purchases_stand_newest_first_each_with_its_own_lines(office, ring):
    """Two stores may call a sale the same, and one may have no line."""
    seen, _ = opened(office, ring)
    assert [(each.store, each.sale, each.what) for each in seen.sales] == [
        ("milan", "s1", ["milan s1 1", "milan s1 2"]), ("paris", "s1", ["paris s1 1", "paris s1 2"]), ("paris", "s3", []),
    ]  # fmt: skip


def test_who_has_several_ids_is_shown_whole(office, ring):
    with office.transaction() as tx:
        merging.merge(begin(tx, ALL, 8), ring, EVA, EVELYN, "m1", by=BY)
    seen, _ = opened(office, ring)
    assert [(each.store, each.sale) for each in seen.sales] == [
        ("milan", "s1"), ("paris", "s2"), ("paris", "s1"), ("paris", "s3"),
    ]  # fmt: skip
    assert [each.absorbed for each in seen.merges] == [EVELYN]


def plan(office, name, ask):
    """How the database finds the rows of a table for it."""
    statement, values = next(each for each in ask if re.search(rf"(JOIN|FROM) {name} ", each[0]))
    explain = "EXPLAIN QUERY PLAN" if office.engine.dialect.name == "sqlite" else "EXPLAIN"
    with office.engine.connect() as connection:
        if explain == "EXPLAIN":
            connection.exec_driver_sql("SET enable_seqscan = off")  # tables of a test are too small for an index
            connection.exec_driver_sql("ANALYZE sale, sale_line")
        found = connection.exec_driver_sql(f"{explain} {statement}", values).all()
        connection.rollback()
    return "\n".join(str(row[-1]) for row in found)


def test_lines_are_found_by_their_store_and_sale(office, ring):
    """By the sale alone the key of lines, which begins with the store, was gone through for the whole house."""
    _, asked = opened(office, ring)
    told = plan(office, "sale_line", asked)
    if office.engine.dialect.name == "sqlite":
        assert "SEARCH sale_line" in told
        assert "(store=? AND sale=?)" in told
    else:
        assert "Index Cond: ((store =" in told, told
        assert "(sale = " in told


def test_ids_of_a_client_are_found_by_both_ends_of_a_merge(office, ring):
    _, asked = opened(office, ring)
    told = plan(office, "client_alias", asked)
    if office.engine.dialect.name == "sqlite":
        assert "ix_client_alias_survivor" in told, told
        assert "ix_client_alias_absorbed" in told, told
    else:
        assert "Seq Scan on client_alias" not in told, told


def test_a_change_of_a_client_writes_their_row_once(office, ring):
    asked = []

    def note(_connection, _cursor, statement, *_more):
        asked.append(statement)

    sa.event.listen(office.engine, "before_cursor_execute", note)
    try:
        with office.transaction() as tx:
            told = desk.setting({"given_name": "Eve"})
            assert desk.change(begin(tx, ALL, 11), ring, EVA, told, by=BY, why="told us") == ["given_name"]
    finally:
        sa.event.remove(office.engine, "before_cursor_execute", note)
    assert sum(statement.startswith("UPDATE client SET") for statement in asked) == 1
    with office.reading() as tx:
        assert tx.value(sa.select(client.c.changed_us).where(client.c.person == EVA)) == 11
