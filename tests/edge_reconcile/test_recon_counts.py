import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.facts import Verdict
from edge.reconcile.counts import count as counts
from edge.reconcile.counts.blocking import MISSES_TOLD_MAX, Blocking, Fading, Suppositions, Unread, one_more
from edge.reconcile.counts.count import CAREFUL, Care, Count, Stop, chao2_unseen
from edge.reconcile.counts.expected import TRUST_ROUNDS_MAX, Expected, expect
from edge.reconcile.presence.evidence import Evidence

SEEING = np.ones(2, bool)
INDEPENDENT = Suppositions.of([Blocking(share=1e-9)])


def a_list(n, home=0, p=0.96, prior=0.998, trust=40.0):
    return Expected(
        np.arange(n, dtype=np.int32),
        np.full(n, home, np.int32),
        np.full(n, p * trust),
        np.full(n, (1 - p) * trust),
        np.full(n, prior),
    )


def hear(count, rows, zone=0, **more):
    rows = np.asarray(rows, np.int32)
    return count.hear(rows, np.full(len(rows), zone, np.int32), more.pop("witnessed", SEEING), **more)


def run_world(seed, *, n=200, p=0.96, gone=0.004, share=0.0, stay=0.5, rule=INDEPENDENT, care=CAREFUL):
    """One count of a small world. Gives (count, why it stopped, who was there, (P said, whether complete) by round)."""
    rng = np.random.default_rng(seed)
    chance = np.clip(rng.beta(25 * p, 25 * (1 - p), n), 0.2, 0.995)
    hits = rng.binomial(30, chance)
    count = Count(
        Expected(np.arange(n, dtype=np.int32), np.zeros(n, np.int32), hits + 1.0, 30.3 - hits, np.full(n, 1 - gone)),
        2,
        rule,
        care=care,
    )
    there, blocked = rng.random(n) >= gone, rng.random(n) < share
    found, said = np.zeros(n, bool), []
    while (why := count.why_stop()) is None:
        if count.round:
            blocked = np.where(blocked, rng.random(n) < stay, rng.random(n) < share * (1 - stay) / (1 - share))
        read = there & ~blocked & (rng.random(n) < chance)
        found |= read
        said.append((hear(count, np.flatnonzero(read)).p_complete, bool((found | ~there).all())))
    return count, why, there, said


def wrong_stop(count, why, there, said):
    called = [one for one in count.verdicts() if one.verdict is Verdict.MISSING and there[one.row]]
    return bool(called) or (why is Stop.COMPLETE and not said[-1][1])


def test_a_count_that_reads_everything_is_complete_at_once():
    count = Count(a_list(50), 2)
    progress = hear(count, range(50))
    assert progress.p_complete == 1.0
    assert count.why_stop() is Stop.COMPLETE
    assert {one.verdict for one in count.verdicts()} == {Verdict.FOUND}


def test_worlds_of_independent_rounds_stop_rightly_and_name_what_is_gone():
    worlds = [run_world(seed) for seed in range(150)]
    assert sum(wrong_stop(*world) for world in worlds) <= 1
    named = [(one.verdict, count) for count, _, there, _ in worlds for one in count.verdicts() if not there[one.row]]
    assert len(named) > 50
    assert sum(verdict is Verdict.MISSING for verdict, _ in named) >= 0.75 * len(named)


def test_stopping_when_nothing_new_is_read_would_be_wrong_more_often():
    """The control: two equal rounds, and what is unread is called missing."""

    def nothing_new(seed):
        rng = np.random.default_rng(seed)
        chance = np.clip(rng.beta(25 * 0.88, 25 * 0.12, 200), 0.2, 0.995)
        found, fresh = np.zeros(200, bool), 1
        while fresh:
            read = rng.random(200) < chance
            fresh, found = int((read & ~found).sum()), found | read
        return not found.all()

    ours = np.mean([wrong_stop(*run_world(seed, p=0.88, gone=1e-4)) for seed in range(100)])
    theirs = np.mean([nothing_new(seed) for seed in range(100)])
    assert theirs >= 0.05
    assert ours <= 0.01


