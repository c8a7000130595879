"""Staff: kept here, told to every store by the feed. Passwords are argon2id and never leave the office."""

import re
from collections.abc import Callable
from typing import Final

import msgspec
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from cloud import feed
from cloud.db import Office
from cloud.tables import house_setting, login, staff
from cloud.work import Work
from contract.feed import Role, StaffCard
from contract.ids import HOUSE, StoreId, UserId
from web.logins import LoginRow
from web.words import NAMES

USER: Final = r"^[a-z][a-z0-9._-]{0,62}$"
PASSWORD_CHARACTERS_MIN: Final = 10
PASSWORD_DIFFERENT_MIN: Final = 5
WELL_KNOWN: Final = re.compile("password|passwort|motdepasse|12345678|qwerty|azerty|vitrine")
"""What guessers try first: none of it counts."""
LANGUAGE: Final = "language"
"""Of `house_setting`: what somebody chose last, and when; theirs alone, behind a colon."""
ARGON2_KIB: Final = 19 * 1024
"""With two passes OWASP's floor for argon2id; 25 ms here."""


class StaffError(Exception):
    """This cannot be; the message says what to change."""


class Passwords:
    """Makes and checks verifiers. `decoy` is checked for people who do not exist, so that time tells nothing."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=ARGON2_KIB, parallelism=1)
        self._decoy = self._hasher.hash("nobody has this password")

    def verifier(self, password: str, user: str = "") -> str:
        """Raises `StaffError` for a password that is too short or too easily guessed of this user."""
        if len(password) < PASSWORD_CHARACTERS_MIN:
            raise StaffError(f"a password has at least {PASSWORD_CHARACTERS_MIN} characters; four words are a good one")
        known = password.casefold().replace(user.casefold(), "") if user else password.casefold()
        if len(set(WELL_KNOWN.sub("", known))) < PASSWORD_DIFFERENT_MIN:
            raise StaffError("this password is one of the first to be guessed; four words are a good one")
        return self._hasher.hash(password)

    def fits(self, verifier: str, password: str) -> bool:
        try:
            return self._hasher.verify(verifier or self._decoy, password) and bool(verifier)
        except (VerifyMismatchError, InvalidHashError):
            return False


def check_user(user: UserId) -> UserId:
    """The one rule for what somebody signs in with. Raises `StaffError` with the rule in words."""
    if not re.fullmatch(USER, user) or user == HOUSE:
        raise StaffError(
            f"nobody can sign in as {user!r}: use 1 to 63 of a-z, 0-9, dot, dash and underscore, a letter first, "
            f"and not {HOUSE!r}"
        )
    return user


def card_of(row: sa.RowMapping) -> StaffCard:
    return StaffCard(
        user=UserId(row["user"]),
        name=row["name"],
        roles=tuple(row["roles"].split()),
        stores=tuple(StoreId(name) for name in row["stores"].split()),
        active=bool(row["active"]),
        language=row["language"],
    )


def put_staff(work: Work, card: StaffCard, verifier: str | None = None) -> None:
    """Create somebody or change them; `verifier` None leaves the password. The language is theirs, and stays.

    Raises `StaffError` when it would take away the last active admin of every store.
    """
    had_admin, before = _has_admin(work), find(work, card.user)
    if before is not None:
        card = msgspec.structs.replace(card, language=before.language)
    row = {
        "user": card.user, "name": card.name, "roles": " ".join(card.roles), "stores": " ".join(card.stores),
        "active": int(card.active), "changed_us": work.now_us, "language": card.language,
    }  # fmt: skip
    if verifier is None:
        work.tx.put(staff, {**row, "password": ""}, keep=("password",))
    else:
        work.tx.put(staff, {**row, "password": verifier})
    if had_admin and not _has_admin(work):
        raise StaffError("nobody would be left who is an admin of every store; name another one first")
    if verifier is not None or not card.active:
        work.tx.run(sa.delete(login).where(login.c.user == card.user))
    work.tell(feed.News(f"staff:{card.user}", card))


def prefer(work: Work, user: UserId, language: str, at_us: int) -> None:
    """The language of their pages, here and at every store, if nothing was chosen later; nothing for who is not there.

    at_us: when it was chosen, by the clock of that store. A choice may be heard days late; of two in one moment the
    same one stands, in whichever order they are heard. A clock that is ahead counts as now.
    """
    row = work.tx.row(sa.select(staff).where(staff.c.user == user).with_for_update())
    if row is None or language not in NAMES:
        return
    card, name, at_us = card_of(row), f"{LANGUAGE}:{user}", min(at_us, work.now_us)
    last = work.tx.row(sa.select(house_setting).where(house_setting.c.name == name))
    if last is not None and (last["changed_us"], last["body"]) >= (at_us, language):
        return
    work.tx.put(house_setting, {"name": name, "body": language, "changed_us": at_us})
    if card.language == language:
        return
    work.tx.run(sa.update(staff).where(staff.c.user == user).values(language=language, changed_us=work.now_us))
    work.tell(feed.News(f"staff:{user}", msgspec.structs.replace(card, language=language)))


def _has_admin(work: Work) -> bool:
    """Somebody who can mend everything: an active admin of every store."""
    return any(each.active and Role.ADMIN in each.roles and not each.stores for each in everyone(work))


def everyone(work: Work) -> list[StaffCard]:
    """By name."""
    return [card_of(row) for row in work.tx.rows(sa.select(staff).order_by(staff.c.name))]


def find(work: Work, user: UserId) -> StaffCard | None:
    row = work.tx.row(sa.select(staff).where(staff.c.user == user))
    return None if row is None else card_of(row)


def must_be_new(work: Work, user: UserId) -> None:
    """Raises `StaffError` for somebody who is there: a second naming would take their password over."""
    if find(work, user) is not None:
        raise StaffError(
            f"there is somebody called {user} already: choose another name; an admin who is signed in sets a password"
        )


def verifier_of(work: Work, user: UserId) -> str:
    """Empty when there is no such person or no password was set."""
    return str(work.tx.value(sa.select(staff.c.password).where(staff.c.user == user)) or "")


class LoginTable:
    """`web.logins.LoginStore` in the office's database."""

    blocking = True

    def __init__(self, office: Office) -> None:
        self._office = office

    def put_login(self, row: LoginRow) -> None:
        with self._office.transaction() as tx:
            values = {"user": row.user, "began_us": row.began_us, "used_us": row.used_us}
            tx.put(login, {"token_sha256": row.token_sha256, **values})

    def get_login(self, token_sha256: bytes) -> LoginRow | None:
        with self._office.reading() as tx:
            row = tx.row(sa.select(login).where(login.c.token_sha256 == token_sha256))
        if row is None:
            return None
        return LoginRow(
            token_sha256=token_sha256, user=UserId(row["user"]), began_us=row["began_us"], used_us=row["used_us"]
        )

    def drop_login(self, token_sha256: bytes) -> None:
        with self._office.transaction() as tx:
            tx.run(sa.delete(login).where(login.c.token_sha256 == token_sha256))


def staff_now(office: Office) -> Callable[[UserId], StaffCard | None]:
    """Looks somebody up as they are now, for `web.logins.Logins`."""

    def card(user: UserId) -> StaffCard | None:
        with office.reading() as tx:
            row = tx.row(sa.select(staff).where(staff.c.user == user))
        return None if row is None else card_of(row)

    return card
