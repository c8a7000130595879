"""A calendar that somebody brings: clients' answers are kept, and when an adviser is busy nobody else takes them."""

import hashlib
from dataclasses import dataclass
from typing import Final

from cloud.messages import outbox
from cloud.pos.appointments import desk, hearing, slots
from cloud.pos.appointments.hearing import Heard
from cloud.work import Work

AHEAD_US: Final = 92 * 86_400_000_000
"""Further ahead nobody is held to a calendar of today;"""
LONGEST_US: Final = 31 * 86_400_000_000
"""and a longer absence is cut."""
BUSY_MAX: Final = 200
"""Busy times of one calendar."""


@dataclass(frozen=True, slots=True)
class Imported:
    """`answers`: of clients. `busy`: events that keep the adviser free; `clashes`: of these, beside appointments.

    `left_out`: over, too far ahead, without a time, or nobody's. `repeats`: only their first time is kept.
    """

    answers: int = 0
    busy: int = 0
    clashes: int = 0
    freed: int = 0
    left_out: int = 0
    repeats: int = 0


def bring(work: Work, raw: bytes, *, store: str, staff: str) -> Imported:
    """`staff`: whose calendar it is; empty: only answers are heard. Raises `BrokenCalendarError`."""
    answers = busy = clashes = freed = left_out = repeats = 0
    for each in hearing.read(raw, outbox.zone_of(work.tx, store)):
        if each.method == "REPLY":
            heard = bool(each.answer) and desk.answered(work, store, each.uid, each.sequence, each.answer)
            answers, left_out = answers + heard, left_out + (not heard)
            continue
        name = f"{slots.BUSY}{staff}:{hashlib.sha256(each.uid.encode()).hexdigest()[:24]}"
        if staff and each.cancelled:
            slots.free(work.tx, name)
            freed += 1
        elif not staff or busy >= BUSY_MAX or not _fits(each, work.now_us):
            left_out += 1
        else:
            slots.free(work.tx, name)
            ends_us = min(each.ends_us, each.starts_us + LONGEST_US, work.now_us + AHEAD_US)
            wanted = slots.quarters(max(each.starts_us, work.now_us), ends_us)
            missed = slots.take_what_is_free(work.tx, name, f"staff:{staff}", wanted)
            busy, clashes, repeats = busy + 1, clashes + bool(missed), repeats + each.repeats
    return Imported(answers, busy, clashes, freed, left_out, repeats)


def _fits(heard: Heard, now_us: int) -> bool:
    return 0 < heard.starts_us < heard.ends_us and heard.ends_us > now_us and heard.starts_us < now_us + AHEAD_US
