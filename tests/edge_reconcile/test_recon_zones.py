"""A walk with the reference tray, and where pieces are said to lie by it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.worlds import ZONE_FAMILIES, Row
from bench.zone_peers import window
from edge.reconcile.blob import BlobDamagedError, pack, unpack
from edge.reconcile.zones import points as walked
from edge.reconcile.zones.choose import UNTRIED, Chosen, choose, spread
from edge.reconcile.zones.features import UNREAD_DBM, Window, features
from edge.reconcile.zones.finder import BOOKS, MOVED_WINDOWS, Finder, FinderDamagedError
from edge.reconcile.zones.models import MODELS, Laid, Layout, posterior
from edge.reconcile.zones.signature import change

ZONES = 8
LAYOUT = Layout(np.arange(ZONES, dtype=np.int32), ZONES)
ALONE = np.full(1, -1, np.int32)


@pytest.fixture(scope="module")
def row() -> Row:
    return Row(ZONE_FAMILIES["0.9m"], seed=41)


@pytest.fixture(scope="module")
def calibration(row: Row) -> tuple[np.ndarray, Laid]:
    places, zone, position = row.walk(3)
    return features(window(row.look(places, row.biases(len(places)), 30))), Laid(zone, position)


@pytest.fixture(scope="module")
def chosen(calibration: tuple[np.ndarray, Laid]) -> Chosen:
    return choose(*calibration, LAYOUT)


def heard_in(row: Row, zone: int, pieces: int = 1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Places in the middle of a zone, and the pieces' orientations."""
    rng = np.random.default_rng([seed, zone])
    x = (zone + 0.5) * row.family.spacing_m + rng.uniform(-0.05, 0.05, pieces)
    return np.column_stack([x, rng.uniform(0.1, 0.3, pieces)]), row.biases(pieces)


def look(row: Row, place: tuple[np.ndarray, np.ndarray], rounds: int = 20) -> Window:
    return window(row.look(*place, rounds))


def test_a_piece_amid_a_zone_is_said_to_lie_there(row: Row, chosen: Chosen):
    for zone in range(ZONES):
        p = chosen.posterior(features(look(row, heard_in(row, zone, pieces=20))))
        assert (p.argmax(axis=1) == zone).mean() > 0.9


def test_the_strongest_antenna_alone_is_wrong_more_often(row: Row, chosen: Chosen):
    places = row.near(400)
    heard, truth = window(row.look(places, row.biases(400), 30)), row.zone_of(places[:, 0])
    loudest = np.where(heard.read > 0, heard.level_dbm, -99).argmax(axis=1)
    ours = chosen.posterior(features(heard)).argmax(axis=1)
    assert (ours == truth).mean() > (loudest == truth).mean() + 0.1


def test_eight_pieces_of_one_tray_know_their_zone_better_than_each_alone(row: Row, chosen: Chosen):
    trays = row.trays_near(60)
    truth = row.zone_of(trays[:, 0, 0])
    heard = features(window(row.look(trays.reshape(-1, 2), row.biases(480), 30))).reshape(60, 8, -1)
    together = np.array([chosen.tray(tray).argmax() for tray in heard]) == truth
    alone = np.array([chosen.posterior(tray).argmax(axis=1) == z for tray, z in zip(heard, truth, strict=True)])
    assert together.mean() > alone.mean() + 0.1


def test_a_piece_that_lies_still_never_becomes_surer_by_being_heard_again(row: Row, chosen: Chosen):
    place, finder = heard_in(row, 3), Finder(chosen, ZONES, ZONES)
    finder.grow(1, np.array([2], np.int32))  # the books say next door
    before = finder.posterior.copy()
    for _ in range(30):
        assert not len(finder.look(look(row, place), ALONE).rows)
    assert (finder.posterior == before).all()