def test_what_is_said_to_be_sure_is_so():
    said = np.array([one for seed in range(200) for one in run_world(seed, p=0.88)[3]], float)
    for low, high in [(0.0, 0.2), (0.6, 0.9), (0.9, 0.98), (0.98, 1.01)]:
        bin_ = said[(said[:, 0] >= low) & (said[:, 0] < high)]
        assert len(bin_) > 30
        assert abs(bin_[:, 0].mean() - bin_[:, 1].mean()) < 0.12


def test_nobody_is_called_missing_because_the_rounds_ran_out():
    count = Count(a_list(20, p=0.5), 2, care=Care(0.0, 3))
    for _ in range(3):
        hear(count, range(19))
    assert count.why_stop() is Stop.ROUNDS
    last = count.verdicts()[19]
    assert (last.verdict, last.row) == (Verdict.CHECK_BY_HAND, 19)
    assert 0.5 < last.p_present < 1


def test_a_zone_that_shows_nothing_is_not_two_hundred_thefts(monkeypatch):
    def dark_count():
        count = Count(a_list(30), 2, INDEPENDENT)
        for _ in range(12):
            hear(count, [])
        return {one.verdict for one in count.verdicts()}, int(count.blind_rounds[0])

    assert dark_count() == ({Verdict.CHECK_BY_HAND}, 12)
    monkeypatch.setattr(counts, "SEEN_SHARE_MIN", 0.0)
    assert dark_count() == ({Verdict.MISSING}, 0)


def test_a_silent_reader_adds_no_evidence():
    count = Count(a_list(10), 2)
    hear(count, range(9))
    before = count.p_present()[9]
    for _ in range(5):
        hear(count, [], witnessed=np.array([False, True]))
    assert count.p_present()[9] == before


def test_a_piece_read_in_another_zone_is_misplaced():
    count = Count(a_list(10), 2)
    for _ in range(4):
        hear(count, range(9))
        hear(count, [9], zone=1)
    one = count.verdicts()[9]
    assert (one.verdict, one.zone, one.p_present) == (Verdict.MISPLACED, 1, 1.0)
    assert count.why_stop() is Stop.COMPLETE


@pytest.mark.parametrize(("rounds_elsewhere", "verdict"), [(4, Verdict.MISPLACED), (1, Verdict.FOUND)])
def test_a_piece_that_another_zone_reads_round_after_round_is_in_no_fade(rounds_elsewhere, verdict):
    """One read from next door may be a stray; home may not have read it because it is in a fade of its own."""
    fading = Fading(np.full(10, 0.48), np.full(10, 1e-6), 0.99)
    plain = a_list(10)
    count = Count(Expected(plain.rows, plain.home, plain.hits, plain.misses, plain.prior, fading), 2)
    for at in range(4):
        elsewhere = [9] if at < rounds_elsewhere else []
        rows = np.array([*range(9), *elsewhere], np.int32)
        count.hear(rows, (rows == 9).astype(np.int32), SEEING)
    assert count.verdicts()[9].verdict is verdict
    assert count.elsewhere_only() == {9: 1}


def test_what_was_simply_found_is_told_only_where_asked_for():
    count = Count(a_list(10), 2)
    for _ in range(8):
        hear(count, range(1, 9))
        hear(count, [9], zone=1)
    everything = count.verdicts()
    asked = np.isin(np.arange(10), [4])
    assert [one.row for one in everything] == list(range(10))
    assert count.verdicts(asked) == [everything[0], everything[4], everything[9]]


def test_a_stray_read_of_a_piece_that_is_at_home_moves_nothing():
    count = Count(a_list(10), 2)
    for _ in range(4):
        hear(count, range(10))
        hear(count, [9], zone=1)
    assert {one.verdict for one in count.verdicts()} == {Verdict.FOUND}


