"""Counts on the running floor: looked at again, counted blind, seen by some and not by others."""

import csv
import io
from dataclasses import replace

import msgspec
import pytest

from contract.facts import ClaimKind, CountFinished, CountPlace, CountProgress, CountRecounting, Verdict
from contract.ids import CountId, PieceId, ReaderId, UserId, ZoneId
from edge.api import blindness
from edge.api.counts import sheets, views
from edge.books.rows import CountLookRow, CountRow, totals_of
from edge.config import ReaderConfig
from edge.counts.counting import CARE, CARE_VARYING, CountRefusedError
from edge.counts.duration import rounds_left, why_slower
from edge.counts.report import MOVED_P
from edge.readers.base import Look, Varying
from edge.till.desk import Done, Refused
from trade import stocktake
from trade.acts import ApproveCount, HoldPiece
from trade.permissions import DEFAULTS, together
from web.logins import Login
from web.powers import Powers
from web.problems import ProblemError

CASE, OTHER, SAFE = list(range(1, 9)), list(range(21, 25)), list(range(31, 37))
ANA, MAX = UserId("ana"), UserId("max")
C1 = CountId("c1")


@pytest.fixture
def shop(config, clock, make):
    cards = [make.card(n, tray=f"case/{n % 2}") for n in CASE] + [make.card(n, zone="safe") for n in SAFE]
    shop = make.shop(config, clock, cards)
    shop.run(20, lying={"r-case": CASE, "r-safe": SAFE}, p=1.0)
    return shop


def count(shop, lacking: tuple[int, ...] = (), **how) -> CountFinished:
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA, **how)
    return finish(shop, lacking)


def finish(shop, lacking: tuple[int, ...] = ()) -> CountFinished:
    before = len(shop.facts(CountFinished))
    for _ in range(90):
        shop.run(1, lying={"r-case": [n for n in CASE if n not in lacking], "r-safe": SAFE}, p=1.0)
        if len(shop.facts(CountFinished)) > before:
            return shop.facts(CountFinished)[-1]
    raise AssertionError("the count did not end")


def row(shop) -> CountRow:
    return shop.books.db.one("count", CountRow, count=C1)


def test_totals_by_tray_add_up_to_what_was_expected_and_lack_what_was_not_found(shop):
    done = count(shop, lacking=(4,))
    assert sum(each.expected for each in done.totals) == done.expected == len(CASE)
    assert sum(each.found for each in done.totals) == done.found == len(CASE) - 1
    (even,) = [each for each in done.totals if each.tray == "case/0"]
    assert (even.expected - even.found, even.expected_mg - even.found_mg) == (1, 3200)
    assert even.expected_minor - even.found_minor == 120_000


def test_a_recount_replaces_what_was_said_and_keeps_the_earlier_look(shop):
    first = count(shop, lacking=(4,))
    assert [each.piece for each in first.verdicts] == ["p4"]
    shop.store.recount(C1, ("case",), "the tray was on the counter", ANA)
    again = finish(shop)
    assert (again.number, again.zones, again.verdicts, again.found) == (2, ("case",), (), len(CASE))
    looks = shop.books.db.rows("count_looks", CountLookRow, count=C1)
    assert [(look.number, look.found) for look in looks] == [(1, len(CASE) - 1), (2, len(CASE))]
    assert sum(each.found for each in totals_of(row(shop))) == len(CASE)
    (told,) = shop.facts(CountRecounting)
    assert told.reason == "the tray was on the counter"


def test_a_zone_named_twice_is_counted_again_once(shop):
    count(shop, lacking=(4,))
    shop.store.recount(C1, ("case", "case"), "", ANA)
    assert shop.facts(CountRecounting)[-1].zones == ("case",)
    assert finish(shop).found == len(CASE)


def test_a_recount_of_a_zone_that_was_not_counted_or_of_a_running_count_is_refused(shop):
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA)
    with pytest.raises(CountRefusedError, match="counting"):
        shop.store.recount(C1, ("case",), "", ANA)
    finish(shop)
    with pytest.raises(CountRefusedError, match="not part of this count"):
        shop.store.recount(C1, ("safe",), "", ANA)


def test_a_count_is_approved_by_somebody_else_and_a_finished_one_can_be_abandoned(shop):
    count(shop)
    act = ApproveCount(count=C1, business_day="2026-01-02")
    assert isinstance(shop.store.act(act, ANA), Refused)
    pieces = shop.books.db.dump("custody")
    shop.store.abandon_count(C1, "begun by mistake", MAX)
    assert row(shop).state == "abandoned"
    assert shop.books.db.dump("custody") == pieces
    assert isinstance(shop.store.act(act, MAX), Refused)


