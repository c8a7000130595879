"""The reference tag of a zone: proof that it sees though nothing else is read there, and that it does not."""

import numpy as np
import pytest

from contract.facts import AlarmKind
from edge.reconcile.blob import BlobDamagedError
from edge.reconcile.presence.evidence import MISSING
from edge.reconcile.presence.references import DARK_S, KNOWN_ROUNDS, USUAL_P, References, Standing
from edge.reconcile.presence.step import Round, step

SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3))]
EPCS = ["E2000001", "E2000002", "E2000003", "E2000004"]
HOUR = 3600


class Lit:
    """A floor whose zones have reference tags; `lit[z]` how much of its reads gets through."""

    def __init__(self, shop, epcs=EPCS, p=0.95):
        self.shop, self.references, self.p = shop, References(epcs), p
        self.lit = np.ones(shop.zones)
        self.heard = []

    def run(self, rounds, *, told=True):
        shop = self.shop
        for _ in range(rounds):
            shop.now_us += 1_000_000
            rows = shop.reads()
            witnessed = shop.alive.copy() if shop.announced else np.ones(shop.zones, bool)
            read = shop.rng.random(shop.zones) < self.p * self.lit * shop.alive
            standing = self.references.hear(witnessed, read, 1.0)
            heard = Round(shop.now_us, witnessed, rows, shop.home[rows], standing if told else None)
            self.heard.append(standing)
            shop.changes.append((shop.now_us, step(shop.evidence, shop.placement, heard, shop.rules)))
        return self


def test_a_store_without_reference_tags_is_judged_to_the_bit_as_before(floor):
    """By seed, with covers, a theft and a dead reader: no tags anywhere, and tags nobody was told of, change nothing."""
    kept = []
    for how in ("none", "not hung"):
        shop = floor(5, shadows_per_s=1 / 200)
        lit = Lit(shop, EPCS if how == "none" else [""] * 4)
        lit.run(400, told=how == "not hung")
        shop.there[[3, 60]] = False
        lit.run(300, told=how == "not hung")
        shop.announced, shop.alive[2] = False, False
        lit.run(200, told=how == "not hung")
        pieces = [f"p{row}" for row in range(len(shop.there))]
        kept.append((shop.evidence.columns.tobytes(), shop.evidence.save(shop.now_us, pieces, "abcd"), shop.accused()))
    assert kept[0][0] == kept[1][0]
    assert kept[0][2] == kept[1][2] != []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_case_that_is_emptied_at_once_is_missed_where_its_reference_tag_is_read(floor, seed):
    lit = Lit(floor(seed)).run(300)
    lit.shop.there[50:100] = False
    lit.run(600)
    assert {one.kind for one in lit.shop.accused()} == {AlarmKind.GROUP}
    assert sorted(lit.shop.accused_rows()) == list(range(50, 100))
    assert not lit.shop.evidence.blind.any(), "the reader is well: the pieces are gone"


