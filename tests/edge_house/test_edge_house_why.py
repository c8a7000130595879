"""Every alarm and every verdict says why, with numbers: docs/why.md holds what each says of a made-up trouble.

The page is written by `python tests/edge_house/test_edge_house_why.py > docs/why.md`.
"""

import datetime as dt
import importlib.util
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contract.facts import (
    AlarmKind,
    AlarmRaised,
    ClaimKind,
    CountFinished,
    CountPlace,
    OrderEvent,
    OrderKind,
    Verdict,
)
from contract.ids import AlarmId, ClaimId, ClientOrderId, CountId, PersonId, PieceId, UserId, ZoneId
from edge.api.views_story import _silence
from edge.floor.looking import MENDS, NAMES
from edge.reconcile.detectors.after_hours import AfterHours
from edge.reconcile.detectors.clone import Clone
from edge.reconcile.detectors.departures import Departures
from edge.reconcile.detectors.jam import Jam
from edge.reconcile.detectors.out_of_case import OutOfCase
from edge.reconcile.detectors.returned import Returned
from edge.reconcile.detectors.silence import often
from edge.reconcile.detectors.travel import Travel
from edge.reconcile.presence.evidence import MISSING
from edge.till.desk import Done
from trade.acts import HoldPiece, MoveOrder, OpenOrder

HERE = Path(__file__).parents[1]
PAGE = HERE.parent / "docs" / "why.md"


def _module(name, path):
    spec = importlib.util.spec_from_file_location(name, HERE / path)
    made = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


floor = _module("why_floor", "edge_reconcile/test_detect_floor.py")
books = _module("why_books", "edge_reconcile/test_recon_book_errors.py")
shop_of = _module("why_shop", "edge_house/conftest.py")


def gone(rows, lags=None, per_month=1 / 6):
    """Pieces that left the case, as the detectors of departures tell it."""
    room = floor.Room()
    for _ in range(20):
        room.scene()
    room.stay -= set(rows)
    for row, lag in zip(rows, lags or [0] * len(rows), strict=True):
        room.read_us[row] = room.now_us - lag * floor.SECOND
    for _ in range(30):
        scene = room.scene()
    (said,) = Departures().hear(replace(scene, accused=(floor.accusation(rows),), harmless=(per_month,)))
    return said


def after(detector, seconds, *, also=(), **more):
    """The first suspicion of a detector that looks at so many seconds of the room."""
    room, out = floor.Room(), []
    for _ in range(seconds):
        out += detector.hear(room.scene(also=also, **more))
    return out[0]


def cloned():
    clone, room = Clone(floor.NOT_NEAR), floor.Room()
    floor.watch(room, 700, clone)
    return floor.watch(room, 60, clone, also=lambda _: [(3, floor.CASE, -5450)])[0]


def travelled():
    travel, room = Travel(floor.APART), floor.Room()
    floor.watch(room, 120, travel)
    room.stay.discard(5)
    return floor.watch(room, 3, travel, also=lambda second: [(5, floor.CASE, -5450)] if second == 2 else [])[0]


def returned():
    room, detector = floor.Room(), Returned()
    room.stay.discard(7)
    room.state[7] = MISSING
    return next(one for _ in range(5) for one in detector.hear(room.scene(also=[(7, floor.PAD, -4000)])))


def off_its_place():
    room, detector = floor.Room(), OutOfCase(limit_s=60)
    room.stay.discard(9)
    return next(one for _ in range(80) for one in detector.hear(room.scene(also=[(9, floor.PAD, -4000)])))


def at_the_gate():
    """The alarm of a ring that is carried out, on a whole store."""
    shop = a_shop()
    shop.run(10, lying={"r-case": [1, 2, 3]})
    for _ in range(8):
        shop.read("r-exit", [3], rssi=-4800)
        shop.run(0.3, lying={})
    return next(fact for fact in shop.facts(AlarmRaised) if fact.kind is AlarmKind.EXIT)