def test_a_blind_count_waits_for_its_figures_before_anybody_approves_it(shop):
    count(shop, blind=True)
    act = ApproveCount(count=C1, business_day="2026-01-02")
    assert isinstance(shop.store.act(act, MAX), Refused)
    with pytest.raises(CountRefusedError, match="one figure for each zone"):
        shop.store.submit_count(C1, {}, ANA)
    shop.store.submit_count(C1, {"case": 7}, ANA)
    assert isinstance(shop.store.act(act, MAX), Done)


def test_a_box_that_starts_again_goes_on_with_a_recount_and_its_earlier_look(shop, config, clock):
    count(shop, lacking=(4,))
    shop.store.recount(C1, ("case",), "", ANA)
    shop.store.reload()
    shop.store.pipeline.health = shop.health
    assert finish(shop).number == 2


class TwoLooks:
    """A reader that offers two looks and takes 300 ms to change; its health says when it is so."""

    looks = ("as always", "the other target")

    def __init__(self, shop):
        self.id, self.shop, self.asked, self.when = "r-case", shop, [], []
        shop.health[self.id].look = Look()

    def vary(self, number: int) -> None:
        self.asked.append(number)
        self.when.append(self.shop.clock.now)
        self.shop.health[self.id].look = Look(number, self.shop.clock.now + 300_000)


def test_a_count_asks_for_another_look_before_each_round_and_for_the_usual_one_at_its_end(shop):
    reader = TwoLooks(shop)
    assert isinstance(reader, Varying)
    shop.store.counting.looks.varying = {reader.id: reader}
    done = count(shop, lacking=(4,))
    assert done.rounds > 2
    assert reader.asked == [*([1, 0] * done.rounds)[: done.rounds - 1], 0]
    assert shop.health[reader.id].look.number == 0


@pytest.mark.parametrize(("varies", "care"), [(True, CARE_VARYING), (False, CARE)])
def test_a_count_may_take_a_minute_and_fewer_rounds_where_each_takes_longer(shop, varies, care):
    """A reader that looks otherwise for each round needs about two seconds a round."""
    reader = TwoLooks(shop)
    shop.store.counting.looks.varying = {reader.id: reader} if varies else {}
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA)
    assert shop.store.counting._running[C1].model.care == care
    assert CARE.rounds_max == 2 * CARE_VARYING.rounds_max


def test_a_round_that_a_change_of_look_fell_into_is_no_round_of_the_count(shop):
    reader = TwoLooks(shop)
    shop.store.counting.looks.varying = {reader.id: reader}
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA)
    shop.health[reader.id].look = Look(0, shop.clock.now + 3_600_000_000)
    shop.run(5, lying={"r-case": CASE}, p=1.0)
    assert (shop.facts(CountProgress), reader.asked) == ([], []), "it waits for the reader to be done"
    shop.health[reader.id].look = Look(0, shop.clock.now)
    shop.run(4, lying={"r-case": CASE}, p=1.0)
    assert shop.facts(CountProgress)


def test_an_abandoned_count_leaves_its_readers_looking_as_always(shop):
    reader = TwoLooks(shop)
    shop.store.counting.looks.varying = {reader.id: reader}
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA)
    while not reader.asked:
        shop.run(1, lying={"r-case": CASE[:4]}, p=1.0)
    shop.store.abandon_count(C1, "begun by mistake", MAX)
    assert reader.asked[-1] == 0


