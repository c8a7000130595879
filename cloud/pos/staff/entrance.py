"""The office's door: a password, then a code of the app where one is set up. Both wait behind the same lock-out.

Between the two a person holds a ticket: who, until when, sealed with the office's secret and bound to the password it
was given for. It lets nobody in without a code, and needs no memory of any process.
"""

import base64
import binascii
import hashlib
import hmac
from enum import Enum, auto
from typing import Final, NamedTuple

import msgspec

from cloud.desk import Desk
from cloud.pos.staff import desk as staff
from cloud.pos.staff import factors
from cloud.work import Work
from contract.ids import UserId
from web.attempts import Attempts
from web.problems import ProblemError

TICKET_GOOD_US: Final = 300_000_000
TICKET_BYTES_MAX: Final = 1000


class Verdict(Enum):
    WRONG = auto()
    CODE_WANTED = auto()
    ADMITTED = auto()


class Answer(NamedTuple):
    verdict: Verdict
    user: UserId = UserId("")
    ticket: str = ""
    """For the second step, when a code is wanted."""


class _Ticket(msgspec.Struct, frozen=True, array_like=True):
    user: str
    until_us: int
    seal: bytes


class Entrance:
    """Checks who somebody is; the API and the sign-in page both use it."""

    def __init__(self, desk: Desk, passwords: staff.Passwords, attempts: Attempts) -> None:
        self._desk = desk
        self._passwords = passwords
        self._attempts = attempts

    def verified(self, user: str, password: str, code: str = "") -> Answer:
        """Raises a 429 problem while this name has to wait."""
        self._begin(user)
        named = UserId(user)
        with self._desk.look() as work:
            verifier, wants_code = staff.verifier_of(work, named), factors.has_factor(work.tx, named)
        if not self._passwords.fits(verifier, password):
            return Answer(Verdict.WRONG)
        if not wants_code:
            self._attempts.succeeded(user)
            return Answer(Verdict.ADMITTED, named)
        if not code:
            self._attempts.halfway(user)
            with self._desk.look() as work:
                return Answer(Verdict.CODE_WANTED, named, self._ticket(work, named))
        return self._proved(named, code)

    def continued(self, ticket: str, code: str) -> Answer:
        """The second step of somebody whose password fitted. Raises a 429 problem while this name has to wait."""
        with self._desk.look() as work:
            user = self._holder(work, ticket)
        if user is None:
            return Answer(Verdict.WRONG)
        self._begin(user)
        answer = self._proved(user, code)
        return answer if answer.verdict is Verdict.ADMITTED else Answer(Verdict.CODE_WANTED, user, ticket)

    def proves(self, user: UserId, code: str) -> bool:
        """Whether somebody who is signed in has this code. Raises a 429 problem while they have to wait."""
        self._begin(user)
        return self._proved(user, code).verdict is Verdict.ADMITTED

    def verifier(self, password: str, user: str) -> str:
        """What to keep of a new password. Raises `StaffError` for one that is too weak."""
        return self._passwords.verifier(password, user)

    def _begin(self, user: str) -> None:
        wait_us = self._attempts.begin(user, self._desk.mono_us())
        if wait_us:
            detail = f"Wait {wait_us // 1_000_000 + 1} seconds, then try again."
            raise ProblemError(429, "too-many-attempts", "Too many wrong passwords or codes", detail)

    def _proved(self, user: UserId, code: str) -> Answer:
        with self._desk.work() as work:
            fits = factors.prove(work, user, code, self._desk.sealing)
        if not fits:
            return Answer(Verdict.WRONG)
        self._attempts.succeeded(user)
        return Answer(Verdict.ADMITTED, user)

    def _ticket(self, work: Work, user: UserId) -> str:
        until_us = work.now_us + TICKET_GOOD_US
        made = _Ticket(user, until_us, _seal(work, user, until_us))
        return base64.urlsafe_b64encode(msgspec.msgpack.encode(made)).decode()

    def _holder(self, work: Work, ticket: str) -> UserId | None:
        try:
            told = msgspec.msgpack.decode(base64.urlsafe_b64decode(ticket[:TICKET_BYTES_MAX]), type=_Ticket)
        except (binascii.Error, ValueError, msgspec.DecodeError):
            return None
        user = UserId(told.user)
        good = hmac.compare_digest(told.seal, _seal(work, user, told.until_us)) and told.until_us > work.now_us
        return user if good else None


def _seal(work: Work, user: UserId, until_us: int) -> bytes:
    said = f"second step\n{user}\n{until_us}\n{staff.verifier_of(work, user)}"
    return hmac.new(work.secret, said.encode(), hashlib.sha256).digest()
