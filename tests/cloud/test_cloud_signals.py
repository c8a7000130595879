"""What the office knows of a store's doors, lamps and locks: the newest of each, who opened what, and why."""

from cloud.pos.floor import queries
from contract.facts import (
    Stream,
)
from contract.facts.signals import InputChanged, InputKind, OutputKind, OutputSet
from contract.ids import ReaderId, ZoneId


def door(*, on, found=False):
    return InputChanged(
        reader=ReaderId("gate"),
        port=1,
        name="Back door",
        kind=InputKind.DOOR,
        zone=ZoneId("exit-1"),
        on=on,
        found=found,
    )


def lock(*, on, why):
    return OutputSet(
        reader=ReaderId("gate"), port=1, name="Case lock", kind=OutputKind.LOCK, zone=ZoneId("case-1"), on=on, why=why
    )


def shown(house):
    with house.office.reading() as tx:
        return [(row.way, row.name, row.is_on, row.why) for row in queries.signals(tx, "paris")]


def test_the_office_shows_how_doors_and_locks_of_a_store_stand(house):
    box = house.store("paris", "p1")
    box.write(door(on=False, found=True), lock(on=True, why="showing a tray"), stream=Stream.FLOOR)
    box.send(stream=Stream.FLOOR)
    assert shown(house) == [("in", "Back door", False, "found so"), ("out", "Case lock", True, "showing a tray")]
    box.write(door(on=True), lock(on=False, why="the time is over"), stream=Stream.FLOOR)
    box.send(stream=Stream.FLOOR)
    assert shown(house) == [("in", "Back door", True, ""), ("out", "Case lock", False, "the time is over")]


def test_what_an_old_log_says_of_a_door_is_history(house):
    box = house.store("paris", "p1")
    epoch = box.epoch
    box.write(door(on=True), stream=Stream.FLOOR)
    rows = list(box.rows[Stream.FLOOR])
    box.join()
    box.write(door(on=False), stream=Stream.FLOOR)
    box.send(stream=Stream.FLOOR)
    box.hand_over(stream=Stream.FLOOR, epoch=epoch, rows=rows)
    assert [on for _, _, on, _ in shown(house)] == [False]