def test_a_piece_that_is_carried_next_door_is_found_there_once(row: Row, chosen: Chosen):
    finder = Finder(chosen, ZONES, ZONES)
    finder.grow(1, np.array([2], np.int32))
    here, there = heard_in(row, 2), heard_in(row, 5)
    for _ in range(4):
        finder.look(look(row, here), ALONE)
    told = [finder.look(look(row, there), ALONE) for _ in range(8)]
    assert [moved.zones.tolist() for moved in told] == [[]] * (MOVED_WINDOWS - 1) + [[5]] + [[]] * 5
    assert told[MOVED_WINDOWS - 1].p[0] > 0.8


def a_floor(row: Row, seed: int, pieces: int) -> tuple[np.ndarray, np.ndarray, list[Window]]:
    """Homes (some unknown), trays, and windows in which some trays and some pieces are carried away."""
    rng = np.random.default_rng(seed)
    home = rng.integers(0, ZONES, pieces)
    tray = np.where(rng.random(pieces) < 0.5, np.arange(pieces) // 4, -1).astype(np.int32)
    bias, at, windows = row.biases(pieces), home.copy(), []
    for number in range(9):
        if number == 4:
            gone = rng.random(pieces) < 0.1
            gone |= np.isin(tray, tray[gone]) & (tray >= 0)
            at[gone] = rng.integers(0, ZONES)
        x = (at + 0.5) * row.family.spacing_m
        heard = window(row.look(np.column_stack([x, np.full(pieces, 0.2)]), bias, 20))
        windows.append(heard._replace(read=heard.read * (rng.random((pieces, 1)) < 0.9)))
    return np.where(rng.random(pieces) < 0.1, -1, home).astype(np.int32), tray, windows


def sliced(finder: Finder, window: Window, tray: np.ndarray, rows_max: int):
    finder.begin(window, tray)
    while (moved := finder.go_on(rows_max)) is None:
        pass
    return moved


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 90), st.integers(1, 100))
def test_a_window_looked_at_in_slices_says_what_it_says_at_once(
    row: Row, chosen: Chosen, seed: int, pieces: int, rows_max: int
):
    home, tray, windows = a_floor(row, seed, pieces)
    whole, parts = (Finder(chosen, ZONES, ZONES) for _ in range(2))
    for finder in (whole, parts):
        finder.grow(pieces, home)
    for one in windows:
        for ours, theirs in zip(sliced(parts, one, tray, rows_max), whole.look(one, tray), strict=True):
            assert np.array_equal(ours, theirs)
        for name in ("posterior", "_signature", "_known", "_strange", "_open"):
            assert np.allclose(getattr(parts, name), getattr(whole, name), atol=1e-5), name
    assert parts.moves_total == whole.moves_total


def carried_while_somebody_speaks(row: Row, chosen: Chosen, after: int, *, heeded: bool = True):
    """Eight pieces carried from 1 to 6; during the window that would say so a person puts two of them into 3."""
    finder, tray = Finder(chosen, ZONES, ZONES), np.full(8, -1, np.int32)
    finder.grow(8, np.full(8, 1, np.int32))
    here, there = heard_in(row, 1, 8), heard_in(row, 6, 8)
    for _ in range(4):
        finder.look(look(row, here), tray)
    for _ in range(MOVED_WINDOWS - 1):
        finder.look(look(row, there), tray)
    finder.begin(look(row, there), tray)
    assert [finder.go_on(2) for _ in range(after)] == [None] * after
    finder.settle(np.array([0, 7], np.int32), np.full(2, 3, np.int32))
    if not heeded:
        finder._glance.settled[:] = False
        finder._strange[[0, 7]] = MOVED_WINDOWS - 1
    while (moved := finder.go_on(2)) is None:
        pass
    return moved.rows.tolist(), finder.posterior[[0, 7]].argmax(axis=1).tolist()


@pytest.mark.parametrize("after", [0, 1, 3])
def test_what_a_person_says_while_a_window_is_looked_at_stands(row: Row, chosen: Chosen, after: int):
    assert carried_while_somebody_speaks(row, chosen, after) == ([1, 2, 3, 4, 5, 6], [3, 3])


