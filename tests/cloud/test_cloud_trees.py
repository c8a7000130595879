"""The Merkle tree of each log: told with every `upto`, kept through every way rows come, made for older offices."""

import sqlalchemy as sa

from cloud import audit, logs
from cloud.tables import stream
from contract.entries import leaf_hash
from contract.facts import SaleOpened
from contract.ids import SaleId
from contract.merkle import Peaks, consistent, root


def opened(n: int) -> SaleOpened:
    return SaleOpened(sale=SaleId(f"sale-{n}"), till="till-1", associate="ana", currency="EUR")


def head_of(box, upto: int) -> str:
    return root(leaf_hash(body) for body in box.rows["trade"][:upto]).hex()


def test_every_upto_comes_with_the_head_of_our_tree(house):
    box = house.store("paris")
    for n in range(9):
        box.write(opened(n))
    for first, last, upto in ((1, 2, 2), (2, 5, 5), (1, 4, 5), (8, 9, 5), (6, 9, 9)):
        (ack,) = box.send(first, last).acks
        assert (ack.upto, ack.tree_head) == (upto, head_of(box, upto))


def test_rows_that_a_disk_hands_over_grow_the_same_tree(house):
    box = house.store("paris")
    for n in range(5):
        box.write(opened(n))
    box.send(1, 2)
    ack = box.hand_over()
    assert (ack.upto, ack.tree_head) == (5, head_of(box, 5))
    (row,) = house.rows(sa.select(stream).where(stream.c.store == "paris", stream.c.stream == "trade"))
    assert Peaks.read(5, bytes(row["peaks"])).root().hex() == head_of(box, 5)


def test_an_office_without_rows_has_no_tree_to_tell(house):
    box = house.store("paris")
    assert {ack.tree_head for ack in box.send().acks} == {""}


def test_a_box_is_told_the_head_of_its_own_log_and_proved_that_it_grew_from_its_rows(house):
    box = house.store("paris")
    for n in range(7):
        box.write(opened(n))
    box.send()
    name = logs.Name(box.store, box.epoch, "trade")
    with house.office.reading() as tx:
        for size in (0, 3, 7, 9):
            said = audit.tree_head(tx, name, size)
            assert (said.upto, said.head) == (7, head_of(box, 7))
            proof = [bytes.fromhex(each) for each in said.proof]
            mine = min(size, 7)
            assert consistent(mine, bytes.fromhex(head_of(box, mine)), 7, bytes.fromhex(said.head), proof)
        assert audit.tree_head(tx, logs.Name(box.store, "another", "trade"), 3).upto == 0
        assert [walk.trouble for walk in audit.walks(tx)] == [""]
        (found,) = audit.with_head(tx, bytes.fromhex(box.head(4))[:10])
        assert (found[0], found[1]) == (("paris", box.epoch, "trade"), 4)
        assert audit.with_head(tx, bytes(10)) == []
