"""Tags in the store's books: bound offline at once, kept over older cards, folded the same in every life."""

import msgspec

from contract.facts import TagBound
from contract.feed import FeedPage, FeedRow
from edge.books import fold_tags, replica
from edge.books.replay import differences
from trade.acts import BindTag
from trade.refusal import Why

TID = "E2801160600002AA55AA00"


def bind(shop, piece="ring", epc="30AB", tid=f"{TID}01", **more):
    return shop.done(BindTag(piece=piece, epc=epc, tid=tid, read_back=epc), **more)


def card_of(shop, piece="ring"):
    return replica.piece(shop.books.db, piece)


def tell(shop, card, rev):
    page = FeedPage(rows=(FeedRow(rev=rev, scope="*", key=f"piece:{card.piece}", body=card),), upto=rev, more=False)
    replica.take(shop.books, page)


def test_a_bound_tag_is_on_the_card_at_once_and_found_by_its_epc(shop):
    before = card_of(shop)
    bind(shop)
    assert (card_of(shop).epc, card_of(shop).tid, card_of(shop).binding) == ("30AB", f"{TID}01", 1)
    assert replica.piece_by_epc(shop.books.db, "30ab").piece == "ring"
    assert replica.piece_by_epc(shop.books.db, before.epc) is None
    assert differences(shop.books) == []


def test_an_older_card_of_the_feed_does_not_undo_a_newer_binding(shop):
    old = card_of(shop)
    bind(shop)
    tell(shop, msgspec.structs.replace(old, price_minor=1), rev=100)
    assert (card_of(shop).epc, card_of(shop).price_minor) == ("30AB", 1)
    assert replica.piece_by_epc(shop.books.db, "30AB").piece == "ring"


def test_a_newer_card_of_the_feed_brings_the_newer_tag(shop):
    bind(shop)
    tell(shop, msgspec.structs.replace(card_of(shop), epc="30FF", tid="", binding=2), rev=100)
    assert card_of(shop).epc == "30FF"
    assert differences(shop.books) == []


def test_the_next_tag_counts_on_from_the_newer_card(shop):
    tell(shop, msgspec.structs.replace(card_of(shop), epc="30FF", binding=5), rev=100)
    bind(shop)
    assert [fact.n for fact in shop.facts() if isinstance(fact, TagBound)] == [6]


def test_every_tag_of_a_piece_is_remembered_with_its_time(shop):
    bind(shop)
    bind(shop, epc="30AC", tid=f"{TID}02", now_us=9_000)
    first, second = fold_tags.bindings(shop.books.db, "ring")
    assert (first.epc, first.to_us) == ("30AB", second.from_us)
    assert (second.epc, second.to_us) == ("30AC", 0)


def test_a_tag_is_not_given_to_a_second_piece_by_epc_nor_by_tid(shop):
    bind(shop)
    for epc, tid in (("30AB", f"{TID}09"), ("30AD", f"{TID}01")):
        refused = shop.refused(BindTag(piece="watch", epc=epc, tid=tid, read_back=epc))
        assert refused.code is Why.TAG_TAKEN
        assert "The ring" in refused.why


def test_a_tag_taken_off_a_piece_may_go_on_another(shop):
    bind(shop)
    bind(shop, epc="30AC", tid=f"{TID}02")
    bind(shop, piece="watch", epc="30AD", tid=f"{TID}01")
    assert card_of(shop, "watch").tid == f"{TID}01"
    assert differences(shop.books) == []


def test_books_of_a_new_disk_know_the_tags_by_the_journal_alone(shop):
    bind(shop)
    old = {table: shop.books.db.dump(table) for table in ("tag_binding",)}
    bodies = dict.fromkeys(replica.pieces(shop.books.db))
    with shop.books.transaction() as tx:
        from edge.books import replay

        replay.refold(tx, shop.books.guards, (shop.books.node().epoch,))
    assert {table: shop.books.db.dump(table) for table in old} == old
    assert dict.fromkeys(replica.pieces(shop.books.db)) == bodies


def test_pieces_without_a_tag_are_listed_once_they_are_ours(shop):
    tell(shop, msgspec.structs.replace(card_of(shop), epc="", binding=1), rev=100)
    assert [card.piece for card in replica.untagged(shop.books.db)] == ["ring"]
    tell(shop, msgspec.structs.replace(card_of(shop), piece="stranger", epc=""), rev=101)
    assert [card.piece for card in replica.untagged(shop.books.db)] == ["ring"]
    bind(shop)
    assert replica.untagged(shop.books.db) == []
