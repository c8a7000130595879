"""Somebody else's word for one act of one person: over the words that were shown, for a minute, once.

In memory only: after a restart it is asked again. Monotonic µs are passed in, so that a clock that is set prolongs
nothing. Used on the loop thread.
"""

import hashlib
from typing import Final

import msgspec

from contract.ids import UserId
from trade.acts import AnyAct

ASKED_FOR_US: Final = 600_000_000
"""So long a refusal may wait for somebody to come to the till."""
GOOD_FOR_US: Final = 60_000_000
ASKED_MAX: Final = 200

_encode: Final = msgspec.json.Encoder(order="deterministic").encode


class ApprovalError(Exception):
    """This cannot be approved so; the message says what to do."""


class Approval(msgspec.Struct, frozen=True):
    """Who approved, and the sentence they saw."""

    by: UserId
    over: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An act that was refused to this person until somebody else approves it. `words`: the refusal."""

    act: AnyAct
    by: UserId
    words: str
    asked_us: int
    approved_by: UserId = UserId("")
    approved_us: int = 0


class Approvals:
    """What waits for somebody's word, and the words that were given, by the digest of act and person."""

    def __init__(self, asked_max: int = ASKED_MAX) -> None:
        self.asked_max = asked_max
        self.asked_evicted_total = 0
        self._asked: dict[str, Asked] = {}

    def ask(self, act: AnyAct, by: UserId, words: str, mono_us: int) -> str:
        """Keeps what was refused; returns its digest. Asked again, an approval given before is gone."""
        digest = digest_of(act, by)
        self._asked.pop(digest, None)  # the newest stands last, the oldest goes first
        self._asked[digest] = Asked(act=act, by=by, words=words, asked_us=mono_us)
        while len(self._asked) > self.asked_max:
            del self._asked[next(iter(self._asked))]
            self.asked_evicted_total += 1
        return digest

    def waiting(self, digest: str, asker: UserId, mono_us: int) -> Asked:
        """What this digest asks for `asker`. Raises `ApprovalError` when nothing does any more."""
        asked = self._asked.get(digest)
        if asked is None or asked.by != asker or mono_us - asked.asked_us > ASKED_FOR_US:
            raise ApprovalError("Nothing waits to be approved here any more: do it again, and look at what is shown.")
        return asked

    def approve(self, digest: str, asker: UserId, by: UserId, mono_us: int) -> Asked:
        """`by` proved with their PIN who they are. Raises `ApprovalError` for one's own act, and when nothing waits."""
        asked = self.waiting(digest, asker, mono_us)
        if asked.by == by:
            raise ApprovalError("You asked for this yourself: somebody else looks at it and approves it.")
        approved = msgspec.structs.replace(asked, approved_by=by, approved_us=mono_us)
        self._asked[digest] = approved
        return approved

    def use(self, act: AnyAct, by: UserId, mono_us: int) -> Approval | None:
        """The word given for just this act of this person, if it was in the last minute. It is used up by asking."""
        digest = digest_of(act, by)
        asked = self._asked.get(digest)
        if asked is None or not asked.approved_by:
            return None
        del self._asked[digest]
        if mono_us - asked.approved_us > GOOD_FOR_US:
            return None
        return Approval(by=asked.approved_by, over=asked.words)


def digest_of(act: AnyAct, by: UserId) -> str:
    """SHA-256 over everything the act says and who does it, hex."""
    return hashlib.sha256(by.encode() + b"\n" + _encode(act)).hexdigest()
