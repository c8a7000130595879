"""The one door to the office's database: SQLite by default, PostgreSQL beyond (SQLAlchemy 2 Core, sync, no ORM).

Only this file and `cloud/tx.py` call `execute`. A transaction is durable when its `with` block ends: SQLite runs WAL
with `synchronous=FULL`, PostgreSQL with `fsync` and `synchronous_commit` on, and `open_office` refuses anything less.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from cloud import tx as transactions
from contract.ids import StoreId

BUSY_TIMEOUT_MS: Final = 10_000
IN_MEMORY: Final = "sqlite://"
CONNECTIONS_MAX: Final = 20
CONNECTION_WAIT_S: Final = 10
REWRITTEN_BYTES_MAX: Final = 256 << 20
REWRITE_WAIT_MS: Final = 5_000
_REFUSED: Final = ("22", "23", "54")
"""SQLSTATE classes: data exception, integrity constraint violation, program limit exceeded."""
_TRY_AGAIN: Final = ("40001", "40P01", "55P03")
_NO_ROOM: Final = "53100"
_DURABLE: Final = {"fsync": ("on",), "full_page_writes": ("on",), "synchronous_commit": ("on", "remote_apply")}
"""`local` and `remote_write` lose commits that were told when the synchronous standby takes over (DESIGN §7)."""

Row = transactions.Row
Tx = transactions.Tx
Crashpoint = Callable[[], None]


class UnsafeDatabaseError(Exception):
    """The database would lose committed rows at a power cut; the message says which setting to change."""


class UnreachableDatabaseError(Exception):
    """Nobody answers at `database_url`; the message says what to mend."""


class ContentionError(Exception):
    """Two transactions wanted the same rows (deadlock, or the file was locked too long): run it again."""


def is_of_the_row(error: Exception) -> bool:
    """The database refuses these values (a constraint, a range, a text); not: it is gone, full, or somebody was first.

    SQLite's driver refuses a number beyond 64 bits, or a text that is no Unicode, with Python's own errors.
    """
    if isinstance(error, sa.exc.DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        refused = isinstance(error, sa.exc.IntegrityError | sa.exc.DataError) or state.startswith(_REFUSED)
        return refused and not error.connection_invalidated
    return isinstance(error, OverflowError | UnicodeError)


def _nothing() -> None:
    """The crashpoint of production."""


class Office:
    """The office's database. `crashpoint` is called before BEGIN and after COMMIT: the simulation crashes there."""

    def __init__(self, engine: sa.Engine, *, crashpoint: Crashpoint = _nothing) -> None:
        self.engine = engine
        self.crashpoint = crashpoint
        self.on_poke: Callable[[set[StoreId]], None] = lambda _stores: None
        self.on_forget: Callable[[Sequence[str]], None] = lambda _persons: None
        """Told of who is erased, before the commit (`cloud.forgotten`)."""
        self._reading = engine.execution_options(vitrine_reading=True)

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """All or nothing. Raises `ContentionError` when it should simply be run again."""
        self.crashpoint()
        try:
            with self.engine.begin() as connection:
                tx = Tx(connection)
                yield tx
                for act in tx.before_commit:
                    act()
                tx.settle()
        except sa.exc.OperationalError as error:
            raise _translated(error) from error
        except sa.exc.TimeoutError as error:
            raise ContentionError(f"all {CONNECTIONS_MAX} connections are busy; run it again") from error
        self.crashpoint()
        if tx.pokes:
            self.on_poke(tx.pokes)
        for then in tx.after_commit:
            then()

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """A consistent look that changes nothing and waits for nobody."""
        with self._reading.connect() as connection, connection.begin():
            yield Tx(connection)

    def leave_no_trace(self, tables: Sequence[str], keys: Sequence[str] = ()) -> bool:
        """What was deleted from these tables is gone from the disk too; False: somebody still reads what was before, or
        there is no room.

        SQLite overwrites what it deletes (`secure_delete`) and its WAL is emptied here. PostgreSQL's rows go by VACUUM,
        which leaves their bytes in pages until others take their place; tables of `keys` are written anew instead, if
        they are of a size for which others may wait.
        """
        with self.engine.connect() as connection:
            raw = connection.connection.driver_connection
            if isinstance(raw, sqlite3.Connection):
                try:
                    return not raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                except sqlite3.OperationalError:
                    return False
            connection.rollback()
            connection.execution_options(isolation_level="AUTOCOMMIT")
            for table in tables:
                connection.exec_driver_sql(f"VACUUM {table}")
            anew = [_written_anew(connection, table) for table in keys]
            return all(anew)

    def close(self) -> None:
        self.engine.dispose()

    def image(self) -> bytes:
        """The committed bytes of an in-memory office, for the simulation's crashes and backups."""
        with self.engine.connect() as connection:
            inner = connection.connection.driver_connection
            assert isinstance(inner, sqlite3.Connection), "only an in-memory SQLite office has an image"
            return inner.serialize()


