"""The migrations lead to the tables the code uses; a database that would lose a commit is refused."""

import itertools
import sys

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cloud import feed, logs, schema
from cloud.db import Office, UnsafeDatabaseError, check_durable, open_office
from cloud.pos.client_orders import sending
from cloud.tables import life, metadata, office_change, staff
from contract.entries import leaf_hash
from contract.feed import StoreCard, encode_body
from contract.ids import StoreId
from contract.merkle import root
from contract.seals import SECRET_BYTES

_names = itertools.count(1)


@pytest.fixture(autouse=True)
def migrating(monkeypatch):
    """For other tests a new office is a copy of one that was migrated; here every migration runs."""
    monkeypatch.setattr(schema, "upgrade", sys.modules["house_templates"].MIGRATING)


def test_an_error_of_the_database_does_not_tell_the_values_of_a_row(office):
    secret = {"user": "ana", "password": "the verifier"}
    with office.transaction() as tx:
        tx.add(staff, secret)
    with pytest.raises(sa.exc.IntegrityError) as told, office.transaction() as tx:
        tx.add(staff, secret)
    assert "the verifier" not in str(told.value)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    if request.param == "sqlite":
        office = open_office(f"sqlite:///{tmp_path / 'office.sqlite3'}")
        yield office
        office.close()
        return
    base = sa.make_url(request.getfixturevalue("postgres_uri")).set(drivername="postgresql+psycopg")
    admin = sa.create_engine(base, isolation_level="AUTOCOMMIT")
    name = f"vitrine_migrated_{next(_names)}"
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    admin.dispose()
    office = open_office(base.set(database=name).render_as_string(hide_password=False))
    yield office
    office.close()


@pytest.fixture
def migrated(empty):
    schema.migrate(empty)
    return empty


def to_revision(office: Office, revision: str) -> None:
    config = schema.alembic_config()
    with office.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_stores_opened_before_tags_were_written_get_a_number_each_and_are_told(empty):
    to_revision(empty, "0002")
    cards = [StoreCard(store=StoreId(name), name=name, currency="EUR") for name in ("lyon", "paris")]
    with empty.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO life (one, cloud_epoch, feed_rev) VALUES (1, 1, 2)"))
        for at, card in enumerate(cards, 1):
            said = {"store": card.store, "at": at, "key": f"store:{card.store}", "body": encode_body(card)}
            connection.execute(
                sa.text("INSERT INTO store (store, name, currency, created_us) VALUES (:store, :store, 'EUR', :at)"),
                said,
            )
            connection.execute(sa.text("INSERT INTO feed_row VALUES ('*', :key, :at, :body)"), said)
    schema.migrate(empty)
    with empty.reading() as tx:
        told = feed.page(tx, StoreId("paris"), since=2)
    assert [(row.rev, row.body.store, row.body.number) for row in told.rows] == [(3, "lyon", 1), (4, "paris", 2)]


def test_logs_from_before_there_were_trees_get_the_tree_of_their_rows(empty):
    to_revision(empty, "0011")
    leaves = [leaf_hash(str(n).encode()) for n in range(5)]
    with empty.engine.begin() as connection:
        log = {"store": "paris", "epoch": "e1", "stream": "trade"}
        connection.execute(
            sa.text("INSERT INTO stream VALUES (:store, :epoch, :stream, 1, 5, :head, 0, 1, 0)"), {**log, "head": b"h"}
        )
        for seq, leaf in enumerate(leaves, 1):
            row = {**log, "seq": seq, "leaf": leaf, "head": b"h", "body": b"b"}
            connection.execute(
                sa.text("INSERT INTO inbox VALUES (:store, :epoch, :stream, :seq, :leaf, :head, :body, 0)"), row
            )
    schema.migrate(empty)
    with empty.reading() as tx:
        log = logs.find(tx, logs.Name("paris", "e1", "trade"))
    assert log.tree.root() == root(leaves)


def test_an_office_of_the_first_revision_gets_a_secret_and_keeps_it(empty):
    to_revision(empty, "0001")
    found = []
    for _ in range(2):
        schema.migrate(empty)
        with empty.reading() as tx:
            found.append(bytes(tx.value(sa.select(life.c.secret))))
    assert len(found[0]) == SECRET_BYTES
    assert found[0] == found[1]


def triggers(office: Office) -> set[str]:
    asks = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal",
    }
    with office.reading() as tx:
        return {row["name"] for row in tx.rows(sa.text(asks[tx.dialect]))}


def differences(office: Office) -> list:
    """Without the index of trigrams: SQLite keeps its own in five tables, and has none of PostgreSQL's."""
    ours = office.engine.dialect.name == "postgresql"

    def compared(_object, name, *_more) -> bool:
        name = name or ""
        return not name.startswith("piece_seek_fts") and (ours or name != "ix_piece_seek_words")

    with office.engine.connect() as connection:
        opts = {"compare_server_default": False, "include_object": compared}
        context = MigrationContext.configure(connection, opts=opts)
        return compare_metadata(context, metadata)


def test_the_migrations_make_exactly_the_tables_of_the_code(migrated):
    assert differences(migrated) == []


def test_a_forgotten_migration_would_be_seen(migrated):
    with migrated.transaction() as tx:
        tx.run(sa.text("ALTER TABLE store ADD COLUMN colour TEXT"))
    assert differences(migrated)


def test_migrating_again_changes_nothing(migrated):
    schema.migrate(migrated)
    with migrated.reading() as tx:
        assert tx.value(sa.select(sa.func.count()).select_from(life)) == 1


def test_a_migrated_office_has_the_same_triggers_as_a_created_one(migrated, office):
    if migrated.engine.dialect.name == office.engine.dialect.name:
        assert triggers(migrated) == triggers(office) != set()


def test_an_office_that_may_forget_a_commit_is_refused(office):
    if office.engine.dialect.name == "sqlite":
        raw = office.engine.raw_connection()
        raw.driver_connection.execute("PRAGMA synchronous=NORMAL").close()
        raw.close()
        with pytest.raises(UnsafeDatabaseError, match="FULL"):
            check_durable(office)
        return
    for level in ("off", "local", "remote_write"):
        url = office.engine.url.update_query_dict({"options": f"-c synchronous_commit={level}"})
        with pytest.raises(UnsafeDatabaseError, match=f"synchronous_commit={level}"):
            open_office(url.render_as_string(hide_password=False))
    url = office.engine.url.update_query_dict({"options": "-c synchronous_commit=remote_apply"})
    open_office(url.render_as_string(hide_password=False)).close()


def test_why_an_order_was_sent_on_stands_in_the_register_of_changes_no_more_which_stays_as_it_is(empty):
    schema.add_extensions(empty)
    to_revision(empty, "0061")
    row = "INSERT INTO office_change (by, what, subject, why) VALUES ('mia', :what, 'o1', :why)"
    with empty.engine.begin() as connection:
        for what, why in (("order", "Madame Beispielowa moved"), ("role", "she leads the store")):
            connection.execute(sa.text(row), {"what": what, "why": why})
    schema.migrate(empty)
    with empty.reading() as tx:
        kept = {row["what"]: row["why"] for row in tx.rows(sa.select(office_change))}
    assert kept == {"order": sending.IN_ITS_STORY, "role": "she leads the store"}
    with pytest.raises(sa.exc.DBAPIError, match="immutable"), empty.transaction() as tx:
        tx.run(sa.update(office_change).values(why="x"))
