"""What the readers see now; history is in the log itself."""

from typing import Final

import msgspec

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import (
    coverage_gap,
    exit_seen,
    presence,
    reader,
    reader_change,
    signal,
    zone_calibration,
    zone_name,
    zone_vision,
)
from cloud.work import Heard
from contract.facts import (
    CoverageGap,
    ExitSeen,
    Fact,
    PiecePresence,
    ReaderChanged,
    ReaderHealth,
    ZonesCalibrated,
    ZoneVision,
)
from contract.facts.signals import InputChanged, OutputSet
from contract.ids import ZoneId


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
        _called(tokens, heard, fact.zone, fact.name)


def calibrated(tokens: Custody, heard: Heard, fact: ZonesCalibrated) -> None:
    row = {
        "store": heard.store, "epoch": heard.epoch, "seq": heard.seq, "version": fact.version, "model": fact.model,
        "accuracy": fact.accuracy, "tray_accuracy": fact.tray_accuracy, "put_back": fact.put_back, "by": heard.by,
        "zones": msgspec.json.encode(fact.zones).decode(), "at_us": heard.at_us,
    }  # fmt: skip
    tokens.work.tx.put_soon(zone_calibration, row)
    if _now(tokens, heard):
        for each in fact.zones:
            _called(tokens, heard, each.zone, each.name)


def _called(tokens: Custody, heard: Heard, zone: ZoneId, name: str) -> None:
    """An edge of an older version does not tell."""
    if name:
        tokens.work.tx.put_soon(zone_name, {"store": heard.store, "zone": zone, "name": name})


def reader_health(tokens: Custody, heard: Heard, fact: ReaderHealth) -> None:
    row = {
        "store": heard.store, "reader": fact.reader, "link": fact.link, "why": fact.why, "model": fact.model,
        "firmware": fact.firmware, "serial": fact.serial, "since_us": heard.at_us, "dark_since_us": fact.dark_since_us,
    }  # fmt: skip
    if _now(tokens, heard):
        tokens.work.tx.put_soon(reader, row)


def changed(tokens: Custody, heard: Heard, fact: ReaderChanged) -> None:
    row = {
        "store": heard.store, "epoch": heard.epoch, "seq": heard.seq, "reader": fact.reader, "at_us": heard.at_us,
        **{f"was_{name}": told for name, told in msgspec.structs.asdict(fact.was).items()},
        **msgspec.structs.asdict(fact.now),
    }  # fmt: skip
    tokens.work.tx.put_soon(reader_change, row)


def gap(tokens: Custody, heard: Heard, fact: CoverageGap) -> None:
    row = {
        "store": heard.store, "epoch": heard.epoch, "seq": heard.seq, "reader": fact.reader,
        "from_us": fact.from_us, "until_us": fact.until_us, "why": fact.why,
    }  # fmt: skip
    tokens.work.tx.put_soon(coverage_gap, row)


def wire(tokens: Custody, heard: Heard, fact: InputChanged | OutputSet) -> None:
    """A door, lamp, siren or lock. What a person asked for keeps who and why."""
    way, why = ("out", fact.why) if isinstance(fact, OutputSet) else ("in", "found so" if fact.found else "")
    row = {
        "store": heard.store, "reader": fact.reader, "way": way, "port": fact.port, "name": fact.name,
        "kind": fact.kind, "zone": fact.zone, "is_on": int(fact.on), "why": why, "by": heard.by,
        "since_us": heard.at_us,
    }  # fmt: skip
    if _now(tokens, heard):
        tokens.work.tx.put_soon(signal, row)


def gate(tokens: Custody, heard: Heard, fact: ExitSeen) -> None:
    row = {
        "store": heard.store, "epoch": heard.epoch, "seq": heard.seq, "piece": fact.piece, "zone": fact.zone,
        "peaceful": int(fact.peaceful), "why": fact.why, "at_us": heard.at_us,
    }  # fmt: skip
    tokens.work.tx.put_soon(exit_seen, row)


APPLY: Final[dict[type[Fact], Applier]] = {
    PiecePresence: piece_presence,
    ZoneVision: vision,
    ZonesCalibrated: calibrated,
    ReaderHealth: reader_health,
    ReaderChanged: changed,
    CoverageGap: gap,
    ExitSeen: gate,
    InputChanged: wire,
    OutputSet: wire,
}
