"""What staff write of clients: found in facts by its type, sealed in its place, and read where it stands in clear."""

import msgspec

from contract import remarks
from contract.entries import Entry, decode_entry, encode_entry
from contract.facts import (
    AppointmentClosed,
    AppointmentEvent,
    OrderItem,
    OrderItemTaken,
    OrderKind,
    OrderOpened,
    OrderQuoted,
    QuoteLine,
    StoneIdentity,
    Stream,
)

OPENED = OrderOpened(
    order="o1", number="R-1", kind=OrderKind.REPAIR, client="c-1", title="Ring of Zwetlana", currency="EUR", account="a"
)
TAKEN = OrderItemTaken(
    order="o1",
    item=OrderItem(
        item="i1", description="White ring", condition="Bent", declared_value_minor=1,
        stones=(StoneIdentity(at="centre", kind="white stone", inscription="GIA 1"), StoneIdentity(at="left", kind="x")),
    ),
)  # fmt: skip


def test_each_remark_is_changed_at_whatever_depth_and_nothing_else():
    told = remarks.mapped(TAKEN, str.upper)
    assert (told.item.description, told.item.condition) == ("WHITE RING", "BENT")
    assert [(each.at, each.kind, each.inscription) for each in told.item.stones] == [
        ("centre", "white stone", "GIA 1"), ("left", "x", ""),
    ]  # fmt: skip
    assert remarks.mapped(OPENED, str.upper).title == "RING OF ZWETLANA"
    quoted = OrderQuoted(
        order="o1", quote=1, lines=(QuoteLine(line="l", description="Sized", gross_minor=1, tax_bp=0),)
    )
    assert remarks.mapped(quoted, str.upper).lines[0].description == "SIZED"
    closed = AppointmentClosed(appointment="a", event=AppointmentEvent.FINISH, why="Zwetlana kept one")
    assert remarks.mapped(closed, str.upper).why == "ZWETLANA KEPT ONE"


def test_without_a_remark_the_thing_itself_comes_back():
    bare = AppointmentClosed(appointment="a", event=AppointmentEvent.FINISH)
    assert remarks.mapped(bare, str.upper) is bare
    assert remarks.mapped(TAKEN, lambda text: text) is not None


def test_a_token_is_opened_where_it_stands_and_clear_words_of_older_entries_stay():
    token = remarks.token("0123456789abcdef", b"\x00sealed\xff")
    assert remarks.is_token(token)
    assert not remarks.is_token(f"because “{token}”")
    assert remarks.opened(f"because “{token}”: resume it", lambda key, sealed: f"{key[:2]}:{len(sealed)}") == (
        "because “01:8”: resume it"
    )
    assert remarks.opened("Ring of Zwetlana", lambda *_: "lost") == "Ring of Zwetlana"
    damaged = "remark.1.0123456789abcdef.A"
    assert remarks.opened(damaged, lambda *_: "lost") in (damaged, "lost")


def test_on_the_wire_a_sealed_remark_is_a_text_as_it_was_before():
    token = remarks.token("0123456789abcdef", b"sealed")
    sealed = remarks.mapped(OPENED, lambda _: token)
    entry = Entry(stream=Stream.TRADE, seq=1, at_us=1, by="ana", why="order.open", facts=(sealed,), keys=())
    assert decode_entry(encode_entry(entry)).facts == (sealed,)
    assert msgspec.json.decode(encode_entry(entry))["facts"][0]["title"] == token
