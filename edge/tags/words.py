"""What commissioning says to people: where it stands, and why not, with what to do."""

from typing import Final

from edge.tags.table import Heard, State

PROGRESS: Final[dict[State, str]] = {
    State.WAITING: "Waiting for the pad's reader",
    State.SINGULATING: "Lay the tag on the pad, alone",
    State.READING_TID: "Reading the tag's own number",
    State.KEEPING: "Choosing its EPC",
    State.PROBING: "Looking whether the tag is locked",
    State.TRYING_OURS: "The tag is locked: trying this store's password",
    State.CHECKING: "Looking what the tag holds",
    State.WRITING: "Writing",
    State.VERIFYING: "Reading back",
    State.LISTENING: "Listening whether another tag answers",
    State.KEYING: "Setting its password",
    State.LOCKING: "Locking",
    State.PROVING_LOCK: "Trying to write as a stranger",
    State.PROVING_KEY: "Trying this store's password",
    State.READING_BACK: "Reading back once more",
    State.BINDING: "Binding it to the piece",
    State.DONE: "Done: the tag is the piece's",
    State.REFUSED: "Refused",
}
ORDER: Final = tuple(State)
"""Progress is the place in it; the last two are ends."""

STAGES: Final[tuple[frozenset[State], ...]] = (
    frozenset({State.WAITING, State.SINGULATING, State.READING_TID, State.KEEPING, State.PROBING, State.TRYING_OURS}),
    frozenset({State.CHECKING, State.WRITING, State.VERIFYING, State.LISTENING}),
    frozenset({State.KEYING, State.LOCKING, State.PROVING_LOCK, State.PROVING_KEY}),
    frozenset({State.READING_BACK}),
    frozenset({State.BINDING, State.DONE}),
)
"""Found, written, locked, read back, bound: what a person waits for."""
assert frozenset.union(*STAGES) == frozenset(State) - {State.REFUSED}, "every state on the way is at a stage"

WHERE: Final[dict[State, str]] = {
    State.TRYING_OURS: "the tag is locked with a password that this store's key does not give",
    State.WRITING: "it could not be written",
    State.VERIFYING: "it did not keep what was written",
    State.READING_BACK: "it did not keep what was written",
    State.KEYING: "its password could not be set",
    State.LOCKING: "it could not be locked",
    State.LISTENING: "it fell silent after the write",
}


def why_refused(state: State, heard: Heard, trouble: str, answering: int) -> str:
    """One sentence. trouble: what went wrong last; answering: how many tags were heard."""
    match state, heard:
        case State.SINGULATING, Heard.SEVERAL:
            return f"{answering} tags answer on the pad, however weakly: leave only the one to be written"
        case State.SINGULATING, Heard.NOBODY:
            return "No new tag was laid on the pad: begin again with one"
        case State.READING_TID, Heard.OTHER:
            return "2 tags answer with one EPC: leave only the one to be written"
        case State.LISTENING, Heard.SEVERAL:
            return "Another tag answers beside the one just written: take it away and begin again; nothing was bound"
        case State.PROVING_LOCK, Heard.DONE:
            return "The tag says that it is locked and lets anybody write: use another tag; nothing was bound"
        case State.WAITING, Heard.SPENT:
            why = trouble or "it is away"
            return f"The pad's reader does not read ({why}): see to it, then begin again with this tag"
        case _, Heard.CANNOT:
            return f"This reader cannot do it: {trouble}"
        case _, Heard.ABANDONED:
            return f"Given up: {trouble}"
        case _:
            where = WHERE.get(state, "the tag did not answer well enough")
            mend = "lay it flat in the middle of the pad and begin again"
            return f"Tried again and again, and {where} ({trouble}): {mend}"
