"""A store that is ahead of the office stops it with what the office had sealed, and only itself with anything else."""

import pytest
import sqlalchemy as sa

from cloud.ingest import RestoredCloudError
from cloud.tables import case_file, down_counter, down_log, inbox, life, node, stream
from cloud.work import begin
from contract.commands import RequestCount
from contract.facts import CountPlace, ShiftOpened
from contract.messages import Standing, encode
from contract.seals import told_seal, witness_key

AHEAD = [{"down_upto": 7}, {"term": 1 << 62}, {"cloud_epoch": 2}]


def decide(house, store, count):
    with house.office.transaction() as tx:
        begin(tx, house.guards, 1).command(store, RequestCount(count=count, place=CountPlace.SAFE, zones=("safe",)))


def forget(house, *changes):
    """The database comes back from a backup; nobody says so."""
    with house.office.transaction() as tx:
        for change in changes:
            tx.run(change)


def secret(house):
    (row,) = house.rows(sa.select(life.c.secret))
    return bytes(row["secret"])


def cases(house):
    return [(row["kind"], row["store"]) for row in house.rows(sa.select(case_file))]


def a_shift():
    return ShiftOpened(shift="shift-1", till="till-1", business_day="2026-11-22", float_minor=0, currency="EUR")


def test_an_office_that_lost_a_decision_is_stopped_by_the_store_it_told(house):
    box = house.store("paris")
    decide(house, "paris", "c1")
    box.obey(box.send(1, 0))
    assert box.send(1, 0).standing is Standing.OK
    forget(house, sa.delete(down_log), sa.update(down_counter).values(seq=0))
    with pytest.raises(RestoredCloudError):
        box.send(1, 0)
    assert box.send(1, 0, seal="").standing is Standing.FORK, "the control: it is the seal that stops the office"


def test_an_office_that_lost_a_term_is_stopped_by_the_box_it_let_join(house):
    box = house.store("paris")
    before = house.rows(sa.select(node.c.term, node.c.epoch))[0]
    box.join()
    forget(house, sa.update(node).values(**before))
    with pytest.raises(RestoredCloudError):
        box.send(1, 0)
    assert box.send(1, 0, seal="").standing is Standing.FORK


def test_an_office_that_lost_a_whole_life_is_stopped(house):
    forget(house, sa.update(life).values(cloud_epoch=2))
    box = house.store("paris")
    forget(house, sa.update(life).values(cloud_epoch=1))
    with pytest.raises(RestoredCloudError):
        box.send(1, 0)
    assert box.send(1, 0, seal="").standing is Standing.FORK


@pytest.mark.parametrize("ahead", AHEAD)
@pytest.mark.parametrize("seal", ["", "0" * 64, "s\u00e9al", None])
def test_a_store_that_makes_up_what_it_was_told_fences_only_itself(house, ahead, seal):
    """None: it says back the seal of what it really was told."""
    liar, other = house.store("lyon", "p1"), house.store("paris", "p2")
    liar.write(house.sale(liar, "s1", "p1"))
    more = {} if seal is None else {"seal": seal}
    for _ in range(3):
        down = liar.send(**ahead, **more)
        assert (down.standing, down.term, down.commands) == (Standing.FORK, liar.term, ())
    assert cases(house) == [("ahead", "lyon")]
    assert house.rows(sa.select(inbox)) == house.rows(sa.select(stream)) == [], "its rows come as a hand-over"
    assert liar.ingest.counts.ahead_unproved_total == 3
    other.write(house.sale(other, "s2", "p2"))
    assert other.send().standing is Standing.OK
    assert house.token("p2") == ("paris", "sold", "s2")


@pytest.mark.parametrize("ahead", AHEAD)
def test_without_the_guard_told_seal_one_store_stops_the_office_by_its_word(house, ahead):
    liar = house.store("lyon")
    house.without(told_seal=False)
    with pytest.raises(RestoredCloudError):
        liar.send(1, 0, **ahead)


def test_what_one_store_was_told_proves_nothing_for_another(house):
    lyon, paris = house.store("lyon"), house.store("paris")
    decide(house, "lyon", "c1")
    lyon.obey(lyon.send(1, 0))
    down = paris.send(1, 0, seal=lyon.seal, epoch=lyon.epoch, term=lyon.term, down_upto=1)
    assert down.standing is Standing.FORK


def test_after_a_lie_the_store_rejoins_and_goes_on(house):
    box = house.store("paris", "p1")
    box.write(a_shift())
    assert box.send(down_upto=7).standing is Standing.FORK
    box.hand_over()
    box.join()
    box.write(house.sale(box, "s1", "p1"))
    assert box.send().standing is Standing.OK
    assert house.token("p1") == ("paris", "sold", "s1")


def test_the_key_of_a_stores_witnesses_is_the_same_in_every_term_and_of_no_other_store(house):
    box, other = house.store("paris", join=False), house.store("lyon", join=False)
    first, again, foreign = box.join(), box.join(), other.join()
    assert first.witness_key == again.witness_key == witness_key(secret(house), "paris").hex()
    assert foreign.witness_key != first.witness_key


def test_the_key_is_in_no_decision_and_in_no_answer_of_the_broker(house):
    box = house.store("paris", "p1")
    decide(house, "paris", "c1")
    down = box.send(1, 0)
    expected = told_seal(
        secret(house), store="paris", cloud_epoch=box.cloud_epoch, term=box.term, epoch=box.epoch, seq=1
    )
    assert down.seals == (expected,)
    said = encode(down) + b"".join(bytes(row["body"]) for row in house.rows(sa.select(down_log.c.body)))
    for word in (secret(house), witness_key(secret(house), "paris")):
        assert word.hex().encode() not in said
