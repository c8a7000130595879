"""Brings a database to the schema of this version: Alembic migrations for real ones, the metadata for passing ones."""

import secrets
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from cloud.db import Office, Tx, UnsafeDatabaseError
from cloud.tables import life, metadata
from cloud.triggers import BY_DIALECT
from contract.seals import SECRET_BYTES

MIGRATIONS: Final = Path(__file__).parent / "migrations"
FIRST_CLOUD_EPOCH: Final = 1


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def migrate(office: Office) -> None:
    """To the newest revision; safe to run at every start. Raises `UnsafeDatabaseError`."""
    add_extensions(office)
    upgrade(office)
    _begin_life(office)


def upgrade(office: Office) -> None:
    """The tables alone."""
    with office.engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def add_extensions(office: Office) -> None:
    """What search needs of PostgreSQL: its own `pg_trgm`. Raises `UnsafeDatabaseError` with the mend."""
    if office.engine.dialect.name != "postgresql":
        return
    try:
        with office.transaction() as tx:
            if tx.value(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")) is None:
                tx.run(sa.text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    except sa.exc.DBAPIError as error:
        said = str(error.orig).strip().splitlines()[0]
        raise UnsafeDatabaseError(
            f"search needs PostgreSQL's extension pg_trgm, and it cannot be made here ({said}): install the server's "
            "contrib package, or have its superuser run CREATE EXTENSION pg_trgm in this database"
        ) from error


def create(office: Office) -> None:
    """The same schema without history, for simulations and tests that make hundreds of databases."""
    add_extensions(office)
    with office.transaction() as tx:
        metadata.create_all(tx.connection)
        for statement in BY_DIALECT[tx.dialect]:
            tx.run(sa.text(statement))
    _begin_life(office)


def _begin_life(office: Office) -> None:
    with office.transaction() as tx:
        begin_life(tx)


def begin_life(tx: Tx) -> None:
    """The first row of a new office; a secret where there is none yet, which then never changes."""
    tx.add_new(life, {"one": 1, "cloud_epoch": FIRST_CLOUD_EPOCH, "recovering": 0, "feed_rev": 0})
    tx.run(sa.update(life).where(sa.func.length(life.c.secret) == 0).values(secret=secrets.token_bytes(SECRET_BYTES)))
