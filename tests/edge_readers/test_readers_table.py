"""The LLRP connection's table: no state is out of reach, none is a trap, and the picture in the docs is this table."""

from pathlib import Path

from edge.readers.llrp.connection import ANSWERS, CONNECTED_STATES, TABLE, Heard, Say, State, diagram, step

DOC = Path(__file__).resolve().parents[2] / "docs" / "llrp-connection.md"


def reached_from(start, table):
    seen, todo = {start}, [start]
    while todo:
        state = todo.pop()
        for (at, _), (then, _) in table.items():
            if at is state and then not in seen:
                seen.add(then)
                todo.append(then)
    return seen


def test_every_state_can_be_reached_from_offline():
    assert reached_from(State.OFFLINE, TABLE) == set(State)


def test_every_state_can_end_offline_again():
    for state in State:
        assert State.OFFLINE in reached_from(state, TABLE)


def test_a_state_that_nothing_leads_to_would_be_noticed():
    without = {row: then for row, then in TABLE.items() if then[0] is not State.AWAITING_START}
    assert reached_from(State.OFFLINE, without) != set(State)


def test_every_way_a_connection_dies_ends_it_in_every_state():
    for state in CONNECTED_STATES:
        for heard in (Heard.LOST, Heard.LATE, Heard.SILENCE, Heard.REBOOTED, Heard.CLOSED, Heard.DAMAGED):
            assert step(state, heard) == (State.OFFLINE, Say.HANG_UP)


def test_reading_is_entered_only_on_evidence_that_our_rospec_runs():
    evidence = {(at, heard) for (at, heard), (then, _) in ANSWERS.items() if then is State.READING is not at}
    assert evidence == {
        (State.STARTING, Heard.DONE),
        (State.STARTING, Heard.STARTED),
        (State.CHECKING, Heard.RUNNING),
        (State.CHECKING, Heard.STARTED),
        (State.AWAITING_START, Heard.STARTED),
        (State.WAITING, Heard.STARTED),
    }


def test_a_keepalive_is_acknowledged_in_every_connected_state():
    for state in CONNECTED_STATES:
        assert step(state, Heard.KEEPALIVE) == (state, Say.ACKNOWLEDGE)


def test_an_error_to_enable_events_and_reports_changes_nothing():
    for state in CONNECTED_STATES:
        assert step(state, Heard.ERROR) == (state, Say.NOTHING)


def test_the_diagram_in_the_docs_is_this_table():
    assert DOC.read_text(encoding="utf-8") == diagram(), "write edge.readers.llrp.connection.diagram() to that file"
