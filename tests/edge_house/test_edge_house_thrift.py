"""A box stays small: words in common are kept once, no log of the floor grows for ever, no strange tag is mistaken."""

import pytest

from contract.facts import CoverageGap, ReaderChanged, ReaderIdentity, TagBound
from contract.ids import PieceId, ReaderId, UserId
from edge.books import fold_floor, fold_tags, replica
from edge.capture.still import Album, Camera, Outside
from edge.reconcile.books.errors import stranger
from edge.thrift import keep_small

ANA, READER = UserId("ana"), ReaderId("r-case")


@pytest.fixture
def shop(config, clock, make):
    return make.shop(config, clock, [make.card(1), make.card(2)])


def test_words_that_pieces_have_in_common_are_in_memory_once(shop):
    one, other = replica.pieces(shop.books.db)
    assert one.home_zone is other.home_zone
    assert one.category is other.category
    assert one.piece != other.piece


def test_gaps_changes_of_readers_and_former_tags_are_bounded(shop, monkeypatch):
    monkeypatch.setattr(fold_floor, "GAPS_MAX", 3)
    monkeypatch.setattr(fold_floor, "READER_CHANGES_MAX", 3)
    monkeypatch.setattr(fold_tags, "BINDINGS_MAX", 3)
    db, device = shop.books.db, ReaderIdentity(model="m", firmware="1", serial="s")
    with shop.books.transaction():
        for n in range(1, 9):
            gap = CoverageGap(reader=READER, from_us=10 * n, until_us=10 * n + 5, why="it was off")
            fold_floor.apply(db, gap, n, ANA)
            fold_floor.apply(db, ReaderChanged(reader=READER, was=device, now=device), n, ANA)
            tag = TagBound(piece=PieceId("p1"), ce=1, n=n, epc=f"{n:024X}", tid=f"{n:024X}")
            fold_tags.bound(db, tag, n)
    assert [row[1] for row in db.dump("coverage_gap")] == [60, 70, 80]
    assert [row[1] for row in db.dump("reader_change")] == [6, 7, 8]
    assert [(each.n, each.to_us) for each in fold_tags.bindings(db, PieceId("p1"))] == [(6, 7), (7, 8), (8, 0)]


def test_a_tag_that_nobody_ever_heard_is_not_taken_for_the_first_stranger(shop):
    shop.read("r-case", [900])
    shop.run(1)
    rows = shop.store.looking._rows_of
    assert rows([shop.store.stock.catalogue.unknown_epc(0)]) == [stranger(0)]
    assert rows(["E2" + "0" * 22]) == []


def test_a_still_is_encoded_part_by_part_and_is_what_it_was(shop):
    camera, outside = Camera(Outside({})), Outside({})
    thing = {"many": [1, "two", None], "row": {"deep": 2.5}}
    camera.look(thing)
    assert Album(camera.encoded(), outside).first() == thing


def test_a_box_that_keeps_small_goes_on(shop):
    keep_small()
    shop.run(1)
    assert shop.store.stock.catalogue.rows == 2
