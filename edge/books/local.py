"""What stays on this box and is in no journal: logins, PIN verifiers, count requests being taken up.

Devices are kept here at once, whatever the box may write, and noted in the journal as soon as it may.
"""

from contract.entries import Entry
from contract.facts import DeviceNoted
from contract.ids import HOUSE, TillId, UserId
from edge.books.db import Database
from edge.books.journal import Books, Tx
from edge.books.rows import CountRequestRow, DeviceRow, DeviceTokenRow, LoginRow, Mode, PinRow


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


def note_devices(tx: Tx, now_us: int) -> list[Entry]:
    """What the journal does not say yet of devices, each by whoever let it in or shut it out. None in a rejoin."""
    if tx.node().mode is not Mode.ACTIVE:
        return []
    unsaid = tx.db.rows("devices_unsaid", DeviceRow)
    return [
        entry
        for row in unsaid
        for entry in tx.write(at_us=now_us, by=_who(row), why="device.note", facts=(_noted(row),))
    ]


def _who(row: DeviceRow) -> UserId:
    if row.ended_us:
        return UserId(row.ended_by)
    return HOUSE if row.key_us > row.since_us else UserId(row.by)  # it changes its key by itself


def _noted(row: DeviceRow) -> DeviceNoted:
    return DeviceNoted(
        device=row.device, name=row.name, till=TillId(row.till), public_key=row.public_key, by=UserId(row.by),
        since_us=row.since_us, key_us=row.key_us, ended_us=row.ended_us, ended_by=UserId(row.ended_by),
    )  # fmt: skip


def count_requests(db: Database) -> list[CountRequestRow]:
    """What the office asked to count and nobody took up yet. A CountStarted with the same id takes it up."""
    return db.rows("count_requests", CountRequestRow)
