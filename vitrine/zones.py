"""`vitrine zones`: a person with the reference tray and a terminal. Talks to the store's running box by its API."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from vitrine.problems import PersonError
from vitrine.tag import Box

API: Final = "/api/v1/zones/calibration"
LOOK_EVERY_S: Final = 0.5
PLACES: Final = ("in the middle of its left third", "in its middle", "in the middle of its right third")


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of an answer of the API."""

    zone: str
    name: str
    positions: int
    accuracy: float | None


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    zone: str | None
    rounds: int
    wanted: int
    tags_heard: int
    tags: int
    advice: tuple[str, ...]


class Zoning(msgspec.Struct, frozen=True, kw_only=True):
    sentence: str
    stale: str
    positions_wanted: int
    rounds_wanted: int
    tags: tuple[str, ...]
    zones: tuple[Zone, ...]
    walk: Walk
    ready: bool


Say = Callable[[str], None]
Ready = Callable[[str], bool]
"""Asks a person to do something; False when they would rather stop."""


def tray_of(path: Path) -> list[str]:
    """The EPCs of a file, one a line, `#` begins a remark. Raises `PersonError`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PersonError(f"The tray's list of tags cannot be read: {error}") from error
    epcs = [line.partition("#")[0].strip() for line in lines]
    return [epc.upper() for epc in epcs if epc]


def status(box: Box) -> str:
    """How well each zone is known."""
    now = box.ask("GET", API, Zoning)
    rows = [f"{each.name}: {each.positions} of {now.positions_wanted} walked{_known(each)}" for each in now.zones]
    return "\n".join([now.sentence, *([f"{now.stale}."] if now.stale else []), *rows])


def calibrate(
    box: Box,
    zone: str,
    tags: list[str],
    *,
    rounds: int,
    positions: int,
    say: Say,
    ready: Ready,
    again: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> bool:
    """Walk every zone, or one, going on where it stopped; True when a new version is in use. Raises `PersonError`."""
    now = box.ask("GET", API, Zoning)
    if not (tags or now.tags):
        raise PersonError("Name the tags of your reference tray once: --tray FILE, one EPC a line. Eight tags do.")
    chosen = [each for each in now.zones if not zone or each.zone == zone]
    if not chosen:
        names = ", ".join(each.zone for each in now.zones) or "none"
        raise PersonError(f"There is no zone {zone!r} to walk here; there are: {names}.")
    if again:
        now = box.ask("DELETE", f"{API}/walk?zone={zone}" if zone else f"{API}/walk", Zoning)
    for each in chosen:
        done = next(one.positions for one in now.zones if one.zone == each.zone)
        while done < positions:
            place = PLACES[done % len(PLACES)] if positions > 1 else PLACES[1]
            if not ready(f"Lay the reference tray in {each.name}, {place}, and step back."):
                say("Stopped. What was walked is kept: the same command goes on from here.")
                return False
            now = _hear(box, {"zone": each.zone, "tags": tags, "rounds": rounds or now.rounds_wanted}, say, wait)
            was, done = done, next(one.positions for one in now.zones if one.zone == each.zone)
            if done == was:
                say("That position was not kept: try it again.")
    if not now.ready:
        missing = ", ".join(each.name for each in now.zones if not each.positions)
        say(f"Still to walk: {missing}. Then the calibration can be used.")
        return False
    now = box.ask("POST", f"{API}/finish", Zoning)
    say(now.sentence)
    for each in now.zones:
        say(f"  {each.name}{_known(each)}")
    return True


def put_back(box: Box, version: int) -> str:
    """Use an older version's points again."""
    return box.ask("POST", f"{API}/put-back", Zoning, {"version": version}).sentence


def _hear(box: Box, position: dict[str, object], say: Say, wait: Callable[[float], None]) -> Zoning:
    """One position, from its beginning to its end; what is wrong with it is said as soon as it shows."""
    now = box.ask("POST", f"{API}/positions", Zoning, position)
    said: set[str] = set()
    told = -1
    try:
        while now.walk.zone is not None:
            tenth = 10 * now.walk.rounds // max(now.walk.wanted, 1)
            if tenth != told:
                told = tenth
                say(f"  {now.walk.rounds}/{now.walk.wanted} rounds, {now.walk.tags_heard}/{now.walk.tags} tags heard")
            _tell(now, said, say)
            wait(LOOK_EVERY_S)
            now = box.ask("GET", API, Zoning)
    except KeyboardInterrupt:
        box.ask("DELETE", f"{API}/positions/now", Zoning)
        raise
    _tell(now, said, say)
    return now


def _tell(now: Zoning, said: set[str], say: Say) -> None:
    for sentence in now.walk.advice:
        if sentence not in said:
            said.add(sentence)
            say(f"  {sentence}")


def _known(each: Zone) -> str:
    return f", {each.accuracy:.0%} of tags left out placed right" if each.accuracy is not None else ""
