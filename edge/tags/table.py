"""Commissioning one tag as a table: (state, what was heard) → (next state, what to say). No input or output here.

Whatever fails on the way leads back to the start, where the tag is found again by its TID and what is done already is
found done: resuming after a power cut is the ordinary way, not another one. BINDING is reached only through
READING_BACK.
"""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    WAITING = "waiting"
    """The pad's reader does not read."""
    SINGULATING = "singulating"
    """For a named time only one EPC may answer on the pad."""
    READING_TID = "reading_tid"
    """Several times: two tags may answer with one EPC."""
    KEEPING = "keeping"
    """Before anything is written the books know: this TID, this piece, this EPC."""
    PROBING = "probing"
    """Whether the access password can be read by anybody: then the tag is not locked."""
    TRYING_OURS = "trying_ours"
    """It is locked: by us?"""
    CHECKING = "checking"
    """Whether it has its EPC already."""
    WRITING = "writing"
    VERIFYING = "verifying"
    LISTENING = "listening"
    """The old EPC must not answer any more: a second tag that had the same EPC would."""
    KEYING = "keying"
    """Access password, then the lock that needs it."""
    LOCKING = "locking"
    PROVING_LOCK = "proving_lock"
    """Who does not know the password must not be able to write."""
    PROVING_KEY = "proving_key"
    """Who knows it must."""
    READING_BACK = "reading_back"
    """What the piece will be bound to."""
    BINDING = "binding"
    DONE = "done"
    REFUSED = "refused"


class Heard(StrEnum):
    """What reached us: from the pad, from the tag, from the books, from a person or from the clock."""

    READING = "reading"
    """The pad's reader reads."""
    ALONE = "alone"
    """One EPC answered all the time."""
    SEVERAL = "several"
    """More than one tag answered, however weakly."""
    NOBODY = "nobody"
    """Nothing answered in time."""
    DONE = "done"
    """The act did what it should, and what was read is what was expected."""
    OTHER = "other"
    """Something else was read."""
    FAILED = "failed"
    """The tag did not do it (`TagError`)."""
    GONE = "gone"
    """The reader did not answer (`UnreachableError`); the tag may have done it."""
    CANNOT = "cannot"
    """The reader will never do it (`MisconfiguredError`)."""
    DENIED = "denied"
    """The books, or the rules, say no."""
    SPENT = "spent"
    """It went wrong too often, or took too long."""
    ABANDONED = "abandoned"
    """A person gave up."""


class Say(StrEnum):
    NOTHING = "nothing"
    LISTEN = "listen"
    READ_TID = "read_tid"
    KEEP = "keep"
    READ_KEY = "read_key"
    """The access password's memory, with no password."""
    READ_KEY_WITH_OURS = "read_key_with_ours"
    READ_EPC = "read_epc"
    WRITE_EPC = "write_epc"
    LISTEN_AGAIN = "listen_again"
    WRITE_KEY = "write_key"
    LOCK = "lock"
    WRITE_AS_A_STRANGER = "write_as_a_stranger"
    """The same EPC, with no password: changes nothing even where it succeeds."""
    BIND = "bind"


Row = tuple[State, Say]
S, H = State, Heard
AGAIN: Final[Row] = (S.SINGULATING, Say.LISTEN)
NO: Final[Row] = (S.REFUSED, Say.NOTHING)

ANSWERS: Final[dict[tuple[State, Heard], Row]] = {
    (S.WAITING, H.READING): AGAIN,
    (S.SINGULATING, H.ALONE): (S.READING_TID, Say.READ_TID),
    (S.SINGULATING, H.SEVERAL): NO,
    (S.SINGULATING, H.NOBODY): NO,
    (S.READING_TID, H.DONE): (S.KEEPING, Say.KEEP),
    (S.READING_TID, H.OTHER): NO,
    (S.KEEPING, H.DONE): (S.PROBING, Say.READ_KEY),
    (S.KEEPING, H.DENIED): NO,
    (S.PROBING, H.DONE): (S.CHECKING, Say.READ_EPC),
    (S.PROBING, H.FAILED): (S.TRYING_OURS, Say.READ_KEY_WITH_OURS),
    (S.TRYING_OURS, H.DONE): (S.CHECKING, Say.READ_EPC),
    (S.CHECKING, H.DONE): (S.LISTENING, Say.LISTEN_AGAIN),
    (S.CHECKING, H.OTHER): (S.WRITING, Say.WRITE_EPC),
    (S.WRITING, H.DONE): (S.VERIFYING, Say.READ_EPC),
    (S.VERIFYING, H.DONE): (S.LISTENING, Say.LISTEN_AGAIN),
    (S.LISTENING, H.ALONE): (S.KEYING, Say.WRITE_KEY),
    (S.LISTENING, H.SEVERAL): NO,
    (S.LISTENING, H.NOBODY): AGAIN,
    (S.KEYING, H.DONE): (S.LOCKING, Say.LOCK),
    (S.LOCKING, H.DONE): (S.PROVING_LOCK, Say.WRITE_AS_A_STRANGER),
    (S.PROVING_LOCK, H.FAILED): (S.PROVING_KEY, Say.READ_KEY_WITH_OURS),
    # it said that it is locked, and lets anybody write
    (S.PROVING_LOCK, H.DONE): NO,
    (S.PROVING_KEY, H.DONE): (S.READING_BACK, Say.READ_EPC),
    (S.READING_BACK, H.DONE): (S.BINDING, Say.BIND),
    (S.BINDING, H.DONE): (S.DONE, Say.NOTHING),
    (S.BINDING, H.DENIED): NO,
}
"""Rows of one state each."""

ENDS: Final = (S.DONE, S.REFUSED)
AT_THE_TAG: Final = tuple(s for s in State if s not in (*ENDS, S.WAITING, S.SINGULATING, S.KEEPING, S.BINDING))


def _table() -> dict[tuple[State, Heard], Row]:
    rows = dict(ANSWERS)
    state: State
    for state in AT_THE_TAG:
        for heard in (H.OTHER, H.FAILED):
            rows.setdefault((state, heard), AGAIN)
        rows[state, H.CANNOT] = NO
    for state in (*AT_THE_TAG, S.SINGULATING):
        rows[state, H.GONE] = (S.WAITING, Say.NOTHING)
    for state in State:
        if state not in (*ENDS, S.BINDING):
            rows[state, H.SPENT] = NO
            rows[state, H.ABANDONED] = NO
    return rows


TABLE: Final = _table()
"""What has no row is no news in that state."""


def diagram() -> str:
    """The table as Markdown: a Mermaid diagram of `ANSWERS` and the whole table below it."""
    lines = [
        "# Commissioning a tag",
        "",
        "Generated from `edge/tags/table.py`; do not edit. A test compares the two.",
        "",
        "What fails at the tag leads back to `singulating`, a reader that does not answer to `waiting`; both are left",
        "out of the drawing and stand in the table below it.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {S.WAITING}",
    ]
    for (state, heard), (then, say) in ANSWERS.items():
        lines.append(f"    {state} --> {then}: {heard}" + ("" if say is Say.NOTHING else f" / {say}"))
    lines += [f"    {state} --> [*]" for state in ENDS]
    lines += ["```", "", "| state | heard | next | say |", "|---|---|---|---|"]
    lines += [f"| {state} | {heard} | {then} | {say} |" for (state, heard), (then, say) in TABLE.items()]
    return "\n".join(lines) + "\n"
