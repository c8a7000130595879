import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.reconcile import pad as pad_module
from edge.reconcile.gate import Gate
from edge.reconcile.pad import RSSI_ABSENT_CDBM, TABLE, Event, Pad, State
from edge.reconcile.zones import strongest
from edge.reconcile.zones.strongest import MOVED_WINDOWS, WINDOW_ROUNDS, Read, Whereabouts

ON, BESIDE = -5800, -7600


class Till:
    """A pad read five times a second."""

    def __init__(self, every_us=200_000):
        self.pad, self.now_us, self.every_us, self.states = Pad(), 0, every_us, []

    def lay(self, seconds, rows, cart=None, beside=(), *, reading=True):
        for _ in range(int(seconds * 1e6 / self.every_us)):
            self.now_us += self.every_us
            heard = [(row, ON) for row in rows] + [(row, BESIDE) for row in beside]
            if reading:
                columns = np.array(heard, np.int64).reshape(-1, 2)
                self.pad.hear(self.now_us, columns[:, 0].astype("i4"), columns[:, 1].astype("i2"))
            view = self.pad.tick(self.now_us, None if cart is None else frozenset(cart), reading=reading)
            if not self.states or self.states[-1] is not view.state:
                self.states.append(view.state)
        return self.pad.view


def test_every_state_of_the_pad_is_reached_and_can_end():
    reached, frontier = {State.IDLE}, [State.IDLE]
    while frontier:
        state = frontier.pop()
        for (source, _), target in TABLE.items():
            if source is state and target not in reached:
                reached.add(target)
                frontier.append(target)
    assert reached == set(State)
    assert all(TABLE[state, Event.NOTHING] is State.IDLE for state in State)


def test_two_pieces_laid_down_match_their_cart():
    till = Till()
    view = till.lay(3, [4, 9], cart=[4, 9])
    assert till.states == [State.IDLE, State.READING, State.MATCHED]
    assert (view.rows, view.missing, view.extra) == ({4, 9}, frozenset(), frozenset())
    till.lay(3, [], cart=[4, 9])
    assert till.states[-1] is State.IDLE


def test_the_verdict_comes_within_a_second_and_a_fifth():
    till = Till()
    till.lay(1.2, [4, 9, 11, 12, 13], cart=[4, 9, 11, 12, 13])
    assert till.pad.view.state is State.MATCHED


def test_a_piece_too_many_or_too_few_is_named():
    till = Till()
    view = till.lay(3, [4, 7], cart=[4, 9])
    assert (view.state, view.missing, view.extra) == (State.MISMATCH, {9}, {7})
    view = till.lay(3, [4, 9], cart=[4, 9])
    assert view.state is State.MATCHED


def test_a_tray_beside_the_pad_is_not_on_it():
    view = Till().lay(3, [4], cart=[4], beside=[20, 21, 22])
    assert view.state is State.MATCHED
    assert view.rows == {4}


def test_a_cart_that_changes_is_judged_again_without_touching_the_pad():
    till = Till()
    till.lay(3, [4, 9])
    assert till.pad.view.state is State.SETTLED
    assert till.lay(0.2, [4, 9], cart=[4, 9]).state is State.MATCHED
    assert till.lay(0.2, [4, 9], cart=[4]).state is State.MISMATCH


def test_a_slow_reader_waits_longer_before_it_judges():
    till = Till(every_us=1_000_000)
    till.lay(30, [4])
    till.lay(1, [4, 9], cart=[4, 9])
    till.lay(2, [4, 9], cart=[4, 9])
    assert till.pad.view.state is State.READING
    till.lay(4, [4, 9], cart=[4, 9])
    assert till.pad.view.state is State.MATCHED


def test_a_pad_whose_reader_is_silent_matches_nothing():
    till = Till()
    till.lay(3, [4], cart=[4])
    assert till.lay(0.2, [4], cart=[4], reading=False).state is State.IDLE


def test_a_reader_that_tells_no_rssi_is_believed():
    pad = Pad()
    for now_us in (1, 200_001, 400_001):
        pad.hear(now_us, np.array([3], "i4"), np.array([RSSI_ABSENT_CDBM], "i2"))
    assert pad.tick(400_001, None).rows == {3}


def test_a_box_of_tags_on_the_pad_is_bounded_and_never_a_match(monkeypatch):
    monkeypatch.setattr(pad_module, "PIECES_MAX", 5)
    till = Till()
    till.lay(3, range(9), cart=range(5))
    assert till.pad.view.state is State.MISMATCH
    assert till.pad.overflow_total > 0


# --- the gate ------------------------------------------------------------------------------------------------


def walk(gate, row, levels, start_us=0, step_us=200_000):
    passed = []
    for at, level in enumerate(levels):
        passed += gate.hear(start_us + at * step_us, np.array([row], "i4"), np.array([level], "i2"), np.ones(1, "u2"))
    return passed


def test_a_piece_carried_out_passes_once():
    gate = Gate()
    assert walk(gate, 7, [-7800, -7000, -6200, -5600, -6000, -7000] * 2) == [7]
    assert walk(gate, 7, [-7800, -7000, -6000, -5600, -5700], start_us=200_000_000) == [7]