def test_a_piece_that_is_not_on_the_list_is_unexpected_and_a_stray_is_not():
    count = Count(a_list(3), 2)
    for at in range(6):
        hear(count, [0, 1, 2, 77] + ([88] if at == 0 else []))
    extra = [one for one in count.verdicts() if one.verdict is Verdict.UNEXPECTED]
    assert [(one.row, one.zone) for one in extra] == [(77, 0)]


def test_what_presence_knows_speeds_the_count():
    evidence = Evidence(1)
    evidence.grow(2)
    evidence.hits[:], evidence.rounds[:] = [900, 100], [1000, 1000]
    evidence.nats[1] = 9.0
    expected = expect(evidence, np.array([0, 1], np.int32), np.zeros(2, np.int32), 0)
    assert expected.prior[1] < 0.1 < 0.99 < expected.prior[0]
    assert np.allclose(expected.hits / (expected.hits + expected.misses), [0.9, 0.1])
    assert (expected.hits + expected.misses).max() <= TRUST_ROUNDS_MAX + 1e-9


def test_unknown_tags_are_counted_as_at_least_so_many():
    count = Count(a_list(1), 2)
    hear(count, [0], unknown=np.array([4, 4, 5], np.int32))
    hear(count, [0], unknown=np.array([4, 6], np.int32))
    seen, more = count.unknown_tags()
    assert seen == 3
    assert more == pytest.approx(0.5 * 2 * 1 / (2 * 2))
    assert chao2_unseen(np.zeros(0, np.int64), 0) == 0.0


@given(
    st.floats(0.3, 60),
    st.floats(0.3, 60),
    st.floats(1e-6, 0.2),
    st.floats(0, 0.99),
    st.floats(0, 0.2),
    st.integers(1, 30),
)
@settings(max_examples=60)
def test_every_further_miss_makes_presence_less_likely(hits, misses, share, stay, fades, rounds):
    rule = Suppositions.of([Blocking(share=share, stay=max(stay, share)), Blocking(share=1e-9, repeat=0.03)])
    fading = Fading(np.array([fades]), np.array([fades / 50]), 0.98)
    unread, before = Unread.before(fading, rule), 1.0
    for _ in range(rounds):
        unread = one_more(unread, np.array([hits]), np.array([misses]), rule, fading)
        now = float(unread.chance(rule)[0])
        assert 0 < now <= before + 1e-12
        before = now


def test_detectability_is_integrated_exactly_over_its_beta():
    unread = Unread.before(Fading.never(1), INDEPENDENT)
    hits, misses, by_hand = np.array([7.0]), np.array([2.0]), 1.0
    for k in range(MISSES_TOLD_MAX - 2):
        unread = one_more(unread, hits, misses, INDEPENDENT, Fading.never(1))
        by_hand *= (2.0 + k) / (9.0 + k)
        assert unread.chance(INDEPENDENT)[0] - 1e-6 == pytest.approx(by_hand, rel=1e-4)


def blocked_for(rounds, *, altered):
    """P(unread after so many rounds) of a piece that is always read when nothing blocks it."""
    rule = Suppositions.of([Blocking(share=0.02, stay=0.7, dark=0.0, freed=0.6)])
    unread = Unread.before(Fading.never(1), rule)
    for _ in range(rounds):
        unread = one_more(unread, np.array([1e9]), np.array([1e-9]), rule, Fading.never(1), altered=altered)
    return float(unread.chance(rule)[0])


def test_a_round_of_another_kind_is_worth_more_than_an_equal_one():
    assert blocked_for(4, altered=False) == pytest.approx(0.02 * 0.7**3)
    assert blocked_for(4, altered=True) == pytest.approx(0.02 * (0.7 * 0.4 + 0.02 * 0.6) ** 3)


