"""custody.md §2: what arrives is kept once, in order; a gap is asked for, a fork is told. Each guard has its control."""

import msgspec
import pytest
import sqlalchemy as sa

from cloud.ingest import RestoredCloudError, UnstorableError
from cloud.tables import alarm, case_file, inbox, ledger_line, parked, presence, sale, stream
from cloud.work import UnknownStoreError
from contract.entries import decode_entry, encode_entry
from contract.facts import PiecePresence, PresenceState, SaleOpened, Stream
from contract.ids import PieceId, SaleId, ZoneId
from contract.messages import Standing


def opened(n: int) -> SaleOpened:
    return SaleOpened(sale=SaleId(f"sale-{n}"), till="till-1", associate="ana", currency="EUR")


def sales(house) -> int:
    return house.rows(sa.select(sa.func.count().label("n")).select_from(sale))[0]["n"]


def stored(house) -> list[int]:
    return [row["seq"] for row in house.rows(sa.select(inbox.c.seq).order_by(inbox.c.seq))]


def test_a_row_is_acknowledged_when_it_is_stored(house):
    box = house.store("paris", "p1")
    box.write(house.sale(box, "s1", "p1"))
    down = box.send()
    assert (down.standing, down.acks[0].upto, down.acks[0].resend_from) == (Standing.OK, 1, None)
    assert stored(house) == [1]
    assert sales(house) == 1


def test_a_repeat_is_dropped(house):
    box = house.store("paris", "p1")
    box.write(house.sale(box, "s1", "p1"))
    for _ in range(3):
        assert box.send().acks[0].upto == 1
    assert sales(house) == 1
    assert box.ingest.counts.rows_repeated_total == 2
    assert house.rows(sa.select(case_file)) == []


def test_without_dedupe_a_repeat_is_applied_again(house):
    box = house.store("paris", "p1")
    house.without(dedupe=False)
    box.write(house.sale(box, "s1", "p1"))
    box.send()
    box.send()
    assert [row["kind"] for row in house.rows(sa.select(case_file))] == ["double post"]


def test_how_rows_are_grouped_into_messages_means_nothing(house):
    box = house.store("paris")
    for n in range(9):
        box.write(opened(n))
    for first, last in ((1, 2), (2, 5), (1, 4), (4, 9), (7, 8)):
        assert box.send(first, last).standing is Standing.OK
    assert stored(house) == list(range(1, 10))
    assert box.send(10, 9).acks[0].upto == 9


def test_a_gap_is_asked_for_and_nothing_behind_it_is_stored(house):
    box = house.store("paris")
    for n in range(5):
        box.write(opened(n))
    down = box.send(3, 5)
    assert (down.acks[0].upto, down.acks[0].resend_from) == (0, 1)
    assert stored(house) == []
    assert box.send(1, 5).acks[0].upto == 5


def test_without_contiguity_a_lost_row_is_never_missed(house):
    box = house.store("paris")
    house.without(contiguous=False)
    for n in range(5):
        box.write(opened(n))
    assert box.send(3, 5).acks[0].upto == 5
    assert stored(house) == [3, 4, 5]


def test_a_rewritten_row_is_a_fork_and_a_person_is_told(house):
    box = house.store("paris")
    box.write(opened(1))
    box.send()
    box.rows[Stream.TRADE][0] = box.rows[Stream.TRADE][0].replace(b"sale-1", b"sale-X")
    down = box.send()
    assert down.standing is Standing.FORK
    assert down.commands == ()
    assert b"sale-1" in house.rows(sa.select(inbox))[0]["body"]
    assert [row["kind"] for row in house.rows(sa.select(case_file))] == ["fork"]


def test_without_the_chain_a_rewritten_row_goes_unnoticed(house):
    box = house.store("paris")
    house.without(hash_chain=False)
    box.write(opened(1))
    box.send()
    box.rows[Stream.TRADE][0] = box.rows[Stream.TRADE][0].replace(b"sale-1", b"sale-X")
    assert box.send().standing is Standing.OK


