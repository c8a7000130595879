"""The second factor of the office: a code app, and ten recovery codes for the day the phone is lost.

A code counts once: of the steps taken the newest is kept, and the update that takes one also compares it. A recovery
code is kept as its SHA-256 (80 random bits need no slow hash) and marked when used.
"""

import base64
import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
import structlog

from cloud import changes
from cloud.db import Office, Tx, scrub
from cloud.pos.staff import totp
from cloud.sealing import FILE, Sealed, SealedError, Sealing
from cloud.tables import login, recovery_code, second_factor
from cloud.work import Work
from contract.feed import StaffCard
from contract.ids import UserId
from trade.permissions import MONEY_OR_PEOPLE
from web.powers import Powers

RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10
Chance = Callable[[int], bytes]
_log = structlog.get_logger()


class FactorError(Exception):
    """This cannot be done with a second factor; the message says what to do."""


@dataclass(frozen=True, slots=True)
class FactorState:
    """`secret` only while it waits to be proved."""

    confirmed_us: int = 0
    secret: bytes = b""
    codes_left: int = 0


def state(tx: Tx, user: UserId, sealing: Sealing) -> FactorState:
    row = tx.row(sa.select(second_factor).where(second_factor.c.user == user))
    if row is None:
        return FactorState()
    left = sa.select(sa.func.count()).where(recovery_code.c.user == user, recovery_code.c.used_us == 0)
    secret = b"" if row["confirmed_us"] else _secret(row, sealing) or b""
    return FactorState(confirmed_us=row["confirmed_us"], secret=secret, codes_left=int(tx.value(left) or 0))


def has_factor(tx: Tx, user: UserId) -> bool:
    mine = (second_factor.c.user == user, second_factor.c.confirmed_us > 0)
    return tx.value(sa.select(second_factor.c.user).where(*mine)) is not None


def moves_much(powers: Powers) -> bool:
    """Whether this person may move money or people somewhere, and so needs one."""
    return bool(powers.anywhere & MONEY_OR_PEOPLE)


def begin(work: Work, user: UserId, chance: Chance, sealing: Sealing) -> None:
    """A new secret to show. Raises `FactorError` while one is in use."""
    if has_factor(work.tx, user):
        raise FactorError("a code app is set up already; take it away first, with one of its codes")
    sealed = sealing.seal(chance(totp.SECRET_BYTES), _about(user))
    row = {
        "user": user, "secret": sealed.body, "key_id": sealed.key_id, "step": 0, "since_us": work.now_us,
        "confirmed_us": 0,
    }  # fmt: skip
    work.tx.put(second_factor, row)


def confirm(work: Work, user: UserId, typed: str, chance: Chance, sealing: Sealing) -> list[str]:
    """The app shows the code we expect: it counts from now on. Gives the recovery codes, this once."""
    row = work.tx.row(sa.select(second_factor).where(second_factor.c.user == user))
    if row is None or row["confirmed_us"]:
        raise FactorError("nothing waits to be proved here; begin again")
    secret = _secret(row, sealing)
    if secret is None:
        raise FactorError("the office's key file was changed meanwhile; begin again")
    step = totp.step_fitting(secret, plain(typed), work.now_us, after=row["step"])
    if step is None:
        raise FactorError("this is not the code the app should show now: look at the phone's clock, and try the next")
    mine = second_factor.c.user == user
    work.tx.run(sa.update(second_factor).where(mine).values(step=step, confirmed_us=work.now_us))
    changes.note(work, "staff", user, by=user, why="set up a code app", was={}, now={"second factor": "set up"})
    return renew_codes(work, user, chance)


def renew_codes(work: Work, user: UserId, chance: Chance) -> list[str]:
    """Ten new recovery codes; those before are void."""
    work.tx.run(sa.delete(recovery_code).where(recovery_code.c.user == user))
    codes = [base64.b32encode(chance(RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    work.tx.add(recovery_code, *({"user": user, "sha256": _digest(each), "used_us": 0} for each in codes))
    return ["-".join(each[at : at + 4] for at in range(0, len(each), 4)) for each in codes]


def prove(work: Work, user: UserId, typed: str, sealing: Sealing) -> bool:
    """Whether this is a code of the app not used before, or a recovery code not used before; it is used up by this.

    Without the key that its secret was sealed under no code fits; recovery codes do.
    """
    row = work.tx.row(sa.select(second_factor).where(second_factor.c.user == user, second_factor.c.confirmed_us > 0))
    if row is None:
        return False
    given, secret = plain(typed), _secret(row, sealing)
    step = totp.step_fitting(secret, given, work.now_us, after=row["step"]) if secret is not None else None
    if step is not None:
        newer = (second_factor.c.user == user, second_factor.c.step < step)
        return work.tx.run(sa.update(second_factor).where(*newer).values(step=step)) == 1
    unused = (recovery_code.c.user == user, recovery_code.c.sha256 == _digest(given), recovery_code.c.used_us == 0)
    used = work.tx.run(sa.update(recovery_code).where(*unused).values(used_us=work.now_us)) == 1
    if used:
        said = {"second factor": "a recovery code was used"}
        changes.note(work, "staff", user, by=user, why="signed in without the code app", was={}, now=said)
    return used


def take_away(work: Work, person: StaffCard, *, by: UserId, why: str) -> None:
    """The person has no second factor any more, and is signed out everywhere."""
    mine = second_factor.c.user == person.user
    if work.tx.value(sa.select(second_factor.c.user).where(mine)) is None:
        raise FactorError(f"{person.name} has no code app set up")
    work.tx.run(sa.delete(recovery_code).where(recovery_code.c.user == person.user))
    work.tx.run(sa.delete(second_factor).where(second_factor.c.user == person.user))
    work.tx.run(sa.delete(login).where(login.c.user == person.user))
    was, now = {"second factor": "set up"}, {"second factor": "taken away"}
    changes.note(work, "staff", person.user, by=by, why=why, was=was, now=now)


def seal_anew(office: Office, sealing: Sealing) -> int:
    """Seals what stands in clear or under an older key, and leaves nothing of it on the disk; how many there were."""
    with office.transaction() as tx:
        old = tx.rows(sa.select(second_factor).where(second_factor.c.key_id != sealing.key_id).with_for_update())
        done = 0
        for row in old:
            secret = _secret(row, sealing)
            if secret is None:
                _log.error(
                    "code_app_unreadable", user=row["user"], mend=f"put the key {row['key_id']} back into {FILE}"
                )
                continue
            sealed = sealing.seal(secret, _about(row["user"]))
            values = {"secret": sealed.body, "key_id": sealed.key_id}
            tx.run(sa.update(second_factor).where(second_factor.c.user == row["user"]).values(**values))
            done += 1
    if done:
        try:
            scrub(office, second_factor.name)
        except sqlite3.OperationalError as error:
            mend = "free as much space as the database takes, then VACUUM it"
            _log.warning("not_scrubbed", table=second_factor.name, why=str(error), mend=mend)
    return done


def _secret(row: sa.RowMapping, sealing: Sealing) -> bytes | None:
    """None: it cannot be opened. One without a key was written by a version that did not seal."""
    body = bytes(row["secret"])
    if not row["key_id"]:
        return body
    try:
        return sealing.unseal(Sealed(body, row["key_id"]), _about(row["user"]))
    except SealedError:
        return None


def _about(user: UserId) -> str:
    return f"second factor of {user}"


def plain(typed: str) -> str:
    """As it is compared: without the spaces and dashes people type."""
    return "".join(each for each in typed.lower() if each.isascii() and each.isalnum())


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
