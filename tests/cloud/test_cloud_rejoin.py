"""custody.md §2.1, §2.2: a disk that comes back, a box that does not."""

import msgspec
import sqlalchemy as sa

from cloud import logs
from cloud.logs import Name
from cloud.rejoin import Rejoins
from cloud.tables import case_file, claim, late_row, sale, stream
from contract.commands import CustodyState, RequestCount
from contract.entries import first_head, leaf_hash, next_head
from contract.facts import (
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    CountPlace,
    OrderEvent,
    OrderKind,
    OrderMoved,
    OrderOpened,
    PieceSighted,
    SaleOpened,
    ShiftClosed,
    Stream,
)
from contract.ids import CountId, PieceId, SaleId, ZoneId
from contract.messages import Refusal, Snapshot, Standing


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
    assert box.send(1, 0).standing is Standing.OLD, "its snapshot was cut before these rows came"
    (held,) = box.join().claims
    assert (held.kind, held.ref) == ("hold", "s1")
    assert box.send(1, 0).standing is Standing.OK


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


def test_what_a_lost_box_sent_last_makes_the_next_one_join_again(house):
    """Its snapshot was cut before: it would spend what was spent, and decide about what was handed over."""
    box = house.store("paris")
    box.write(opened(1))
    box.send()
    box.write(opened(2))
    last_words = box.message()
    box.join()
    assert box.send().standing is Standing.OK
    box.ingest.hear(last_words, 9)
    assert box.send().standing is Standing.OLD
    assert [log.upto for log in box.join().logs] == [2]
    box.ingest.hear(last_words, 9)
    assert box.send().standing is Standing.OK, "it has what is told again"


def test_the_promise_of_an_order_that_is_over_does_not_travel(house):
    """It ended at a box that had not got the piece back; or a restored office heard of the promise after the end."""
    box = house.store("paris", "p1")
    box.write(
        OrderOpened(
            order="o1", number="L-1001", kind=OrderKind.LAYAWAY, client="c-1", title="x", currency="EUR",
            account="order-o1", pieces=("p1",),
        )
    )  # fmt: skip
    box.write(OrderMoved(order="o1", event=OrderEvent.CANCEL))
    box.write(msgspec.structs.replace(layaway("c1", box), ref="o1"))
    box.send()
    assert box.join().claims == ()
    assert [row["ended"] for row in house.rows(sa.select(claim))] == ["its order is over"]


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
