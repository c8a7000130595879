import hashlib
import typing
from types import MappingProxyType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import commands, entries, facts, feed, ids, messages, money, schemas, topics
from contract.facts import Stream

LOG = ("milan-1", "e1", Stream.TRADE)
HELD = facts.ClaimHeld(claim="c1", piece="p1", ce=7, kind=facts.ClaimKind.CART, ref="s1")


def an_entry(*some, seq=1, stream=Stream.TRADE):
    return entries.Entry(
        stream=stream, seq=seq, at_us=1_700_000_000_000_000, by=ids.HOUSE, why="test", facts=some,
        keys=entries.keys_of(some),
    )  # fmt: skip


def structs_below(base):
    for kind in base.__subclasses__():
        yield kind
        yield from structs_below(kind)


# --- ids ---------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**48 * 1000 - 1), st.binary(min_size=10, max_size=10))
def test_a_uuid7_says_its_version_and_its_millisecond(now_us, chance):
    text = ids.uuid7(now_us, chance)
    assert (text[14], text[19] in "89ab", len(text)) == ("7", True, 36)
    assert int(text.replace("-", "")[:12], 16) == now_us // 1000


@given(st.integers(0, 10**15), st.integers(1, 10**9), st.binary(min_size=10, max_size=10))
def test_later_ids_sort_later(now_us, later_ms, chance):
    assert ids.uuid7(now_us, chance) < ids.uuid7(now_us + later_ms * 1000, chance)


def test_an_id_without_its_ten_bytes_of_chance_is_refused():
    with pytest.raises(ValueError, match="10 random bytes"):
        ids.uuid7(0, b"short")


@given(st.integers(0, 1000), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_generations_after_a_restore_of_the_cloud_lie_above_all_older_ones(cloud_epoch, older, newer):
    assert ids.generation(cloud_epoch + 1, newer) > ids.generation(cloud_epoch, older)


def test_a_generation_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="new cloud epoch"):
        ids.generation(1, 1 << 32)


# --- money -------------------------------------------------------------------------------------------------


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**6))
def test_halves_are_rounded_away_from_zero(numerator, denominator):
    quotient = money.divide_half_up(numerator, denominator)
    assert abs(2 * (quotient * denominator - numerator)) <= denominator
    assert money.divide_half_up(-numerator, denominator) == -quotient


def test_the_tax_within_a_gross_price():
    assert money.tax_within(12_200, 2200) == 2_200
    assert money.tax_within(10_000, 0) == 0


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(123456, "EUR", "1234.56"), (-5, "EUR", "-0.05"), (500, "JPY", "500"), (1, "KWD", "0.001")],
)
def test_amounts_are_written_with_the_digits_of_their_currency(amount, currency, text):
    assert money.plain(amount, currency) == text


# --- entries -----------------------------------------------------------------------------------------------


def test_an_entry_survives_its_own_bytes_and_has_one_form():
    entry = an_entry(HELD)
    body = entries.encode_entry(entry)
    assert entries.decode_entry(body) == entry
    assert entries.encode_entry(entries.decode_entry(body)) == body
    assert entries.leaf_hash(body) == hashlib.sha256(b"\0" + body).digest()


def test_a_fact_of_a_newer_contract_is_parked_under_its_keys():
    body = entries.encode_entry(an_entry(HELD)).replace(b"claim.held", b"claim.from_the_future")
    with pytest.raises(msgspec.ValidationError):
        entries.decode_entry(body)
    assert entries.decode_header(body).keys == ("piece:p1",)


def test_a_new_optional_field_does_not_stop_an_old_reader():
    body = entries.encode_entry(an_entry(HELD)).replace(b'"claim":', b'"colour":"rose","claim":')
    assert entries.decode_entry(body).facts == (HELD,)


def test_heads_tell_logs_and_orders_apart():
    a, b = entries.leaf_hash(b"a"), entries.leaf_hash(b"b")
    heads = {
        entries.first_head(*LOG),
        entries.first_head("milan-2", *LOG[1:]),
        entries.first_head("milan-1", "e2", Stream.TRADE),
        entries.first_head(*LOG[:2], Stream.FLOOR),
        entries.next_head(entries.next_head(entries.first_head(*LOG), a), b),
        entries.next_head(entries.next_head(entries.first_head(*LOG), b), a),
    }
    assert len(heads) == 6
    assert {len(head) for head in heads} == {entries.HEAD_BYTES}


def test_a_sale_is_parked_with_its_pieces_its_till_and_its_client():
    line = facts.SaleLine(
        line="l1", kind=facts.LineKind.PIECE, description="Ring", list_price_minor=1, gross_minor=1, tax_bp=0,
        tax_minor=0, piece="p9",
    )  # fmt: skip
    sale = facts.SaleRecorded(
        sale="s1", till="t1", shift="h1", receipt_number=1, business_day="2026-01-01", associate="u1", currency="EUR",
        lines=(line,), tenders=(), total_minor=1, tax_minor=0, client="c1",
    )  # fmt: skip
    assert entries.keys_of((sale,)) == ("person:c1", "piece:p9", "sale:s1", "till:t1")


def pieces_of(kind):
    """The ways to every PieceId in a type, through structs, tuples and unions; raw bytes are a command of the cloud."""
    if kind is ids.PieceId:
        yield ""
    elif kind is msgspec.Raw:
        yield from {way for command in commands.AnyCommand.__args__ for way in pieces_of(command)}
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for name, inner in typing.get_type_hints(kind).items():
            yield from (f"{name}.{way}".rstrip(".") for way in pieces_of(inner))
    else:
        for inner in typing.get_args(kind):
            yield from pieces_of(inner)


