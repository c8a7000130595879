"""The envelope of a client's thing on the floor: looked for, counted, alarmed for, let pass when it was given back."""

import pytest

from contract.facts import (
    AlarmRaised,
    CountPlace,
    CountStarted,
    ExitSeen,
    OrderEvent,
    OrderItem,
    OrderKind,
    PaperKind,
    PiecePresence,
    PieceSighted,
    PresenceState,
)
from contract.ids import CountId, UserId
from edge.till.desk import Done
from trade import acts

ANA = UserId("ana")
CASE = [1, 2, 3, 4, 5, 6]
ENVELOPE = 50


@pytest.fixture
def shop(config, clock, make):
    return make.shop(config, clock, [make.card(n) for n in CASE])


def do(shop, act):
    answer = shop.store.act(act, ANA)
    assert isinstance(answer, Done), answer


def take_in(shop, make, order="o-1", item="i-1"):
    do(shop, acts.OpenOrder(order=order, kind=OrderKind.REPAIR, client="p-1", title="Ring", currency="EUR"))
    thing = OrderItem(
        item=item, description="White metal ring", condition="worn", declared_value_minor=500_000, zone="case"
    )
    do(shop, acts.TakeItem(order=order, item=thing))
    epc = make.epc(ENVELOPE).hex()
    do(shop, acts.BindTag(piece=item, epc=epc, tid="AA" * 6, read_back=epc))


def give_back(shop, order="o-1", item="i-1"):
    do(shop, acts.KeepPaper(order=order, kind=PaperKind.SIGNATURE, sha256="in", media="image/jpeg", item=item))
    do(shop, acts.EndOrder(order=order, event=OrderEvent.CANCEL, why="not worth it"))
    do(shop, acts.KeepPaper(order=order, kind=PaperKind.SIGNATURE, sha256="out", media="image/jpeg", item=item))
    do(shop, acts.GiveItem(order=order, item=item, signature="out"))


def pass_gate(shop, seconds=2.0):
    """Carried through the door: read ever stronger, then gone."""
    for turn in range(int(seconds * 50)):
        shop.clock.now += 20_000
        for health in shop.health.values():
            health.last_heard_us = shop.clock.now
        if turn % 10 == 0:
            shop.read("r-exit", [ENVELOPE], rssi=-6500 + 30 * turn)
        shop.store.tick(shop.clock.now, writing=True)


def test_an_envelope_is_seen_and_missed_like_a_piece(shop, make):
    take_in(shop, make)
    shop.run(30, lying={"r-case": [*CASE, ENVELOPE]})
    assert shop.store.seen("i-1", shop.clock.mono_us())
    shop.run(300, lying={"r-case": CASE})
    gone = [fact.piece for fact in shop.facts(PiecePresence) if fact.state is PresenceState.MISSING]
    assert gone == ["i-1"]


def test_a_count_expects_it(shop, make):
    take_in(shop, make)
    shop.run(5, lying={"r-case": [*CASE, ENVELOPE]})
    shop.store.start_count(CountId("c1"), CountPlace.SHELF, (), ANA)
    (began,) = shop.facts(CountStarted)
    assert began.expected == len(CASE) + 1


def test_it_leaves_in_peace_once_it_was_given_back_and_not_before(shop, make):
    take_in(shop, make)
    shop.run(20, lying={"r-case": [*CASE, ENVELOPE]})
    pass_gate(shop)
    (first,) = shop.facts(ExitSeen)
    assert (first.peaceful, first.why) == (False, "a client's thing that nobody gave back")
    (alarm,) = shop.facts(AlarmRaised)
    assert alarm.value_minor == 500_000
    shop.run(300, lying={"r-case": [*CASE, ENVELOPE]})
    give_back(shop)
    shop.run(100, lying={"r-case": CASE})
    pass_gate(shop)
    last = shop.facts(ExitSeen)[-1]
    assert (last.peaceful, last.why) == (True, "given back to its owner")
    assert shop.facts(PieceSighted) == [], "no office is asked about it"


def test_its_tag_is_the_next_envelopes(shop, make):
    take_in(shop, make)
    shop.run(10, lying={"r-case": [*CASE, ENVELOPE]})
    give_back(shop)
    take_in(shop, make, order="o-2", item="i-2")
    shop.run(10, lying={"r-case": [*CASE, ENVELOPE]})
    assert shop.store.seen("i-2", shop.clock.mono_us())
    assert "i-1" not in shop.store.stock.cards
    assert shop.store.stock.epc_refused == {}