def test_a_piece_that_a_recount_meets_in_another_zone_is_found_there_and_missing_nowhere(config, clock, make):
    zones = (*config.zones, msgspec.structs.replace(config.zones[1], id=ZoneId("case-2"), name="Case 2"))
    two = ReaderConfig(
        id=ReaderId("r-two"), url="llrp://127.0.0.1:1", profile="generic-llrp", antennas={"1": ZoneId("case-2")}
    )
    config = msgspec.structs.replace(config, zones=zones, readers=(*config.readers, two))
    other = [21, 22, 23, 24]
    shop = make.shop(config, clock, [make.card(n) for n in CASE] + [make.card(n, zone="case-2") for n in other])
    shop.run(20, lying={"r-case": CASE, "r-two": other}, p=1.0)
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA)

    def lie(case: list[int], two_: list[int]) -> CountFinished:
        before = len(shop.facts(CountFinished))
        for _ in range(90):
            shop.run(1, lying={"r-case": case, "r-two": two_}, p=1.0)
            if len(shop.facts(CountFinished)) > before:
                return shop.facts(CountFinished)[-1]
        raise AssertionError("the count did not end")

    first = lie([n for n in CASE if n != 4], other)
    assert [(each.piece, each.zone) for each in first.verdicts] == [("p4", "case")]
    assert first.verdicts[0].verdict in stocktake.TO_LOOK_FOR
    shop.store.recount(C1, ("case-2",), "it may lie there", ANA)
    again = lie([n for n in CASE if n != 4], [*other, 4])
    assert [(each.piece, each.verdict, each.zone) for each in again.verdicts] == [("p4", Verdict.MISPLACED, "case-2")]
    assert {each.zone: each.found for each in again.totals} == {"case": len(CASE), "case-2": len(other)}
    shop.store.recount(C1, ("case", "case-2"), "both at once", ANA)
    last = lie([n for n in CASE if n != 4], [*other, 4])
    assert [(each.piece, each.verdict, each.zone) for each in last.verdicts] == [("p4", Verdict.MISPLACED, "case-2")]
    assert last.found == last.expected == len(CASE) + len(other)


def test_how_complete_a_count_is_follows_from_what_its_looks_together_left_unread(shop, make):
    """A recount of one zone neither forgets what is open in the other nor doubts what is explained."""
    first = count(shop, lacking=(4,))
    assert first.p_complete == pytest.approx(1 - first.verdicts[0].p_present, abs=1e-5)
    shop.store.recount(C1, ("case",), "again", ANA)
    again = finish(shop, lacking=(4,))
    assert again.p_complete == pytest.approx(1 - again.verdicts[0].p_present, abs=1e-5)


def test_progress_is_told_of_the_first_look_only(shop):
    done = count(shop, lacking=(4,))
    told = len(shop.facts(CountProgress))
    assert told == done.rounds
    shop.store.recount(C1, ("case",), "", ANA)
    finish(shop)
    assert len(shop.facts(CountProgress)) == told


def test_what_is_expected_to_be_left_shrinks_and_a_slow_count_says_why():
    import numpy as np

    easy, hard = np.full(50, 0.95), np.full(3, 0.1)
    there = np.ones(50)
    assert rounds_left(easy, there) == 2
    assert rounds_left(hard, there[:3]) > rounds_left(easy, there)
    assert rounds_left(easy[:0], there[:0]) == 0
    assert why_slower(5.0, 4.0, silent=[], lost=0, dark=[], unread_p=hard) == ""
    assert "r-safe does not read" in why_slower(20.0, 4.0, silent=["r-safe"], lost=9, dark=[], unread_p=hard)
    assert "3 pieces still unread are read in fewer" in why_slower(20.0, 4.0, silent=[], lost=0, dark=[], unread_p=hard)


class Looker:
    """Just what views ask of a shop."""

    def __init__(self, shop):
        self.db, self.store, self.config, self.clock = shop.books.db, shop.store, shop.config, shop.store.clock


def login(user: str, *roles: str) -> Login:
    powers = Powers(house=together(card for card in DEFAULTS if card.role in roles).permissions)
    return Login(user=UserId(user), name=user, roles=roles, csrf="", powers=powers)


def test_who_counts_blind_is_shown_no_figure_and_who_oversees_is(shop):
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA, blind=True)
    shop.run(3, lying={"r-case": CASE}, p=1.0)
    looker, ana, max_ = Looker(shop), login("ana", "associate"), login("max", "manager")
    shown = views.count(looker, C1, ana)
    figures = (shown.expected, shown.found, shown.p_complete, shown.unread_expected, shown.value_minor, shown.left_s)
    assert (shown.hidden, figures) == (True, (0, 0, 0.0, 0.0, 0, None))
    assert {(tally.expected, tally.found) for tally in shown.zones} == {(0, 0)}
    assert blindness.hidden_zones(looker, ana) == {"case"}
    with pytest.raises(ProblemError):
        blindness.refuse_hidden(looker, "case", ana)
    with pytest.raises(ProblemError):
        sheets.totals(looker, C1, ana)
    assert views.count(looker, C1, max_).expected == len(CASE)
    assert views.count(looker, C1, login("ana", "manager")).hidden, "a manager who counts is a counter"
    shop.store.submit_count(C1, {"case": 8}, ANA)
    assert views.count(looker, C1, ana).expected == len(CASE)
    assert blindness.hidden_zones(looker, ana) == frozenset()


