"""Our half of the sync: what is sent, what is believed, and what the cloud's commands do here."""

import msgspec
import pytest

from contract.commands import (
    ConvertLease,
    CustodyState,
    GrantCustody,
    LiftHold,
    NumberedCommand,
    PlaceHold,
    RecallCustody,
    ReleaseLease,
    RequestCount,
    RequestLease,
    RevokeCustody,
    encode_command,
)
from contract.entries import decode_entry, leaf_hash, next_head
from contract.facts import (
    ClaimKind,
    CommandHeard,
    CustodyReceived,
    CustodyReleased,
    LeaseGranted,
    LeaseRefused,
    LeaseUnconvertible,
    PiecePresence,
    PresenceState,
    RecallRefused,
    SaleRecorded,
    Stream,
)
from contract.messages import ROWS_PER_MESSAGE_MAX, Standing
from edge.books import local
from edge.books.journal import FLOOR_FACTS_PER_ENTRY_MAX
from edge.books.replay import differences
from edge.sync import downlink, uplink
from edge.sync.rejoin import Rejoining
from edge.sync.uplink import RESEND_AFTER_US
from edge.till import queries
from trade.acts import AddPiece, OpenSale
from trade.guards import Guards
from trade.refusal import Why

CE = (1 << 32) | 1
NOW = 100_000_000


def _floor(shop, n):
    facts = [PiecePresence(piece=f"p{i}", state=PresenceState.PRESENT, zone="case") for i in range(n)]
    with shop.books.transaction() as tx:
        return tx.write(at_us=1, by="house", why="tick", facts=facts)


def test_trade_goes_first_and_heads_chain(shop):
    _floor(shop, 3)
    shop.sell("s1", "ring")
    ups = shop.sync.messages(NOW)
    assert [up.stream for up in ups] == [Stream.TRADE, Stream.FLOOR]
    head = shop.books.head("e1", Stream.TRADE, 0)
    for raw in ups[0].rows:
        head = next_head(head, leaf_hash(bytes(raw)))
    assert head.hex() == ups[0].head
    assert [decode_entry(bytes(raw)).seq for raw in ups[0].rows] == list(range(1, ups[0].last_seq + 1))


def test_after_days_without_a_line_the_floor_waits_behind_all_that_was_sold(shop, monkeypatch):
    monkeypatch.setattr(uplink, "ROWS_IN_FLIGHT_MAX", 2)
    monkeypatch.setattr(uplink, "ROWS_PER_MESSAGE_MAX", 2)
    _floor(shop, 3)
    shop.sell("s1", "ring")
    last, told = shop.counter().seq, []
    assert last > 2, "more was sold than may be under way"
    for turn in range(last):
        ups = shop.sync.messages(NOW + turn)
        if Stream.FLOOR in [up.stream for up in ups]:
            break
        told += [up.first_seq + len(up.rows) - 1 for up in ups]
        shop.ack(Stream.TRADE, told[-1])
    assert shop.counter().upto >= last - 2, "only what is under way is before the floor"
    assert [up.stream for up in ups][-1] is Stream.FLOOR


def test_nothing_is_sent_twice_until_silence_or_a_gap_says_so(shop):
    first = shop.sync.messages(NOW)
    assert shop.sync.messages(NOW + 1) == []
    assert shop.sync.messages(NOW + RESEND_AFTER_US + 2)[0].rows == first[0].rows
    shop.ack(Stream.TRADE, 0, resend_from=2)
    again = shop.sync.messages(NOW + RESEND_AFTER_US + 3)
    assert again[0].first_seq == 2


def test_only_upto_delivers(shop):
    sent = shop.sync.messages(NOW)[0]
    assert shop.counter().upto == 0
    assert shop.ack(Stream.TRADE, sent.last_seq).acked
    assert shop.counter().upto == sent.last_seq
    assert shop.ack(Stream.TRADE, 1).acked is False
    assert shop.counter().upto == sent.last_seq


def test_a_store_with_nothing_to_say_says_hello(shop):
    shop.ack(Stream.TRADE, shop.counter().seq)
    (hello,) = shop.sync.messages(NOW)
    assert (hello.rows, hello.first_seq, hello.last_seq) == ((), shop.counter().seq + 1, shop.counter().seq)
    assert hello.head == shop.counter().head.hex()
    assert shop.sync.messages(NOW + 1) == []


