"""Clients over the real edge and the real cloud, by seed: joined, parted and erased at the office while stores sell to
them, and nothing of theirs is lost, doubled or left behind.

Replay one: `python tests/simulation/replay.py 41001 --clients --hard --restores`.
"""

import pytest

from cloud import points
from cloud.pos.client_orders import queries as orders
from cloud.pos.clients import erasing, queries, slices
from cloud.pos.segments import gather
from edge.clients.slice import Slice

DAYS, DISASTERS = (9_000, 9_001, 9_006, 9_009, 9_017, 9_021), range(1_000, 1_003)
RESTORED = (40_101, 41_001)


def clean(driver, replay, seeds, **more):
    totals = {}
    for seed in seeds:
        violation, sim = driver.history(seed, **more)
        if violation:
            pytest.fail(f"{violation}\n{replay.command(seed, clients=True, **more)}\n{driver.tell(sim)}")
        for name, n in sim.stats.items():
            totals[name] = totals.get(name, 0) + n
    return totals


def test_clients_are_joined_parted_and_erased_while_stores_sell_to_them(driver_with_clients, replay):
    totals = clean(driver_with_clients, replay, DAYS)
    named = ("clients joined", "clients parted", "clients forgotten", "sold by name", "sold to who was erased")
    for name in (*named, "paid with points", "points brought together", "orders", "power cuts"):
        assert totals.get(name), f"these histories had no {name}: they prove nothing about them"


def test_no_disaster_loses_or_doubles_what_is_a_clients(driver_with_clients, replay):
    totals = clean(driver_with_clients, replay, DISASTERS, hard=True)
    for name in ("clients joined", "clients forgotten", "sold by name"):
        assert totals.get(name), f"these histories had no {name}: they prove nothing about them"


def test_a_restored_office_knows_nobody_again_and_hides_nobody(driver_with_clients, replay):
    totals = clean(driver_with_clients, replay, RESTORED, hard=True, restores=True)
    for name in ("cloud restores", "clients joined", "clients forgotten"):
        assert totals.get(name), f"these histories had no {name}: they prove nothing about them"


@pytest.mark.parametrize(
    ("what", "seed", "where", "name", "otherwise"),
    [
        ("C1", 9_000, points, "came_back", lambda *given, **more: None),
        ("C2", 9_000, queries, "sales_of", lambda tx, ids, limit: []),
        ("C3", 9_000, orders, "of_client", lambda tx, remarks, person, now_us: []),
        ("C4", 9_000, gather, "REVENUE", ()),
        ("C5", 9_001, erasing, "_kept_apart", lambda work, person: [person]),
        ("C6", 9_000, Slice, "forget", lambda kept, persons: 0),
        ("C7", 9_009, slices, "_ids", lambda work, names: {name: (name,) for name in names}),
    ],
)
def test_what_goes_wrong_with_clients_is_noticed(driver_with_clients, monkeypatch, what, seed, where, name, otherwise):
    """The controls: points that stay when goods come back, a profile that forgets purchases, one that forgets orders,
    tiers made of no purchase, a joined id that outlives the other, a box that forgets nobody, a card of one id alone.
    """
    monkeypatch.setattr(where, name, otherwise)
    violation, _ = driver_with_clients.history(seed)
    assert str(violation).startswith(what)
