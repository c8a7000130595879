"""The LLRP connection as a table: (state, what was heard) → (next state, what to say). No input or output here.

Written for readers that refuse things: DELETE_ROSPEC 0, an immediate start trigger, ENABLE_EVENTS_AND_REPORTS; that
answer ERROR_MESSAGE; that are held by another client; that reboot in the middle; or that fall silent (rfid.md §2).
The state READING is entered only on evidence that our ROSpec runs: a connection is not yet a witness.
"""

from enum import StrEnum
from typing import Final

from edge.readers.drawing import drawn


class State(StrEnum):
    OFFLINE = "offline"
    GREETING = "greeting"
    EXTENDING = "extending"
    ASKING = "asking"
    IDENTIFYING = "identifying"
    CONFIGURING = "configuring"
    CLEARING = "clearing"
    CLEARING_OURS = "clearing_ours"
    CLEARING_ACCESS = "clearing_access"
    CLEARING_OUR_ACCESS = "clearing_our_access"
    ADDING = "adding"
    ENABLING = "enabling"
    STARTING = "starting"
    CHECKING = "checking"
    AWAITING_START = "awaiting_start"
    WAITING = "waiting"
    READING = "reading"
    VARYING = "varying"
    TURNED_AWAY = "turned_away"
    REFUSED = "refused"


class Heard(StrEnum):
    """What reached us, from the wire or from the clock."""

    CONNECTED = "connected"
    """TCP (and TLS) stands; the reader has not spoken."""
    GREETED = "greeted"
    """ConnectionAttemptEvent: success."""
    TURNED_AWAY = "turned_away"
    """ConnectionAttemptEvent: another connection exists already, or it failed for a reason of the reader's own."""
    DONE = "done"
    """The pending request succeeded."""
    REFUSED = "refused"
    """The pending request was answered by an error status or an ERROR_MESSAGE."""
    UNFIT = "unfit"
    """The reader told what it can do, and what we would ask of it is wrong for it."""
    RUNNING = "running"
    """GET_ROSPECS says that our ROSpec is active."""
    IDLE = "idle"
    """GET_ROSPECS says that our ROSpec is there and not active."""
    ARMED = "armed"
    """Our ROSpec is enabled and starts when an input of the reader says so."""
    STANDS = "stands"
    """The input stood so already when our ROSpec was enabled: no edge will start it."""
    QUIET = "quiet"
    """It is well, and has told no read and no start of ours for long: an empty case, or somebody stopped our ROSpec."""
    STARTED = "started"
    """ROSpecEvent: ours starts; or a tag report of ours."""
    STOPPED = "stopped"
    """ROSpecEvent: ours ended and does not start again by itself."""
    VARIED = "varied"
    """A count asks for another look: our ROSpec makes room for one that reads otherwise."""
    KEEPALIVE = "keepalive"
    ERROR = "error"
    """An ERROR_MESSAGE to nothing we wait for, such as our ENABLE_EVENTS_AND_REPORTS."""
    DISTRUSTED = "distrusted"
    """TLS stands, and the certificate is not one that a person has trusted: nothing was said to whoever it is."""
    LATE = "late"
    """The reader did not answer the pending request in time."""
    SILENCE = "silence"
    """No message, not even a KEEPALIVE, for longer than agreed."""
    REBOOTED = "rebooted"
    """The reader's uptime went backwards: its ROSpecs are gone."""
    CLOSED = "closed"
    """ConnectionCloseEvent: the reader takes its leave."""
    DAMAGED = "damaged"
    """The stream cannot be read any more."""
    LOST = "lost"
    """TCP ended: FIN, RST or a failed write."""


