"""Clients: their sealed profiles, the key of each, search words, and who changed or opened what."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0026"
down_revision: Final = "0025"
FOR_EVER: Final = ("client_change", "client_look", "client_consent")
NAMED: Final = sa.text("client <> ''")


def upgrade() -> None:
    op.create_table(
        "person_key",
        _key("person"), _bytes("wrapped"), _text("key_id"), _int("made_us"),
        sa.PrimaryKeyConstraint("person", name="pk_person_key"),
    )  # fmt: skip
    op.create_table(
        "word_key",
        sa.Column("one", sa.BigInteger, autoincrement=False, nullable=False), _bytes("wrapped"), _text("key_id"),
        sa.PrimaryKeyConstraint("one", name="pk_word_key"),
    )  # fmt: skip
    op.create_table(
        "client",
        _key("person"), _text("store"), _text("owner"), _sealing("sealed"), _int("made_us"), _text("made_by"),
        _int("changed_us"), _int("erased_us"),
        sa.PrimaryKeyConstraint("person", name="pk_client"),
    )  # fmt: skip
    for columns in (["owner", "changed_us"], ["store", "changed_us"], ["changed_us"]):
        op.create_index(f"ix_client_{'_'.join(columns)}", "client", columns)
    op.create_table(
        "person_word",
        _bytes("word"), _key("person"),
        sa.PrimaryKeyConstraint("word", "person", name="pk_person_word"),
    )  # fmt: skip
    op.create_table(
        "client_change",
        _number(), _text("person"), _int("at_us"), _text("by"), _text("field"), _bytes("sealed"),
        sa.PrimaryKeyConstraint("n", name="pk_client_change"),
    )  # fmt: skip
    op.create_table(
        "client_look",
        _number(), _text("person"), _int("at_us"), _text("by"), _text("how"), _int("found"),
        sa.PrimaryKeyConstraint("n", name="pk_client_look"),
    )  # fmt: skip
    op.create_table(
        "client_consent",
        _number(), _text("person"), _text("channel"), _int("given"), _int("said_us"), _int("at_us"), _text("by"),
        _text("proof"), _text("text_version"), _text("store"),
        sa.PrimaryKeyConstraint("n", name="pk_client_consent"),
    )  # fmt: skip
    op.create_table(
        "client_visit",
        _key("visit"), _text("person"), _text("store"), _int("at_us"), _text("by"), _sealing("sealed"),
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


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _sealing(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False, server_default=sa.text("''"))
