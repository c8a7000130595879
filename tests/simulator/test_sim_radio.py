import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.radio import Radio, Singulation, Target
from simulator.store import Antenna, Weather
from simulator.tags import Tags
from simulator.weather import SECOND_US, Fades, Shadows

START_US = 1_800_000_000_000_000
CASE = Antenna(port=2, zone="case-1", reference_dbm=30.0)


def rows_of(world, zone):
    return np.nonzero(world.place == world.place_of[f"boutique/{zone}"])[0]


class Air:
    """One antenna visited again and again, `step_s` from one dwell to the next."""

    def __init__(self, world, *, seed=1, antenna=CASE, **air):
        self.radio = Radio(world, "boutique", seed, START_US)
        self.air, self.antenna = Singulation(**({"tags_per_s": 2000.0} | air)), antenna
        self.rng, self.now_us = np.random.default_rng(seed), START_US

    def dwell(self, step_s=0.25, budget_s=0.25, **change):
        air = msgspec.structs.replace(self.air, **change)
        seen = self.radio.dwell("r", self.antenna, air, now_us=self.now_us, budget_us=int(budget_s * 1e6), rng=self.rng)
        self.now_us += int(step_s * 1e6)
        return seen


@pytest.fixture
def sure(new_world):
    """A world in which every tag answers whenever it may."""
    world = new_world()
    world.stock[:] = [msgspec.structs.replace(piece, detectability=1.0) for piece in world.stock]
    return world


# --- sessions and targets -----------------------------------------------------------------------------------


@pytest.mark.parametrize("session", [2, 3])
def test_in_s2_and_s3_a_tag_answers_a_single_target_once(sure, session):
    air = Air(sure, session=session, target=Target.A)
    assert set(air.dwell().rows.tolist()) == set(rows_of(sure, "case-1").tolist())
    for _ in range(40):
        assert len(air.dwell().rows) == 0, "powered all the time, the flag stays B"


def test_a_flipped_target_reads_them_all_again(sure):
    air = Air(sure, session=2, target=Target.A)
    first = set(air.dwell().rows.tolist())
    assert set(air.dwell(target=Target.B).rows.tolist()) == first
    assert len(air.dwell(target=Target.B).rows) == 0
    assert set(air.dwell(target=Target.A).rows.tolist()) == first


def test_an_s2_flag_decays_some_seconds_after_the_power_went(sure):
    air = Air(sure, session=2, target=Target.A)
    everyone = len(air.dwell(step_s=2.0).rows)
    soon = len(air.dwell(step_s=300.0).rows)
    assert soon == 0, "the standard promises more than two seconds"
    assert len(air.dwell().rows) == everyone


def test_an_s1_flag_decays_by_itself_within_five_seconds(sure):
    air = Air(sure, session=1, target=Target.A)
    everyone = len(air.dwell().rows)
    assert len(air.dwell().rows) == 0
    again = [set(air.dwell().rows.tolist()) for _ in range(21)]
    assert len(set().union(*again)) == everyone
    assert sum(1 for some in again if some) > 3, "each tag at its own time"


def test_tagfocus_keeps_s1_quiet_while_powered(sure):
    air = Air(sure, session=1, target=Target.FOCUS)
    assert len(air.dwell().rows)
    assert sum(len(air.dwell().rows) for _ in range(60)) == 0


def test_session_zero_starts_anew_with_every_dwell(sure):
    air = Air(sure, session=0, target=Target.A)
    counts = {len(air.dwell().rows) for _ in range(5)}
    assert counts == {len(rows_of(sure, "case-1"))}


def test_dual_target_reads_a_tag_as_often_as_the_air_allows(sure):
    seen = Air(sure, session=2, target=Target.DUAL, tags_per_s=775.0).dwell()
    n = len(rows_of(sure, "case-1"))
    assert seen.count.min() == 250_000 // (int(n * 1e6 / 775) + 3000)
    assert seen.spent_us == 250_000


def test_sessions_do_not_know_each_other(sure):
    air = Air(sure, session=2, target=Target.A)
    everyone = len(air.dwell().rows)
    assert len(air.dwell(session=3).rows) == everyone


def test_a_single_target_dwell_ends_when_nobody_is_left(sure):
    air = Air(sure, session=2, target=Target.A, tags_per_s=200.0)
    n = len(rows_of(sure, "case-1"))
    assert air.dwell(budget_s=1.0).spent_us == pytest.approx(n * 5000 + 3000, abs=1)
    assert air.dwell(budget_s=1.0).spent_us == 20_000


