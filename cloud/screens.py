"""Sentences of the office's pages: where a piece is, and what happened to it. Pure."""

from dataclasses import dataclass

from cloud.pos.pieces.queries import PieceDetail, PieceRow
from web.phrases import said as said_
from web.templating import place
from web.words import _


@dataclass(frozen=True, slots=True)
class Where:
    """`text` is the place, `state` the chip's word, `tone` the chip's colour."""

    text: str
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class Line:
    row: PieceRow
    where: Where


@dataclass(frozen=True, slots=True)
class Event:
    at_us: int
    sentence: str


def pad_said(verdict: str) -> str:
    """What the pad said of a sale, in a sentence; an override carries the manager's own words."""
    if not verdict:
        return "Not asked."
    if verdict == "matched":
        return "Everything in the sale lay on the pad, and nothing else."
    kind, colon, words = verdict.partition(": ")
    return f"A manager went on without it: {words}" if kind == "override" and colon else verdict


def where_is(row: PieceRow, names: dict[str, str]) -> Where:
    """What the office can say; a piece that a store holds is where that store's readers saw it last."""
    holder = names.get(row.holder, row.holder)
    match row.custody:
        case "sold":
            return Where(_("With a client"), _("Sold"), "quiet")
        case "transit":
            return Where(_("On the road"), _("In transit"), "warn")
        case "incoming":
            return Where(_("On its way to %(store)s") % {"store": holder}, _("Incoming"), "warn")
        case "frozen":
            return Where(_("Held by the office until somebody finds it"), _("Frozen"), "bad")
        case "":
            return Where(_("Not in any store yet"), _("Unplaced"), "quiet")
        case _other:
            pass
    at = {"store": holder, "zone": place(row.seen_zone)}
    if row.seen_state == "missing":
        return Where(_("%(store)s, missing from %(zone)s") % at, _("Missing"), "bad")
    if row.seen_state == "present":
        return Where(_("%(store)s, %(zone)s") % at, _("In place"), "good")
    return Where(_("%(store)s, not read yet") % at, _("Unread"), "quiet")


def story_of(piece: PieceDetail, names: dict[str, str]) -> list[Event]:
    """Newest first: custody, sightings, tags and sales."""
    events: list[Event] = []
    holder = ""
    for step in piece.steps:
        if step.holder != holder:  # a rejoin gives the same holder the piece anew, which is no news to people
            entrusted = _("Entrusted to %(store)s.") % {"store": names.get(step.holder, step.holder)}
            said = entrusted if step.holder else _("Left its store.")
            events.append(Event(step.since_us, said))
            holder = step.holder
    if piece.row.seen_since_us:
        at = {"zone": place(piece.row.seen_zone), "why": piece.seen_why}
        seen = {
            ("present", False): _("In place in %(zone)s."), ("present", True): _("In place in %(zone)s: %(why)s."),
            ("missing", False): _("Missing from %(zone)s."), ("missing", True): _("Missing from %(zone)s: %(why)s."),
        }.get((piece.row.seen_state, bool(piece.seen_why)), _("Not known to be in %(zone)s."))  # fmt: skip
        events.append(Event(piece.row.seen_since_us, seen % at))
    sold = _("Sold at %(store)s, receipt %(number)s (%(state)s).")
    for sale in piece.sales:
        told = {"store": names.get(sale.store, sale.store), "number": sale.receipt_number, "state": said_(sale.state)}
        events.append(Event(sale.recorded_us, sold % told))
    tagged = _("Tagged at %(store)s as %(epc)s by %(name)s.")
    for tag in piece.tags:
        bound = {"store": names.get(tag.store, tag.store), "epc": tag.epc, "name": tag.by}
        events.append(Event(tag.from_us, tagged % bound))
    return sorted(events, key=lambda event: -event.at_us)
