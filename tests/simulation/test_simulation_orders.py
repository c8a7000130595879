"""Clients' orders over the real edge and the real cloud, by seed: money conserved, promises kept, whatever is lost.

Replay one: `python tests/simulation/replay.py 1152 --orders --hard`.
"""

import pytest

from cloud.pos.value import settled
from edge.sync import downlink
from edge.till import desk
from trade import selling
from trade.guards import ALL, Guards

DAYS, DISASTERS = range(9_000, 9_012), range(1_000, 1_008)
RESTORED = (40_115, 40_122, 40_156, 40_496, 40_501, 41_070)
"""Each found another way in which a restored office or box gave money twice, or forgot an order, a promise or a thing."""
GUARD_SEEDS_MAX = 60


def clean(driver, replay, seeds, **more):
    totals = {}
    for seed in seeds:
        violation, sim = driver.history(seed, **more)
        if violation:
            pytest.fail(f"{violation}\n{replay.command(seed, orders=True, **more)}\n{driver.tell(sim)}")
        for name, n in sim.stats.items():
            totals[name] = totals.get(name, 0) + n
    return totals


def test_no_history_with_orders_loses_money_or_breaks_a_promise(driver_with_orders, replay):
    totals = clean(driver_with_orders, replay, DAYS)
    named = (
        "orders",
        "deposits",
        "orders collected",
        "orders given up",
        "power cuts",
        "web orders",
        "orders taken over",
    )
    for name in (*named, "things taken in", "things given back", "pieces lent", "clients forgotten"):
        assert totals.get(name), f"these histories had no {name}: they prove nothing about them"


def test_no_disaster_with_orders_loses_money_or_breaks_a_promise(driver_with_orders, replay):
    totals = clean(driver_with_orders, replay, DISASTERS, hard=True)
    for name in ("orders", "deposits", "boxes lost", "disks restored", "copies"):
        assert totals.get(name), f"these histories had no {name}: they prove nothing about them"


def test_no_restored_office_loses_money_or_breaks_a_promise(driver_with_orders, replay):
    totals = clean(driver_with_orders, replay, RESTORED, hard=True, restores=True)
    for name in ("cloud restores", "disks restored", "orders handed over", "orders collected", "deposits"):
        assert totals.get(name), f"these histories had no {name}: they prove nothing about them"


def test_an_order_that_ended_before_its_promise_came_back_keeps_no_piece(driver_with_orders, replay, monkeypatch):
    """What this simulation found: a new box ended an order, and then the office gave it the piece with its promise."""
    clean(driver_with_orders, replay, [1_152], hard=True)
    monkeypatch.setattr(downlink, "_promise_that_is_over", lambda tx, grant: ())
    violation, _ = driver_with_orders.history(1_152, hard=True)
    assert "which does not want it" in violation, "the control"


def test_a_deposit_that_the_office_forgets_to_settle_is_noticed(driver_with_orders, monkeypatch):
    """The control of what is owed: the office hears that an order ended, and lets the money stand."""
    monkeypatch.setattr(settled, "book", lambda *given, **more: None)
    assert broken(driver_with_orders, "O1")


def test_without_one_live_claim_a_piece_an_order_keeps_is_sold(driver_with_orders):
    """The control of promises kept."""
    assert broken(driver_with_orders, "I", Guards(claim_unique=False), hard=True)


def broken(driver, what, guards=ALL, **more):
    for seed in range(9_000, 9_000 + GUARD_SEEDS_MAX):
        violation, _ = driver.history(seed, guards, **more)
        if violation and violation.startswith(what):
            return True
    return False


def test_a_clients_thing_that_a_box_would_sell_is_noticed(driver_with_orders, monkeypatch):
    """The control of customer property: a till that asks nobody whose a piece is."""
    monkeypatch.setattr(selling, "not_for_sale", lambda piece: None)
    assert broken(driver_with_orders, "T1")


def test_words_about_a_client_that_are_not_sealed_are_noticed(driver_with_orders, monkeypatch):
    """The control of what is written nowhere in clear."""
    monkeypatch.setattr(desk, "sealed", lambda remarks, facts, act, scene: tuple(facts))
    assert broken(driver_with_orders, "T3")