def test_an_open_count_of_the_same_places_does_not_tell_what_a_blind_one_keeps(shop):
    looker, ana = Looker(shop), login("ana", "associate")
    count(shop, blind=True)
    shop.store.start_count(CountId("c2"), CountPlace.SHELF, (), ANA)
    shop.run(3, lying={"r-case": CASE}, p=1.0)
    beside = views.count(looker, CountId("c2"), ana)
    assert (beside.hidden, beside.blind, beside.expected, beside.found) == (True, False, 0, 0)
    assert all(each.expected == 0 for each in views.counts(looker, ana))
    assert views.count(looker, CountId("c2"), login("max", "manager")).expected == len(CASE)
    shop.store.submit_count(C1, {"case": 8}, ANA)
    assert views.count(looker, CountId("c2"), ana).expected == len(CASE)


def test_the_page_of_a_count_looks_up_the_first_verdicts_and_counts_the_others(shop):
    """Of a floor that nobody could read there is one for each piece: of 100,000 the page was never seen."""
    done = count(shop, lacking=(2, 3, 4))
    looker, max_ = Looker(shop), login("max", "manager")
    whole, summary = views.count(looker, C1, max_), views.summary(looker, C1, max_)
    assert len(whole.verdicts) == len(done.verdicts) == 3
    assert summary == replace(whole, verdicts=())
    judged = [(each.verdict, each.p_present) for each in done.verdicts]
    assert (summary.to_look_for, summary.p_complete_by_hand) == (3, stocktake.p_complete_by_hand(judged))
    first = views.lines(looker, summary, "", 2)
    assert (len(first.shown), first.more, sum(summary.kinds.values())) == (2, 1, 3)
    assert set(first.shown) <= {views._seen(looker, each) for each in whole.verdicts}
    assert views.lines(looker, summary, "explained", 3) == ((), 0)
    assert views.lines(looker, replace(summary, hidden=True), "", 3) == views.Lines(), (
        "who counts blind is told nothing"
    )


def test_a_sheet_holds_every_verdict_and_no_formula(shop, make):
    done = count(shop, lacking=(4,))
    assert done.verdicts[0].verdict in (Verdict.MISSING, Verdict.CHECK_BY_HAND)
    shop.store.stock.cards[PieceId("p4")] = make.card(4)
    looker, max_ = Looker(shop), login("max", "manager")
    sheet = sheets._verdicts(views.count(looker, C1, max_)).body.decode("utf-8-sig")
    read = list(csv.DictReader(io.StringIO(sheet)))
    assert [(line["piece"], line["zone"]) for line in read] == [("p4", "case")]
    totals = list(csv.DictReader(io.StringIO(sheets.totals(looker, C1, max_).body.decode("utf-8-sig"))))
    assert sum(int(line["difference_pieces"]) for line in totals) == -1
    assert sheets._cell("=1+1") == "'=1+1"
    assert sheets._cell("＝1+1") == "'＝1+1", "what a Chinese keyboard types runs too"
    assert sheets._cell(-1) == -1


def test_a_count_names_the_strange_tag_that_lies_here_and_not_those_through_the_wall(shop, make):
    """The neighbour's are read now and then, and far fainter than what lies in the safe."""
    shop.store.counting.start(CountId("c9"), CountPlace.SAFE, (), shop.clock.now)
    for second in range(30):
        shop.read("r-safe", [900], rssi=-5600)
        shop.read("r-safe", [910 + second % 7] if second % 2 else [], rssi=-7100)
        shop.run(1, lying={"r-safe": SAFE[1:]})  # one is gone: the count looks again and again
    shop.run(90, lying={"r-safe": [*SAFE[1:], 900]})
    done = shop.facts(CountFinished)[-1]
    assert [tag.epc for tag in done.tags] == [make.epc(900).hex().upper()]
    assert done.unknown_tags == 1
    assert shop.store.pipeline.floor.unknown_tags >= 8, "control: they were all heard"


# --- guards of the report, each with what would go wrong without it ---------------------------------------------


def until_done(shop, **lying: list[int]) -> CountFinished:
    before = len(shop.facts(CountFinished))
    for _ in range(90):
        shop.run(1, lying={name.replace("_", "-"): numbers for name, numbers in lying.items()}, p=1.0)
        if len(shop.facts(CountFinished)) > before:
            return shop.facts(CountFinished)[-1]
    raise AssertionError("the count did not end")