def test_without_heeding_it_the_old_window_would_have_the_last_word(row: Row, chosen: Chosen):
    """The control."""
    assert carried_while_somebody_speaks(row, chosen, 3, heeded=False)[1] != [3, 3]


def test_a_hand_that_dims_all_antennas_alike_is_no_move():
    levels = np.array([[-50.0, -60.0, -64.0]], np.float32)
    signature, known = levels.copy(), np.full((1, 3), 20, np.float32)
    dimmed = Window(levels - 9, np.full((1, 3), 20, np.float32), np.full(3, 20, np.float32))
    turned = Window(levels + np.array([[9, -9, 9]], np.float32), dimmed.read, dimmed.rounds)
    assert change(dimmed, known, signature)[0] <= 0
    assert change(turned, known, signature)[0] > 60  # the control


def test_an_antenna_whose_reader_is_away_is_no_move():
    levels, known = np.array([[-50.0, -55.0]], np.float32), np.full((1, 2), 20, np.float32)
    read = np.array([[20, 0]], np.float32)
    away = Window(levels, read, np.array([20, 0], np.float32))
    silent = Window(levels, read, np.array([20, 20], np.float32))
    assert change(away, known, levels)[0] < 0
    assert change(silent, known, levels)[0] > 60  # it was there and heard nothing


def test_mates_of_a_tray_that_is_carried_go_together(row: Row, chosen: Chosen):
    finder, tray = Finder(chosen, ZONES, ZONES), np.zeros(8, np.int32)
    finder.grow(8, np.full(8, 1, np.int32))
    here, there = heard_in(row, 1, 8), heard_in(row, 6, 8)
    for _ in range(4):
        finder.look(look(row, here), tray)
    told = [finder.look(look(row, there), tray) for _ in range(MOVED_WINDOWS)]
    assert sorted(told[-1].rows.tolist()) == list(range(8))
    assert set(told[-1].zones.tolist()) == {6}


def test_a_piece_that_nobody_placed_is_placed_by_its_first_window(row: Row, chosen: Chosen):
    finder = Finder(chosen, ZONES, ZONES)
    finder.grow(1, np.array([-1], np.int32))
    told = finder.look(look(row, heard_in(row, 4)), ALONE)
    assert told.zones.tolist() == [4]
    assert not len(finder.look(look(row, heard_in(row, 4)), ALONE).rows)


def test_a_person_s_word_is_believed_and_not_for_certain(chosen: Chosen):
    finder = Finder(chosen, ZONES, ZONES)
    finder.grow(1, np.array([3], np.int32))
    assert finder.posterior[0, 3] == pytest.approx(BOOKS + (1 - BOOKS) / ZONES)
    assert finder.posterior[0].sum() == pytest.approx(1)


def test_a_restart_goes_on_where_it_was(row: Row, chosen: Chosen):
    names, antennas = [f"z{z}" for z in range(ZONES)], [f"r/{z}" for z in range(ZONES)]
    before = Finder(chosen, ZONES, ZONES)
    before.grow(2, np.array([2, 4], np.int32))
    here, there = heard_in(row, 2, 2), heard_in(row, 5, 2)
    for _ in range(3):
        before.look(look(row, here), np.full(2, -1, np.int32))
    before.look(look(row, there), np.full(2, -1, np.int32))
    kept = before.save(["a", "b"], names, antennas)
    after = Finder(chosen, ZONES, ZONES)
    after.grow(3, np.array([0, 0, 0], np.int32))  # rows stand otherwise today
    assert after.resume(kept, ["b", None, "a"], names, antennas).tolist() == [2, 0]
    for _ in range(MOVED_WINDOWS - 1):
        told = after.look(Window(*(c[[1, 1, 0]] for c in look(row, there)[:2]), np.full(8, 20.0)), np.full(3, -1))
    assert 2 in told.rows.tolist()  # three windows in all: one before the restart


