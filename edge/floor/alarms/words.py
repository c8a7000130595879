"""An alarm as people read it: which pieces, where, why, and what to do about it."""

from typing import Final

from contract.facts import AlarmKind

TITLES: Final = {
    AlarmKind.MISSING: "Left its place",
    AlarmKind.GROUP: "Several left their place",
    AlarmKind.TRAY: "A tray was lifted",
    AlarmKind.FOIL: "Taken at once",
    AlarmKind.JAM: "A reader is jammed",
    AlarmKind.CLONE: "One tag, twice",
    AlarmKind.TRAVEL: "In two places too soon",
    AlarmKind.EXIT: "At the door, unsold",
    AlarmKind.RETURNED: "Came back",
    AlarmKind.AFTER_HOURS: "While the store is closed",
    AlarmKind.OUT_OF_CASE: "Off its place too long",
    AlarmKind.BOOKS: "The books are wrong",
    AlarmKind.MEMO: "Out on memo, and due",
}
ADVICE: Final = {
    AlarmKind.MISSING: "Look in its tray and on the counter; ask who showed it last.",
    AlarmKind.GROUP: "Look who stands there; close the case and count it.",
    AlarmKind.TRAY: "Ask who carries the tray. If nobody does: door, cameras, manager.",
    AlarmKind.FOIL: "A hand or a lined bag: keep the door in sight, call the manager.",
    AlarmKind.JAM: "Look after that reader and its case yourself until it reads again.",
    AlarmKind.CLONE: "Lay both on the pad, weigh them and compare the photo; sell neither until it is clear.",
    AlarmKind.TRAVEL: "Find both tags; one of them is not the piece's own.",
    AlarmKind.EXIT: "Speak to whoever just left; ring it up or take it back.",
    AlarmKind.RETURNED: "Give no money for it. Check it against its photo and lay it in its tray.",
    AlarmKind.AFTER_HOURS: "Call whoever has the keys; look at the cameras before you go in.",
    AlarmKind.OUT_OF_CASE: "Lay it back, ring it up, or tell where it is.",
    AlarmKind.BOOKS: "Take it in your hand, lay it on the pad, and set right what the books say of it.",
    AlarmKind.MEMO: "Call the client; take it back on the pad, sell it from its order, or promise another day.",
}
"""What to do, in one line."""
