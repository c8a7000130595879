"""What is wrong with the books is named with its cause, and a theft is not called a mistake."""

import numpy as np
import pytest

from bench.books import two_weeks
from bench.books_world import Store
from edge.reconcile.blob import BlobDamagedError
from edge.reconcile.books.errors import STRANGERS_MAX, BookErrors, Finding, Look, stranger
from edge.reconcile.books.notes import Cause, Notes, load

HOME, AWAY = 0, 1


class Days:
    """Six pieces: 0–3 lie in zone 0, 4 and 5 in zone 1; every tag is heard each hour unless it is silenced."""

    def __init__(self) -> None:
        notes = Notes(6)
        notes.zone[:] = [HOME] * 4 + [AWAY] * 2
        self.errors = BookErrors(notes)
        self.zone = dict(enumerate([HOME] * 4 + [AWAY] * 2))
        self.hour = 0
        self.pass_hours(5)

    def pass_hours(self, hours: int) -> None:
        for _ in range(hours):
            self.hour += 1
            tags = np.array(sorted(self.zone), np.int32)
            self.errors.heard(self.hour, tags, np.array([self.zone[tag] for tag in tags.tolist()], np.int32))

    def look(self, row: int, *, found: bool = True, tags: tuple[int, ...] = ()) -> None:
        assert row in [wish.row for wish in self.errors.to_look_for(30)], f"a look at {row} is asked for"
        self.errors.looked(Look(row, found, tags))

    def named(self) -> list[tuple[Cause, tuple[int, ...]]]:
        return [(finding.cause, finding.rows) for finding in self.errors.newly_named()]


@pytest.fixture
def days() -> Days:
    return Days()


def test_a_quiet_store_has_nothing_to_look_for_and_nothing_to_name(days):
    assert days.errors.to_look_for(30) == []
    assert days.named() == []


def test_a_tag_that_gives_nothing_in_the_hand_is_dead(days):
    del days.zone[2]
    days.pass_hours(4)
    assert days.named() == [], "silence alone names nothing"
    days.look(2)
    assert days.named() == [(Cause.DEAD_TAG, (2,))]


def test_a_piece_put_back_elsewhere_after_it_was_shown_is_in_the_wrong_tray(days):
    days.errors.padded(days.hour + 1, [1], is_it=True)
    days.zone[1] = AWAY
    days.pass_hours(6)
    assert days.named() == [], "it may as well carry another's tag: a hand says"
    days.look(1, tags=(1,))
    assert days.named() == [(Cause.WRONG_TRAY, (1,))]


def test_pieces_that_change_place_at_once_were_moved_by_somebody_who_did_not_book_it(days):
    days.zone[0] = days.zone[1] = AWAY
    days.pass_hours(6)
    assert days.named() == [(Cause.UNBOOKED_MOVE, (0, 1))]
    assert days.errors.to_look_for(30) == [], "that is known now"


def test_a_move_that_is_booked_afterwards_is_no_error_any_more(days):
    days.zone[0] = days.zone[1] = AWAY
    days.pass_hours(2)
    days.errors.booked(0, AWAY)
    days.errors.booked(1, AWAY)
    days.pass_hours(6)
    assert days.named() == []


def test_tags_that_hang_on_each_others_piece_are_swapped(days):
    days.zone[0], days.zone[4] = AWAY, HOME
    days.pass_hours(6)
    days.look(0, tags=(4,))
    days.look(4, tags=(0,))
    assert days.named() == [(Cause.SWAP, (0, 4))]


def test_a_swap_inside_one_zone_is_found_by_whoever_sees_the_photo(days):
    days.errors.padded(days.hour, [1], is_it=False)
    days.look(1, tags=(2,))
    assert days.named() == [(Cause.SWAP, (1, 2))]


