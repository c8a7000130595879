"""Empty books and empty offices for tests that open hundreds: the real code makes each once a process, as bytes."""

import functools
from pathlib import Path

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
