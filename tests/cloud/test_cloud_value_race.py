"""Two stores, two tills each, the real books and the real office: no money of a gift card is ever spent twice."""

import pytest
import sqlalchemy as sa
from house_money import CARD, LOADED, House
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud import hearing
from cloud.pos.value import apply as value
from cloud.pos.value import by_hand
from cloud.tables import value_slice
from contract.facts import AskEnd
from edge.till.desk import Done
from trade.value import AskState


@pytest.fixture
def house():
    made = House()
    yield made
    made.close()


def test_a_card_sold_at_one_store_pays_at_another(house):
    house.paris.load()
    house.settle()
    sale = house.lyon.ask("t1", 4_000)
    assert house.lyon.asked(sale).state is AskState.ASKING
    assert not house.lyon.pay(sale), "nobody pays with money the office has not given"
    house.settle()
    asked = house.lyon.asked(sale)
    assert (asked.state, asked.granted_minor, asked.left_minor) == (AskState.READY, 4_000, 6_000)
    assert house.lyon.pay(sale)
    house.settle()
    row = house.account().row
    assert (row.issued_minor, row.spent_minor, row.balance_minor, row.held_minor) == (10_000, 4_000, 6_000, 0)
    assert house.cases() == []


def test_two_stores_ask_for_the_same_money_and_one_gets_it(house):
    house.paris.load()
    house.settle()
    here, there = house.paris.ask("t1", LOADED), house.lyon.ask("t1", LOADED)
    house.settle()
    states = {house.paris.asked(here).state, house.lyon.asked(there).state}
    assert AskState.READY in states
    assert states != {AskState.READY}
    paid = [
        store.pay(sale) for store, sale in ((house.paris, here), (house.lyon, there)) if store.asked(sale).amount_minor
    ]
    assert paid == [True]
    house.settle()
    assert (house.spent(), house.account().row.balance_minor) == (LOADED, 0)


def test_two_tills_of_a_store_without_a_line_share_what_it_keeps():
    house = House(kept=6_000)
    house.paris.load()
    house.paris.line = False
    first, second = house.paris.ask("t1", 5_000), house.paris.ask("t2", 5_000)
    assert house.paris.asked(first).state is AskState.READY
    assert house.paris.asked(second).kept_minor == 1_000
    assert isinstance(house.paris.end(second, AskEnd.WITHOUT_OFFICE), Done)
    assert house.paris.pay(first)
    assert house.paris.pay(second)
    assert house.paris.held() == 0
    house.paris.line = True
    house.settle()
    assert (house.spent(), house.account().row.balance_minor, house.account().row.held_minor) == (6_000, 4_000, 0)
    house.close()


def test_what_another_store_keeps_is_asked_back_and_then_given():
    house = House(kept=LOADED)
    house.paris.load()
    house.settle()
    sale = house.lyon.ask("t1", 3_000)
    house.settle()
    assert house.lyon.asked(sale).granted_minor == 3_000
    assert house.paris.held() == 0
    assert house.lyon.end(sale)
    house.settle()
    assert (house.account().row.held_minor, house.lyon.held()) == (0, 0)
    house.close()


def test_an_answer_that_comes_too_late_goes_back(house):
    house.paris.load()
    house.settle()
    sale = house.lyon.ask("t1", 3_000)
    house.lyon.pump()
    house.lyon.end(sale)
    house.settle()
    assert (house.account().row.held_minor, house.lyon.held()) == (0, 0)


def paid_by_a_lost_box(house):
    """The last words of a box that was lost, with a sale paid by card, come after its successor got the books."""
    paris = house.paris
    paris.load()
    house.settle()
    assert paris.pay(paris.ask("t1", 6_000))
    on_their_way = paris.sync.messages(next(house.clock) * 10_000_000)
    paris.books.close()
    house.rejoins.replace("paris", "m-2", by="marie", why="stolen", now_us=1)
    paris.begin("m-2")
    paris.rejoin()
    for up in on_their_way:
        house.ingest.hear(up, next(house.clock))
    return paris


