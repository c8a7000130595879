"""Logins: who sits at this browser or holds this token. Opaque 256-bit tokens, of which only the SHA-256 is kept.

A login ends by sign-out, by idleness, by age, or when its person is no longer active staff. Times are µs since the
epoch and are passed in; chance is passed in. The store of rows is a small protocol with one method per need.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from threading import Lock
from typing import Final, Protocol

import msgspec

from contract.feed import Permission, RoleName, StaffCard
from contract.ids import UserId
from web.powers import NONE, Powers

TOKEN_BYTES: Final = 32
MINUTE_US: Final = 60_000_000
HOUR_US: Final = 60 * MINUTE_US
TOUCH_EVERY_US: Final = MINUTE_US
"""A page that polls must not write a row per request."""


class LoginRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a login: never the token itself."""

    token_sha256: bytes
    user: UserId
    began_us: int
    used_us: int
    device: str = ""
    """Whose key it is good with; empty: with none."""


class LoginStore(Protocol):
    """Where rows live. `blocking` says that calls may wait for a disk and belong in a worker thread."""

    @property
    def blocking(self) -> bool: ...

    def put_login(self, row: LoginRow) -> None:
        """Insert or replace by token_sha256."""

    def get_login(self, token_sha256: bytes) -> LoginRow | None: ...

    def drop_login(self, token_sha256: bytes) -> None: ...


class MemoryLogins:
    """Logins of one process, for tests and faces without a disk: a restart ends them all. Bounded, oldest out."""

    blocking = False

    def __init__(self, logins_max: int = 500) -> None:
        self.logins_max = logins_max
        self.logins_evicted_total = 0
        self._rows: dict[bytes, LoginRow] = {}
        self._lock = Lock()

    def put_login(self, row: LoginRow) -> None:
        with self._lock:
            self._rows[row.token_sha256] = row
            while len(self._rows) > self.logins_max:
                oldest = min(self._rows.values(), key=lambda each: each.used_us)
                del self._rows[oldest.token_sha256]
                self.logins_evicted_total += 1

    def get_login(self, token_sha256: bytes) -> LoginRow | None:
        with self._lock:
            return self._rows.get(token_sha256)

    def drop_login(self, token_sha256: bytes) -> None:
        with self._lock:
            self._rows.pop(token_sha256, None)


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in, as routes and pages see them."""

    user: UserId
    name: str
    roles: tuple[RoleName, ...]
    csrf: str
    """The form token of this login; empty for bearer tokens, which no browser sends by itself."""
    powers: Powers = NONE
    looking: bool = False
    """Came by a ticket from a till: may look, and change nothing."""
    device: str = ""
    """Whose key this login is good with; empty: with none."""
    language: str = ""
    """What their pages speak; empty: as the browser says."""
    factor_due: bool = False
    """Must set up a second factor before anything else is theirs to do."""

    def may(self, *needs: Permission, store: str = "") -> bool:
        """True when one of these is theirs: at this store, or without one at some store of theirs."""
        held = self.powers.at(store) if store else self.powers.anywhere
        return any(each in held for each in needs)

    def of(self, store: str) -> bool:
        """Whether this store is theirs to look at."""
        return self.powers.of(store)


class NewLogin(msgspec.Struct, frozen=True, kw_only=True):
    """The only moment the token is known to us: put it in the cookie or the answer, and forget it."""

    token: str
    login: Login


class Logins:
    """Begins, finds and ends logins.

    `staff` gives a person's card as it is now, and `powers` what it lets them do, so that a role taken away ends its
    use at once; `factor_due` says who has to set up a second factor first.
    `now_us` is the wall clock; `looking`: for who may change nothing; `chance(n)` gives n random bytes.
    """

    def __init__(
        self,
        rows: LoginStore,
        staff: Callable[[UserId], StaffCard | None],
        *,
        now_us: Callable[[], int],
        chance: Callable[[int], bytes],
        powers: Callable[[StaffCard], Powers],
        factor_due: Callable[[StaffCard, Powers], bool] = lambda _card, _powers: False,
        idle_us: int = HOUR_US,
        age_us: int = 12 * HOUR_US,
        looking: bool = False,
    ) -> None:
        self._rows = rows
        self._staff = staff
        self._powers = powers
        self._factor_due = factor_due
        self._now_us = now_us
        self._chance = chance
        self._idle_us = idle_us
        self._age_us = age_us
        self._looking = looking

    @property
    def blocking(self) -> bool:
        return self._rows.blocking

    def begin(self, user: UserId, device: str = "") -> NewLogin | None:
        """A new token for somebody whose PIN or password was just verified; None when they are not active staff.

        `device`: the login is good with this device's key alone.
        """
        card = self._staff(user)
        if card is None or not card.active:
            return None
        token = base64.urlsafe_b64encode(self._chance(TOKEN_BYTES)).rstrip(b"=").decode()
        now_us = self._now_us()
        row = LoginRow(token_sha256=digest(token), user=user, began_us=now_us, used_us=now_us, device=device)
        self._rows.put_login(row)
        return NewLogin(token=token, login=self._login(card, token, row, bearer=False))

    def find(self, token: str, *, bearer: bool) -> Login | None:
        """Who holds this token now; ended logins are dropped on the way."""
        key = digest(token)
        row = self._rows.get_login(key)
        if row is None:
            return None
        now_us = self._now_us()
        card = self._standing(row, now_us)
        if card is None:
            self._rows.drop_login(key)
            return None
        if now_us - row.used_us >= TOUCH_EVERY_US:
            self._rows.put_login(msgspec.structs.replace(row, used_us=now_us))
        return self._login(card, token, row, bearer=bearer)

    def alive(self, token: str) -> bool:
        """Whether this login still stands, without touching it: for streams that outlive their request."""
        row = self._rows.get_login(digest(token))
        return row is not None and self._standing(row, self._now_us()) is not None

    def end(self, token: str) -> None:
        self._rows.drop_login(digest(token))

    def end_row(self, token_sha256: bytes) -> None:
        """End the login of which this is kept."""
        self._rows.drop_login(token_sha256)

    def _standing(self, row: LoginRow, now_us: int) -> StaffCard | None:
        """Whose login this is, while it stands."""
        card = self._staff(row.user)
        too_old = now_us - row.began_us > self._age_us or now_us - row.used_us > self._idle_us
        return None if too_old or card is None or not card.active else card

    def _login(self, card: StaffCard, token: str, row: LoginRow, *, bearer: bool) -> Login:
        powers = self._powers(card)
        return Login(
            user=card.user,
            name=card.name,
            roles=card.roles,
            csrf="" if bearer else csrf_of(token),
            powers=powers,
            looking=self._looking,
            device=row.device,
            language=card.language,
            factor_due=self._factor_due(card, powers),
        )


def digest(token: str) -> bytes:
    """What is stored of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def csrf_of(token: str) -> str:
    """The form token belonging to a login, derived, so that nothing more is stored (HMAC-SHA256, 43 characters)."""
    mac = hmac.new(token.encode(), b"vitrine form token", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