def _translated(error: sa.exc.OperationalError) -> Exception:
    state = getattr(error.orig, "sqlstate", None)
    if state in _TRY_AGAIN or "database is locked" in str(error.orig):
        return ContentionError(f"another transaction was in the way ({error.orig}); run it again")
    return error


def _written_anew(connection: sa.Connection, table: str) -> bool:
    size = connection.execute(sa.text("SELECT pg_total_relation_size(:name)"), {"name": table}).scalar()
    if int(size or 0) > REWRITTEN_BYTES_MAX:
        return False
    connection.exec_driver_sql(f"SET lock_timeout = {REWRITE_WAIT_MS}")
    try:
        connection.exec_driver_sql(f"VACUUM (FULL) {table}")
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", "") not in (*_TRY_AGAIN, _NO_ROOM):
            raise
        return False
    finally:
        connection.exec_driver_sql("RESET lock_timeout")
    return True


def scrub(office: Office, table: str) -> None:
    """Leaves nothing on the disk of what rows of this table said before, as far as the database can be told to.

    Raises `sqlite3.OperationalError` where there is no room for it.
    """
    if office.engine.dialect.name == "postgresql":
        with office.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text(f"VACUUM (FULL) {table}"))
        return
    with closing(office.engine.raw_connection()) as opened:
        inner = opened.driver_connection
        assert isinstance(inner, sqlite3.Connection), "an office is on SQLite or on PostgreSQL"
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            inner.execute(statement).close()


def open_office(url: str, *, crashpoint: Crashpoint = _nothing, image: bytes | None = None) -> Office:
    """Open by SQLAlchemy URL: `sqlite:////var/lib/vitrine/office.sqlite3`, `postgresql+psycopg://…`, `sqlite://`.

    Raises `UnsafeDatabaseError` when a commit would not survive a power cut, `UnreachableDatabaseError`.
    """
    options: dict[str, Any] = {
        "hide_parameters": True,  # an error goes to the log, the values of a row do not (DESIGN law 9)
        "pool_pre_ping": not url.startswith("sqlite"),
        "pool_size": CONNECTIONS_MAX,
        "max_overflow": 0,
        "pool_timeout": CONNECTION_WAIT_S,
    }
    if url == IN_MEMORY:
        options = {"hide_parameters": True, "poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    try:
        engine = sa.create_engine(url, **options)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError) as error:
        raise UnreachableDatabaseError(
            "database_url is none we know: write sqlite:////folder/office.sqlite3 or "
            "postgresql+psycopg://user:password@host/name"
        ) from error
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    office = Office(engine, crashpoint=crashpoint)
    if image is not None:
        with engine.connect() as connection:
            inner = connection.connection.driver_connection
            assert isinstance(inner, sqlite3.Connection), "only an in-memory SQLite office can be given an image"
            inner.deserialize(image)
    try:
        check_durable(office)
    except UnsafeDatabaseError:
        office.close()
        raise
    except sa.exc.OperationalError as error:
        office.close()
        shown = engine.url.render_as_string(hide_password=True)
        raise UnreachableDatabaseError(
            f"the database {shown} cannot be opened: make its folder or start its server, or correct database_url "
            f"({str(error.orig).strip().splitlines()[0]})"
        ) from error
    return office


GRAMS_SQLITE: Final = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.piece_seek_gram USING fts5vocab(main, piece_seek_fts, instance)"
)
"""The trigrams of the index by which pieces are found, in order; of the connection, and looked up when it is read."""


def _prepare_sqlite(engine: sa.Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def _opened(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours: IMMEDIATE, so that a writer never fails half-way
        # secure_delete: a key that was destroyed does not lie on in the free part of its page
        for pragma in (
            "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}").close()
        connection.execute(GRAMS_SQLITE).close()

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        reading = connection.get_execution_options().get("vitrine_reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def check_durable(office: Office) -> None:
    """Ask the engine itself; raises `UnsafeDatabaseError` with the mend."""
    with office.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            in_memory = office.engine.url.database in (None, "", ":memory:")
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar()
            if synchronous != 2 or (mode != "wal" and not in_memory):
                raise UnsafeDatabaseError(
                    f"SQLite runs journal_mode={mode}, synchronous={synchronous}; Vitrine needs wal and 2 (FULL): "
                    "put the file on a local disk that supports WAL"
                )
            return
        for name, safe in _DURABLE.items():
            value = connection.exec_driver_sql(f"SHOW {name}").scalar()
            if value not in safe:
                raise UnsafeDatabaseError(f"PostgreSQL runs with {name}={value}; set {name}=on in postgresql.conf")
