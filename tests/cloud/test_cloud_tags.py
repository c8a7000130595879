"""Tags the stores bind, as the office hears it: cards, history, and two pieces with one tag."""

import msgspec
import pytest
import sqlalchemy as sa

from cloud import feed
from cloud.pos.pieces import queries
from cloud.pos.pieces.desk import bring_in
from cloud.screens import story_of
from cloud.tables import case_file, piece, store, tag_binding
from cloud.work import begin
from contract.facts import TagBound
from contract.feed import PieceCard
from contract.ids import PieceId, StoreId


def bind(box, name="p1", epc="30AB", n=1, tid="E28001", **more):
    fact = TagBound(piece=PieceId(name), ce=box.ce.get(name, 0), n=n, epc=epc, tid=tid, **more)
    box.write(fact)
    box.send()


def card(house, name="p1"):
    """The newest card every store gets."""
    with house.office.reading() as tx:
        bodies = [row.body for row in feed.page(tx, StoreId("paris"), since=0).rows]
    return [body for body in bodies if isinstance(body, PieceCard) and body.piece == name][-1]


def cases(house):
    return [row["kind"] for row in house.rows(sa.select(case_file.c.kind))]


def import_card(house, changed):
    with house.office.transaction() as tx:
        return bring_in(begin(tx, house.guards, 1), [changed], StoreId("paris"))


def test_a_tag_bound_at_a_store_is_on_the_card_that_every_store_gets(house):
    bind(house.store("paris", "p1"))
    assert (card(house).epc, card(house).tid, card(house).binding) == ("30AB", "E28001", 1)
    assert cases(house) == []


def test_the_history_of_tags_is_kept_with_its_times(house):
    paris = house.store("paris", "p1")
    bind(paris)
    bind(paris, epc="30AC", n=2)
    first, second = house.rows(sa.select(tag_binding).order_by(tag_binding.c.n))
    assert (first["epc"], second["epc"]) == ("30AB", "30AC")
    assert first["to_us"] == second["from_us"]
    assert second["to_us"] is None


def test_the_office_tells_where_and_by_whom_a_piece_was_tagged(house):
    bind(house.store("paris", "p1"))
    with house.office.reading() as tx:
        found = queries.detail(tx, "p1")
    assert [(tag.store, tag.epc, tag.by, tag.to_us) for tag in found.tags] == [("paris", "30AB", "ana", None)]
    assert "Tagged at Paris as 30AB by ana." in [event.sentence for event in story_of(found, {"paris": "Paris"})]


def test_one_tag_on_two_pieces_opens_a_case_and_drops_nothing(house):
    paris = house.store("paris", "p1")
    lyon = house.store("lyon", "p2")
    before = card(house, "p2")
    bind(paris)
    bind(lyon, "p2")
    assert cases(house) == ["one tag on two pieces"]
    assert card(house, "p1").epc == "30AB"
    assert card(house, "p2") == before
    assert {row["piece"] for row in house.rows(sa.select(tag_binding).where(tag_binding.c.epc == "30AB"))} == {
        "p1",
        "p2",
    }


def test_a_store_that_does_not_hold_the_piece_does_not_change_its_card(house):
    house.store("paris", "p1")
    lyon = house.store("lyon", "p2")
    before = card(house)
    bind(lyon, "p1")
    assert cases(house) == ["tag of a piece elsewhere"]
    assert card(house) == before
    assert [row["store"] for row in house.rows(sa.select(tag_binding))] == ["lyon"]


def test_rows_of_a_lost_disk_bring_no_older_tag_back(house):
    paris = house.store("paris", "p1")
    bind(paris, epc="30AC", n=2)
    old = TagBound(piece=PieceId("p1"), ce=paris.ce["p1"], n=1, epc="30AB", tid="E28001")
    epoch = paris.epoch
    paris.rows["trade"] = []
    paris.write(old)
    paris.hand_over(epoch=epoch)
    assert card(house).epc == "30AC"
    assert len(house.rows(sa.select(tag_binding))) == 2


@pytest.mark.parametrize(("lost", "told"), [(1, 2), (2, 3)])
def test_rows_of_a_lost_disk_undo_no_tag_that_was_written_since(house, lost, told):
    """However many the lost disk had counted; its store yields to the card, which counts more."""
    paris = house.store("paris", "p1")
    epoch = paris.epoch
    for n in range(1, lost + 1):
        paris.write(TagBound(piece=PieceId("p1"), ce=paris.ce["p1"], n=n, epc=f"30A{n}", tid=f"E28001{n}"))
    rows = paris.rows["trade"]
    paris.join()
    bind(paris, epc="30B1")
    paris.hand_over(epoch=epoch, rows=rows)
    assert (card(house).epc, card(house).binding) == ("30B1", told)
    lasting = house.rows(sa.select(tag_binding).where(tag_binding.c.to_us.is_(None)))
    assert [row["epc"] for row in lasting] == ["30B1"]


def test_an_import_without_a_tag_does_not_take_it_off(house):
    paris = house.store("paris", "p1")
    bind(paris)
    imported = import_card(house, msgspec.structs.replace(card(house), epc="", tid="", binding=0, price_minor=7))
    assert imported.errors == []
    assert (card(house).epc, card(house).tid, card(house).binding, card(house).price_minor) == ("30AB", "E28001", 1, 7)


def test_an_import_with_another_tag_is_one_binding_more(house):
    bind(house.store("paris", "p1"))
    import_card(house, msgspec.structs.replace(card(house), epc="30FF", tid="", binding=0))
    assert (card(house).epc, card(house).binding) == ("30FF", 2)


def test_a_tag_read_back_wins_over_an_import_that_crossed_it(house):
    paris = house.store("paris", "p1")
    import_card(house, msgspec.structs.replace(card(house), epc="30FF", binding=0))
    bind(paris, n=1)
    assert (card(house).epc, card(house).binding) == ("30AB", 2)


def test_no_two_stores_have_one_number(house):
    for name in ("paris", "lyon", "nice"):
        house.store(name, join=False)
    numbers = [row["number"] for row in house.rows(sa.select(store).order_by(store.c.created_us, store.c.number))]
    assert numbers == [1, 2, 3]
    with pytest.raises(sa.exc.IntegrityError), house.office.transaction() as tx:
        tx.run(sa.update(store).where(store.c.store == "nice").values(number=1))


def test_search_finds_a_piece_by_its_new_tag(house):
    bind(house.store("paris", "p1"))
    (found,) = house.rows(sa.select(piece.c.words).where(piece.c.piece == "p1"))
    assert "30ab" in found["words"]