def test_a_tray_near_the_door_never_passes():
    gate = Gate()
    assert walk(gate, 7, [-7600, -7700, -7500] * 400) == []


def test_a_single_read_is_no_passage():
    assert walk(Gate(), 7, [-5000]) == []


def test_a_piece_in_sight_for_minutes_is_furniture():
    gate = Gate()
    walk(gate, 7, [-7600] * 1000)
    assert walk(gate, 7, [-5600] * 5, start_us=200_200_000) == []
    assert walk(Gate(), 7, [-5000] * 5) == [7], "near enough to touch the antenna"


def test_the_gate_follows_a_bounded_number_of_pieces(monkeypatch):
    monkeypatch.setattr("edge.reconcile.gate.TRACKED_MAX", 3)
    gate = Gate()
    rows = np.arange(5, dtype="i4")
    gate.hear(0, rows, np.full(5, -7000, "i2"), np.ones(5, "u2"))
    assert gate.overflow_total == 2
    gate.hear(70_000_000, rows, np.full(5, -7000, "i2"), np.ones(5, "u2"))
    assert gate.overflow_total == 4


# --- zones ---------------------------------------------------------------------------------------------------


class Hall:
    """One piece per row, read by its own zone at -60 dBm and by the next at -74."""

    def __init__(self, seed, pieces=40, zones=4):
        self.rng = np.random.default_rng(seed)
        self.at = np.arange(pieces) % zones
        self.level = np.full((pieces, zones), -90.0)
        self.bias = self.rng.normal(0, 3, (pieces, zones))
        self.where = Whereabouts(zones)
        self.where.grow(pieces, self.at.astype("i4"))
        self.moves = []
        self.seen = None

    def windows(self, count, p=0.9, hidden=()):
        pieces, zones = self.bias.shape
        for _ in range(count):
            for _ in range(WINDOW_ROUNDS):
                gap = np.abs(np.arange(zones) - self.at[:, None])
                level = np.where(gap == 0, -60, -74) + self.bias + self.rng.normal(0, 1.5, (pieces, zones))
                chance = np.where(gap == 0, p, np.where(gap == 1, 0.2, 0.0))
                chance[list(hidden), self.at[list(hidden)]] = 0.0
                rows, seen = np.nonzero(self.rng.random((pieces, zones)) < chance)
                self.where.hear(Read(rows.astype("i4"), seen.astype("i4"), (level[rows, seen] * 100).astype("i2")))
            moved = self.where.close_window(self.seen)
            self.moves += list(zip(moved.rows.tolist(), moved.zones.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(4))
def test_pieces_that_lie_still_stay_where_they_are(seed):
    hall = Hall(seed)
    hall.windows(60)
    assert hall.moves == []
    assert np.array_equal(hall.where.zone_of(), hall.at)


@pytest.mark.parametrize("seed", range(4))
def test_a_piece_put_elsewhere_has_moved_after_a_few_windows(seed):
    hall = Hall(seed)
    hall.windows(6)
    hall.at[5] = 3
    hall.at[8] = 1
    hall.windows(MOVED_WINDOWS + 1)
    assert sorted(hall.moves) == [(5, 3), (8, 1)]
    assert hall.where.posterior[5].max() > 0.9


@pytest.mark.parametrize("seed", range(4))
def test_a_covered_piece_with_stray_reads_next_door_has_not_moved(seed):
    hall = Hall(seed)
    hall.windows(6)
    hall.windows(8, hidden=range(12))
    hall.windows(6)
    assert hall.moves == []


def test_a_person_who_says_where_it_is_is_believed():
    hall = Hall(1)
    hall.windows(4)
    hall.where.settle(np.array([5], "i4"), np.array([2], "i4"))
    assert hall.where.zone_of()[5] == 2
    assert hall.where.zone_of()[6] == hall.at[6]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 70))
def test_a_window_looked_at_slice_by_slice_says_what_it_says_at_once(seed, pieces, rows):
    """Zones that were not seen, moves and all; the rooms of both are the same to the bit."""
    whole, parts = Hall(seed, pieces), Hall(seed, pieces)
    told = []
    for hall, size in ((whole, 1 << 20), (parts, rows)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(strongest, "rows_per_slice", lambda *_, size=size: size)
            hall.windows(5)
            hall.at = (hall.at + (hall.rng.random(pieces) < 0.2)) % 4
            hall.windows(3)
            hall.seen = np.array([True, True, False, True])
            hall.windows(3)
        told.append(hall.moves)
    assert told[0] == told[1]
    for name in ("posterior", "_signature", "_known", "_strange"):
        assert np.array_equal(getattr(whole.where, name), getattr(parts.where, name)), name


def test_a_slice_is_small_and_a_window_is_done_before_the_next_is_over():
    for rows, zones in ((20_000, 32), (20_000, 400), (100_000, 2_000), (1, 1), (50, 0)):
        size = strongest.rows_per_slice(rows, zones)
        assert size >= 1
        assert -(-rows // size) <= strongest.SLICES_MAX
        assert size * zones <= max(strongest.CELLS_PER_SLICE, zones * (rows // strongest.SLICES_MAX + 1))