def test_a_piece_without_a_tag_is_named_and_is_no_doubt_about_the_rest(config, clock, make):
    cards = [make.card(n) for n in CASE] + [msgspec.structs.replace(make.card(9), epc="")]
    shop = make.shop(config, clock, cards)
    shop.run(20, lying={"r-case": CASE}, p=1.0)
    done = count(shop)
    assert [(each.piece, each.verdict, each.note) for each in done.verdicts] == [
        ("p9", Verdict.CHECK_BY_HAND, "it has no tag")
    ]
    assert done.p_complete == 1.0, "no reader can speak about it"


def test_what_two_looks_read_elsewhere_is_misplaced_even_where_one_would_not_tell(config, clock, make):
    """It is so hard to read at home that silence there says nothing; both looks have read it next door."""
    shop = make.two_cases(config, clock)
    for second in range(60):
        home = CASE if second % 6 == 0 else [n for n in CASE if n != 4]
        shop.run(1, lying={"r-case": home, "r-two": OTHER}, p=1.0)
    shop.run(31, lying={"r-case": [n for n in CASE if n != 4], "r-two": OTHER}, p=1.0)
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA)
    first = until_done(shop, r_case=[n for n in CASE if n != 4], r_two=OTHER)
    assert [each.piece for each in first.verdicts] == ["p4"]
    shop.store.recount(C1, ("case", "case-2"), "both at once", ANA)
    again = until_done(shop, r_case=[n for n in CASE if n != 4], r_two=[*OTHER, 4])
    (said,) = again.verdicts
    assert (said.piece, said.verdict, said.zone) == ("p4", Verdict.MISPLACED, "case-2")
    assert "two looks read it in Case 2 and not at home" in said.note


def test_a_piece_that_lay_elsewhere_and_no_longer_does_is_sooner_put_away_than_gone(config, clock, make):
    shop = make.two_cases(config, clock)
    shop.run(20, lying={"r-case": CASE, "r-two": OTHER}, p=1.0)
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA)
    first = until_done(shop, r_case=[n for n in CASE if n != 4], r_two=[*OTHER, 4])
    assert [(each.verdict, each.zone) for each in first.verdicts] == [(Verdict.MISPLACED, "case-2")]
    shop.store.recount(C1, ("case-2",), "put away", ANA)
    (said,) = until_done(shop, r_case=CASE, r_two=OTHER).verdicts
    assert (said.piece, said.verdict, said.p_present) == ("p4", Verdict.CHECK_BY_HAND, MOVED_P)
    assert said.note == "read in Case 2 by the earlier look, and not again"


def test_a_piece_that_was_read_and_then_went_out_with_our_consent_is_explained(shop):
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA)
    shop.run(2, lying={"r-case": [n for n in CASE if n != 4], "r-safe": SAFE}, p=1.0)
    held = HoldPiece(claim="m1", piece=PieceId("p3"), kind=ClaimKind.MEMO, ref="memo-1")
    assert isinstance(shop.store.act(held, MAX), Done)
    done = finish(shop, lacking=(4,))  # read to the end: not hard to read either
    told = {each.piece: (each.verdict, each.note) for each in done.verdicts}
    assert told["p3"][0] is Verdict.EXPLAINED
    assert told["p3"][1].endswith("; read here before")


def test_a_count_that_ends_leaves_a_reader_alone_that_another_count_is_asking(config, clock, make):
    shop = make.two_cases(config, clock, antennas=True)
    shop.run(20, lying={"r-case": CASE}, p=1.0)
    reader = TwoLooks(shop)
    shop.store.counting.looks.varying = {reader.id: reader}
    shop.store.start_count(C1, CountPlace.SHELF, (ZoneId("case"),), ANA)
    shop.store.start_count(CountId("c2"), CountPlace.SHELF, (ZoneId("case-2"),), ANA)
    asked = list(reader.asked)
    shop.store.abandon_count(C1, "not now", MAX)
    assert reader.asked == asked, "the other count has it to itself"
    shop.store.abandon_count(CountId("c2"), "nor this", MAX)
    assert reader.asked == [*asked, 0]


def test_a_refusal_names_zones_as_people_call_them_and_no_number_of_a_count(shop):
    shop.store.start_count(C1, CountPlace.SHELF, (), ANA)
    with pytest.raises(CountRefusedError) as refused:
        shop.store.start_count(CountId("c2"), CountPlace.SHELF, (), ANA)
    assert "a count is under way there" in str(refused.value)
    assert "c1" not in str(refused.value)
