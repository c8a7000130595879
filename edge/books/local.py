"""What stays on this box and is in no journal: logins, PIN verifiers, count requests being taken up."""

from contract.ids import UserId
from edge.books.db import Database
from edge.books.journal import Books
from edge.books.rows import CountRequestRow, LoginRow, PinRow


def add_login(books: Books, *, token: bytes, user: UserId, since_us: int, until_us: int) -> None:
    """`token` is the hash of what the browser holds."""
    with books.transaction() as tx:
        tx.db.run("login_drop", token=b"", now_us=since_us)
        tx.db.run("login_add", token=token, user=user, since_us=since_us, until_us=until_us)


def login(db: Database, token: bytes, now_us: int) -> LoginRow | None:
    return db.one("login", LoginRow, token=token, now_us=now_us)


def logins_of(db: Database, user: UserId) -> list[LoginRow]:
    """Every login of a person, ended by time or not."""
    return db.rows("logins_of", LoginRow, user=user)


def drop_login(books: Books, token: bytes, now_us: int) -> None:
    with books.transaction() as tx:
        tx.db.run("login_drop", token=token, now_us=now_us)


def set_pin(books: Books, *, user: UserId, verifier: str, now_us: int) -> None:
    """`verifier` is an argon2id string; it never leaves this box."""
    with books.transaction() as tx:
        tx.db.run("pin_set", user=user, verifier=verifier, set_us=now_us)


def pin(db: Database, user: UserId) -> PinRow | None:
    return db.one("pin", PinRow, user=user)


def count_requests(db: Database) -> list[CountRequestRow]:
    """What the office asked to count and nobody took up yet. A CountStarted with the same id takes it up."""
    return db.rows("count_requests", CountRequestRow)
