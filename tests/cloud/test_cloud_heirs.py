"""The office was put back to before a replacement, and the box that was given up was the first to speak to it."""

import copy

import msgspec
import pytest
import sqlalchemy as sa
from house_money import House

from cloud import heirs
from cloud.provider import NoProvider
from cloud.recover import recover
from cloud.tables import case_file, life, node
from contract.facts import Rejoined, SaleOpened, Stream
from contract.messages import Refusal, Snapshot, Standing
from contract.seals import told_seal


def put_in_place(house, old, instance, term):
    """By the lost life, under this term."""
    (row,) = house.rows(sa.select(life.c.secret))
    box = copy.copy(old)
    box.instance, box.term, box.epoch, box.cloud_epoch = instance, term, f"epoch-of-{instance}", 1
    box.rows = {stream: [] for stream in Stream}
    box.seal = told_seal(bytes(row["secret"]), store=box.store, cloud_epoch=1, term=term, epoch=box.epoch, seq=0)
    box.write(Rejoined(term=box.term, epoch=box.epoch, cloud_epoch=1))
    return box


def hear(box, **changes):
    return box.rejoins.hear(msgspec.structs.replace(box.plea(), **changes), box.tick(), new_epoch=lambda: "e-new")


def follows(box):
    """It heard of the new life."""
    box.cloud_epoch = 2
    return hear(box)


def served_by(house):
    (row,) = house.rows(sa.select(node.c.instance))
    return row["instance"]


def cases(house):
    return [row["kind"] for row in house.rows(sa.select(case_file.c.kind).order_by(case_file.c.kind))]


@pytest.fixture
def two(house):
    """The given-up box serves again, unaware; its heir has not spoken yet."""
    old = house.store("paris", "p1")
    heir = put_in_place(house, old, "heir", old.term + 2)
    recover(house.office, NoProvider(), now_us=5)
    old.cloud_epoch = 2
    old.join()
    assert old.send().standing is Standing.OK
    return old, heir


def test_the_heir_says_who_it_is_in_its_first_message_and_serves_its_store(house, two):
    old, heir = two
    assert heir.send().standing is Standing.OLD
    assert heirs.HEIR in cases(house)
    snapshot = follows(heir)
    assert isinstance(snapshot, Snapshot)
    assert [row.piece for row in snapshot.custody] == ["p1"]
    assert served_by(house) == "heir"
    assert old.send().standing is Standing.OLD
    assert hear(old).code == "replace"


def test_what_cannot_be_proved_waits_for_a_person(house, two):
    """The control: as it was before, and as it is for whoever makes a term up."""
    old, heir = two
    heir.seal = "made up"
    assert heir.send().standing is Standing.OLD
    assert follows(heir).code == "replace"
    assert (served_by(house), heirs.HEIR in cases(house)) == (old.instance, False)


def test_a_copy_of_a_box_that_the_office_knows_is_no_heir(house, two):
    old, heir = two
    copied = put_in_place(house, old, "copy", heir.term - 2)
    copied.send()
    assert isinstance(follows(copied), Refusal)
    assert served_by(house) == old.instance


def test_a_box_before_the_heir_does_not_take_its_place(house):
    """Two replacements were forgotten; the first heir is found in a cupboard when the second serves."""
    old = house.store("paris", "p1")
    first, second = (put_in_place(house, old, name, old.term + n) for name, n in (("first", 2), ("second", 4)))
    recover(house.office, NoProvider(), now_us=5)
    second.cloud_epoch = 2
    second.hand_over()
    assert isinstance(hear(second), Snapshot)
    first.send()
    assert follows(first).code == "replace"
    assert served_by(house) == "second"


def test_two_heirs_end_with_the_later_one(house, two):
    old, first = two
    first.send()
    assert isinstance(follows(first), Snapshot)
    second = put_in_place(house, old, "second", first.term + 2)
    second.send()
    assert isinstance(follows(second), Snapshot)
    assert served_by(house) == "second"


def test_what_a_person_says_in_this_life_stands(house, two):
    old, heir = two
    old.rejoins.replace(old.store, old.instance, by="marc", why="the heir burnt", now_us=9)
    heir.send()
    assert follows(heir).code == "replace"
    assert isinstance(hear(old), Snapshot)
    heir.cloud_epoch = 1
    heir.send()
    assert follows(heir).code == "replace"
    assert served_by(house) == old.instance


def test_while_the_office_recovers_the_later_term_is_believed_at_the_plea(house):
    old, lyon = house.store("paris", "p1"), house.store("lyon")
    heir = put_in_place(house, old, "heir", old.term + 2)
    recover(house.office, NoProvider(), now_us=5)
    assert follows(old).code == "recovering"
    heir.send()
    assert follows(heir).code == "recovering"
    assert isinstance(follows(lyon), Snapshot)
    assert isinstance(hear(heir), Snapshot)
    assert hear(old).code == "replace"
    assert heirs.HEIR not in cases(house)