def test_new_rows_on_another_past_are_a_fork(house):
    box = house.store("paris")
    box.write(opened(1))
    box.send()
    box.rows[Stream.TRADE][0] = box.rows[Stream.TRADE][0].replace(b"sale-1", b"sale-X")
    box.write(opened(2))
    assert box.send(2, 2).standing is Standing.FORK
    assert stored(house) == [1]


def test_a_box_that_forgot_rows_is_a_fork(house):
    box = house.store("paris")
    for n in range(3):
        box.write(opened(n))
    box.send()
    del box.rows[Stream.TRADE][1:]
    assert box.send(2, 1).standing is Standing.FORK


def test_an_overtaken_message_proves_nothing(house):
    box = house.store("paris")
    box.write(opened(1))
    slow = box.message()
    box.write(opened(2))
    box.send()
    (down,) = box.ingest.hear(slow, 9)
    assert down.standing is Standing.OK
    assert down.acks[0].upto == 2


def test_a_message_of_an_earlier_start_proves_nothing(house):
    box = house.store("paris")
    box.write(opened(1))
    box.send()
    slow = box.message(2, 1)
    box.boot, box.messages = "boot-2", 0
    box.write(opened(2))
    box.send()
    (down,) = box.ingest.hear(slow, 9)
    assert down.standing is Standing.OK


def test_a_box_that_forgot_a_decision_is_a_fork(house):
    box = house.store("paris")
    house.store("lyon", "p1")
    box.write(opened(1))
    box.send(down_upto=0)
    with house.office.transaction() as tx:
        tx.run(sa.text("UPDATE node SET down_upto = 3 WHERE store = 'paris'"))
        tx.run(sa.text("UPDATE down_counter SET seq = 5 WHERE store = 'paris'"))
    assert box.send(down_upto=2).standing is Standing.FORK


def test_the_two_streams_have_a_log_each(house):
    box = house.store("paris", "p1")
    seen = PiecePresence(piece=PieceId("p1"), state=PresenceState.PRESENT, zone=ZoneId("case-1"))
    box.write(seen, stream=Stream.FLOOR)
    box.write(opened(1))
    assert box.send(stream=Stream.FLOOR).acks[0].upto == 1
    assert box.send().acks[0].upto == 1
    assert house.rows(sa.select(presence.c.zone)) == [{"zone": "case-1"}]
    assert {row["stream"] for row in house.rows(sa.select(stream))} == {"trade", "floor"}


def test_many_messages_are_stored_in_one_transaction(house):
    boxes = [house.store(name) for name in ("paris", "lyon", "nice")]
    ups = []
    for box in boxes:
        for n in range(4):
            box.write(opened(n))
            ups.append(box.message(n + 1, n + 1))
    commits = []
    house.office.crashpoint = lambda: commits.append(1)
    downs = boxes[0].ingest.hear_all(ups, 5)
    house.office.crashpoint = lambda: None
    assert [down.acks[0].upto for down in downs] == [1, 2, 3, 4] * 3
    assert len(commits) == 2  # before BEGIN and after COMMIT, once


def test_a_crash_before_the_commit_leaves_nothing(house):
    box = house.store("paris", "p1")
    box.write(house.sale(box, "s1", "p1"))

    class CrashError(Exception):
        pass

    def crash():
        raise CrashError

    house.office.crashpoint = crash
    with pytest.raises(CrashError):
        box.send()
    house.office.crashpoint = lambda: None
    assert stored(house) == []
    assert box.send().acks[0].upto == 1
    assert sales(house) == 1


def test_without_ack_after_commit_a_store_hears_of_rows_that_were_lost(house):
    box = house.store("paris")
    house.without(ack_after_commit=False, told_seal=False)
    early = []
    box.ingest._send_early = early.append
    box.write(opened(1))
    ups = [box.message(), box.message(term=box.term + 1)]  # the second brings the transaction down
    with pytest.raises(RestoredCloudError):
        box.ingest.hear_all(ups, 5)
    assert early[0].acks[0].upto == 1
    assert stored(house) == []


