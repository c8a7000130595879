"""The office says its tree head with each `upto`: a box believes that its rows are safe only where that head is its own."""

import pytest

from contract.entries import leaf_hash
from contract.facts import Stream
from contract.merkle import root
from edge.sync import anchor
from trade.guards import Guards

FORGED = leaf_hash(b"another").hex()


def head_of(shop, upto):
    return root(shop.books.leaves("e1", Stream.TRADE)[:upto]).hex()


def believe(shop, upto, head=None):
    return shop.ack(Stream.TRADE, upto, tree_head=head or head_of(shop, upto))


def test_rows_are_delivered_when_the_offices_tree_is_ours(shop):
    shop.sell("s1", "ring")
    for upto in (1, 3, shop.counter().seq):
        assert believe(shop, upto).acked
        assert shop.counter().upto == upto
    assert anchor.unbelieved(shop.books.db) == []


def test_an_office_that_has_another_row_delivers_nothing_and_says_no_decision_is_lost_by_it(shop):
    believe(shop, 2)
    shop.sell("s1", "ring")
    last = shop.counter().seq
    assert not believe(shop, last, FORGED).acked
    assert shop.counter().upto == 2
    assert shop.sync.acks_unbelieved_total == 1
    (log,) = anchor.unbelieved(shop.books.db)
    assert (log.stream, log.upto, log.head, log.since_us) == (Stream.TRADE, last, FORGED, 3_000)
    shop.sell("s2", "brooch")  # the store is not the one that lies
    assert believe(shop, last).acked
    assert anchor.unbelieved(shop.books.db) == []


def test_control_without_its_guard_a_forged_office_is_believed(new_shop):
    shop = new_shop(guards=Guards(hash_chain=False)).join("ring").open_shift()
    assert believe(shop, shop.counter().seq, FORGED).acked


def test_an_office_that_rewrites_what_it_had_is_seen_at_its_next_word(shop):
    last = shop.counter().seq
    believe(shop, last)
    believe(shop, last, FORGED)
    believe(shop, last, FORGED)
    assert [log.upto for log in anchor.unbelieved(shop.books.db)] == [last]
    assert shop.counter().upto == last
    believe(shop, last)
    assert anchor.unbelieved(shop.books.db) == []


@pytest.mark.parametrize("head", ["", FORGED])
def test_an_older_office_and_one_that_was_overtaken_are_no_liars(shop, head):
    last = shop.counter().seq
    believe(shop, last)
    believe(shop, last - 1, head or None) if head else shop.ack(Stream.TRADE, last)
    assert anchor.unbelieved(shop.books.db) == []
    assert shop.counter().upto == last


def test_a_new_life_of_the_office_is_looked_at_from_the_first_row(shop):
    shop.sell("s1", "ring")
    believe(shop, shop.counter().seq)
    with shop.books.transaction() as tx:
        tx.follow(2)
    assert shop.counter().upto == 0
    shop.hear(cloud_epoch=2, acks=())
    with shop.books.transaction() as tx:
        tx.db.run("node_mode", mode="active", why="")
    assert not believe_in(shop, 2, 2, FORGED).acked
    assert shop.counter().upto == 0
    assert believe_in(shop, 2, 2, head_of(shop, 2)).acked


def believe_in(shop, life, upto, head):
    from contract.messages import Ack

    return shop.hear(cloud_epoch=life, acks=(Ack(stream=Stream.TRADE, upto=upto, tree_head=head),))