def test_what_it_wrote_is_the_stores_whoever_serves(house, two):
    _, heir = two
    heir.write(SaleOpened(sale="s1", till="till-1", associate="ana", currency="EUR"))
    heir.send()
    assert {log.epoch: log.upto for log in follows(heir).logs}[heir.epoch] == 2


def test_a_first_row_that_nobody_can_read_stops_nobody(house, two):
    old, heir = two
    old.hand_over(epoch="of a later version", rows=[b'{"what":"we do not know"}'])
    heir.send()
    assert isinstance(follows(heir), Snapshot)


def pleads(box, **changes):
    """It heard of the new life before it could say anything: its plea is all it says."""
    box.cloud_epoch = 2
    proof = {"epoch": box.epoch, "told_upto": box.down_upto, "seal": box.seal, "served_on": box.instance}
    return hear(box, **{**proof, **changes})


def test_an_heir_that_heard_of_the_new_life_before_it_spoke_is_let_in_by_what_its_plea_proves(house, two):
    old, heir = two
    snapshot = pleads(heir)
    assert isinstance(snapshot, Snapshot)
    assert [row.piece for row in snapshot.custody] == ["p1"]
    assert (served_by(house), heirs.HEIR in cases(house)) == ("heir", True)
    assert old.send().standing is Standing.OLD
    assert pleads(old).code == "replace"


@pytest.mark.parametrize(
    "changes", [{"seal": ""}, {"seal": "made up"}, {"told_upto": 1}, {"epoch": "another"}, {"served_on": "the heir"}]
)
def test_a_plea_that_proves_nothing_or_of_a_copy_waits_for_a_person(house, two, changes):
    old, heir = two
    assert pleads(heir, **changes).code == "replace"
    assert (served_by(house), cases(house)) == (old.instance, ["replace"])
    assert isinstance(pleads(heir), Snapshot), "the control"


def test_a_box_that_heard_it_was_given_up_itself_is_no_heir_whatever_it_proves(house, two):
    """Two replacements were forgotten, and the first heir, which its tills told of the second, is the first to plead."""
    old, first = two
    second = put_in_place(house, old, "second", first.term + 2)
    assert pleads(first, later_term=second.term).code == "replace"
    assert (served_by(house), heirs.HEIR in cases(house)) == (old.instance, False)
    assert isinstance(pleads(second), Snapshot)
    assert served_by(house) == "second"


def test_an_heir_that_heard_of_the_new_lifes_term_of_the_other_is_let_in(house, two):
    _, heir = two
    (row,) = house.rows(sa.select(node.c.term))
    assert row["term"] > heir.term
    assert isinstance(pleads(heir, later_term=row["term"]), Snapshot)


def test_a_plea_of_an_heir_stands_below_what_a_person_says_in_this_life(house, two):
    old, heir = two
    old.rejoins.replace(old.store, old.instance, by="marc", why="the heir burnt", now_us=9)
    assert pleads(heir).code == "replace"
    assert isinstance(hear(old), Snapshot)
    assert pleads(heir).code == "replace"
    assert served_by(house) == old.instance


def test_the_real_box_says_so_in_its_plea_when_it_may_not_speak_any_more():
    house = House()
    house.settle()
    paris, backup = house.paris, house.office.image()
    old = paris.machine, paris.books, paris.desk, paris.sync
    assert house.rejoins.replace("paris", "m-2", by="marie", why="stolen", now_us=1)
    paris.begin("m-2")
    paris.rejoin()
    house.settle()
    heir = paris.machine, paris.books, paris.desk, paris.sync
    paris.machine, paris.books, paris.desk, paris.sync = old
    house.restore(backup)
    assert paris.books.serving
    paris.machine, paris.books, paris.desk, paris.sync = heir
    with paris.books.transaction() as tx:
        tx.follow(2)  # while the office recovered; then it had no line until the other served
        tx.must_rejoin("the cloud was restored")
    paris.rejoin()
    assert paris.books.serving
    house.settle()
    paris.machine, paris.books, paris.desk, paris.sync = old
    paris.pump()
    assert not paris.books.serving, "fenced"
    heir[1].close()
    house.close()


def test_the_real_box_says_so_itself():
    """Both boxes with real books: the one that was given up serves again until the other has a line."""
    house = House()
    house.settle()
    paris, backup = house.paris, house.office.image()
    old = paris.machine, paris.books, paris.desk, paris.sync
    assert house.rejoins.replace("paris", "m-2", by="marie", why="stolen", now_us=1)
    paris.begin("m-2")
    paris.rejoin()
    house.settle()
    heir = paris.machine, paris.books, paris.desk, paris.sync
    paris.machine, paris.books, paris.desk, paris.sync = old
    house.restore(backup)
    assert paris.books.serving, "nobody knows better"
    paris.machine, paris.books, paris.desk, paris.sync = heir
    assert paris.books.serving
    paris.pump()
    assert not paris.books.serving
    paris.rejoin()
    house.settle()
    assert paris.books.serving
    paris.machine, paris.books, paris.desk, paris.sync = old
    paris.pump()
    paris.rejoin()
    assert not paris.books.serving, "fenced"
    heir[1].close()
    house.close()