class Say(StrEnum):
    NOTHING = "nothing"
    ENABLE_EXTENSIONS = "enable_extensions"
    ASK_CAPABILITIES = "ask_capabilities"
    ASK_IDENTITY = "ask_identity"
    CONFIGURE = "configure"
    DELETE_ALL = "delete_all"
    DELETE_OURS = "delete_ours"
    DELETE_ALL_ACCESS = "delete_all_access"
    """AccessSpecs that a crash or another client left over would be done to our tags as soon as we read."""
    DELETE_OUR_ACCESS = "delete_our_access"
    ADD_ROSPEC = "add_rospec"
    ENABLE_ROSPEC = "enable_rospec"
    START_ROSPEC = "start_rospec"
    """ENABLE_EVENTS_AND_REPORTS, which has no answer where it is understood, then START_ROSPEC."""
    START_NOW = "start_now"
    """START_ROSPEC, for a ROSpec that waits for an edge."""
    CHECK = "check"
    """GET_ROSPECS."""
    ACKNOWLEDGE = "acknowledge"
    HANG_UP = "hang_up"


Row = tuple[State, Say]
S, H = State, Heard

ANSWERS: Final[dict[tuple[State, Heard], Row]] = {
    (S.OFFLINE, H.CONNECTED): (S.GREETING, Say.NOTHING),
    (S.OFFLINE, H.DISTRUSTED): (S.REFUSED, Say.HANG_UP),
    (S.GREETING, H.GREETED): (S.EXTENDING, Say.ENABLE_EXTENSIONS),
    (S.GREETING, H.TURNED_AWAY): (S.TURNED_AWAY, Say.HANG_UP),
    # a profile of a maker whose extensions the reader does not know would be refused at ADD_ROSPEC anyway
    (S.EXTENDING, H.DONE): (S.ASKING, Say.ASK_CAPABILITIES),
    (S.EXTENDING, H.REFUSED): (S.REFUSED, Say.HANG_UP),
    (S.ASKING, H.DONE): (S.IDENTIFYING, Say.ASK_IDENTITY),
    (S.ASKING, H.REFUSED): (S.IDENTIFYING, Say.ASK_IDENTITY),
    (S.ASKING, H.UNFIT): (S.REFUSED, Say.HANG_UP),
    # whoever it is, it may read: a person is told when it is another than before
    (S.IDENTIFYING, H.DONE): (S.CONFIGURING, Say.CONFIGURE),
    (S.IDENTIFYING, H.REFUSED): (S.CONFIGURING, Say.CONFIGURE),
    # without keepalives nobody can tell silence from an empty shop
    (S.CONFIGURING, H.DONE): (S.CLEARING, Say.DELETE_ALL),
    (S.CONFIGURING, H.REFUSED): (S.REFUSED, Say.HANG_UP),
    (S.CLEARING, H.DONE): (S.CLEARING_ACCESS, Say.DELETE_ALL_ACCESS),
    (S.CLEARING, H.REFUSED): (S.CLEARING_OURS, Say.DELETE_OURS),
    (S.CLEARING_OURS, H.DONE): (S.CLEARING_ACCESS, Say.DELETE_ALL_ACCESS),
    (S.CLEARING_OURS, H.REFUSED): (S.CLEARING_ACCESS, Say.DELETE_ALL_ACCESS),
    (S.CLEARING_ACCESS, H.DONE): (S.ADDING, Say.ADD_ROSPEC),
    (S.CLEARING_ACCESS, H.REFUSED): (S.CLEARING_OUR_ACCESS, Say.DELETE_OUR_ACCESS),
    # a reader without AccessSpecs refuses whatever is said of them
    (S.CLEARING_OUR_ACCESS, H.DONE): (S.ADDING, Say.ADD_ROSPEC),
    (S.CLEARING_OUR_ACCESS, H.REFUSED): (S.ADDING, Say.ADD_ROSPEC),
    (S.ADDING, H.DONE): (S.ENABLING, Say.ENABLE_ROSPEC),
    (S.ADDING, H.REFUSED): (S.REFUSED, Say.HANG_UP),
    # some readers ignore an immediate start trigger (rfid.md §2), so everyone is told to start
    (S.ENABLING, H.DONE): (S.STARTING, Say.START_ROSPEC),
    (S.ENABLING, H.REFUSED): (S.REFUSED, Say.HANG_UP),
    (S.STARTING, H.DONE): (S.READING, Say.NOTHING),
    (S.STARTING, H.STARTED): (S.READING, Say.NOTHING),
    # those that had started by themselves refuse: look whether it is that
    (S.STARTING, H.REFUSED): (S.CHECKING, Say.CHECK),
    (S.CHECKING, H.RUNNING): (S.READING, Say.NOTHING),
    (S.CHECKING, H.STARTED): (S.READING, Say.NOTHING),
    # between two periods of a periodic trigger, or never: wait for evidence, and hang up when none comes
    (S.CHECKING, H.IDLE): (S.AWAITING_START, Say.NOTHING),
    (S.CHECKING, H.REFUSED): (S.AWAITING_START, Say.NOTHING),
    (S.AWAITING_START, H.STARTED): (S.READING, Say.NOTHING),
    (S.READING, H.STOPPED): (S.STARTING, Say.START_ROSPEC),
    # keepalives come from a reader whose ROSpec another program stopped, too (its web page, a second protocol)
    (S.READING, H.QUIET): (S.READING, Say.CHECK),
    (S.READING, H.VARIED): (S.VARYING, Say.DELETE_OURS),
    (S.VARYING, H.DONE): (S.ADDING, Say.ADD_ROSPEC),
    # it had ended by itself: there is none to delete
    (S.VARYING, H.REFUSED): (S.ADDING, Say.ADD_ROSPEC),
    (S.STARTING, H.ARMED): (S.WAITING, Say.NOTHING),
    # a start by hand that was refused, because its door was shut meanwhile: the next edge starts it
    (S.CHECKING, H.ARMED): (S.WAITING, Say.NOTHING),
    (S.WAITING, H.STARTED): (S.READING, Say.NOTHING),
    (S.WAITING, H.STANDS): (S.STARTING, Say.START_NOW),
}
"""Rows of one state each."""

