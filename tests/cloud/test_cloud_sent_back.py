"""A box that was given up and goes on writing: the store's present box joins again for it, and not for ever."""

import copy

import sqlalchemy as sa

from cloud import hearing
from cloud.pos.parked.queries import close_case
from cloud.tables import case_file
from contract.facts import SaleOpened, Stream
from contract.ids import SaleId
from contract.messages import Standing


def opened(n):
    return SaleOpened(sale=SaleId(f"sale-{n}"), till="till-1", associate="ana", currency="EUR")


def two_boxes(house):
    """The present one, and the elder, which wrote one entry and hears nothing any more."""
    elder = house.store("paris")
    elder.write(opened(0))
    elder.send()
    present = copy.copy(elder)
    present.rows, present.instance = {stream: [] for stream in Stream}, "m-2"
    present.rejoins.replace(present.store, "m-2", by="marc", why="stolen", now_us=5)
    present.join()
    return elder, present


def joins_if_told(present):
    """Whether it had to."""
    if present.send().standing is Standing.OK:
        return False
    present.join()
    return True


def writes_on(elder, present, times, say):
    back = 0
    for n in range(1, times + 1):
        elder.write(opened(n))
        say(elder)
        back += joins_if_told(present)
    return back


def by_message(elder):
    elder.send(len(elder.rows[Stream.TRADE]))


def by_hand_over(elder):
    elder.hand_over(len(elder.rows[Stream.TRADE]))


def cases(house):
    return house.rows(sa.select(case_file).where(case_file.c.kind == hearing.ELDER))


def test_an_elder_box_that_writes_on_sends_the_present_one_back_so_often_and_then_a_person_is_asked(house):
    elder, present = two_boxes(house)
    assert writes_on(elder, present, 2 * hearing.SENT_BACK_MAX, by_message) == hearing.SENT_BACK_MAX
    (case,) = cases(house)
    assert "Switch the elder one off" in case["sentence"]
    assert present.send().standing is Standing.OK, "it serves its store"


def test_rows_handed_over_are_counted_too(house):
    elder, present = two_boxes(house)
    assert writes_on(elder, present, 2 * hearing.SENT_BACK_MAX, by_hand_over) == hearing.SENT_BACK_MAX
    assert len(cases(house)) == 1


def test_without_the_bound_it_would_join_for_every_row(house, monkeypatch):
    """The control."""
    monkeypatch.setattr(hearing, "SENT_BACK_MAX", 1_000)
    elder, present = two_boxes(house)
    times = hearing.SENT_BACK_MAX // 50
    assert writes_on(elder, present, times, by_message) == times


def test_when_a_person_has_looked_it_joins_once_more_and_has_everything(house):
    elder, present = two_boxes(house)
    writes_on(elder, present, 2 * hearing.SENT_BACK_MAX, by_message)
    (case,) = cases(house)
    with house.office.transaction() as tx:
        assert close_case(tx, case["case_id"], by="marc", outcome="it lay in the cellar", now_us=9)
    assert present.send().standing is Standing.OLD
    logs = {log.epoch: log.upto for log in present.join().logs}
    assert logs[elder.epoch] == 1 + 2 * hearing.SENT_BACK_MAX
    assert not joins_if_told(present)
    assert writes_on(elder, present, 2 * hearing.SENT_BACK_MAX, by_message) == hearing.SENT_BACK_MAX, "and counts anew"
    assert len(cases(house)) == 2


def test_many_rows_make_one_rejoin(house):
    elder, present = two_boxes(house)
    for n in range(1, 2 * hearing.SENT_BACK_MAX):
        elder.write(opened(n))
        by_message(elder)
    assert joins_if_told(present)
    assert not joins_if_told(present)
    assert cases(house) == []


def test_what_was_heard_already_makes_nobody_join(house):
    elder, present = two_boxes(house)
    elder.write(opened(1))
    by_message(elder)
    assert joins_if_told(present)
    for _ in range(3):
        elder.send()
        elder.hand_over()
        assert not joins_if_told(present)


def test_what_no_box_will_fold_makes_nobody_join(house):
    """Rows that are not of our chain are applied as late; the books of the next box would be without them too."""
    elder, present = two_boxes(house)
    elder.rows[Stream.TRADE] = []
    elder.write(opened(7))
    elder.hand_over()
    assert not joins_if_told(present)
