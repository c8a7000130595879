"""One-use tickets from the registers: given over a box's own line, used up by the browser that shows one.

What waits to be used is in memory alone: a ticket of before a restart opens nothing. Who comes in by one may look for
ten minutes, change nothing and take no list out. What is kept by store they see at the store of that till alone, and
they have none of the powers that want a second factor: a box said that a PIN proved them.
"""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock
from typing import Final, NamedTuple

from cloud import changes
from cloud.desk import Desk
from cloud.work import Work
from contract.feed import StaffCard
from contract.ids import StoreId, UserId
from contract.tickets import GOOD_FOR_S, PAGES, PATH_CHARS_MAX
from trade.permissions import MONEY_OR_PEOPLE
from web.logins import Logins, MemoryLogins, NewLogin
from web.powers import NONE, Powers
from web.problems import ProblemError
from web.words import _

TICKET_BYTES: Final = 32
WAITING_MAX: Final = 1_000
LOOK_US: Final = 600_000_000
"""How long somebody who came by a ticket may look."""
PER_HOUR_MAX: Final = 60
"""Of one store: more than its people open. The office has only the box's word that somebody gave a PIN, so that this
bounds what a stolen one can look at before its certificate is taken back (docs/adr/0040)."""
HOUR_US: Final = 3_600_000_000
CASE: Final = "tickets"


class Waiting(NamedTuple):
    user: UserId
    store: StoreId
    path: str
    until_us: int


class Tickets:
    """Gives and takes tickets; `logins` are those of people who came in by one."""

    def __init__(
        self, desk: Desk, staff: Callable[[UserId], StaffCard | None], powers: Callable[[StaffCard], Powers],
        chance: Callable[[int], bytes],
    ) -> None:  # fmt: skip
        self._desk = desk
        self._staff = staff
        self._chance = chance
        self._waiting: OrderedDict[bytes, Waiting] = OrderedDict()
        self._given: dict[StoreId, deque[int]] = {}
        """When each store was given its last `PER_HOUR_MAX`."""
        self._at: dict[UserId, StoreId] = {}
        """From which store's till each person came last."""
        self._lock = Lock()
        self.logins = Logins(
            MemoryLogins(), staff, now_us=desk.now_us, chance=chance,
            powers=lambda card: lesser(powers(card), self._at.get(card.user)), idle_us=LOOK_US, age_us=LOOK_US,
            looking=True,
        )  # fmt: skip

    def give(self, store: StoreId, user: UserId, path: str) -> str:
        """A ticket's token. Raises a 403 or 422 problem; each one given is kept among the office's changes."""
        if len(path) > PATH_CHARS_MAX or PAGES.fullmatch(path) is None:
            raise ProblemError(422, "page", _("No till opens this page"), _("Sign in at the office for it."))
        card = self._staff(user)
        if card is None or not card.active or (card.stores and store not in card.stores):
            title = _("Nobody of this store is called that at the office")
            raise ProblemError(403, "person", title, _("Ask an admin to name them at this store."))
        self._bound(store)
        token = self._chance(TICKET_BYTES).hex()
        with self._desk.work() as work:
            _note(work, store, user, path)
            waiting = Waiting(user, store, path, work.now_us + GOOD_FOR_S * 1_000_000)
        with self._lock:
            self._waiting[_digest(token)] = waiting
            while len(self._waiting) > WAITING_MAX:
                self._waiting.popitem(last=False)
        return token

    def _bound(self, store: StoreId) -> None:
        """Raises a 429 problem above `PER_HOUR_MAX`; a case then says so at the office, once an hour."""
        now_us = self._desk.now_us()
        with self._lock:
            given = self._given.setdefault(store, deque(maxlen=PER_HOUR_MAX))
            if len(given) < PER_HOUR_MAX or given[0] <= now_us - HOUR_US:
                given.append(now_us)
                return
        sentence = (
            f"The box of {store} asked for more than {PER_HOUR_MAX} openings of the office's pages within an hour. "
            "Was it stolen? Then take its certificate back with `vitrine revoke`."
        )
        with self._desk.work() as work:
            work.open_case(CASE, sentence, store=store, ref=str(now_us // HOUR_US), goes_on=True)
        title = _("This store opened too many pages of the office")
        raise ProblemError(429, "tickets", title, _("Go on in an hour, or sign in at the office."))

    def use(self, token: str) -> tuple[NewLogin, str] | None:
        """The login and the page this ticket is good for, once; None when it is used, late, or was never given."""
        with self._lock:
            waiting = self._waiting.pop(_digest(token), None)
        if waiting is None or waiting.until_us <= self._desk.now_us():
            return None
        self._at[waiting.user] = waiting.store
        new = self.logins.begin(waiting.user)
        return None if new is None else (new, waiting.path)


def lesser(powers: Powers, store: StoreId | None) -> Powers:
    """What they may at this store, without what wants a second factor."""
    if store is None or not powers.of(store):
        return NONE
    return Powers(house=powers.at(store) - MONEY_OR_PEOPLE, only=(store,))


def _note(work: Work, store: StoreId, user: UserId, path: str) -> None:
    changes.note(
        work, "ticket", user, by=user, why="Opened from a till of the store", was={}, now={"page": path}, store=store
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
