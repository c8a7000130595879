"""One AccessSpec at a time as a table: (state, what was heard) → (next state, what to say, how the access ends).

It runs beside the connection: reads of all other tags go on. An access that was told to have failed must not be done
later by a reader that kept it, so one that found no tag is disabled before its end is told, and each is deleted after.
Whatever happened, the next ADD_ACCESSSPEC begins from nothing of ours. No input or output here.
"""

from enum import StrEnum
from typing import Final


class AccessState(StrEnum):
    CLOSED = "closed"
    IDLE = "idle"
    ADDING = "adding"
    ENABLING = "enabling"
    AWAITING = "awaiting"
    DISABLING = "disabling"
    DELETING = "deleting"


class AccessHeard(StrEnum):
    """What reached us, from the wire, from the clock or from who wants something of a tag."""

    READING = "reading"
    """The connection reads: our ROSpec runs, and an AccessSpec can be bound to it."""
    ASKED = "asked"
    """An access waits, and it is its turn."""
    DONE = "done"
    """The pending request succeeded."""
    REFUSED = "refused"
    """The pending request was answered by an error status or an ERROR_MESSAGE."""
    RESULT = "result"
    """A tag report carries the result of our OpSpec."""
    LATE = "late"
    """No answer, or no tag, in time; or who asked gave up."""
    GONE = "gone"
    """The connection ended: lost, silent, rebooted."""


class AccessSay(StrEnum):
    NOTHING = "nothing"
    ADD = "add_accessspec"
    ENABLE = "enable_accessspec"
    DISABLE = "disable_accessspec"
    DELETE = "delete_accessspec"


class End(StrEnum):
    """How an access ends for who asked; each but `RESULT` has its error."""

    RESULT = "result"
    """As the result says."""
    REFUSED = "refused"
    """`MisconfiguredError` in the reader's words."""
    UNANSWERED = "unanswered"
    """`UnreachableError`: the reader did not say how it ended; the tag may have done it all the same."""
    NO_TAG = "no_tag"
    """`TagError`: no such tag came by, and it is certain that none will be written any more."""
    LOST = "lost"
    """`UnreachableError`: the connection ended; the tag may have done it."""


Row = tuple[AccessState, AccessSay, End | None]
S, H, Say = AccessState, AccessHeard, AccessSay

ANSWERS: Final[dict[tuple[AccessState, AccessHeard], Row]] = {
    (S.CLOSED, H.READING): (S.IDLE, Say.NOTHING, None),
    (S.IDLE, H.ASKED): (S.ADDING, Say.ADD, None),
    (S.ADDING, H.DONE): (S.ENABLING, Say.ENABLE, None),
    # perhaps one of ours was left over: delete it, and the next is taken
    (S.ADDING, H.REFUSED): (S.DELETING, Say.DELETE, End.REFUSED),
    (S.ADDING, H.LATE): (S.DELETING, Say.DELETE, End.UNANSWERED),
    (S.ENABLING, H.DONE): (S.AWAITING, Say.NOTHING, None),
    # a report may be quicker than the answer to ENABLE_ACCESSSPEC
    (S.ENABLING, H.RESULT): (S.DELETING, Say.DELETE, End.RESULT),
    (S.ENABLING, H.REFUSED): (S.DELETING, Say.DELETE, End.REFUSED),
    (S.ENABLING, H.LATE): (S.DELETING, Say.DELETE, End.UNANSWERED),
    (S.AWAITING, H.RESULT): (S.DELETING, Say.DELETE, End.RESULT),
    (S.AWAITING, H.LATE): (S.DISABLING, Say.DISABLE, None),
    (S.DISABLING, H.RESULT): (S.DELETING, Say.DELETE, End.RESULT),
    (S.DISABLING, H.DONE): (S.DELETING, Say.DELETE, End.NO_TAG),
    # it is disabled or gone already, or this reader knows no DISABLE_ACCESSSPEC; only the first would be certain
    (S.DISABLING, H.REFUSED): (S.DELETING, Say.DELETE, End.UNANSWERED),
    (S.DISABLING, H.LATE): (S.DELETING, Say.DELETE, End.UNANSWERED),
    (S.DELETING, H.DONE): (S.IDLE, Say.NOTHING, None),
    # most have deleted it by themselves after its one operation (LLRP 1.1 §17.2.5.1.1)
    (S.DELETING, H.REFUSED): (S.IDLE, Say.NOTHING, None),
    (S.DELETING, H.LATE): (S.IDLE, Say.NOTHING, None),
}
"""Rows of one state each."""

UNDER_WAY: Final = (S.ADDING, S.ENABLING, S.AWAITING, S.DISABLING)
"""An access waits for its end."""


def _table() -> dict[tuple[AccessState, AccessHeard], Row]:
    rows = dict(ANSWERS)
    state: AccessState
    for state in AccessState:
        if state is not S.CLOSED:
            rows[state, H.GONE] = (S.CLOSED, Say.NOTHING, End.LOST if state in UNDER_WAY else None)
    return rows


TABLE: Final = _table()


def step(state: AccessState, heard: AccessHeard) -> Row:
    """The row; what has none is no news in this state (a result nobody waits for, a late answer)."""
    return TABLE.get((state, heard), (state, Say.NOTHING, None))


def diagram() -> str:
    """The table as Markdown: a Mermaid diagram of `ANSWERS` and the whole table below it."""
    lines = [
        "# An access to a tag over LLRP",
        "",
        "Generated from `edge/readers/llrp/access.py`; do not edit. A test compares the two.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> closed",
    ]
    for (state, heard), (then, say, end) in ANSWERS.items():
        said = "" if say is Say.NOTHING else f" / {say}"
        lines.append(f"    {state} --> {then}: {heard}{said}" + (f" ({end})" if end else ""))
    lines += ["```", "", "| state | heard | next | say | the access ends |", "|---|---|---|---|---|"]
    lines += [
        f"| {state} | {heard} | {then} | {say} | {end or ''} |" for (state, heard), (then, say, end) in TABLE.items()
    ]
    return "\n".join(lines) + "\n"