def test_a_stranger_on_the_pad_beside_a_piece_is_looked_at_and_is_its_second_tag(days):
    days.zone[stranger(0)] = HOME
    days.pass_hours(1)
    days.errors.padded(days.hour, [3, stranger(0)], is_it=True)
    assert [wish.row for wish in days.errors.to_look_for(1)] == [3], "before its neighbours"
    days.look(3, tags=(3, stranger(0)))
    assert days.named() == [(Cause.DOUBLE_TAG, (3,))]
    assert days.errors.to_look_for(30) == [], "the stranger has its holder"


def test_shown_gone_through_the_gate_and_found_nowhere_is_a_sale_that_was_not_booked(days):
    days.errors.padded(days.hour, [1], is_it=True)
    days.errors.passed(days.hour, 1)
    del days.zone[1]
    days.pass_hours(4)
    days.look(1, found=False)
    assert days.named() == [], "one in twenty is overlooked"
    days.look(1, found=False)
    assert days.named() == [(Cause.UNBOOKED_SALE, (1,))]


@pytest.mark.parametrize(("shown", "passed"), [(False, False), (True, False), (False, True)])
def test_a_piece_that_is_gone_without_both_witnesses_is_not_called_a_sale(days, shown, passed):
    if shown:
        days.errors.padded(days.hour, [1], is_it=True)
    if passed:
        days.errors.passed(days.hour, 1)
    del days.zone[1]
    days.pass_hours(4)
    days.look(1, found=False)
    days.look(1, found=False)
    assert days.named() == []


def test_strangers_are_followed_up_to_a_limit_and_counted_beyond_it(days):
    crowd = np.array([stranger(number) for number in range(STRANGERS_MAX + 7)], np.int32)
    days.errors.heard(days.hour + 1, crowd, np.zeros(len(crowd), np.int32))
    assert days.errors.strangers_not_followed == 7


def test_two_weeks_of_a_store_name_nearly_every_error_and_no_other():
    store = Store(41, 25)
    found, _ = two_weeks(store)
    errors = {(str(error.wrong), tuple(sorted(error.pieces))) for error in store.errors}
    named = {(str(finding.cause), finding.rows) for finding in found}
    assert len(named & errors) >= 23
    assert len(named - errors) <= 1


def test_without_looks_hardly_a_cause_can_be_named():
    """The control of the looks: radio alone knows moves and nothing else."""
    store = Store(41, 25)
    store.look_for = lambda pieces: []  # type: ignore[method-assign]
    found, _ = two_weeks(store)
    assert {finding.cause for finding in found} <= {Cause.UNBOOKED_MOVE}


def test_a_finding_says_why_with_numbers(days):
    del days.zone[2]
    days.pass_hours(4)
    days.look(2)
    assert days.errors.newly_named() == [
        Finding(Cause.DEAD_TAG, (2,), "found by hand; its tag gives nothing, unheard for 4 open hours")
    ]


def test_notes_survive_a_restart_under_other_rows(days):
    days.errors.padded(days.hour, [1], is_it=True)
    days.errors.passed(days.hour, 1)
    del days.zone[1], days.zone[2]
    days.pass_hours(4)
    days.look(2)
    days.look(1, found=False)
    blob = days.errors.notes.save([f"p{row}" for row in range(6)])
    days.errors = BookErrors(load(blob, ["new", None, "p5", "p4", "p3", "p2", "p1", "p0"]))
    assert days.errors.notes.zone.tolist() == [-1, -1, AWAY, AWAY, HOME, HOME, HOME, HOME]
    assert [wish.row for wish in days.errors.to_look_for(30)] == [6], "row 6 is piece 1 now; piece 2 was named before"
    days.look(6, found=False)
    assert days.named() == [(Cause.UNBOOKED_SALE, (6,))]


@pytest.mark.parametrize("damage", [lambda blob: blob[:-1], lambda blob: b"X" + blob[1:], lambda blob: blob[:40]])
def test_damaged_notes_are_refused_whole(days, damage):
    blob = days.errors.notes.save(["p0", "p1", "p2", "p3", "p4", "p5"])
    with pytest.raises(BlobDamagedError):
        load(damage(blob), ["p0"])
