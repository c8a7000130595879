"""Money that the office gave to a box which was lost: it comes free again, once, and is never there twice."""

import msgspec
import pytest
from house_money import CARD, LOADED, House

from cloud.pos.value import by_hand
from cloud.work import begin
from contract.facts import Stream
from contract.messages import JournalRows
from trade.guards import ALL

WANTED = 4_000


@pytest.fixture
def house():
    made = House()
    made.paris.load()
    made.settle()
    yield made
    made.close()


def speak(store):
    """The messages of a store, on their way; the answers are lost unless somebody hears them."""
    return store.sync.messages(next(store.house.clock) * 10_000_000)


def hear(store, downs):
    for down in downs:
        store.sync.hear(
            down, mono_us=next(store.house.clock) * 10_000_000, now_us=next(store.house.clock), seen=lambda _: False
        )


def answered(house):
    """Lyon asked, and the answer is on its way."""
    house.lyon.ask("t1", WANTED)
    for up in speak(house.lyon):
        house.ingest.hear(up, next(house.clock))


def allowed(house):
    """The office lets Lyon spend some of it, and that is on its way."""
    with house.office.transaction() as tx:
        assert by_hand.allow(begin(tx, ALL, 5), "lyon", CARD, WANTED, by="ana") == ""


def told(store):
    """The office has everything, and the store has heard its answer; nothing of that has left it yet."""
    house = store.house
    hear(store, [down for up in speak(store) for down in house.ingest.hear(up, next(house.clock))])


def lost(store, machine="m-2"):
    """Its disk is gone; another machine takes its place."""
    store.books.close()
    assert store.house.rejoins.replace(store.name, machine, by="marie", why="stolen", now_us=1)
    store.begin(machine)
    store.rejoin()


def all_is_free(house, *cases):
    """Paris may have it all, once: nothing is held for a sale that nobody will ever finish."""
    house.settle()
    ask = house.paris.ask("t2", LOADED)
    house.settle(6)
    first = house.paris.asked(ask).granted_minor
    if first < LOADED:  # more was kept elsewhere, and asked back
        house.paris.end(ask)
        house.settle()
        ask = house.paris.ask("t2", LOADED)
        house.settle(6)
    assert house.paris.asked(ask).granted_minor == LOADED
    assert house.slices() == {"paris": LOADED}
    assert (house.paris.held(), house.lyon.held()) == (LOADED, 0)
    assert house.paris.pay(ask)
    house.settle()
    assert (house.account().row.balance_minor, house.slices(), house.cases()) == (0, {}, list(cases))


def test_an_answer_that_a_lost_box_never_heard_comes_free_with_its_successor(house):
    answered(house)
    assert house.slices() == {"lyon": WANTED}
    lost(house.lyon)
    all_is_free(house)


def test_an_answer_whose_hearing_was_lost_with_the_box_comes_free_too(house):
    """Its next words said that it had heard, and came before the entry that says so."""
    house.lyon.ask("t1", WANTED)
    told(house.lyon)
    assert house.lyon.held() == WANTED
    entry, *_ = speak(house.lyon)
    assert entry.rows
    hello = msgspec.structs.replace(
        entry, rows=(), stream=Stream.FLOOR, first_seq=1, last_seq=0, message=entry.message + 1,
        head=house.lyon.books.head(entry.epoch, Stream.FLOOR, 0).hex(),
    )  # fmt: skip
    house.ingest.hear(hello, next(house.clock))
    lost(house.lyon)
    all_is_free(house)


def test_an_answer_heard_by_a_box_that_then_joins_again_is_not_given_twice(house):
    house.lyon.ask("t1", WANTED)
    told(house.lyon)
    with house.lyon.books.transaction() as tx:
        tx.must_rejoin("restored from a backup")
    house.lyon.rejoin()
    house.settle()
    assert house.slices() == {"lyon": WANTED}
    assert house.lyon.held() == WANTED
    all_is_free(house)


def test_an_allowance_is_not_given_twice_to_a_box_that_joins_again(house):
    allowed(house)
    told(house.lyon)
    assert house.lyon.held() == WANTED
    with house.lyon.books.transaction() as tx:
        tx.must_rejoin("restored from a backup")
    house.lyon.rejoin()
    house.settle()
    assert (house.lyon.held(), house.slices()) == (WANTED, {"lyon": WANTED})
    all_is_free(house)


def test_an_allowance_that_a_lost_box_never_heard_is_its_successors(house):
    allowed(house)
    lost(house.lyon)
    house.settle()
    assert (house.lyon.held(), house.slices()) == (WANTED, {"lyon": WANTED})
    all_is_free(house)


@pytest.mark.parametrize("give", [answered, allowed])
def test_what_was_pending_in_a_backup_and_heard_in_the_lost_life_is_given_once(house, give):
    give(house)
    backup = house.office.image()
    house.settle()
    assert house.lyon.held() == WANTED
    house.restore(backup)
    house.settle()
    assert (house.lyon.held(), house.slices()) == (WANTED, {"lyon": WANTED})
    all_is_free(house)


@pytest.mark.parametrize("give", [answered, allowed])
def test_what_was_pending_in_a_backup_and_never_heard_is_given_once(house, give):
    """The control: what a restored office still owes its store is told again."""
    give(house)
    house.restore(house.office.image())
    house.settle()
    held = 0 if give is answered else WANTED
    assert house.lyon.held() == sum(house.slices().values()) == held
    all_is_free(house)


def test_an_ask_of_a_log_that_no_box_follows_holds_nothing(house):
    """Rows of a fork: whoever asked is gone, and no other box will ever know of the ask."""
    house.lyon.ask("t1", WANTED)
    (up, *_) = speak(house.lyon)
    pages = JournalRows(
        store=up.store, epoch="of a copy", stream=up.stream, first_seq=up.first_seq, rows=up.rows, head=up.head
    )
    lost(house.lyon)
    house.ingest.take(pages, next(house.clock))
    assert house.slices() == {}
    all_is_free(house, "late rows")


@pytest.mark.parametrize("give", [answered, allowed])
def test_a_box_that_was_found_again_had_heard_what_its_successor_was_told(house, give):
    """It comes when the other has given it back, or has it: the store has it twice, as its next books say too."""
    give(house)
    hear(house.lyon, [house.ingest.say("lyon", next(house.clock))])
    assert house.lyon.held() == WANTED
    found = speak(house.lyon)
    lost(house.lyon)
    house.settle()
    for up in found:
        house.ingest.hear(up, next(house.clock))
    house.lyon.pump()
    assert not house.lyon.books.serving
    house.lyon.rejoin()
    house.settle()
    assert house.lyon.held() == sum(house.slices().values())
    all_is_free(house)


@pytest.mark.parametrize("give", [answered, allowed])
def test_a_box_that_was_found_before_its_successor_heard_has_it_alone(house, give):
    give(house)
    hear(house.lyon, [house.ingest.say("lyon", next(house.clock))])
    found = speak(house.lyon)
    lost(house.lyon)
    for up in found:
        house.ingest.hear(up, next(house.clock))
    house.lyon.pump()
    house.lyon.rejoin()
    house.settle()
    assert house.lyon.held() == sum(house.slices().values()) == WANTED
    all_is_free(house)
