"""What the readers see now; history is in the log itself."""

from typing import Final

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import exit_seen, presence, reader, zone_vision
from cloud.work import Heard
from contract.facts import ExitSeen, Fact, PiecePresence, ReaderHealth, ZoneVision


def _now(tokens: Custody, heard: Heard) -> bool:
    """Of the log the store writes now: what an older one says is history, and overwrites nothing."""
    return tokens.present(heard)


def piece_presence(tokens: Custody, heard: Heard, fact: PiecePresence) -> None:
    row = {
        "store": heard.store, "piece": fact.piece, "state": fact.state, "zone": fact.zone, "why": fact.why,
        "since_us": heard.at_us,
    }  # fmt: skip
    if _now(tokens, heard):
        tokens.work.tx.put_soon(presence, row)


def vision(tokens: Custody, heard: Heard, fact: ZoneVision) -> None:
    row = {"store": heard.store, "zone": fact.zone, "vision": fact.vision, "why": fact.why, "since_us": heard.at_us}
    if _now(tokens, heard):
        tokens.work.tx.put_soon(zone_vision, row)


def reader_health(tokens: Custody, heard: Heard, fact: ReaderHealth) -> None:
    row = {
        "store": heard.store, "reader": fact.reader, "link": fact.link, "why": fact.why, "model": fact.model,
        "firmware": fact.firmware, "since_us": heard.at_us,
    }  # fmt: skip
    if _now(tokens, heard):
        tokens.work.tx.put_soon(reader, row)


def gate(tokens: Custody, heard: Heard, fact: ExitSeen) -> None:
    row = {
        "store": heard.store, "epoch": heard.epoch, "seq": heard.seq, "piece": fact.piece, "zone": fact.zone,
        "peaceful": int(fact.peaceful), "why": fact.why, "at_us": heard.at_us,
    }  # fmt: skip
    tokens.work.tx.put_soon(exit_seen, row)


APPLY: Final[dict[type[Fact], Applier]] = {
    PiecePresence: piece_presence,
    ZoneVision: vision,
    ReaderHealth: reader_health,
    ExitSeen: gate,
}