def lent():
    """The alarm of a ring that is out on memo, the day before it is due."""
    shop = a_shop()
    shop.run(10, lying={"r-case": [1, 2, 3]})
    order = ClientOrderId("o1")
    tomorrow = dt.date.fromisoformat(shop.store.pipeline.watch.today()) + dt.timedelta(days=1)
    asked = OpenOrder(
        order=order, kind=OrderKind.MEMO, client=PersonId("c-1"), title="To look at", currency="EUR",
        promised_day=tomorrow.isoformat(), pieces=(PieceId("p3"),),
    )  # fmt: skip
    for act in (asked, MoveOrder(order=order, event=OrderEvent.ISSUE, why="slip 12")):
        assert isinstance(shop.store.act(act, UserId("max")), Done)
    shop.run(70, lying={"r-case": [1, 2]})
    return next(fact for fact in shop.facts(AlarmRaised) if fact.kind is AlarmKind.MEMO)


def wrong_books():
    days = books.Days()
    del days.zone[2]
    days.pass_hours(4)
    days.look(2)
    (found,) = days.errors.newly_named()
    return f"{NAMES[found.cause]}: {found.why}; {MENDS[found.cause]}."


def alarms():
    """Kind → what it says."""
    jam = Jam()
    floor.jammed(floor.Room(), 60, 1.0, jam)
    room = floor.Room()
    floor.jammed(room, 60, 1.0, jam)
    drowned = floor.jammed(room, 45, 0.2, jam)[1][0]
    told = {
        AlarmKind.MISSING: gone([30]),
        AlarmKind.GROUP: gone([24, 25, 26, 33], [0, 6, 11, 17]),
        AlarmKind.TRAY: gone(list(range(24, 32))),
        AlarmKind.FOIL: gone([24, 25, 26, 33, 34]),
        AlarmKind.JAM: drowned,
        AlarmKind.CLONE: cloned(),
        AlarmKind.TRAVEL: travelled(),
        AlarmKind.RETURNED: returned(),
        AlarmKind.AFTER_HOURS: after(AfterHours(), 1, moved=np.array([3, 4], np.int32), is_open=False),
        AlarmKind.OUT_OF_CASE: off_its_place(),
    }
    assert all(said.kind is kind for kind, said in told.items())
    out = {kind: said.why for kind, said in told.items()}
    own = {AlarmKind.EXIT: at_the_gate().sentence, AlarmKind.BOOKS: wrong_books(), AlarmKind.MEMO: lent().sentence}
    return out | own


def a_shop():
    cards = [shop_of.a_card(n) for n in range(1, 13)] + [shop_of.a_card(n, zone="safe") for n in range(13, 17)]
    folder = Path(tempfile.gettempdir()) / "vitrine-why"
    return shop_of.Shop(shop_of.a_config(folder), shop_of.HandClock(), cards)


def verdicts():
    """The end of a count in which everything has gone wrong at once, and verdict → what it says of one such piece."""
    shop = a_shop()
    case = list(range(1, 13))
    shop.run(90, lying={"r-case": case, "r-safe": [13, 14, 15, 16]})
    shop.run(45, lying={"r-case": [n for n in case if n != 2], "r-safe": [13, 14, 15, 16]})
    row = shop.store.stock.catalogue.row_of(PieceId("p3"))
    shop.store.pipeline.evidence.hits[row], shop.store.pipeline.evidence.rounds[row] = 30, 300
    clone = AlarmRaised(
        alarm=AlarmId("a1"), kind=AlarmKind.CLONE, pieces=(PieceId("p6"),), zone=ZoneId("case"), sentence="Two tags."
    )
    with shop.books.transaction() as tx:
        tx.write(at_us=shop.clock.wall_us(), by=UserId("ana"), why="tick", facts=(clone,))
    shop.store.start_count(CountId("c1"), CountPlace.SHELF, (), UserId("ana"))
    for second in range(120):
        lying = [1, 6, 8, 9, 10, 11, 12, 13, 99, *([3] if second % 9 == 8 else [])]
        if second == 3:
            lent = HoldPiece(claim=ClaimId("m1"), piece=PieceId("p5"), kind=ClaimKind.MEMO, ref="memo-1")
            assert isinstance(shop.store.act(lent, UserId("ana")), Done)
        shop.run(1, lying={"r-case": lying, "r-safe": [4, 14, 15, 16]}, p=0.95)
    (finished,) = shop.facts(CountFinished)
    told = {}
    for each in finished.verdicts:
        told.setdefault(each.verdict, each.note)
    return finished, told | {each.verdict: each.note for each in finished.tags}