def not_covered(keys):
    """Ways of facts to a piece that are no key."""
    return {
        (kind.__name__, way)
        for kind in facts.AnyFact.__args__
        for way in pieces_of(kind)
        if ("piece", way) not in keys.get(kind, ())
    }


def test_every_field_of_every_fact_that_names_a_piece_is_a_key():
    assert set(entries.KEYS) == set(facts.AnyFact.__args__)
    assert not_covered(entries.KEYS) == set()
    assert not_covered({}) >= {("CommandHeard", "command.piece"), ("CountApproved", "missing"), ("ClaimHeld", "piece")}


def test_a_heard_command_a_finished_count_and_an_approved_one_are_parked_with_their_pieces():
    grant = commands.NumberedCommand(
        seq=1, command=commands.GrantCustody(piece="p1", ce=1, state=commands.CustodyState.HERE)
    )
    heard = facts.CommandHeard(cloud_epoch=1, seq=1, command=msgspec.Raw(commands.encode_command(grant)))
    judged = facts.CountVerdict(piece="p2", verdict=facts.Verdict.MISSING, zone="safe-1", p_present=0.01)
    finished = facts.CountFinished(
        count="c1", place=facts.CountPlace.SAFE, rounds=3, expected=2, found=1, p_complete=0.99, why_stopped="sure",
        verdicts=(judged,),
    )  # fmt: skip
    approved = facts.CountApproved(
        count="c1", place=facts.CountPlace.SAFE, business_day="2026-01-01", expected=2, found=1, missing=("p3",),
        p_complete=0.99, verdicts=(judged,),
    )  # fmt: skip
    assert entries.keys_of((heard,)) == ("piece:p1",)
    assert entries.keys_of((finished,)) == ("count:c1", "piece:p2")
    assert entries.keys_of((approved,)) == ("count:c1", "piece:p2", "piece:p3")


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        (b'{"seq":1,"command":{"command":"custody.engrave","piece":"p1","words":"for ever"}}', ("piece:p1",)),
        (b'{"seq":1,"command":{"command":"person.forget","person":"x1"}}', ("person:x1",)),
        (b'{"seq":1,"command":7}', ()),
        (b"[]", ()),
    ],
)
def test_a_command_of_any_version_is_parked_under_what_it_names(command, keys):
    heard = facts.CommandHeard(cloud_epoch=1, seq=1, command=msgspec.Raw(command))
    assert entries.keys_of((heard,)) == keys


# --- facts, commands, feed, messages -----------------------------------------------------------------------


def test_every_fact_is_in_the_union_and_has_a_stream():
    listed = set(facts.AnyFact.__args__)
    assert listed == set(structs_below(facts.Fact))
    assert set(facts.FLOOR_FACTS) <= listed
    assert facts.stream_of(HELD) is Stream.TRADE
    assert facts.stream_of(facts.CountAbandoned(count="c", reason="fire drill")) is Stream.FLOOR


def test_every_command_and_feed_body_is_in_its_union():
    assert set(commands.AnyCommand.__args__) == set(structs_below(commands.Command))
    assert set(feed.AnyFeedBody.__args__) == set(structs_below(feed.FeedBody))


def test_a_command_survives_the_way_down():
    for command in (
        commands.GrantCustody(piece="p", ce=3, state=commands.CustodyState.INCOMING, transfer="t", source="milan-1"),
        commands.RequestCount(count="c", place=facts.CountPlace.SAFE, zones=("safe-1",)),
        commands.ForgetPerson(person="x"),
    ):
        numbered = commands.NumberedCommand(seq=4, command=command)
        assert commands.decode_command(commands.encode_command(numbered)) == numbered


def test_a_feed_row_without_a_body_takes_the_key_back():
    page = feed.FeedPage(rows=(feed.FeedRow(rev=2, scope=feed.EVERY_STORE, key="piece/1"),), upto=2, more=False)
    assert feed.decode_page(feed.encode_page(page)) == page
    assert b"body" not in feed.encode_page(page)


def test_rows_travel_as_the_very_bytes_that_were_hashed():
    body = entries.encode_entry(an_entry(HELD))
    up = messages.Up(
        store="milan-1", instance="i", term=1, epoch="e1", stream=Stream.TRADE, first_seq=1,
        rows=(msgspec.Raw(body),), head="00", last_seq=1, cloud_epoch=1, down_upto=0, boot="b", message=1,
    )  # fmt: skip
    assert bytes(messages.decode_up(messages.encode(up)).rows[0]) == body


def test_a_down_message_is_not_mistaken_for_an_up_message():
    down = messages.Down(store="s", cloud_epoch=1, term=1, epoch="e", standing=messages.Standing.OK)
    assert messages.decode_down(messages.encode(down)) == down
    with pytest.raises(msgspec.ValidationError):
        messages.decode_up(messages.encode(down))


# --- topics ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spell", [topics.up, topics.down, topics.status])
def test_a_topic_names_its_store(spell):
    assert topics.store_of(spell("paris-3")) == "paris-3"


@pytest.mark.parametrize("topic", ["vitrine/v1//up", "vitrine/v2/a/up", "vitrine/v1/a", "vitrine/v1/a/b/up", ""])
def test_a_foreign_topic_is_refused(topic):
    with pytest.raises(ValueError, match="is not of the form"):
        topics.store_of(topic)


# --- schemas -----------------------------------------------------------------------------------------------


def test_the_schemas_on_disk_are_those_of_the_structs():
    assert schemas.stale() == [], "run: python -m contract.schemas"


def test_a_changed_struct_makes_its_schema_stale(monkeypatch):
    class Status(msgspec.Struct):
        store: str

    before = set(schemas.stale())
    monkeypatch.setattr(schemas, "WIRE", MappingProxyType({**schemas.WIRE, "status": Status, "extra": Status}))
    assert set(schemas.stale()) - before == {"extra.json", "status.json"}
