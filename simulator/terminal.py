"""A card terminal with a bank behind it, and its troubles. What clients were truly charged stands in `charges`.

Names are the till's: a name asked for twice is answered with the first result, as nexo and Stripe both promise.
"""

from collections import deque
from enum import StrEnum
from typing import Final

import msgspec

CARD: Final = {"brand": "visa", "last4": "4242"}
KEPT_MAX: Final = 10_000


class Trouble(StrEnum):
    """What befalls the next request, one by one."""

    NONE = "none"
    DECLINE = "decline"
    PARTIAL = "partial"
    """The bank gives half."""
    LOST_BEFORE = "lost before"
    """The request never arrives."""
    LOST_AFTER = "lost after"
    """Charged, and the answer never arrives."""
    REBOOT_BEFORE = "reboot before"
    """Restarts with the client before it: nothing is charged, and it remembers no request."""
    REBOOT_AFTER = "reboot after"
    """Restarts after the bank's yes: charged, remembered, never said."""
    SLOW = "slow"
    """The client looks for the card until `client_pays` or the till stops it."""


class LostError(Exception):
    """No answer leaves the terminal."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What the terminal remembers of a request. `paid_minor` 0: refused, and `why`."""

    paid_minor: int = 0
    why: str = ""
    offline: bool = False
    pending: bool = False


class Terminal:
    """`line_up`: it reaches the bank. Without, it stores up to `offline_left_minor` in all, where the till lets it."""

    def __init__(self, *, offline_left_minor: int = 0) -> None:
        self.troubles: deque[Trouble] = deque()
        self.line_up = True
        self.answers_lost = 0
        """So many of the next answers to anything but a request get lost on their way."""
        self.settled = False
        """Once the day is settled nothing is cancelled any more, only paid back."""
        self.keeps = False
        """Pays nothing back."""
        self.offline_left_minor = offline_left_minor
        self.charges: dict[str, int] = {}
        """By name: what the client has paid and not got back."""
        self.charged_times: dict[str, int] = {}
        self.paid_back: dict[str, int] = {}
        """By the name of a refund: what went back to the card."""
        self._known: dict[str, Result] = {}
        self._returned: dict[str, bool] = {}
        self._amounts: dict[str, int] = {}

    def pay(self, name: str, amount_minor: int, *, offline: bool = False) -> Result:
        """Raises `LostError` when the till will hear nothing."""
        if name in self._known:
            return self._answer(self._known[name])
        trouble = self.troubles.popleft() if self.troubles else Trouble.NONE
        if trouble in {Trouble.LOST_BEFORE, Trouble.REBOOT_BEFORE}:
            raise LostError(trouble)
        if len(self._known) >= KEPT_MAX:
            return Result(why="the memory is full: settle the day")
        self._amounts[name] = amount_minor
        if trouble is Trouble.SLOW:
            self._known[name] = Result(pending=True)
            raise LostError(trouble)
        self._known[name] = self._charge(name, amount_minor, trouble, offline=offline)
        if trouble in {Trouble.LOST_AFTER, Trouble.REBOOT_AFTER}:
            raise LostError(trouble)
        return self._known[name]

    def client_pays(self) -> None:
        """Who was slow pays at last."""
        for name, result in self._known.items():
            if result.pending:
                self._known[name] = self._charge(name, self._amounts[name], Trouble.NONE, offline=False)

    def status(self, name: str) -> Result | None:
        """None: never heard of."""
        self._may_be_lost()
        return self._known.get(name)

    def stop(self, name: str) -> None:
        """The client is told to put the card away. A name never heard of will not be charged later either."""
        self._may_be_lost()
        known = self._known.get(name)
        if known is None or known.pending:
            self._known[name] = Result(why="stopped at the till")

    def give_back(self, name: str, *, refund: bool) -> bool:
        """Cancel or refund all of a charge; whether that was done. Asked again, it is answered as before."""
        if name not in self._returned:
            allowed = name in self.charges and not self.keeps and (refund or not self.settled)
            if not allowed:
                self._may_be_lost()
                return False
            self.charges[name] = 0
            self._returned[name] = True
        self._may_be_lost()
        return True

    def pay_back(self, refund: str, of: str, amount_minor: int) -> int:
        """So much of a charge back to its card; 0: refused. By one name it happens once. Troubles befall it too.

        Raises `LostError` when the till will hear nothing.
        """
        if refund in self.paid_back:
            self._may_be_lost()
            return self.paid_back[refund]
        trouble = self.troubles.popleft() if self.troubles else Trouble.NONE
        if trouble in {Trouble.LOST_BEFORE, Trouble.REBOOT_BEFORE}:
            raise LostError(trouble)
        left = self.charges.get(of, 0)
        refused = self.keeps or not self.line_up or trouble is Trouble.DECLINE or not 0 < amount_minor <= left
        paid = 0 if refused else max(amount_minor // 2, 1) if trouble is Trouble.PARTIAL else amount_minor
        if of in self.charges:
            self.charges[of] -= paid
        self.paid_back[refund] = paid
        if trouble in {Trouble.LOST_AFTER, Trouble.REBOOT_AFTER}:
            raise LostError(trouble)
        self._may_be_lost()
        return paid

    def refund_status(self, refund: str) -> int | None:
        """What went back by it; None: never heard of."""
        self._may_be_lost()
        return self.paid_back.get(refund)

    def returned(self, name: str) -> bool:
        """Whether a charge went back."""
        self._may_be_lost()
        return name in self._returned

    def _charge(self, name: str, amount_minor: int, trouble: Trouble, *, offline: bool) -> Result:
        if trouble is Trouble.DECLINE:
            return Result(why="declined")
        if not self.line_up:
            if not offline or amount_minor > self.offline_left_minor:
                return Result(why="no line, and too much to store")
            self.offline_left_minor -= amount_minor
        paid = max(amount_minor // 2, 1) if trouble is Trouble.PARTIAL else amount_minor
        self.charges[name] = paid
        self.charged_times[name] = self.charged_times.get(name, 0) + 1
        return Result(paid_minor=paid, offline=not self.line_up)

    def _answer(self, result: Result) -> Result:
        if result.pending:
            raise LostError(Trouble.SLOW)
        return result

    def _may_be_lost(self) -> None:
        if self.answers_lost:
            self.answers_lost -= 1
            raise LostError("answer")