ASIDE: Final[dict[Heard, Say]] = {H.KEEPALIVE: Say.ACKNOWLEDGE, H.ERROR: Say.NOTHING, H.STARTED: Say.NOTHING}
"""Heard in any connected state without leaving it, where `ANSWERS` has no row."""

ENDS: Final[dict[Heard, Say]] = {
    H.LATE: Say.HANG_UP,
    H.SILENCE: Say.HANG_UP,
    H.REBOOTED: Say.HANG_UP,
    H.CLOSED: Say.HANG_UP,
    H.DAMAGED: Say.HANG_UP,
    H.LOST: Say.HANG_UP,
}
"""Heard in any connected state, and the end of it: the driver connects again."""

CONNECTED_STATES: Final = tuple(state for state in State if state not in (S.OFFLINE, S.TURNED_AWAY, S.REFUSED))
RESTING_STATES: Final = (S.TURNED_AWAY, S.REFUSED)
"""We hung up and will try again; the state keeps the reason for people until the next attempt."""


def _table() -> dict[tuple[State, Heard], Row]:
    rows = dict(ANSWERS)
    state: State
    for state in CONNECTED_STATES:
        for heard, say in ASIDE.items():
            rows.setdefault((state, heard), (state, say))
        for heard, say in ENDS.items():
            rows[state, heard] = (S.OFFLINE, say)
    for state in RESTING_STATES:
        rows[state, H.CONNECTED] = (S.GREETING, Say.NOTHING)
        rows[state, H.DISTRUSTED] = (S.REFUSED, Say.HANG_UP)
    return rows


TABLE: Final = _table()


def step(state: State, heard: Heard) -> Row:
    """The row; what has none is no news in this state (a late answer, an event about others)."""
    return TABLE.get((state, heard), (state, Say.NOTHING))


def diagram() -> str:
    """The table as Markdown, with the rows of one state each drawn."""
    again = [((state, heard), row) for (state, heard), row in TABLE.items() if state in RESTING_STATES]
    return drawn("The LLRP connection", "edge/readers/llrp/connection.py", [*ANSWERS.items(), *again], TABLE.items())
