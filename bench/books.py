"""Errors in the books, injected among ordinary life: named with the right cause within two store-weeks, or wrongly."""

from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.books_world import DAYS, LOOKS_MAX, PIECES, Day, Injected, Store, Wrong
from bench.figures import Figures
from edge.reconcile.books.errors import BookErrors, Finding, Look, stranger
from edge.reconcile.books.notes import NOWHERE, Notes

DOES: Final = "500 injected book errors: named with the right cause within two store-weeks, and named wrongly"
STORES: Final = 20
ERRORS: Final = 25
FIRST_SEED: Final = 9000
SAME: Final = 0.8
"""Two sets of pieces are one event when they share so much."""


def run(short: bool = False) -> Figures:  # noqa: FBT001, FBT002 — the form of every bench
    """Shares of 500 errors (short: 75)."""
    right, wrong, injected = Counter[Wrong](), Counter[str](), Counter[Wrong]()
    stores, thefts, looks = 3 if short else STORES, 0, 0
    for seed in range(FIRST_SEED, FIRST_SEED + stores):
        store = Store(seed, ERRORS)
        found, asked = two_weeks(store)
        looks += asked
        thefts += len(store.stolen)
        left = list(store.errors)
        injected.update(error.wrong for error in left)
        for finding in found:
            match = next((error for error in left if _same(error, finding)), None)
            if match is None:
                wrong[str(finding.cause)] += 1
            else:
                left.remove(match)
                right[match.wrong] += 1
    total = sum(injected.values())
    figures: Figures = {
        "errors": total,
        "thefts_beside": thefts,
        "looks_per_store_day": round(looks / (DAYS * stores), 2),
        "named_right_share": round(sum(right.values()) / total, 4),
        "named_wrongly_share": round(sum(wrong.values()) / total, 4),
    }
    for kind in Wrong:
        figures[f"named_{kind.replace(' ', '_')}_share"] = round(right[kind] / max(injected[kind], 1), 4)
        figures[f"wrongly_{kind.replace(' ', '_')}"] = wrong[str(kind)]
    return figures


def two_weeks(store: Store) -> tuple[list[Finding], int]:
    """Everything named in one store, and how many looks it took."""
    notes = Notes(PIECES)
    notes.zone[:] = store.book_zone
    errors, found, looks = BookErrors(notes), list[Finding](), 0
    for _ in range(DAYS):
        _tell(errors, store, store.live())
        asked = [wish.row for wish in errors.to_look_for(LOOKS_MAX)]
        looks += len(asked)
        for piece, there, _tray, tags in store.look_for(asked):
            errors.looked(Look(piece, there, tuple(_tag(tag) for tag in tags)))
        found += errors.newly_named()
    return found, looks


def _tell(errors: BookErrors, store: Store, day: Day) -> None:
    for hour in day.hours:
        for pad in (note for note in day.pads if note.hour == hour.hour):
            errors.padded(pad.hour, [_tag(tag) for tag in pad.tags], is_it=pad.is_it)
        for passed in (note for note in day.gate if note.hour == hour.hour):
            errors.passed(passed.hour, _tag(passed.tag))
        for act in (note for note in day.books if note.hour == hour.hour):
            errors.booked(act.piece, NOWHERE if act.act == "sold" else int(store.zone_of_tray[act.tray]))
        errors.heard(hour.hour, _tags(hour.tag), hour.zone)


def _tag(tag: int) -> int:
    return tag if tag < PIECES else stranger(tag - PIECES)


def _tags(tags: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.where(tags < PIECES, tags, stranger(0) - (tags - PIECES)).astype(np.int32)


def _same(error: Injected, finding: Finding) -> bool:
    a, b = set(error.pieces), set(finding.rows)
    return str(error.wrong) == str(finding.cause) and len(a & b) >= SAME * len(a | b)
