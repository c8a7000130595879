"""What tills write of clients over the real edge and the real cloud, by seed: nothing is lost, doubled or left of the erased.

Replay one: `python tests/simulation/replay.py 41001 --words --hard --restores`.
"""

import pytest

from cloud.pos.clients import absorbing, queries, slices
from contract.clients import PersonKeysTaken
from edge.clients.slice import Slice

DAYS, DISASTERS, RESTORED = (9_000, 9_001, 9_005, 9_006, 9_011), range(1_000, 1_003), (40_003, 40_101, 41_001, 42_002)
NAMED = ("told of a client", "kept at a store first", "said about being written to", "told of somebody by another id")


def clean(driver, replay, seeds, *named, **more):
    totals = {}
    for seed in seeds:
        violation, sim = driver.history(seed, **more)
        if violation:
            pytest.fail(f"{violation}\n{replay.command(seed, words=True, **more)}\n{driver.tell(sim)}")
        for name, n in sim.stats.items():
            totals[name] = totals.get(name, 0) + n
    for name in named:
        assert totals.get(name), f"these histories had no {name}: they prove nothing about it"


def test_what_tills_write_stands_once_in_the_record_of_who_it_is_about(driver_with_words, replay):
    clean(
        driver_with_words,
        replay,
        DAYS,
        *NAMED,
        "told without a line",
        "clients joined",
        "clients forgotten",
        "power cuts",
    )


def test_no_disaster_loses_or_doubles_what_was_written_of_a_client(driver_with_words, replay):
    clean(driver_with_words, replay, DISASTERS, *NAMED[:3], "clients forgotten", hard=True)


def test_an_office_that_was_put_back_knows_again_whom_a_store_kept_first(driver_with_words, replay):
    clean(driver_with_words, replay, RESTORED, *NAMED[:3], "cloud restores", hard=True, restores=True)


def yeses(tx, *persons, asked=queries.consents):
    return [each for each in asked(tx, *persons) if each.given]


def taken_by_nobody(work, ring, told):
    return PersonKeysTaken(persons=tuple(each.person for each in told.keys))


@pytest.mark.parametrize(
    ("what", "seed", "where", "name", "otherwise", "more"),
    [
        ("C8", 9_000, absorbing, "absorb", lambda *given, **more: 0, {}),
        ("C8", 9_000, absorbing, "_settle", lambda work, row, state, why: True, {}),
        ("C8", 9_000, slices, "take_keys", taken_by_nobody, {}),
        ("C8", 42_002, Slice, "is_new", lambda kept, epoch: False, {"hard": True, "restores": True}),
        ("C9", 9_011, queries, "consents", yeses, {}),
    ],
)
def test_what_goes_wrong_with_words_is_noticed(
    driver_with_words, monkeypatch, what, seed, where, name, otherwise, more
):
    """The controls: words that nobody takes in, that are taken in at each look, a key that is lost on its way, a store that
    believes a restored office, and a no that is not heard.
    """
    monkeypatch.setattr(where, name, otherwise)
    violation, _ = driver_with_words.history(seed, **more)
    assert str(violation).startswith(what)
