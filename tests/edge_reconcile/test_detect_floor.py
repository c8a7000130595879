"""Detectors, one by one, on scenes made by hand: what each must say, and the harmless neighbour it must not."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from contract.facts import AlarmKind, Severity
from edge.reconcile.detectors import Scene, Suspicion
from edge.reconcile.detectors.after_hours import AfterHours
from edge.reconcile.detectors.clone import Clone
from edge.reconcile.detectors.departures import Departures
from edge.reconcile.detectors.exits import Exits
from edge.reconcile.detectors.in_view import SLOT_US, InView
from edge.reconcile.detectors.jam import Jam
from edge.reconcile.detectors.out_of_case import OutOfCase
from edge.reconcile.detectors.restock import Restock
from edge.reconcile.detectors.returned import SOLD_LIES_US, Returned
from edge.reconcile.detectors.severity import Scale, severity
from edge.reconcile.detectors.strong import Strong
from edge.reconcile.detectors.travel import Travel, needs_s
from edge.reconcile.presence.evidence import MISSING, PRESENT
from edge.reconcile.presence.shapes import Accusation, Placement

SAFE, CASE, PAD, GATE = range(4)
SECOND = 1_000_000
NOTHING = np.zeros(0, np.int32)


@dataclass
class Room:
    """48 pieces in two cases, trays of eight; a pad; a gate. One round a second of one reader for everything."""

    seed: int = 1
    now_us: int = 0
    stay: set = field(default_factory=lambda: set(range(48)))

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)
        n = 48
        self.home = np.repeat(np.array([SAFE, CASE], np.int32), 24)
        self.p = np.full(n, 0.8, np.float32)
        self.state = np.full(n, PRESENT, np.int8)
        self.read_us = np.zeros(n, np.int64)
        self.sold, self.shown = np.zeros(n, bool), np.zeros(n, bool)
        self.expected = np.ones(n, bool)
        self.tray = (np.arange(n) // 8).astype(np.int32)

    def scene(self, share=1.0, also=(), rssi=None, **more):
        """The next second. `share` of the reads are left; `also`: (row, zone, rssi) read besides."""
        self.now_us += SECOND
        here = np.array(sorted(self.stay), np.int32)
        read = here[self.rng.random(len(here)) < self.p[here] * share]
        self.read_us[read] = self.now_us
        row = np.concatenate([read, np.array([each[0] for each in also], np.int32)])
        zone = np.concatenate([self.home[read], np.array([each[1] for each in also], np.int32)])
        loud = self.rng.normal(-5500, 100, len(read)).astype(np.int16)
        rssi = np.concatenate([loud, np.array([each[2] for each in also], np.int16)])
        placement = Placement(self.home, self.tray, self.expected, np.array([True, True, True, False]))
        given = {
            "now_us": self.now_us, "reader": 0, "zones": np.arange(4, dtype=np.int32), "row": row, "zone": zone, "rssi_cdbm": rssi,
            "placement": placement, "state": self.state, "nats": np.zeros(48, np.float32), "read_us": self.read_us, "p": self.p, "sold": self.sold, "shown": self.shown,
            "stays": np.array([True, True, False, False]), "is_open": True,
        }  # fmt: skip
        return Scene(**(given | more))


@pytest.fixture
def room():
    return Room()


def accusation(rows, zone=CASE, **more):
    return Accusation(
        **(
            {
                "kind": AlarmKind.GROUP,
                "rows": tuple(rows),
                "zone": zone,
                "nats": 20.0,
                "rounds": 30,
                "silent_s": 30.0,
                "p": 0.8,
                "visibility": 1.0,
            }
            | more
        )
    )


def accused(room, gone, lags=None):
    """Pieces `gone`, whose last reads lie `lags` seconds before the first second without them."""
    for _ in range(20):
        room.scene()
    room.stay -= set(gone)
    began = room.now_us
    for row, lag in zip(gone, lags or [0] * len(gone), strict=True):
        room.read_us[row] = began - lag * SECOND
    for _ in range(30):
        scene = room.scene()
    (said,) = Departures().hear(replace(scene, accused=(accusation(gone),)))
    return said


def test_a_lifted_tray_is_called_one_and_says_its_numbers(room):
    said = accused(room, range(24, 32))
    assert said.kind is AlarmKind.TRAY
    assert "8 of its 8 pieces" in said.why
    assert "16 of 16 others are read" in said.why
    assert "read in none of 30 rounds, where 24 reads of each were due" in said.why


def test_half_a_tray_at_once_is_a_grab_and_not_a_lifted_tray(room):
    said = accused(room, [24, 25, 26, 33, 34])
    assert said.kind is AlarmKind.FOIL
    assert "5 pieces of 2 trays at once" in said.why


def test_pieces_taken_one_by_one_are_no_grab(room):
    said = accused(room, [24, 25, 26, 33], lags=[0, 6, 11, 17])
    assert said.kind is AlarmKind.GROUP
    assert "within 17 s" in said.why


def test_a_piece_alone_is_named_by_presence_itself(room):
    assert accused(room, [30]).kind is AlarmKind.MISSING


# --- jamming ------------------------------------------------------------------------------------------------------


def jammed(room, seconds, share, jam=None):
    jam = jam or Jam()
    return jam, [said for _ in range(seconds) for said in jam.hear(room.scene(share))]


def test_a_reader_that_loses_four_fifths_of_its_reads_everywhere_is_jammed_within_a_minute_and_said_once(room):
    jam, before = jammed(room, 600, 1.0)
    assert before == []
    _, said = jammed(room, 45, 0.2, jam)
    assert [one.kind for one in said] == [AlarmKind.JAM]
    assert "in all of its" in said[0].why
    jammed(room, 60, 1.0, jam)
    assert len(jammed(room, 45, 0.2, jam)[1]) == 1, "after it was well again it is suspected anew"


def test_a_covered_case_is_no_jam_while_another_zone_of_the_reader_reads(room):
    room.stay -= set(range(24, 48))
    assert jammed(room, 120, 1.0)[1] == []


def test_without_asking_the_zone_that_fares_best_a_covered_case_would_be_a_jam(room):
    room.stay -= set(range(24, 48))
    jam = Jam()
    scenes = [replace(room.scene(), zones=np.array([CASE], np.int32)) for _ in range(120)]
    assert [said.kind for scene in scenes for said in jam.hear(scene)] == [AlarmKind.JAM]


def test_a_flood_of_made_up_tags_is_a_blocker_and_said_once(room):
    jam = Jam()
    calm = [said for _ in range(60) for said in jam.hear(room.scene(strangers=5))]
    assert calm == []
    said = [one for _ in range(20) for one in jam.hear(room.scene(strangers=50))]
    assert len(said) == 1
    assert "nobody issued" in said[0].why


# --- clones and travel --------------------------------------------------------------------------------------------

APART = np.array([[0, 20, 8, 8], [20, 0, 8, 8], [8, 8, 0, 4], [8, 8, 4, 0]], float)
NOT_NEAR = np.eye(4, dtype=bool)


def watch(room, seconds, *detectors, also=lambda second: ()):
    strong, out = room.__dict__.setdefault("strong", Strong(4)), []
    for second in range(seconds):
        scene = room.scene(also=also(second))
        loud = strong.of(scene)
        out += [said for detector in detectors for said in detector.hear(scene, loud)]
    return out


def test_a_copied_tag_that_answers_in_two_cases_is_found_within_a_minute(room):
    clone = Clone(NOT_NEAR)
    assert watch(room, 700, clone) == []
    said = watch(room, 60, clone, also=lambda second: [(3, CASE, -5450)])
    assert [(one.kind, one.rows) for one in said] == [(AlarmKind.CLONE, (3,))]
    assert "two tags answer with its one number" in said[0].why


def test_a_stray_read_next_door_is_no_copy_for_it_is_weaker(room):
    clone = Clone(NOT_NEAR)
    watch(room, 700, clone)
    assert watch(room, 120, clone, also=lambda second: [(3, CASE, -6300)]) == []


def test_a_piece_that_is_carried_to_another_case_is_no_copy(room):
    clone = Clone(NOT_NEAR)
    watch(room, 700, clone)
    room.stay.discard(3)
    assert watch(room, 60, clone, also=lambda second: [(3, CASE, -5450)]) == []


def test_a_piece_that_was_in_a_hand_lies_turned_and_may_be_loud_elsewhere_by_its_new_angle(room):
    """The control is the copy above: the same reads of a piece that was not taken up."""
    clone = Clone(NOT_NEAR)
    watch(room, 700, clone)
    room.stay.discard(3)
    watch(room, 20, clone)
    room.stay.add(3)
    assert watch(room, 60, clone, also=lambda second: [(3, CASE, -5450)]) == []


def test_a_story_that_came_to_nothing_teaches_its_bar_once_it_is_over(room):
    clone = Clone(NOT_NEAR, bar_nats=60.0)
    watch(room, 700, clone)
    watch(room, 4, clone, also=lambda second: [(3, CASE, -5450)])
    assert clone.innocent() == [], "it may go on"
    watch(room, 70, clone)
    (peak,) = clone.innocent()
    assert 0 < peak < clone.bar_nats
    assert clone.innocent() == []


def test_a_story_that_was_said_is_for_a_person_to_judge_and_teaches_nothing(room):
    clone = Clone(NOT_NEAR)
    watch(room, 700, clone)
    assert watch(room, 60, clone, also=lambda second: [(3, CASE, -5450)])
    watch(room, 80, clone)
    assert clone.innocent() == []


def test_antennas_that_hear_each_others_pieces_are_learned_and_prove_nothing(room):
    clone = Clone(NOT_NEAR, bar_nats=60.0)
    watch(room, 700, clone)
    watch(room, 30, clone, also=lambda second: [(row, CASE, -5450) for row in (3, 4, 5)])
    clone.bar_nats = 12.0
    assert clone.overlaps(SAFE, CASE)
    assert clone.innocent()
    assert watch(room, 60, clone, also=lambda second: [(7, CASE, -5450)]) == []


def test_a_tag_with_another_number_of_its_own_is_a_copy_but_not_by_one_word(room):
    clone = Clone(NOT_NEAR)

    def told(fits):
        scene = room.scene(tid_row=np.array([9], np.int32), tid_fits=np.array([fits]))
        loud = np.zeros(len(scene.row), bool)
        return clone.hear(scene, loud)

    assert told(True) == told(True) == told(False) == []
    assert [said.rows for said in told(False)] == [(9,)]
    assert told(False) == [], "said once"


def test_nobody_walks_twenty_metres_in_two_seconds(room):
    travel = Travel(APART)
    watch(room, 120, travel)
    room.stay.discard(5)
    said = watch(room, 3, travel, also=lambda second: [(5, CASE, -5450)] if second == 2 else [])
    assert [one.kind for one in said] == [AlarmKind.TRAVEL]
    assert "20 m away" in said[0].why


def test_ten_seconds_for_twenty_metres_are_a_walk(room):
    travel = Travel(APART)
    watch(room, 120, travel)
    room.stay.discard(5)
    assert watch(room, 12, travel, also=lambda second: [(5, CASE, -5450)] if second == 10 else []) == []
    assert needs_s(np.array([2.0, 53.0])).tolist() == [0.0, 20.0]


# --- people and doors ---------------------------------------------------------------------------------------------


def test_an_unsold_piece_at_the_gate_is_said_and_a_sold_one_leaves_in_silence():
    exits = Exits()
    assert exits.passed(0, 1, GATE, peaceful=True, why="sold") is None
    assert exits.passed(0, 2, GATE, peaceful=False, why="unsold stock of this store").kind is AlarmKind.EXIT
    assert exits.peaceful_total == 1


def test_the_third_piece_within_five_seconds_is_a_bag():
    exits = Exits()
    said = [exits.passed(at * SECOND, at, GATE, peaceful=False, why="unsold") for at in range(3)]
    assert [one and one.rows for one in said] == [(0,), (1,), None], "the first two at once, the bag as a whole"
    assert exits.due(2 * SECOND) is None, "more of it may come"
    bag = exits.due(3 * SECOND)
    assert bag.rows == (0, 1, 2)
    assert "3 pieces within 2 s: a bag" in bag.why
    assert exits.due(4 * SECOND) is None
    assert exits.passed(60 * SECOND, 9, GATE, peaceful=False, why="unsold").rows == (9,)


def test_a_box_that_takes_long_to_pass_is_said_after_five_seconds_and_never_twice():
    exits, said = Exits(), []
    for at in range(200):
        now = at * SECOND // 25
        said += [exits.passed(now, at, GATE, peaceful=False, why="unsold"), exits.due(now)]
    said.append(exits.due(20 * SECOND))
    bags = [one.rows for one in said if one is not None and len(one.rows) > 1]
    assert sorted(row for rows in bags for row in rows) == list(range(200))
    assert len([one for one in said if one is not None]) == 4, "two singles, and two bags of a stream of eight seconds"


def test_one_more_piece_behind_a_bag_is_said_alone_and_three_more_with_the_time_they_took():
    exits = Exits()
    for at in range(4):
        exits.passed(at * SECOND // 2, at, GATE, peaceful=False, why="unsold")
    assert exits.due(3 * SECOND).rows == (0, 1, 2, 3)
    exits.passed(4 * SECOND, 9, GATE, peaceful=False, why="unsold")
    alone = exits.due(5 * SECOND)
    assert (alone.rows, alone.why) == ((9,), "unsold"), "one piece is no bag"
    for at in range(3):
        exits.passed(6 * SECOND + at * SECOND // 2, 20 + at, GATE, peaceful=False, why="unsold")
    assert "3 pieces within 1 s" in exits.due(8 * SECOND).why, "of these, not of the bag before"


def test_a_tray_that_lies_by_the_gate_is_learned_shown_and_still_heard_when_it_is_carried_out():
    view, rows = InView(), np.array([4], np.int32)
    for slot in range(4):
        view.hear(slot * SLOT_US, rows, np.array([-6500], np.int16))
    now = 4 * SLOT_US
    assert view.rows(now) == (4,)
    assert not view.hear(now, rows, np.array([-6300], np.int16))[0]
    assert view.hear(now, rows, np.array([-5000], np.int16))[0], "much nearer: on its way out"
    assert view.hear(now, np.array([8], np.int32), np.array([-6300], np.int16))[0], "who is new is believed"
    assert view.rows(now + 90 * SLOT_US * 2) == ()


def test_a_missing_piece_on_the_pad_was_never_sold(room):
    room.stay.discard(7)
    room.state[7] = MISSING
    returned = Returned()
    said = [one for _ in range(5) for one in returned.hear(room.scene(also=[(7, PAD, -4000)]))]
    assert [(one.kind, one.rows, one.zone) for one in said] == [(AlarmKind.RETURNED, (7,), PAD)]
    assert "Never sold" in said[0].why
    alone = Returned()
    assert alone.hear(room.scene(also=[(7, PAD, -4000)])) == [], "one read is no piece"
    gate = Returned()
    assert [one for _ in range(5) for one in gate.hear(room.scene(also=[(7, GATE, -4000)]))] == []


def test_a_sold_piece_that_goes_on_lying_in_its_case_was_not_handed_over(room):
    room.sold[7] = True
    room.expected[7] = False
    returned = Returned()
    assert [one for _ in range(60) for one in returned.hear(room.scene())] == []
    room.now_us += SOLD_LIES_US - 70 * SECOND
    said = [one for _ in range(60) for one in returned.hear(room.scene())]
    assert [one.rows for one in said] == [(7,)]


def test_what_moves_at_night_is_said_and_by_day_it_is_work(room):
    moved = np.array([3, 4], np.int32)
    assert AfterHours().hear(room.scene(moved=moved, stirring=(CASE,))) == []
    assert AfterHours().hear(room.scene(moved=moved, stirring=(CASE,), is_open=None)) == []
    night = AfterHours()
    said = night.hear(room.scene(moved=moved, stirring=(CASE,), is_open=False))
    assert [(one.zone, one.rows) for one in said] == [(SAFE, (3, 4)), (CASE, ())]
    assert night.hear(room.scene(stirring=(CASE,), is_open=False)) == [], "said once in ten minutes"


def test_a_piece_that_lies_on_the_pad_for_too_long_is_off_its_place(room):
    out = OutOfCase(limit_s=60)
    room.stay.discard(9)
    said = [one for _ in range(80) for one in out.hear(room.scene(also=[(9, PAD, -4000)]))]
    assert [(one.kind, one.rows) for one in said] == [(AlarmKind.OUT_OF_CASE, (9,))]
    assert "1 min are allowed" in said[0].why
    room.stay.add(9)
    assert [one for _ in range(200) for one in out.hear(room.scene())] == []


def test_a_tray_shown_to_a_client_has_a_time_too_and_a_piece_nobody_hears_is_not_ours(room):
    out = OutOfCase(limit_s=60)
    room.stay -= {9, 10}
    room.shown[9], room.expected[9] = True, False
    said = [one for _ in range(80) for one in out.hear(room.scene())]
    assert [one.rows for one in said] == [(9,)]
    assert "shown to a client" in said[0].why


def test_a_delivery_mutes_what_moves_counts_it_and_says_what_did_not_come_back():
    restock = Restock(frozenset({CASE}))
    assert restock.mutes(Suspicion(AlarmKind.TRAY, (1, 2), CASE, 20, ""))
    assert not restock.mutes(Suspicion(AlarmKind.TRAY, (3, 4), SAFE, 20, "")), "another room"
    for never in (AlarmKind.EXIT, AlarmKind.CLONE, AlarmKind.JAM):
        assert not restock.mutes(Suspicion(never, (1,), CASE, 20, ""))
    assert restock.muted == 1
    assert restock.over({2, 9}).rows == (2,)
    assert restock.over(set()) is None


@pytest.mark.parametrize(
    ("kind", "value", "loud"),
    [
        (AlarmKind.MISSING, 40_000, Severity.NOTICE),
        (AlarmKind.MISSING, 200_000, Severity.ALARM),
        (AlarmKind.MISSING, 9_000_000, Severity.SIREN),
        (AlarmKind.TRAY, 0, Severity.ALARM),
        (AlarmKind.EXIT, 0, Severity.SIREN),
        (AlarmKind.OUT_OF_CASE, 9_000_000, Severity.ALARM),
    ],
)
def test_how_loud_an_alarm_is_depends_on_what_it_is_and_what_it_is_worth(kind, value, loud):
    assert severity(kind, value, Scale(alarm_from_minor=50_000, siren_from_minor=2_000_000)) is loud
