"""Words of the trade and of RFID that pages use, each with what it means here; `docs/glossary.md` says the same.

A page explains one where it stands: `{{ term("blind") }}` of `web/_help.html`; the page `/help` has them all.
"""

from typing import Final, NamedTuple

from web.words import Later, later


class Term(NamedTuple):
    """`word` as pages write it; `entry` is its row of docs/glossary.md."""

    word: Later
    meaning: Later
    entry: str


TERMS: Final[dict[str, Term]] = {
    "piece": Term(later("piece"), later("one thing that can be sold once"), "piece"),
    "tag": Term(later("tag"), later("the chip on a piece; has a TID"), "tag"),
    "epc": Term(later("EPC"), later("the number a tag answers with; bound to a piece, not the same as it"), "EPC"),
    "pad": Term(later("pad"), later("the antenna at the till on which pieces are laid to be sold"), "pad"),
    "zone": Term(
        later("zone"),
        later("a place a reader's antenna watches: a safe, a case, a shelf, the pad, the exit"),
        "zone",
    ),
    "tray": Term(later("tray"), later("what lies in a zone and carries pieces"), "tray"),
    "commissioning": Term(
        later("commissioning"),
        later("one tag written, read back, locked and bound to a piece on the pad"),
        "commissioning",
    ),
    "on-hand": Term(later("on hand"), later("what a store should have"), "on hand"),
    "round": Term(
        later("round"),
        later("about one second of one reader's reads, folded; given only by a reader that worked the whole time"),
        "round",
    ),
    "pass": Term(later("pass"), later("a person sweeping one zone with a handheld, from beginning to end"), "pass"),
    "handheld": Term(
        later("handheld"),
        later("a reader a person carries: what it reads is there, what it does not read says nothing"),
        "handheld",
    ),
    "shift": Term(later("shift"), later("a till between its opening and its Z"), "shift"),
    "calibration": Term(
        later("calibration"),
        later(
            "what the reference tray was heard like in every zone, and the model chosen by it; its versions are kept"
        ),
        "calibration",
    ),
    "reference-tag": Term(
        later("reference tag"),
        later("a tag that hangs in a zone for good and is no piece: while it is read, the zone can be read"),
        "reference tag",
    ),
    "unknown-tag": Term(
        later("unknown tag"), later("a tag whose EPC no piece of the house carries"), "stranger, unknown tag"
    ),
    "budget": Term(
        later("budget"),
        later("false alarms a store is ready to bear in a month, shared among detectors"),
        "budget",
    ),
    "delivery": Term(
        later("delivery"), later("pieces being put away: movement there accuses nobody until it ends"), "delivery"
    ),
    "evidence": Term(
        later("evidence"),
        later("accumulated doubt about a piece, in nats; an alarm needs enough of it"),
        "evidence",
    ),
    "missing": Term(
        later("missing"),
        later("enough evidence from a working witness that a piece is not where it was"),
        "missing",
    ),
    "blind": Term(
        later("blind"),
        later("a zone nobody can speak for now: its reader is silent, jammed or shadowed"),
        "BLIND",
    ),
    "memo": Term(
        later("memo"), later("pieces of the house that a client looks at elsewhere until a day."), "memo"
    ),
    "layaway": Term(
        later("layaway"), later("an order of pieces that are kept while their client pays in parts"), "layaway"
    ),
    "consignment": Term(
        later("consignment"),
        later("a supplier's pieces lie here to be sold, and are paid for when they are"),
        "consignment, memo-in",
    ),
    "p-complete": Term(
        later("P(complete)"),
        later("how likely a count has read every piece that is there: what was silent, weighed by how well it is read"),
        "P(complete)",
    ),
    "detectability": Term(
        later("detectability"),
        later("how likely a piece is read in one round where it lies; learned"),
        "detectability, p",
    ),
    "look": Term(
        later("look"),
        later("a way of reading that a count asks for: target, session, mode, power or antennas"),
        "look (of a reader)",
    ),
    "melee": Term(later("melee"), later("small stones that are bought and sold by weight, not one by one"), "melee"),
    "z": Term(later("X, Z"), later("the till's report during, and at the end of, a shift"), "X, Z"),
    "quarantined": Term(
        later("quarantined"), later("a sale that met another sale of the same piece; a person decides"), "quarantined"
    ),
    "appointment": Term(
        later("appointment"),
        later("a client, an adviser and a time at one store; its tray holds pieces claimed for it"),
        "appointment",
    ),
}  # fmt: skip
