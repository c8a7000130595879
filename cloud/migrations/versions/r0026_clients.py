"""Clients: their sealed profiles, the key of each, search words, and who changed or opened what."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from cloud.migrations.columns import data, key, sealed, text, whole

revision: Final = "0026"
down_revision: Final = "0025"
FOR_EVER: Final = ("client_change", "client_look", "client_consent")
NAMED: Final = sa.text("client <> ''")


def upgrade() -> None:
    op.create_table(
        "person_key",
        key("person"), data("wrapped"), text("key_id"), whole("made_us"),
        sa.PrimaryKeyConstraint("person", name="pk_person_key"),
    )  # fmt: skip
    op.create_table(
        "word_key",
        sa.Column("one", sa.BigInteger, autoincrement=False, nullable=False), data("wrapped"), text("key_id"),
        sa.PrimaryKeyConstraint("one", name="pk_word_key"),
    )  # fmt: skip
    op.create_table(
        "client",
        key("person"), text("store"), text("owner"), sealed("sealed"), whole("made_us"), text("made_by"),
        whole("changed_us"), whole("erased_us"),
        sa.PrimaryKeyConstraint("person", name="pk_client"),
    )  # fmt: skip
    for columns in (["owner", "changed_us"], ["store", "changed_us"], ["changed_us"]):
        op.create_index(f"ix_client_{'_'.join(columns)}", "client", columns)
    op.create_table(
        "person_word",
        data("word"), key("person"),
        sa.PrimaryKeyConstraint("word", "person", name="pk_person_word"),
    )  # fmt: skip
    op.create_table(
        "client_change",
        _number(), text("person"), whole("at_us"), text("by"), text("field"), data("sealed"),
        sa.PrimaryKeyConstraint("n", name="pk_client_change"),
    )  # fmt: skip
    op.create_table(
        "client_look",
        _number(), text("person"), whole("at_us"), text("by"), text("how"), whole("found"),
        sa.PrimaryKeyConstraint("n", name="pk_client_look"),
    )  # fmt: skip
    op.create_table(
        "client_consent",
        _number(), text("person"), text("channel"), whole("given"), whole("said_us"), whole("at_us"), text("by"),
        text("proof"), text("text_version"), text("store"),
        sa.PrimaryKeyConstraint("n", name="pk_client_consent"),
    )  # fmt: skip
    op.create_table(
        "client_visit",
        key("visit"), text("person"), text("store"), whole("at_us"), text("by"), sealed("sealed"),
        sa.PrimaryKeyConstraint("visit", name="pk_client_visit"),
    )  # fmt: skip
    for table in ("person_word", *FOR_EVER, "client_visit"):
        op.create_index(f"ix_{table}_person", table, ["person"])
    op.create_index("ix_sale_client", "sale", ["client"], sqlite_where=NAMED, postgresql_where=NAMED)
    for table in FOR_EVER:
        _never_altered(table)


def _never_altered(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION is_immutable()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION is_immutable()"
        )
        return
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
            f"BEGIN SELECT raise(ABORT, '{table} is immutable'); END"
        )


def _number() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("n", kind, autoincrement=True, nullable=False)
