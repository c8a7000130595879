"""A piece that leaves its case in a hand, and the alarm that says so."""

import time
from dataclasses import dataclass
from typing import Final

from cloud.pos.alarms.queries import AlarmRow
from contract.facts import AlarmKind
from edge.api import shapes
from vitrine.ask import AskError, wait
from vitrine.smoke.run import BOUTIQUE, Smoke, about, say, seconds_since, sellable

CASE: Final = "case-2"
"""Of the boutique: where a piece is stolen."""
KNOWN_ROUNDS_MIN: Final = 30
"""Rounds by which the store knows how well a piece is read before we steal it. Silence of one that it met five seconds
ago teaches first that it is hard to read: 46 rounds in the median and 112 at worst, 26 and 49 after thirty."""


def _typical(run: Smoke) -> str:
    """The piece of middling detectability among those read in the case now: the simulator knows it, nobody else."""
    boutique = next(store for store in run.house.shop.plan().stores if store.layout.store == BOUTIQUE)
    reads = {str(stocked.card.piece): stocked.detectability for stocked in boutique.stock}
    # Silence teaches that a piece is hard to read, so one that was stolen before would take longer.
    stolen = {
        piece.piece
        for alarm in run.guard.get("/api/v1/alarms", list[shapes.AlarmView], everything="true")
        for piece in alarm.pieces
    }
    lying = sorted(set(run.truth(BOUTIQUE)[CASE]) & set(reads) - stolen, key=lambda piece: reads[piece])
    piece = sellable(run.guard, lying[len(lying) // 2 :], 1)[0]
    run.figures.theft_piece_detectability = round(reads[piece], 3)
    return piece


@dataclass(frozen=True)
class Stolen:
    """`wall_s`: when, by the wall clock, as the store dates its alarms: we share its machine."""

    piece: str
    wall_s: float


def steal(run: Smoke) -> Stolen:
    """A piece leaves its case in a hand, once the store knows how well it is read."""
    piece = _typical(run)

    def known() -> int | None:
        told = run.guard.get(f"/api/v1/pieces/{piece}", shapes.PieceStoryView)
        return told.known_rounds if told.seen and told.known_rounds >= KNOWN_ROUNDS_MIN else None

    run.figures.theft_known_rounds = wait(f"{piece} read, and known from {KNOWN_ROUNDS_MIN} rounds", 60, known)
    run.figures.theft_at_s = seconds_since(run.began)
    run.figures.theft_threshold_nats = run.guard.get("/api/v1/store", shapes.StoreView).threshold_nats
    now_s = time.time()
    run.move(BOUTIQUE, [piece], "hand")
    return Stolen(piece, now_s)


def alarm(run: Smoke, stolen: Stolen) -> None:
    """The rounds it took are the store's own."""
    alarm = wait(
        "an alarm for the piece that left its case",
        75,
        lambda: next(
            (a for a in run.guard.get("/api/v1/alarms", list[shapes.AlarmView]) if about(a, stolen.piece)),
            None,
        ),
    )
    noticed = wait(
        "the alarm at the head office",
        15,
        lambda: next(
            (
                row
                for row in run.office.get("/api/v1/alarms", list[AlarmRow], store=BOUTIQUE)
                if row.alarm == alarm.alarm
            ),
            None,
        ),
    )
    if alarm.kind is AlarmKind.EXIT:
        raise AskError(f"an alarm for leaving the case, not the shop: {alarm.sentence}")
    took = noticed.raised_us / 1e6 - stolen.wall_s
    run.figures.theft_alarm_s = round(took, 2)
    run.figures.theft_rounds = alarm.rounds
    run.figures.theft_rounds_per_s = round(alarm.rounds / took, 2)
    run.figures.theft_evidence_nats = round(alarm.evidence_nats, 1)
    say(f"Alarm after {run.figures.theft_alarm_s} s and {alarm.rounds} rounds: {alarm.sentence}")
    run.move(BOUTIQUE, [stolen.piece], CASE)
    run.guard.post(f"/api/v1/alarms/{alarm.alarm}/close", shapes.AlarmView, {"outcome": "found", "note": "smoke"})
