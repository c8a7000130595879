"""custody.md §2.1, §2.2: a disk that comes back, a box that does not, an office that was restored."""

import msgspec
import sqlalchemy as sa

from cloud import logs
from cloud.logs import Name
from cloud.provider import NoProvider
from cloud.recover import recover
from cloud.rejoin import Rejoins
from cloud.tables import case_file, claim, hold, late_row, life, node, sale, stream
from contract.commands import CustodyState, RequestCount
from contract.entries import first_head, leaf_hash, next_head
from contract.facts import (
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    CountPlace,
    CustodyReceived,
    PieceSighted,
    SaleOpened,
    ShiftClosed,
    Stream,
)
from contract.ids import CountId, PieceId, SaleId, ZoneId, generation
from contract.messages import CustodyRow, Refusal, Snapshot, Standing


def opened(n: int) -> SaleOpened:
    return SaleOpened(sale=SaleId(f"sale-{n}"), till="till-1", associate="ana", currency="EUR")


def count(house, table) -> int:
    return house.rows(sa.select(sa.func.count().label("n")).select_from(table))[0]["n"]


def test_a_new_box_gets_its_stock_and_may_begin(house):
    box = house.store("paris", "p1", "p2", join=False)
    snapshot = box.join()
    assert {row.piece for row in snapshot.custody} == {"p1", "p2"}
    assert snapshot.logs == ()
    assert box.send().standing is Standing.OK


def test_one_nonce_gets_one_answer(house):
    box = house.store("paris", "p1", join=False)
    first, again = box.join("n1"), box.join("n1")
    assert first == again
    assert box.join("n2").term > first.term


def test_without_the_nonce_a_repeated_plea_fences_its_own_box(house):
    box = house.store("paris", "p1", join=False)
    house.without(rejoin_nonce=False)
    first = box.join("n1")
    assert box.join("n1").term > first.term


def test_a_rejoin_renews_every_token_and_old_facts_are_late(house):
    box = house.store("paris", "p1")
    old = dict(box.ce)
    rows, epoch = box.rows[Stream.TRADE], box.epoch
    box.write(house.sale(box, "s1", "p1"))
    box.join()
    assert box.ce["p1"] > old["p1"]
    box.hand_over(epoch=epoch, rows=rows)
    assert {row["kind"] for row in house.rows(sa.select(case_file))} == {"sale quarantined"}
    (command,) = box.obey(box.send(1, 0))
    assert command.command.sale == "s1"


def test_rows_handed_over_before_the_rejoin_are_simply_ingested(house):
    box = house.store("paris", "p1")
    box.write(house.sale(box, "s1", "p1"))
    box.hand_over()
    snapshot = box.join()
    assert house.token("p1") == ("paris", "sold", "s1")
    assert [row.state for row in snapshot.custody] == [CustodyState.SOLD]
    assert count(house, late_row) == 0
    (log,) = snapshot.logs
    assert (log.stream, log.upto) == (Stream.TRADE, 1)


def test_the_books_can_be_fetched_back_and_chain_to_the_named_head(house):
    box = house.store("paris")
    for n in range(7):
        box.write(opened(n))
    box.send()
    epoch, rows = box.epoch, list(box.rows[Stream.TRADE])
    (log,) = box.join().logs
    with house.office.reading() as tx:
        name = Name(box.store, epoch, Stream.TRADE)
        first, second = logs.page(tx, name, 1, most=4), logs.page(tx, name, 5, most=4)
        assert logs.page(tx, name, 8).rows == ()
    fetched = [bytes(raw) for raw in (*first.rows, *second.rows)]
    assert fetched == rows
    head = first_head(box.store, epoch, Stream.TRADE)
    assert first.head == head.hex()
    for body in fetched:
        head = next_head(head, leaf_hash(body))
    assert head.hex() == log.head


def test_rows_of_a_fork_are_kept_once_and_shown(house):
    box = house.store("paris", "p1")
    for n in range(3):
        box.write(opened(n))
    box.send()
    ours = list(box.rows[Stream.TRADE])
    box.rows[Stream.TRADE] = ours[:2]
    box.write(house.sale(box, "s-fork", "p1"))
    box.write(opened(9))
    box.hand_over()
    box.hand_over()
    assert count(house, late_row) == 2
    assert count(house, sale) == 1
    assert {row["kind"] for row in house.rows(sa.select(case_file))} == {"late rows"}
    assert house.rows(sa.select(stream.c.upto, stream.c.late)) == [{"upto": 3, "late": 2}]


