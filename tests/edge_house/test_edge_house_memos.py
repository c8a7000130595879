"""Pieces out on memo on a whole store: they leave in peace until their day is over, and somebody is told of it."""

import pytest

from contract.facts import AlarmKind, AlarmRaised, ExitSeen, OrderEvent, OrderKind, Severity
from contract.ids import ClientOrderId, PersonId, PieceId, UserId
from edge.books import fold_orders
from edge.till.desk import Done
from trade.acts import MoveOrder, OpenOrder, PromiseOrder, TakeMemoBack

MAX = UserId("max")
ORDER = ClientOrderId("o-1")
DAY_US = 86_400_000_000


@pytest.fixture
def shop(config, clock, make):
    shop = make.shop(config, clock, [make.card(n) for n in range(1, 11)])
    shop.run(10, lying={"r-case": [3, 4]})
    return shop


def day(shop, days=0):
    import datetime as dt

    return (dt.date.fromisoformat(shop.store.pipeline.watch.today()) + dt.timedelta(days=days)).isoformat()


def did(shop, act):
    answer = shop.store.act(act, MAX)
    assert isinstance(answer, Done), answer


def lend(shop, days):
    did(shop, OpenOrder(
        order=ORDER, kind=OrderKind.MEMO, client=PersonId("c-1"), title="To look at", currency="EUR",
        promised_day=day(shop, days), pieces=(PieceId("p3"), PieceId("p4")),
    ))  # fmt: skip
    did(shop, MoveOrder(order=ORDER, event=OrderEvent.ISSUE, why="slip 12"))


def pass_gate(shop, numbers):
    for turn in range(100):
        shop.clock.now += 20_000
        for health in shop.health.values():
            health.last_heard_us = shop.clock.now
        if turn % 10 == 0:
            shop.read("r-exit", numbers, rssi=-6500 + 30 * turn)
        shop.store.tick(shop.clock.now, writing=True)


def wait(shop, us):
    shop.clock.now += us
    shop.run(70, lying={})


def reminders(shop):
    return [fact for fact in shop.facts(AlarmRaised) if fact.kind is AlarmKind.MEMO]


def test_a_piece_on_memo_leaves_in_peace_and_its_absence_accuses_nobody(shop):
    lend(shop, 7)
    pass_gate(shop, [3])
    (seen,) = shop.facts(ExitSeen)
    assert (seen.peaceful, seen.why) == (True, "out on memo")
    shop.run(120, lying={})
    assert shop.facts(AlarmRaised) == []


def test_the_gate_is_armed_again_when_the_day_of_a_memo_is_over(shop):
    lend(shop, 1)
    wait(shop, DAY_US)
    pass_gate(shop, [3])
    wait(shop, DAY_US)
    pass_gate(shop, [4])
    assert [fact.peaceful for fact in shop.facts(ExitSeen)] == [True, False]
    (alarm,) = [fact for fact in shop.facts(AlarmRaised) if fact.kind is AlarmKind.EXIT]
    assert "due back" in alarm.sentence


def test_somebody_is_told_the_day_before_and_again_when_it_is_late_each_once(shop):
    lend(shop, 2)
    wait(shop, 0)
    assert reminders(shop) == []
    wait(shop, DAY_US)
    wait(shop, 3_600_000_000)
    (eve,) = reminders(shop)
    assert (eve.severity, eve.pieces) == (Severity.NOTICE, ("p3", "p4"))
    assert "M-1001, lent to client c-1, is due back" in eve.sentence
    wait(shop, 2 * DAY_US)
    wait(shop, 3_600_000_000)
    assert [fact.severity for fact in reminders(shop)] == [Severity.NOTICE, Severity.ALARM]


def test_another_day_is_another_reminder_and_what_is_back_reminds_of_nothing(shop):
    lend(shop, 2)
    did(shop, PromiseOrder(order=ORDER, promised_day=day(shop, 5)))
    wait(shop, DAY_US)
    assert reminders(shop) == []
    shop.run(5, lying={"r-pad": [3, 4]}, p=1.0)
    did(shop, TakeMemoBack(order=ORDER, pieces=(PieceId("p3"), PieceId("p4"))))
    assert fold_orders.load(shop.books.db, ORDER).state == "closed"
    wait(shop, 4 * DAY_US)
    assert reminders(shop) == []


def test_a_piece_that_is_laid_away_is_missed_and_stopped_at_the_gate_like_any_other(shop):
    shop.run(200, lying={"r-case": list(range(1, 11))})
    for n in (3, 4):
        act = OpenOrder(
            order=ClientOrderId(f"l-{n}"), kind=OrderKind.LAYAWAY, client=PersonId("c-1"), title="x", currency="EUR",
            pieces=(PieceId(f"p{n}"),),
        )  # fmt: skip
        did(shop, act)
        did(shop, MoveOrder(order=ClientOrderId(f"l-{n}"), event=OrderEvent.RESERVE))
    pass_gate(shop, [3])
    (seen,) = shop.facts(ExitSeen)
    assert (seen.peaceful, seen.why) == (False, "laid away and not collected")
    shop.run(200, lying={"r-case": [n for n in range(1, 11) if n not in (3, 4)]})
    assert ("p4",) in [fact.pieces for fact in shop.facts(AlarmRaised) if fact.kind is AlarmKind.MISSING]
