"""What a person does to the office's database from the command line: it need not run, nor be loaded whole."""

import contextlib
import time
from collections.abc import Callable

from cloud import schema
from cloud.config import CloudConfig
from cloud.db import open_office
from cloud.pos.staff import desk as staff_desk
from cloud.provider import HttpProvider, NoProvider, Provider
from cloud.recover import Recovery, recover
from cloud.work import begin
from contract.feed import Role, StaffCard
from contract.ids import UserId
from trade.guards import ALL


def restore(config: CloudConfig) -> Recovery:
    """The restore procedure, once, after the database came back from a backup and before `run` (custody.md §2.2)."""
    office = open_office(config.database_url)
    with contextlib.closing(office):
        schema.migrate(office)
        provider: Provider = HttpProvider(config.payment_url) if config.payment_url else NoProvider()
        return recover(office, provider, now_us=time.time_ns() // 1000)


def name_admin(config: CloudConfig, user: UserId, name: str, ask: Callable[[], str]) -> None:
    """Name somebody new an admin, also while the office runs: how the first one comes in, as no page lets in nobody.

    `ask` gives the password once everything else is known to fit. Raises `StaffError`, `UnsafeDatabaseError`.
    """
    office = open_office(config.database_url)
    with contextlib.closing(office):
        schema.migrate(office)
        card = StaffCard(user=staff_desk.check_user(user), name=name, roles=(Role.ADMIN,))
        with office.reading() as tx:
            staff_desk.must_be_new(begin(tx, ALL, time.time_ns() // 1000), user)
        verifier = staff_desk.Passwords().verifier(ask(), user)
        with office.transaction() as tx:
            work = begin(tx, ALL, time.time_ns() // 1000)
            staff_desk.must_be_new(work, user)
            staff_desk.put_staff(work, card, verifier)