@pytest.mark.parametrize("seed", SEEDS)
def test_control_without_a_reference_tag_nobody_can_tell_and_the_case_is_blind(floor, seed):
    lit = Lit(floor(seed), [""] * 4).run(300)
    lit.shop.there[50:100] = False
    lit.run(600)
    assert lit.shop.accused() == []
    assert lit.shop.evidence.blind[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_case_that_is_covered_with_its_reference_tag_is_blind_and_accuses_nobody(floor, seed):
    lit = Lit(floor(seed)).run(300)
    lit.shop.cover[50:100], lit.shop.cover_ends[50:100], lit.lit[1] = 0.02, lit.shop.now_us + 600e6, 0.02
    lit.run(600)
    assert lit.shop.accused() == []
    assert lit.shop.evidence.blind[1]
    lit.lit[1] = 1.0
    lit.run(120)
    assert lit.shop.accused() == []
    assert not lit.shop.evidence.blind.any()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hand_over_a_whole_case_but_not_its_reference_tag_accuses_nobody_for_a_minute(floor, seed):
    lit = Lit(floor(seed)).run(300)
    for _ in range(10):
        lit.shop.cover[50:100], lit.shop.cover_ends[50:100] = 0.02, lit.shop.now_us + 60e6
        lit.run(150)
    assert lit.shop.accused() == []


def alone(shop):
    """Zone 1 holds one piece only; the others are bought and sold."""
    shop.placement.expected[51:100] = False
    return shop


@pytest.mark.parametrize("seed", SEEDS)
def test_the_only_piece_of_a_zone_is_missed_where_its_reference_tag_is_read(floor, seed):
    lit = Lit(alone(floor(seed))).run(300)
    lit.shop.there[50] = False
    lit.run(900)
    assert lit.shop.accused_rows() == [50]
    assert lit.shop.evidence.state[50] == MISSING


@pytest.mark.parametrize("seed", SEEDS)
def test_three_pieces_taken_together_are_missed_where_their_reference_tag_is_read(floor, seed):
    """Control: without one nobody can tell, and nobody is accused."""
    for epcs, missed in ((EPCS, [50, 51, 52]), ([""] * 4, [])):
        shop = floor(seed)
        shop.placement.expected[53:100] = False
        lit = Lit(shop, epcs).run(300)
        shop.there[50:53] = False
        lit.run(900)
        assert sorted(shop.accused_rows()) == missed


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hand_over_the_only_piece_but_not_its_reference_tag_accuses_nobody_for_a_minute(floor, seed):
    lit = Lit(alone(floor(seed))).run(300)
    for _ in range(10):
        lit.shop.cover[50], lit.shop.cover_ends[50] = 0.02, lit.shop.now_us + 60e6
        lit.run(150)
    assert lit.shop.accused() == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dead_reader_over_a_single_piece_steals_nothing_where_a_reference_tag_hangs(floor, seed):
    """The control: without one the piece's own silence is all there is, and it is accused."""
    for epcs, missed in ((EPCS, []), ([""] * 4, [50])):
        lit = Lit(alone(floor(seed)), epcs).run(300)
        lit.shop.announced, lit.shop.alive[1] = False, False
        lit.run(900)
        assert lit.shop.accused_rows() == missed
        assert lit.shop.evidence.blind[1] or missed


@pytest.mark.parametrize("seed", SEEDS)
def test_the_only_piece_of_a_zone_is_not_accused_while_its_reference_tag_is_silent_too(floor, seed):
    lit = Lit(alone(floor(seed))).run(300)
    for _ in range(10):
        lit.lit[1] = lit.shop.cover[50] = 0.02
        lit.shop.cover_ends[50] = lit.shop.now_us + 120e6
        lit.run(120)
        lit.lit[1] = 1.0
        lit.run(60)
    assert lit.shop.accused() == []


@pytest.mark.parametrize("seed", SEEDS)
def test_an_empty_zone_whose_reference_tag_falls_silent_is_blind_and_sees_again_with_it(floor, seed):
    shop = floor(seed)
    shop.placement.expected[50:100] = False
    lit = Lit(shop).run(300)
    lit.lit[1] = 0.0
    lit.run(40)
    assert shop.evidence.blind[1]
    lit.run(600)
    assert shop.evidence.blind[1], "for as long as it is silent"
    lit.lit[1] = 1.0
    lit.run(30)
    assert not shop.evidence.blind.any()


def test_control_an_empty_zone_without_one_never_knows(floor):
    shop = floor(1)
    shop.placement.expected[50:100] = False
    shop.announced, shop.alive[1] = False, False
    Lit(shop, [""] * 4).run(400)
    assert not shop.evidence.blind[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_reference_tag_that_fell_off_does_not_blind_a_case_whose_pieces_are_read(floor, seed):
    """A thief who takes the reference tag first gains nothing by it."""
    lit = Lit(floor(seed)).run(300)
    lit.lit[1] = 0.0
    lit.run(200)
    assert lit.heard[-1].dark[1]
    assert not lit.shop.evidence.blind.any()
    lit.shop.there[60] = False
    lit.run(200)
    assert lit.shop.accused_rows() == [60]


def test_a_reference_tag_that_is_seldom_read_vouches_for_nothing(floor):
    lit = Lit(floor(1), p=0.2).run(900)
    assert lit.references.p.max() < USUAL_P
    assert not np.array([(each.sees | each.dark).any() or each.p.any() for each in lit.heard]).any()


def test_it_is_believed_only_once_it_is_known(floor):
    lit = Lit(floor(1)).run(int(KNOWN_ROUNDS) - 3)
    assert not lit.heard[-1].sees.any()
    lit.run(10)
    assert lit.heard[-1].sees.all()


def test_a_missed_round_is_no_silence_and_a_silence_is_not_learned_from(floor):
    references = References(["E2000001"])
    one, read, none = np.array([True]), np.array([True]), np.array([False])
    for _ in range(300):
        references.hear(one, read, 1.0)
    p = float(references.p[0])
    assert references.hear(one, none, 1.0).dark.tolist() == [False]
    for _ in range(int(DARK_S)):
        said = references.hear(one, none, 1.0)
    assert said.dark.tolist() == [True]
    for _ in range(HOUR):
        said = references.hear(one, none, 1.0)
    assert said.dark.tolist() == [True]
    assert references.p[0] == pytest.approx(p, abs=0.01)
    assert references.hear(none, none, 1.0).dark.tolist() == [True], "nobody listened: nothing is new"


def test_what_was_learned_outlives_the_box_but_not_another_tag():
    references = References(["E2000001", "", "E2000003"])
    for _ in range(200):
        references.hear(np.ones(3, bool), np.array([True, False, True]), 1.0)
    blob = references.save(["safe", "case", "shelf"])
    after = References(["E2000003", "E2000001", "E2000009"])
    after.load(blob, ["shelf", "safe", "case"])
    assert after.known.tolist() == [True, True, False]
    assert after.rounds[1] == references.rounds[0]
    with pytest.raises(BlobDamagedError):
        after.load(blob[:-1], ["shelf", "safe", "case"])


def test_standing_says_nothing_of_zones_that_were_not_witnessed():
    references = References(EPCS)
    for _ in range(100):
        said = references.hear(np.array([True, False, True, True]), np.ones(4, bool), 1.0)
    assert isinstance(said, Standing)
    assert said.sees.tolist() == [True, False, True, True]
    assert said.read.tolist() == [True, False, True, True]
