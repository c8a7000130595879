"""A bad day of one store, recorded and heard again: theft, a lifted tray, a count, a jammer. Every sentence is the same."""

from pathlib import Path

import pytest

from contract.facts import AlarmKind, AlarmRaised, CountFinished, CountPlace, Verdict
from contract.ids import CountId, UserId
from edge.capture.frames import CaptureError
from vitrine.replay import files_of, replay

RINGS, TRAY, SAFE = list(range(1, 21)), list(range(21, 29)), list(range(31, 51))


@pytest.fixture(scope="module")
def day(tmp_path_factory, house, shop_of):
    """(The capture, alarms, ended counts); made once."""
    cards = [shop_of.a_card(n) for n in RINGS] + [shop_of.a_card(n, tray="t1") for n in TRAY]
    shop = house(tmp_path_factory.mktemp("day"), cards + [shop_of.a_card(n, zone="safe") for n in SAFE])
    case = [*RINGS, *TRAY]

    def lie(seconds, p=0.9):
        shop.run(seconds, lying={"r-case": case, "r-safe": SAFE}, p=p)

    lie(120)
    case.remove(1)
    lie(150)
    case[:] = [n for n in case if n not in TRAY]
    lie(110)
    shop.store.start_count(CountId("c1"), CountPlace.SHELF, (), UserId("ana"))
    lie(60)
    lie(30, p=0.05)
    shop.store.ear.stop()
    return shop.capture, shop.facts(AlarmRaised), shop.facts(CountFinished)


def test_the_day_had_what_a_bad_day_has(day):
    _, alarms, counts = day
    assert [alarm.kind for alarm in alarms][:2] == [AlarmKind.MISSING, AlarmKind.TRAY]
    assert AlarmKind.JAM in {alarm.kind for alarm in alarms}
    assert [Verdict.MISSING in {each.verdict for each in count.verdicts} for count in counts] == [True]


def test_heard_again_it_gives_the_same_alarms_and_the_same_verdicts(day):
    capture, alarms, counts = day
    told = replay(files_of(capture))
    assert (told.differs, told.cold) == ("", "")
    said = [one.fact for one in told.said()]
    assert [one.sentence for one in said if isinstance(one, AlarmRaised)] == [alarm.sentence for alarm in alarms]
    assert [one.verdicts for one in said if isinstance(one, CountFinished)] == [count.verdicts for count in counts]


def test_cut_anywhere_it_says_what_it_said_until_then_or_why_it_cannot(day, tmp_path):
    """Power, a full disk, a copy taken while it grew."""
    whole = files_of(day[0])[0].read_bytes()
    path = tmp_path / "cut.capture"
    ended = [_turns(path, whole[: len(whole) * part // 100]) for part in (5, 50, 90)]
    assert ended == sorted(ended)
    assert 0 < ended[1] < ended[2]


def _turns(path: Path, body: bytes) -> int:
    path.write_bytes(body)
    told, why = None, ""
    try:
        told = replay([path])
    except CaptureError as error:
        why = str(error)
    if told is None:
        assert path.name in why
        return 0
    assert all(said.then is not None for said in told.said()), "nothing else is said of a part than of the whole"
    return told.ticks
