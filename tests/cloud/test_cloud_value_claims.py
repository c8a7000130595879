"""What a box claims of an account beyond what the office knows is not believed, and a person is told."""

import pytest
import sqlalchemy as sa
from house_owing import CARD, answers, ask, owed

from cloud.pos.value import apply as value
from cloud.tables import case_file, value_slice
from contract.facts import TenderKind, ValueKept, ValueReleased


def held_of(house):
    return {row["store"]: row["held_minor"] for row in house.rows(sa.select(value_slice))}


def cases_of(house):
    return [row["kind"] for row in house.rows(sa.select(case_file.c.kind))]


def keeps(amount, account=CARD):
    return ValueKept(account=account, kind=TenderKind.GIFT_CARD, amount_minor=amount, currency="EUR")


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize("claimed", [9_000, -9_000])
def test_a_box_keeps_only_of_money_that_came_in_with_the_same_entry(house, claimed):
    """One that makes it up would starve the others, and spend it unseen."""
    paris, thief = house.store("paris"), house.store("nice")
    paris.write(owed(paris, house, "s1", 10_000), keeps(4_000))
    paris.send()
    thief.write(keeps(claimed))
    thief.send()
    assert {name: held for name, held in held_of(house).items() if held} == {"paris": 4_000}
    assert cases_of(house) == ["value unfounded"]


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_of_money_that_came_in_no_more_is_kept_than_it_was_however_often_it_is_said(house):
    paris = house.store("paris")
    paris.write(owed(paris, house, "s1", 10_000), keeps(7_000), keeps(7_000))
    paris.send()
    assert (held_of(house), cases_of(house)) == ({"paris": 10_000}, ["value unfounded"])


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize("claimed", [5_000, -5_000])
def test_a_store_gives_back_no_more_than_it_held(house, claimed):
    """Below nothing, what it is allowed next would be given to others too."""
    paris = house.store("paris")
    paris.write(owed(paris, house, "s1", 10_000), keeps(4_000))
    paris.write(ValueReleased(account=CARD, amount_minor=claimed, currency="EUR"))
    paris.send()
    assert (held_of(house), cases_of(house)) == ({"paris": 0 if claimed > 0 else 4_000}, ["value unfounded"])


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("guarded", "given"), [(True, 6_000), (False, 1_000)])
def test_what_a_box_makes_up_is_not_missing_elsewhere(house, monkeypatch, guarded, given):
    """With the control: an office that believes it has the rest for nobody."""
    if not guarded:
        monkeypatch.setattr(value, "_believed", lambda claimed, _known: claimed)
    paris, thief = house.store("paris"), house.store("nice")
    paris.write(owed(paris, house, "s1", 10_000))
    paris.send()
    thief.write(keeps(9_000))
    thief.send()
    paris.write(ask("a1", 6_000))
    assert answers(paris)[-1].amount_minor == given
