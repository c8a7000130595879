"""What stays on this box and is in no journal: logins, PIN verifiers, devices, count requests being taken up."""

from contract.ids import UserId
from edge.books.db import Database
from edge.books.journal import Books
from edge.books.rows import CountRequestRow, DeviceRow, DeviceTokenRow, LoginRow, PinRow


def add_login(books: Books, *, token: bytes, user: UserId, since_us: int, until_us: int, device: str = "") -> None:
    """`token` is the hash of what the browser holds."""
    with books.transaction() as tx:
        tx.db.run("login_drop", token=b"", now_us=since_us)
        tx.db.run("login_add", token=token, user=user, since_us=since_us, until_us=until_us, device=device)


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


def device(db: Database, name: str) -> DeviceRow | None:
    """Also one that was ended."""
    return db.one("device", DeviceRow, device=name)


def devices(db: Database) -> list[DeviceRow]:
    """Those that stand first, tills before the others; then those that were ended."""
    return db.rows("devices", DeviceRow)


def devices_live(db: Database) -> int:
    """How many stand."""
    return db.number("devices_live")


def logins_at(db: Database, name: str) -> list[LoginRow]:
    """Every login that is good with this device's key alone."""
    return db.rows("logins_at", LoginRow, device=name)


def give_device_token(books: Books, token: bytes, row: DeviceTokenRow, now_us: int) -> None:
    """`token` is the hash of what somebody types at the new device, once, before `until_us`."""
    with books.transaction() as tx:
        tx.db.run("device_token_drop", token=b"", now_us=now_us)
        tx.db.run_struct("device_token_add", row, token=token)


def device_token_stands(db: Database, token: bytes, now_us: int) -> bool:
    """Whether a device may still be enrolled with it."""
    return db.one("device_token", DeviceTokenRow, token=token, now_us=now_us) is not None


def add_device(books: Books, token: bytes, *, device: str, public_key: bytes, now_us: int) -> bool:
    """Uses the token up and keeps the device, both or neither. False: no such token stands."""
    with books.transaction() as tx:
        said = tx.db.one("device_token", DeviceTokenRow, token=token, now_us=now_us)
        if said is None:
            return False
        tx.db.run("device_token_drop", token=token, now_us=now_us)
        tx.db.run(
            "device_add", device=device, name=said.name, till=said.till, by=said.by, public_key=public_key,
            since_us=now_us,
        )  # fmt: skip
    return True


def change_device_key(books: Books, name: str, *, before: bytes, after: bytes, now_us: int) -> bool:
    """False when the device is ended, or has another key by now."""
    with books.transaction() as tx:
        return bool(tx.db.run("device_key", device=name, before=before, public_key=after, key_us=now_us))


def end_device(books: Books, name: str, *, by: str, now_us: int, forget_before_us: int) -> bool:
    """False when none of that name stands. Those ended before `forget_before_us` are forgotten."""
    with books.transaction() as tx:
        tx.db.run("device_forget", before_us=forget_before_us)
        return bool(tx.db.run("device_end", device=name, ended_us=now_us, by=by))


def count_requests(db: Database) -> list[CountRequestRow]:
    """What the office asked to count and nobody took up yet. A CountStarted with the same id takes it up."""
    return db.rows("count_requests", CountRequestRow)