def test_money_that_a_lost_box_spent_is_not_spent_again_by_the_next_one():
    house = House(kept=LOADED)
    paris = paid_by_a_lost_box(house)
    assert paris.held() == LOADED
    paris.pump()
    assert not paris.books.serving, "the office says that it lacks entries"
    paris.rejoin()
    assert (paris.held(), house.account().row.balance_minor) == (4_000, 4_000)
    more = paris.ask("t2", LOADED)
    house.settle()
    assert paris.pay(more), "4,000 of it by card"
    house.settle()
    assert (house.account().row.balance_minor, house.spent()) == (0, LOADED)
    assert "value overspent" not in house.cases()
    house.close()


def test_an_office_that_leaves_a_box_behind_lets_it_spend_what_was_spent(monkeypatch):
    """The control."""
    monkeypatch.setattr(hearing, "falls_behind", lambda serving, name: False)
    house = House(kept=LOADED)
    paris = paid_by_a_lost_box(house)
    paris.pump()
    assert paris.pay(paris.ask("t2", LOADED))
    house.settle()
    assert house.spent() > LOADED
    assert "value overspent" in house.cases()
    house.close()


def test_a_blocked_card_is_given_to_nobody(house):
    house.paris.load()
    house.settle()
    from cloud.work import begin
    from trade.guards import ALL

    with house.office.transaction() as tx:
        assert by_hand.block(begin(tx, ALL, 5), CARD, "stolen", by="ana")
    sale = house.lyon.ask("t1", 3_000)
    house.settle()
    asked = house.lyon.asked(sale)
    assert (asked.state, "stolen" in asked.why) == (AskState.REFUSED, True)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "pay", "pay", "give up", "without", "pump", "pump", "cut", "mend"]),
        st.integers(0, 1),
        st.integers(0, 3),
        st.integers(1, 9_000),
    ),
    min_size=5,
    max_size=25,
)


def play(steps, kept):
    house = House(kept)
    house.paris.load()
    house.settle()
    sales = {store: [] for store in house.stores}
    for what, where, which, amount in steps:
        store = house.stores[where]
        mine = sales[store]
        match what:
            case "ask":
                mine.append(store.ask(f"t{which % 2 + 1}", amount))
            case "pump":
                store.pump()
            case "cut" | "mend":
                store.line = what == "mend"
            case _ if not mine:
                pass
            case "pay":
                store.pay(mine[which % len(mine)])
            case "give up":
                store.end(mine[which % len(mine)])
            case "without":
                store.end(mine[which % len(mine)], AskEnd.WITHOUT_OFFICE)
    for store in house.stores:
        store.line = True
        for sale in sales[store]:
            store.end(sale)
    house.settle(6)
    return house


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.sampled_from([0, 3_000, LOADED]))
def test_whatever_happens_no_more_is_spent_than_was_loaded(steps, kept):
    house = play(steps, kept)
    row = house.account().row
    assert house.spent() == row.spent_minor <= LOADED
    assert house.cases() == []
    with house.office.reading() as tx:
        office = {each["store"]: each["held_minor"] for each in tx.rows(sa.select(value_slice))}
    assert {store.name: store.held() for store in house.stores} == {"paris": 0, "lyon": 0} | office
    assert row.held_minor <= row.balance_minor
    house.close()


def test_an_office_that_forgets_what_stores_hold_lets_money_be_spent_twice(monkeypatch):
    """The control: without slices taken off what is free, the same money goes to both."""
    monkeypatch.setattr(value, "free_of", lambda _work, known: known["issued_minor"] - known["spent_minor"])
    house = House()
    house.paris.load()
    house.settle()
    here, there = house.paris.ask("t1", LOADED), house.lyon.ask("t1", LOADED)
    house.settle()
    assert house.paris.pay(here)
    assert house.lyon.pay(there)
    assert house.spent() == 2 * LOADED
    house.close()
