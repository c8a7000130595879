"""A serial module's connection as a table: (state, what was heard) → (next state, what to say). No input or output.

One table for all families: a family that has no words for something says nothing, and that is done at once. It begins
by telling the module to stop, because a module that was reading when we last went away reads on, and because the answer
proves baud rate and dialect. READING is entered only on evidence: an answer to START, a tag, or the end of a round.
"""

from enum import StrEnum
from typing import Final

from edge.readers.drawing import drawn


class State(StrEnum):
    OFFLINE = "offline"
    PROBING = "probing"
    IDENTIFYING = "identifying"
    PLACING = "placing"
    POWERING = "powering"
    TUNING = "tuning"
    STARTING = "starting"
    READING = "reading"
    VARYING = "varying"
    """Stopped, to be set for another look of a count; then as at the beginning, from the power on."""
    PAUSING = "pausing"
    ACCESSING = "accessing"
    REFUSED = "refused"


class Heard(StrEnum):
    """What reached us, from the wire, from the clock or from above."""

    OPENED = "opened"
    """The port is open; whether a module is behind it is not known."""
    DONE = "done"
    """All that was asked has been answered well."""
    REFUSED = "refused"
    """The module answered with an error."""
    ROUND = "round"
    """A tag, or the end of a round without one: the module reads."""
    ENDED = "ended"
    """The inventory we started has ended by itself."""
    FAILED = "failed"
    """The module says that it cannot read now, and why: too hot, no antenna."""
    QUIET = "quiet"
    """Not even the end of an empty round for a while: ended unsaid, restarted, or dead. To stop it tells which."""
    WANTED = "wanted"
    """Somebody wants a tag read or written."""
    VARIED = "varied"
    """Another look is wanted than the one that is set, or the one that was set was refused."""
    LATE = "late"
    """No answer in time."""
    DAMAGED = "damaged"
    """Bytes, but no frame among them: noise, or another baud rate."""
    LOST = "lost"
    """The port is gone: unplugged, or its driver failed."""


class Say(StrEnum):
    NOTHING = "nothing"
    HALT = "halt"
    IDENTIFY = "identify"
    ASK_SETTINGS = "ask_settings"
    """Region and power as they stand; only an inquiry asks for them."""
    SET_REGION = "set_region"
    SET_POWER = "set_power"
    SET_AIR = "set_air"
    """Session, target, Q, antennas, whatever else the family needs before it reads."""
    START = "start"
    ACCESS = "access"
    """What somebody wants of a tag; nothing when nobody does."""
    HANG_UP = "hang_up"


Row = tuple[State, Say]
S, H = State, Heard

ANSWERS: Final[dict[tuple[State, Heard], Row]] = {
    (S.OFFLINE, H.OPENED): (S.PROBING, Say.HALT),
    (S.PROBING, H.DONE): (S.IDENTIFYING, Say.IDENTIFY),
    # an error is an answer too: this one was not reading
    (S.PROBING, H.REFUSED): (S.IDENTIFYING, Say.IDENTIFY),
    (S.IDENTIFYING, H.DONE): (S.PLACING, Say.SET_REGION),
    (S.IDENTIFYING, H.REFUSED): (S.PLACING, Say.SET_REGION),
    (S.PLACING, H.DONE): (S.POWERING, Say.SET_POWER),
    # nobody may transmit in a region or with a power that was not granted
    (S.PLACING, H.REFUSED): (S.REFUSED, Say.HANG_UP),
    (S.POWERING, H.DONE): (S.TUNING, Say.SET_AIR),
    (S.POWERING, H.REFUSED): (S.REFUSED, Say.HANG_UP),
    (S.TUNING, H.DONE): (S.STARTING, Say.START),
    (S.TUNING, H.REFUSED): (S.REFUSED, Say.HANG_UP),
    (S.STARTING, H.DONE): (S.READING, Say.NOTHING),
    (S.STARTING, H.ROUND): (S.READING, Say.NOTHING),
    # a whole round was over before we looked
    (S.STARTING, H.ENDED): (S.READING, Say.START),
    (S.STARTING, H.REFUSED): (S.REFUSED, Say.HANG_UP),
    (S.READING, H.ENDED): (S.READING, Say.START),
    # shown with its reason, and tried again after a rest: a module that cannot read is no witness
    (S.STARTING, H.FAILED): (S.REFUSED, Say.HANG_UP),
    (S.READING, H.FAILED): (S.REFUSED, Say.HANG_UP),
    (S.READING, H.REFUSED): (S.PAUSING, Say.HALT),
    # perhaps its power failed for a moment: it forgot region and power, so nothing is taken for granted
    (S.READING, H.QUIET): (S.PROBING, Say.HALT),
    (S.READING, H.WANTED): (S.PAUSING, Say.HALT),
    (S.READING, H.VARIED): (S.VARYING, Say.HALT),
    (S.VARYING, H.DONE): (S.POWERING, Say.SET_POWER),
    (S.VARYING, H.REFUSED): (S.POWERING, Say.SET_POWER),
    # a look that is refused is set back to what was granted before
    (S.POWERING, H.VARIED): (S.POWERING, Say.SET_POWER),
    (S.TUNING, H.VARIED): (S.POWERING, Say.SET_POWER),
    (S.STARTING, H.VARIED): (S.VARYING, Say.HALT),
    (S.PAUSING, H.DONE): (S.ACCESSING, Say.ACCESS),
    (S.PAUSING, H.REFUSED): (S.ACCESSING, Say.ACCESS),
    (S.ACCESSING, H.DONE): (S.STARTING, Say.START),
    (S.ACCESSING, H.REFUSED): (S.STARTING, Say.START),
}
"""Rows of one state each."""

ENDS: Final = (H.LATE, H.DAMAGED, H.LOST)
"""Heard in any connected state, and the end of it: the driver opens the port again."""

CONNECTED_STATES: Final = tuple(state for state in State if state not in (S.OFFLINE, S.REFUSED))


def _table() -> dict[tuple[State, Heard], Row]:
    rows = dict(ANSWERS)
    rows[S.REFUSED, H.OPENED] = (S.PROBING, Say.HALT)
    state: State
    for state in CONNECTED_STATES:
        rows.update({(state, heard): (S.OFFLINE, Say.HANG_UP) for heard in ENDS})
    return rows


TABLE: Final = _table()


def step(state: State, heard: Heard) -> Row:
    """The row; what has none is no news in this state (a late tag, the end of a round while we pause)."""
    return TABLE.get((state, heard), (state, Say.NOTHING))


def diagram() -> str:
    """The table as Markdown, with the rows of one state each drawn."""
    again = ((S.REFUSED, H.OPENED), TABLE[S.REFUSED, H.OPENED])
    title = "The connection of a serial module"
    return drawn(title, "edge/readers/serial/connection.py", [*ANSWERS.items(), again], TABLE.items())
