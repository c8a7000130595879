"""The books of this machine: whose they are, opened, and a PIN written into them, whether the box runs or not.

Apart from `edge.app` for those who need no box for it: loading a whole one takes them a second.
"""

import contextlib
import hashlib
import socket
from pathlib import Path
from typing import Final

from contract.ids import Epoch, UserId
from edge.api.pins import make_verifier
from edge.api.proving.tokens import new_token
from edge.books import local, replica
from edge.books.db import BOOKS_FILE
from edge.books.journal import Books
from edge.books.rows import Mode
from edge.clock import SystemClock
from edge.config import ConfigError, EdgeConfig

MACHINE_ID: Final = Path("/etc/machine-id")
BOX: Final = UserId("box")
"""Who let in a device whose code was made on the box itself."""
ALONE: Final = Epoch("alone")
"""The log of a store that was never given a cloud."""


def set_pin(config: EdgeConfig, user: UserId, pin: str) -> bool:
    """Give a person a PIN and end their logins; may be done while the box runs. Raises `PinError`, `BooksError`.

    False when the head office has not named this person yet: the PIN is kept and waits.
    """
    verifier = make_verifier(pin)
    books = open_books(config, instance_of(config))
    with contextlib.closing(books):
        now_us = SystemClock().wall_us()
        local.set_pin(books, user=user, verifier=verifier, now_us=now_us)
        for login in local.logins_of(books.db, user):
            local.drop_login(books, login.token, now_us)
        return replica.staff(books.db, user) is not None


def device_token(config: EdgeConfig, name: str, till: str) -> str:
    """A code for one new device, within ten minutes; may be made while the box runs.

    Raises `BooksError`, or `ConfigError` for a till that this store has not.
    """
    if till and till not in config.tills:
        raise ConfigError(f"this store has no till {till!r}: say one of {', '.join(config.tills)}, or none")
    books = open_books(config, instance_of(config))
    with contextlib.closing(books):
        return new_token(books, name=name, till=till, by=BOX, now_us=SystemClock().wall_us())


def open_books(config: EdgeConfig, instance: str) -> Books:
    """The books of this store; a store without a cloud begins its own log."""
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
    books = Books.open(config.data_dir / BOOKS_FILE, store=config.store, instance=instance)
    if config.uplink is None and books.node().mode is Mode.REJOIN and not books.node().epoch:
        with books.transaction() as tx:
            tx.new_log(config.store, ALONE)
            tx.db.run("node_joined", term=1, epoch=ALONE, cloud_epoch=0, instance=instance)
    return books


def instance_of(config: EdgeConfig) -> str:
    """Identity of this machine for this store, kept outside the data directory: a copied disk does not carry it."""
    try:
        machine = MACHINE_ID.read_text(encoding="ascii").strip()
    except OSError:
        machine = socket.gethostname()
    return hashlib.sha256(f"vitrine/{config.store}/{machine}".encode()).hexdigest()[:32]
