"""The plan keeps the order of the room, whatever it does to its air; and the way of a piece is read from its stays."""

from dataclasses import dataclass

import hypothesis.strategies as st
from hypothesis import given

from contract.ids import PieceId, ZoneId
from edge.api import ways
from edge.api.plans.geometry import DENSE_FROM, TALL_MIN, UNIT, WIDE_MIN, in_lines, laid_out
from edge.history.stays import Stay

SECOND_US = 1_000_000
RAISED_US = 1_700_000_000 * SECOND_US


@dataclass(frozen=True)
class Place:
    zone: str
    x: float
    y: float
    width: float
    height: float
    name: str = "Case"


def overlap(one, other):
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


places = st.builds(
    lambda cell, offset, size: (cell, offset, size),
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.tuples(st.floats(0.2, 1.9), st.floats(0.2, 1.9)),
)


@given(st.lists(places, min_size=1, max_size=16, unique_by=lambda one: one[0]))
def test_what_is_left_of_or_above_another_stays_so_and_nothing_comes_to_lie_on_another(cells):
    rooms = [
        Place(f"z{nth}", 3 * cell[0] + offset[0], 3 * cell[1] + offset[1], *size)
        for nth, (cell, offset, size) in enumerate(cells)
    ]
    sheet = laid_out(rooms)
    for one in rooms:
        box = sheet.boxes[one.zone]
        assert box.x >= 0
        assert box.x + box.width <= sheet.width
        assert box.y + box.height <= sheet.height
        for other in rooms:
            beside = sheet.boxes[other.zone]
            if one is not other:
                assert not overlap(box, beside)
            if one.x + one.width <= other.x and len(rooms) > 1:
                assert box.middle[0] < beside.middle[0]
            if one.y + one.height <= other.y:
                assert box.middle[1] < beside.middle[1]


def test_two_small_neighbours_share_the_air_between_them():
    """Both grow at once; what one takes, the other cannot have."""
    rooms = [
        Place("far", 0, 0, 1, 1),
        Place("left", 4, 0, 0.5, 1),
        Place("right", 6, 0, 0.5, 1),
        Place("long", 3, 3, 1.5, 1),
        Place("last", 6, 3, 1, 1),
    ]
    boxes = laid_out(rooms).boxes
    assert not overlap(boxes["left"], boxes["right"])


def test_cases_are_large_on_the_sheet_though_the_room_is_mostly_floor():
    """Two cases two metres apart, a door far off: to scale they take a sixth of the width."""
    rooms = [Place("a", 0, 0, 1.6, 0.7), Place("b", 2.5, 0, 1.6, 0.7), Place("door", 9, 7, 1.4, 0.6)]
    sheet = laid_out(rooms)
    assert sheet.boxes["a"].width / sheet.width > 0.25
    assert all(box.width >= WIDE_MIN * UNIT - 1 for box in sheet.boxes.values())
    assert all(box.height >= TALL_MIN * UNIT - 1 for box in sheet.boxes.values())


def test_a_pad_beside_a_row_of_cases_is_grown_by_itself_and_stretches_no_row():
    rooms = [Place("case", 0, 0, 2, 1.2), Place("pad", 4, 0.4, 0.4, 0.3)]
    sheet = laid_out(rooms)
    assert sheet.boxes["case"].height == 1.2 * UNIT
    assert sheet.boxes["pad"].height > 100


def test_places_nobody_measured_lie_side_by_side():
    sheet = laid_out([Place(f"z{n}", 0, 0, 1, 1) for n in range(7)])
    boxes = list(sheet.boxes.values())
    assert not any(overlap(one, other) for one in boxes for other in boxes if one is not other)


def test_a_plan_of_fifty_readers_says_that_it_is_dense():
    assert laid_out([Place(f"z{n}", n % 20 * 2.0, n // 20 * 2.0, 1.6, 0.7) for n in range(200)]).width >= DENSE_FROM
    assert not laid_out([Place("a", 0, 0, 1, 1)]).dense


def test_a_long_name_is_broken_at_its_words_and_ends_in_an_ellipsis():
    assert in_lines("Case 3, earrings", 180) == ("Case 3,", "earrings")
    assert in_lines("Safe 1", 180) == ("Safe 1",)
    assert in_lines("Vault of the grand salon upstairs", 180) == ("Vault of the", "grand salon…")


def stay(zone, from_s, to_s, rounds=50):
    return Stay(PieceId("p"), ZoneId(zone), RAISED_US + from_s * SECOND_US, RAISED_US + to_s * SECOND_US, rounds)


def zones(found):
    return [zone for zone, _ in found]


def test_a_piece_carried_from_its_case_over_the_pad_to_the_door_went_that_way():
    stays = [stay("case", -7200, -130), stay("pad", -120, -40), stay("gate", -6, -1)]
    assert zones(ways.way(stays, RAISED_US)) == ["case", "pad", "gate"]


def test_a_piece_that_was_shown_and_laid_back_came_back():
    stays = [stay("case", -7200, -10), stay("pad", -120, -40)]
    assert zones(ways.way(stays, RAISED_US)) == ["case", "pad", "case"]


def test_a_zone_that_overheard_a_piece_once_is_no_step_and_yesterday_is_no_way():
    stays = [stay("case", -7200, -10), stay("next-door", -100, -99, rounds=1), stay("safe", -90000, -80000)]
    assert zones(ways.way(stays, RAISED_US)) == ["case"]


def test_one_read_at_the_door_is_a_step_when_it_was_the_last():
    stays = [stay("case", -7200, -10), stay("gate", -1, -1, rounds=1)]
    assert zones(ways.way(stays, RAISED_US)) == ["case", "gate"]


def test_the_door_an_alarm_is_about_is_a_step_though_the_cases_round_ended_after_its_two_reads():
    stays = [stay("case", -7200, -1), stay("gate", -3, -2, rounds=2), stay("next-door", -9, -8, rounds=2)]
    assert zones(ways.way(stays, RAISED_US)) == ["case"]
    assert zones(ways.way(stays, RAISED_US, ZoneId("gate"))) == ["case", "gate", "case"]


def test_a_way_is_kept_when_its_stays_have_gone_to_the_disk():
    kept = ways.Ways()
    found = ways.way([stay("case", -60, -10), stay("gate", -5, -1)], RAISED_US)
    kept.keep("a", found, 0, stands=False)
    assert kept.known("a", ways.AGAIN_US) is None, "it is asked for again"
    assert kept.keep("a", (), ways.AGAIN_US, stands=True) == found
    assert kept.known("a", 1 << 60) == found
