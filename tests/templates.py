"""What tests make hundreds of and the real code makes once a process: empty books, empty offices, the checks of a route.

Importing this puts two of them in place of what the house calls, for tests in this process alone; its own processes
(`tests/faults`, `vitrine demo`) do all of it as ever.
"""

import functools
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastapi._compat.v2
import pydantic
import sqlalchemy as sa

from cloud import schema
from cloud.db import Office, open_office
from edge.books.db import Database


@functools.cache
def empty_books(*, claim_guard: bool = True) -> bytes:
    """What `Database.prepare` makes of a new file. `claim_guard` as there."""
    made = Database(None)
    made.prepare(claim_guard=claim_guard)
    image = made.image()
    made.close()
    return image


def lay_books(path: Path | None, *, claim_guard: bool = True) -> bytes | None:
    """Empty books where this path has none yet; for books in memory (None) the image to open."""
    if path is None:
        return empty_books(claim_guard=claim_guard)
    if not path.exists():
        path.write_bytes(empty_books(claim_guard=claim_guard))
    return None


@functools.cache
def office_image() -> bytes:
    """What `schema.create` makes of an empty database in memory; all offices of a process have the same secret."""
    made = open_office("sqlite://")
    schema.create(made)
    image = made.image()
    made.close()
    return image


def empty_office() -> Office:
    """A new one in memory."""
    return open_office("sqlite://", image=office_image())


# --- the migrations of a new office ---------------------------------------------------------------------------------

MIGRATING = schema.upgrade
"""All migrations, one by one: 0.4 s of a core. Who tests them puts it back."""


@functools.cache
def _migrated() -> sqlite3.Connection:
    made = open_office("sqlite://")
    MIGRATING(made)
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    kept.deserialize(made.image())
    made.close()
    return kept


def _upgrade(office: Office) -> None:
    """Of a new file the copy of one that was migrated; any other goes through its migrations."""
    with office.engine.connect() as connection:
        inner = connection.connection.driver_connection
        if isinstance(inner, sqlite3.Connection) and not sa.inspect(connection).get_table_names():
            connection.rollback()
            _migrated().backup(inner)
            return
    MIGRATING(office)


schema.upgrade = _upgrade

# --- what a route takes and gives -----------------------------------------------------------------------------------

_adapters: dict[object, tuple[object, pydantic.TypeAdapter[Any]]] = {}
"""With what the key was made of: the address of something that lives on is nobody else's."""


def _adapter(
    asked: Any, *, config: Any = None, make: Callable[..., Any] = pydantic.TypeAdapter
) -> pydantic.TypeAdapter[Any]:
    """The validator of a parameter or an answer, once for all that are told alike. An app of the office has some
    850, and making them is a third of the time in which it is built.
    """
    told = asked.__metadata__
    one_route_only = getattr(asked.__origin__, "__name__", "").startswith("Body_")  # FastAPI made it for its form
    if one_route_only or config is not None or any(getattr(each, "default_factory", None) is not None for each in told):
        return make(asked, config=config)
    key = (asked.__origin__, repr(told))
    try:
        known = _adapters.get(key)
    except TypeError:  # of something that has no hash
        return make(asked, config=config)
    if known is None:
        known = _adapters[key] = (asked, make(asked))
    return known[1]


fastapi._compat.v2.TypeAdapter = _adapter