def page():
    """docs/why.md."""
    of_alarms, (_, of_verdicts) = alarms(), verdicts()
    rows = [f"| `{kind}` | {of_alarms[kind]} |" for kind in AlarmKind]
    counted = [f"| `{verdict}` | {of_verdicts[verdict]} |" for verdict in Verdict if verdict in of_verdicts]
    return "\n".join(
        [
            "# Why: what each alarm and each verdict says",
            "",
            "Written by `python tests/edge_house/test_edge_house_why.py > docs/why.md`: the detectors and a count themselves,",
            "asked about made-up troubles. A test fails when the page is stale, when a kind is missing, or when a sentence has",
            "no number in it.",
            "",
            "Reads that were due: rounds × how likely the piece is read in one × how well its zone is seen. How often so much",
            "silence is harmless is the store's own history of silences that ended by themselves, at this strength; strong ones",
            "are rarer than a store can wait for, so the figure is the end of the tail that the weaker ones draw.",
            "",
            "| alarm | why, as it stands beside the piece's name and place |",
            "|---|---|",
            *rows,
            "",
            "A verdict stands beside the chance that the piece is there (`p_present`).",
            "",
            "| verdict of a count | why |",
            "|---|---|",
            *counted,
            "",
        ]
    )


def test_the_page_of_reasons_is_what_the_house_says_today():
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run: python tests/edge_house/test_edge_house_why.py > docs/why.md"
    )


def test_every_alarm_has_a_sentence_with_a_number_and_none_of_the_makers_words():
    said = alarms()
    assert set(said) == set(AlarmKind)
    for kind, why in said.items():
        assert re.search(r"\d", why), kind
        assert why.endswith("."), kind
        assert not re.search(r"\bnats?\b|posterior|CUSUM|threshold|EPC|RSSI|zone \d", why), kind


def test_every_verdict_but_found_says_why_with_a_number():
    finished, said = verdicts()
    assert set(said) >= set(Verdict) - {Verdict.FOUND}
    for each in finished.verdicts:
        assert each.note, each
    for verdict in set(Verdict) - {Verdict.FOUND}:
        assert re.search(r"\d", said[verdict]), verdict


@pytest.mark.parametrize(
    ("per_month", "words"),
    [
        (30.0, "about 30 times a month"),
        (1.0, "about 12 times a year"),
        (1 / 6, "about twice a year"),
        (1 / 12, "about once a year"),
        (1 / 48, "about once in 4 years"),
        (1e-9, "less than once in 100 years"),
        (0.0, "less than once in 100 years"),
    ],
)
def test_how_often_is_said_as_people_say_it(per_month, words):
    assert often(per_month) == words


def test_a_store_of_an_hour_does_not_say_how_seldom_a_silence_is():
    assert "not been watched long enough" in gone([30], per_month=None).why


def test_a_piece_tells_the_figures_behind_an_alarm_before_there_is_one():
    shop = a_shop()
    assert _silence(shop.store, PieceId("p1")) == {}
    shop.run(60, lying={"r-case": [1, 2, 3]})
    shop.run(6, lying={"r-case": [2, 3]})
    told = _silence(shop.store, PieceId("p1"))
    assert 0.6 < told["p"] < 1
    assert 55 <= told["known_rounds"] <= 66
    assert told["visibility"] > 0.8
    assert 4 <= told["reads_due"] <= told["silent_rounds"] <= 8
    assert _silence(shop.store, PieceId("p4")) == {}, "nobody has read it yet"


if __name__ == "__main__":
    sys.stdout.write(page())