def test_an_older_term_is_told_and_its_rows_are_taken_all_the_same(house):
    box = house.store("paris", "p1")
    box.write(house.sale(box, "s1", "p1"))
    old = box.message()
    box.join()
    (down,) = box.ingest.hear(old, 9)
    assert down.standing is Standing.OLD
    assert down.acks[0].upto == 1
    assert sales(house) == 1


def test_another_machine_under_the_same_term_is_old(house):
    box = house.store("paris")
    assert box.send(instance="a copy").standing is Standing.OLD
    house.without(instance=False)
    assert box.send(instance="a copy").standing is Standing.OK


def test_an_unknown_store_is_refused(house):
    box = house.store("paris")
    with pytest.raises(UnknownStoreError):
        box.send(store="nowhere")


def test_a_row_nobody_understands_is_covered_and_parked_with_later_rows_of_its_piece(house):
    box = house.store("paris", "p1", "p2")
    future = box.write(house.sale(box, "s1", "p1"))
    box.rows[Stream.TRADE][0] = future.replace(b'"sale.recorded"', b'"sale.hologram"')
    box.write(house.sale(box, "s2", "p2", receipt=2))
    box.write(house.sale(box, "s3", "p1", receipt=3))
    down = box.send()
    assert (down.standing, down.acks[0].upto) == (Standing.OK, 3)
    # s2 waits as well: it is of the same till
    assert [row["seq"] for row in house.rows(sa.select(parked.c.seq).order_by(parked.c.n))] == [1, 2, 3]
    assert sales(house) == 0


def test_rows_of_other_pieces_go_on_while_one_is_parked(house):
    box = house.store("paris", "p1", "p2")
    strange = PiecePresence(piece=PieceId("p1"), state=PresenceState.PRESENT, zone=ZoneId("z"))
    body = box.write(strange, stream=Stream.FLOOR)
    box.rows[Stream.FLOOR][0] = body.replace(b'"presence.changed"', b'"presence.smelled"')
    for piece in ("p2", "p1"):
        box.write(PiecePresence(piece=PieceId(piece), state=PresenceState.PRESENT, zone="z"), stream=Stream.FLOOR)
    box.send(stream=Stream.FLOOR)
    assert [row["piece"] for row in house.rows(sa.select(presence.c.piece))] == ["p2"]
    house.without(park_key=False)
    box.write(PiecePresence(piece=PieceId("p1"), state=PresenceState.MISSING, zone="z"), stream=Stream.FLOOR)
    box.send(4, stream=Stream.FLOOR)
    assert {row["piece"] for row in house.rows(sa.select(presence.c.piece))} == {"p1", "p2"}


def test_parked_rows_are_applied_in_order_once_they_are_understood(house):
    box = house.store("paris", "p1")
    box.write(house.sale(box, "s1", "p1"))
    box.write(opened(2))

    def not_yet(body):
        if b'"s1"' in body:
            raise msgspec.ValidationError("of a newer contract")
        return decode_entry(body)

    box.ingest.decode = not_yet
    box.send()
    assert sales(house) == 0
    assert house.token("p1")[:2] == ("paris", "here")
    assert box.ingest.unpark(5) == 0
    box.ingest.decode = decode_entry
    assert box.ingest.unpark(6) == 2  # the second was of the same till
    assert sales(house) == 1
    assert house.token("p1") == ("paris", "sold", "s1")
    assert box.ingest.unpark(7) == 0


def test_a_sale_whose_figures_disagree_is_parked_whole_and_the_rest_is_kept(house):
    box = house.store("paris", "p1", "p2")
    wrong = msgspec.structs.replace(house.sale(box, "s1", "p1"), total_minor=1)
    box.write(wrong)
    box.write(msgspec.structs.replace(house.sale(box, "s2", "p2"), till="till-2"))
    assert box.send().acks[0].upto == 2
    assert [row["sale"] for row in house.rows(sa.select(sale.c.sale))] == ["s2"]
    (row,) = house.rows(sa.select(parked))
    assert "do not add up" in row["why"]
    assert house.rows(sa.select(sa.func.sum(ledger_line.c.amount_minor).label("n"))) == [{"n": 0}]