def test_a_message_carries_a_bounded_number_of_rows(shop):
    for n in range(ROWS_PER_MESSAGE_MAX + 5):
        shop.do(OpenSale(sale=f"s{n}", till="till-1", currency="EUR"))
    first, second = shop.sync.messages(NOW)
    assert len(first.rows) == ROWS_PER_MESSAGE_MAX
    assert second.first_seq == ROWS_PER_MESSAGE_MAX + 1


def test_a_great_change_on_the_floor_is_several_entries(shop):
    entries = _floor(shop, FLOOR_FACTS_PER_ENTRY_MAX + 1)
    assert [len(entry.facts) for entry in entries] == [FLOOR_FACTS_PER_ENTRY_MAX, 1]
    assert len(queries.presence(shop.books.db)) == FLOOR_FACTS_PER_ENTRY_MAX + 1


@pytest.mark.parametrize("standing", [Standing.OLD, Standing.FORK])
def test_a_box_that_is_told_old_or_fork_stops_deciding_but_is_still_acknowledged(shop, standing):
    sent = shop.sync.messages(NOW)[0]
    assert shop.hear(standing=standing).must_rejoin
    assert not shop.books.serving
    assert shop.refused(OpenSale(sale="s", till="till-1", currency="EUR")).code is Why.NOT_SERVING
    shop.ack(Stream.TRADE, sent.last_seq)
    assert shop.counter().upto == sent.last_seq


def test_a_newer_term_ends_the_box_and_without_the_guard_it_would_go_on(shop, new_shop):
    later = shop.books.node().term + 1
    assert shop.hear(term=later).must_rejoin
    assert Rejoining(shop.books, nonce="n", instance="m1").message().later_term == later
    deaf = new_shop(guards=Guards(term=False)).join("ring")
    assert not deaf.hear(term=deaf.books.node().term + 1).must_rejoin
    assert deaf.books.serving


def test_a_restored_cloud_is_followed_and_its_past_refused(shop):
    shop.ack(Stream.TRADE, shop.counter().seq)
    assert shop.hear(standing=Standing.NEWCLOUD, cloud_epoch=2).must_rejoin
    node = shop.books.node()
    assert (node.cloud_epoch, node.down_upto) == (2, 0)
    assert shop.hear(cloud_epoch=1, term=node.term + 9).must_rejoin is False


def test_a_command_is_carried_out_once_and_in_order(shop):
    shop.sees = {"ring"}
    ask = RequestLease(piece="ring", order="W1")
    raw = msgspec.Raw(encode_command(NumberedCommand(seq=1, command=ask)))
    for _ in range(3):
        shop.hear(first_seq=1, commands=(raw,))
    assert len([fact for fact in shop.facts() if isinstance(fact, LeaseGranted)]) == 1
    gap = msgspec.Raw(encode_command(NumberedCommand(seq=9, command=ask)))
    assert shop.hear(first_seq=9, commands=(gap,)).commands == 0
    assert shop.books.node().down_upto == 1


def test_a_command_of_a_newer_contract_waits_and_what_came_before_is_done(shop):
    known = msgspec.Raw(encode_command(NumberedCommand(seq=1, command=RevokeCustody(piece="ring", ce=CE))))
    unknown = msgspec.Raw(b'{"seq":2,"command":{"command":"moon.phase"}}')
    assert shop.hear(first_seq=1, commands=(known, unknown)).commands == 1
    assert shop.books.node().down_upto == 1
    assert shop.state("ring") == "away"


def test_the_command_stands_in_the_entry_it_caused(shop):
    shop.sees = {"ring"}
    shop.obey(RequestLease(piece="ring", order="W1"))
    heard, leased = shop.entries()[-1].facts
    assert isinstance(heard, CommandHeard)
    assert isinstance(leased, LeaseGranted)


