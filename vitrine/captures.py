"""What a person does with captures: take one away, and hear it again."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from contract.facts import AlarmRaised, AnyFact, CountFinished, CountVerdict
from edge.capture.frames import Begin, CaptureError, events_of
from edge.capture.ring import of_alarm
from edge.config import EdgeConfig
from edge.store.core import CAPTURE
from vitrine import replay as replaying

MINUTE_US: Final = 60_000_000
VERDICTS_SHOWN_MAX: Final = 8


def keep(config: EdgeConfig, into: Path, *, minutes: int, alarm: str) -> Path:
    """Copy the last minutes, or what was kept around an alarm, into one file; while the edge runs or not.

    Raises `CaptureError`. An edge writes every second, so the last second may be missing.
    """
    folder = config.data_dir / CAPTURE
    if alarm:
        found = of_alarm(folder, alarm)
        if not found:
            raise CaptureError(f"nothing is kept for alarm {alarm}; `{folder}/kept` names those that are")
    else:
        found = replaying.files_of(folder)
        begins = [_began_us(path) for path in found]
        since = max(begins) - minutes * MINUTE_US
        found = found[max((at for at, began_us in enumerate(begins) if began_us <= since), default=0) :]
    try:
        with into.open("xb") as out:
            for path in found:
                with path.open("rb") as part:
                    shutil.copyfileobj(part, out)
    except FileExistsError as error:
        raise CaptureError(f"{into} is there already; give another name") from error
    except OSError as error:
        raise CaptureError(f"{into} cannot be written: {error.strerror}") from error
    return into


def _began_us(path: Path) -> int:
    first = next(events_of([path]), None)
    return first.wall_us if isinstance(first, Begin) else 0


def tell(told: replaying.Told, *, alarm: str, zone: str, as_json: bool) -> int:
    """Print what a replay found. 0: equal to what was recorded; 1: it differs, or the alarm is not in it."""
    said = [one for one in told.said() if not alarm or one.alarm == alarm]
    (_as_json if as_json else _as_text)(told, said, alarm, ZoneInfo(zone))
    return 1 if told.differs or (alarm and not said) else 0


def _as_json(told: replaying.Told, said: list[replaying.Said], _alarm: str, _zone: ZoneInfo) -> None:
    rows = [
        {"at_us": one.wall_us, "alarm": one.alarm, "said": sentence(one.fact), "recorded": one.then is not None}
        for one in said
    ]
    about = {"store": told.store, "reads": told.reads, "cold": told.cold}
    print(json.dumps({**about, "equal": not told.differs, "differs": told.differs, "said": rows}))


def _as_text(told: replaying.Told, said: list[replaying.Said], alarm: str, zone: ZoneInfo) -> None:
    span = f"{_at(told.began_us, zone)} to {_at(told.ended_us, zone)[-8:]}"
    print(f"{told.store}: {span}, {told.reads:,} reads, {told.ticks:,} turns")
    if told.cold:
        print(f"It began as after a restart, for the memory of that house was left out: {told.cold}.")
    for one in said:
        mark = "" if one.then is not None else "  (not said then)"
        print(f"{_at(one.wall_us, zone)[-8:]}  {sentence(one.fact)}{mark}")
        if one.alarm:
            print(f"          alarm {one.alarm}")
    if not said:
        print(f"Alarm {alarm} is not in it." if alarm else "No alarm and no finished count.")
    total = len(told.recorded)
    print(f"It differs: {told.differs}." if told.differs else f"Equal to what was recorded: all {total:,} facts.")


def sentence(fact: AnyFact) -> str:
    """An alarm in its own sentence; a count with what was not found and why it stopped."""
    if isinstance(fact, AlarmRaised):
        return fact.sentence
    assert isinstance(fact, CountFinished)
    shown = [_verdict(one) for one in fact.verdicts[:VERDICTS_SHOWN_MAX]]
    if len(fact.verdicts) > len(shown):
        shown.append(f"and {len(fact.verdicts) - len(shown)} more")
    return (
        f"Count of the {fact.place}: {fact.found} of {fact.expected} found in {fact.rounds} rounds, P(complete) = "
        f"{fact.p_complete:.4f}; {fact.why_stopped}" + "".join(f"; {one}" for one in shown)
    )


def _verdict(one: CountVerdict) -> str:
    return f"{one.piece} {str(one.verdict).replace('_', ' ')} (p = {one.p_present:.4f}), {one.note}"


def _at(us: int, zone: ZoneInfo) -> str:
    return dt.datetime.fromtimestamp(us / 1e6, zone).strftime("%Y-%m-%d %H:%M:%S")
