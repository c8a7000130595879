"""Counts of safe and shelves while the store is open: every piece found, explained, or named for a look by hand."""

import time
from dataclasses import dataclass
from typing import Final

from cloud.pos.counts.queries import CountRow
from contract.facts import CountPlace, Verdict
from edge.api import shapes
from vitrine.ask import AskError, wait
from vitrine.smoke.run import FLAGSHIP, Smoke, say, seconds_since

WRONG_PER_MILLE_MAX: Final = 3
"""Of a thousand pieces some six are in a fade at any moment (simulator's weather); a fade that outlasts a whole count
looks like a missing piece. More wrong verdicts than this are a defect."""
BY_HAND_PER_MILLE_MAX: Final = 10
"""Tags that can hardly be read are named, not guessed; a count that names more of them has not counted."""


@dataclass(frozen=True)
class Begun:
    """A count that runs."""

    place: CountPlace
    count: str
    at_s: float


def start_count(run: Smoke, place: CountPlace) -> Begun:
    began = time.monotonic()
    return Begun(place, run.store.post("/api/v1/counts", shapes.CountView, {"place": place}).count, began)


def finish_count(run: Smoke, begun: Begun) -> None:
    place = begun.place

    def finished() -> shapes.CountView | None:
        now = run.store.get(f"/api/v1/counts/{begun.count}", shapes.CountView)
        return now if now.state == "finished" else None

    count = wait(f"a complete {place} count", 75, finished)
    took = seconds_since(begun.at_s)
    verdicts = [verdict.verdict for verdict in count.verdicts]
    there = {piece for pieces in run.truth(FLAGSHIP).values() for piece in pieces}
    wrong = [v.piece for v in count.verdicts if v.verdict is Verdict.MISSING and v.piece in there]
    missing = verdicts.count(Verdict.MISSING)
    by_hand = verdicts.count(Verdict.CHECK_BY_HAND)
    explained = verdicts.count(Verdict.EXPLAINED)
    if missing > len(wrong) or len(wrong) > WRONG_PER_MILLE_MAX * count.expected / 1000:
        raise AskError(
            f"the {place} count calls {missing} pieces missing, {len(wrong)} of which are there: {wrong[:3]}"
        )
    if by_hand > BY_HAND_PER_MILLE_MAX * count.expected / 1000:
        raise AskError(f"the {place} count leaves {by_hand} of {count.expected} pieces to be checked by hand")
    if count.found + by_hand + explained + missing < count.expected:
        raise AskError(f"the {place} count found {count.found} of {count.expected} and does not explain the rest")
    office = wait(
        f"the {place} count at the head office",
        15,
        lambda: next(
            (
                row
                for row in run.office.get("/api/v1/counts", list[CountRow], store=FLAGSHIP)
                if row.count_id == begun.count and row.state == "finished"
            ),
            None,
        ),
    )
    if office.found != count.found:
        raise AskError(f"the head office has {office.found} pieces in the {place} count, the store {count.found}")
    for name, value in (
        ("expected", count.expected), ("found", count.found), ("explained", explained), ("by_hand", by_hand),
        ("wrongly_missing", len(wrong)), ("rounds", count.rounds), ("p_complete", round(count.p_complete, 6)),
        ("s", took),
    ):  # fmt: skip
        setattr(run.figures, f"{place}_{name}", value)
    say(f"Counted the {place}: {count.found} of {count.expected} in {count.rounds} rounds, {by_hand} to check by hand")