def test_a_page_that_stands_on_another_chain_is_late(house):
    box = house.store("paris")
    box.write(opened(1))
    box.send()
    box.rows[Stream.TRADE][0] = box.rows[Stream.TRADE][0].replace(b"sale-1", b"sale-X")
    box.write(opened(2))
    from contract.messages import JournalRows

    page = JournalRows(
        store=box.store, epoch=box.epoch, stream=Stream.TRADE, first_seq=2,
        rows=(msgspec.Raw(box.rows[Stream.TRADE][1]),), head=box.head(1),
    )  # fmt: skip
    assert box.ingest.take(page, 9).upto == 1
    assert count(house, late_row) == 1


def test_orphans_are_not_applied_again_when_their_log_catches_up(house):
    box = house.store("paris", "p1")
    box.write(opened(1))
    box.write(house.sale(box, "s1", "p1"))
    box.hand_over(2)
    assert count(house, late_row) == 1
    assert box.send().acks[0].upto == 2
    assert count(house, sale) == 1
    assert {row["kind"] for row in house.rows(sa.select(case_file))} == {"late rows"}


def test_another_machine_needs_a_persons_word(house):
    box = house.store("paris", "p1")
    box.instance = "another machine"
    refused = box.rejoins.hear(box.plea(), 5, new_epoch=lambda: "e")
    assert isinstance(refused, Refusal)
    assert refused.code == "replace"
    house.without(instance=False)
    assert isinstance(box.rejoins.hear(box.plea(), 5, new_epoch=lambda: "e"), Snapshot)


def hear(box, nonce: str = "", **changes: object) -> Snapshot | Refusal:
    return box.rejoins.hear(msgspec.structs.replace(box.plea(nonce), **changes), 6, new_epoch=lambda: "e")


def test_once_a_person_named_another_machine_the_old_box_is_never_admitted_again(house):
    box = house.store("paris", "p1")
    box.rejoins.replace(box.store, "new machine", by="marc", why="stolen", now_us=5)
    refused = hear(box)
    assert isinstance(refused, Refusal)
    assert refused.code == "replace"
    assert isinstance(hear(box, instance="new machine"), Snapshot)
    assert hear(box).code == "replace"


def test_a_box_that_is_not_admitted_hears_of_a_new_life_so_that_it_hands_over_what_the_lost_one_had(house):
    box = house.store("paris", "p1")
    box.rejoins.replace(box.store, "new machine", by="marc", why="stolen", now_us=5)
    recover(house.office, NoProvider(), now_us=6)
    refused = hear(box)
    assert (refused.code, refused.cloud_epoch) == ("replace", 2)


def test_a_plea_of_before_a_persons_word_is_not_answered_as_it_once_was(house):
    box = house.store("paris", "p1", join=False)
    assert isinstance(hear(box, "n1"), Snapshot)  # lost on its way
    box.rejoins.replace(box.store, "new machine", by="marc", why="stolen", now_us=5)
    assert hear(box, "n1").code == "nonce"
    assert hear(box, "n2").code == "replace"


def test_a_plea_of_before_a_newer_term_is_not_answered_as_it_once_was(house):
    box = house.store("paris", "p1", join=False)
    box.join("n1")
    box.join("n2")
    assert hear(box, "n1").code == "nonce"
    assert isinstance(hear(box, "n2"), Snapshot)


