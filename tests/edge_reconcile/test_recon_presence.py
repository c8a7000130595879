import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import AlarmKind
from edge.reconcile.absence import P_MAX, P_MIN, absence
from edge.reconcile.presence import judge, threshold
from edge.reconcile.presence import step as rounds
from edge.reconcile.presence.evidence import HARD, MISSING, PRESENT, UNKNOWN, Evidence, EvidenceDamagedError, load
from edge.reconcile.presence.step import Round, Rules, step
from edge.reconcile.presence.story import Look, Scratch, weigh
from edge.reconcile.presence.threshold import NATS_MIN, calibrate, false_alarms_per_month

SEEDS = [1, pytest.param(2, marks=pytest.mark.long)]
DAY_S = 86_400.0
SOON = Rules(alarm_nats=16.0)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_read_and_a_miss_are_the_whole_story(p, v):
    assert absence(p, v, seen=True) + absence(p, v, seen=False) == pytest.approx(1.0)
    assert 1 - P_MAX <= absence(p, v, seen=False) <= 1


@given(st.floats(P_MIN, P_MAX), st.floats(0, 1))
def test_presence_and_counts_agree_about_what_a_miss_is_worth(p, v):
    columns = np.zeros((13, 1), np.float32)
    columns[0] = 1.0  # nothing lies over it, and it fades at no time
    p32, v32, calm = (np.array([value], np.float32) for value in (p, v, 1.0))
    weigh(Look(columns, np.array([False]), p32, v32, calm, np.float32(1e-6)), 90.0, 1e12, Scratch())
    assert columns[4, 0] == pytest.approx(-np.log(absence(p, v, seen=False)), abs=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_piece_that_is_taken_is_missed_and_nobody_else_is(floor, seed):
    shop = floor(seed).run(300)
    assert shop.accused() == []
    assert (shop.evidence.state == PRESENT).all()
    shop.there[[5, 77, 130]] = False
    shop.run(160)
    assert sorted(shop.accused_rows()) == [5, 77, 130]
    assert {one.kind for one in shop.accused()} == {AlarmKind.MISSING}
    assert "not read in" in shop.accused()[0].sentence().lower()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_calibrated_store_misses_a_piece_within_80_rounds(floor, seed):
    shop = floor(seed)
    shop.rules = SOON
    shop.run(300).there[5] = False
    shop.run(80)
    assert shop.accused_rows() == [5]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dead_reader_steals_nothing(floor, seed):
    """Known to be silent (no rounds), and not known (rounds without reads): no piece is called missing either way."""
    for announced in (True, False):
        shop = floor(seed).run(200)
        shop.announced, shop.alive[1] = announced, False
        shop.run(300)
        assert shop.accused() == []
        assert bool(shop.evidence.blind[1]) is not announced
        shop.alive[1] = True
        shop.run(60)
        assert shop.accused() == []
        assert not shop.evidence.blind.any()


@pytest.mark.parametrize("seed", SEEDS)
def test_without_looking_around_a_dead_reader_would_steal_the_whole_case(floor, seed, monkeypatch):
    """The control: the same silence, with visibility held at one and everybody judged alone."""
    monkeypatch.setattr(rounds, "look_around", lambda *_: None)
    monkeypatch.setattr(judge, "in_company", lambda silent: np.zeros(len(silent.nats), bool))
    shop = floor(seed).run(200)
    shop.announced, shop.alive[1] = False, False
    shop.run(600)
    assert len(shop.accused_rows()) > 40


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flapping_reader_steals_nothing(floor, seed):
    shop = floor(seed).run(200)
    shop.announced = False
    for _ in range(30):
        shop.alive[1] = not shop.alive[1]
        shop.run(6)
    assert shop.accused() == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hand_over_half_a_case_accuses_nobody(floor, seed):
    shop = floor(seed).run(200)
    for _ in range(20):
        shop.shadow(2, 0.5, 60.0)
        shop.run(100)
    assert shop.accused() == []


@pytest.mark.parametrize("seed", SEEDS)
def test_without_the_witness_rule_a_covered_tray_is_accused_piece_by_piece(floor, seed, monkeypatch):
    def cover_a_tray():
        shop = floor(seed).run(200)
        shop.cover[48:56], shop.cover_ends[48:56] = 0.0, shop.now_us + 110e6
        shop.rules = SOON
        return [one for one in shop.run(200).accused() if one.kind is AlarmKind.MISSING]

    assert cover_a_tray() == []
    monkeypatch.setattr(judge, "in_company", lambda silent: np.zeros(len(silent.nats), bool))
    assert cover_a_tray() != []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lifted_tray_is_one_group_alarm(floor, seed):
    shop = floor(seed).run(300)
    shop.there[16:24] = False
    shop.run(400)
    assert [one.kind for one in shop.accused()] == [AlarmKind.GROUP]
    assert sorted(shop.accused_rows()) == list(range(16, 24))
    assert (shop.evidence.state[16:24] == MISSING).all()


@pytest.mark.parametrize("later", [0, 12, 60])
def test_two_pieces_of_one_case_do_not_hide_each_other(floor, later):
    shop = floor(7).run(300)
    shop.there[3] = False
    shop.run(later).there[30] = False
    shop.run(500)
    assert sorted(shop.accused_rows()) == [3, 30]


def test_a_missing_piece_that_is_read_at_home_is_present_again(floor):
    shop = floor(4).run(200)
    shop.there[9] = False
    shop.run(200).there[9] = True
    assert shop.evidence.state[9] == MISSING
    shop.changes.clear()
    shop.run(20)
    assert [row for _, changes in shop.changes for row in changes.present] == [9]
    assert shop.evidence.state[9] == PRESENT


def test_a_sold_piece_is_not_missed(floor):
    shop = floor(5).run(200)
    shop.placement.expected[9] = False
    shop.there[9] = False
    assert shop.run(300).accused() == []
    shop.placement.expected[9] = True
    assert shop.run(300).accused_rows() == [9]


def test_a_piece_never_read_here_is_unknown_and_not_missing(floor):
    shop = floor(6)
    shop.there[9] = False
    shop.run(300)
    assert shop.accused() == []
    assert shop.evidence.state[9] == UNKNOWN


def read_in(shop, row, zone, rounds):
    """Rounds in which one piece is read in a zone that is not its home."""
    for _ in range(rounds):
        shop.now_us += 1_000_000
        rows = shop.reads()
        heard = Round(
            shop.now_us,
            shop.alive.copy(),
            np.append(rows, row).astype("i4"),
            np.append(shop.home[rows], zone).astype("i4"),
        )
        shop.changes.append((shop.now_us, step(shop.evidence, shop.placement, heard, shop.rules)))


def test_a_piece_read_in_another_case_has_moved_and_one_at_the_gate_has_not(floor):
    shop = floor(8).run(200)
    shop.there[9] = False
    read_in(shop, 9, 3, 300)
    assert shop.accused() == []
    assert shop.evidence.away_zone[9] == 3
    shop.placement.vouches[3] = False
    read_in(shop, 9, 3, 60)
    assert shop.accused_rows() == [9]


def test_a_stray_read_does_not_excuse_absence_from_home_for_ever(floor):
    shop = floor(8).run(200)
    shop.there[9] = False
    read_in(shop, 9, 3, 20)
    assert shop.run(250).accused_rows() == [9]


def test_a_piece_hardly_ever_read_is_said_to_be_hard_to_read(floor):
    shop = floor(9)
    shop.p[9] = 0.02
    shop.rules = Rules(hard_after_s=600.0)
    shop.run(900)
    assert shop.accused() == []
    assert shop.evidence.state[9] == HARD
    shop.p[9] = 0.9
    shop.run(900)
    assert shop.evidence.state[9] == PRESENT


def test_a_piece_that_moves_home_starts_anew(floor):
    shop = floor(10).run(200)
    shop.there[9] = False
    shop.run(5)
    assert shop.evidence.nats[9] > 5
    shop.placement.home[9] = 2
    shop.there[9] = True
    shop.run(3)
    assert shop.evidence.nats[9] < 3
    assert shop.run(200).accused() == []


# --- the blob ------------------------------------------------------------------------------------------------


def names(shop):
    return [f"p{row}" for row in range(len(shop.home))], [f"z{zone}" for zone in range(shop.zones)]


def test_a_restart_goes_on_where_it_was(floor):
    twin_a, twin_b = floor(11).run(150), floor(11).run(150)
    pieces, zones = names(twin_a)
    twin_b.evidence = load(twin_b.evidence.save(twin_b.now_us, pieces, zones), twin_b.now_us, pieces, zones)
    for shop in (twin_a, twin_b):
        shop.there[5] = False
        shop.run(200)
    assert twin_a.accused() == twin_b.accused()
    assert twin_a.accused_rows() == [5]


def test_an_hour_in_the_dark_is_not_an_hour_of_silence(floor):
    shop = floor(12).run(150)
    pieces, zones = names(shop)
    shop.there[5] = False
    shop.run(4)
    before = float(shop.evidence.nats[5])
    shop.evidence = load(shop.evidence.save(shop.now_us, pieces, zones), shop.now_us + 3600 * 10**6, pieces, zones)
    shop.now_us += 3600 * 10**6
    shop.run(1)
    assert shop.evidence.nats[5] < before + 4
    assert shop.run(3).accused() == []


def test_evidence_follows_the_piece_when_rows_and_zones_change(floor):
    shop = floor(13).run(150)
    pieces, zones = names(shop)
    blob = shop.evidence.save(shop.now_us, [None, *pieces[1:]], zones)
    there = load(blob, 0, [*pieces[::-1], "new"], ["z9", *zones[::-1]])
    assert np.array_equal(there.hits[:199][::-1], shop.evidence.hits[1:])
    assert there.state[[199, 200]].tolist() == [UNKNOWN, UNKNOWN]
    assert there.home[:199][::-1].tolist() == (4 - shop.evidence.home[1:]).tolist()
    assert np.array_equal(there.belief[1:][::-1], shop.evidence.belief)


@given(st.data())
def test_a_damaged_blob_is_refused(data):
    evidence = Evidence(2)
    evidence.grow(3)
    blob = bytearray(evidence.save(0, ["a", "b", "c"], ["y", "z"]))
    at = data.draw(st.integers(0, len(blob) - 1))
    blob[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(EvidenceDamagedError, match="learned anew"):
        load(bytes(blob), 0, ["a", "b", "c"], ["y", "z"])
    with pytest.raises(EvidenceDamagedError):
        load(b"", 0, [], [])


# --- the threshold -------------------------------------------------------------------------------------------


def history(seed, excess, gaps=20_000):
    peaks = np.random.default_rng(seed).exponential(excess, gaps)
    return np.bincount((peaks / 0.25).astype(int).clip(0, 399), minlength=400)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_threshold_found_costs_what_the_budget_allows(seed):
    peaks, store_s = history(seed, 2.0), 86_400.0
    nats = calibrate(peaks, store_s, 22.0, alarms_per_month_max=1.0, days=100)
    true_cost = 20_000 * 30 * np.exp(-nats / 2.0)
    assert 0.1 < true_cost < 8
    assert false_alarms_per_month(peaks, store_s, nats) == pytest.approx(1.0, rel=0.05)


def test_the_threshold_moves_a_nat_a_day_and_never_below_its_floor():
    calm = history(1, 0.3)
    assert calibrate(calm, 1e6, 22.0, alarms_per_month_max=1.0, days=1) == 21.0
    assert calibrate(calm, 1e6, 22.0, alarms_per_month_max=1.0, days=99) == NATS_MIN
    rough = history(1, 5.0)
    assert calibrate(rough, 1e6, 22.0, alarms_per_month_max=1.0, days=1) == 23.0


def test_a_store_without_history_keeps_its_threshold():
    rough = history(1, 5.0)
    for young_s in (60.0, 3600.0, DAY_S - 1):
        assert calibrate(rough, young_s, 22.0, alarms_per_month_max=1.0, days=9) == 22.0
        assert false_alarms_per_month(rough, young_s, 22.0) is None
    assert calibrate(rough, DAY_S, 22.0, alarms_per_month_max=1.0, days=1) == 23.0
    assert false_alarms_per_month(rough, DAY_S, 22.0) > 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_few_gaps_that_reach_far_are_not_drowned_by_the_many_of_chance(seed, monkeypatch):
    """A lone cover in a month, far above what chance reaches; the control fits one tail to the sixty highest."""
    peaks = history(seed, 0.8)
    peaks[int(20 / 0.25)] += 1
    asked = {"alarms_per_month_max": 0.1, "days": 100}
    nats = calibrate(peaks, 30 * DAY_S, 22.0, **asked)
    assert nats > 21
    assert false_alarms_per_month(peaks, 30 * DAY_S, nats) == pytest.approx(0.1, rel=0.05)
    monkeypatch.setattr(threshold, "TAILS", (60,))
    assert calibrate(peaks, 30 * DAY_S, 22.0, **asked) < 20


def test_gaps_rarer_than_the_budget_bind_nothing():
    peaks = history(1, 0.8)
    plain = calibrate(peaks, 30 * DAY_S, 22.0, alarms_per_month_max=2.0, days=100)
    peaks[int(60 / 0.25)] += 1
    assert calibrate(peaks, 30 * DAY_S, 22.0, alarms_per_month_max=2.0, days=100) < plain + 15


def test_a_store_that_was_never_surprised_is_trusted_the_more_the_longer_it_was_watched():
    nothing = np.zeros(400, np.int64)
    day, month = (calibrate(nothing, s, 22.0, alarms_per_month_max=1.0, days=99) for s in (DAY_S, 30 * DAY_S))
    assert NATS_MIN <= month <= day < 22


@pytest.mark.parametrize("p", [0.03, 0.06, 0.15])
def test_a_piece_that_is_hard_to_read_is_known_to_be_so_and_not_taken_for_one_that_always_fades(floor, p):
    shop = floor(5)
    shop.p[:6] = p
    shop.rules = Rules(alarm_nats=1e9, group_nats=1e9, tray_nats=1e9, few_nats=1e9, hard_after_s=1e12)
    shop.run(6000)
    learned = shop.evidence.detectability()[:6]
    assert float(np.median(learned)) == pytest.approx(p, rel=0.5)
    assert shop.evidence.fades[6:].mean() < 1


@given(st.floats(0.05, 0.9), st.floats(0.0, 0.9), st.floats(0.0, 10.0))
def test_a_miss_teaches_as_much_as_a_read_or_a_piece_hard_to_read_would_pass_for_one_that_fades(p, faded, nats):
    """Else it is believed to be read in half of the rounds, and its silences to be fades, for ever."""
    taught = []
    for seen in (True, False):
        evidence = Evidence(1)
        evidence.grow(1)
        evidence.begin_anew(np.array([0]), 0)
        evidence.story[:, 0] = (1 - faded, 0, faded, 0)
        evidence.nats[0] = nats
        before = evidence.rounds[0]
        one = np.ones(1, np.float32)
        look = Look(evidence.columns, np.array([seen]), one * np.float32(p), one, one, np.float32(1))
        weigh(look, 90.0, 1e5, Scratch())
        taught.append(float(evidence.rounds[0] - before))
    assert taught[0] == pytest.approx(taught[1], abs=1e-6)
