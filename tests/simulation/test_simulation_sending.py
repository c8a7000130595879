"""Orders that the office sends on over the real edge and the real cloud, by seed: one home at a time, whatever happens.

Replay one: `python tests/simulation/replay.py 9005 --sending`.
"""

import pytest
import sqlalchemy as sa

from cloud.pos.client_orders import sending
from cloud.pos.clients import queries
from cloud.tables import order_way

DAYS, DISASTERS = range(9_000, 9_012), range(1_000, 1_010)
IN_DOUBT, CONTROL_SEEDS_MAX = 1_000, 60


def clean(driver, replay, seeds, *named, **more):
    totals = {}
    for seed in seeds:
        violation, sim = driver.history(seed, **more)
        if violation:
            pytest.fail(f"{violation}\n{replay.command(seed, sending=True, **more)}\n{driver.tell(sim)}")
        for name, n in sim.stats.items():
            totals[name] = totals.get(name, 0) + n
    for name in named:
        assert totals.get(name), f"these histories had no {name}: they prove nothing about them"


def test_no_order_that_is_sent_on_has_two_homes_or_loses_its_money(driver_with_sending, replay):
    named = ("orders sent on", "orders that stay", "orders taken over", "pieces kept for orders", "power cuts")
    clean(driver_with_sending, replay, DAYS, *named)


def test_no_disaster_takes_an_order_that_is_sent_on(driver_with_sending, replay):
    named = ("orders sent on", "cloud restores", "sales in doubt on a profile")
    clean(driver_with_sending, replay, DISASTERS, *named, hard=True, restores=True)


def test_a_sale_in_doubt_that_is_shown_as_any_other_is_noticed(driver_with_sending, monkeypatch):
    """The control of the mark: a lost box sold a piece that was another store's, and nobody has decided about it."""
    monkeypatch.setattr(queries.SaleSeen, "in_doubt", False)
    violation, _ = driver_with_sending.history(IN_DOUBT, hard=True, restores=True)
    assert str(violation).startswith("C2")


def broken(driver, what):
    for seed in range(9_000, 9_000 + CONTROL_SEEDS_MAX):
        violation, _ = driver.history(seed)
        if violation and violation.startswith(what):
            return True
    return False


def test_sent_on_after_its_box_was_told_it_would_have_two_homes(driver_with_sending, monkeypatch):
    """The control of one home at a time: an office that does not ask whether that box was told."""

    def any_way(work, order, waits_at):
        return work.tx.row(sa.select(order_way).where(order_way.c.order_id == order.order))

    monkeypatch.setattr(sending, "_untold", any_way)
    assert broken(driver_with_sending, ("O", "S1"))


def test_a_reason_that_is_not_sealed_is_noticed(driver_with_sending, monkeypatch):
    """The control of what is written nowhere in clear."""
    monkeypatch.setattr(sending, "_sealed", lambda work, ring, order, why: why)
    assert broken(driver_with_sending, "S2")