def test_a_slow_mode_reads_fewer_tags_in_the_same_time(sure):
    fast = Air(sure, session=2, target=Target.A, tags_per_s=1020.0).dwell(budget_s=0.1)
    slow = Air(sure, session=2, target=Target.A, tags_per_s=87.0).dwell(budget_s=0.1)
    assert len(slow.rows) == 8 < len(fast.rows)


# --- physics ------------------------------------------------------------------------------------------------


def rates(world, dwells=400, **air):
    one = Air(world, session=0, target=Target.A, **air)
    hits = np.zeros(len(world.stock))
    for _ in range(dwells):
        hits[one.dwell().rows] += 1
    return hits / dwells


def test_each_tag_is_read_at_its_own_detectability(new_world):
    world = new_world()
    measured, mine = rates(world), rows_of(world, "case-1")
    promised = np.array([piece.detectability for piece in world.stock])
    assert np.abs(measured[mine] - promised[mine]).max() < 0.13
    others = np.setdiff1d(np.arange(len(world.stock)), mine)
    assert measured[others].max() == 0


def test_less_power_reads_less(new_world):
    world = new_world()
    mine = rows_of(world, "case-1")
    full, low = (rates(world, 150, power_dbm=dbm)[mine].mean() for dbm in (30.0, 20.0))
    assert low < full - 0.2


def test_strays_are_few_faint_and_from_next_door(new_world):
    world = new_world(weather=Weather(shadow_every_s=0, fade_every_s=0, stray_share=0.3, stray_gain=0.2), pieces=200)
    measured, mine = rates(world), rows_of(world, "case-1")
    strays = np.setdiff1d(np.nonzero(measured)[0], mine)
    neighbours = set(rows_of(world, "case-2").tolist())
    assert 0 < len(strays) < 0.6 * len(neighbours)
    assert set(strays.tolist()) <= neighbours, "case-2 stands within reach, the safe does not"
    assert measured[strays].max() < 0.4


def test_a_jammed_store_hears_nothing(sure):
    air = Air(sure, session=0)
    air.radio.jammed = True
    assert len(air.dwell().rows) == 0
    air.radio.jammed = False
    assert len(air.dwell().rows)


def test_a_partial_shadow_covers_neighbours_and_leaves_the_rest(sure):
    sure.layouts["boutique"] = msgspec.structs.replace(
        sure.layouts["boutique"],
        weather=Weather(shadow_every_s=300, shadow_partial_share=1.0, fade_every_s=0, stray_share=0),
    )
    air = Air(sure, session=0, target=Target.A)
    mine = rows_of(sure, "case-1")
    place = sure.place_of["boutique/case-1"]
    whole, partial = 0, 0
    for _ in range(4000):
        lying = [s for s in air.radio.shadows[place].at(air.now_us) if s.depth < 0.05 and s.high - s.low < 0.7]
        rows = air.dwell(step_s=1.0).rows
        if len(lying) != 1:
            whole += len(rows) == len(mine)
            continue
        where = air.radio.position[mine]
        covered = mine[(where >= lying[0].low) & (where < lying[0].high)]
        free = np.setdiff1d(mine, covered)
        if len(covered) and len(air.radio.shadows[place].at(air.now_us - SECOND_US)) == 1:
            partial += 1
            assert len(np.intersect1d(rows, covered)) <= len(covered) / 2 + 1
            assert set(free.tolist()) <= set(rows.tolist())
    assert partial > 5
    assert whole > 2000


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_weather_depends_on_seed_and_time_never_on_who_looks(seed):
    def shadows(times):
        one = Shadows(Weather(shadow_every_s=60), np.random.default_rng(seed), START_US)
        return [one.at(START_US + t * SECOND_US) for t in times]

    often, seldom = shadows(range(2000)), shadows(range(0, 2000, 5))
    assert often[::5] == seldom
    fades = [Fades(Weather(fade_every_s=600), np.random.default_rng(seed), 50, START_US) for _ in range(2)]
    never = np.zeros(50, dtype=np.int64)
    for t in range(0, 900, 3):
        fades[0].at(START_US + t * SECOND_US, never)
    end_us = START_US + 900 * SECOND_US
    assert (fades[0].at(end_us, never) == fades[1].at(end_us, never)).all()


