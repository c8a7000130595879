"""Every machine of the trade: reachable, can end, and its picture is fresh."""

from enum import StrEnum
from pathlib import Path

import msgspec
import pytest

from trade.custody import OFFICE, OfficeEvent
from trade.machine import Machine
from trade.states import MACHINES, page


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_is_reached_by_some_history(machine):
    assert machine.reachable() == machine.states()


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_can_come_to_an_end(machine):
    assert machine.can_end() == machine.states()


def test_the_offices_custody_comes_to_an_end_also_when_no_life_is_lost():
    table = {
        (state, event): after for (state, event), after in OFFICE.table.items() if event is not OfficeEvent.ADOPTED
    }
    ordinary = msgspec.structs.replace(OFFICE, table=table)
    assert ordinary.reachable() == ordinary.can_end() == ordinary.states() == OFFICE.states()


class _Light(StrEnum):
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


class _Push(StrEnum):
    BUTTON = "button"


def test_a_state_nobody_reaches_and_one_without_a_way_out_are_noticed():
    lamp = Machine[_Light, _Push](
        name="lamp",
        starts=frozenset({_Light.RED}),
        ends=frozenset({_Light.RED}),
        table={(_Light.RED, _Push.BUTTON): _Light.GREEN, (_Light.BLUE, _Push.BUTTON): _Light.RED},
    )
    assert lamp.states() - lamp.reachable() == {_Light.BLUE}
    assert lamp.states() - lamp.can_end() == {_Light.GREEN}
    assert lamp.after(_Light.GREEN, _Push.BUTTON) is None


def test_the_page_of_states_is_the_one_the_tables_give():
    stored = Path(__file__).parents[2].joinpath("docs/states.md").read_text(encoding="utf-8")
    assert stored == page(), "run: python -m trade.states > docs/states.md"