def test_a_box_cannot_claim_what_this_life_of_the_office_never_gave(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    recover(house.office, NoProvider(), now_us=5)
    paris.cloud_epoch = lyon.cloud_epoch = 2
    forged = CustodyRow(piece=PieceId("p1"), ce=generation(2, 99), state=CustodyState.HERE)
    assert hear(lyon, custody=(forged,)).code == "recovering"
    assert house.token("p1")[:2] == ("paris", "here")


def test_a_replaced_boxs_pieces_are_frozen_until_they_are_read(house):
    box = house.store("paris", "p1", "p2")
    box.write(house.sale(box, "s1", "p2"))
    box.send()
    old = box.message(2, 1)
    assert box.rejoins.replace(box.store, "new machine", by="marc", why="fire", now_us=5)
    assert house.token("p1")[:2] == ("", "frozen")
    assert house.token("p2") == ("", "sold", "s1")
    (down,) = box.ingest.hear(old, 6)
    assert down.standing is Standing.OLD
    box.instance = "new machine"
    assert box.join().custody == ()
    box.write(PieceSighted(piece=PieceId("p1"), zone=ZoneId("case-1")))
    box.send()
    assert house.token("p1")[:2] == ("paris", "incoming")


def test_without_possession_after_a_fence_the_office_would_call_it_stock(house):
    box = house.store("paris", "p1")
    house.without(possession_after_fence=False)
    box.rejoins.replace(box.store, "new machine", by="marc", why="fire", now_us=5)
    assert house.token("p1")[1] == "here"


def test_promises_travel_with_the_snapshot_and_carts_do_not(house):
    box = house.store("paris", "p1", "p2")
    for piece, kind in (("p1", ClaimKind.LAYAWAY), ("p2", ClaimKind.CART)):
        box.write(ClaimHeld(claim=f"c-{piece}", piece=PieceId(piece), ce=box.ce[piece], kind=kind, ref=f"r-{piece}"))
    box.send()
    assert [(held.piece, held.kind, held.ref) for held in box.join().claims] == [("p1", "layaway", "r-p1")]


def test_a_count_request_outlives_a_rejoin(house):
    from cloud.work import begin

    box = house.store("paris")
    with house.office.transaction() as tx:
        begin(tx, house.guards, 5).command(box.store, RequestCount(count=CountId("k1"), place=CountPlace.SAFE))
    box.join()
    (command,) = box.obey(box.send(1, 0))
    assert command.command == RequestCount(count=CountId("k1"), place=CountPlace.SAFE)


def test_a_rejoin_waits_for_the_payment_provider(house):
    box = house.store("paris")
    waiting = Rejoins(house.office, lambda _store, _now_us: False)
    refused = waiting.hear(box.plea(), 5, new_epoch=lambda: "e")
    assert isinstance(refused, Refusal)
    assert refused.code == "provider"


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


def test_a_z_that_was_lost_with_the_disk_does_not_take_what_was_granted_since(house):
    box = house.store("paris", "p1")
    box.write(house.sale(box, "s1", "p1"))
    box.send()
    epoch, rows = box.epoch, box.rows[Stream.TRADE]
    z = ShiftClosed(
        shift="shift-1", till="till-1", z_number=1, business_day="2026-11-22", currency="EUR", sales=1, returns=0,
        gross_minor=120_000, tax_minor=20_000, cash_expected_minor=0, cash_counted_minor=0, sold_pieces=(PieceId("p1"),),
    )  # fmt: skip
    box.write(z)
    assert [row.state for row in box.join().custody] == [CustodyState.SOLD]
    box.hand_over(epoch=epoch, rows=rows)  # the tills still had it
    assert house.token("p1") == ("paris", "sold", "s1")


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


def layaway(name: str, box, piece: str = "p1") -> ClaimHeld:
    return ClaimHeld(claim=name, piece=PieceId(piece), ce=box.ce[piece], kind=ClaimKind.LAYAWAY, ref=f"client-{name}")


def test_the_promise_of_a_fenced_box_travels_with_its_piece(house):
    paris, rome = house.store("paris", "p1"), house.store("rome")
    paris.write(layaway("c1", paris))
    paris.send()
    assert paris.rejoins.replace(paris.store, "m-new", by="marie", why="burnt", now_us=9)
    rome.write(PieceSighted(piece=PieceId("p1"), zone="pad"))
    (grant,) = rome.obey(rome.send())
    told = grant.command
    assert (told.promise, told.promise_ref, told.promise_claim) == (ClaimKind.LAYAWAY, "client-c1", "c1")
    assert [(row["store"], row["ended"]) for row in house.rows(sa.select(claim).order_by(claim.c.store))] == [
        ("paris", "moved"),
        ("rome", ""),
    ]
    rome.write(ClaimEnded(claim="c1", piece=PieceId("p1"), ce=rome.ce["p1"], how=ClaimEnd.RELEASED))
    rome.send(2)
    assert rome.join().claims == ()


def test_a_promise_keeps_its_name_over_a_rejoin_and_ends_under_it(house):
    box = house.store("paris", "p1")
    box.write(layaway("c1", box))
    box.send()
    (held,) = box.join().claims
    assert (held.claim, held.ref) == ("c1", "client-c1")
    box.write(ClaimEnded(claim="c1", piece=PieceId("p1"), ce=box.ce["p1"], how=ClaimEnd.RELEASED))
    box.send()
    assert box.join().claims == ()


def test_of_two_promises_the_one_under_the_newer_custody_stands_and_a_person_is_told(house):
    box = house.store("paris", "p1")
    box.write(layaway("c1", box))
    box.send()
    box.join()
    box.write(layaway("c2", box))
    box.send()
    assert [held.claim for held in box.join().claims] == ["c2"]
    assert [row["kind"] for row in house.rows(sa.select(case_file))] == ["two promises"]