def test_a_careful_count_goes_on_until_silence_decides():
    def ends(care):
        count = Count(a_list(50, trust=70.0), 2, INDEPENDENT, care=care)
        while count.why_stop() is None:
            hear(count, range(49))
        return count.verdicts()[49].verdict

    assert ends(CAREFUL) is Verdict.MISSING
    assert ends(CAREFUL._replace(decide=False, gain_min=0.1)) is Verdict.CHECK_BY_HAND


def test_a_store_that_still_learns_hears_more_rounds_than_it_needs():
    count = Count(a_list(10), 2, rounds_min=4)
    for _ in range(4):
        assert count.why_stop() is None
        hear(count, range(10))
    assert count.why_stop() is Stop.COMPLETE


def test_a_round_of_a_hundred_thousand_reads_reckons_with_what_is_unread_only():
    rng = np.random.default_rng(1)
    n = 100_000
    count = Count(a_list(n), 2)
    hear(count, np.flatnonzero(rng.random(n) < 0.96))
    assert count._unread.clear.shape[2] == n - count.progress().found < 5_000


def test_with_what_was_learned_blocked_worlds_stop_rightly():
    rule = Suppositions.of([Blocking(share=0.02, stay=0.5)])
    learned = [wrong_stop(*run_world(seed, share=0.02, rule=rule)) for seed in range(120)]
    naive = [wrong_stop(*run_world(seed, share=0.02)) for seed in range(120)]
    assert np.mean(learned) <= 0.01
    assert np.mean(naive) > 0.03


def test_a_piece_read_a_moment_before_the_count_is_surer_than_the_books_and_never_quite_sure():
    evidence = Evidence(1)
    evidence.grow(3)
    now_us = 10_000_000_000
    evidence.read_us[:] = evidence.heard_us[:] = [now_us - 40_000_000, now_us, evidence.heard_us[2]]
    prior = expect(evidence, np.arange(3, dtype=np.int32), np.zeros(3, np.int32), now_us).prior
    assert 1 - prior[0] == pytest.approx(1e-4)
    assert 1 - prior[1] == pytest.approx(1e-4)
    assert prior[2] == pytest.approx(0.998), "never read: as sure as the books"


def test_being_excused_is_no_read():
    evidence = Evidence(1)
    evidence.grow(1)
    evidence.read_us[0] = 9_000_000  # a cart was put back: silence counts anew from here, nobody has read it
    prior = expect(evidence, np.array([0], np.int32), np.zeros(1, np.int32), 10_000_000).prior
    assert prior[0] == pytest.approx(0.998)


def fading_world(seed, *, knows, n=400, share=0.006, length=90):
    """A store whose pieces fade for a minute and a half, once in four hours. Gives what is wrongly called missing."""
    rng = np.random.default_rng(seed)
    chance = np.clip(rng.beta(24, 1, n), 0.5, 0.97)
    faded_until = np.where(rng.random(n) < share, rng.exponential(length, n), 0.0)
    hits = chance * 40
    fading = Fading(np.full(n, share), np.full(n, share / length), 1 - 1 / length) if knows else None
    count = Count(
        Expected(np.arange(n, dtype=np.int32), np.zeros(n, np.int32), hits, 40 - hits, np.full(n, 0.998), fading),
        1,
        INDEPENDENT,
    )
    while count.why_stop() is None:
        awake = faded_until <= count.round
        rows = np.flatnonzero(rng.random(n) < chance * np.where(awake, 1.0, 0.08)).astype(np.int32)
        count.hear(rows, np.zeros(len(rows), np.int32), np.ones(1, bool))
    return [one for one in count.verdicts() if one.verdict is Verdict.MISSING]


def test_a_piece_in_a_fade_is_to_be_checked_by_hand_and_not_missing():
    assert sum(len(fading_world(seed, knows=True)) for seed in range(10)) == 0


def test_control_a_count_that_knows_of_no_fades_calls_present_pieces_missing():
    assert sum(len(fading_world(seed, knows=False)) for seed in range(10)) >= 4
