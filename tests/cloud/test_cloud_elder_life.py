"""What a box says that an earlier life of the office told it: no more is believed than that life can have said."""

import copy

import msgspec
import sqlalchemy as sa

from cloud.pos.client_orders.apply import decode
from cloud.provider import NoProvider
from cloud.recover import recover
from cloud.tables import case_file, client_order, value_slice
from contract.commands import AnswerValue, KeepValue, NumberedCommand, TakeOrder, encode_command
from contract.facts import (
    CommandHeard,
    LineKind,
    OrderKind,
    OrderOpened,
    SaleLine,
    Stream,
    Tender,
    TenderKind,
    ValueAsked,
)

CARD = "gc-1"
ORDER = "01990000-1111-7000-8000-0123456789ab"
ACCOUNT = f"order-{ORDER}"


def loads(house, box, amount, name="s1"):
    line = SaleLine(
        line=f"{name}-1", kind=LineKind.GIFT_CARD, description="Gift card …9QXC", list_price_minor=amount,
        gross_minor=amount, tax_bp=0, tax_minor=0, account=CARD,
    )  # fmt: skip
    tender = Tender(kind=TenderKind.CASH, amount_minor=amount)
    box.write(msgspec.structs.replace(house.sale(box, name), lines=(line,), total_minor=amount, tenders=(tender,)))
    box.send()


def opens(box):
    box.write(
        OrderOpened(
            order=ORDER, number="R-1001", kind=OrderKind.REPAIR, client="c-1", title="A ring", currency="EUR",
            account=ACCOUNT,
        )
    )  # fmt: skip
    box.send()


def heard(command, life=1, seq=7):
    raw = msgspec.Raw(encode_command(NumberedCommand(seq=seq, command=command)))
    return CommandHeard(cloud_epoch=life, seq=seq, command=raw)


def asks(box, amount):
    box.write(
        ValueAsked(
            ask="a1", sale="s9", till="t1", account=CARD, kind=TenderKind.GIFT_CARD, currency="EUR", wanted_minor=amount
        )
    )  # fmt: skip
    return box.send()


def kept(amount, account=CARD):
    return KeepValue(account=account, kind=TenderKind.GIFT_CARD, amount_minor=amount, currency="EUR")


def takes(house, home=1, amount=0, **more):
    (row,) = house.rows(sa.select(client_order))
    body = msgspec.json.encode(msgspec.structs.replace(decode(bytes(row["body"])), home=home, **more))
    return TakeOrder(order=ORDER, home=home, account=ACCOUNT, source="paris", amount_minor=amount, body=body)


def restored(house, *boxes):
    """A new life, which all of these boxes have joined."""
    recover(house.office, NoProvider(), now_us=5)
    for box in boxes:
        box.cloud_epoch = 2
        box.rejoins.hear(box.plea(), box.tick(), new_epoch=lambda name=box.store: f"{name}-2")
    for box in boxes:
        box.join()


def held(house):
    return {row["store"]: row["held_minor"] for row in house.rows(sa.select(value_slice)) if row["held_minor"]}


def home(house):
    return house.rows(sa.select(client_order.c.store))[0]["store"]


def cases(house):
    return [row["kind"] for row in house.rows(sa.select(case_file.c.kind))]


def test_a_box_that_serves_this_life_was_told_nothing_by_an_earlier_one(house):
    paris, thief = house.store("paris"), house.store("nice")
    loads(house, paris, 10_000)
    opens(paris)
    restored(house, paris, thief)
    thief.write(heard(kept(10_000)))
    thief.write(heard(takes(house)))
    thief.send()
    assert (held(house), home(house)) == ({}, "paris")
    assert cases(house) == ["word of an earlier life"], "one for this log"


def test_what_comes_when_its_store_serves_a_later_life_is_worth_no_more_than_asking(house):
    """A log that nobody knows, of a box of the lost life; or one that was made up."""
    paris, nice = house.store("paris"), house.store("nice")
    loads(house, paris, 10_000)
    opens(paris)
    restored(house, paris, nice)
    asks(paris, 6_000)
    nice.epoch, nice.rows["trade"] = "unknown", []
    nice.write(heard(kept(7_000)))
    nice.write(heard(takes(house), seq=8))
    nice.hand_over()
    assert held(house) == {"paris": 6_000, "nice": 4_000}, "as much as is free"
    assert home(house) == "paris"
    assert sorted(cases(house)) == ["word of an earlier life"] * 2


def test_what_a_store_heard_of_the_lost_life_is_believed_before_it_serves_the_next(house):
    """Control: it is believed whole, whatever else was asked meanwhile."""
    paris, nice = house.store("paris"), house.store("nice")
    loads(house, paris, 10_000)
    opens(paris)
    recover(house.office, NoProvider(), now_us=5)
    nice.write(heard(kept(7_000)))
    nice.write(heard(takes(house, amount=0), seq=8))
    nice.hand_over()
    assert (held(house), home(house), cases(house)) == ({"nice": 7_000}, "nice", [])


