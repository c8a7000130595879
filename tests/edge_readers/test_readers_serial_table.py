"""The serial connection's table: no state is out of reach, none is a trap, and the picture in the docs is this table."""

from pathlib import Path

import pytest

from edge.readers.base import MisconfiguredError
from edge.readers.serial.address import address_of
from edge.readers.serial.connection import ANSWERS, CONNECTED_STATES, ENDS, TABLE, Heard, Say, State, diagram, step
from edge.readers.serial.driver import Bauds

DOC = Path(__file__).resolve().parents[2] / "docs" / "serial-connection.md"


def reached_from(start, table):
    seen, todo = {start}, [start]
    while todo:
        state = todo.pop()
        for (at, _), (then, _) in table.items():
            if at is state and then not in seen:
                seen.add(then)
                todo.append(then)
    return seen


def test_every_state_of_a_serial_module_can_be_reached_and_can_end():
    assert reached_from(State.OFFLINE, TABLE) == set(State)
    for state in State:
        assert State.OFFLINE in reached_from(state, TABLE)


def test_a_state_that_nothing_leads_to_would_be_noticed():
    without = {row: then for row, then in TABLE.items() if then[0] is not State.ACCESSING}
    assert reached_from(State.OFFLINE, without) != set(State)


def test_every_way_a_serial_connection_dies_ends_it_in_every_state():
    for state in CONNECTED_STATES:
        for heard in ENDS:
            assert step(state, heard) == (State.OFFLINE, Say.HANG_UP)


def test_reading_is_entered_only_from_a_start():
    before = {at for (at, _), (then, _) in ANSWERS.items() if then is State.READING}
    assert before == {State.STARTING, State.READING}


def test_a_late_tag_changes_nothing_while_a_module_is_paused():
    assert step(State.PAUSING, Heard.ROUND) == (State.PAUSING, Say.NOTHING)


def test_the_diagram_of_serial_modules_in_the_docs_is_this_table():
    assert DOC.read_text(encoding="utf-8") == diagram(), "write edge.readers.serial.connection.diagram() to that file"


def test_an_address_tells_port_rates_and_region():
    auto = address_of("m100:///dev/serial/by-id/usb-1?region=eu", (115_200, 9_600), ("eu", "us"))
    assert (auto.path, auto.bauds, auto.region) == ("/dev/serial/by-id/usb-1", (115_200, 9_600), "eu")
    assert address_of("m100:///dev/ttyUSB0?baud=9600", (115_200, 9_600), ()).bauds == (9_600,)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("m100://ttyUSB0", "names no port"),
        ("m100:///", "names no port"),
        ("m100:///dev/x?speed=1", "use baud or region"),
        ("m100:///dev/x?baud=fast", "baud is auto or one of 115200, 9600"),
        ("m100:///dev/x?baud=1200", "baud is auto or one of"),
        ("m100:///dev/x?region=moon", "use one of eu, us"),
        ("m100:///dev/x?baud", "write"),
    ],
)
def test_a_wrong_address_is_refused_with_the_right_one(url, words):
    with pytest.raises(MisconfiguredError, match=words):
        address_of(url, (115_200, 9_600), ("eu", "us"))


def test_every_rate_is_tried_until_one_answers_and_that_one_is_kept():
    bauds = Bauds((115_200, 57_600, 9_600))
    tried = [bauds.now]
    for answered in (False, False, False, False, True):
        bauds.tried(answered=answered)
        tried.append(bauds.now)
    assert tried == [115_200, 57_600, 9_600, 115_200, 57_600, 57_600]


def test_a_rate_that_was_right_is_tried_thrice_before_another_once():
    bauds = Bauds((115_200, 57_600))
    bauds.tried(answered=True)
    tried = []
    for _ in range(8):
        bauds.tried(answered=False)
        tried.append(bauds.now)
    assert tried == [115_200, 115_200, 115_200, 57_600, 115_200, 115_200, 115_200, 115_200]
