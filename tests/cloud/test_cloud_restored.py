"""custody.md §2.2: an office that was restored, and the boxes it hears again."""

import msgspec
import sqlalchemy as sa

from cloud import logs
from cloud.logs import Name
from cloud.provider import NoProvider
from cloud.recover import recover
from cloud.tables import case_file, hold, life, node
from contract.commands import CustodyState
from contract.facts import (
    CustodyReceived,
    SaleOpened,
    Stream,
)
from contract.ids import PieceId, SaleId, generation
from contract.messages import CustodyRow, Refusal, Snapshot, Standing


def opened(n: int) -> SaleOpened:
    return SaleOpened(sale=SaleId(f"sale-{n}"), till="till-1", associate="ana", currency="EUR")


def hear(box, nonce: str = "", **changes: object) -> Snapshot | Refusal:
    return box.rejoins.hear(msgspec.structs.replace(box.plea(nonce), **changes), 6, new_epoch=lambda: "e")


def test_a_box_that_is_not_admitted_hears_of_a_new_life_so_that_it_hands_over_what_the_lost_one_had(house):
    box = house.store("paris", "p1")
    box.rejoins.replace(box.store, "new machine", by="marc", why="stolen", now_us=5)
    recover(house.office, NoProvider(), now_us=6)
    refused = hear(box)
    assert (refused.code, refused.cloud_epoch) == ("replace", 2)