NUL = "a\0b"


def moved(piece: str, **more: object) -> PiecePresence:
    return PiecePresence(piece=PieceId(piece), state=PresenceState.PRESENT, zone=ZoneId("z"), **more)


@pytest.mark.parametrize(
    "row",
    [moved("p1", why=NUL), moved(NUL), moved("p" * 9_000, why=NUL)],
    ids=["in a reason", "in a name", "in a row with a name too long for an index"],
)
def test_a_text_that_no_database_keeps_costs_its_row_and_no_other(house, row):
    box = house.store("paris", "p1")
    for each in (moved("p1"), row, moved("p2")):
        box.write(each, stream=Stream.FLOOR)
    assert box.send(stream=Stream.FLOOR).acks[0].upto == 3
    assert [row["seq"] for row in house.rows(sa.select(parked.c.seq))] == [2]
    assert {row["piece"] for row in house.rows(sa.select(presence.c.piece))} == {"p1", "p2"}


@pytest.mark.parametrize("soon", [False, True], ids=["at once", "by the end of the transaction"])
def test_a_row_the_database_refuses_is_parked_with_a_case_and_the_rest_goes_on(house, soon):
    def twice(tokens, heard, fact):
        row = {"store": heard.store, "alarm": fact.sale, "kind": "x"}
        (tokens.work.tx.add_soon if soon else tokens.work.tx.add)(alarm, row)

    box = house.store("paris")
    box.ingest.appliers = {SaleOpened: (twice,)}
    for n in (1, 2, 1, 3):
        box.write(msgspec.structs.replace(opened(n), till=f"till-{len(box.rows[Stream.TRADE])}"))
    box.rows[Stream.TRADE][2] = box.rows[Stream.TRADE][2].replace(b'"keys":["sale:sale-1",', b'"keys":["sale:other",')
    assert box.send().acks[0].upto == 4
    assert [row["seq"] for row in house.rows(sa.select(parked.c.seq))] == [3]
    assert sorted(row["alarm"] for row in house.rows(sa.select(alarm.c.alarm))) == ["sale-1", "sale-2", "sale-3"]
    (case,) = house.rows(sa.select(case_file))
    assert (case["kind"], case["ref"]) == ("row not applied", f"{box.epoch}/trade/3")
    box.ingest.appliers = {}
    assert box.ingest.unpark(9) == 1
    assert house.rows(sa.select(case_file.c.outcome)) == [{"outcome": "the row was applied"}]


def test_a_number_no_database_keeps_is_parked(house):
    box = house.store("paris", "p1")
    box.write(msgspec.structs.replace(house.sale(box, "s1", "p1"), receipt_number=1 << 70))
    box.write(msgspec.structs.replace(opened(2), till="till-2"))
    assert box.send().acks[0].upto == 2
    assert [row["seq"] for row in house.rows(sa.select(parked.c.seq))] == [1]


def test_a_message_whose_frame_cannot_be_kept_is_refused_alone(house):
    box = house.store("paris")
    box.write(opened(1))
    with pytest.raises(UnstorableError):
        box.send(message=1 << 70)
    assert box.send().acks[0].upto == 1


def test_a_row_that_says_another_place_than_it_came_in_is_parked(house):
    box = house.store("paris")
    first = box.write(opened(1))
    box.rows[Stream.TRADE].append(first)
    assert box.send().acks[0].upto == 2
    assert "came as trade 2" in house.rows(sa.select(parked.c.why))[0]["why"]


def test_damage_is_stored_and_parked(house):
    box = house.store("paris")
    box.write(opened(1))
    box.rows[Stream.TRADE].append(b'{"no":"entry"}')
    assert box.send().acks[0].upto == 2
    assert len(house.rows(sa.select(parked))) == 1


def test_encoded_entries_keep_their_bytes_through_the_office(house):
    box = house.store("paris")
    body = box.write(opened(1))
    box.send()
    assert bytes(house.rows(sa.select(inbox.c.body))[0]["body"]) == body
    assert encode_entry(decode_entry(body)) == body