def test_a_granted_piece_is_incoming_until_it_is_read_here(shop):
    shop.obey(GrantCustody(piece="pearl", ce=CE, state=CustodyState.INCOMING, transfer="t1", source="lyon"))
    assert shop.state("pearl") == "incoming"
    assert [token.piece for token in queries.incoming(shop.books.db)] == ["pearl"]
    shop.sees = {"opal"}
    shop.obey(GrantCustody(piece="opal", ce=CE, state=CustodyState.INCOMING, transfer="t1"))
    assert shop.state("opal") == "here"
    assert isinstance(shop.facts()[-1], CustodyReceived)


def test_a_promise_travels_with_the_token(shop):
    grant = GrantCustody(
        piece="pearl", ce=CE, state=CustodyState.INCOMING, promise=ClaimKind.LAYAWAY, promise_ref="client-7"
    )
    shop.sees = {"pearl"}
    shop.obey(grant)
    claim = queries.live_claim(shop.books.db, "pearl")
    assert (claim.kind, claim.ref, claim.ce) == (ClaimKind.LAYAWAY, "client-7", CE)
    assert differences(shop.books) == []


def test_without_the_pad_a_granted_piece_would_be_sellable_unseen(new_shop):
    shop = new_shop(guards=Guards(pad_receive=False)).join("ring")
    shop.obey(GrantCustody(piece="pearl", ce=CE, state=CustodyState.INCOMING))
    assert shop.state("pearl") == "here"


def test_a_lease_ends_only_by_the_clouds_word(shop, new_shop):
    for box, free in ((shop, False), (new_shop(guards=Guards(release_confirm=False)).join("ring"), True)):
        box.sees = {"ring"}
        box.obey(RequestLease(piece="ring", order="W1"))
        downlink.free_by_timer(box.books, 10**12)
        assert (queries.live_claim(box.books.db, "ring") is None) is free


def test_a_released_lease_frees_the_piece_and_a_converted_one_sells_it(shop):
    shop.sees = {"ring", "brooch"}
    shop.obey(RequestLease(piece="ring", order="W1"), RequestLease(piece="brooch", order="W2"))
    shop.obey(
        ReleaseLease(piece="ring", ce=CE, fence=1, order="W1"), ConvertLease(piece="brooch", ce=CE, fence=1, order="W2")
    )
    assert queries.live_claim(shop.books.db, "ring") is None
    assert (shop.state("brooch"), shop.token("brooch").sale) == ("sold", "W2")
    shop.sell("s1", "ring")


def test_money_captured_under_a_broken_lease_is_said_aloud(shop):
    from trade.acts import BreakLease

    shop.sees = {"ring"}
    shop.obey(RequestLease(piece="ring", order="W1"))
    shop.done(BreakLease(piece="ring", reason="line cut"))
    shop.obey(ConvertLease(piece="ring", ce=CE, fence=1, order="W1"))
    assert isinstance(shop.facts()[-1], LeaseUnconvertible)
    assert shop.state("ring") == "here"


def test_a_piece_in_a_cart_is_not_leased_and_a_recall_of_it_is_refused(shop):
    shop.sees = {"brooch"}
    shop.cart("s1", "ring")
    shop.obey(RequestLease(piece="ring", order="W1"), RecallCustody(piece="ring", ce=CE))
    kinds = [type(fact) for fact in shop.facts() if not isinstance(fact, CommandHeard)][-2:]
    assert kinds == [LeaseRefused, RecallRefused]
    shop.obey(RecallCustody(piece="brooch", ce=CE), RecallCustody(piece="watch", ce=CE))
    assert (shop.state("brooch"), shop.state("watch")) == ("here", "away")
    assert isinstance(shop.facts()[-1], CustodyReleased)


def test_a_hold_of_the_office_takes_the_piece_out_of_the_cart(shop):
    shop.cart("s1", "ring")
    shop.obey(PlaceHold(piece="ring", sale="old-sale"))
    assert shop.pay("s1", "ring").refusal.code is Why.ON_HOLD or shop.pay("s1", "ring").refusal.code is Why.NOT_IN_SALE
    shop.done(OpenSale(sale="s2", till="till-1", currency="EUR"))
    refusal = shop.refused(AddPiece(sale="s2", piece="ring"), pad=["ring"])
    assert (refusal.code, "is kept for a return: " in refusal.why) == (Why.ON_HOLD, True), (
        "the sale is not of this store"
    )
    assert "old-sale" not in refusal.why
    shop.obey(LiftHold(piece="ring", sale="old-sale"))
    shop.done(AddPiece(sale="s2", piece="ring"), pad=["ring"])
    assert not [fact for fact in shop.facts() if isinstance(fact, SaleRecorded)]