def test_a_box_cannot_claim_what_this_life_of_the_office_never_gave(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    recover(house.office, NoProvider(), now_us=5)
    paris.cloud_epoch = lyon.cloud_epoch = 2
    forged = CustodyRow(piece=PieceId("p1"), ce=generation(2, 99), state=CustodyState.HERE)
    assert hear(lyon, custody=(forged,)).code == "recovering"
    assert house.token("p1")[:2] == ("paris", "here")


def test_a_clients_thing_is_granted_by_no_life_of_the_office(house):
    """A box names envelopes among what it looks for, under custody epoch 0."""
    box = house.store("paris", "p1")
    recover(house.office, NoProvider(), now_us=5)
    box.cloud_epoch = 2
    envelope = CustodyRow(piece=PieceId("t1"), ce=0, state=CustodyState.HERE)
    assert [row.piece for row in hear(box, custody=(envelope,)).custody] == ["p1"]


def test_a_restored_office_hears_every_store_before_a_token_moves(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    recovery = recover(house.office, NoProvider(), now_us=5)
    assert (recovery.cloud_epoch, recovery.stores_to_hear) == (2, 2)
    assert paris.send(1, 0).standing is Standing.NEWCLOUD
    refused = paris.rejoins.hear(paris.plea(), 6, new_epoch=lambda: "e")
    assert (refused.code, refused.cloud_epoch) == ("newcloud", 2)
    paris.cloud_epoch = lyon.cloud_epoch = 2
    assert paris.rejoins.hear(paris.plea("n1"), 7, new_epoch=lambda: "e").code == "recovering"
    assert house.rows(sa.select(life.c.recovering)) == [{"recovering": 1}]
    assert isinstance(lyon.join(), Snapshot)  # the last one ends the recovery
    assert house.rows(sa.select(life.c.recovering)) == [{"recovering": 0}]
    old = paris.term
    assert paris.join("n1").term > old
    assert paris.send(1, 0).standing is Standing.OK


def test_custody_that_only_the_lost_life_granted_is_believed(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    given = paris.ce["p1"] + 3
    recover(house.office, NoProvider(), now_us=5)
    paris.cloud_epoch = lyon.cloud_epoch = 2
    asked = msgspec.structs.replace(
        lyon.plea(), custody=(CustodyRow(piece=PieceId("p1"), ce=given, state=CustodyState.HERE),)
    )
    assert lyon.rejoins.hear(asked, 6, new_epoch=lambda: "e").code == "recovering"
    assert house.token("p1")[:2] == ("lyon", "here")
    assert paris.join().custody == ()
    assert [row.piece for row in lyon.join().custody] == ["p1"]


def test_a_sale_that_the_lost_life_had_not_heard_keeps_the_piece_it_gave_as_stock(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    given = paris.ce["p1"] + 3
    paris.write(house.sale(paris, "s1", "p1"))
    paris.send()
    recover(house.office, NoProvider(), now_us=5)
    hear(lyon, custody=(CustodyRow(piece=PieceId("p1"), ce=given, state=CustodyState.HERE),), cloud_epoch=2)
    assert house.token("p1")[:2] == ("lyon", "here")
    assert [row["kind"] for row in house.rows(sa.select(case_file.c.kind))] == ["late sale"]
    assert house.rows(sa.select(hold.c.piece, hold.c.sale)) == [{"piece": "p1", "sale": "s1"}]


def test_what_a_box_before_the_present_one_was_given_by_a_lost_life_nobody_has(house):
    paris = house.store("paris", "p1")
    paris.write(CustodyReceived(piece=PieceId("p1"), ce=paris.ce["p1"] + 3))
    recover(house.office, NoProvider(), now_us=5)
    paris.rejoins.replace(paris.store, "new", by="marc", why="fire", now_us=6, nothing_left=True)
    paris.hand_over()
    assert house.token("p1")[:2] == ("", "frozen")


def test_a_fenced_store_is_heard_when_its_tills_were_read_or_there_is_nothing_left(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    recover(house.office, NoProvider(), now_us=5)
    lyon.cloud_epoch = 2
    lyon.rejoins.hear(lyon.plea(), 6, new_epoch=lambda: "e")
    paris.rejoins.replace(paris.store, "new", by="marc", why="fire", now_us=7)
    assert house.rows(sa.select(life.c.recovering)) == [{"recovering": 1}]
    paris.rejoins.replace(paris.store, "new", by="marc", why="tills gone too", now_us=7, nothing_left=True)
    assert house.rows(sa.select(life.c.recovering)) == [{"recovering": 0}]


def test_a_box_that_the_lost_life_put_in_place_brings_its_instance(house):
    paris, lyon = house.store("paris"), house.store("lyon")
    recover(house.office, NoProvider(), now_us=5)
    paris.cloud_epoch = lyon.cloud_epoch = 2
    paris.instance = "put in place after the backup"
    assert paris.rejoins.hear(paris.plea(), 6, new_epoch=lambda: "e").code == "replace"
    paris.term += 1
    assert paris.rejoins.hear(paris.plea(), 6, new_epoch=lambda: "e").code == "recovering"


def test_a_box_that_knows_of_a_later_one_is_not_admitted_by_an_office_that_lost_it(house):
    """It was given up after the backup was taken, so to our books it is still the store's box; its tills know better."""
    old, lyon = house.store("paris", "p1"), house.store("lyon")
    recover(house.office, NoProvider(), now_us=5)
    old.cloud_epoch = lyon.cloud_epoch = 2
    assert hear(lyon).code == "recovering"
    refused = hear(old, later_term=old.term + 2)
    assert (refused.code, refused.cloud_epoch) == ("replace", 2)
    assert [row["kind"] for row in house.rows(sa.select(case_file.c.kind))] == ["replace"]
    assert house.rows(sa.select(life.c.recovering)) == [{"recovering": 1}], "it was not heard in its heir's place"
    heir = msgspec.structs.replace(old.plea(), term=old.term + 2, instance="its heir", served_on="its heir")
    assert isinstance(old.rejoins.hear(heir, 7, new_epoch=lambda: "e"), Snapshot)


def test_a_person_may_name_a_box_that_knows_of_a_later_one(house):
    old = house.store("paris", "p1")
    recover(house.office, NoProvider(), now_us=5)
    old.cloud_epoch = 2
    assert hear(old, later_term=old.term + 2).code == "replace"
    old.rejoins.replace(old.store, old.instance, by="marc", why="its heir burnt", now_us=6, nothing_left=True)
    assert isinstance(hear(old, later_term=old.term + 2), Snapshot)


def test_a_later_term_that_the_office_knows_of_is_judged_by_its_books(house):
    box = house.store("paris", "p1")
    box.join()
    before = box.term - 1
    recover(house.office, NoProvider(), now_us=5)
    box.cloud_epoch = 2
    assert isinstance(hear(box, term=before, later_term=box.term), Snapshot), "its own disk was put back"


def test_a_word_about_a_machine_that_a_later_term_overtook_keeps_nobody_out(house):
    paris, lyon = house.store("paris"), house.store("lyon")
    paris.rejoins.replace(paris.store, "never came", by="marc", why="fire", now_us=4)
    recover(house.office, NoProvider(), now_us=5)
    paris.cloud_epoch = lyon.cloud_epoch = 2
    paris.instance, paris.term = "came after it", paris.term + 9
    assert hear(paris).code == "recovering"
    lyon.join()
    assert isinstance(hear(paris), Snapshot)


def test_epochs_of_the_new_life_lie_above_all_older_ones(house):
    paris = house.store("paris", "p1")
    before = paris.ce["p1"], paris.term
    recover(house.office, NoProvider(), now_us=5)
    paris.cloud_epoch = 2
    paris.join()
    assert paris.ce["p1"] >> 32 == 2
    assert (paris.ce["p1"], paris.term) > before


def test_without_minting_above_them_an_epoch_of_the_lost_life_is_given_twice(house):
    paris = house.store("paris", "p1")
    lost = paris.ce["p1"] + 1  # given after the backup was taken
    recover(house.office, NoProvider(), now_us=5, guards=house.without(ce_mint=False).guards)
    paris.cloud_epoch = 2
    paris.join()
    assert paris.ce["p1"] == lost


def test_a_message_of_an_earlier_life_is_told_so_with_how_far_we_are(house):
    paris = house.store("paris")
    paris.write(opened(1))
    recover(house.office, NoProvider(), now_us=5)
    down = paris.send()
    assert down.standing is Standing.NEWCLOUD
    assert [ack.upto for ack in down.acks] == [0, 0]
    house.without(cloud_epoch=False)
    assert paris.send().standing is Standing.OK


def test_a_term_that_only_the_lost_life_minted_is_believed(house):
    paris, lyon = house.store("paris"), house.store("lyon")
    recover(house.office, NoProvider(), now_us=5)
    paris.cloud_epoch = lyon.cloud_epoch = 2
    paris.term = given = paris.term + 1  # it rejoined after the backup was taken
    assert paris.rejoins.hear(paris.plea(), 6, new_epoch=lambda: "e").code == "recovering"
    assert paris.send(1, 0).standing is Standing.OK
    lyon.join()
    assert paris.join().term > given


def test_a_blank_disk_follows_the_new_life_before_it_counts_as_joined(house):
    """Or the snapshot of the lost life, still on its way, would be loaded by a store that counts (§10 no. 21)."""
    paris, rome = house.store("paris", "p1"), house.store("rome")
    recover(house.office, NoProvider(), now_us=9)
    rome.instance, rome.term, rome.cloud_epoch = rome.instance, 0, 0
    answer = rome.rejoins.hear(rome.plea("n1"), 10, new_epoch=lambda: "unused")
    assert (answer.code, answer.cloud_epoch) == ("newcloud", 2)
    assert {row["joined"] for row in house.rows(sa.select(node.c.joined))} == {0}
    house.without(rejoin_follow=False)
    assert rome.rejoins.hear(rome.plea("n2"), 11, new_epoch=lambda: "unused").code == "recovering"
    assert paris.store == "paris"


def test_a_copy_of_a_disk_does_not_become_the_store_in_a_recovery(house):
    """It carries the term that only the lost life knew, but it was served on another machine."""
    box = house.store("paris", "p1")
    recover(house.office, NoProvider(), now_us=9)
    grown = {"cloud_epoch": 2, "term": box.term + 5, "instance": "copy"}
    copy = msgspec.structs.replace(box.plea("n1"), served_on=box.instance, **grown)
    answer = box.rejoins.hear(copy, 10, new_epoch=lambda: "e-copy")
    assert answer.code == "replace"
    moved = msgspec.structs.replace(copy, served_on="copy", nonce="n2")  # a box the lost life had named
    assert isinstance(box.rejoins.hear(moved, 11, new_epoch=lambda: "e-new"), Snapshot)


def test_a_page_says_which_life_of_the_office_it_is_from(house):
    box = house.store("paris")
    box.write(opened(1))
    box.send()
    with house.office.reading() as tx:
        assert logs.page(tx, Name(box.store, box.epoch, Stream.TRADE), 1).cloud_epoch == 1
    recover(house.office, NoProvider(), now_us=9)
    with house.office.reading() as tx:
        assert logs.page(tx, Name(box.store, box.epoch, Stream.TRADE), 1).cloud_epoch == 2
