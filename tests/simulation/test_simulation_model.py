"""The protocol's tables alone by seed: thousands of histories over the model of it (custody.md §13).

Replay one: `python tests/simulation/replay.py 17 --model --hard`; it prints the last 40 events of each piece.
"""

import datetime as dt

import pytest

MIXES = (
    {},
    {"hard": True},
    {"hard": True, "restores": True},
    {"hard": True, "parks": True},
    {"roam": True},
    {"hard": True, "restores": True, "heavy": True},
)
"""Ordinary days; disasters; with restored clouds; with an office older than its stores; pieces carried about; two to
eight heavy faults, and boxes that were given up and found again."""
HISTORIES = 2_000
PARTS = 4
"""So that the runner's workers can share them."""
HISTORIES_LONG = 100_000
DAY = dt.datetime.now(dt.UTC).date().toordinal()
"""New seeds every day, in the long run: `replay.py` plays any of them again on any day."""


def clean(model, replay, seeds, **more):
    """Runs histories; fails with the invariant, the last events of the pieces, and the line that plays it again."""
    totals = {}
    for seed in seeds:
        violation, sim = model.history(seed, **more)
        if violation:
            pytest.fail(f"{violation}\n{replay.command(seed, model=True, **more)}\n{model.tell(sim)}")
        for name, n in {**sim.stats, "sales": sim.world.sales, "refunds": len(sim.world.refunded)}.items():
            totals[name] = totals.get(name, 0) + n
    return totals


@pytest.mark.parametrize("part", range(PARTS))
def test_no_history_of_the_protocol_breaks_an_invariant(model, replay, part):
    totals = {}
    for at, more in enumerate(MIXES):
        first = at * HISTORIES
        for name, n in clean(
            model, replay, range(first + part, first + HISTORIES // len(MIXES), PARTS), **more
        ).items():
            totals[name] = totals.get(name, 0) + n
    for name in (
        "sales", "refunds", "web orders", "power cuts", "crashes", "boxes lost", "copies", "disks restored",
        "cloud restores", "old offices", "boxes found again", "pieces taken along",
    ):  # fmt: skip
        assert totals[name] > 0, f"these histories had no {name}: they prove nothing about them"


@pytest.mark.long
def test_a_hundred_thousand_histories_of_today_break_nothing(model, replay):
    for at, more in enumerate(MIXES):
        first = (DAY * len(MIXES) + at) * HISTORIES_LONG
        clean(model, replay, range(first, first + HISTORIES_LONG // len(MIXES)), **more)


@pytest.mark.parametrize(("seed", "more"), [(920000272, {"hard": True}), (930000339, MIXES[2]), (930000437, MIXES[2])])
def test_what_the_long_run_once_found_stays_mended(model, replay, seed, more):
    """The power went while a client was at the counter; a sale burnt of a piece that no client had; paid in a lost life."""
    clean(model, replay, [seed], **more)


def test_a_history_of_the_model_is_its_seed(model):
    once, twice = (model.history(5, hard=True)[1] for _ in range(2))
    assert list(once.recorded) == list(twice.recorded)
    assert once.stats == twice.stats


@pytest.mark.parametrize(
    ("kind", "sentence", "excused"),
    [
        ("refunded twice", "s1", True),
        ("refunded twice", "s2", False),
        ("refunded twice", "s3", False),
        ("order paid twice", "w1", True),
        ("double post", "s2", False),
    ],
)
def test_only_what_nobody_could_know_may_be_double(model, kind, sentence, excused):
    """The refund of s1 and the sale s2 of p0 burnt with every copy; s3 stands in the books (custody.md §12)."""
    violation, sim = model.history(0)
    assert violation is None
    sim.world.refund_gone["p1"], sim.world.sale_gone["p0"] = "s1", "s2"
    sim.head.open_case(kind, sentence, piece="p0", ref=sentence)
    if excused:
        sim.judge_books()
        return
    with pytest.raises(Exception, match=f"Q6 {kind}: {sentence}"):
        sim.judge_books()
