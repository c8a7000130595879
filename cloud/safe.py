"""What is safe: inside the oldest backup of this office that could still be restored (custody.md §1).

Until then a box keeps a decision it carried out, and a till a row it saw, for an office that comes back older than they
are. A backup's word is its rows: it is opened, and of each log it must hold every row, and the head this office has
there.
"""

import contextlib
from pathlib import Path
from typing import Final, NamedTuple

import sqlalchemy as sa

from cloud import logs
from cloud.db import Office, Tx, open_office
from cloud.tables import inbox, life, stream
from contract.facts import Stream
from contract.ids import Epoch, StoreId

SQLITE: Final = "sqlite:///"


class NoBackupError(Exception):
    """This is not a backup whose rows could be relied upon; the message says why, and what to give."""


class Told(NamedTuple):
    """What a backup proved."""

    logs: int
    rows: int
    """Rows it holds,"""
    newly: int
    """and of these such as were not known to be safe before."""


class _Held(NamedTuple):
    name: logs.Name
    upto: int
    head: bytes
    rows: int


def mark(database_url: str, backup_url: str) -> Told:
    """Open a backup beside this office, which may run, and mark what it holds. Raises `NoBackupError`."""
    office = open_office(database_url)
    with contextlib.closing(office):
        backup = _open(office, backup_url)
        with contextlib.closing(backup):
            return mark_from(office, backup)


def mark_from(office: Office, backup: Office) -> Told:
    """Raises `NoBackupError`; then nothing is marked."""
    try:
        with backup.reading() as tx:
            whose, held = _secret(tx), _held(tx)
            sound = tx.dialect != "sqlite" or tx.value(sa.text("PRAGMA quick_check")) == "ok"
    except sa.exc.DBAPIError as error:
        said = str(error.orig).strip().splitlines()[0]
        raise NoBackupError(f"that backup cannot be read ({said}); give one that was made whole") from error
    if not sound:
        raise NoBackupError("that backup is damaged; make another one by VACUUM INTO")
    with office.transaction() as tx:
        if whose != _secret(tx):
            raise NoBackupError("that is a backup of another office; give one of this")
        newly = sum(_mark(tx, each) for each in held)
    return Told(len(held), sum(each.upto for each in held), newly)


def _mark(tx: Tx, held: _Held) -> int:
    """Rows of one log that are safe from now on. What was safe stays so: it is told of the oldest backup."""
    what = f"the {held.name.stream} log {held.name.epoch} of {held.name.store}"
    if held.rows != held.upto:
        raise NoBackupError(f"{what} has {held.rows} rows in that backup and should have {held.upto}; make another one")
    log = logs.find(tx, held.name)
    if log is None or log.upto < held.upto:
        raise NoBackupError(
            f"that backup has more of {what} than this office: was the office restored? Stop it, run `vitrine recover`"
        )
    if logs.head_at(tx, log, held.upto) != held.head:
        raise NoBackupError(f"{what} goes another way in that backup; somebody has to look at both")
    if held.upto <= log.safe:
        return 0
    tx.run(sa.update(stream).where(held.name.mine(stream)).values(safe=held.upto))
    return held.upto - log.safe


def _secret(tx: Tx) -> bytes:
    """Made once for an office, and in all its backups (docs/adr/0008)."""
    return bytes(tx.value(sa.select(life.c.secret)) or b"")


def _held(tx: Tx) -> list[_Held]:
    rows = sa.select(sa.func.count()).where(
        inbox.c.store == stream.c.store, inbox.c.epoch == stream.c.epoch, inbox.c.stream == stream.c.stream,
        inbox.c.seq <= stream.c.upto,
    )  # fmt: skip
    query = sa.select(stream, rows.scalar_subquery().label("rows"))
    return [
        _Held(
            logs.Name(StoreId(row["store"]), Epoch(row["epoch"]), Stream(row["stream"])),
            row["upto"], bytes(row["head"]), row["rows"],
        )
        for row in tx.rows(query)
    ]  # fmt: skip


def _open(office: Office, url: str) -> Office:
    """To be read only: a backup that was looked at is the same afterwards."""
    live = office.engine.url
    try:
        asked = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise NoBackupError(
            "give the backup as sqlite:////folder/copy.sqlite3, or the postgresql+psycopg:// address of a server to "
            "which it was restored"
        ) from error
    if asked.get_backend_name() != "sqlite":
        backup = Office(sa.create_engine(asked, hide_parameters=True))
        if _is_the_same(office, backup):
            backup.close()
            raise NoBackupError("that is this office itself; restore its backup to another database, and give that")
        return backup
    path = Path(asked.database or "")
    if not path.is_file():
        raise NoBackupError(f"{path} is not there; give the file of a backup")
    if live.get_backend_name() == "sqlite" and live.database and path.samefile(live.database):
        raise NoBackupError("that is this office itself; copy it by VACUUM INTO, and give the copy")
    return Office(sa.create_engine(f"{SQLITE}file:{path.resolve()}?immutable=1&uri=true", hide_parameters=True))


def _is_the_same(office: Office, backup: Office) -> bool:
    if office.engine.dialect.name != backup.engine.dialect.name:
        return False
    where = sa.text("SELECT pg_postmaster_start_time()::text || ' ' || current_database()")
    try:
        with office.reading() as one, backup.reading() as other:
            return bool(one.value(where) == other.value(where))
    except sa.exc.OperationalError as error:
        said = str(error.orig).strip().splitlines()[0]
        raise NoBackupError(f"nobody answers where that backup should be ({said}); start its server") from error