def test_what_tills_kept_of_a_box_that_was_fenced_in_a_recovery_is_believed(house):
    paris, nice = house.store("paris"), house.store("nice")
    loads(house, paris, 10_000)
    recover(house.office, NoProvider(), now_us=5)
    nice.rejoins.replace(nice.store, "new", by="marc", why="fire", now_us=6)
    nice.write(heard(kept(7_000)))
    nice.hand_over()
    assert (held(house), cases(house)) == ({"nice": 7_000}, [])


def test_a_decision_of_an_elder_term_is_not_taken_for_one_of_the_same_number(house):
    """The backup has number 1 of the term before; the lost life gave number 1 of the next one."""
    paris, nice = house.store("paris"), house.store("nice")
    loads(house, paris, 10_000)
    asks(nice, 1_000)
    nice.term, nice.epoch, nice.rows["trade"] = nice.term + 1, "of the lost life", []
    recover(house.office, NoProvider(), now_us=5)
    nice.write(heard(AnswerValue(ask="a2", account=CARD, amount_minor=5_000), seq=1))
    nice.hand_over()
    assert held(house) == {"nice": 6_000}


def test_an_order_that_is_told_as_another_one_changes_neither(house):
    paris, nice = house.store("paris"), house.store("nice")
    opens(paris)
    recover(house.office, NoProvider(), now_us=5)
    nice.write(heard(msgspec.structs.replace(takes(house), order="made up")))
    nice.write(heard(msgspec.structs.replace(takes(house), body=b"{"), seq=8))
    nice.write(heard(msgspec.structs.replace(takes(house), amount_minor=-1), seq=9))
    nice.hand_over()
    assert (home(house), cases(house)) == ("paris", ["word of an earlier life"])


def test_money_below_nothing_is_given_by_no_life(house):
    paris, nice = house.store("paris"), house.store("nice")
    loads(house, paris, 10_000)
    recover(house.office, NoProvider(), now_us=5)
    nice.write(heard(kept(-10_000)))
    nice.hand_over()
    assert (held(house), cases(house)) == ({}, ["word of an earlier life"])


def test_a_command_that_this_version_cannot_read_waits_and_stops_nobody(house):
    """The lost life was of a newer version; or a box made it up."""
    nice = house.store("nice")
    recover(house.office, NoProvider(), now_us=5)
    for word in (b'"value.later"', b'"order.take"'):
        raw = b'{"seq":7,"command":{"command":%s}}' % word
        nice.write(CommandHeard(cloud_epoch=1, seq=7, command=msgspec.Raw(raw)))
    nice.hand_over()
    assert cases(house) == ["row not applied"] * 2


def test_what_was_spent_of_no_slice_is_not_given_again(house):
    """A box whose word is not taken spent the money: what is left is free, and no more."""
    paris, nice = house.store("paris"), house.store("nice")
    loads(house, paris, 10_000)
    line = SaleLine(
        line="l", kind=LineKind.SERVICE, description="polish", list_price_minor=7_000, gross_minor=7_000, tax_bp=0,
        tax_minor=0,
    )  # fmt: skip
    tender = Tender(kind=TenderKind.GIFT_CARD, amount_minor=7_000, account=CARD)
    nice.write(msgspec.structs.replace(house.sale(nice, "s2"), lines=(line,), total_minor=7_000, tenders=(tender,)))
    nice.send()
    (answer,) = paris.obey(asks(paris, 10_000))
    assert answer.command.amount_minor == 3_000
    assert cases(house) == ["value overspent"]


def told(box, down):
    """Amounts of the money it is told of."""
    return [each.command.amount_minor for each in box.obey(down) if isinstance(each.command, AnswerValue)]


def test_an_answer_waits_for_the_next_box_until_the_lost_ones_log_says_that_it_was_heard(house):
    paris, elder = house.store("paris"), house.store("nice")
    loads(house, paris, 10_000)
    (answer,) = elder.obey(asks(elder, 1_000))
    elder.rejoins.replace(elder.store, "m-2", by="marc", why="stolen", now_us=9)
    present = copy.copy(elder)
    present.instance, present.rows = "m-2", {stream: [] for stream in Stream}
    present.join()
    down = present.send()
    assert told(copy.copy(present), down) == [1_000], "and its word of having heard it does not come"
    elder.write(heard(answer.command, seq=answer.seq))
    elder.send(2)
    present.join()
    assert told(present, present.send()) == [0]
    assert (held(house), cases(house)) == ({"nice": 1_000}, [])


def test_what_a_disk_says_it_heard_is_not_told_to_its_next_life(house):
    paris, nice = house.store("paris"), house.store("nice")
    loads(house, paris, 10_000)
    (answer,) = nice.obey(asks(nice, 1_000))
    nice.write(heard(answer.command, seq=answer.seq))
    nice.hand_over(2)
    nice.join()
    assert told(nice, nice.send()) == []
    assert held(house) == {"nice": 1_000}