def test_a_count_asked_for_by_the_office_waits_until_somebody_starts_it(shop):
    from contract.facts import CountPlace, CountStarted

    shop.obey(RequestCount(count="c1", place=CountPlace.SAFE, zones=("safe",)))
    assert [row.count for row in local.count_requests(shop.books.db)] == ["c1"]
    with shop.books.transaction() as tx:
        started = CountStarted(count="c1", place=CountPlace.SAFE, zones=("safe",), expected=3)
        tx.write(at_us=1, by="anna", why="count", facts=(started,))
    assert local.count_requests(shop.books.db) == []


def test_what_the_cloud_decided_is_part_of_the_fold(shop):
    shop.sees = {"ring", "opal"}
    shop.obey(
        RequestLease(piece="ring", order="W1"),
        GrantCustody(piece="opal", ce=CE, state=CustodyState.INCOMING),
        RevokeCustody(piece="watch", ce=CE),
        PlaceHold(piece="brooch", sale="s0"),
    )
    assert differences(shop.books) == []


def numbered(seq, command):
    return msgspec.Raw(msgspec.json.encode({"seq": seq, "command": command}))


def test_a_command_of_a_newer_office_is_told_by_its_name_and_stops_those_behind_it(shop):
    first = shop.books.node().down_upto + 1
    known = {"command": "lease.request", "piece": "ring", "order": "W1"}
    heard = shop.hear(
        first_seq=first,
        commands=(
            numbered(first, known),
            numbered(first + 1, {"command": "piece.engrave"}),
            numbered(first + 2, known),
        ),
    )
    assert (heard.commands, heard.unknown) == (1, "piece.engrave")
    assert shop.books.node().down_upto == first
    assert shop.obey(RequestLease(piece="ring", order="W2")).unknown == ""


@pytest.mark.parametrize("command", [{}, {"command": ""}, {"command": 7}, [], 7])
def test_a_command_without_a_name_is_told_all_the_same(shop, command):
    first = shop.books.node().down_upto + 1
    assert shop.hear(first_seq=first, commands=(numbered(first, command),)).unknown == downlink.NAMELESS


def test_the_box_says_back_how_far_it_was_told(shop, sealed):
    def said(mono_us):
        up = shop.sync.messages(mono_us)[0]
        return up.down_upto, up.seal

    def seal(seq):
        return sealed("paris", shop.books.node().term, "e1", seq=seq)["seal"]

    assert said(99_000_000) == (0, seal(0))
    commands = [RequestLease(piece=piece, order=f"W-{piece}") for piece in ("ring", "watch")]
    raws = [msgspec.Raw(encode_command(NumberedCommand(seq=n, command=each))) for n, each in enumerate(commands, 1)]
    half = bytes(raws[1]).replace(b"lease.request", b"lease.dream")  # of a newer contract: it waits
    shop.hear(first_seq=1, commands=(raws[0], msgspec.Raw(half)), seals=(seal(1), seal(2)))
    assert said(199_000_000) == (1, seal(1)), "of what it did, not of what it heard"
    shop.hear(first_seq=2, commands=(raws[1],), seals=(seal(2),))
    assert said(299_000_000) == (2, seal(2))


def test_a_log_without_commands_is_looked_through_once_for_all_pleas_of_an_attempt(shop):
    with shop.books.transaction() as tx:
        tx.follow(tx.node().cloud_epoch + 1)
        tx.must_rejoin("the office was put back")
    said: list[str] = []
    shop.books.db._db.set_trace_callback(said.append)
    attempt = Rejoining(shop.books, nonce="n", instance="m1")
    pleas = {attempt.message().told_upto for _ in range(3)}
    shop.books.db._db.set_trace_callback(None)
    assert pleas == {Rejoining(shop.books, nonce="n2", instance="m1").message().told_upto}
    assert sum("command.heard" in each for each in said) == 1
