"""The Merkle tree of each log: told with every `upto`, kept through every way rows come, made for older offices."""

import sqlalchemy as sa

from cloud.tables import stream
from contract.entries import leaf_hash
from contract.facts import SaleOpened
from contract.ids import SaleId
from contract.merkle import Peaks, root


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
