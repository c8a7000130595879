"""Who goes through clients leaves out those that another id stands for, and finds that out by the index of merges."""

import datetime as dt
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

import cloud
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.campaigns import audience
from cloud.pos.clients import days
from cloud.pos.reminders import queries as reminders
from cloud.pos.segments.job import Divisions
from cloud.sealing import passing
from cloud.tables import client, sale, sale_line
from cloud.work import begin
from contract.ids import UserId
from trade.consent import Channel
from trade.guards import ALL

CLIENTS = 300


def divide(office):
    desk = Desk(office=office, now_us=lambda: 18 * 10**14, mono_us=lambda: 0, new_id=lambda: "run")
    divisions = Divisions(desk, "UTC", run=lambda work: work())
    divisions.start(UserId("ada"))
    assert divisions.progress.why == ""


def birthdays(office):
    with office.transaction() as tx:
        days.clients(Keyring(passing())).after(begin(tx, ALL, 9), "", 10)


def write_to(office):
    with office.reading() as tx:
        audience.choose(tx, audience.Wanted(), Channel.EMAIL, key=b"k" * 32, holdout_bp=0, today=20_000)


def seldom(office):
    with office.reading() as tx:
        reminders.seldom(tx, owner="", now_us=10**15)


def new(office):
    with office.reading() as tx:
        reminders.new(tx, owner="", now_us=10**15)


@pytest.fixture
def clients(office):
    with office.transaction() as tx:
        for n in range(CLIENTS):
            tx.add(client, {"person": f"c{n:03}", "sealed": b"", "made_us": 1, "owner": "ada"})
        sold = {
            "store": "paris",
            "sale": "s1",
            "client": "c001",
            "currency": "EUR",
            "recorded_us": 5,
            "state": "posted",
        }
        tx.add(sale, {**sold, "business_day": dt.date(2026, 11, 1).isoformat(), "total_minor": 9})
        tx.add(sale_line, {"store": "paris", "sale": "s1", "line": "1", "kind": "piece", "gross_minor": 9})
    return office


def asked(office, act):
    """What it asks the database about merges, client by client."""
    heard = []

    def note(_connection, _cursor, statement, values, *_more):
        if re.search(r"client_alias\.absorbed = client\.person", statement):
            heard.append((statement, values))

    sa.event.listen(office.engine, "before_cursor_execute", note)
    try:
        act(office)
    finally:
        sa.event.remove(office.engine, "before_cursor_execute", note)
    assert heard, "it leaves nobody out"
    return heard


def plan(office, statement, values):
    """How it is found. PostgreSQL tells the plan that it keeps for any numbers, as it does for what is asked often."""
    with office.engine.connect() as connection:
        if office.engine.dialect.name == "sqlite":
            found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
        else:
            number = {name: f"${n}" for n, name in enumerate(values, 1)}
            general = re.sub(r"%\((\w+)\)s", lambda named: number[named[1]], statement)
            connection.exec_driver_sql("SET enable_seqscan = off")  # tables of a test are too small for an index
            found = connection.exec_driver_sql(f"EXPLAIN (GENERIC_PLAN) {general}").all()
        connection.rollback()
    return "\n".join(str(row[-1]) for row in found)


@pytest.mark.parametrize("act", [divide, birthdays, write_to, seldom, new])
def test_who_is_known_by_another_id_is_found_by_the_index_of_merges_that_hold(clients, act):
    for statement, values in asked(clients, act):
        told = plan(clients, statement, values)
        assert "ix_client_alias_absorbed" in told, told
        assert "Seq Scan on client_alias" not in told, told


WRITTEN = "client_alias.undone_us = 0"


def test_a_number_handed_over_instead_of_written_out_goes_by_no_such_index_on_postgresql(clients):
    """The control: what these questions asked before. SQLite looks at the number."""
    (statement, values), *_ = asked(clients, new)
    sqlite = clients.engine.dialect.name == "sqlite"
    if sqlite:
        ahead = statement[: statement.index(WRITTEN)].count("?")
        values = (*values[:ahead], 0, *values[ahead:])
    else:
        values = {**values, "undone": 0}
    bound = statement.replace(
        WRITTEN, "client_alias.undone_us = ?" if sqlite else "client_alias.undone_us = %(undone)s::BIGINT"
    )
    assert bound != statement
    assert ("ix_client_alias_absorbed" in plan(clients, bound, values)) == sqlite


def test_nobody_asks_which_merges_hold_in_words_of_their_own():
    own = re.compile(r"undone_us\s*==")
    found = {path.name for path in Path(cloud.__file__).parent.rglob("*.py") if own.search(path.read_text("utf-8"))}
    assert found == {"aliases.py"}