def test_what_was_learned_of_other_antennas_is_not_taken_up(chosen: Chosen):
    finder = Finder(chosen, 2, 2)
    kept = finder.save([], ["a", "b"], ["r/1", "r/2"])
    for blob, antennas in ((kept, ["r/1", "r/3"]), (kept[:-1] + b"x", ["r/1", "r/2"])):
        with pytest.raises(FinderDamagedError):
            Finder(chosen, 2, 2).resume(blob, [], ["a", "b"], antennas)
    assert len(Finder(chosen, 2, 2).resume(kept, [], ["a", "b"], ["r/1", "r/2"])) == 0  # the control


def test_points_come_back_as_they_were(row: Row):
    empty = walked.none(["a", "b"], ["r/1", "r/2"])
    heard = Window(*(np.full((8, 2), x, np.float32) for x in (-55, 12)), np.array([15, 12], np.float32))
    points = empty.joined(heard, 0).joined(heard, 1).joined(heard, 1)
    back = walked.load(walked.save(points))
    assert (back.zones, back.antennas, len(back)) == (("a", "b"), ("r/1", "r/2"), 24)
    assert [back.positions_in(0), back.positions_in(1), back.without(1).positions_in(1)] == [1, 2, 0]
    with pytest.raises(walked.PointsDamagedError, match="walk the tray again"):
        walked.load(walked.save(points)[:-3] + b"abc")


def test_a_store_walked_once_per_zone_keeps_to_the_plain_model_and_claims_no_accuracy(row: Row):
    places, zone, position = row.walk(1)
    heard = features(window(row.look(places, row.biases(len(places)), 30)))
    once = choose(heard, Laid(zone, position), LAYOUT)
    assert once.name == UNTRIED
    assert np.isnan(once.accuracy)


def test_the_chosen_model_lost_least_on_what_it_had_not_seen(chosen: Chosen):
    assert set(chosen.losses) == set(MODELS)
    assert chosen.losses[chosen.name] == min(chosen.losses.values())
    assert chosen.confusion.sum() == chosen.tried == ZONES * 3 * 8
    assert np.trace(chosen.confusion) / chosen.tried == pytest.approx(chosen.accuracies[chosen.name])


def test_a_zone_that_was_never_walked_is_never_said(row: Row, calibration: tuple[np.ndarray, Laid]):
    points, at = calibration
    rest = at.zone != 7
    chosen = choose(points[rest], Laid(at.zone[rest], at.position[rest]), LAYOUT)
    p = chosen.posterior(features(look(row, heard_in(row, 7, 20))))
    assert chosen.name != UNTRIED
    assert not (p.argmax(axis=1) == 7).any()


@given(st.lists(st.floats(-500, 0), min_size=2, max_size=6), st.floats(0.3, 20))
def test_a_posterior_sums_to_one_and_keeps_the_order(scores: list[float], temperature: float):
    p = spread(posterior(np.array([scores]), temperature))[0]
    assert p.sum() == pytest.approx(1)
    assert (p > 0).all()
    assert p.argmax() == int(np.argmax(scores)) or p.max() == pytest.approx(p[int(np.argmax(scores))])


@given(st.integers(0, 30), st.integers(0, 30))
def test_an_antenna_without_rounds_tells_nothing(read: int, more: int):
    one = Window(np.array([[-50]], np.float32), np.array([[read]], np.float32), np.array([read + more], np.float32))
    level, rate = features(one)[0]
    assert level == (-50 if read else UNREAD_DBM)
    assert (rate > 0) == (read > more)
    assert (rate == 0) == (read == more)


def test_a_blob_of_another_kind_is_refused():
    blob = pack(b"AAAA\n", {"x": np.arange(3)}, {"names": ["a"]})
    assert unpack(b"AAAA\n", blob)["x"].tolist() == [0, 1, 2]
    with pytest.raises(BlobDamagedError):
        unpack(b"BBBB\n", blob)
