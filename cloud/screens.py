"""Sentences of the office's pages: where a piece is, and what happened to it. Pure."""

from dataclasses import dataclass

from cloud.pos.pieces.queries import PieceDetail, PieceRow
from web.templating import place


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
            return Where("With a client", "Sold", "quiet")
        case "transit":
            return Where("On the road", "In transit", "warn")
        case "incoming":
            return Where(f"On its way to {holder}", "Incoming", "warn")
        case "frozen":
            return Where("Held by the office until somebody finds it", "Frozen", "bad")
        case "":
            return Where("Not in any store yet", "Unplaced", "quiet")
        case _:
            pass
    if row.seen_state == "missing":
        return Where(f"{holder}, missing from {place(row.seen_zone)}", "Missing", "bad")
    if row.seen_state == "present":
        return Where(f"{holder}, {place(row.seen_zone)}", "In place", "good")
    return Where(f"{holder}, not read yet", "Unread", "quiet")


def story_of(piece: PieceDetail, names: dict[str, str]) -> list[Event]:
    """Newest first: custody, sightings, tags and sales."""
    events: list[Event] = []
    holder = ""
    for step in piece.steps:
        if step.holder != holder:  # a rejoin gives the same holder the piece anew, which is no news to people
            said = f"Entrusted to {names.get(step.holder, step.holder)}." if step.holder else "Left its store."
            events.append(Event(step.since_us, said))
            holder = step.holder
    if piece.row.seen_since_us:
        seen = piece.row.seen_state.replace("_", " ")
        reason = f": {piece.seen_why}" if piece.seen_why else ""
        events.append(Event(piece.row.seen_since_us, f"{seen.capitalize()} in {place(piece.row.seen_zone)}{reason}."))
    events += [
        Event(
            sale.recorded_us,
            f"Sold at {names.get(sale.store, sale.store)}, receipt {sale.receipt_number} ({sale.state}).",
        )
        for sale in piece.sales
    ]
    events += [
        Event(tag.from_us, f"Tagged at {names.get(tag.store, tag.store)} as {tag.epc} by {tag.by}.")
        for tag in piece.tags
    ]
    return sorted(events, key=lambda event: -event.at_us)