def test_a_faded_piece_answers_again_once_it_is_moved(new_world):
    fades = Fades(Weather(fade_every_s=60, fade_mean_s=10_000), np.random.default_rng(1), 20, START_US)
    later_us = START_US + 600 * SECOND_US
    moved = np.zeros(20, dtype=np.int64)
    faded = fades.at(later_us, moved)
    assert faded.any()
    moved[faded] = later_us
    assert not fades.at(later_us, moved).any()


def test_two_worlds_of_one_seed_hear_the_same(new_world):
    def heard(seed):
        air = Air(new_world(weather=Weather()), seed=seed, session=1)
        return [(seen.rows.tolist(), seen.rssi_cdbm.tolist()) for seen in (air.dwell() for _ in range(50))]

    assert heard(5) == heard(5)
    assert heard(5) != heard(6)


def test_a_piece_on_the_pad_is_read_by_the_pad_and_no_longer_in_its_case(sure):
    pad = Antenna(port=1, zone="pad-1", reference_dbm=15.0)
    air = Air(sure, session=0, antenna=pad, power_dbm=15.0)
    assert len(air.dwell().rows) == 0
    piece = sure.stock[int(rows_of(sure, "case-1")[0])].card.piece
    sure.move(air.now_us, "move", "boutique", pieces=[piece], to="boutique/pad-1")
    seen = air.dwell()
    assert [sure.stock[row].card.piece for row in seen.rows] == [piece]
    air.antenna = CASE
    assert sure.row_of[piece] not in air.dwell(power_dbm=30.0).rows


def test_a_safe_is_shadowed_seldom(new_world):
    radio = Radio(new_world(weather=Weather(shadow_every_s=100)), "boutique", 1, START_US)
    minutes = dict.fromkeys(("safe-1", "case-1"), 0)
    for zone in minutes:
        shadows = radio.shadows[radio.world.place_of[f"boutique/{zone}"]]
        minutes[zone] = sum(bool(shadows.at(START_US + 10 * n * SECOND_US)) for n in range(4000))
    assert 0 < minutes["safe-1"] < minutes["case-1"] / 3


# --- what hangs there for good ------------------------------------------------------------------------------


def test_a_reference_tag_is_read_in_its_zone_and_is_no_piece(new_world):
    world = new_world(hung=True)
    assert [tag.place for tag in world.hung] == [f"boutique/{z}" for z in ("safe-1", "case-1", "case-2", "shelf-1")]
    row = len(world.stock) + 1
    air = Air(world, session=0, target=Target.A)
    assert sum(row in air.dwell().rows for _ in range(100)) > 80
    assert Tags(world).epc_of(row) == bytes.fromhex("E28011602000B00000000002")
    assert sum(map(len, world.where("boutique").values())) == len(world.stock)
    assert world.save().away == {}


def test_control_a_layout_without_reference_tags_hangs_none(new_world):
    world = new_world()
    assert (world.hung, len(world.place)) == ([], len(world.stock))


def test_pieces_are_read_as_well_where_a_reference_tag_hangs_beside_them(new_world):
    bare, hung = (Radio(new_world(weather=Weather(), hung=hung), "boutique", 3, START_US) for hung in (False, True))
    n = len(bare.detectability)
    for name in ("detectability", "level_dbm", "wanders", "position", "s1_us", "s2_us"):
        assert (getattr(hung, name)[:n] == getattr(bare, name)).all(), name


def test_under_a_shut_door_nothing_is_read_and_next_door_everything(new_world):
    world = new_world(hung=True)
    air, safe = Air(world, session=0), Antenna(port=1, zone="safe-1", reference_dbm=30.0)
    world.cover("boutique", "safe-1", covered=True)
    assert len(air.dwell().rows) > 0
    air.antenna = safe
    assert sum(len(air.dwell().rows) for _ in range(20)) == 0
    world.cover("boutique", "safe-1", covered=False)
    assert len(air.dwell().rows) > 0


# --- the gate -----------------------------------------------------------------------------------------------


def test_a_piece_carried_through_the_gate_comes_near_and_goes_away(sure):
    air = Air(sure, antenna=Antenna(port=1, zone="gate", reference_dbm=30.0))
    piece = sure.stock[rows_of(sure, "case-1")[0]].card.piece
    sure.move(START_US, "walk_out", "boutique", pieces=[piece], to="boutique/gate")
    heard = [(at, level) for at in range(16) for level in air.dwell().rssi_cdbm.tolist()]
    early, near, late = (
        np.mean([level for at, level in heard if low <= at < high]) for low, high in ((0, 3), (6, 11), (13, 16))
    )
    assert near - early > 600, "hundredths of dBm: as somebody walks up to it"
    assert near - late > 600
